//! The headset check: a phone calls `headset-check`, hears two prompts, speaks for three seconds
//! while it hears itself, and the server is told what arrived (R16).

use std::time::Duration;

use gateway_protocol::{Event, PromptId, ProofOutcome};
use types::{AgentId, DeviceId, LegId, Timestamp};

use super::Gateway;
use crate::media::{MediaEvent, Source};
use crate::net::clock;
use crate::sip::flow::FlowId;

const LISTEN_MS: u32 = 3_000;
/// From the call to the verdict; a check that takes longer has no media.
const LIMIT: Duration = Duration::from_secs(25);
/// Quieter than this is silence: a muted or wrong microphone.
const SILENT_BELOW_DBFS: i16 = -50;
/// Fewer packets than one second's worth in three: the way is not usable.
const PACKETS_MIN: u32 = 50;

/// A check under way.
#[derive(Debug)]
pub struct Check {
    agent: AgentId,
    device: DeviceId,
    until: Timestamp,
}

impl Gateway {
    pub(super) fn begin_check(&mut self, leg: LegId, agent: AgentId, device: DeviceId) {
        self.checks.insert(leg, Check { agent, device, until: clock::now() + LIMIT });
    }

    pub(super) fn check_answered(&mut self, leg: LegId) {
        if self.checks.contains_key(&leg) {
            let ids = ["line_test_start", "tone_beep"].map(PromptId::new).to_vec();
            self.media.hear(leg, Source::Prompts { ids, then_music: false });
        }
    }

    /// Whether an event belongs to a check (and has been dealt with).
    pub(super) fn check_event(&mut self, event: &MediaEvent) -> bool {
        match *event {
            MediaEvent::PromptsFinished { leg } if self.checks.contains_key(&leg) => {
                self.media.hear(leg, Source::Echo);
                self.media.measure(leg, LISTEN_MS);
                true
            }
            MediaEvent::Measured { leg, packets_received, microphone_dbfs } => {
                self.conclude(leg, outcome_of(packets_received, microphone_dbfs));
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

fn outcome_of(packets_received: u32, microphone_dbfs: i16) -> ProofOutcome {
    if packets_received < PACKETS_MIN {
        ProofOutcome::NoMedia { packets_received }
    } else if microphone_dbfs < SILENT_BELOW_DBFS {
        ProofOutcome::MicrophoneSilent { microphone_dbfs, packets_received }
    } else {
        ProofOutcome::Proved { microphone_dbfs, packets_received }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verdict_needs_packets_and_a_voice() {
        let proved = ProofOutcome::Proved { microphone_dbfs: -20, packets_received: 150 };
        assert_eq!(outcome_of(150, -20), proved);
        assert!(matches!(outcome_of(150, -70), ProofOutcome::MicrophoneSilent { .. }));
        assert!(matches!(outcome_of(10, -20), ProofOutcome::NoMedia { .. }));
    }
}
