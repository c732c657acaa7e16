//! Short codes that people and data files use as names.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Longest code, in bytes.
const CODE_LEN_MAX: usize = 64;

/// Why a text is no code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a {kind}: {text:?} (1 to {CODE_LEN_MAX} of A-Z a-z 0-9 . _ -)")]
pub struct CodeError {
    kind: &'static str,
    text: String,
}

macro_rules! code {
    ($($(#[$doc:meta])* $name:ident = $kind:literal,)+) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        #[cfg_attr(feature = "sqlx", derive(sqlx::Type), sqlx(transparent))]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String))]
        pub struct $name(String);

        impl $name {
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = CodeError;

            fn from_str(text: &str) -> Result<Self, CodeError> {
                let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
                if (1..=CODE_LEN_MAX).contains(&text.len()) && text.bytes().all(known) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(CodeError { kind: $kind, text: text.to_owned() })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = CodeError;

            fn try_from(text: String) -> Result<Self, CodeError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(code: $name) -> Self {
                code.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    )+};
}

code! {
    /// A hotline centre: a county or a city with its own queue (`qingyuan`).
    CentreId = "centre",
    /// 承办单位: a handling unit (`U14`, `U06T`, `P02`, `T03`).
    UnitCode = "unit code",
    /// A leaf or branch of the taxonomy: 2, 4 or 6 digits LLMMSS (`060401`).
    CategoryCode = "category code",
    /// 技能组: a skill that a call can ask for and an agent can have (`general`, `enterprise`).
    SkillCode = "skill",
    /// 队列: calls that are waited for, ordered and given to agents by the same rules (`enterprise`, `emergency`).
    QueueCode = "queue",
    /// One SIP gateway (`gw1`).
    GatewayId = "gateway",
    /// A configured SIP trunk of a gateway (`carrier-a`).
    TrunkName = "trunk",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_short_plain_ascii() {
        assert_eq!("U06T".parse::<UnitCode>().unwrap().as_str(), "U06T");
        assert!("".parse::<UnitCode>().is_err());
        assert!("U 14".parse::<UnitCode>().is_err());
        assert!("城管局".parse::<UnitCode>().is_err());
        assert!("x".repeat(65).parse::<CentreId>().is_err());
    }
}
