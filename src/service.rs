//! Use cases: open the transaction, call a pure core, store, publish.
//!
//! Owns: where transactions begin and end; [`Context`]; [`ServiceError`]. Must not do: know HTTP or
//! SQL.

mod announcements;
mod away;
mod error;
mod link_gauge;
mod password;

pub mod acd_settings;
pub mod agent;
pub mod call;
pub mod centre;
pub mod county;
pub mod desk_phone;
pub mod figures;
pub mod health;
pub mod import;
mod known_callers;
pub mod live;
pub mod outbox;
pub mod rate_controller;
pub mod rates;
pub mod readiness;
pub mod screening;
pub mod session;
pub mod staffing;
pub mod user;
pub mod work_order;

use std::sync::Arc;

use types::CentreId;

use crate::acd_host::KnownCallers;
use crate::bus::Bus;
use crate::clock::{Clock, Random};
use crate::config::Config;
use crate::store::Db;

pub use error::{FieldFault, ServiceError};
pub use link_gauge::{LinkGauge, LinkMark};
pub use password::Passwords;

/// What every use case needs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Context {
    /// The centre this node serves.
    pub centre: CentreId,
    pub(crate) db: Db,
    pub bus: Bus,
    pub clock: Clock,
    pub random: Random,
    pub config: Arc<Config>,
    pub passwords: Passwords,
    /// How many gateways are linked.
    pub links: LinkGauge,
    /// Names of people by id.
    pub directory: agent::Directory,
    /// What pages are told as it happens.
    pub live: live::Live,
    /// What the distributor's host knows of callers before anybody talks with them.
    pub(crate) known_callers: KnownCallers,
    /// What the centre has changed of the distributor's settings.
    pub(crate) acd_settings: acd_settings::LastKnown,
    /// The running rate controller, on the owner of the centre.
    pub rate_controller: rate_controller::RateControl,
    /// Calendar, limits, units, taxonomy, parsed.
    pub(crate) rules: county::RulesCache,
    /// Who is signed in, for when the database does not say.
    pub(crate) sessions: session::SessionMemory,
    /// Reports of figures computed lately.
    pub(crate) reports: figures::ReportCache,
}

impl Context {
    #[must_use]
    pub fn new(config: Arc<Config>, db: Db, bus: Bus, clock: Clock, random: Random) -> Self {
        Self {
            live: live::Live::new(clock.clone()),
            centre: config.centre.id.clone(),
            passwords: Passwords::new(&config.auth, random.clone()),
            db,
            bus,
            clock,
            random,
            config,
            links: LinkGauge::default(),
            directory: agent::Directory::default(),
            known_callers: KnownCallers::default(),
            acd_settings: acd_settings::LastKnown::default(),
            rate_controller: rate_controller::RateControl::default(),
            rules: county::RulesCache::default(),
            sessions: session::SessionMemory::default(),
            reports: figures::ReportCache::default(),
        }
    }

    /// The running distributor.
    ///
    /// # Errors
    /// [`ServiceError::Away`] on a node that runs none.
    pub fn floor(&self) -> Result<&live::RunningFloor, ServiceError> {
        self.live
            .floor()
            .ok_or_else(|| ServiceError::Away("本节点没有启用话务分配，请稍后重试。".to_owned()))
    }
}
