//! Figures as pages get them: every share as its two whole numbers, the raw figure always there, the one
//! without approved exclusions beside it.

mod of;

use acd::AbandonCause;
use figures::{ReadingFigure, Report};
use serde::Serialize;
use types::{ShownFiguresId, Timestamp};
use utoipa::ToSchema;

use super::question::Slice;
use super::rows::FigureRow;
use super::words;

/// An exact fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Share {
    pub part: u64,
    pub whole: u64,
    /// Parts per million, cut and not rounded; null over nothing.
    pub ppm: Option<u64>,
}

/// Spans in microseconds; percentiles by the nearest rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct SpreadView {
    pub count: u64,
    pub sum_us: u64,
    /// Cut to whole microseconds. Of waits of answered calls: ASA.
    pub mean_us: Option<u64>,
    pub p50_us: Option<u64>,
    pub p90_us: Option<u64>,
    pub p95_us: Option<u64>,
    pub max_us: Option<u64>,
}

/// Counts of a set of calls and the rates made of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct CountsView {
    pub requests: u64,
    pub answered: u64,
    pub answered_15s: u64,
    pub answered_30s: u64,
    /// Gave up in less than 5 s.
    pub short_abandons: u64,
    pub abandoned: u64,
    pub abandoned_15s: u64,
    /// Refused because too many were waiting; inside `requests` and `abandoned`.
    pub blocked: u64,
    /// Waiting for more than 15 s already.
    pub open: u64,
    /// Answered, and ended by our side within 5 s.
    pub cut_short: u64,
    /// Talks that lost their agent.
    pub returned_to_queue: u64,
    pub taken_over: u64,
    pub k1: Share,
    pub k1a: Share,
    pub k2a: Share,
    pub k2b: Share,
    pub k3: Share,
    pub abandon_rate: Share,
}

/// Calls that were given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AbandonsView {
    /// Can be called back.
    pub with_number: u64,
    pub by_age: Vec<AgeView>,
    pub by_cause: Vec<CauseView>,
    pub wait: SpreadView,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct AgeView {
    pub from_us: u64,
    pub until_us: Option<u64>,
    pub count: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CauseView {
    #[schema(value_type = String)]
    pub cause: AbandonCause,
    pub count: u64,
}

/// What is said of a set of calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TrafficView {
    pub counts: CountsView,
    pub wait: SpreadView,
    pub talk: SpreadView,
    /// From the first signalling to the ring.
    pub before_ring: SpreadView,
    pub abandons: AbandonsView,
}

/// One reading of the service level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReadingView {
    #[schema(value_type = String)]
    pub reading: figures::Reading,
    pub name: &'static str,
    /// In Chinese words.
    pub formula: &'static str,
    /// In the symbols R, N, N15.
    pub symbols: String,
    pub goal: Option<GoalView>,
    pub raw: Share,
    pub raw_met: Option<bool>,
    /// Without the calls of approved exclusions.
    pub marked: Option<Share>,
    pub marked_met: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct GoalView {
    pub percent: u64,
    /// False: more than so many percent.
    pub at_least: bool,
    pub text: String,
}

/// K1 and K1s: the worst 24 hours that ended within the span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct ConnectionView {
    pub worst: Option<Share>,
    pub worst_until: Option<Timestamp>,
    /// At least 95 %.
    pub national_met: Option<bool>,
    /// More than 80 %.
    pub seed_met: Option<bool>,
}

/// What is counted in lines of its own beside K1, because none of it is an answered call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct BesideK1 {
    /// X: stopped by the screen list, with a prompt and the emergency key.
    pub screened: u64,
    /// Of these, let in by the key: requests as well.
    pub screened_let_in: u64,
    /// Callers who left the queue by key for a call back; each is an abandon as well.
    pub queue_callbacks_promised: u64,
    /// Of these: called back from the queue, and both heard each other.
    pub queue_callbacks: u64,
    /// Called again by themselves, with the place.
    pub queue_callbacks_redialled: u64,
    /// Became a missed-call return.
    pub queue_callbacks_in_vain: u64,
    /// Neither kept nor given up.
    pub queue_callbacks_open: u64,
    /// Redials that kept the place of the earlier call; both calls count.
    pub places_kept: u64,
    /// Calls that heard a notice about a mass event.
    pub surge_notices: u64,
    pub missed_calls_returned: u64,
    /// Missed callers who called again and were answered.
    pub redialled: u64,
}

