//! 工单: the folded order for reading, its events for ever, and the columns lists are filtered by.
//!
//! An order's row and its new events are written in one transaction; the events are the truth, the row
//! can be folded from them again.

use sqlx::types::Json;
use sqlx::{FromRow, query, query_as, query_scalar};
use types::{CallId, CategoryCode, CentreId, Phone, Timestamp, UnitCode, UserId, WorkOrderId};
use work_order::{Clock, DutyStatus, Event, StateCode, Urgency, WorkOrder};

use super::{StoreError, Tx};

/// The next limit of an order that has not struck yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextClock {
    pub clock: Clock,
    pub due_at: Timestamp,
}

/// One line of a list.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct OrderLine {
    pub id: WorkOrderId,
    pub order_no: String,
    pub version: i64,
    pub state: String,
    pub demand_type: Option<String>,
    pub category: Option<CategoryCode>,
    pub urgency: String,
    pub confidential: bool,
    pub town: Option<UnitCode>,
    pub title: String,
    pub petitioner_name: String,
    pub lead_unit: Option<UnitCode>,
    pub opened_at: Timestamp,
    pub accepted_at: Option<Timestamp>,
    pub next_clock: Option<String>,
    pub next_due_at: Option<Timestamp>,
    pub feedback_due_at: Option<Timestamp>,
}

/// Which orders a list shows, and in which order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderBox {
    /// Opened by this person: drafts, and everything since `since`. Newest first.
    Mine { user: UserId, since: Timestamp },
    /// One state, most pressing limit first.
    State(StateCode),
    /// Results the petitioner has not been told, by time to midnight (D3).
    Feedback,
    /// A unit's orders to sign and in progress, most pressing limit first.
    Inbox { unit: UnitCode },
    /// Replies of a unit that wait for its leader.
    Approval { unit: UnitCode },
    /// Everything of the centre, newest first.
    All,
}

/// Where the next page begins: sort key and id of the last line of this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct After {
    pub key: Timestamp,
    pub id: WorkOrderId,
}

/// What the board counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct OrderCounts {
    pub accepted_today: i64,
    pub open: i64,
    pub overdue: i64,
}

/// Instants that lie after every due time: orders without a limit sort last.
const NO_LIMIT_US: i64 = 221_845_392_000_000_000; // 9000-01-01T00:00:00Z

macro_rules! line_columns {
    () => {
        "id, order_no, version, state, demand_type, category, urgency, confidential, town, title, \
         petitioner_name, lead_unit, opened_at, accepted_at, next_clock, next_due_at, feedback_due_at"
    };
}

mod sql {
    pub const INSERT: &str = "insert into work_order (id, centre, order_no, query_code, version, state, \
        channel, demand_type, category, urgency, confidential, town, title, petitioner_name, \
        petitioner_phone, call_id, lead_unit, awaiting_approval, opened_at, opened_by, accepted_at, \
        next_clock, next_due_at, due_at, feedback_state, feedback_opened_at, feedback_due_at, \
        feedback_at, closed_at, data) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, \
        $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30)";
    pub const UPDATE: &str = "update work_order set version = $1, state = $2, channel = $3, \
        demand_type = $4, category = $5, urgency = $6, confidential = $7, town = $8, title = $9, \
        petitioner_name = $10, petitioner_phone = $11, call_id = $12, lead_unit = $13, \
        awaiting_approval = $14, accepted_at = $15, next_clock = $16, next_due_at = $17, due_at = $18, \
        feedback_state = $19, feedback_opened_at = $20, feedback_due_at = $21, feedback_at = $22, \
        closed_at = $23, data = $24 where centre = $25 and id = $26 and version = $27";
    pub const ADD_EVENT: &str = "insert into work_order_event (centre, work_order, number, at, user_id, \
        kind, state_from, state_to, note, data) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    pub const LOAD: &str = "select data from work_order where centre = $1 and id = $2";
    pub const BY_CALL: &str =
        "select id from work_order where centre = $1 and call_id = $2 order by id limit 1";
    pub const EVENTS: &str =
        "select data from work_order_event where centre = $1 and work_order = $2 order by number";
    pub const NEXT_NUMBER: &str = "insert into order_number (centre, day, last) values ($1, $2, 1) \
        on conflict (centre, day) do update set last = order_number.last + 1 returning last";
    pub const COUNTS: &str = "select \
        count(case when accepted_at >= $2 then 1 end) as accepted_today, \
        count(case when state not in ('draft', 'closed', 'rejected') then 1 end) as open, \
        count(case when state in ('dispatched', 'in_progress') and due_at <= $3 then 1 end) as overdue \
        from work_order where centre = $1";
    pub const WITH_RESULT_SINCE: &str = "select data from work_order \
        where centre = $1 and feedback_opened_at >= $2 order by id";

