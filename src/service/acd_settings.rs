//! The distributor's configuration while it runs: the file's `[acd]`, over it what the centre has changed, over that what the
//! pulled levers set.
//!
//! Owns: the setting `acd`, its validation, the reconciliation: what is in force is compared with what should be, every
//! two seconds and after each change, so that neither a restart nor another owner forgets anything (R20).
//! Must not do: decide about levers (`rate_controller`).

use acd::{Acd, Config};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use types::{AuditId, Timestamp};
use utoipa::ToSchema;

use super::session::Person;
use super::{Context, FieldFault, ServiceError};
use crate::store::audit::AuditLine;
use crate::store::setting::Change;
use crate::store::{self, Tx};

const KEY: &str = "acd";
/// Set by the lease alone.
const NOT_SETTABLE: &str = "epoch";
/// Lines to neighbouring centres.
const LINES: &str = "lines";

/// Keys of `[acd]` with their values.
pub type Keys = Map<String, Value>;

/// The distributor's settings as they stand.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AcdSettings {
    /// What the centre has changed.
    #[schema(value_type = Object)]
    pub changed: Keys,
    /// All keys as they are in force, levers included.
    #[schema(value_type = Object)]
    pub in_force: Keys,
    /// Keys that a pulled lever sets at present.
    pub by_levers: Vec<String>,
    /// To be named by the next change.
    pub version: i64,
    pub updated_at: Option<Timestamp>,
    pub updated_by: Option<String>,
}

/// A change: all keys that shall differ from the file.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcdSettingsChange {
    #[schema(value_type = Object)]
    pub changed: Keys,
    /// The version that was read.
    pub version: i64,
}

/// The settings.
///
/// # Errors
/// [`ServiceError`].
pub async fn show(ctx: &Context) -> Result<AcdSettings, ServiceError> {
    let mut tx = ctx.db.read().await?;
    let setting = store::setting::find(&mut tx, &ctx.centre, KEY).await?;
    drop(tx);
    let changed = setting.as_ref().map(|setting| parsed(&setting.value)).unwrap_or_default();
    let by_levers = ctx.rate_controller.sets();
    let mut in_force = keys_of(&layered(ctx, &changed, &by_levers));
    in_force.remove(NOT_SETTABLE);
    Ok(AcdSettings {
        changed,
        in_force,
        by_levers: by_levers.keys().cloned().collect(),
        version: setting.as_ref().map_or(0, |setting| setting.version),
        updated_at: setting.as_ref().map(|setting| setting.updated_at),
        updated_by: setting.map(|setting| setting.updated_by),
    })
}

/// Changes the settings; in force at once, no call is touched (R20).
///
/// # Errors
/// [`ServiceError::Fields`] names each key that cannot be so, [`ServiceError::VersionConflict`].
pub async fn change(
    ctx: &Context,
    person: &Person,
    change: AcdSettingsChange,
) -> Result<AcdSettings, ServiceError> {
    check(&ctx.config.acd, &change.changed)?;
    check_lines(ctx, &change.changed)?;
    let value = Value::Object(change.changed).to_string();
    save(ctx, person, KEY, &value, change.version).await?;
    reconcile(ctx).await?;
    show(ctx).await
}

/// Stores a setting with its line in the audit trail.
pub(super) async fn save(
    ctx: &Context,
    person: &Person,
    key: &str,
    value: &str,
    expected: i64,
) -> Result<(), ServiceError> {
    let at = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    let before = store::setting::find(&mut tx, &ctx.centre, key).await?;
    let change = Change { key, value, expected, by: &person.username, at };
    store::setting::set(&mut tx, &ctx.centre, change).await?;
    let line = AuditLine {
        id: AuditId::new(at, ctx.random.number()),
        at,
        user_id: Some(person.user_id),
        actor: person.username.clone(),
        source: String::new(),
        action: "setting_changed".to_owned(),
        subject_kind: "setting".to_owned(),
        subject: key.to_owned(),
        value_from: before.map(|setting| setting.value),
        value_to: Some(value.to_owned()),
        note: String::new(),
    };
    store::audit::append(&mut tx, &ctx.centre, &line).await?;
    Ok(tx.commit().await?)
}

/// Tells the distributor where what is in force is not what should be. Only the owner's.
///
/// # Errors
/// [`ServiceError`].
pub(super) async fn reconcile(ctx: &Context) -> Result<(), ServiceError> {
    let floor = ctx.floor()?;
    if !floor.links.owns() {
        return Ok(());
    }
    let mut tx = ctx.db.read().await?;
    let changed = stored(ctx, &mut tx).await?;
    drop(tx);
    let wanted = layered(ctx, &changed, &ctx.rate_controller.sets());
    let in_force = std::sync::Arc::clone(&floor.handle.floor().config);
    if (Config { epoch: in_force.epoch, ..wanted.clone() }) == *in_force {
        return Ok(());
    }
    let away = |_| ServiceError::Away("话务分配暂时没有响应，请稍后重试。".to_owned());
    floor.handle.configure(wanted).await.map_err(away)
}

