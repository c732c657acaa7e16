//! Figures as a CSV file, each with its name and formula in Chinese. Every export is kept with its event
//! number and is on the audit trail.

use figures::{CSV_HEADER, Group, Report};
use types::{AuditId, ShownFiguresId};

use super::cache::{in_background, take};
use super::correction::group;
use super::question::{Question, Slice, event_number_text};
use super::rows::{Names, names};
use super::shown::keep;
use super::words;
use crate::service::session::Person;
use crate::service::{Context, ServiceError};
use crate::store;
use crate::store::audit::AuditLine;
use crate::store::shown_figures::ShownKind;

/// Spreadsheets take a file for UTF-8 by this.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    pub id: ShownFiguresId,
    pub file_name: String,
    pub bytes: Vec<u8>,
}

/// The figures that `question` asks for, the whole span always among them.
///
/// # Errors
/// As [`super::look`].
pub async fn export(
    ctx: &Context,
    person: &Person,
    source: &str,
    question: &Question,
) -> Result<Exported, ServiceError> {
    let taken = take(ctx, question.period, question.as_of.as_ref()).await?;
    let names = names(ctx).await?;
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    let id = keep(ctx, &mut tx, person, ShownKind::Export, &taken).await?;
    let line = AuditLine {
        id: AuditId::new(now, ctx.random.number()),
        at: now,
        user_id: Some(person.user_id),
        actor: person.username.clone(),
        source: source.to_owned(),
        action: "figures_exported".to_owned(),
        subject_kind: "shown_figures".to_owned(),
        subject: id.to_string(),
        value_from: None,
        value_to: Some(event_number_text(&taken.report.as_of.events)),
        note: format!("{} to {}", question.period.from(), question.period.until()),
    };
    store::audit::append(&mut tx, &ctx.centre, &line).await?;
    tx.commit().await?;
    let slice = question.slice;
    let day = question.period.from().to_local().date();
    let bytes = in_background(move || file(id, &taken.report, slice, &names))
        .await?
        .map_err(|error| ServiceError::Internal(format!("figures as CSV: {error}")))?;
    Ok(Exported { id, file_name: format!("figures-{day}.csv"), bytes })
}

fn file(
    id: ShownFiguresId,
    report: &Report,
    slice: Slice,
    names: &Names,
) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(BYTE_ORDER_MARK.as_bytes().to_vec());
    writer.write_record(CSV_HEADER.iter().chain(&["name", "formula"]))?;
    for (figure, name, text) in [
        ("shown_figures", "指标记录编号", id.to_string()),
        ("event_number", "事件编号", event_number_text(&report.as_of.events)),
        ("as_of", "截至", report.as_of.at.to_string()),
    ] {
        let (from, until) = (report.period.from().to_string(), report.period.until().to_string());
        let row = [&from, &until, "as_of", "", "", figure, &text, "", "text", name, ""];
        writer.write_record(row)?;
    }
    for line in report.lines().iter().filter(|line| belongs(&line.group, slice)) {
        let (name, formula) = words::figure(&line.figure);
        let mut row = line.row();
        row[3] = harmless(&group(&line.group, names).1);
        writer.write_record(row.iter().map(String::as_str).chain([name.as_str(), formula]))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

fn belongs(group: &Group, slice: Slice) -> bool {
    match group {
        Group::Total => true,
        Group::Day => slice == Slice::Day,
        Group::HalfHour => slice == Slice::HalfHour,
        Group::Skill { .. } => slice == Slice::Skill,
        Group::Number { .. } => slice == Slice::Number,
        Group::Agent { .. } => slice == Slice::Agent,
        Group::DialTest { .. } => slice == Slice::DialTest,
    }
}

/// A dialled number comes from outside: a spreadsheet must not take it for a formula.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        return format!("'{text}");
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn a_dialled_number_is_no_formula() {
        assert_eq!(harmless("=1+1"), "'=1+1");
        assert_eq!(harmless("12345"), "12345");
    }
}
