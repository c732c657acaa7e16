//! A report as lines of one shape: what a table of figures, a CSV file and a comparison of two reports
//! need. A share stays a fraction; who shows it may round, what is kept is exact.

use acd::rates::Rate;
use acd::{BreakReason, NotReadyReason};
use serde::{Deserialize, Serialize};
use types::{AgentId, SkillCode, Timestamp};

use crate::abandons::{Abandons, name_of};
use crate::agents::AgentTime;
use crate::beside_base::BesideBase;
use crate::dial_test::DialTest;
use crate::exclusion::Beside;
use crate::offers::OfferCounts;
use crate::period::Period;
use crate::report::{AgentFigures, Report};
use crate::returns::Returns;
use crate::service_level::Reading;
use crate::spread::Spread;
use crate::traffic::{Counts, Traffic};

/// Heads the columns of [`Line::row`].
pub const CSV_HEADER: [&str; 9] =
    ["from", "until", "group", "key", "marked", "figure", "part", "whole", "unit"];

/// One figure. Everything but `value` names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Line {
    pub from: Timestamp,
    pub until: Timestamp,
    pub group: Group,
    /// Without the calls of approved exclusions; the same figure without the mark is always there too.
    pub marked: bool,
    pub figure: String,
    pub value: Value,
}

/// What a figure is counted over.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "group", rename_all = "snake_case")]
pub enum Group {
    Total,
    Day,
    HalfHour,
    Skill { skill: Option<SkillCode> },
    Number { dialled: String },
    Agent { agent: AgentId },
    DialTest { batch: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "unit", rename_all = "snake_case")]
pub enum Value {
    Count {
        count: u64,
    },
    Share {
        part: u64,
        whole: u64,
    },
    /// A mean: microseconds in all by how many.
    Mean {
        us: u64,
        count: u64,
    },
    Span {
        us: u64,
    },
    Time {
        at: Timestamp,
    },
}

impl Line {
    /// Texts in the order of [`CSV_HEADER`].
    #[must_use]
    pub fn row(&self) -> [String; 9] {
        let (group, key) = self.group.texts();
        let (part, whole, unit) = self.value.texts();
        [
            self.from.to_string(),
            self.until.to_string(),
            group.to_owned(),
            key,
            if self.marked { "1" } else { "" }.to_owned(),
            self.figure.clone(),
            part,
            whole,
            unit.to_owned(),
        ]
    }
}

impl Group {
    fn texts(&self) -> (&'static str, String) {
        match self {
            Self::Total => ("total", String::new()),
            Self::Day => ("day", String::new()),
            Self::HalfHour => ("half_hour", String::new()),
            Self::Skill { skill } => {
                ("skill", skill.as_ref().map(ToString::to_string).unwrap_or_default())
            }
            Self::Number { dialled } => ("number", dialled.clone()),
            Self::Agent { agent } => ("agent", agent.to_string()),
            Self::DialTest { batch } => ("dial_test", batch.clone()),
        }
    }
}

impl Value {
    fn texts(self) -> (String, String, &'static str) {
        match self {
            Self::Count { count } => (count.to_string(), String::new(), "count"),
            Self::Share { part, whole } => (part.to_string(), whole.to_string(), "share"),
            Self::Mean { us, count } => (us.to_string(), count.to_string(), "mean_us"),
            Self::Span { us } => (us.to_string(), String::new(), "us"),
            Self::Time { at } => (at.to_string(), String::new(), "time"),
        }
    }
}

