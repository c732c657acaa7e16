//! SIP addresses: `sip:user@host:port;params`. Resolves a host to a socket address; DNS SRV is not
//! used. It must not know messages.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use crate::error::PhoneError;

/// Longest address that is read, in bytes.
const URI_MAX_BYTES: usize = 512;
const DEFAULT_PORT: u16 = 5060;

/// A `sip:` or `sips:` address without headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SipUri {
    /// Empty for an address without user part.
    pub user: String,
    /// Name or address; IPv6 without brackets.
    pub host: String,
    pub port: Option<u16>,
    /// Everything after the first `;`, without it.
    pub params: String,
}

impl FromStr for SipUri {
    type Err = PhoneError;

    fn from_str(text: &str) -> Result<Self, PhoneError> {
        parse(text).ok_or_else(|| PhoneError::Uri(text.chars().take(80).collect()))
    }
}

fn parse(text: &str) -> Option<SipUri> {
    if text.len() > URI_MAX_BYTES || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return None;
    }
    let (scheme, rest) = text.split_once(':')?;
    if !scheme.eq_ignore_ascii_case("sip") && !scheme.eq_ignore_ascii_case("sips") {
        return None;
    }
    let rest = rest.split('?').next()?;
    let (user, host_part) = rest.rsplit_once('@').unwrap_or(("", rest));
    let (host_port, params) = host_part.split_once(';').unwrap_or((host_part, ""));
    let (host, port) = split_host_port(host_port)?;
    let user = user.split(':').next().unwrap_or_default();
    Some(SipUri { user: user.to_owned(), host: host.to_owned(), port, params: params.to_owned() })
}

fn split_host_port(text: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match text.strip_prefix('[') {
        Some(v6) => {
            let (host, rest) = v6.split_once(']')?;
            (host, rest.strip_prefix(':'))
        }
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    if host.is_empty() || !host.chars().all(known) {
        return None;
    }
    let port = port
        .map(|p| p.parse::<u16>().ok().filter(|p| *p != 0))
        .map_or(Some(None), |p| p.map(Some))?;
    Some((host, port))
}

impl fmt::Display for SipUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sip:")?;
        if !self.user.is_empty() {
            write!(f, "{}@", self.user)?;
        }
        if self.host.contains(':') {
            write!(f, "[{}]", self.host)?;
        } else {
            f.write_str(&self.host)?;
        }
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        if !self.params.is_empty() {
            write!(f, ";{}", self.params)?;
        }
        Ok(())
    }
}

impl SipUri {
    /// An address of `user` at a socket address.
    #[must_use]
    pub fn at(user: &str, address: SocketAddr) -> Self {
        Self {
            user: user.to_owned(),
            host: address.ip().to_string(),
            port: Some(address.port()),
            params: String::new(),
        }
    }

    /// The socket address that requests to this address go to (RFC 3263 without NAPTR and SRV).
    ///
    /// # Errors
    /// [`PhoneError::Host`] when the name has no address.
    pub async fn resolve(&self) -> Result<SocketAddr, PhoneError> {
        let port = self.port.unwrap_or(DEFAULT_PORT);
        if let Ok(ip) = self.host.parse::<IpAddr>() {
            return Ok(SocketAddr::new(ip, port));
        }
        let failed = |reason: String| PhoneError::Host { host: self.host.clone(), reason };
        let found = tokio::net::lookup_host((self.host.as_str(), port))
            .await
            .map_err(|error| failed(error.to_string()))?;
        let mut addresses: Vec<SocketAddr> = found.collect();
        addresses.sort_by_key(SocketAddr::is_ipv6);
        addresses.first().copied().ok_or_else(|| failed("no address".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written_back() {
        for text in [
            "sip:12345@127.0.0.1:5060",
            "sip:agent01@hotline.local;transport=tcp",
            "sip:[::1]:5070",
        ] {
            assert_eq!(text.parse::<SipUri>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn bad_addresses_are_refused_with_a_hint() {
        for text in
            ["12345", "tel:12345", "sip:", "sip:a@b:port", "sip:a@b:0", "sip:a@b c", "http://x"]
        {
            let error = text.parse::<SipUri>().unwrap_err();
            assert!(error.to_string().contains("sip:12345@"), "{error}");
            assert!(error.chinese().contains("SIP 地址"));
        }
    }
}