/// K12.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReturnsView {
    pub k12: Share,
    pub k12_in_time: Share,
    pub settled: Share,
    pub missed_calls: u64,
    pub tried: u64,
    pub open: u64,
    /// Open, and the limit has not run out.
    pub running: u64,
}

/// What agents did with their time, in microseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FloorView {
    pub ready_us: u64,
    pub warned_us: u64,
    pub ringing_us: u64,
    pub talking_us: u64,
    pub outbound_us: u64,
    pub wrap_up_us: u64,
    pub not_ready_us: u64,
    pub occupancy: Share,
}

/// K4 of one batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DialTestView {
    pub batch: String,
    pub k4: Share,
    pub connected_15s: u64,
    /// Findings that our records contradict.
    pub contradicted: u64,
}

/// When figures were taken. Asked for again with both, they are equal to the last digit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AsOfView {
    /// `journal:entry`, separated by commas.
    pub event_number: String,
    pub at: Timestamp,
}

/// The figures of a span.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FiguresView {
    pub from: Timestamp,
    pub until: Timestamp,
    pub as_of: AsOfView,
    /// SHA-256 of every figure of the span.
    pub digest: String,
    /// Under which these figures are kept; null while the span is not over.
    pub shown: Option<ShownFiguresId>,
    pub total: TrafficView,
    /// Without the calls of approved exclusions; null where none touches the span.
    pub marked: Option<TrafficView>,
    /// By which exclusions.
    pub without: Vec<u64>,
    pub readings: Vec<ReadingView>,
    pub connection: ConnectionView,
    pub connection_marked: Option<ConnectionView>,
    pub beside: BesideK1,
    pub returns: ReturnsView,
    pub floor: FloorView,
    pub dial_tests: Vec<DialTestView>,
    /// Answered calls that waited longer than 15 s (D2).
    pub breaches: u64,
    pub slice: Slice,
    pub rows: Vec<FigureRow>,
}

impl FiguresView {
    pub(super) fn of(report: &Report, digest: &str, slice: Slice, rows: Vec<FigureRow>) -> Self {
        let marked = report.total.marked();
        Self {
            from: report.period.from(),
            until: report.period.until(),
            as_of: AsOfView::of(&report.as_of),
            digest: digest.to_owned(),
            shown: None,
            total: TrafficView::of(report.total.raw()),
            marked: marked.map(|(traffic, _)| TrafficView::of(traffic)),
            without: marked.map(|(_, ids)| ids.iter().map(|id| id.0).collect()).unwrap_or_default(),
            readings: readings(report),
            connection: ConnectionView::of(report.connection.raw()),
            connection_marked: report.connection.marked().map(|of| ConnectionView::of(of.0)),
            beside: BesideK1::of(report),
            returns: ReturnsView::of(report.returns),
            floor: FloorView::of(&report.floor),
            dial_tests: report.dial_tests.iter().map(DialTestView::of).collect(),
            breaches: report.breaches.len() as u64,
            slice,
            rows,
        }
    }
}

fn readings(report: &Report) -> Vec<ReadingView> {
    let marked = report.readings.marked().map(|(readings, _)| readings);
    let of = |raw: &ReadingFigure| {
        let marked = marked.and_then(|all| all.iter().find(|one| one.reading == raw.reading));
        let (name, formula) = words::reading(raw.reading);
        ReadingView {
            reading: raw.reading,
            name,
            formula,
            symbols: raw.formula.clone(),
            goal: raw.goal.map(GoalView::of),
            raw: Share::of(raw.rate),
            raw_met: raw.met,
            marked: marked.map(|one| Share::of(one.rate)),
            marked_met: marked.and_then(|one| one.met),
        }
    };
    report.readings.raw().iter().map(of).collect()
}
