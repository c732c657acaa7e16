//! Settings of the distributor over each other: file, what the centre has changed, what pulled levers set. Pure.
//!
//! A layer names keys; of a group of keys (`screening`) it names single ones, and the others stay as the layer below has
//! them. A list is one value; only of a lever's list of things with an `id` those that are new or changed are laid.

use acd::{Acd, Config};
use serde_json::Value;

use super::Keys;
use crate::service::{FieldFault, ServiceError};

/// Set by the lease alone.
pub(super) const NOT_SETTABLE: &str = "epoch";

/// Numbers that help callers more the smaller they are. A lever never raises one over what holds without it ...
const SMALLER_HELPS: [&str; 11] = [
    "at_once_spare",
    "music_after_ms",
    "queue_callback.after_ms",
    "refused_pause_ms",
    "reserve_after_ms",
    "second_agent_after_ms",
    "warn_pause_ms",
    "wrap_up_extension_ms",
    "wrap_up_extensions_max",
    "wrap_up_ms",
    "occupancy.micro_break_ms",
];
/// ... and lowers none of these, which help the more the greater they are.
const GREATER_HELPS: [&str; 5] = [
    "agents_at_once",
    "queue_callback.keep_ms",
    "queue_callback.promises_max",
    "queue_len_max",
    "reserve_at_once",
];

/// How a layer's value comes upon the one below.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Centre,
    Lever,
}

/// File, centre, levers. A key that is not understood any more (of another release) is left out.
pub(super) fn layered(file: &Config, changed: &Keys, by_levers: &Keys) -> Config {
    let mut config = file.clone();
    let with_changed = changed.iter().map(|of| (of, By::Centre));
    let with_levers = by_levers.iter().map(|of| (of, By::Lever));
    for ((key, value), by) in with_changed.chain(with_levers) {
        match laid(&config, key, value, by) {
            Ok(next) => config = next,
            Err(fault) => tracing::warn!(key, detail = fault.detail, "a setting is left out"),
        }
    }
    bounded(config)
}

/// Whether the centre can change these keys of `file`; every fault with its key.
pub(super) fn check(file: &Config, keys: &Keys) -> Result<(), ServiceError> {
    check_layer(file, keys, By::Centre)
}

/// Whether a lever can set these keys over `below`; every fault with its key.
pub(in crate::service) fn check_lever(below: &Config, keys: &Keys) -> Result<(), ServiceError> {
    check_layer(below, keys, By::Lever)
}

fn check_layer(below: &Config, keys: &Keys, by: By) -> Result<(), ServiceError> {
    let mut faults = Vec::new();
    let mut config = below.clone();
    for (key, value) in keys {
        match laid(&config, key, value, by) {
            Ok(next) => config = next,
            Err(fault) => faults.push(fault),
        }
    }
    let (given, possible) = (keys_of(&config), keys_of(&bounded(config)));
    for key in keys.keys() {
        let of = |keys: &Keys| keys.get(key).cloned().unwrap_or_default();
        faults.extend(beyond(key, &of(&given), &of(&possible)));
    }
    if faults.is_empty() { Ok(()) } else { Err(ServiceError::Fields(faults)) }
}

/// The single keys that the distributor would not take as they are given.
fn beyond(path: &str, given: &Value, possible: &Value) -> Vec<FieldFault> {
    if given == possible {
        return Vec::new();
    }
    match (given, possible) {
        (Value::Object(given), Value::Object(possible)) => {
            let of = |(key, given): (&String, &Value)| {
                let possible = possible.get(key).unwrap_or(&Value::Null);
                beyond(&format!("{path}.{key}"), given, possible)
            };
            given.iter().flat_map(of).collect()
        }
        _ => {
            let detail = format!("超出允许范围，最接近的可用值是 {possible}。");
            vec![FieldFault::new(path, detail)]
        }
    }
}

/// The configuration with a value laid over the one that `key` has.
fn laid(config: &Config, key: &str, value: &Value, by: By) -> Result<Config, FieldFault> {
    let mut keys = keys_of(config);
    let Some(below) = keys.get_mut(key).filter(|_| key != NOT_SETTABLE) else {
        return Err(unknown(key));
    };
    lay_over(key, below, value, by);
    let next: Config = serde_json::from_value(Value::Object(keys)).map_err(|error| {
        FieldFault::new(key, format!("值的类型不对，请核对后重填（{error}）。"))
    })?;
    if next.return_hours != config.return_hours {
        let detail =
            "回拨时段与漏接回拨（K12）共用，请在配置文件 [missed_call_returns] 中修改后重启。";
        return Err(FieldFault::new("return_hours", detail));
    }
    let taken = keys_of(&next).remove(key).unwrap_or_default();
    match dropped(key, value, &taken) {
        Some(path) => Err(unknown(&path)),
        None => Ok(next),
    }
}

fn unknown(path: &str) -> FieldFault {
    FieldFault::new(path, "没有这个设置项，请核对名称（见 [acd] 一节）。")
}

/// The first key within `given` that the distributor does not have.
fn dropped(path: &str, given: &Value, taken: &Value) -> Option<String> {
    match (given, taken) {
        (Value::Object(given), Value::Object(taken)) => given.iter().find_map(|(key, value)| {
            let path = format!("{path}.{key}");
            match taken.get(key) {
                Some(taken) => dropped(&path, value, taken),
                None => Some(path),
            }
        }),
        // A lever's list may stand behind others below it.
        (Value::Array(given), Value::Array(taken)) => given
            .iter()
            .rev()
            .zip(taken.iter().rev())
            .find_map(|(given, taken)| dropped(path, given, taken)),
        _ => None,
    }
}

fn lay_over(path: &str, below: &mut Value, above: &Value, by: By) {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            for (key, value) in above {
                let below = below.entry(key.clone()).or_insert(Value::Null);
                lay_over(&format!("{path}.{key}"), below, value, by);
            }
        }
        (Value::Array(below), Value::Array(above)) if by == By::Lever && are_named(above) => {
            below.retain(|it| !above.iter().any(|other| other.get("id") == it.get("id")));
            below.extend(above.iter().cloned());
        }
        (below, above) => {
            if by == By::Centre || helps(path, below, above) {
                *below = above.clone();
            }
        }
    }
}

/// Whether a lever's value is no step back from what holds without it.
fn helps(path: &str, below: &Value, above: &Value) -> bool {
    let (Some(below), Some(above)) = (below.as_u64(), above.as_u64()) else { return true };
    if SMALLER_HELPS.contains(&path) {
        above < below
    } else {
        !GREATER_HELPS.contains(&path) || above > below
    }
}

fn are_named(list: &[Value]) -> bool {
    !list.is_empty() && list.iter().all(|it| it.get("id").is_some_and(Value::is_string))
}

pub(super) fn keys_of(config: &Config) -> Keys {
    match serde_json::to_value(config) {
        Ok(Value::Object(keys)) => keys,
        _ => Keys::default(),
    }
}

/// As the distributor will take it.
fn bounded(config: Config) -> Config {
    Acd::new(config).config().clone()
}

#[cfg(test)]
mod tests;
