//! Builds the packets of one stream: 20 ms of sound each, or a digit being pressed. Pure: the
//! caller keeps the pace and owns the socket.

use std::collections::VecDeque;

use super::FRAME_SAMPLES;
use super::codec::Codec;
use super::rtp::{RtpHeader, TelephoneEvent, is_digit};

/// A digit lasts 100 ms (RFC 4733 asks for at least 40) and its end is said three times.
const DIGIT_FRAMES: u16 = 5;
const DIGIT_ENDS: u16 = 3;
/// Sound between two digits, so that they are told apart: 60 ms.
const DIGIT_PAUSE_FRAMES: u16 = 3;
const DIGITS_MAX: usize = 64;

#[derive(Debug)]
struct PressedDigit {
    digit: char,
    timestamp: u32,
    frame: u16,
}

/// The sending end of one stream.
#[derive(Debug)]
pub struct Sender {
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    sent: u64,
    talking: bool,
    digits: VecDeque<char>,
    pressed: Option<PressedDigit>,
    pause_frames: u16,
}

impl Sender {
    /// `random` gives SSRC, first sequence number and timestamp (RFC 3550 5.1).
    #[must_use]
    pub fn new(random: u64) -> Self {
        let bytes = random.to_be_bytes();
        let [a, b, c, d, e, f, g, h] = bytes;
        Self {
            ssrc: u32::from_be_bytes([a, b, c, d]),
            sequence: u16::from_be_bytes([e, f]) & 0x7fff,
            timestamp: u32::from_be_bytes([g, h, a, c]),
            sent: 0,
            talking: false,
            digits: VecDeque::new(),
            pressed: None,
            pause_frames: 0,
        }
    }

    /// Presses a digit after those already waiting. False for a character that is no digit, or
    /// too many of them.
    pub fn press(&mut self, digit: char) -> bool {
        let fits = is_digit(digit) && self.digits.len() < DIGITS_MAX;
        if fits {
            self.digits.push_back(digit);
        }
        fits
    }

    #[must_use]
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Time passes without a packet: on hold, or late beyond catching up.
    pub fn skip(&mut self, frames: u32) {
        self.timestamp = self.timestamp.wrapping_add(frames.wrapping_mul(FRAME_SAMPLES as u32));
        self.talking = false;
    }

    /// The packet for the next 20 ms.
    pub fn packet(
        &mut self,
        codec: Codec,
        event_type: Option<u8>,
        frame: &[i16],
        out: &mut Vec<u8>,
    ) {
        out.clear();
        if let Some(event_type) = event_type
            && self.digit_due()
        {
            self.digit_packet(event_type, out);
        } else {
            let marker = !self.talking;
            self.talking = true;
            self.header(codec.payload_type(), marker, self.timestamp).write(out);
            codec.encode(frame, out);
        }
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(FRAME_SAMPLES as u32);
        self.sent += 1;
    }

    fn header(&self, payload_type: u8, marker: bool, timestamp: u32) -> RtpHeader {
        RtpHeader { marker, payload_type, sequence: self.sequence, timestamp, ssrc: self.ssrc }
    }

    fn digit_due(&mut self) -> bool {
        if self.pressed.is_some() {
            return true;
        }
        if self.pause_frames > 0 {
            self.pause_frames -= 1;
            return false;
        }
        let Some(digit) = self.digits.pop_front() else { return false };
        self.pressed = Some(PressedDigit { digit, timestamp: self.timestamp, frame: 0 });
        true
    }

    fn digit_packet(&mut self, event_type: u8, out: &mut Vec<u8>) {
        let Some(mut pressed) = self.pressed.take() else { return };
        pressed.frame += 1;
        let held = pressed.frame.min(DIGIT_FRAMES);
        let end = pressed.frame > DIGIT_FRAMES;
        self.header(event_type, pressed.frame == 1, pressed.timestamp).write(out);
        let duration = held * FRAME_SAMPLES as u16;
        TelephoneEvent { digit: pressed.digit, end, duration }.write(out);
        if pressed.frame < DIGIT_FRAMES + DIGIT_ENDS {
            self.pressed = Some(pressed);
        } else {
            self.pause_frames = DIGIT_PAUSE_FRAMES;
            self.talking = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::receive::Receiver;
    use super::super::rtp;
    use super::*;

    #[test]
    fn digits_interrupt_the_sound_and_are_received_once_each() {
        let mut sender = Sender::new(42);
        assert!(sender.press('1') && sender.press('1') && sender.press('#'));
        assert!(!sender.press('x'));
        let (mut receiver, mut packet, mut sound) = (Receiver::default(), Vec::new(), 0);
        for n in 0..60 {
            sender.packet(Codec::Pcma, Some(101), &[0; 160], &mut packet);
            let (header, payload) = rtp::parse(&packet).unwrap();
            assert!(receiver.arrived(&header, f64::from(n) * 160.0));
            match header.payload_type {
                101 => drop(receiver.digit(&header, TelephoneEvent::parse(payload).unwrap().digit)),
                _ => sound += 1,
            }
        }
        assert_eq!(receiver.digits(), "11#");
        assert_eq!(sound, 60 - 3 * 8);
        assert_eq!(receiver.figures().lost, 0);
    }

    #[test]
    fn a_peer_without_events_gets_sound_only() {
        let (mut sender, mut packet) = (Sender::new(1), Vec::new());
        sender.press('1');
        sender.packet(Codec::Pcmu, None, &[0; 160], &mut packet);
        assert_eq!(rtp::parse(&packet).unwrap().0.payload_type, 0);
    }
}
