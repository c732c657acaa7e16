//! Key presses as RTP packets (RFC 4733): read once per press, made for sending.

use std::collections::VecDeque;

const KEYS: [char; 16] =
    ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D'];

/// Frames (20 ms) of a press that we make: 100 ms.
const FRAMES: u16 = 5;

/// The end is sent three times (RFC 4733 section 2.5.1.4).
const ENDS: u8 = 3;

/// Presses that may wait; more are dropped.
const WAITING_MAX: usize = 32;

/// The number of a key, if it is one.
pub fn code_of(key: char) -> Option<u8> {
    let key = key.to_ascii_uppercase();
    KEYS.iter().position(|known| *known == key).and_then(|at| u8::try_from(at).ok())
}

/// Tells presses apart from their many packets.
#[derive(Debug, Default)]
pub struct PressReader {
    last: Option<(u32, u8)>,
}

impl PressReader {
    /// The key, for the first packet of a press; all packets of a press share a timestamp.
    pub fn read(&mut self, timestamp: u32, payload: &[u8]) -> Option<char> {
        let [code, ..] = payload.first_chunk::<4>()?;
        let key = *KEYS.get(usize::from(*code))?;
        // A packet of an earlier press that arrives late is no new press.
        let repeated = self.last.is_some_and(|(seen, seen_code)| {
            (timestamp.wrapping_sub(seen) as i32) < 0 || (timestamp == seen && *code == seen_code)
        });
        if repeated {
            return None;
        }
        self.last = Some((timestamp, *code));
        Some(key)
    }

    /// A new stream: timestamps begin anew.
    pub fn reset(&mut self) {
        self.last = None;
    }
}

/// Makes the packets of presses, one per 20 ms.
#[derive(Debug, Default)]
pub struct PressWriter {
    waiting: VecDeque<u8>,
    running: Option<Press>,
}

#[derive(Debug)]
struct Press {
    code: u8,
    timestamp: u32,
    frame: u16,
    ends: u8,
}

/// One packet of a press.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PressPacket {
    /// Start of the press in media time.
    pub timestamp: u32,
    /// First packet of the press.
    pub marker: bool,
    pub payload: [u8; 4],
}

impl PressWriter {
    pub fn press(&mut self, code: u8) {
        if self.waiting.len() < WAITING_MAX {
            self.waiting.push_back(code);
        }
    }

    /// Whether packets are due.
    pub fn is_busy(&self) -> bool {
        self.running.is_some() || !self.waiting.is_empty()
    }

    /// The packet of this 20 ms; `present` is the media time now.
    pub fn next(&mut self, present: u32) -> Option<PressPacket> {
        if self.running.is_none() {
            let code = self.waiting.pop_front()?;
            self.running = Some(Press { code, timestamp: present, frame: 0, ends: 0 });
        }
        let press = self.running.as_mut()?;
        let marker = press.frame == 0;
        press.frame = (press.frame + 1).min(FRAMES);
        let ending = press.frame == FRAMES;
        if ending {
            press.ends += 1;
        }
        let [high, low] = (press.frame * 160).to_be_bytes();
        let flags = (u8::from(ending) << 7) | 10;
        let packet = PressPacket {
            timestamp: press.timestamp,
            marker,
            payload: [press.code, flags, high, low],
        };
        if press.ends == ENDS {
            self.running = None;
        }
        Some(packet)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_press_is_read_once() {
        let mut writer = PressWriter::default();
        let mut reader = PressReader::default();
        writer.press(code_of('#').unwrap());
        writer.press(code_of('5').unwrap());
        let mut keys = Vec::new();
        let mut now = 1_000;
        while let Some(packet) = writer.next(now) {
            keys.extend(reader.read(packet.timestamp, &packet.payload));
            keys.extend(reader.read(packet.timestamp, &packet.payload));
            now += 160;
        }
        assert_eq!(keys, ['#', '5']);
        assert_eq!(now, 1_000 + 160 * 14);
    }

    #[test]
    fn the_same_key_twice_is_two_presses_and_a_late_packet_none() {
        let mut reader = PressReader::default();
        assert_eq!(reader.read(100, &[1, 0, 0, 160]), Some('1'));
        assert_eq!(reader.read(900, &[1, 0, 0, 160]), Some('1'));
        assert_eq!(reader.read(100, &[1, 0x80, 0, 160]), None);
        assert_eq!(reader.read(2_000, &[16, 0, 0, 160]), None);
        assert_eq!(reader.read(2_000, &[1]), None);
    }
}
