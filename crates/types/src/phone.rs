//! A telephone number that does not show itself in logs (PIPL; `domain.md` section 12).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Longest number accepted: E.164 allows 15 digits, prefixes and separators of trunks add a few.
const DIGITS_MAX: usize = 20;
/// Shorter numbers are services, not numbers of another country behind `00` or lines behind `+86`.
const FOREIGN_DIGITS_MIN: usize = 7;

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
    #[error("电话号码只能由数字组成，最前面可以有 +")]
    Character,
    #[error("电话号码应为 2 至 {DIGITS_MAX} 位数字")]
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

    /// The one spelling of a number that carriers write in several: as it is dialled within the country. `+86` and
    /// `0086` go, a mobile number loses its leading 0, a number behind `+86` that is no mobile one gets the 0 of its
    /// area code. Other countries' `00` becomes `+`. What is spelled so already stays.
    #[must_use]
    pub fn national(&self) -> Self {
        let behind_00 = self.0.strip_prefix("00").filter(|rest| rest.len() >= FOREIGN_DIGITS_MIN);
        let abroad = self.0.strip_prefix('+').or(behind_00);
        let home = abroad.and_then(|rest| rest.strip_prefix("86"));
        let text = match (home, abroad) {
            (Some(rest), _) => {
                let rest = rest.strip_prefix('0').unwrap_or(rest);
                if is_mobile(rest) || rest.len() < FOREIGN_DIGITS_MIN {
                    rest.to_owned()
                } else {
                    format!("0{rest}")
                }
            }
            (None, Some(rest)) => format!("+{rest}"),
            (None, None) => match self.0.strip_prefix('0') {
                Some(rest) if is_mobile(rest) => rest.to_owned(),
                _ => self.0.clone(),
            },
        };
        if text.len() < 2 { self.clone() } else { Self(text) }
    }
}

impl Phone {
    /// The number as carriers write it who name the country: `+86` and the number without its leading 0. Public services
    /// and numbers of other countries stay as they are nationally.
    #[must_use]
    pub fn international(&self) -> Self {
        let national = self.national();
        let home = national.0.strip_prefix('0').unwrap_or(&national.0);
        if national.0.starts_with('+') || home.len() < FOREIGN_DIGITS_MIN {
            return national;
        }
        Self(format!("+86{home}"))
    }
}

/// Eleven digits that begin with 13 to 19 (工信部 numbering plan).
fn is_mobile(digits: &str) -> bool {
    let mut bytes = digits.bytes();
    digits.len() == 11
        && bytes.next() == Some(b'1')
        && bytes.next().is_some_and(|second| (b'3'..=b'9').contains(&second))
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
    fn a_number_has_one_national_spelling() {
        for (text, national) in [
            ("13800138000", "13800138000"),
            ("+8613800138000", "13800138000"),
            ("008613800138000", "13800138000"),
            ("013800138000", "13800138000"),
            ("+86-013800138000", "13800138000"),
            ("037161234567", "037161234567"),
            ("+8637161234567", "037161234567"),
            ("0086037161234567", "037161234567"),
            ("01012345678", "01012345678"),
            ("61234567", "61234567"),
            ("+12025550123", "+12025550123"),
            ("0012025550123", "+12025550123"),
            ("12345", "12345"),
            ("+8612345", "12345"),
            ("00", "00"),
            ("+86", "+86"),
        ] {
            let spelled = text.parse::<Phone>().unwrap().national();
            assert_eq!(spelled.reveal(), national, "{text}");
            assert_eq!(spelled.national(), spelled, "{text}");
        }
    }

    #[test]
    fn letters_and_wrong_lengths_are_refused() {
        assert_eq!("agent01".parse::<Phone>(), Err(PhoneError::Character));
        assert_eq!("1".parse::<Phone>(), Err(PhoneError::Length));
        assert_eq!("".parse::<Phone>(), Err(PhoneError::Length));
        assert_eq!("123456789012345678901".parse::<Phone>(), Err(PhoneError::Length));
    }

    #[test]
    fn the_international_spelling_is_the_same_number() {
        for (text, international) in [
            ("13800138000", "+8613800138000"),
            ("037161234567", "+8637161234567"),
            ("+8613800138000", "+8613800138000"),
            ("12345", "12345"),
            ("0044123456789", "+44123456789"),
        ] {
            let phone: Phone = text.parse().unwrap();
            assert_eq!(phone.international().reveal(), international);
            assert_eq!(phone.international().national(), phone.national());
        }
    }
}
