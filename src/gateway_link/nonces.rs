//! Remembers the nonces of link proofs for as long as a proof is valid, so that none passes twice.

use std::collections::BTreeMap;
use std::time::Duration;

use gateway_protocol::proof::PROOF_AGE_S_MAX;
use types::Timestamp;

/// A proof may be dated that much before or after our clock: its nonce matters for twice the span.
const REMEMBERED: Duration = Duration::from_secs(PROOF_AGE_S_MAX * 2);
/// Most nonces kept; only a holder of the link key gets one in here, so this is a bound, not a limit.
const NONCES_LEN_MAX: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct Nonces {
    seen: BTreeMap<String, Timestamp>,
}

impl Nonces {
    /// Whether this nonce is new; remembers it. Call it after the proof's seal was checked.
    pub(super) fn take(&mut self, nonce: &str, now: Timestamp) -> bool {
        self.seen.retain(|_, at| now.since(*at) <= REMEMBERED);
        if self.seen.len() >= NONCES_LEN_MAX || self.seen.contains_key(nonce) {
            return false;
        }
        self.seen.insert(nonce.to_owned(), now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_passes_once_for_as_long_as_its_proof_is_valid() {
        let mut nonces = Nonces::default();
        let start = Timestamp::from_micros(0);
        assert!(nonces.take("a", start));
        assert!(!nonces.take("a", start + REMEMBERED));
        assert!(nonces.take("b", start));
        assert!(nonces.take("a", start + REMEMBERED + Duration::from_secs(1)));
    }
}