impl Report {
    /// Every figure, each once.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        let mut page = Page::default();
        page.beside(self.period, Group::Total, &self.total);
        page.connection(self);
        page.head(self.period, Group::Total, false);
        page.time(&self.floor);
        page.returns(self.returns);
        page.beside_base(self.beside_base);
        for day in &self.days {
            page.beside(day.period, Group::Day, &day.traffic);
        }
        for part in &self.half_hours {
            page.head(part.period, Group::HalfHour, false);
            page.traffic(&part.traffic);
            page.time(&part.floor);
        }
        for part in &self.skills {
            page.head(self.period, Group::Skill { skill: part.skill.clone() }, false);
            page.traffic(&part.traffic);
        }
        for part in &self.numbers {
            page.head(self.period, Group::Number { dialled: part.dialled.clone() }, false);
            page.traffic(&part.traffic);
        }
        for agent in &self.agents {
            page.head(self.period, Group::Agent { agent: agent.agent }, false);
            page.agent(agent);
        }
        for test in &self.dial_tests {
            page.head(self.period, Group::DialTest { batch: test.batch.clone() }, false);
            page.dial_test(test);
        }
        page.lines
    }
}

/// Lines being written, and what they are about at the moment.
#[derive(Default)]
struct Page {
    head: Option<(Period, Group, bool)>,
    lines: Vec<Line>,
}

impl Page {
    fn head(&mut self, period: Period, group: Group, marked: bool) {
        self.head = Some((period, group, marked));
    }

    fn put(&mut self, figure: impl Into<String>, value: Value) {
        let Some((period, group, marked)) = self.head.clone() else { return };
        let (from, until) = (period.from(), period.until());
        self.lines.push(Line { from, until, group, marked, figure: figure.into(), value });
    }

    fn count(&mut self, figure: impl Into<String>, count: u64) {
        self.put(figure, Value::Count { count });
    }

    fn share(&mut self, figure: impl Into<String>, rate: Rate) {
        self.put(figure, Value::Share { part: rate.part, whole: rate.whole });
    }

    fn span(&mut self, figure: impl Into<String>, us: u64) {
        self.put(figure, Value::Span { us });
    }

    fn beside(&mut self, period: Period, group: Group, traffic: &Beside<Traffic>) {
        self.head(period, group.clone(), false);
        self.traffic(traffic.raw());
        if let Some((traffic, _)) = traffic.marked() {
            self.head(period, group, true);
            self.traffic(traffic);
        }
    }

    fn connection(&mut self, report: &Report) {
        let raw = Some((report.connection.raw(), false));
        let marked = report.connection.marked().map(|(connection, _)| (connection, true));
        for (connection, marked) in raw.into_iter().chain(marked) {
            self.head(report.period, Group::Total, marked);
            if let Some(worst) = connection.worst {
                self.share("k1_worst_24h", worst.tally.connection_rate());
                self.put("k1_worst_24h_until", Value::Time { at: worst.at });
            }
        }
    }

    fn traffic(&mut self, traffic: &Traffic) {
        self.counts(traffic.counts);
        self.spread("wait", traffic.waits);
        self.spread("before_ring", traffic.before_ring);
        self.spread("talk", traffic.talks);
        self.abandons(&traffic.abandons);
    }

    fn counts(&mut self, counts: Counts) {
        let tally = counts.tally;
        for (figure, count) in [
            ("requests", tally.requests),
            ("answered", tally.answered),
            ("answered_15s", tally.answered_in_time),
            ("answered_30s", counts.answered_30s),
            ("short_abandons", tally.short_abandons),
            ("abandoned", counts.abandoned),
            ("abandoned_15s", counts.abandoned_15s),
            ("blocked", counts.blocked),
            ("open", counts.open),
            ("ended", counts.ended),
            ("ended_15s", counts.ended_15s),
            ("cut_short", counts.cut_short),
            ("returned_to_queue", counts.returned),
            ("taken_over", counts.taken_over),
        ] {
            self.count(figure, count);
        }
        self.share("k1a", tally.adjusted_rate());
        self.share("abandon_rate", counts.abandon_rate());
        for reading in Reading::ALL {
            self.share(reading.figure(), reading.rate(counts));
        }
    }

    fn spread(&mut self, of: &str, spread: Spread) {
        let mean = spread.mean();
        self.put(format!("{of}_mean"), Value::Mean { us: mean.part, count: mean.whole });
        let ranks = [
            ("p50", spread.p50_us),
            ("p90", spread.p90_us),
            ("p95", spread.p95_us),
            ("max", spread.max_us),
        ];
        for (rank, us) in ranks.into_iter().filter_map(|(rank, us)| Some((rank, us?))) {
            self.span(format!("{of}_{rank}"), us);
        }
    }

