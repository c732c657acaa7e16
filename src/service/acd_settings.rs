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
    let with_changed = changed.iter().map(|(key, value)| (key, value, with as Layer));
    let with_levers = by_levers.iter().map(|(key, value)| (key, value, over as Layer));
    for (key, value, layer) in with_changed.chain(with_levers) {
        match layer(&config, key, value) {
            Ok(next) => config = next,
            Err(fault) => tracing::warn!(key, detail = fault.detail, "a setting is left out"),
        }
    }
    bounded(config)
}

/// Whether these keys can be set in place of those of `base`; every fault with its key.
fn check(base: &Config, keys: &Keys) -> Result<(), ServiceError> {
    check_layer(base, keys, with)
}

/// Whether these keys of a lever can be laid over `base`; every fault with its key.
pub(super) fn check_over(base: &Config, keys: &Keys) -> Result<(), ServiceError> {
    check_layer(base, keys, over)
}

fn check_layer(base: &Config, keys: &Keys, layer: Layer) -> Result<(), ServiceError> {
    let mut faults = Vec::new();
    let mut config = base.clone();
    for (key, value) in keys {
        match layer(&config, key, value) {
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

/// How a value comes upon a key.
type Layer = fn(&Config, &str, &Value) -> Result<Config, FieldFault>;

/// A lever's value over what holds without it: the rest stays as the centre has it.
fn over(config: &Config, key: &str, value: &Value) -> Result<Config, FieldFault> {
    let mut merged = keys_of(config).remove(key).unwrap_or_default();
    lay_over(&mut merged, value);
    with(config, key, &merged)
}

/// Objects key by key; of a list of things with an `id` those that are new or changed; everything else as a whole.
fn lay_over(below: &mut Value, above: &Value) {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            for (key, value) in above {
                lay_over(below.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Array(below), Value::Array(above)) if are_named(above) => {
            below.retain(|it| !above.iter().any(|other| other.get("id") == it.get("id")));
            below.extend(above.iter().cloned());
        }
        (below, above) => *below = above.clone(),
    }
}

fn are_named(list: &[Value]) -> bool {
    !list.is_empty() && list.iter().all(|it| it.get("id").is_some_and(Value::is_string))
}

/// The value in place of the one that the key has.
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
    fn a_lever_leaves_what_it_does_not_name_as_the_centre_has_it() {
        let notice = |id: &str, prompt: &str| json!({ "id": id, "prompts": [prompt], "from": "2026-02-13T09:00:00+08:00", "until": "2026-02-13T12:00:00+08:00" });
        let mut config = Config::default();
        config.queue_callback.after_ms = 20_000;
        for (key, value) in [
            ("surge_notices", json!([notice("water", "water_outage")])),
            ("reserve_open", json!({ "neighbour": false })),
        ] {
            config = with(&config, key, &value).unwrap();
        }
        for (key, value) in [
            ("queue_callback", json!({ "offered": true })),
            ("surge_notices", json!([notice("gas", "gas_outage")])),
            ("surge_notices", json!([notice("gas", "mass_notice")])),
            ("reserve_open", json!({ "team_leader": true })),
            ("notice", json!(["greeting"])),
        ] {
            config = over(&config, key, &value).unwrap();
        }
        assert!(config.queue_callback.offered && config.queue_callback.after_ms == 20_000);
        let told: Vec<_> =
            config.surge_notices.iter().map(|it| (&*it.id, &*it.prompts[0])).collect();
        assert_eq!(told, [("water", "water_outage"), ("gas", "mass_notice")]);
        let open: Vec<_> = config.reserve_open.iter().collect();
        assert_eq!(open, [(&acd::Tier::TeamLeader, &true), (&acd::Tier::Neighbour, &false)]);
        assert_eq!(config.notice, ["greeting"]);
    }

    #[test]
    fn two_keys_that_bound_each_other_may_change_together() {
        let earlier = json!({"reserve_after_ms": 5_000, "second_agent_after_ms": 4_000});
        assert_eq!(faults(earlier), []);
        assert_eq!(faults(json!({"reserve_after_ms": 5_000})).len(), 1);
    }
}
