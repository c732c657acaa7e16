//! The single-use token with which a browser softphone opens its WebSocket at the gateway.
//!
//! The server issues it to a signed-in page, the gateway checks it without asking anybody.

use base64_url::{decode, encode};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use types::{AgentId, DeviceId, SessionId, Timestamp};

use crate::proof::mac;

/// How long a token may be used after it was issued, in seconds.
pub const TOKEN_LIFE_S: u64 = 60;

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoftphoneClaims {
    pub agent: AgentId,
    /// The page's softphone: the same whenever one and the same page connects again (R17).
    pub device: DeviceId,
    /// The softphone that the same tab had before it was loaded again; it is gone for sure.
    #[serde(default)]
    pub replaces: Option<DeviceId>,
    pub session: SessionId,
    /// The account name, which is the user part of her address of record.
    pub username: String,
    pub expires_at: Timestamp,
    /// 16 random bytes in hex: a gateway accepts it once.
    pub nonce: String,
    /// The page has asked to take over from another live page of the same agent.
    pub take_over: bool,
}

/// Why a token was not accepted. The page shows what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("not a softphone token: sign in again")]
    Malformed,
    #[error(
        "the token was not issued by this hotline: compare `softphone.token_key` of both programs"
    )]
    WrongKey,
    #[error("the token has expired: the page must fetch a new one")]
    Expired,
}

impl SoftphoneClaims {
    /// The token: `base64url(claims).base64url(mac)`.
    ///
    /// # Errors
    /// None in practice: the claims are plain data.
    pub fn sign(&self, key: &[u8]) -> Result<String, serde_json::Error> {
        let body = encode(&serde_json::to_vec(self)?);
        let seal = encode(&mac(key, &["softphone", &body]));
        Ok(format!("{body}.{seal}"))
    }

    /// Reads a token and checks seal and age; the gateway itself refuses a used `nonce`.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn verify(token: &str, key: &[u8], now: Timestamp) -> Result<Self, TokenError> {
        let (body, seal) = token.split_once('.').ok_or(TokenError::Malformed)?;
        let seal = decode(seal).ok_or(TokenError::Malformed)?;
        if !bool::from(mac(key, &["softphone", body]).ct_eq(&seal)) {
            return Err(TokenError::WrongKey);
        }
        let bytes = decode(body).ok_or(TokenError::Malformed)?;
        let claims: Self = serde_json::from_slice(&bytes).map_err(|_| TokenError::Malformed)?;
        if now > claims.expires_at {
            return Err(TokenError::Expired);
        }
        Ok(claims)
    }
}

/// base64url without padding (RFC 4648 section 5).
mod base64_url {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    pub(super) fn encode(bytes: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(bytes)
    }

    pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
        URL_SAFE_NO_PAD.decode(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims() -> SoftphoneClaims {
        SoftphoneClaims {
            agent: AgentId::from_u128(1),
            device: DeviceId::from_u128(2),
            replaces: None,
            session: SessionId::from_u128(3),
            username: "agent01".into(),
            expires_at: Timestamp::from_micros(60_000_000),
            nonce: "00".repeat(16),
            take_over: false,
        }
    }

    #[test]
    fn a_token_is_read_back_until_it_expires() {
        let token = claims().sign(b"key").unwrap();
        assert_eq!(
            SoftphoneClaims::verify(&token, b"key", Timestamp::from_micros(60_000_000)),
            Ok(claims())
        );
        assert_eq!(
            SoftphoneClaims::verify(&token, b"key", Timestamp::from_micros(60_000_001)),
            Err(TokenError::Expired)
        );
    }

    #[test]
    fn a_changed_token_is_refused() {
        let token = claims().sign(b"key").unwrap();
        let now = Timestamp::from_micros(0);
        assert_eq!(SoftphoneClaims::verify(&token, b"other", now), Err(TokenError::WrongKey));
        assert_eq!(
            SoftphoneClaims::verify(&format!("A{token}"), b"key", now),
            Err(TokenError::WrongKey)
        );
        assert_eq!(SoftphoneClaims::verify("nonsense", b"key", now), Err(TokenError::Malformed));
    }
}
