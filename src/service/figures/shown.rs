//! The register of figures that were shown: each with the event number it was taken at. Asked for again at
//! that number they are computed again, and equal to the last digit.

use figures::AsOf;
use serde::Serialize;
use types::{ShownFiguresId, Timestamp};
use utoipa::ToSchema;

use super::cache::{Taken, take};
use super::question::{Question, Slice, Span, period};
use super::rows::{Names, names, rows};
use super::view::{AsOfView, FiguresView};
use crate::service::session::Person;
use crate::service::{Context, ServiceError};
use crate::store::shown_figures::{ShownFigures, ShownKind};
use crate::store::{self, Json, Tx};

/// Most showings in one list.
const LIST_LEN_MAX: i64 = 100;

/// One showing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ShownView {
    pub id: ShownFiguresId,
    pub kind: ShownKind,
    pub from: Timestamp,
    pub until: Timestamp,
    pub as_of: AsOfView,
    pub shown_by: String,
    /// SHA-256 of every figure that was shown.
    pub digest: String,
    /// Computed again at the same event number: the digest is the same. Null in lists.
    pub equal: Option<bool>,
    /// Computed again. Null in lists.
    pub figures: Option<FiguresView>,
}

/// Showings of one span, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ShownList {
    pub items: Vec<ShownView>,
}

/// The figures that `question` asks for. Those of a span that is over are kept.
///
/// # Errors
/// [`ServiceError::Refused`] (`span_too_busy`), [`ServiceError::Away`] while others are computed.
pub async fn look(
    ctx: &Context,
    person: &Person,
    question: &Question,
) -> Result<FiguresView, ServiceError> {
    let taken = take(ctx, question.period, question.as_of.as_ref()).await?;
    let names = if question.slice == Slice::Agent { names(ctx).await? } else { Names::new() };
    let mut view = view(&taken, question, &names);
    let over = question.period.until() <= taken.report.as_of.at;
    if over && question.as_of.is_none() {
        view.shown = Some(keep_look(ctx, person, &taken).await?);
    }
    Ok(view)
}

/// A look at what was shown before, digit by digit, is that showing again.
async fn keep_look(
    ctx: &Context,
    person: &Person,
    taken: &Taken,
) -> Result<ShownFiguresId, ServiceError> {
    let (from, until) = (taken.report.period.from(), taken.report.period.until());
    let mut tx = ctx.db.read().await?;
    let last = store::shown_figures::of_period(&mut tx, &ctx.centre, from, until, 1).await?;
    drop(tx);
    if let Some(last) = last.first().filter(|last| last.digest == taken.digest) {
        return Ok(last.id);
    }
    let mut tx = ctx.db.begin().await?;
    let id = keep(ctx, &mut tx, person, ShownKind::Look, taken).await?;
    tx.commit().await?;
    Ok(id)
}

fn view(taken: &Taken, question: &Question, names: &Names) -> FiguresView {
    let rows = rows(&taken.report, question, names);
    FiguresView::of(&taken.report, &taken.digest, question.slice, rows)
}

/// Keeps what is shown.
pub(super) async fn keep(
    ctx: &Context,
    tx: &mut Tx,
    person: &Person,
    kind: ShownKind,
    taken: &Taken,
) -> Result<ShownFiguresId, ServiceError> {
    let report = &taken.report;
    let (from, until) = (report.period.from(), report.period.until());
    let shown = ShownFigures {
        id: ShownFiguresId::new(ctx.clock.now(), ctx.random.number()),
        kind,
        from_at: from,
        until_at: until,
        events: Json(report.as_of.events.clone()),
        at: report.as_of.at,
        shown_by: person.user_id,
        digest: taken.digest.clone(),
        totals: Json(taken.totals.clone()),
        daytime: Some(Json(report.returns.daytime)),
    };
    store::shown_figures::add(tx, &ctx.centre, &shown).await?;
    Ok(shown.id)
}

/// What was shown of exactly this span, newest first.
///
/// # Errors
/// [`ServiceError::Fields`].
pub async fn shown(
    ctx: &Context,
    from: Timestamp,
    until: Timestamp,
) -> Result<ShownList, ServiceError> {
    let period = period(from, until)?;
    let names = names(ctx).await?;
    let mut tx = ctx.db.read().await?;
    let (from, until) = (period.from(), period.until());
    let rows =
        store::shown_figures::of_period(&mut tx, &ctx.centre, from, until, LIST_LEN_MAX).await?;
    Ok(ShownList { items: rows.iter().map(|row| listed(row, &names)).collect() })
}

/// One showing, computed again at its event number.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub async fn shown_again(
    ctx: &Context,
    id: ShownFiguresId,
    slice: Slice,
    reading: figures::Reading,
) -> Result<ShownView, ServiceError> {
    let mut tx = ctx.db.read().await?;
    let row = store::shown_figures::find(&mut tx, &ctx.centre, id).await?;
    drop(tx);
    let row = row.ok_or(ServiceError::NotFound("指标记录"))?;
    let span = Span { from: row.from_at, until: row.until_at, event_number: None, at: None };
    let as_of = as_of(&row);
    let question = Question { as_of: Some(as_of), ..Question::new(&span, slice, reading)? };
    let taken = take(ctx, question.period, question.as_of.as_ref()).await?;
    let names = names(ctx).await?;
    let mut view = listed(&row, &names);
    view.equal = Some(taken.digest == row.digest);
    if taken.digest != row.digest {
        tracing::error!(shown = %id, "figures computed again differ from those that were shown");
    }
    view.figures = Some(self::view(&taken, &question, &names));
    Ok(view)
}

pub(super) fn as_of(row: &ShownFigures) -> AsOf {
    AsOf { events: row.events.0.clone(), at: row.at }
}

fn listed(row: &ShownFigures, names: &Names) -> ShownView {
    let by = row.shown_by;
    ShownView {
        id: row.id,
        kind: row.kind,
        from: row.from_at,
        until: row.until_at,
        as_of: AsOfView::of(&as_of(row)),
        shown_by: names.get(&by.into()).cloned().unwrap_or_else(|| by.to_string()),
        digest: row.digest.clone(),
        equal: None,
        figures: None,
    }
}
