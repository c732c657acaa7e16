//! How the two ends of the link prove themselves: an HMAC over a fresh nonce with the key they share.
//!
//! The gateway sends `Authorization: Hotline-Gateway <gateway>:<unix seconds>:<nonce>:<hex mac>`,
//! the server answers with `Hotline-Link-Proof: <hex mac>` over the same nonce. Loopback or TLS
//! keeps the messages private; this keeps strangers out.

use std::str::FromStr;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use types::{GatewayId, Timestamp};

/// Header that carries the gateway's proof.
pub const GATEWAY_PROOF_HEADER: &str = "authorization";
/// Header of the upgrade response that carries the server's proof.
pub const SERVER_PROOF_HEADER: &str = "hotline-link-proof";
/// How far the two clocks may differ, in seconds.
pub const PROOF_AGE_S_MAX: u64 = 60;

const SCHEME: &str = "Hotline-Gateway ";

/// What a gateway says of itself when it opens the link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayProof {
    pub gateway: GatewayId,
    /// Seconds since 1970.
    pub at_s: i64,
    /// 16 random bytes in hex; the server remembers it for [`PROOF_AGE_S_MAX`] twice over.
    pub nonce: String,
    mac: Vec<u8>,
}

/// Why a proof was not accepted. The text is for the log; the peer hears only 401.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    #[error("the Authorization header is not `Hotline-Gateway <gateway>:<seconds>:<nonce>:<mac>`")]
    Malformed,
    #[error("the proof does not fit the link key: compare `gateway.link_key` of both programs")]
    WrongKey,
    #[error("the proof is too old or from the future: compare the clocks of both machines")]
    Stale,
}

impl GatewayProof {
    /// Makes the proof of `gateway` over a fresh `nonce`.
    #[must_use]
    pub fn make(key: &[u8], gateway: GatewayId, now: Timestamp, nonce: [u8; 16]) -> Self {
        let at_s = now.as_micros() / 1_000_000;
        let nonce = hex::encode(nonce);
        let mac = mac(key, &["gateway", gateway.as_str(), &at_s.to_string(), &nonce]);
        Self { gateway, at_s, nonce, mac }
    }

    /// The header's value.
    #[must_use]
    pub fn header(&self) -> String {
        format!("{SCHEME}{}:{}:{}:{}", self.gateway, self.at_s, self.nonce, hex::encode(&self.mac))
    }

    /// # Errors
    /// [`ProofError::WrongKey`], [`ProofError::Stale`]. The caller refuses repeated nonces.
    pub fn check(&self, key: &[u8], now: Timestamp) -> Result<(), ProofError> {
        let at = self.at_s.to_string();
        let expected = mac(key, &["gateway", self.gateway.as_str(), &at, &self.nonce]);
        if !bool::from(expected.ct_eq(&self.mac)) {
            return Err(ProofError::WrongKey);
        }
        if (now.as_micros() / 1_000_000).abs_diff(self.at_s) > PROOF_AGE_S_MAX {
            return Err(ProofError::Stale);
        }
        Ok(())
    }

    /// The server's answer to this proof.
    #[must_use]
    pub fn answer(&self, key: &[u8]) -> String {
        hex::encode(mac(key, &["server", &self.nonce]))
    }

    /// Whether `header` is the answer of a server that knows the key.
    #[must_use]
    pub fn answered_by(&self, key: &[u8], header: &str) -> bool {
        hex::decode(header)
            .is_ok_and(|got| bool::from(mac(key, &["server", &self.nonce]).ct_eq(&got)))
    }
}

impl FromStr for GatewayProof {
    type Err = ProofError;

    fn from_str(header: &str) -> Result<Self, ProofError> {
        let mut parts = header.strip_prefix(SCHEME).ok_or(ProofError::Malformed)?.split(':');
        let mut next = || parts.next().ok_or(ProofError::Malformed);
        let gateway = next()?.parse().map_err(|_| ProofError::Malformed)?;
        let at_s = next()?.parse().map_err(|_| ProofError::Malformed)?;
        let nonce = next()?.to_owned();
        let mac = hex::decode(next()?).map_err(|_| ProofError::Malformed)?;
        if nonce.len() != 32 || !nonce.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(ProofError::Malformed);
        }
        Ok(Self { gateway, at_s, nonce, mac })
    }
}

/// HMAC-SHA256 over length-prefixed parts, so that no two lists of parts give the same bytes.
pub(crate) fn mac(key: &[u8], parts: &[&str]) -> Vec<u8> {
    // HMAC takes keys of any length (RFC 2104 section 2), so there is no error to report.
    let Ok(mut hmac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    for part in parts {
        hmac.update(&(part.len() as u64).to_be_bytes());
        hmac.update(part.as_bytes());
    }
    hmac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = b"a key of at least thirty-two bytes";

    fn proof() -> GatewayProof {
        GatewayProof::make(
            KEY,
            "gw1".parse().unwrap(),
            Timestamp::from_micros(1_000_000_000),
            [7; 16],
        )
    }

    #[test]
    fn a_proof_survives_its_header_and_passes() {
        let read: GatewayProof = proof().header().parse().unwrap();
        assert_eq!(read.check(KEY, Timestamp::from_micros(1_060_000_000)), Ok(()));
        assert!(read.answered_by(KEY, &proof().answer(KEY)));
    }

    #[test]
    fn another_key_an_old_proof_and_another_gateway_are_refused() {
        let now = Timestamp::from_micros(1_000_000_000);
        assert_eq!(proof().check(b"another key", now), Err(ProofError::WrongKey));
        assert_eq!(
            proof().check(KEY, Timestamp::from_micros(1_061_000_000)),
            Err(ProofError::Stale)
        );
        let forged = proof().header().replace("gw1", "gw2");
        assert_eq!(
            forged.parse::<GatewayProof>().unwrap().check(KEY, now),
            Err(ProofError::WrongKey)
        );
        assert!(!proof().answered_by(KEY, &proof().answer(b"another key")));
    }
}
