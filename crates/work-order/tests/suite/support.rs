//! The sample county, its people, and an order to act on.

use std::sync::LazyLock;

use types::{Timestamp, UserId, WorkOrderId};
use work_order::{
    Actor, Channel, Command, County, CountyFiles, Demand, DemandType, Event, FeedbackMeans,
    FeedbackOutcome, FeedbackTry, FollowUpAnswers, FollowUpTry, HandlingOutcome, Intake, Occasion,
    OpenDraft, Person, Petitioner, Place, Rating, Refusal, ReplyContent, Role, Rules, Solved,
    Source, Telling, WorkOrder, decide, open,
};

pub const FILES: CountyFiles<'static> = CountyFiles {
    holidays: include_str!("../../../../county/holidays.csv"),
    profile: include_str!("../../../../county/profiles/county_default.csv"),
    units: include_str!("../../../../county/units.csv"),
    taxonomy: include_str!("../../../../county/taxonomy.csv"),
    users: include_str!("../../../../county/users.csv"),
};

static COUNTY: LazyLock<County> =
    LazyLock::new(|| County::load(&FILES).unwrap_or_else(|faults| panic!("{faults}")));

pub fn county() -> &'static County {
    &COUNTY
}

pub fn rules() -> &'static Rules {
    &COUNTY.rules
}

/// A local time: `2026-03-02 11:00` or `2026-03-02 11:00:00.001`.
pub fn at(text: &str) -> Timestamp {
    let (date, time) = text.split_once(' ').expect("date and time");
    let seconds = if time.len() == 5 { ":00" } else { "" };
    format!("{date}T{time}{seconds}+08:00").parse().expect("a time")
}

pub fn person(id: u128, roles: &[Role], unit: Option<&str>) -> Actor {
    Actor::Person(Person {
        user: UserId::from_u128(id),
        name: format!("人员{id}"),
        roles: roles.to_vec(),
        unit: unit.map(|code| code.parse().unwrap()),
    })
}

pub fn agent() -> Actor {
    person(1, &[Role::Agent], None)
}
pub fn leader() -> Actor {
    person(2, &[Role::TeamLeader], None)
}
pub fn dispatcher() -> Actor {
    person(3, &[Role::Dispatcher], None)
}
pub fn contact() -> Actor {
    person(4, &[Role::UnitContact], Some("U14"))
}
pub fn unit_leader() -> Actor {
    person(5, &[Role::UnitLeader], Some("U14"))
}
pub fn reviewer() -> Actor {
    person(6, &[Role::Reviewer], None)
}
pub fn clerk() -> Actor {
    person(7, &[Role::FollowUpClerk], None)
}

/// A street lamp in a town: complaint for U14.
pub fn intake() -> Intake {
    Intake {
        source: Source {
            channel: Channel::Phone,
            call_id: None,
            dialled_no: Some("12345".parse().unwrap()),
            upstream_no: None,
            upstream_system: None,
            upstream_due_at: None,
        },
        petitioner: Petitioner {
            name: "某女士".into(),
            phones: vec!["13800138000".parse().unwrap()],
            ..Petitioner::default()
        },
        demand: Demand {
            demand_type: Some(DemandType::Complaint),
            category: Some("060401".parse().unwrap()),
            title: "路灯不亮".into(),
            content: "清泉镇主街路灯一周不亮".into(),
            place: Place { town: Some("T03".parse().unwrap()), address: "主街".into() },
            ..Demand::default()
        },
    }
}

pub fn reply() -> ReplyContent {
    ReplyContent {
        outcome: HandlingOutcome::Solved,
        internal_text: "已更换灯具".into(),
        public_text: "路灯已修复".into(),
        measures: String::new(),
        law_basis: String::new(),
        unsolved_reason: String::new(),
    }
}

pub fn not_told() -> Telling {
    Telling::NotTold { reason: "由热线中心告知".into() }
}

pub fn dispatch_to(unit: &str) -> Command {
    Command::Dispatch {
        lead_unit: unit.parse().unwrap(),
        assist_units: vec![],
        opinion: "请办理".into(),
        reason: None,
    }
}

