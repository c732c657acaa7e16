//! Addresses inside headers: name-addr, URIs, parameters (RFC 3261 sections 19.1 and 20.10).

use std::net::{IpAddr, SocketAddr};

/// The URI of a `From`, `To`, `Contact`, `Route` value: what stands in angle brackets, or the text
/// up to the first parameter.
#[must_use]
pub fn uri_of(value: &str) -> &str {
    let after_name = skip_quoted(value);
    match after_name.split_once('<') {
        Some((_, rest)) => rest.split_once('>').map_or(rest, |(uri, _)| uri).trim(),
        None => value.split([';', ',']).next().unwrap_or("").trim(),
    }
}

/// A parameter behind the address (`tag`, `expires`); empty for one without a value.
#[must_use]
pub fn param<'a>(value: &'a str, name: &str) -> Option<&'a str> {
    let after_name = skip_quoted(value);
    let tail = match after_name.split_once('>') {
        Some((_, tail)) => tail,
        None => after_name,
    };
    find_param(tail, name)
}

/// A parameter inside a URI (`transport`).
#[must_use]
pub fn uri_param<'a>(uri: &'a str, name: &str) -> Option<&'a str> {
    find_param(uri.split('?').next().unwrap_or(""), name)
}

/// User part of a `sip:`, `sips:` or `tel:` URI, without its own parameters.
#[must_use]
pub fn user_of(uri: &str) -> Option<&str> {
    let (scheme, rest) = uri.split_once(':')?;
    let user = if scheme.eq_ignore_ascii_case("tel") { rest } else { rest.split_once('@')?.0 };
    let user = user.split([';', ':', '?']).next().unwrap_or("");
    (!user.is_empty()).then_some(user)
}

/// Host and port of a `sip:` URI.
#[must_use]
pub fn host_of(uri: &str) -> Option<(&str, Option<u16>)> {
    let (_, rest) = uri.split_once(':')?;
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    split_host(rest.split([';', '?']).next().unwrap_or("").trim())
}

/// Splits `host[:port]`, `[v6][:port]`.
#[must_use]
pub fn split_host(text: &str) -> Option<(&str, Option<u16>)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, tail) = rest.split_once(']')?;
        return Some((host, tail.strip_prefix(':').and_then(|port| port.parse().ok())));
    }
    match text.split_once(':') {
        Some((host, port)) => Some((host, Some(port.parse().ok()?))),
        None if text.is_empty() => None,
        None => Some((text, None)),
    }
}

/// The socket address of a URI whose host is an IP address.
#[must_use]
pub fn socket_of(uri: &str) -> Option<SocketAddr> {
    let (host, port) = host_of(uri)?;
    Some(SocketAddr::new(host.parse::<IpAddr>().ok()?, port.unwrap_or(5060)))
}

/// Splits a header value at its commas, outside quotes and brackets.
#[must_use]
pub fn split_list(value: &str) -> Vec<&str> {
    let (mut parts, mut from, mut quoted, mut angled) = (Vec::new(), 0, false, false);
    for (at, b) in value.bytes().enumerate() {
        match b {
            b'"' => quoted = !quoted,
            b'<' if !quoted => angled = true,
            b'>' if !quoted => angled = false,
            b',' if !quoted && !angled => {
                parts.push(value[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(value[from..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

fn skip_quoted(value: &str) -> &str {
    let trimmed = value.trim_start();
    let Some(rest) = trimmed.strip_prefix('"') else { return trimmed };
    let mut escaped = false;
    for (at, c) in rest.char_indices() {
        match c {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return &rest[at + 1..],
            _ => escaped = false,
        }
    }
    trimmed
}

fn find_param<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.split(';').skip(1).find_map(|part| {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_are_taken_apart() {
        let from = r#""A; <b> \" c" <sip:alice@10.0.0.1:5070;transport=tcp>; tag = 7 ;x"#;
        assert_eq!(uri_of(from), "sip:alice@10.0.0.1:5070;transport=tcp");
        assert_eq!(param(from, "tag"), Some("7"));
        assert_eq!(user_of(uri_of(from)), Some("alice"));
        assert_eq!(socket_of(uri_of(from)), Some("10.0.0.1:5070".parse().unwrap()));
        assert_eq!(uri_param(uri_of(from), "transport"), Some("tcp"));
        assert_eq!(uri_of("sip:u@h;tag=x"), "sip:u@h");
        assert_eq!(param("sip:u@h;tag=x", "tag"), Some("x"));
        assert_eq!(user_of("tel:+8613800138000;phone-context=cn"), Some("+8613800138000"));
        assert_eq!(socket_of("sip:[::1]:5080"), Some("[::1]:5080".parse().unwrap()));
    }

    #[test]
    fn lists_are_split_outside_quotes_and_brackets() {
        assert_eq!(
            split_list(r#""a,b" <sip:x,y@h>, <sip:z>"#),
            vec![r#""a,b" <sip:x,y@h>"#, "<sip:z>"]
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_the_readers_panic(text in "\\PC{0,80}") {
            let _ = (uri_of(&text), param(&text, "tag"), user_of(&text), socket_of(&text), split_list(&text));
        }
    }
}
