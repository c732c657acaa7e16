//! The one room that draws unseeded random numbers: SIP tags, branches, Call-IDs, SSRCs, seeds.
//! Choices that shape a load (patience, talk time) never come from here but from a printed seed.

/// A random token of 16 hexadecimal characters, for tags, branches and Call-IDs (RFC 3261 19.3).
#[must_use]
pub fn token() -> String {
    format!("{:016x}", number())
}

/// A random number: SSRC, first sequence number, or the seed of a run that was given none.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the room that owns randomness")]
pub fn number() -> u64 {
    rand::random()
}
