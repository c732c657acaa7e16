//! A telephone number that does not show itself in logs (PIPL; `domain.md` section 12).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Longest number accepted: E.164 allows 15 digits, prefixes and separators of trunks add a few.
const DIGITS_MAX: usize = 20;

/// A telephone number: digits, optionally `+` in front. `Debug` and `Display` show it masked; the
/// whole number is had by [`Phone::reveal`] alone, so that every reading of it can be found.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "sqlx", derive(sqlx::Type), sqlx(transparent))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, example = "13800000000"))]
pub struct Phone(String);

/// Why a text is no telephone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    #[error("a telephone number has digits only, with + in front at most")]
    Character,
    #[error("a telephone number has 2 to {DIGITS_MAX} digits")]
    Length,
}

impl Phone {
    /// The whole number. Call it where a number is dialled, stored or shown to someone entitled.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The number with its middle hidden: `138****5678`; short public numbers stay whole.
    #[must_use]
    pub fn masked(&self) -> String {
        let digits = self.0.len();
        if digits <= 5 {
            return self.0.clone();
        }
        let head = (digits / 3).min(3);
        let tail = digits.div_ceil(3).min(4);
        format!("{}****{}", &self.0[..head], &self.0[digits - tail..])
    }
}

impl FromStr for Phone {
    type Err = PhoneError;

    /// Accepts spaces, dashes and brackets and drops them.
    fn from_str(text: &str) -> Result<Self, PhoneError> {
        let kept: String =
            text.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '.')).collect();
        let digits = kept.strip_prefix('+').unwrap_or(&kept);
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(PhoneError::Character);
        }
        if !(2..=DIGITS_MAX).contains(&digits.len()) {
            return Err(PhoneError::Length);
        }
        Ok(Self(kept))
    }
}

impl TryFrom<String> for Phone {
    type Error = PhoneError;

    fn try_from(text: String) -> Result<Self, PhoneError> {
        text.parse()
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> Self {
        phone.0
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone({})", self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_never_shows_itself_whole() {
        let phone: Phone = "138-0013-8000".parse().unwrap();
        assert_eq!(phone.to_string(), "138****8000");
        assert_eq!(format!("{phone:?}"), "Phone(138****8000)");
        assert_eq!(phone.reveal(), "13800138000");
    }

    #[test]
    fn a_short_public_number_stays_whole() {
        assert_eq!("12345".parse::<Phone>().unwrap().to_string(), "12345");
    }

    #[test]
    fn letters_and_wrong_lengths_are_refused() {
        assert_eq!("agent01".parse::<Phone>(), Err(PhoneError::Character));
        assert_eq!("1".parse::<Phone>(), Err(PhoneError::Length));
        assert_eq!("".parse::<Phone>(), Err(PhoneError::Length));
        assert_eq!("123456789012345678901".parse::<Phone>(), Err(PhoneError::Length));
    }
}