    pub const MINE: &str = concat!(
        "select ",
        line_columns!(),
        " from work_order where centre = $1 \
        and opened_by = $2 and (state = 'draft' or opened_at >= $3) \
        and (opened_at < $4 or (opened_at = $4 and id < $5)) order by opened_at desc, id desc limit $6"
    );
    pub const STATE: &str = concat!(
        "select ",
        line_columns!(),
        " from work_order where centre = $1 \
        and state = $2 and (coalesce(next_due_at, $3) > $4 or (coalesce(next_due_at, $3) = $4 and id > $5)) \
        order by coalesce(next_due_at, $3), id limit $6"
    );
    pub const FEEDBACK: &str = concat!(
        "select ",
        line_columns!(),
        " from work_order where centre = $1 \
        and feedback_state = 'open' and (feedback_due_at > $2 or (feedback_due_at = $2 and id > $3)) \
        order by feedback_due_at, id limit $4"
    );
    pub const INBOX: &str = concat!(
        "select ",
        line_columns!(),
        " from work_order where centre = $1 \
        and lead_unit = $2 and state in ('dispatched', 'in_progress') \
        and (coalesce(next_due_at, $3) > $4 or (coalesce(next_due_at, $3) = $4 and id > $5)) \
        order by coalesce(next_due_at, $3), id limit $6"
    );
    pub const APPROVAL: &str = concat!(
        "select ",
        line_columns!(),
        " from work_order where centre = $1 \
        and lead_unit = $2 and awaiting_approval \
        and (coalesce(next_due_at, $3) > $4 or (coalesce(next_due_at, $3) = $4 and id > $5)) \
        order by coalesce(next_due_at, $3), id limit $6"
    );
    pub const ALL: &str = concat!(
        "select ",
        line_columns!(),
        " from work_order where centre = $1 \
        and (opened_at < $2 or (opened_at = $2 and id < $3)) order by opened_at desc, id desc limit $4"
    );
    pub const BY_PHONE: &str = concat!(
        "select ",
        line_columns!(),
        " from work_order where centre = $1 \
        and petitioner_phone = $2 order by id desc limit $3"
    );
}

/// What the list columns hold, derived from the order.
struct Columns<'a> {
    state: &'static str,
    channel: &'static str,
    demand_type: Option<&'static str>,
    category: Option<&'a CategoryCode>,
    urgency: &'static str,
    confidential: bool,
    town: Option<&'a UnitCode>,
    title: &'a str,
    petitioner_name: &'a str,
    petitioner_phone: Option<&'a Phone>,
    call_id: Option<CallId>,
    lead_unit: Option<&'a UnitCode>,
    awaiting_approval: bool,
    accepted_at: Option<Timestamp>,
    next_clock: Option<&'static str>,
    next_due_at: Option<Timestamp>,
    due_at: Option<Timestamp>,
    feedback_state: &'static str,
    feedback_opened_at: Option<Timestamp>,
    feedback_due_at: Option<Timestamp>,
    feedback_at: Option<Timestamp>,
    closed_at: Option<Timestamp>,
}

