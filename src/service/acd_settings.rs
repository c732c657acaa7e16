//! The distributor's configuration while it runs: the file's `[acd]`, over it what the centre has changed, over that what the
//! pulled levers set.
//!
//! Owns: the setting `acd`, its validation (`layers`), the reconciliation: what is in force is compared with what should be, every
//! two seconds and after each change, so that neither a restart nor another owner forgets anything (R20).
//! Must not do: decide about levers (`rate_controller`).

mod layers;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use acd::Config;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use types::{AuditId, Timestamp};
use utoipa::ToSchema;

use super::session::Person;
use super::{Context, FieldFault, ServiceError, rate_controller};
use crate::store;
use crate::store::audit::AuditLine;
use crate::store::setting::Change;

pub(super) use layers::check_lever;
use layers::{NOT_SETTABLE, check, keys_of, layered};

const KEY: &str = "acd";
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

/// A change: all keys that shall differ from the file. Of a group of keys those that it names; a list as a whole.
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
    let mut in_force = keys_of(&layered(&ctx.config.acd, &changed, &by_levers));
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
    learn(ctx).await?;
    // Right after a start too: without the levers nothing is brought into force.
    rate_controller::take_up(ctx).await?;
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

/// What the centre has changed, as the tables last said: without them it goes on to hold. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct LastKnown(Arc<Mutex<Option<Keys>>>);

impl LastKnown {
    fn keys(&self) -> MutexGuard<'_, Option<Keys>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads what the centre has changed.
///
/// # Errors
/// [`ServiceError::Store`]; what was known goes on to hold.
pub(super) async fn learn(ctx: &Context) -> Result<(), ServiceError> {
    let mut tx = ctx.db.read().await?;
    let setting = store::setting::find(&mut tx, &ctx.centre, KEY).await?;
    drop(tx);
    let changed = setting.map(|setting| parsed(&setting.value)).unwrap_or_default();
    *ctx.acd_settings.keys() = Some(changed);
    Ok(())
}

/// Tells the distributor where what is in force is not what should be. Only the owner's, once it knows what the
/// centre has changed and which levers are pulled; needs no tables.
///
/// # Errors
/// [`ServiceError::Away`].
pub(super) async fn reconcile(ctx: &Context) -> Result<(), ServiceError> {
    let floor = ctx.floor()?;
    let changed = ctx.acd_settings.keys().clone();
    let (Some(changed), Some(by_levers)) = (changed, ctx.rate_controller.sets_if_running()) else {
        return Ok(());
    };
    if !floor.links.owns() {
        return Ok(());
    }
    let wanted = layered(&ctx.config.acd, &changed, &by_levers);
    let in_force = Arc::clone(&floor.handle.floor().config);
    if (Config { epoch: in_force.epoch, ..wanted.clone() }) == *in_force {
        return Ok(());
    }
    let away = |_| ServiceError::Away("话务分配暂时没有响应，请稍后重试。".to_owned());
    floor.handle.configure(wanted).await.map_err(away)
}

fn parsed(text: &str) -> Keys {
    serde_json::from_str(text).unwrap_or_default()
}

/// A line must reach somebody, and not ourselves.
fn check_lines(ctx: &Context, keys: &Keys) -> Result<(), ServiceError> {
    if !keys.contains_key(LINES) {
        return Ok(());
    }
    let config = layered(&ctx.config.acd, keys, &Keys::default());
    let faults = ctx.config.line_faults(&config.lines);
    if faults.is_empty() {
        return Ok(());
    }
    Err(ServiceError::Fields(faults.iter().map(|what| FieldFault::new(LINES, what)).collect()))
}
