//! Yardsticks measured earlier on a machine like the reference machine (2 cores, loopback), for peers
//! that are not packaged or not installed. Where a range was measured, its better end stands here.

use crate::figure::{Peer, PeerRun};

const CALL_CENTRE: &str = "FreeSWITCH mod_callcenter";
const RTPENGINE: &str = "rtpengine 10.5";
const KAMAILIO: &str = "Kamailio 5.6";

/// The recorded figure of a peer at a step of a load.
pub(super) fn yardstick(name: &str, step: u32) -> Option<Peer> {
    let (peer, value) = match (name, step) {
        ("queue_call_cpu_ms", _) => (CALL_CENTRE, 100.0),
        ("offer_delay_p50_ms", _) => (CALL_CENTRE, 62.0),
        ("offer_delay_p99_ms", _) => (CALL_CENTRE, 115.0),
        ("next_offer_p50_ms", _) => (CALL_CENTRE, 549.0),
        ("next_offer_p99_ms", _) => (CALL_CENTRE, 1_093.0),
        ("waiting_caller_cpu_ms_per_s", _) => (CALL_CENTRE, 3.2),
        // 0.37 MB
        ("waiting_caller_kib", _) => (CALL_CENTRE, 361.0),
        ("relay_cpu_ms_per_call_s", 200) => (RTPENGINE, 0.90),
        ("relay_cpu_ms_per_call_s", 500) => (RTPENGINE, 0.85),
        ("relay_cpu_ms_per_call_s", 1_000) => (RTPENGINE, 0.76),
        // SDES: the keys come with the signalling, packets cost the same.
        ("srtp_cpu_ms_per_call_s", 500) => (RTPENGINE, 1.1),
        ("srtp_cpu_ms_per_call_s", 1_000) => (RTPENGINE, 0.90),
        ("register_cpu_ms", _) => (KAMAILIO, 0.04),
        ("b2bua_call_cpu_ms", 200) => (KAMAILIO, 0.74),
        _ => return None,
    };
    Some(Peer { name: peer.to_owned(), value, run: PeerRun::Recorded })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_was_not_measured_has_no_yardstick() {
        assert_eq!(yardstick("relay_cpu_ms_per_call_s", 100), None);
        assert_eq!(yardstick("relay_cpu_ms_per_call_s", 500).unwrap().value, 0.85);
    }
}
