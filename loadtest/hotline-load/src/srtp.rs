//! SRTP of one direction (RFC 3711, RFC 7714), as lean as a generator needs it: one source, no
//! extensions of its own, no SRTCP. Keys come from DTLS (RFC 5764). It must not know sockets.

use std::fmt;

use str0m::crypto::dtls::{KeyingMaterial, SrtpProfile};
use str0m::crypto::{
    AeadAes128Gcm, AeadAes128GcmCipher, AeadAes256Gcm, AeadAes256GcmCipher, Aes128CmSha1_80,
    Aes128CmSha1_80Cipher, CryptoProvider,
};

use crate::probe::PACKET_LEN;

/// A fixed RTP header.
const HEADER_LEN: usize = 12;
/// The longest tag of all profiles.
pub const TAG_LEN_MAX: usize = 16;
/// Room for a packet of the generator under protection.
pub const PROTECTED_LEN_MAX: usize = PACKET_LEN + TAG_LEN_MAX;
/// Longest packet that is looked into; sound of the generator is shorter.
const PLAIN_LEN_MAX: usize = 1_500;

const LABEL_KEY: u8 = 0;
const LABEL_AUTHENTICATION: u8 = 1;
const LABEL_SALT: u8 = 2;

/// What protects one direction.
pub struct Cipher {
    kind: Kind,
    crypto: CryptoProvider,
    plain: Vec<u8>,
}

enum Kind {
    Counter { cipher: Box<dyn Aes128CmSha1_80Cipher>, authentication: [u8; 20], salt: [u8; 14] },
    Gcm128 { cipher: Box<dyn AeadAes128GcmCipher>, salt: [u8; 12] },
    Gcm256 { cipher: Box<dyn AeadAes256GcmCipher>, salt: [u8; 12] },
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cipher").finish_non_exhaustive()
    }
}

impl Cipher {
    /// The direction of the DTLS client's packets, or of the server's. `None` for keying material of
    /// another length or an unknown profile.
    #[must_use]
    pub fn new(
        crypto: &CryptoProvider,
        profile: SrtpProfile,
        material: &KeyingMaterial,
        of_client: bool,
    ) -> Option<Self> {
        let factory = crypto.srtp_provider;
        let kind = match profile {
            SrtpProfile::AES128_CM_SHA1_80 => {
                let master = Master::<16, 14>::of(material, of_client)?;
                let cipher = factory.aes_128_cm_sha1_80();
                Kind::Counter {
                    cipher: cipher.create_cipher(master.derive(crypto, LABEL_KEY), true),
                    authentication: master.derive(crypto, LABEL_AUTHENTICATION),
                    salt: master.derive(crypto, LABEL_SALT),
                }
            }
            SrtpProfile::AEAD_AES_128_GCM => {
                let master = Master::<16, 12>::of(material, of_client)?;
                let cipher = factory.aead_aes_128_gcm();
                Kind::Gcm128 {
                    cipher: cipher.create_cipher(master.derive(crypto, LABEL_KEY), true),
                    salt: master.derive(crypto, LABEL_SALT),
                }
            }
            SrtpProfile::AEAD_AES_256_GCM => {
                let master = Master::<32, 12>::of(material, of_client)?;
                let cipher = factory.aead_aes_256_gcm();
                Kind::Gcm256 {
                    cipher: cipher.create_cipher(master.derive(crypto, LABEL_KEY), true),
                    salt: master.derive(crypto, LABEL_SALT),
                }
            }
            _ => return None,
        };
        Some(Self { kind, crypto: crypto.clone(), plain: vec![0; PLAIN_LEN_MAX] })
    }

    /// Protects a packet; `index` is its sequence number with all turn-overs. Gives the length.
    pub fn protect(
        &mut self,
        packet: &[u8; PACKET_LEN],
        index: u64,
        out: &mut [u8; PROTECTED_LEN_MAX],
    ) -> Option<usize> {
        let (header, payload) = packet.split_at(HEADER_LEN);
        let (ssrc, roc, sequence) = (ssrc_of(header)?, turns(index), sequence_of(header)?);
        let (head, body) = out.split_at_mut(HEADER_LEN);
        head.copy_from_slice(header);
        match &mut self.kind {
            Kind::Counter { cipher, authentication, salt } => {
                let iv = Aes128CmSha1_80::rtp_iv(*salt, ssrc, index);
                cipher.encrypt(&iv, payload, body).ok()?;
                let hmac = |key: &[u8], parts: &[&[u8]]| {
                    self.crypto.sha1_hmac_provider.sha1_hmac(key, parts)
                };
                Aes128CmSha1_80::rtp_hmac(hmac, authentication, out, index, PACKET_LEN);
                Some(PACKET_LEN + Aes128CmSha1_80::HMAC_TAG_LEN)
            }
            Kind::Gcm128 { cipher, salt } => {
                let iv = AeadAes128Gcm::rtp_iv(*salt, ssrc, roc, sequence);
                cipher.encrypt(&iv, header, payload, body).ok()?;
                Some(PACKET_LEN + AeadAes128Gcm::TAG_LEN)
            }
            Kind::Gcm256 { cipher, salt } => {
                let iv = AeadAes256Gcm::rtp_iv(*salt, ssrc, roc, sequence);
                cipher.encrypt(&iv, header, payload, body).ok()?;
                Some(PACKET_LEN + AeadAes256Gcm::TAG_LEN)
            }
        }
    }

