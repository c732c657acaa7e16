//! The boxes: which orders wait for whom.

use types::{UnitCode, WorkOrderId};
use work_order::StateCode;

use super::{Context, ServiceError, WorkOrderSummary, start_of_day, view};
use crate::service::county;
use crate::service::session::Person;
use crate::store;
use crate::store::work_order::{After, OrderBox};

/// A list, as a page names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ListBox {
    /// The person's drafts, and what she registered today.
    Mine,
    /// To be dispatched.
    Dispatch,
    /// Replies to be reviewed.
    Review,
    /// Results to be told, by time to midnight.
    Feedback,
    /// To be followed up.
    FollowUp,
    /// A unit's orders to sign and in progress.
    Inbox,
    /// Replies that wait for the unit's leader.
    Approval,
    All,
}

/// One page of a list, and where the next begins.
#[derive(Debug)]
pub struct Page {
    pub items: Vec<WorkOrderSummary>,
    pub next: Option<String>,
}

/// One page of a box.
///
/// # Errors
/// [`ServiceError::Forbidden`] when the box is not the person's.
pub async fn list(
    ctx: &Context,
    person: &Person,
    which: ListBox,
    after: Option<&str>,
    limit: i64,
) -> Result<Page, ServiceError> {
    let rules = county::rules(ctx).await?;
    let which = box_of(ctx, person, which)?;
    let after = after.map(cursor).transpose()?;
    let mut tx = ctx.db.read().await?;
    let mut lines = store::work_order::list(&mut tx, &ctx.centre, &which, after, limit + 1).await?;
    drop(tx);
    let more = i64::try_from(lines.len()).is_ok_and(|count| count > limit);
    if more {
        lines.pop();
    }
    let next = lines.last().filter(|_| more).map(|line| text(line.after(&which)));
    let items = lines.into_iter().map(|line| view::summary(line, &rules, person)).collect();
    Ok(Page { items, next })
}

fn box_of(ctx: &Context, person: &Person, which: ListBox) -> Result<OrderBox, ServiceError> {
    if let Some(unit) = &person.unit {
        return unit_box(unit.code.clone(), which);
    }
    if !person.has_any(super::CENTRE_READERS) {
        return Err(not_yours());
    }
    Ok(match which {
        ListBox::Mine => {
            OrderBox::Mine { user: person.user_id, since: start_of_day(ctx.clock.business_now()) }
        }
        ListBox::Dispatch => OrderBox::State(StateCode::Accepted),
        ListBox::Review => OrderBox::State(StateCode::Replied),
        ListBox::Feedback => OrderBox::Feedback,
        ListBox::FollowUp => OrderBox::State(StateCode::FollowUpPending),
        ListBox::All => OrderBox::All,
        ListBox::Inbox | ListBox::Approval => return Err(not_yours()),
    })
}

fn unit_box(unit: UnitCode, which: ListBox) -> Result<OrderBox, ServiceError> {
    match which {
        ListBox::Inbox => Ok(OrderBox::Inbox { unit }),
        ListBox::Approval => Ok(OrderBox::Approval { unit }),
        ListBox::Mine
        | ListBox::Dispatch
        | ListBox::Review
        | ListBox::Feedback
        | ListBox::FollowUp
        | ListBox::All => Err(not_yours()),
    }
}

fn not_yours() -> ServiceError {
    ServiceError::Forbidden("您的岗位没有此列表。请从自己的工作页面进入。".to_owned())
}

/// `micros.id`; opaque to clients.
fn text(after: After) -> String {
    format!("{}.{}", after.key.as_micros(), after.id)
}

fn cursor(text: &str) -> Result<After, ServiceError> {
    let wrong = || {
        ServiceError::Fields(vec![crate::service::FieldFault::new(
            "after",
            "翻页标记有误，请从第一页重新打开列表",
        )])
    };
    let (key, id) = text.split_once('.').ok_or_else(wrong)?;
    let key = key.parse().map_err(|_| wrong())?;
    let id: WorkOrderId = id.parse().map_err(|_| wrong())?;
    Ok(After { key: types::Timestamp::from_micros(key), id })
}
