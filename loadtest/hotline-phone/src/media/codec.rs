//! The two G.711 laws and their static payload types (RFC 3551).

use audio_codec_algorithms::{decode_alaw, decode_ulaw, encode_alaw, encode_ulaw};

/// A codec the phone speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, clap::ValueEnum)]
#[serde(rename_all = "UPPERCASE")]
pub enum Codec {
    Pcma,
    Pcmu,
}

impl Codec {
    #[must_use]
    pub fn payload_type(self) -> u8 {
        match self {
            Self::Pcma => 8,
            Self::Pcmu => 0,
        }
    }

    #[must_use]
    pub fn from_payload_type(payload_type: u8) -> Option<Self> {
        match payload_type {
            8 => Some(Self::Pcma),
            0 => Some(Self::Pcmu),
            _ => None,
        }
    }

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pcma => "PCMA",
            Self::Pcmu => "PCMU",
        }
    }

    pub fn encode(self, samples: &[i16], out: &mut Vec<u8>) {
        let law = match self {
            Self::Pcma => encode_alaw,
            Self::Pcmu => encode_ulaw,
        };
        out.extend(samples.iter().map(|sample| law(*sample)));
    }

    #[must_use]
    pub fn decode(self, payload: &[u8]) -> Vec<i16> {
        let law = match self {
            Self::Pcma => decode_alaw,
            Self::Pcmu => decode_ulaw,
        };
        payload.iter().map(|byte| law(*byte)).collect()
    }
}
