//! 班次: the patterns that rosters are made of.

use std::sync::Arc;

use ::staffing::{DAY_MIN, MinuteSpan, Shift, ShiftError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::note;
use super::words::Day;
use crate::service::session::Person;
use crate::service::{Context, FieldFault, ServiceError};
use crate::store::shift_template::{self, ShiftTemplate};
use crate::store::{Json, StoreError, roster};

const SPANS_LEN_MAX: usize = 4;
const CODE_LEN_MAX: usize = 16;
const NAME_LEN_MAX: usize = 12;

/// Three shifts around the clock and a split one for the two peaks (`domain.md` 11.1): what a centre begins with.
const USUAL: [(&str, &str, &[&str], &[&str]); 4] = [
    ("day", "白班", &["08:00-16:00"], &["12:00-12:30"]),
    ("late", "中班", &["16:00-24:00"], &["18:00-18:30"]),
    ("night", "夜班", &["00:00-08:00"], &["04:00-04:30"]),
    ("split", "两头班", &["08:30-12:00", "17:00-21:00"], &[]),
];

/// A pattern of work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ShiftView {
    pub code: String,
    pub name: String,
    /// Spells of work, as `08:00-12:00`; one that ends before it begins ends the next day.
    pub spells: Vec<String>,
    pub meals: Vec<String>,
    pub version: i64,
    /// No longer given to anybody.
    pub retired: bool,
}

/// A pattern as it shall be.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShiftWish {
    pub name: String,
    pub spells: Vec<String>,
    #[serde(default)]
    pub meals: Vec<String>,
    /// The version that was seen; 0 for a new one.
    pub version: i64,
    #[serde(default)]
    pub retired: bool,
}

/// All patterns by code, retired ones too.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn shifts(ctx: &Context) -> Result<Vec<ShiftView>, ServiceError> {
    let mut tx = ctx.db.read().await?;
    Ok(shift_template::list(&mut tx, &ctx.centre).await?.iter().map(view).collect())
}

/// Stores a pattern. Rosters that name it follow it from the next day on: what was planned for a day that has begun stays,
/// and so does the adherence to it.
///
/// # Errors
/// [`ServiceError::Fields`], [`ServiceError::VersionConflict`].
pub async fn put_shift(
    ctx: &Context,
    person: &Person,
    source: &str,
    code: &str,
    wish: ShiftWish,
) -> Result<ShiftView, ServiceError> {
    let (spells, meals) = checked(code, &wish)?;
    let now = ctx.clock.now();
    let template = ShiftTemplate {
        code: code.to_owned(),
        name: wish.name.trim().to_owned(),
        spells: Json(spells),
        meals: Json(meals),
        version: wish.version,
        retired_at: wish.retired.then_some(now),
    };
    let mut tx = ctx.db.begin().await?;
    let templates = shift_template::list(&mut tx, &ctx.centre).await?;
    if let Some(before) = templates.iter().find(|template| template.code == code) {
        roster::freeze(&mut tx, &ctx.centre, before, Day::of(now).0).await?;
    }
    shift_template::put(&mut tx, &ctx.centre, &template, now, &person.username).await?;
    let stored = ShiftTemplate { version: template.version + 1, ..template };
    let view = view(&stored);
    let value = serde_json::to_string(&view).unwrap_or_default();
    note(ctx, &mut tx, person, source, ("shift_set", code, &value)).await?;
    tx.commit().await?;
    Ok(view)
}

/// Gives a centre that has no pattern yet the usual ones.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn add_usual(ctx: &Context) -> Result<(), ServiceError> {
    let mut tx = ctx.db.begin().await?;
    if !shift_template::list(&mut tx, &ctx.centre).await?.is_empty() {
        return Ok(());
    }
    for (code, name, spells, meals) in USUAL {
        let spans = |texts: &[&str]| {
            let spans = texts.iter().filter_map(|text| text.parse::<MinuteSpan>().ok());
            Json(spans.map(|span| (span.from, span.until)).collect())
        };
        let template = ShiftTemplate {
            code: code.to_owned(),
            name: name.to_owned(),
            spells: spans(spells),
            meals: spans(meals),
            version: 0,
            retired_at: None,
        };
        shift_template::put(&mut tx, &ctx.centre, &template, ctx.clock.now(), "system").await?;
    }
    Ok(tx.commit().await?)
}

