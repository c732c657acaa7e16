//! Where in its file a scenario is wrong: the line that a person goes to.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Days, DaysError};

impl Days {
    /// The line of `text` that `error` is about, from 1; the nearest one that is there, where a key is missing.
    /// `None` for what is wrong with no line of it.
    #[must_use]
    pub fn line_of(text: &str, error: &DaysError) -> Option<usize> {
        let offset = match error {
            DaysError::Toml(error) => error.span()?.start,
            DaysError::Habit { at, .. }
            | DaysError::Count { at, .. }
            | DaysError::BreakOutsideShift { at }
            | DaysError::BreaksOverlap { at } => offset_of(text, at)?,
            DaysError::OutagesOverlap { .. } => offset_of(text, "faults.gateway_outages")?,
            DaysError::EventsWithLog { at } => offset_of(text, at)?,
            DaysError::DistributorKey { key, .. } => {
                offset_of(text, &format!("distributor.{key}"))?
            }
            DaysError::Distributor(_) => offset_of(text, "distributor")?,
            DaysError::EmptyLog => return None,
        };
        let before = text.get(..offset)?;
        Some(before.matches('\n').count() + 1)
    }
}

/// Where the value of a path such as `shifts[1] "早班".breaks[0].minutes` begins, or the last value on its way.
fn offset_of(text: &str, path: &str) -> Option<usize> {
    let root = DeTable::parse(text).ok()?;
    let mut table = Some(root.get_ref());
    let mut found = None;
    for step in steps(path) {
        let (name, index) = match step.split_once('[') {
            Some((name, rest)) => (name, rest.split(']').next().and_then(|it| it.parse().ok())),
            None => (step.as_str(), None::<usize>),
        };
        let key = table.and_then(|table| table.iter().find(|(key, _)| key.get_ref() == name));
        let Some((key, mut value)) = key else { break };
        found = Some(key.span().start);
        if let (Some(index), DeValue::Array(items)) = (index, value.get_ref()) {
            let Some(item) = items.get(index) else { break };
            value = item;
            found = Some(value.span().start);
        }
        table = table_of(value);
    }
    found
}

fn table_of<'a, 'i>(value: &'a Spanned<DeValue<'i>>) -> Option<&'a DeTable<'i>> {
    match value.get_ref() {
        DeValue::Table(table) => Some(table),
        _ => None,
    }
}

/// The parts between dots; what stands in quotation marks is a name for people and falls away.
fn steps(path: &str) -> Vec<String> {
    let (mut steps, mut step, mut quoted) = (Vec::new(), String::new(), false);
    for letter in path.chars() {
        match letter {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '.' => steps.push(std::mem::take(&mut step)),
            _ => step.push(letter),
        }
    }
    steps.push(step);
    steps.iter().map(|step| step.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::days::BuiltIn;

    /// The text of the line that a change of the county's file is answered with.
    fn line(from: &str, to: &str) -> String {
        let text = BuiltIn::County.text();
        assert!(text.contains(from), "{from}");
        let text = text.replacen(from, to, 1);
        let error = Days::from_toml(&text).unwrap_err();
        let line = Days::line_of(&text, &error).unwrap_or_else(|| panic!("no line: {error}"));
        text.lines().nth(line - 1).unwrap().to_owned()
    }

    #[test]
    fn a_mistake_has_its_line() {
        assert!(line("days = 31", "days = 0").starts_with("days = 0"));
        assert!(line("days = 31", "dayz = 31").starts_with("dayz = 31"));
        assert!(line("days = 31", "days = = 31").starts_with("days = ="));
        assert!(line("per_day = 230.0", "per_day = -1.0").starts_with("per_day"));
        assert!(line("minutes = 45,", "minutes = 4500,").contains("4500"));
        let text = "[distributor]\nring_limit = 5\n";
        let text = format!("{}\n{text}", BuiltIn::County.text());
        let error = Days::from_toml(&text).unwrap_err();
        assert_eq!(Days::line_of(&text, &error), Some(text.lines().count()));
    }

    #[test]
    fn names_of_people_are_no_steps() {
        assert_eq!(
            steps("shifts[1] \"早.班\".breaks[0].minutes"),
            ["shifts[1]", "breaks[0]", "minutes"]
        );
    }
}