impl<'a> Columns<'a> {
    fn of(order: &'a WorkOrder, next: Option<NextClock>) -> Self {
        let intake = &order.intake;
        let acceptance = order.acceptance();
        let duty = order.duty();
        Self {
            state: order.state_code().as_str(),
            channel: intake.source.channel.as_str(),
            demand_type: intake.demand.demand_type.map(work_order::DemandType::as_str),
            category: intake.demand.category.as_ref(),
            urgency: acceptance
                .map(|it| it.urgency)
                .or(intake.demand.urgency)
                .unwrap_or(Urgency::Normal)
                .as_str(),
            confidential: acceptance.map_or(intake.petitioner.confidential, |it| it.confidential),
            town: intake.demand.place.town.as_ref(),
            title: &intake.demand.title,
            petitioner_name: &intake.petitioner.name,
            petitioner_phone: intake.petitioner.phones.first(),
            call_id: intake.source.call_id,
            lead_unit: order.lead_unit(),
            awaiting_approval: order.awaiting_approval(),
            accepted_at: acceptance.map(|it| it.at),
            next_clock: next.map(|it| it.clock.as_str()),
            next_due_at: next.map(|it| it.due_at),
            due_at: order.due_at(),
            feedback_state: duty.map_or("none", |it| match &it.status {
                DutyStatus::Open => "open",
                DutyStatus::Told { same_day: true, .. } => "met",
                DutyStatus::Told { same_day: false, .. } => "missed",
                DutyStatus::Exempt { .. } => "exempt",
                DutyStatus::Cancelled { .. } => "cancelled",
            }),
            feedback_opened_at: duty.map(|it| it.result_at),
            feedback_due_at: duty.map(|it| it.due_at),
            feedback_at: duty.and_then(|it| match &it.status {
                DutyStatus::Told { at, .. } => Some(*at),
                DutyStatus::Open | DutyStatus::Exempt { .. } | DutyStatus::Cancelled { .. } => None,
            }),
            closed_at: order.closed_at(),
        }
    }
}

/// Stores a new order and the events that made it.
///
/// # Errors
/// [`StoreError::Duplicate`] when the number is taken.
pub async fn insert(
    tx: &mut Tx,
    centre: &CentreId,
    order: &WorkOrder,
    next: Option<NextClock>,
    events: &[Event],
) -> Result<(), StoreError> {
    let columns = Columns::of(order, next);
    on_tx!(tx, |db| query(sql::INSERT)
        .bind(order.id)
        .bind(centre)
        .bind(&order.order_no)
        .bind(&order.query_code)
        .bind(as_i64(order.version))
        .bind(columns.state)
        .bind(columns.channel)
        .bind(columns.demand_type)
        .bind(columns.category)
        .bind(columns.urgency)
        .bind(columns.confidential)
        .bind(columns.town)
        .bind(columns.title)
        .bind(columns.petitioner_name)
        .bind(columns.petitioner_phone)
        .bind(columns.call_id)
        .bind(columns.lead_unit)
        .bind(columns.awaiting_approval)
        .bind(order.opened_at)
        .bind(order.acceptor())
        .bind(columns.accepted_at)
        .bind(columns.next_clock)
        .bind(columns.next_due_at)
        .bind(columns.due_at)
        .bind(columns.feedback_state)
        .bind(columns.feedback_opened_at)
        .bind(columns.feedback_due_at)
        .bind(columns.feedback_at)
        .bind(columns.closed_at)
        .bind(Json(order))
        .execute(db)
        .await
        .map(|_| ()))?;
    add_events(tx, centre, order.id, 0, events).await
}

