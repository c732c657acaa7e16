//! The phone's side of digest authentication (RFC 3261 22, RFC 7616, RFC 8760): reads challenges,
//! picks the strongest it knows (SHA-256 before MD5), computes the answer. It keeps no passwords.

use md5::Md5;
use sha2::{Digest, Sha256};

/// A name and its password.
#[derive(Clone)]
pub struct Credentials {
    pub user: String,
    pub password: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Algorithm {
    Md5,
    Sha256,
}

/// One challenge of a 401 or 407.
#[derive(Debug, Clone)]
pub struct Challenge {
    realm: String,
    nonce: String,
    opaque: Option<String>,
    algorithm: Algorithm,
    qop_auth: bool,
    stale: bool,
}

/// The strongest usable challenge among the values of WWW-Authenticate or Proxy-Authenticate.
pub fn strongest<'a>(values: impl Iterator<Item = &'a str>) -> Option<Challenge> {
    values.filter_map(Challenge::parse).max_by_key(|challenge| challenge.algorithm)
}

impl Challenge {
    fn parse(value: &str) -> Option<Self> {
        let (scheme, rest) = value.trim().split_once(char::is_whitespace)?;
        if !scheme.eq_ignore_ascii_case("Digest") {
            return None;
        }
        let fields = fields(rest);
        let field = |name: &str| {
            fields
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.clone())
        };
        let algorithm = match field("algorithm").as_deref().unwrap_or("MD5") {
            name if name.eq_ignore_ascii_case("MD5") => Algorithm::Md5,
            name if name.eq_ignore_ascii_case("SHA-256") => Algorithm::Sha256,
            _ => return None,
        };
        Some(Self {
            realm: field("realm")?,
            nonce: field("nonce")?,
            opaque: field("opaque"),
            algorithm,
            qop_auth: field("qop").is_some_and(|qop| qop.split(',').any(|q| q.trim() == "auth")),
            stale: field("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true")),
        })
    }

    /// True when only the nonce was too old: the same password may be tried again.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.stale
    }

    /// The value of Authorization or Proxy-Authorization for a request.
    /// `cnonce` is a fresh random token; the nonce count is always 1 as each answer is sent once.
    #[must_use]
    pub fn answer(&self, who: &Credentials, method: &str, uri: &str, cnonce: &str) -> String {
        let a1 = self.hash(&format!("{}:{}:{}", who.user, self.realm, who.password));
        let a2 = self.hash(&format!("{method}:{uri}"));
        let nonce = &self.nonce;
        let (response, qop) = if self.qop_auth {
            let response = self.hash(&format!("{a1}:{nonce}:00000001:{cnonce}:auth:{a2}"));
            (response, format!(", qop=auth, nc=00000001, cnonce=\"{cnonce}\""))
        } else {
            (self.hash(&format!("{a1}:{nonce}:{a2}")), String::new())
        };
        let algorithm = match self.algorithm {
            Algorithm::Md5 => "MD5",
            Algorithm::Sha256 => "SHA-256",
        };
        let opaque = self.opaque.as_ref().map_or(String::new(), |o| format!(", opaque=\"{o}\""));
        format!(
            "Digest username=\"{}\", realm=\"{}\", nonce=\"{nonce}\", uri=\"{uri}\", \
             response=\"{response}\", algorithm={algorithm}{qop}{opaque}",
            who.user, self.realm
        )
    }

    fn hash(&self, text: &str) -> String {
        match self.algorithm {
            Algorithm::Md5 => hex::encode(Md5::digest(text.as_bytes())),
            Algorithm::Sha256 => hex::encode(Sha256::digest(text.as_bytes())),
        }
    }
}

/// `key=value` pairs, values quoted or not, commas inside quotes kept.
fn fields(text: &str) -> Vec<(String, String)> {
    let (mut quoted, mut parts, mut part) = (false, Vec::new(), String::new());
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => parts.push(std::mem::take(&mut part)),
            _ => part.push(c),
        }
    }
    parts.push(part);
    let pair = |part: String| {
        part.split_once('=').map(|(k, v)| (k.trim().to_owned(), v.trim().to_owned()))
    };
    parts.into_iter().filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7616 3.9.1, for both algorithms.
    #[test]
    fn answers_match_rfc_7616() {
        let who = Credentials { user: "Mufasa".into(), password: "Circle of Life".into() };
        let common = "realm=\"http-auth@example.org\", qop=\"auth, auth-int\", \
            nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", \
            opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"";
        let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
        for (algorithm, expected) in [
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
            ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ] {
            let value = format!("Digest {common}, algorithm={algorithm}");
            let answer =
                Challenge::parse(&value).unwrap().answer(&who, "GET", "/dir/index.html", cnonce);
            assert!(answer.contains(&format!("response=\"{expected}\"")), "{algorithm}: {answer}");
        }
    }

    #[test]
    fn the_strongest_known_challenge_wins() {
        let values = [
            "Digest realm=\"r\", nonce=\"1\"",
            "Digest realm=\"r\", nonce=\"2\", algorithm=SHA-256, stale=TRUE",
            "Digest realm=\"r\", nonce=\"3\", algorithm=SHA-512-256",
            "Bearer x",
        ];
        let best = strongest(values.into_iter()).unwrap();
        assert_eq!(best.nonce, "2");
        assert!(best.is_stale());
    }
}