    /// Fixed header and payload of a protected packet; `None` where it is not genuine.
    pub fn unprotect(&mut self, packet: &[u8], index: u64) -> Option<&[u8]> {
        let header_len = header_len(packet)?;
        if packet.len() < header_len + TAG_LEN_MAX || packet.len() > PLAIN_LEN_MAX {
            return None;
        }
        let (header, body) = packet.split_at(header_len);
        let (ssrc, roc, sequence) = (ssrc_of(header)?, turns(index), sequence_of(header)?);
        let (head, rest) = self.plain.split_at_mut(HEADER_LEN);
        head.copy_from_slice(header.get(..HEADER_LEN)?);
        let length = match &mut self.kind {
            Kind::Counter { cipher, authentication, salt } => {
                let (signed, tag) = packet.split_at(packet.len() - Aes128CmSha1_80::HMAC_TAG_LEN);
                let hmac = |key: &[u8], parts: &[&[u8]]| {
                    self.crypto.sha1_hmac_provider.sha1_hmac(key, parts)
                };
                if !Aes128CmSha1_80::rtp_verify(hmac, authentication, signed, index, tag) {
                    return None;
                }
                let iv = Aes128CmSha1_80::rtp_iv(*salt, ssrc, index);
                let payload = signed.get(header_len..)?;
                cipher.decrypt(&iv, payload, rest).ok()?;
                payload.len()
            }
            Kind::Gcm128 { cipher, salt } => {
                let iv = AeadAes128Gcm::rtp_iv(*salt, ssrc, roc, sequence);
                cipher.decrypt(&iv, &[header], body, rest).ok()?
            }
            Kind::Gcm256 { cipher, salt } => {
                let iv = AeadAes256Gcm::rtp_iv(*salt, ssrc, roc, sequence);
                cipher.decrypt(&iv, &[header], body, rest).ok()?
            }
        };
        self.plain.get(..HEADER_LEN + length)
    }
}

/// Key and salt that the session's keys are derived from.
struct Master<const KEY: usize, const SALT: usize> {
    key: [u8; KEY],
    salt: [u8; SALT],
}

impl<const KEY: usize, const SALT: usize> Master<KEY, SALT> {
    /// The material is client key, server key, client salt, server salt (RFC 5764 section 4.2).
    fn of(material: &[u8], of_client: bool) -> Option<Self> {
        let which = usize::from(!of_client);
        let (keys, salts) = material.split_at_checked(2 * KEY)?;
        let key = keys.chunks_exact(KEY).nth(which)?.try_into().ok()?;
        let salt = salts.chunks_exact(SALT).nth(which)?.try_into().ok()?;
        (salts.len() == 2 * SALT).then_some(Self { key, salt })
    }

    /// RFC 3711 section 4.3 with a derivation rate of 0.
    fn derive<const LEN: usize>(&self, crypto: &CryptoProvider, label: u8) -> [u8; LEN] {
        let mut input = [0_u8; 16];
        for (place, byte) in input.iter_mut().zip(self.salt) {
            *place = byte;
        }
        input[7] ^= label;
        let mut derived = [0; LEN];
        for (round, piece) in derived.chunks_mut(16).enumerate() {
            input[15] = u8::try_from(round).unwrap_or(u8::MAX);
            // The provider pads: it wants room for two blocks.
            let mut block = [0; 32];
            if KEY == 32 {
                crypto.srtp_provider.srtp_aes_256_ecb_round(&self.key, &input, &mut block);
            } else {
                crypto.srtp_provider.srtp_aes_128_ecb_round(&self.key, &input, &mut block);
            }
            for (place, byte) in piece.iter_mut().zip(block) {
                *place = byte;
            }
        }
        derived
    }
}

/// Follows the turn-overs of sequence numbers that arrive (RFC 3711 section 3.3.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Index {
    highest: Option<u64>,
}

impl Index {
    /// The index that a sequence number most likely has.
    #[must_use]
    pub fn guess(&self, sequence: u16) -> u64 {
        let Some(highest) = self.highest else { return u64::from(sequence) };
        let near = (highest & !0xffff) | u64::from(sequence);
        if near + 0x8000 < highest {
            near + 0x1_0000
        } else if near > highest + 0x8000 && near >= 0x1_0000 {
            near - 0x1_0000
        } else {
            near
        }
    }

