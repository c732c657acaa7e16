//! Which sources may send calls, to which numbers, how many at once.

use std::net::IpAddr;
use std::str::FromStr;

use serde::Deserialize;
use types::TrunkName;

/// A block of addresses: `10.1.0.0/16`, `2001:db8::/32`, or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Cidr {
    base: IpAddr,
    bits: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an address block such as 10.1.0.0/16: {0:?}")]
pub struct CidrError(String);

impl Cidr {
    #[must_use]
    pub fn contains(self, addr: IpAddr) -> bool {
        match (self.base, addr.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(addr)) => {
                let mask = u32::MAX.checked_shl(u32::from(32 - self.bits)).unwrap_or(0);
                base.to_bits() & mask == addr.to_bits() & mask
            }
            (IpAddr::V6(base), IpAddr::V6(addr)) => {
                let mask = u128::MAX.checked_shl(u32::from(128 - self.bits)).unwrap_or(0);
                base.to_bits() & mask == addr.to_bits() & mask
            }
            _ => false,
        }
    }
}

impl FromStr for Cidr {
    type Err = CidrError;

    fn from_str(text: &str) -> Result<Self, CidrError> {
        let error = || CidrError(text.to_owned());
        let (base, bits) = text.split_once('/').map_or((text, None), |(b, n)| (b, Some(n)));
        let base: IpAddr = base.parse().map_err(|_| error())?;
        let most = if base.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), |n| n.parse().map_err(|_| error()))?;
        if bits > most { Err(error()) } else { Ok(Self { base, bits }) }
    }
}

impl TryFrom<String> for Cidr {
    type Error = CidrError;

    fn try_from(text: String) -> Result<Self, CidrError> {
        text.parse()
    }
}

/// One carrier or platform that sends calls.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trunk {
    pub name: TrunkName,
    /// Who may send; everyone else gets 403.
    pub sources: Vec<Cidr>,
    /// Dialled numbers that are served; everything else gets 404.
    pub numbers: Vec<String>,
    /// Calls at once; the next gets 503 with `Retry-After`.
    #[serde(default = "calls_max")]
    pub calls_max: usize,
}

fn calls_max() -> usize {
    1_000
}

/// Why a call was not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotServed {
    /// 403.
    Source,
    /// 404.
    Number,
}

impl NotServed {
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::Source => 403,
            Self::Number => 404,
        }
    }
}

/// The trunk of a call from `source` to `dialled`. Several trunks may share a source; the number
/// then decides.
///
/// # Errors
/// [`NotServed`].
pub fn admit<'a>(
    trunks: &'a [Trunk],
    source: IpAddr,
    dialled: &str,
) -> Result<&'a Trunk, NotServed> {
    let mut known = false;
    for trunk in trunks.iter().filter(|t| t.sources.iter().any(|cidr| cidr.contains(source))) {
        known = true;
        if trunk.numbers.iter().any(|number| number == dialled) {
            return Ok(trunk);
        }
    }
    Err(if known { NotServed::Number } else { NotServed::Source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_contain_what_they_should() {
        let cases = [
            ("10.1.0.0/16", "10.1.255.1", true),
            ("10.1.0.0/16", "10.2.0.1", false),
            ("0.0.0.0/0", "8.8.8.8", true),
            ("10.1.2.3", "10.1.2.3", true),
            ("10.1.2.3", "::ffff:10.1.2.3", true),
            ("2001:db8::/32", "2001:db8:1::1", true),
            ("2001:db8::/32", "10.1.2.3", false),
        ];
        for (block, addr, inside) in cases {
            let block: Cidr = block.parse().unwrap();
            assert_eq!(block.contains(addr.parse().unwrap()), inside, "{block:?} {addr}");
        }
        assert!("10.0.0.0/33".parse::<Cidr>().is_err());
        assert!("ten/8".parse::<Cidr>().is_err());
    }

    #[test]
    fn a_call_needs_a_known_source_and_a_served_number() {
        let trunk = Trunk {
            name: "carrier-a".parse().unwrap(),
            sources: vec!["10.0.0.0/8".parse().unwrap()],
            numbers: vec!["12345".into()],
            calls_max: 1,
        };
        let trunks = [trunk];
        let from = |text: &str| text.parse::<IpAddr>().unwrap();
        assert!(admit(&trunks, from("10.0.0.1"), "12345").is_ok());
        assert_eq!(admit(&trunks, from("10.0.0.1"), "110").unwrap_err(), NotServed::Number);
        assert_eq!(admit(&trunks, from("11.0.0.1"), "12345").unwrap_err(), NotServed::Source);
    }
}
