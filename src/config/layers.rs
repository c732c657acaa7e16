//! Lays the three layers over each other and finds unknown keys and wrong kinds, all of them.
//!
//! The default file documents every key, so it is also the list of what may be written and of which
//! kind: `HOTLINE__AUTH__X=1` is read by the kind the default has, never by what the text looks like.

use std::path::Path;

use figment::Figment;
use figment::providers::{Format, Serialized, Toml};
use figment::value::{Dict, Value};
use serde::de::DeserializeOwned;

use super::{DEFAULT_TOML, Fault};

/// Prefix of the environment's layer.
const PREFIX: &str = "HOTLINE__";
/// Variables with short names of their own.
const SHORT: [(&str, &str); 2] =
    [("HOTLINE_DATA", "data.dir"), ("HOTLINE_SAMPLE_PASSWORD", "sample.password")];
/// Keys of earlier releases, and what stands for them now.
const MOVED: [(&str, &str); 1] =
    [("missed_call_returns.emergency_numbers", "acd.screening.emergency_numbers")];
/// Sections of the other program.
const FOREIGN: &str = "gateway";

/// The merged layers.
pub(super) struct Layers(Figment);

impl Layers {
    /// One section as its struct; a fault otherwise.
    pub(super) fn section<T: DeserializeOwned>(
        &self,
        name: &str,
        faults: &mut Vec<Fault>,
    ) -> Option<T> {
        self.0
            .extract_inner(name)
            .map_err(|error| {
                // Kinds were compared before; do not say the same twice.
                if !faults.iter().any(|f| f.key.split('.').next() == Some(name)) {
                    faults.push(Fault::new(name, error.to_string()));
                }
            })
            .ok()
    }
}

/// Reads `file` and `environment` over the defaults.
pub(super) fn merge(
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (String, String)>,
) -> (Layers, Vec<Fault>) {
    let mut faults = Vec::new();
    let mut figment = Figment::from(Toml::string(DEFAULT_TOML));
    let defaults = figment.extract::<Dict>().unwrap_or_default();
    if let Some(path) = file {
        match read_file(path) {
            Ok(given) => {
                compare(&defaults, &given, "", &mut faults);
                figment = figment.merge(Serialized::defaults(given));
            }
            Err(fault) => faults.push(fault),
        }
    }
    for (name, text) in environment {
        if let Some((path, value)) = variable(&name, &text, &defaults, &mut faults) {
            figment = figment.merge(Serialized::default(&path, value));
        }
    }
    (Layers(figment), faults)
}

fn read_file(path: &Path) -> Result<Dict, Fault> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Fault::new("--config", format!("cannot read {}: {error}", path.display()))
    })?;
    Figment::from(Toml::string(&text))
        .extract::<Dict>()
        .map_err(|error| Fault::new("--config", format!("{}: {error}", path.display())))
}

/// Reports keys that the defaults do not know and values of another kind than theirs.
fn compare(defaults: &Dict, given: &Dict, above: &str, faults: &mut Vec<Fault>) {
    for (key, value) in given {
        let path = if above.is_empty() { key.clone() } else { format!("{above}.{key}") };
        if path == FOREIGN {
            continue;
        }
        match (defaults.get(key), value) {
            (None, _) => faults.push(unknown(&path, defaults)),
            (Some(Value::Dict(_, defaults)), Value::Dict(_, given)) => {
                compare(defaults, given, &path, faults);
            }
            (Some(default), value) if kind(default) != kind(value) => {
                faults.push(wrong_kind(&path, default, value));
            }
            _ => {}
        }
    }
}

/// The value of one environment variable, read as the kind its key has.
fn variable(
    name: &str,
    text: &str,
    defaults: &Dict,
    faults: &mut Vec<Fault>,
) -> Option<(String, Value)> {
    if let Some((_, path)) = SHORT.iter().find(|(short, _)| *short == name) {
        return Some(((*path).to_owned(), Value::from(text)));
    }
    let path = name.strip_prefix(PREFIX)?.to_lowercase().replace("__", ".");
    if path == FOREIGN || path.starts_with("gateway.") {
        return None;
    }
    let mut at = Value::from(defaults.clone());
    for part in path.split('.') {
        match at.as_dict().and_then(|dict| dict.get(part)) {
            Some(inner) => at = inner.clone(),
            None => {
                let siblings = at.as_dict().cloned().unwrap_or_default();
                let mut fault = unknown(&path, &siblings);
                fault.what = format!("{} (from {name})", fault.what);
                faults.push(fault);
                return None;
            }
        }
    }
    let value = read_as(&at, text);
    if kind(&at) != kind(&value) {
        let mut fault = wrong_kind(&path, &at, &value);
        fault.what = format!("{} (from {name})", fault.what);
        faults.push(fault);
        return None;
    }
    Some((path, value))
}

fn read_as(default: &Value, text: &str) -> Value {
    match default {
        Value::String(..) => Value::from(text),
        Value::Array(..) if !text.trim_start().starts_with('[') => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Value::from(items.map(Value::from).collect::<Vec<_>>())
        }
        _ => text.parse().unwrap_or_else(|never: std::convert::Infallible| match never {}),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(..) | Value::Char(..) => "a text",
        Value::Bool(..) => "true or false",
        Value::Num(..) => "a number",
        Value::Empty(..) => "nothing",
        Value::Dict(..) => "a section",
        Value::Array(..) => "a list",
    }
}

fn wrong_kind(path: &str, default: &Value, given: &Value) -> Fault {
    Fault::new(path, format!("must be {}, but {} was given", kind(default), kind(given)))
}

fn unknown(path: &str, siblings: &Dict) -> Fault {
    if let Some((_, now)) = MOVED.iter().find(|(before, _)| *before == path) {
        let what = format!("has moved: delete it and write its value as {now}");
        return Fault::new(path, what);
    }
    let known: Vec<&str> = siblings.keys().map(String::as_str).collect();
    Fault::new(path, format!("there is no such key; known here: {}", known.join(", ")))
}
