//! What the centre has decided about the controller: targets and thresholds, a mode per lever, what a lever sets.

use std::collections::BTreeMap;

use rate_controller::{Config, Controller, LeverId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use types::Timestamp;
use utoipa::ToSchema;

use crate::service::acd_settings::{self, Keys};
use crate::service::session::Person;
use crate::service::{Context, FieldFault, ServiceError};
use crate::store;

const KEY: &str = "rate_controller";
/// 2999-12-31T00:00:00Z.
const FAR_OFF_US: i64 = 32_503_593_600_000_000;

/// The setting `rate_controller`; a key that is missing has its default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    pub controller: Config,
    /// Keys of `[acd]` that a lever sets while it is pulled, laid over what holds without it (`acd_settings`). A call back or
    /// an announcement for which nothing is set is not offered; suspended training is asked of people and sets nothing.
    pub sets: BTreeMap<LeverId, Keys>,
    /// Share of the calls that are about one known event, in per cent; 0 where there is none.
    pub event_percent: u8,
}

impl Default for Settings {
    fn default() -> Self {
        let controller = Config::default();
        let short_ms = controller.wrap_up.short_s * 1_000.0;
        let keys = |value: Value| match value {
            Value::Object(keys) => keys,
            _ => Map::default(),
        };
        // What is known of an event is told until the lever is undone; what it is about a person says.
        let notice = json!({
            "id": "rate_controller",
            "prompts": ["mass_notice"],
            "from": Timestamp::default(),
            "until": Timestamp::from_micros(FAR_OFF_US),
        });
        let sets = BTreeMap::from([
            (LeverId::ShortenWrapUp, keys(json!({ "wrap_up_ms": short_ms.round() as u64 }))),
            (
                LeverId::CallUpReserve,
                keys(json!({ "reserve_open": { "team_leader": true, "back_office": true } })),
            ),
            (LeverId::OfferCallback, keys(json!({ "queue_callback": { "offered": true } }))),
            (LeverId::SurgeAnnouncement, keys(json!({ "surge_notices": [notice] }))),
        ]);
        Self { controller, sets, event_percent: 0 }
    }
}

impl Settings {
    fn sets_anything(&self, lever: LeverId) -> bool {
        self.sets.get(&lever).is_some_and(|keys| !keys.is_empty())
    }

    /// Whether pulling it could change anything: suspended training is asked of people, every other lever sets keys.
    pub(super) fn can_be_pulled(&self, lever: LeverId) -> bool {
        lever == LeverId::SuspendTraining || self.sets_anything(lever)
    }

    /// Whether callers can be offered a call back.
    pub(super) fn can_call_back(&self) -> bool {
        self.sets_anything(LeverId::OfferCallback)
    }

    /// 0 to 1; 0 too where no announcement could be played.
    pub(super) fn event_share(&self) -> f64 {
        if self.sets_anything(LeverId::SurgeAnnouncement) {
            f64::from(self.event_percent.min(100)) / 100.0
        } else {
            0.0
        }
    }

    fn check(&self, ctx: &Context) -> Result<(), ServiceError> {
        let fault = |field: &str, detail: String| {
            Err(ServiceError::Fields(vec![FieldFault::new(field, detail)]))
        };
        if let Err(error) = self.controller.check() {
            return fault("controller", format!("达标控制参数不可用：{error}。"));
        }
        if self.event_percent > 100 {
            return fault("event_percent", "热点事件占比应为 0 至 100。".to_owned());
        }
        self.sets.values().try_for_each(|keys| acd_settings::check_lever(&ctx.config.acd, keys))
    }
}

/// The settings with what a change must name.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ShownSettings {
    #[schema(value_type = Object)]
    pub settings: Settings,
    pub version: i64,
}

/// A change: the whole setting, what is missing takes its default.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettingsChange {
    #[schema(value_type = Object)]
    pub settings: Settings,
    pub version: i64,
}

/// # Errors
/// [`ServiceError::Store`].
pub async fn show_settings(ctx: &Context) -> Result<ShownSettings, ServiceError> {
    let (settings, version) = load(ctx).await?;
    Ok(ShownSettings { settings, version })
}

/// Changes the settings; they hold at once, levers that are pulled stay so.
///
/// # Errors
/// [`ServiceError::Fields`], [`ServiceError::VersionConflict`].
pub async fn change_settings(
    ctx: &Context,
    person: &Person,
    change: SettingsChange,
) -> Result<ShownSettings, ServiceError> {
    change.settings.check(ctx)?;
    let value = serde_json::to_string(&change.settings)
        .map_err(|error| ServiceError::Internal(error.to_string()))?;
    acd_settings::save(ctx, person, KEY, &value, change.version).await?;
    take_up_settings(ctx).await?;
    acd_settings::reconcile(ctx).await?;
    show_settings(ctx).await
}

/// The settings of now and their version; a setting of another release that is not understood counts as none.
pub(super) async fn load(ctx: &Context) -> Result<(Settings, i64), ServiceError> {
    let mut tx = ctx.db.read().await?;
    let Some(setting) = store::setting::find(&mut tx, &ctx.centre, KEY).await? else {
        return Ok((Settings::default(), 0));
    };
    let parsed = serde_json::from_str::<Settings>(&setting.value);
    let settings = parsed.unwrap_or_else(|error| {
        tracing::warn!(%error, "the rate controller's setting is not understood: defaults hold");
        Settings::default()
    });
    Ok((settings, setting.version))
}

/// Lets the running controller go on with the settings of the tables, if they have changed.
pub(super) async fn take_up_settings(ctx: &Context) -> Result<(), ServiceError> {
    let (settings, version) = load(ctx).await?;
    let mut running = ctx.rate_controller.running();
    let Some(running) = running.as_mut().filter(|running| running.version != version) else {
        return Ok(());
    };
    let state = running.controller.state().clone();
    running.controller = controller(&settings, state);
    (running.settings, running.version) = (settings, version);
    Ok(())
}

/// A controller with this memory; impossible settings were refused when they were given.
pub(super) fn controller(settings: &Settings, state: rate_controller::State) -> Controller {
    Controller::resume(settings.controller.clone(), state.clone()).unwrap_or_else(|error| {
        tracing::warn!(%error, "the rate controller works with its defaults");
        Controller::with_defaults(state)
    })
}
