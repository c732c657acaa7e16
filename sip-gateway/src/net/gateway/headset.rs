//! The checks of a phone (R16); the server is told what arrived.
//!
//! Headset: it calls `headset-check`, hears two prompts, speaks for three seconds while it hears
//! itself. Line: it calls `line-check`, says nothing for two seconds and hears itself; a page
//! does so every half minute while its agent is Ready.

use std::time::Duration;

use gateway_protocol::{Event, PromptId, ProofOutcome};
use types::{AgentId, DeviceId, LegId, Timestamp};

use super::Gateway;
use crate::media::{MediaEvent, Source};
use crate::net::clock;
use crate::sip::flow::FlowId;

/// Quieter than this while somebody speaks is silence: a muted or wrong microphone.
const SILENT_BELOW_DBFS: i16 = -50;

/// What is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckKind {
    Headset,
    Line,
}

impl CheckKind {
    /// The service that a phone calls for it.
    pub const fn service(self) -> &'static str {
        match self {
            Self::Headset => "headset-check",
            Self::Line => "line-check",
        }
    }

    pub fn of_service(dialled: &str) -> Option<Self> {
        [Self::Headset, Self::Line].into_iter().find(|kind| kind.service() == dialled)
    }

    const fn listen_ms(self) -> u32 {
        match self {
            Self::Headset => 3_000,
            Self::Line => 2_000,
        }
    }

    /// From the call to the verdict; a check that takes longer has no media.
    const fn limit(self) -> Duration {
        match self {
            Self::Headset => Duration::from_secs(25),
            Self::Line => Duration::from_secs(4),
        }
    }

    /// A third of what should arrive: with fewer packets the way is not usable.
    const fn packets_min(self) -> u32 {
        self.listen_ms() / 60
    }
}

/// A check under way.
#[derive(Debug)]
pub struct Check {
    kind: CheckKind,
    agent: AgentId,
    device: DeviceId,
    until: Timestamp,
}

impl Gateway {
    pub(super) fn begin_check(
        &mut self,
        leg: LegId,
        kind: CheckKind,
        agent: AgentId,
        device: DeviceId,
    ) {
        let until = clock::now() + kind.limit();
        self.checks.insert(leg, Check { kind, agent, device, until });
    }

    pub(super) fn check_answered(&mut self, leg: LegId) {
        match self.checks.get(&leg).map(|check| check.kind) {
            Some(CheckKind::Headset) => {
                let ids = ["line_test_start", "tone_beep"].map(PromptId::new).to_vec();
                self.media.hear(leg, Source::Prompts { ids, then_music: false });
            }
            Some(CheckKind::Line) => {
                self.media.hear(leg, Source::Echo);
                self.media.measure(leg, CheckKind::Line.listen_ms());
            }
            None => {}
        }
    }

    /// Whether an event belongs to a check (and has been dealt with).
    pub(super) fn check_event(&mut self, event: &MediaEvent) -> bool {
        match *event {
            MediaEvent::PromptsFinished { leg } if self.checks.contains_key(&leg) => {
                self.media.hear(leg, Source::Echo);
                self.media.measure(leg, CheckKind::Headset.listen_ms());
                true
            }
            MediaEvent::Measured { leg, packets_received, microphone_dbfs } => {
                if let Some(kind) = self.checks.get(&leg).map(|check| check.kind) {
                    let heard = Heard { packets_received, microphone_dbfs };
                    self.conclude(leg, outcome_of(kind, heard));
                }
                true
            }
            MediaEvent::WebRtcFailed { leg } if self.checks.contains_key(&leg) => {
                self.conclude(leg, ProofOutcome::NoMedia { packets_received: 0 });
                true
            }
            MediaEvent::MediaLost { leg }
            | MediaEvent::MediaBack { leg }
            | MediaEvent::Digit { leg, .. } => self.checks.contains_key(&leg),
            _ => false,
        }
    }

    fn conclude(&mut self, leg: LegId, outcome: ProofOutcome) {
        let Some(Check { agent, device, .. }) = self.checks.remove(&leg) else { return };
        if matches!(outcome, ProofOutcome::Proved { .. }) {
            self.registrar.proved(agent, device, clock::now());
        }
        self.report(Event::DeviceProved { agent, device, outcome });
        self.bye(leg);
        self.media.close(leg);
    }

    /// The phone hung up before the verdict: no verdict.
    pub(super) fn drop_check(&mut self, leg: LegId) {
        if self.checks.remove(&leg).is_some() {
            self.media.close(leg);
        }
    }

    /// A call is to ring this phone: what it is checked by gives way, without a verdict.
    pub(super) fn break_off_checks(&mut self, agent: AgentId) {
        let legs: Vec<LegId> =
            self.checks.iter().filter(|(_, c)| c.agent == agent).map(|(&leg, _)| leg).collect();
        for leg in legs {
            self.bye(leg);
            self.drop_check(leg);
        }
    }

    pub(super) fn drop_checks_of(&mut self, flow: FlowId) {
        let of_flow = |leg: &LegId| self.legs.get(leg).is_some_and(|l| l.dialog.flow.id == flow);
        let gone: Vec<LegId> = self.checks.keys().filter(|leg| of_flow(leg)).copied().collect();
        for leg in gone {
            self.drop_check(leg);
            self.forget(leg);
        }
    }

    pub(super) fn check_deadline(&self) -> Option<Timestamp> {
        self.checks.values().map(|check| check.until).min()
    }

    pub(super) fn strike_checks(&mut self, now: Timestamp) {
        let late: Vec<LegId> =
            self.checks.iter().filter(|(_, c)| c.until <= now).map(|(&leg, _)| leg).collect();
        for leg in late {
            self.conclude(leg, ProofOutcome::NoMedia { packets_received: 0 });
        }
    }
}

/// What arrived while it was listened for.
#[derive(Debug, Clone, Copy)]
struct Heard {
    packets_received: u32,
    microphone_dbfs: i16,
}

fn outcome_of(kind: CheckKind, heard: Heard) -> ProofOutcome {
    let Heard { packets_received, microphone_dbfs } = heard;
    // Nobody speaks during a line check, and browsers make a quiet room perfectly silent: only the
    // page knows whether its microphone is off.
    let silent = kind == CheckKind::Headset && microphone_dbfs < SILENT_BELOW_DBFS;
    if packets_received < kind.packets_min() {
        ProofOutcome::NoMedia { packets_received }
    } else if silent {
        ProofOutcome::MicrophoneSilent { microphone_dbfs, packets_received }
    } else {
        ProofOutcome::Proved { microphone_dbfs, packets_received }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(packets_received: u32, microphone_dbfs: i16) -> Heard {
        Heard { packets_received, microphone_dbfs }
    }

    #[test]
    fn the_headset_needs_packets_and_a_voice() {
        let outcome = |packets, dbfs| outcome_of(CheckKind::Headset, heard(packets, dbfs));
        let proved = ProofOutcome::Proved { microphone_dbfs: -20, packets_received: 150 };
        assert_eq!(outcome(150, -20), proved);
        assert!(matches!(outcome(150, -70), ProofOutcome::MicrophoneSilent { .. }));
        assert!(matches!(outcome(10, -20), ProofOutcome::NoMedia { .. }));
    }

    #[test]
    fn the_line_needs_packets_alone() {
        let outcome = |packets| outcome_of(CheckKind::Line, heard(packets, -72));
        assert!(matches!(outcome(90), ProofOutcome::Proved { .. }));
        assert!(matches!(outcome(20), ProofOutcome::NoMedia { .. }));
    }
}