/// Stores what `events` made of an order that was read at `expected`.
///
/// # Errors
/// [`StoreError::Conflict`] when someone changed the order since.
pub async fn update(
    tx: &mut Tx,
    centre: &CentreId,
    order: &WorkOrder,
    next: Option<NextClock>,
    expected: u64,
    events: &[Event],
) -> Result<(), StoreError> {
    let columns = Columns::of(order, next);
    let rows = on_tx!(tx, |db| query(sql::UPDATE)
        .bind(as_i64(order.version))
        .bind(columns.state)
        .bind(columns.channel)
        .bind(columns.demand_type)
        .bind(columns.category)
        .bind(columns.urgency)
        .bind(columns.confidential)
        .bind(columns.town)
        .bind(columns.title)
        .bind(columns.petitioner_name)
        .bind(columns.petitioner_phone)
        .bind(columns.call_id)
        .bind(columns.lead_unit)
        .bind(columns.awaiting_approval)
        .bind(columns.accepted_at)
        .bind(columns.next_clock)
        .bind(columns.next_due_at)
        .bind(columns.due_at)
        .bind(columns.feedback_state)
        .bind(columns.feedback_opened_at)
        .bind(columns.feedback_due_at)
        .bind(columns.feedback_at)
        .bind(columns.closed_at)
        .bind(Json(order))
        .bind(centre)
        .bind(order.id)
        .bind(as_i64(expected))
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?;
    if rows != 1 {
        return Err(StoreError::Conflict("work_order"));
    }
    add_events(tx, centre, order.id, expected, events).await
}

async fn add_events(
    tx: &mut Tx,
    centre: &CentreId,
    id: WorkOrderId,
    stored: u64,
    events: &[Event],
) -> Result<(), StoreError> {
    for (event, number) in events.iter().zip(stored + 1..) {
        on_tx!(tx, |db| query(sql::ADD_EVENT)
            .bind(centre)
            .bind(id)
            .bind(as_i64(number))
            .bind(event.at)
            .bind(event.by.user())
            .bind(event.change.kind())
            .bind(event.from.map(StateCode::as_str))
            .bind(event.to.as_str())
            .bind(&event.note)
            .bind(Json(event))
            .execute(db)
            .await
            .map(|_| ()))?;
    }
    Ok(())
}

/// The order as it is now.
///
/// # Errors
/// [`StoreError`].
pub async fn load(
    tx: &mut Tx,
    centre: &CentreId,
    id: WorkOrderId,
) -> Result<Option<WorkOrder>, StoreError> {
    let found: Option<Json<WorkOrder>> =
        on_tx!(tx, |db| query_scalar(sql::LOAD).bind(centre).bind(id).fetch_optional(db).await)?;
    Ok(found.map(|json| json.0))
}

/// The order that was opened in a call, if there is one.
///
/// # Errors
/// [`StoreError`].
pub async fn of_call(
    tx: &mut Tx,
    centre: &CentreId,
    call: CallId,
) -> Result<Option<WorkOrderId>, StoreError> {
    Ok(on_tx!(tx, |db| query_scalar(sql::BY_CALL)
        .bind(centre)
        .bind(call)
        .fetch_optional(db)
        .await)?)
}

/// Everything that happened to an order, oldest first.
///
/// # Errors
/// [`StoreError`].
pub async fn events(
    tx: &mut Tx,
    centre: &CentreId,
    id: WorkOrderId,
) -> Result<Vec<Event>, StoreError> {
    let found: Vec<Json<Event>> =
        on_tx!(tx, |db| query_scalar(sql::EVENTS).bind(centre).bind(id).fetch_all(db).await)?;
    Ok(found.into_iter().map(|json| json.0).collect())
}

/// The day's next sequence number, from 1; `day` is `yyMMdd`.
///
/// # Errors
/// [`StoreError`].
pub async fn next_number(tx: &mut Tx, centre: &CentreId, day: &str) -> Result<i64, StoreError> {
    Ok(on_tx!(tx, |db| query_scalar(sql::NEXT_NUMBER).bind(centre).bind(day).fetch_one(db).await)?)
}

/// What the board counts, where today began at `today`.
///
/// # Errors
/// [`StoreError`].
pub async fn counts(
    tx: &mut Tx,
    centre: &CentreId,
    today: Timestamp,
    now: Timestamp,
) -> Result<OrderCounts, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::COUNTS)
        .bind(centre)
        .bind(today)
        .bind(now)
        .fetch_one(db)
        .await)?)
}