async fn stored(ctx: &Context, tx: &mut Tx) -> Result<Keys, ServiceError> {
    let setting = store::setting::find(tx, &ctx.centre, KEY).await?;
    Ok(setting.map(|setting| parsed(&setting.value)).unwrap_or_default())
}

fn parsed(text: &str) -> Keys {
    serde_json::from_str(text).unwrap_or_default()
}

/// File, centre, levers. A key that is not understood any more (of another release) is left out.
fn layered(ctx: &Context, changed: &Keys, by_levers: &Keys) -> Config {
    let mut config = ctx.config.acd.clone();
    for (key, value) in changed.iter().chain(by_levers) {
        match with(&config, key, value) {
            Ok(next) => config = next,
            Err(fault) => tracing::warn!(key, detail = fault.detail, "a setting is left out"),
        }
    }
    bounded(config)
}

/// Whether these keys can be set over `base`; every fault with its key.
pub(super) fn check(base: &Config, keys: &Keys) -> Result<(), ServiceError> {
    let mut faults = Vec::new();
    let mut config = base.clone();
    for (key, value) in keys {
        match with(&config, key, value) {
            Ok(next) => config = next,
            Err(fault) => faults.push(fault),
        }
    }
    let (given, possible) = (keys_of(&config), keys_of(&bounded(config)));
    for key in keys.keys().filter(|key| given.get(*key) != possible.get(*key)) {
        let nearest = possible.get(key).cloned().unwrap_or_default();
        let detail = format!("超出允许范围，最接近的可用值是 {nearest}。");
        faults.push(FieldFault::new(key, detail));
    }
    if faults.is_empty() { Ok(()) } else { Err(ServiceError::Fields(faults)) }
}

/// A line must reach somebody, and not ourselves.
fn check_lines(ctx: &Context, keys: &Keys) -> Result<(), ServiceError> {
    let Some(value) = keys.get(LINES) else { return Ok(()) };
    let config =
        with(&ctx.config.acd, LINES, value).map_err(|fault| ServiceError::Fields(vec![fault]))?;
    let faults = ctx.config.line_faults(&config.lines);
    if faults.is_empty() {
        return Ok(());
    }
    Err(ServiceError::Fields(faults.iter().map(|what| FieldFault::new(LINES, what)).collect()))
}

fn with(config: &Config, key: &str, value: &Value) -> Result<Config, FieldFault> {
    let mut keys = keys_of(config);
    if key == NOT_SETTABLE || keys.insert(key.to_owned(), value.clone()).is_none() {
        return Err(FieldFault::new(key, "没有这个设置项，请核对名称（见 [acd] 一节）。"));
    }
    serde_json::from_value(Value::Object(keys))
        .map_err(|error| FieldFault::new(key, format!("值的类型不对，请核对后重填（{error}）。")))
}

fn keys_of(config: &Config) -> Keys {
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
mod tests {
    use serde_json::json;

    use super::*;

    fn faults(keys: Value) -> Vec<(String, String)> {
        let Value::Object(keys) = keys else { panic!("an object") };
        match check(&Config::default(), &keys) {
            Ok(()) => Vec::new(),
            Err(ServiceError::Fields(faults)) => {
                faults.into_iter().map(|fault| (fault.field, fault.detail)).collect()
            }
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn every_key_of_the_distributor_can_be_set_to_what_it_is() {
        let mut keys = keys_of(&Config::default());
        keys.remove(NOT_SETTABLE);
        assert!(keys.len() > 20);
        assert_eq!(faults(Value::Object(keys)), []);
    }

    #[test]
    fn what_cannot_be_is_named_with_what_can() {
        let unknown = faults(json!({"wrapup_ms": 5, "epoch": 3}));
        assert_eq!(unknown.len(), 2);
        assert!(unknown.iter().all(|(_, detail)| detail.contains("没有这个设置项")));
        let wrong = faults(json!({"wrap_up_ms": "long"}));
        assert!(wrong.len() == 1 && wrong[0].1.contains("类型不对"), "{wrong:?}");
        let narrow = faults(json!({"ring_limit_ms": 1}));
        assert_eq!(
            narrow,
            [("ring_limit_ms".to_owned(), "超出允许范围，最接近的可用值是 500。".to_owned())]
        );
    }

    #[test]
    fn two_keys_that_bound_each_other_may_change_together() {
        let earlier = json!({"reserve_after_ms": 5_000, "second_agent_after_ms": 4_000});
        assert_eq!(faults(earlier), []);
        assert_eq!(faults(json!({"reserve_after_ms": 5_000})).len(), 1);
    }
}