    fn abandons(&mut self, abandons: &Abandons) {
        self.count("abandoned_with_number", abandons.with_number);
        for band in &abandons.by_age {
            let from_s = band.from_us / 1_000_000;
            self.count(format!("abandoned_from_{from_s}s"), band.count);
        }
        for of in &abandons.by_cause {
            self.count(format!("abandoned_by_{}", name_of(of.cause)), of.count);
        }
        self.spread("abandoned_wait", abandons.waits);
    }

    fn time(&mut self, time: &AgentTime) {
        for (figure, us) in [
            ("time_ready", time.ready_us),
            ("time_warned", time.warned_us),
            ("time_ringing", time.ringing_us),
            ("time_talking", time.talking_us),
            ("time_outbound", time.outbound_us),
            ("time_wrap_up", time.wrap_up_us),
        ] {
            self.span(figure, us);
        }
        for of in &time.not_ready {
            self.span(format!("time_not_ready_{}", name_of_reason(of.reason)), of.us);
        }
        let occupancy = time.occupancy();
        self.share("occupancy", occupancy);
    }

    fn agent(&mut self, agent: &AgentFigures) {
        self.counts(agent.counts);
        self.spread("wait", agent.waits);
        self.spread("talk", agent.talks);
        self.spread("pick_up", agent.pick_ups);
        self.time(&agent.time);
        let OfferCounts { made, lapsed, refused, failed, withdrawn } = agent.offers;
        self.count("offers_made", made);
        self.count("offers_lapsed", lapsed);
        self.count("offers_refused", refused);
        self.count("offers_failed", failed);
        self.count("offers_withdrawn", withdrawn);
    }

    fn beside_base(&mut self, beside: BesideBase) {
        self.count("screened", beside.screened);
        self.count("screened_let_in", beside.let_in);
        self.count("queue_callback_promised", beside.promised);
        self.count("queue_callback_kept", beside.kept);
        self.count("queue_callback_redialled", beside.redialled);
        self.count("queue_callback_in_vain", beside.in_vain);
        self.count("redial_places_kept", beside.places_kept);
        self.count("surge_notices_played", beside.notices);
    }

    fn returns(&mut self, returns: Returns) {
        self.count("returns_owed", returns.owed);
        self.count("returns_missed_calls", returns.missed_calls);
        self.count("returns_redialled", returns.redialled);
        self.count("returns_tried", returns.tried);
        self.count("returns_open", returns.open);
        self.count("returns_running", returns.running);
        self.share("k12", returns.rate());
        self.share("k12_in_time", returns.in_time());
        self.share("returns_settled", returns.settled());
    }

    fn dial_test(&mut self, test: &DialTest) {
        self.share("k4", test.rate());
        self.count("connected_15s", test.connected_15s);
        self.count("contradicted", test.contradicted);
    }
}

const fn name_of_reason(reason: NotReadyReason) -> &'static str {
    match reason {
        NotReadyReason::SignedIn => "signed_in",
        NotReadyReason::Break { kind: BreakReason::Busy } => "busy",
        NotReadyReason::Break { kind: BreakReason::Meal } => "meal",
        NotReadyReason::Break { kind: BreakReason::Rest } => "rest",
        NotReadyReason::Break { kind: BreakReason::Training } => "training",
        NotReadyReason::Break { kind: BreakReason::Meeting } => "meeting",
        NotReadyReason::NoAnswer => "no_answer",
        NotReadyReason::DeviceFailed => "device_failed",
        NotReadyReason::DeviceLost => "device_lost",
        NotReadyReason::NotProved => "not_proved",
        NotReadyReason::MicrophoneSilent => "microphone_silent",
        NotReadyReason::NoMedia => "no_media",
        NotReadyReason::MicroBreak => "micro_break",
    }
}
