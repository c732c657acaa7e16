//! Names of people by id, remembered: pages show names, the distributor knows ids.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use serde::Serialize;
use types::{AgentId, Role};
use utoipa::ToSchema;

use crate::service::Context;
use crate::store::{self, StoreError};

/// Longest wait for a name: pages go on without it.
const LOOK_UP_MAX: Duration = Duration::from_millis(300);

/// What pages show of an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AgentName {
    pub id: AgentId,
    pub name: String,
    #[serde(skip)]
    pub username: String,
    /// 工号; empty where she has none.
    #[serde(skip)]
    pub staff_no: String,
    /// No person but a line to a neighbouring centre.
    #[serde(skip)]
    pub neighbour: bool,
}

/// Names met so far. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Directory(Arc<RwLock<HashMap<AgentId, AgentName>>>);

impl Directory {
    /// The name of `agent`. Without the database, or for nobody's id, the id stands for it: calls and
    /// pages go on.
    pub async fn name(&self, ctx: &Context, agent: AgentId) -> AgentName {
        if let Some(name) = self.known(agent) {
            return name;
        }
        if let Some(name) = neighbour(ctx, agent) {
            return name;
        }
        match tokio::time::timeout(LOOK_UP_MAX, self.look_up(ctx, agent)).await {
            Ok(Ok(Some(name))) => name,
            _ => AgentName {
                id: agent,
                name: agent.to_string().chars().take(8).collect(),
                username: String::new(),
                staff_no: String::new(),
                neighbour: false,
            },
        }
    }

    /// Everyone who takes calls.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn agents(&self, ctx: &Context) -> Result<Vec<AgentName>, StoreError> {
        let mut tx = ctx.db.read().await?;
        let mut agents = store::user::by_role(&mut tx, &ctx.centre, Role::Agent).await?;
        let leaders = store::user::by_role(&mut tx, &ctx.centre, Role::TeamLeader).await?;
        drop(tx);
        for leader in leaders {
            if !agents.iter().any(|agent| agent.id == leader.id) {
                agents.push(leader);
            }
        }
        let names: Vec<AgentName> = agents
            .into_iter()
            .map(|user| AgentName {
                id: user.id.into(),
                name: user.display_name,
                username: user.username,
                staff_no: user.staff_no,
                neighbour: false,
            })
            .collect();
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.extend(names.iter().map(|name| (name.id, name.clone())));
        Ok(names)
    }

    fn known(&self, agent: AgentId) -> Option<AgentName> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&agent).cloned()
    }

    async fn look_up(
        &self,
        ctx: &Context,
        agent: AgentId,
    ) -> Result<Option<AgentName>, StoreError> {
        let mut tx = ctx.db.read().await?;
        let user = store::user::by_id(&mut tx, &ctx.centre, agent.into()).await?;
        let name = user.map(|user| AgentName {
            id: agent,
            name: user.display_name,
            username: user.username,
            staff_no: user.staff_no,
            neighbour: false,
        });
        if let Some(name) = &name {
            let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
            known.insert(agent, name.clone());
        }
        Ok(name)
    }
}

/// The line that an id is a channel of: one in force, or one of the configuration file.
fn neighbour(ctx: &Context, channel: AgentId) -> Option<AgentName> {
    let in_force = ctx.floor().ok().map(|floor| floor.handle.floor());
    let in_force = in_force.iter().flat_map(|floor| &floor.config.lines);
    let mut lines = in_force.chain(&ctx.config.acd.lines);
    let line = lines.find(|line| line.channel_ids().any(|id| id == channel))?;
    let called = if line.name.is_empty() { line.number.masked() } else { line.name.clone() };
    Some(AgentName {
        id: channel,
        name: format!("邻近中心 {called}"),
        username: String::new(),
        staff_no: String::new(),
        neighbour: true,
    })
}