/// Orders whose current result is not older than `since`: what the same-day rate is computed from.
///
/// # Errors
/// [`StoreError`].
pub async fn with_result_since(
    tx: &mut Tx,
    centre: &CentreId,
    since: Timestamp,
) -> Result<Vec<WorkOrder>, StoreError> {
    let found: Vec<Json<WorkOrder>> = on_tx!(tx, |db| query_scalar(sql::WITH_RESULT_SINCE)
        .bind(centre)
        .bind(since)
        .fetch_all(db)
        .await)?;
    Ok(found.into_iter().map(|json| json.0).collect())
}

/// One page of a list; at most `limit` lines after `after`.
///
/// # Errors
/// [`StoreError`].
pub async fn list(
    tx: &mut Tx,
    centre: &CentreId,
    which: &OrderBox,
    after: Option<After>,
    limit: i64,
) -> Result<Vec<OrderLine>, StoreError> {
    let no_limit = Timestamp::from_micros(NO_LIMIT_US);
    // Lists by limit run upwards from the lowest instant, lists by age downwards from the highest.
    let up =
        after.unwrap_or(After { key: Timestamp::from_micros(0), id: WorkOrderId::from_u128(0) });
    let down = after.unwrap_or(After { key: no_limit, id: WorkOrderId::from_u128(u128::MAX) });
    Ok(on_tx!(tx, |db| match which {
        OrderBox::Mine { user, since } =>
            query_as(sql::MINE)
                .bind(centre)
                .bind(*user)
                .bind(*since)
                .bind(down.key)
                .bind(down.id)
                .bind(limit)
                .fetch_all(db)
                .await,
        OrderBox::State(state) =>
            query_as(sql::STATE)
                .bind(centre)
                .bind(state.as_str())
                .bind(no_limit)
                .bind(up.key)
                .bind(up.id)
                .bind(limit)
                .fetch_all(db)
                .await,
        OrderBox::Feedback =>
            query_as(sql::FEEDBACK)
                .bind(centre)
                .bind(up.key)
                .bind(up.id)
                .bind(limit)
                .fetch_all(db)
                .await,
        OrderBox::Inbox { unit } =>
            query_as(sql::INBOX)
                .bind(centre)
                .bind(unit)
                .bind(no_limit)
                .bind(up.key)
                .bind(up.id)
                .bind(limit)
                .fetch_all(db)
                .await,
        OrderBox::Approval { unit } =>
            query_as(sql::APPROVAL)
                .bind(centre)
                .bind(unit)
                .bind(no_limit)
                .bind(up.key)
                .bind(up.id)
                .bind(limit)
                .fetch_all(db)
                .await,
        OrderBox::All =>
            query_as(sql::ALL)
                .bind(centre)
                .bind(down.key)
                .bind(down.id)
                .bind(limit)
                .fetch_all(db)
                .await,
    })?)
}

impl OrderLine {
    /// The cursor behind this line in a list of `which`.
    #[must_use]
    pub fn after(&self, which: &OrderBox) -> After {
        let no_limit = Timestamp::from_micros(NO_LIMIT_US);
        let key = match which {
            OrderBox::Mine { .. } | OrderBox::All => self.opened_at,
            OrderBox::Feedback => self.feedback_due_at.unwrap_or(no_limit),
            OrderBox::State(_) | OrderBox::Inbox { .. } | OrderBox::Approval { .. } => {
                self.next_due_at.unwrap_or(no_limit)
            }
        };
        After { key, id: self.id }
    }
}

/// The last orders of a petitioner, newest first.
///
/// # Errors
/// [`StoreError`].
pub async fn by_phone(
    tx: &mut Tx,
    centre: &CentreId,
    phone: &Phone,
    limit: i64,
) -> Result<Vec<OrderLine>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::BY_PHONE)
        .bind(centre)
        .bind(phone)
        .bind(limit)
        .fetch_all(db)
        .await)?)
}

fn as_i64(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
