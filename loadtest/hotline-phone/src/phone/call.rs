//! The holder's side of one call: events out, wishes in. The call lives in its own task; dropping
//! the handle hangs up.

use std::sync::PoisonError;

use tokio::sync::{mpsc, oneshot};

use super::options::{CallOptions, PreparedMedia};
use crate::error::PhoneError;
use crate::media::heard::HeardSamples;
use crate::media::rtp::is_digit;
use crate::report::CallReport;

/// What happened to a call. Events that nobody takes are dropped beyond 256; the end never is.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum CallEvent {
    /// A response below 200 other than 180.
    Progress {
        status: u16,
    },
    /// The first 180.
    Ringing,
    /// Sound before the answer.
    EarlyMedia,
    Answered,
    /// The first packet was heard.
    FirstRtp,
    /// The peer pressed a digit.
    Digit(char),
    /// The clip has been said to its end.
    SayFinished,
    /// The peer changed the session; true when it no longer wants to hear us.
    Changed {
        held: bool,
    },
    /// The last event.
    Ended(Box<CallReport>),
}

/// A wish of the holder.
#[derive(Debug)]
pub(crate) enum Command {
    Ring,
    Answer(Box<PreparedMedia>),
    Reject(u16),
    Hangup,
    Digit(char),
}

/// One call.
#[derive(Debug)]
pub struct Call {
    pub(super) call_id: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) local_ip: std::net::IpAddr,
    pub(super) commands: mpsc::Sender<Command>,
    pub(super) events: mpsc::Receiver<CallEvent>,
    pub(super) end: Option<oneshot::Receiver<CallReport>>,
    pub(super) report: Option<CallReport>,
    pub(super) memory: HeardSamples,
}

impl Call {
    #[must_use]
    pub fn call_id(&self) -> &str {
        &self.call_id
    }

    /// User part of From: the caller's number.
    #[must_use]
    pub fn from(&self) -> &str {
        &self.from
    }

    /// User part of the address called.
    #[must_use]
    pub fn to(&self) -> &str {
        &self.to
    }

    /// Waits for the next event; `None` after [`CallEvent::Ended`]. Cancel-safe.
    pub async fn next_event(&mut self) -> Option<CallEvent> {
        if let Some(event) = self.events.recv().await {
            return Some(event);
        }
        let report = self.end.as_mut()?.await.unwrap_or_default();
        self.end = None;
        self.report = Some(report.clone());
        Some(CallEvent::Ended(Box::new(report)))
    }

    /// Waits for the end and gives the report.
    pub async fn finish(&mut self) -> CallReport {
        while self.next_event().await.is_some() {}
        self.report.clone().unwrap_or_default()
    }

    /// Sends 180. Only for a call that came in.
    pub async fn ring(&self) {
        self.wish(Command::Ring).await;
    }

    /// Answers a call that came in.
    ///
    /// # Errors
    /// When what is heard cannot be written or no port is free.
    pub async fn answer(&self, options: CallOptions) -> Result<(), PhoneError> {
        let media = PreparedMedia::open(options, self.local_ip, self.memory.clone()).await?;
        self.wish(Command::Answer(Box::new(media))).await;
        Ok(())
    }

    /// Refuses a call that came in, with a status of 300 to 699.
    pub async fn reject(&self, status: u16) {
        self.wish(Command::Reject(status.clamp(300, 699))).await;
    }

    /// Ends the call by whatever its state asks for: CANCEL, BYE, or a refusal.
    pub async fn hangup(&self) {
        self.wish(Command::Hangup).await;
    }

    /// Presses a digit (telephone event). False for a character that is none.
    pub async fn send_digit(&self, digit: char) -> bool {
        if is_digit(digit) {
            self.wish(Command::Digit(digit)).await;
        }
        is_digit(digit)
    }

    /// What has been heard so far, where [`crate::Hear::in_memory`] was asked for: 8 kHz samples
    /// from the moment media was set up, up to 200 ms ago (to the end once the call has ended).
    #[must_use]
    pub fn heard(&self) -> Vec<i16> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A call that has ended has no wishes left.
    async fn wish(&self, command: Command) {
        drop(self.commands.send(command).await);
    }
}
