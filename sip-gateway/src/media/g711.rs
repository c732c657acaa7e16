//! G.711 (RFC 3551 section 4.5.14): tables between A-law, mu-law and linear samples. No state.

use std::sync::LazyLock;

use audio_codec_algorithms::{
    convert_alaw_to_ulaw, convert_ulaw_to_alaw, decode_alaw, decode_ulaw, encode_alaw,
};

/// Samples of one 20 ms frame at 8 kHz, and bytes of it in G.711.
pub const FRAME_SAMPLES: usize = 160;

/// A-law code of silence.
pub const ALAW_SILENCE: u8 = 0xd5;

/// The two codecs a leg may speak; the number is the static RTP payload type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    Pcma,
    Pcmu,
}

impl Codec {
    /// Static payload type (RFC 3551 table 4).
    pub const fn payload_type(self) -> u8 {
        match self {
            Self::Pcma => 8,
            Self::Pcmu => 0,
        }
    }

    /// The codec of a static payload type.
    pub const fn of_payload_type(payload_type: u8) -> Option<Self> {
        match payload_type {
            8 => Some(Self::Pcma),
            0 => Some(Self::Pcmu),
            _ => None,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Pcma => "PCMA",
            Self::Pcmu => "PCMU",
        }
    }

    /// The linear value of one code.
    pub fn decode(self, code: u8) -> i16 {
        match self {
            Self::Pcma => TABLES.alaw_linear[usize::from(code)],
            Self::Pcmu => TABLES.ulaw_linear[usize::from(code)],
        }
    }
}

/// Rewrites codes of `from` as codes of `to`.
pub fn transcode(from: Codec, to: Codec, codes: &mut [u8]) {
    let table = match (from, to) {
        (Codec::Pcma, Codec::Pcmu) => &TABLES.alaw_ulaw,
        (Codec::Pcmu, Codec::Pcma) => &TABLES.ulaw_alaw,
        (Codec::Pcma, Codec::Pcma) | (Codec::Pcmu, Codec::Pcmu) => return,
    };
    for code in codes {
        *code = table[usize::from(*code)];
    }
}

/// The A-law code of a linear sample.
pub fn alaw(sample: i16) -> u8 {
    encode_alaw(sample)
}

struct Tables {
    alaw_linear: [i16; 256],
    ulaw_linear: [i16; 256],
    alaw_ulaw: [u8; 256],
    ulaw_alaw: [u8; 256],
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let mut tables = Tables {
        alaw_linear: [0; 256],
        ulaw_linear: [0; 256],
        alaw_ulaw: [0; 256],
        ulaw_alaw: [0; 256],
    };
    for code in 0..=u8::MAX {
        let index = usize::from(code);
        tables.alaw_linear[index] = decode_alaw(code);
        tables.ulaw_linear[index] = decode_ulaw(code);
        tables.alaw_ulaw[index] = convert_alaw_to_ulaw(code);
        tables.ulaw_alaw[index] = convert_ulaw_to_alaw(code);
    }
    tables
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_nearly_zero_and_codes_survive_decoding() {
        assert!(Codec::Pcma.decode(ALAW_SILENCE).abs() <= 8);
        for code in 0..=u8::MAX {
            assert_eq!(alaw(Codec::Pcma.decode(code)), code);
        }
    }

    #[test]
    fn transcoding_keeps_the_level() {
        for sample in (-30_000_i16..30_000).step_by(997) {
            let mut code = [alaw(sample)];
            transcode(Codec::Pcma, Codec::Pcmu, &mut code);
            let heard = Codec::Pcmu.decode(code[0]);
            let error = (i32::from(heard) - i32::from(sample)).abs();
            assert!(error <= 64 + i32::from(sample).abs() / 12, "{sample} became {heard}");
        }
    }
}