pub fn telling(means: FeedbackMeans, when: Timestamp) -> Command {
    tried(means, FeedbackOutcome::Told, when)
}

pub fn tried(means: FeedbackMeans, outcome: FeedbackOutcome, when: Timestamp) -> Command {
    Command::RecordFeedback {
        attempt: FeedbackTry { means, outcome, at: when, proof: None, note: String::new() },
    }
}

pub fn answers() -> FollowUpAnswers {
    FollowUpAnswers {
        contacted: Some(true),
        told: Some(true),
        solved: Solved::Yes,
        process_rating: Some(Rating::Satisfied),
        result_rating: Some(Rating::VerySatisfied),
        comment: String::new(),
        dissatisfaction: None,
        explanation: String::new(),
        alone_on_duty: false,
    }
}

pub fn reached() -> Command {
    Command::RecordFollowUp { follow_up: FollowUpTry::Reached { answers: answers() } }
}

/// An order with its journal.
pub struct Case {
    pub order: WorkOrder,
    pub journal: Vec<Event>,
}

impl Case {
    pub fn open(when: &str, intake: Intake) -> Self {
        Self::open_at(at(when), intake)
    }

    pub fn open_at(now: Timestamp, intake: Intake) -> Self {
        let actor = agent();
        let draft = OpenDraft {
            id: WorkOrderId::from_u128(99),
            order_no: "2603020001".into(),
            query_code: "123456".into(),
            intake,
        };
        let occasion = Occasion { now, actor: &actor, rules: rules(), expected_version: None };
        let event = open(&occasion, draft).unwrap();
        Self { order: WorkOrder::opened(&event).unwrap(), journal: vec![event] }
    }

    pub fn at_time(
        &mut self,
        now: Timestamp,
        actor: &Actor,
        command: Command,
    ) -> Result<Vec<Event>, Refusal> {
        let occasion =
            Occasion { now, actor, rules: rules(), expected_version: Some(self.order.version) };
        let events = decide(&self.order, &occasion, command)?;
        for event in &events {
            self.order.apply(event).unwrap();
        }
        self.journal.extend(events.iter().cloned());
        Ok(events)
    }

    pub fn act(
        &mut self,
        when: &str,
        actor: &Actor,
        command: Command,
    ) -> Result<Vec<Event>, Refusal> {
        self.at_time(at(when), actor, command)
    }

    /// Does it; a refusal fails the test.
    pub fn done(&mut self, when: &str, actor: &Actor, command: Command) -> &mut Self {
        self.act(when, actor, command).unwrap();
        self
    }

    /// Dispatched to U14 on Monday 2 March 2026 at 09:00.
    pub fn dispatched() -> Self {
        let mut case = Self::open("2026-03-02 08:50", intake());
        case.done("2026-03-02 08:55", &agent(), Command::Accept).done(
            "2026-03-02 09:00",
            &dispatcher(),
            dispatch_to("U14"),
        );
        case
    }

    /// Signed and contacted.
    pub fn in_progress() -> Self {
        let mut case = Self::dispatched();
        let contacted_at = at("2026-03-02 09:20");
        let call = Command::FirstContact { contacted_at, result: "已联系".into() };
        case.done("2026-03-02 09:10", &contact(), Command::Sign).done(
            "2026-03-02 09:20",
            &contact(),
            call,
        );
        case
    }

    /// Replied: submitted and approved at `when`, the petitioner not told.
    pub fn replied(when: &str) -> Self {
        Self::replied_with(when, not_told())
    }

    pub fn replied_with(when: &str, feedback: Telling) -> Self {
        let mut case = Self::in_progress();
        let submit = Command::SubmitReply { reply: reply(), feedback };
        case.done(when, &contact(), submit).done(when, &unit_leader(), Command::ApproveReply);
        case
    }

    pub fn review_due_at(&self) -> Timestamp {
        match &self.order.state {
            work_order::State::Replied { reply, .. } => reply.review_due_at,
            other => panic!("not replied: {other:?}"),
        }
    }
}

pub fn pass() -> Command {
    Command::ReviewPass { note: None }
}
