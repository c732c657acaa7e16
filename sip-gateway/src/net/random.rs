//! The gateway's only source of randomness: ids, tags, branches, SSRCs, nonces, port choices.

use rand::Rng;

/// 32 random bits (SSRC, ports).
#[must_use]
pub fn random_u32() -> u32 {
    u32::from_be_bytes(bytes())
}

/// 64 random bits (tags, branches).
#[must_use]
pub fn random_u64() -> u64 {
    u64::from_be_bytes(bytes())
}

/// 128 random bits (the random part of ids).
#[must_use]
pub fn random_u128() -> u128 {
    u128::from_be_bytes(bytes())
}

/// 16 random bytes (nonces).
#[must_use]
pub fn bytes16() -> [u8; 16] {
    bytes()
}

#[expect(clippy::disallowed_methods, reason = "the gateway's one random source")]
fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_draws_differ() {
        assert_ne!(random_u128(), random_u128());
        assert_ne!(bytes16(), [0; 16]);
    }
}
