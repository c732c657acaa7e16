//! RTP packets (RFC 3550 5.1) and telephone-event payloads (RFC 4733 2.3), read and written.

/// Longest payload read: 120 ms of G.711 and some.
const PAYLOAD_MAX_BYTES: usize = 2048;
const HEADER_BYTES: usize = 12;

/// The fields of a header that a phone needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RtpHeader {
    pub marker: bool,
    pub payload_type: u8,
    pub sequence: u16,
    /// In samples of 8 kHz.
    pub timestamp: u32,
    pub ssrc: u32,
}

impl RtpHeader {
    /// Appends the header to a packet being built.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.push(0x80);
        out.push((u8::from(self.marker) << 7) | (self.payload_type & 0x7f));
        out.extend_from_slice(&self.sequence.to_be_bytes());
        out.extend_from_slice(&self.timestamp.to_be_bytes());
        out.extend_from_slice(&self.ssrc.to_be_bytes());
    }
}

/// Reads a packet: header and payload, without CSRCs, extension and padding. `None` for anything
/// that is no RTP, RTCP on the same port included (RFC 5761 4).
#[must_use]
pub fn parse(packet: &[u8]) -> Option<(RtpHeader, &[u8])> {
    let (head, rest) = packet.split_at_checked(HEADER_BYTES)?;
    let &[first, second, s0, s1, t0, t1, t2, t3, i0, i1, i2, i3] = head else { return None };
    if first >> 6 != 2 || (192..=223).contains(&second) {
        return None;
    }
    let mut payload = rest.get(usize::from(first & 0x0f) * 4..)?;
    if first & 0x10 != 0 {
        let words = payload.get(2..4).map(|b| {
            usize::from(b.first().copied().unwrap_or(0)) << 8
                | usize::from(b.last().copied().unwrap_or(0))
        })?;
        payload = payload.get(4 + words * 4..)?;
    }
    if first & 0x20 != 0 {
        let padding = usize::from(*payload.last()?);
        payload = payload.get(..payload.len().checked_sub(padding)?)?;
    }
    let header = RtpHeader {
        marker: second & 0x80 != 0,
        payload_type: second & 0x7f,
        sequence: u16::from_be_bytes([s0, s1]),
        timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
        ssrc: u32::from_be_bytes([i0, i1, i2, i3]),
    };
    (payload.len() <= PAYLOAD_MAX_BYTES).then_some((header, payload))
}

/// One telephone-event payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TelephoneEvent {
    /// `0`-`9`, `*`, `#`, `A`-`D`.
    pub digit: char,
    pub end: bool,
    /// So far, in samples.
    pub duration: u16,
}

const DIGITS: &str = "0123456789*#ABCD";

/// Whether telephone events can carry this character.
#[must_use]
pub fn is_digit(digit: char) -> bool {
    DIGITS.contains(digit)
}

impl TelephoneEvent {
    #[must_use]
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let &[event, flags, d0, d1] = payload.get(..4)? else { return None };
        let digit = DIGITS.chars().nth(usize::from(event))?;
        Some(Self { digit, end: flags & 0x80 != 0, duration: u16::from_be_bytes([d0, d1]) })
    }

    /// Appends the payload, at -10 dBm0.
    pub fn write(&self, out: &mut Vec<u8>) {
        let event = DIGITS.find(self.digit).and_then(|at| u8::try_from(at).ok()).unwrap_or(0);
        out.push(event);
        out.push((u8::from(self.end) << 7) | 10);
        out.extend_from_slice(&self.duration.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_with_every_option_are_read() {
        let header =
            RtpHeader { marker: true, payload_type: 8, sequence: 65_535, timestamp: 9, ssrc: 5 };
        let mut packet = Vec::new();
        header.write(&mut packet);
        packet[0] |= 0x31; // one CSRC, extension, padding
        packet.extend([0; 4]);
        packet.extend([0xbe, 0xde, 0, 1, 1, 2, 3, 4]);
        packet.extend([7, 7, 7, 0, 0, 3]);
        assert_eq!(parse(&packet), Some((header, &[7_u8, 7, 7][..])));
    }

    #[test]
    fn truncated_and_foreign_packets_are_no_rtp() {
        let mut packet = vec![0x80 | 0x1f | 0x20];
        packet.extend([0; 40]);
        for length in 0..packet.len() {
            let _ = parse(&packet[..length]);
        }
        assert_eq!(parse(&[0x80, 200, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), None, "RTCP SR");
        assert_eq!(parse(&[0x00; 12]), None, "STUN");
    }

    #[test]
    fn telephone_events_are_read_back() {
        for digit in DIGITS.chars() {
            let event = TelephoneEvent { digit, end: true, duration: 800 };
            let mut payload = Vec::new();
            event.write(&mut payload);
            assert_eq!(TelephoneEvent::parse(&payload), Some(event));
        }
        assert_eq!(TelephoneEvent::parse(&[99, 0, 0, 0]), None);
        assert_eq!(TelephoneEvent::parse(&[1]), None);
    }
}
