//! The RTP packets of the generator: 20 ms of PCMA whose 160 bytes say who sent them, which one they
//! are and when. A relay carries them as they are; what was decoded, mixed or made by somebody else
//! (music, announcements) is recognised as foreign. It must not know sockets.

/// Header and 20 ms of G.711.
pub const PACKET_LEN: usize = 172;
/// Samples, and bytes, of 20 ms.
const SAMPLES: u32 = 160;
const HEADER_LEN: usize = 12;
const MAGIC: u32 = 0x484c_4f44;
const PCMA: u8 = 8;
/// PCMA's silence.
const SILENCE: u8 = 0xd5;

/// What a packet of ours carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    /// Number of the sending stream.
    pub stream: u32,
    /// Number of the packet in its stream, from 0.
    pub number: u32,
    /// Sent inside the measuring window: such packets are counted on both sides.
    pub in_window: bool,
    /// Wall clock at sending.
    pub sent_ns: u64,
}

impl Probe {
    /// Writes the packet; sequence number and timestamp follow from the packet's number.
    pub fn write(&self, packet: &mut [u8; PACKET_LEN]) {
        packet.fill(SILENCE);
        let sequence = u16::try_from(self.number & 0xffff).unwrap_or(0);
        let first = if self.number == 0 { 0x80 } else { 0 };
        let ssrc = self.stream.wrapping_mul(0x9e37_79b1) ^ 0x5a5a_0001;
        let fields: [&[u8]; 9] = [
            &[0x80, first | PCMA],
            &sequence.to_be_bytes(),
            &self.number.wrapping_mul(SAMPLES).to_be_bytes(),
            &ssrc.to_be_bytes(),
            &MAGIC.to_be_bytes(),
            &self.stream.to_be_bytes(),
            &self.number.to_be_bytes(),
            &u32::from(self.in_window).to_be_bytes(),
            &self.sent_ns.to_be_bytes(),
        ];
        for (place, byte) in packet.iter_mut().zip(fields.into_iter().flatten()) {
            *place = *byte;
        }
    }

    /// Reads a packet; `None` where it is not one of ours.
    #[must_use]
    pub fn read(packet: &[u8]) -> Option<Self> {
        if packet.len() != PACKET_LEN || packet.first()? >> 6 != 2 {
            return None;
        }
        let u32_at = |at: usize| {
            let bytes = packet.get(HEADER_LEN + at..HEADER_LEN + at + 4)?;
            Some(u32::from_be_bytes(bytes.try_into().ok()?))
        };
        if u32_at(0)? != MAGIC {
            return None;
        }
        let sent = packet.get(HEADER_LEN + 16..HEADER_LEN + 24)?;
        Some(Self {
            stream: u32_at(4)?,
            number: u32_at(8)?,
            in_window: u32_at(12)? == 1,
            sent_ns: u64::from_be_bytes(sent.try_into().ok()?),
        })
    }
}

/// Replaces the sound of a packet by a tone of 400 Hz at -18 dB below full scale.
pub fn write_tone(packet: &mut [u8; PACKET_LEN]) {
    for (at, sample) in packet.iter_mut().skip(HEADER_LEN).enumerate() {
        // PCMA of +4,224 and -4,224 of 32,768, ten samples each.
        *sample = if at / 10 % 2 == 0 { 0x85 } else { 0x05 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_is_read_back_and_looks_like_rtp() {
        let probe = Probe { stream: 7, number: 65_538, in_window: true, sent_ns: 1 << 60 };
        let mut packet = [0; PACKET_LEN];
        probe.write(&mut packet);
        assert_eq!(Probe::read(&packet), Some(probe));
        assert_eq!(&packet[..4], [0x80, 8, 0, 2], "version 2, PCMA, sequence number wrapped");
        assert_eq!(packet[171], SILENCE);
    }

    #[test]
    fn a_tone_is_no_probe_but_still_rtp() {
        let mut packet = [0; PACKET_LEN];
        Probe { stream: 1, number: 2, in_window: true, sent_ns: 3 }.write(&mut packet);
        write_tone(&mut packet);
        assert_eq!(Probe::read(&packet), None);
        assert_eq!((packet[0], packet[12], packet[22], packet[32]), (0x80, 0x85, 0x05, 0x85));
    }

    #[test]
    fn music_and_short_packets_are_foreign() {
        assert_eq!(Probe::read(&[0x80; PACKET_LEN]), None);
        assert_eq!(Probe::read(&[0x80, 8]), None);
        assert_eq!(Probe::read(&[]), None);
    }
}
