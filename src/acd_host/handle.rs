//! What the rest of the server holds of the host.

use std::sync::Arc;

use acd::{AgentCommand, Announcement, Config, Refusal, ScreenedNumber};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use types::{AgentId, CallId};

use super::HostMessage;
use super::floor::{Floor, FloorChange};
use super::journal::EntryNumber;

/// Asks the host and watches the floor. Cheap to clone.
#[derive(Debug, Clone)]
pub struct HostHandle {
    pub(super) inbox: mpsc::Sender<HostMessage>,
    pub(super) floor: watch::Receiver<Arc<Floor>>,
    pub(super) changes: broadcast::Sender<Arc<FloorChange>>,
}

/// Why a command was not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The host is stopping or overwhelmed.
    #[error("the distributor does not answer")]
    Away,
}

impl HostHandle {
    /// Carries out an agent's command; says after which entry the floor shows it.
    ///
    /// # Errors
    /// [`CommandError`].
    pub async fn command(
        &self,
        agent: AgentId,
        command: AgentCommand,
    ) -> Result<EntryNumber, CommandError> {
        let (answer, answered) = oneshot::channel();
        self.inbox
            .send(HostMessage::Agent { agent, command, answer })
            .await
            .map_err(|_| CommandError::Away)?;
        let (result, entry) = answered.await.map_err(|_| CommandError::Away)?;
        result?;
        Ok(entry)
    }

    /// Puts changed settings into force (R20: nothing is dropped).
    ///
    /// # Errors
    /// [`CommandError::Away`].
    pub async fn configure(&self, config: Config) -> Result<(), CommandError> {
        let message = HostMessage::Configure { config: Box::new(config) };
        self.inbox.send(message).await.map_err(|_| CommandError::Away)
    }

    /// Puts a changed screen list into force.
    ///
    /// # Errors
    /// [`CommandError::Away`].
    pub async fn screen(&self, numbers: Vec<ScreenedNumber>) -> Result<(), CommandError> {
        let message = HostMessage::ScreeningList { numbers };
        self.inbox.send(message).await.map_err(|_| CommandError::Away)
    }

    /// Tells a caller who still waits what she must expect.
    ///
    /// # Errors
    /// [`CommandError::Away`].
    pub async fn announce(
        &self,
        call: CallId,
        announcement: Announcement,
    ) -> Result<(), CommandError> {
        let message = HostMessage::Announce { call, announcement };
        self.inbox.send(message).await.map_err(|_| CommandError::Away)
    }

    /// The floor as it was a moment (at most 50 ms) ago.
    #[must_use]
    pub fn floor(&self) -> Arc<Floor> {
        Arc::clone(&self.floor.borrow())
    }

    /// Follows the floor.
    #[must_use]
    pub fn watch_floor(&self) -> watch::Receiver<Arc<Floor>> {
        self.floor.clone()
    }

    /// What happens from now on, entry by entry. A receiver that falls behind loses the oldest and
    /// is told so.
    #[must_use]
    pub fn changes(&self) -> broadcast::Receiver<Arc<FloorChange>> {
        self.changes.subscribe()
    }
}
