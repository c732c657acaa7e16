//! The RTP header (RFC 3550 section 5.1): reading and writing.

/// Bytes of a header without contributing sources and extension.
pub const HEADER_BYTES: usize = 12;

/// What we use of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    pub marker: bool,
    pub payload_type: u8,
    pub sequence: u16,
    pub timestamp: u32,
    pub ssrc: u32,
}

/// Reads a packet: header and payload, without contributing sources, extension and padding.
/// `None` for anything that is no RTP version 2.
pub fn parse(bytes: &[u8]) -> Option<(Header, &[u8])> {
    let fixed: &[u8; HEADER_BYTES] = bytes.first_chunk()?;
    if fixed[0] >> 6 != 2 {
        return None;
    }
    let mut rest = &bytes[HEADER_BYTES..];
    rest = rest.get(usize::from(fixed[0] & 0x0f) * 4..)?;
    if fixed[0] & 0x10 != 0 {
        let words = u16::from_be_bytes([*rest.get(2)?, *rest.get(3)?]);
        rest = rest.get(4 + usize::from(words) * 4..)?;
    }
    if fixed[0] & 0x20 != 0 {
        let padding = usize::from(*rest.last()?);
        rest = rest.get(..rest.len().checked_sub(padding)?)?;
    }
    let header = Header {
        marker: fixed[1] & 0x80 != 0,
        payload_type: fixed[1] & 0x7f,
        sequence: u16::from_be_bytes([fixed[2], fixed[3]]),
        timestamp: u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]),
        ssrc: u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]]),
    };
    Some((header, rest))
}

/// The twelve bytes of a header.
pub fn write(header: &Header) -> [u8; HEADER_BYTES] {
    let sequence = header.sequence.to_be_bytes();
    let time = header.timestamp.to_be_bytes();
    let ssrc = header.ssrc.to_be_bytes();
    let second = (u8::from(header.marker) << 7) | (header.payload_type & 0x7f);
    [
        0x80,
        second,
        sequence[0],
        sequence[1],
        time[0],
        time[1],
        time[2],
        time[3],
        ssrc[0],
        ssrc[1],
        ssrc[2],
        ssrc[3],
    ]
}

/// Whether a datagram on a shared port is RTCP (RFC 5761 section 4).
pub fn is_rtcp(bytes: &[u8]) -> bool {
    bytes.get(1).is_some_and(|kind| (192..=223).contains(kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Some((_, payload)) = parse(&bytes) {
                prop_assert!(payload.len() <= bytes.len() - HEADER_BYTES);
            }
        }

        #[test]
        fn a_header_survives_the_wire(
            marker: bool, payload_type in 0_u8..128, sequence: u16, timestamp: u32, ssrc: u32,
            payload in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let header = Header { marker, payload_type, sequence, timestamp, ssrc };
            let mut bytes = write(&header).to_vec();
            bytes.extend_from_slice(&payload);
            prop_assert_eq!(parse(&bytes), Some((header, payload.as_slice())));
        }
    }

    #[test]
    fn extension_sources_and_padding_are_cut_away() {
        let mut bytes =
            vec![0xb1, 8, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 9, 9, 9, 9, 0xbe, 0xde, 0, 1, 1, 2, 3, 4];
        bytes.extend_from_slice(&[7, 7, 0, 2]);
        assert_eq!(parse(&bytes).unwrap().1, &[7, 7]);
    }
}
