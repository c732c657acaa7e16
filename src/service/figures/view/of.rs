//! How the parts of a view are made of the parts of a report.

use acd::rates::Rate;
use figures::{
    Abandons, AgentTime, AsOf, Connection, Counts, DialTest, Goal, Report, Returns, Spread, Traffic,
};

use super::{
    AbandonsView, AgeView, AsOfView, BesideK1, CauseView, ConnectionView, CountsView, DialTestView,
    FloorView, GoalView, ReturnsView, Share, SpreadView, TrafficView,
};
use crate::service::figures::question::event_number_text;
use crate::service::figures::words;

impl Share {
    pub(in super::super) fn of(rate: Rate) -> Self {
        let ppm = |part: u128, whole: u128| u64::try_from(part * 1_000_000 / whole).ok();
        Self {
            part: rate.part,
            whole: rate.whole,
            ppm: (rate.whole > 0).then(|| ppm(rate.part.into(), rate.whole.into())).flatten(),
        }
    }
}

impl BesideK1 {
    pub(super) const fn of(report: &Report) -> Self {
        let beside = report.beside_base;
        Self {
            screened: beside.screened,
            screened_let_in: beside.let_in,
            queue_callbacks_promised: beside.promised,
            queue_callbacks: beside.kept,
            queue_callbacks_redialled: beside.redialled,
            queue_callbacks_in_vain: beside.in_vain,
            queue_callbacks_open: beside.open(),
            places_kept: beside.places_kept,
            surge_notices: beside.notices,
            missed_calls_returned: report.returns.returned,
            redialled: report.returns.redialled,
        }
    }
}

impl SpreadView {
    pub(in super::super) fn of(spread: Spread) -> Self {
        Self {
            count: spread.count,
            sum_us: spread.sum_us,
            mean_us: spread.sum_us.checked_div(spread.count),
            p50_us: spread.p50_us,
            p90_us: spread.p90_us,
            p95_us: spread.p95_us,
            max_us: spread.max_us,
        }
    }
}

impl CountsView {
    pub(in super::super) fn of(counts: Counts) -> Self {
        let tally = counts.tally;
        Self {
            requests: tally.requests,
            answered: tally.answered,
            answered_15s: tally.answered_in_time,
            answered_30s: counts.answered_30s,
            short_abandons: tally.short_abandons,
            abandoned: counts.abandoned,
            abandoned_15s: counts.abandoned_15s,
            blocked: counts.blocked,
            open: counts.open,
            cut_short: counts.cut_short,
            returned_to_queue: counts.returned,
            taken_over: counts.taken_over,
            k1: Share::of(tally.connection_rate()),
            k1a: Share::of(tally.adjusted_rate()),
            k2a: Share::of(tally.in_time_of_answered()),
            k2b: Share::of(tally.in_time_of_requests()),
            k3: Share::of(counts.within_30s()),
            abandon_rate: Share::of(counts.abandon_rate()),
        }
    }
}

impl AbandonsView {
    fn of(abandons: &Abandons) -> Self {
        let age = |band: &figures::AgeBand| AgeView {
            from_us: band.from_us,
            until_us: band.until_us,
            count: band.count,
        };
        let cause = |of: &figures::CauseCount| CauseView { cause: of.cause, count: of.count };
        Self {
            with_number: abandons.with_number,
            by_age: abandons.by_age.iter().map(age).collect(),
            by_cause: abandons.by_cause.iter().map(cause).collect(),
            wait: SpreadView::of(abandons.waits),
        }
    }
}

impl TrafficView {
    pub(in super::super) fn of(traffic: &Traffic) -> Self {
        Self {
            counts: CountsView::of(traffic.counts),
            wait: SpreadView::of(traffic.waits),
            talk: SpreadView::of(traffic.talks),
            before_ring: SpreadView::of(traffic.before_ring),
            abandons: AbandonsView::of(&traffic.abandons),
        }
    }
}

impl GoalView {
    pub(super) fn of(goal: Goal) -> Self {
        let text = words::goal(goal);
        match goal {
            Goal::AtLeast(percent) => Self { percent, at_least: true, text },
            Goal::Above(percent) => Self { percent, at_least: false, text },
        }
    }
}

impl ConnectionView {
    pub(super) fn of(connection: &Connection) -> Self {
        let worst = connection.worst;
        Self {
            worst: worst.map(|worst| Share::of(worst.tally.connection_rate())),
            worst_until: worst.map(|worst| worst.at),
            national_met: connection.national_met,
            seed_met: connection.seed_met,
        }
    }
}

impl ReturnsView {
    pub(super) fn of(returns: Returns) -> Self {
        Self {
            k12: Share::of(returns.rate()),
            k12_in_time: Share::of(returns.in_time()),
            settled: Share::of(returns.settled()),
            missed_calls: returns.missed_calls,
            tried: returns.tried,
            open: returns.open,
            running: returns.running,
        }
    }
}

impl FloorView {
    pub(in super::super) fn of(time: &AgentTime) -> Self {
        let not_ready = time.not_ready.iter().map(|of| of.us);
        Self {
            ready_us: time.ready_us,
            warned_us: time.warned_us,
            ringing_us: time.ringing_us,
            talking_us: time.talking_us,
            outbound_us: time.outbound_us,
            wrap_up_us: time.wrap_up_us,
            not_ready_us: not_ready.fold(0, u64::saturating_add),
            occupancy: Share::of(time.occupancy()),
        }
    }
}

impl DialTestView {
    pub(super) fn of(test: &DialTest) -> Self {
        Self {
            batch: test.batch.clone(),
            k4: Share::of(test.rate()),
            connected_15s: test.connected_15s,
            contradicted: test.contradicted,
        }
    }
}

impl AsOfView {
    pub(in super::super) fn of(as_of: &AsOf) -> Self {
        Self { event_number: event_number_text(&as_of.events), at: as_of.at }
    }
}
