//! RTCP sender and receiver reports (RFC 3550 section 6), as little as a carrier expects.

use types::Timestamp;

use super::packet::Header;

/// Seconds from 1900 (NTP) to 1970.
const NTP_EPOCH_S: u64 = 2_208_988_800;

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const SOURCE_DESCRIPTION: u8 = 202;

/// What has been sent on a stream.
#[derive(Debug, Default, Clone, Copy)]
pub struct Sent {
    pub packets: u32,
    pub octets: u32,
    /// Packets at the last report.
    pub reported: u32,
}

/// What has been received of one source (RFC 3550 appendix A).
#[derive(Debug)]
pub struct Reception {
    ssrc: u32,
    base: u32,
    highest: u32,
    received: u32,
    expected_before: u32,
    received_before: u32,
    jitter_16: u32,
    transit: Option<i32>,
    sender_report: Option<(u32, Timestamp)>,
}

impl Reception {
    pub fn new(header: &Header) -> Self {
        let base = u32::from(header.sequence);
        Self {
            ssrc: header.ssrc,
            base,
            highest: base,
            received: 0,
            expected_before: 0,
            received_before: 0,
            jitter_16: 0,
            transit: None,
            sender_report: None,
        }
    }

    pub fn is_of(&self, header: &Header) -> bool {
        self.ssrc == header.ssrc
    }

    /// Counts a packet; jitter after appendix A.8 (16 times the value, at 8 kHz).
    pub fn arrived(&mut self, now: Timestamp, header: &Header) {
        self.received = self.received.wrapping_add(1);
        let step = header.sequence.wrapping_sub(self.highest as u16);
        if step < 0x8000 {
            self.highest = self.highest.wrapping_add(u32::from(step));
        }
        let arrival = (now.as_micros() / 125) as u32;
        let transit = arrival.wrapping_sub(header.timestamp) as i32;
        if let Some(before) = self.transit.replace(transit) {
            let change = transit.wrapping_sub(before).unsigned_abs().min(0xffff);
            self.jitter_16 = self.jitter_16 + change - ((self.jitter_16 + 8) >> 4);
        }
    }

    /// Remembers the sender report that our next report refers to.
    pub fn reported(&mut self, now: Timestamp, ssrc: u32, ntp_middle: u32) {
        if ssrc == self.ssrc {
            self.sender_report = Some((ntp_middle, now));
        }
    }

    fn block(&mut self, now: Timestamp) -> [u32; 6] {
        let expected = self.highest.wrapping_sub(self.base).wrapping_add(1);
        let lost = expected.saturating_sub(self.received).min(0x7f_ffff);
        let expected_now = expected.wrapping_sub(self.expected_before);
        let received_now = self.received.wrapping_sub(self.received_before);
        (self.expected_before, self.received_before) = (expected, self.received);
        let lost_now = expected_now.saturating_sub(received_now);
        let fraction = (u64::from(lost_now) * 256)
            .checked_div(u64::from(expected_now))
            .map_or(0, |part| part.min(255) as u32);
        let (middle, delay) = self.sender_report.map_or((0, 0), |(middle, at)| {
            (middle, (now.since(at).as_micros() * 65_536 / 1_000_000) as u32)
        });
        [self.ssrc, (fraction << 24) | lost, self.highest, self.jitter_16 >> 4, middle, delay]
    }
}

/// A compound packet: SR where we have sent since the last one, else RR; SDES with a CNAME.
pub fn compose(
    now: Timestamp,
    ssrc: u32,
    media_time: u32,
    sent: &mut Sent,
    reception: Option<&mut Reception>,
) -> Vec<u8> {
    let mut words = Vec::with_capacity(24);
    let sending = sent.packets != sent.reported;
    sent.reported = sent.packets;
    let kind = if sending { SENDER_REPORT } else { RECEIVER_REPORT };
    let blocks = u32::from(reception.is_some());
    words.push(0x8000_0000 | (blocks << 24) | (u32::from(kind) << 16));
    words.push(ssrc);
    if sending {
        let (seconds, fraction) = ntp(now);
        words.extend([seconds, fraction, media_time, sent.packets, sent.octets]);
    }
    if let Some(reception) = reception {
        words.extend(reception.block(now));
    }
    let length = words.len() as u32 - 1;
    if let Some(first) = words.first_mut() {
        *first |= length;
    }
    // One chunk: SSRC, CNAME (type 1, 8 characters of our SSRC in hex), end, padding.
    let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
    bytes.extend([0x81, SOURCE_DESCRIPTION, 0, 4]);
    bytes.extend(ssrc.to_be_bytes());
    bytes.extend([1, 8]);
    bytes.extend(format!("{ssrc:08x}").as_bytes());
    bytes.extend([0, 0]);
    bytes
}

/// The sender report in a compound packet: its SSRC and the middle of its NTP time.
pub fn sender_report(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut rest = bytes;
    for _ in 0..8 {
        let [first, kind, high, low] = *rest.first_chunk::<4>()?;
        if first >> 6 != 2 {
            return None;
        }
        let length = (usize::from(u16::from_be_bytes([high, low])) + 1) * 4;
        if kind == SENDER_REPORT {
            let word = |at: usize| rest.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes);
            return Some((word(4)?, (word(8)? << 16) | (word(12)? >> 16)));
        }
        rest = rest.get(length..)?;
    }
    None
}

fn ntp(now: Timestamp) -> (u32, u32) {
    let micros = u64::try_from(now.as_micros()).unwrap_or(0);
    let fraction = ((micros % 1_000_000) << 32) / 1_000_000;
    ((micros / 1_000_000 + NTP_EPOCH_S) as u32, fraction as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn header(sequence: u16, timestamp: u32) -> Header {
        Header { marker: false, payload_type: 8, sequence, timestamp, ssrc: 77 }
    }

    #[test]
    fn a_report_tells_loss_and_can_be_read_back() {
        let now = Timestamp::from_micros(1_790_000_000_500_000);
        let mut reception = Reception::new(&header(65_534, 0));
        for n in [0_u16, 1, 3] {
            let packet = header(65_534_u16.wrapping_add(n), u32::from(n) * 160);
            reception.arrived(now + std::time::Duration::from_millis(u64::from(n) * 20), &packet);
        }
        let mut sent = Sent { packets: 3, octets: 480, reported: 0 };
        let bytes = compose(now, 5, 1_600, &mut sent, Some(&mut reception));
        assert_eq!(bytes.len() % 4, 0);
        assert_eq!(sender_report(&bytes).unwrap().0, 5);
        // Report block after the 28 bytes of SR: SSRC, then 1 of 4 lost.
        assert_eq!(&bytes[28..40], &[0, 0, 0, 77, 64, 0, 0, 1, 0, 1, 0, 1]);
        let quiet = compose(now, 5, 1_600, &mut sent, None);
        assert_eq!(quiet[1], RECEIVER_REPORT);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = sender_report(&bytes);
        }
    }
}