    /// A packet of that index was genuine.
    pub fn note(&mut self, index: u64) {
        self.highest = Some(self.highest.map_or(index, |highest| highest.max(index)));
    }
}

/// The sequence number of an RTP packet.
#[must_use]
pub fn sequence_of(packet: &[u8]) -> Option<u16> {
    Some(u16::from_be_bytes(packet.get(2..4)?.try_into().ok()?))
}

/// The fixed header, contributing sources and an extension (RFC 3550 section 5.1, 5.3.1).
fn header_len(packet: &[u8]) -> Option<usize> {
    let first = *packet.first()?;
    let fixed = HEADER_LEN + 4 * usize::from(first & 0x0f);
    if first & 0x10 == 0 {
        return Some(fixed);
    }
    let words = packet.get(fixed + 2..fixed + 4)?;
    Some(fixed + 4 + 4 * usize::from(u16::from_be_bytes(words.try_into().ok()?)))
}

fn ssrc_of(packet: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(packet.get(8..12)?.try_into().ok()?))
}

/// How often the sequence number has turned over.
fn turns(index: u64) -> u32 {
    u32::try_from(index >> 16).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use str0m::crypto::from_feature_flags;

    use super::*;
    use crate::probe::Probe;

    fn material(length: usize) -> KeyingMaterial {
        KeyingMaterial::new(&(0..=255).take(length).collect::<Vec<u8>>())
    }

    fn packet(number: u32) -> [u8; PACKET_LEN] {
        let mut packet = [0; PACKET_LEN];
        Probe { stream: 3, number, in_window: true, sent_ns: 9 }.write(&mut packet);
        packet
    }

    #[test]
    fn what_is_protected_is_read_back_and_nothing_else() {
        let crypto = from_feature_flags();
        for (profile, length) in [
            (SrtpProfile::AES128_CM_SHA1_80, 60),
            (SrtpProfile::AEAD_AES_128_GCM, 56),
            (SrtpProfile::AEAD_AES_256_GCM, 88),
        ] {
            let cipher = |client| Cipher::new(&crypto, profile, &material(length), client).unwrap();
            let (mut one, mut other, mut foreign) = (cipher(true), cipher(true), cipher(false));
            let mut out = [0; PROTECTED_LEN_MAX];
            // After a turn-over of the sequence number.
            let (plain, index) = (packet(65_540), 65_540);
            let length = one.protect(&plain, index, &mut out).unwrap();
            assert_ne!(out[12..172], plain[12..172], "{profile}");
            assert_eq!(other.unprotect(&out[..length], index).unwrap(), plain);
            assert_eq!(other.unprotect(&out[..length], 4), None, "another turn");
            assert_eq!(foreign.unprotect(&out[..length], index), None, "the other's key");
            out[20] ^= 1;
            assert_eq!(other.unprotect(&out[..length], index), None, "changed under way");
        }
        assert!(Cipher::new(&crypto, SrtpProfile::AEAD_AES_128_GCM, &material(60), true).is_none());
    }

    #[test]
    fn the_length_of_a_header_counts_sources_and_extensions() {
        assert_eq!(header_len(&packet(1)), Some(12));
        let mut long = [0; 40];
        long[0] = 0x92;
        long[23] = 2;
        assert_eq!(header_len(&long), Some(12 + 8 + 4 + 8));
        assert_eq!(header_len(&long[..20]), None);
        assert_eq!(header_len(&[]), None);
    }

    /// The vectors of RFC 3711 appendix B.3.
    #[test]
    fn keys_are_derived_as_the_standard_says() {
        let key = 0xe1f9_7a0d_3e01_8be0_d64f_a32c_06de_4139_u128.to_be_bytes();
        let mut salt = [0; 14];
        salt.copy_from_slice(&0x0ec6_75ad_498a_feeb_b696_0b3a_abe6_u128.to_be_bytes()[2..]);
        let (master, crypto) = (Master { key, salt }, from_feature_flags());
        let cipher = 0xc61e_7a93_744f_39ee_1073_4afe_3ff7_a087_u128.to_be_bytes();
        assert_eq!(master.derive(&crypto, LABEL_KEY), cipher);
        let salt: [u8; 14] = master.derive(&crypto, LABEL_SALT);
        assert_eq!(salt, 0x30cb_bc08_863d_8c85_d49d_b34a_9ae1_u128.to_be_bytes()[2..]);
        let authentication: [u8; 20] = master.derive(&crypto, LABEL_AUTHENTICATION);
        assert_eq!(&authentication[..4], [0xce, 0xbe, 0x32, 0x1f]);
    }

    #[test]
    fn sequence_numbers_are_followed_over_their_end_and_back() {
        let mut index = Index::default();
        assert_eq!(index.guess(65_000), 65_000);
        index.note(65_000);
        assert_eq!(index.guess(10), 65_546);
        index.note(65_546);
        assert_eq!(index.guess(65_535), 65_535, "a late one of before");
        assert_eq!(index.guess(11), 65_547);
    }
}