/// A stored pattern as the core knows it.
///
/// # Errors
/// [`StoreError::Inconsistent`] for spans that no program of ours writes.
pub fn shift_of(template: &ShiftTemplate) -> Result<Arc<Shift>, StoreError> {
    let shift = Shift::new(
        template.name.clone(),
        template.spells.iter().copied().map(span).collect(),
        template.meals.iter().copied().map(span).collect(),
    );
    shift.map(Arc::new).map_err(|_| StoreError::Inconsistent {
        table: "shift_template",
        column: "spells",
        row: template.code.clone(),
    })
}

/// Minutes as stored.
#[must_use]
pub const fn span((from, until): (u32, u32)) -> MinuteSpan {
    MinuteSpan { from, until }
}

fn view(template: &ShiftTemplate) -> ShiftView {
    let texts = |spans: &[(u32, u32)]| spans.iter().map(|of| span(*of).to_string()).collect();
    ShiftView {
        code: template.code.clone(),
        name: template.name.clone(),
        spells: texts(&template.spells),
        meals: texts(&template.meals),
        version: template.version,
        retired: template.retired_at.is_some(),
    }
}

type Spans = Vec<(u32, u32)>;

fn checked(code: &str, wish: &ShiftWish) -> Result<(Spans, Spans), ServiceError> {
    let mut faults = Vec::new();
    let right = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if code.is_empty() || code.len() > CODE_LEN_MAX || !code.bytes().all(right) {
        faults.push(FieldFault::new("code", "班次代码只用小写字母、数字和下划线，不超过 16 位"));
    }
    let name = wish.name.trim();
    if name.is_empty() || name.chars().count() > NAME_LEN_MAX {
        faults.push(FieldFault::new("name", format!("请填写班次名称，不超过 {NAME_LEN_MAX} 字")));
    }
    let spells = spans_of("spells", &wish.spells, 0, &mut faults);
    let first = spells.first().map_or(0, |span| span.from);
    let meals = spans_of("meals", &wish.meals, first, &mut faults);
    if faults.is_empty()
        && let Err(error) = Shift::new(name, spells.clone(), meals.clone())
    {
        faults.push(fault_of(&error));
    }
    if !faults.is_empty() {
        return Err(ServiceError::Fields(faults));
    }
    let stored =
        |spans: Vec<MinuteSpan>| spans.iter().map(|span| (span.from, span.until)).collect();
    Ok((stored(spells), stored(meals)))
}

/// Spans in order; one that begins before `earliest` or before the end of the one before it is of the next day.
fn spans_of(
    field: &str,
    texts: &[String],
    earliest: u32,
    faults: &mut Vec<FieldFault>,
) -> Vec<MinuteSpan> {
    if texts.len() > SPANS_LEN_MAX {
        faults.push(FieldFault::new(field, format!("最多填写 {SPANS_LEN_MAX} 个时段")));
        return Vec::new();
    }
    let mut free_from = earliest;
    let mut spans = Vec::new();
    for text in texts {
        let Ok(span) = text.trim().parse::<MinuteSpan>() else {
            let detail = format!("“{text}”不是时段，请写作 08:00-12:00，跨零点写作 22:00-06:00");
            faults.push(FieldFault::new(field, detail));
            continue;
        };
        let later = if span.from < free_from { DAY_MIN } else { 0 };
        let span = MinuteSpan { from: span.from + later, until: span.until + later };
        free_from = span.until;
        spans.push(span);
    }
    spans
}

fn fault_of(error: &ShiftError) -> FieldFault {
    match error {
        ShiftError::Empty(_) => FieldFault::new("spells", "请至少填写一个上班时段"),
        ShiftError::Disorder { span, .. } => FieldFault::new(
            "spells",
            format!("时段 {span} 与其他时段重叠或超过两天，请按先后顺序填写"),
        ),
        ShiftError::MealOutside { meal, .. } => {
            FieldFault::new("meals", format!("用餐时段 {meal} 不在上班时段内，请修改"))
        }
    }
}
