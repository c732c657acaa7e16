//! The server side of digest authentication (RFC 8760, RFC 7616): MD5 and SHA-256, `qop=auth`,
//! nonces that expire and carry their own seal, counters that never repeat. Credentials are hashes
//! that the server sends over the link.

use std::collections::HashMap;

use gateway_protocol::DigestCredential;
use md5::Md5;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use types::{AgentId, Timestamp};

/// How long a nonce is good, in seconds; after that the phone gets a new one with `stale=true`.
const NONCE_LIFE_S: u64 = 300;
/// Nonces whose counters are remembered.
const NONCES_MAX: usize = 20_000;

/// What a challenge may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Algorithm {
    #[serde(rename = "SHA-256")]
    Sha256,
    #[serde(rename = "MD5")]
    Md5,
}

impl Algorithm {
    fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Md5 => "MD5",
        }
    }
}

/// Who may register by digest.
#[derive(Debug)]
pub struct DigestServer {
    realm: String,
    algorithms: Vec<Algorithm>,
    seal: [u8; 16],
    credentials: HashMap<String, DigestCredential>,
    /// Highest counter seen per nonce, and when the nonce was made.
    counters: HashMap<String, (u32, Timestamp)>,
}

/// What an `Authorization` header was worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Accepted {
        agent: AgentId,
        username: String,
    },
    /// 401 with these `WWW-Authenticate` values. Unknown name and wrong password look the same.
    Challenge(Vec<String>),
}

impl DigestServer {
    #[must_use]
    pub fn new(realm: impl Into<String>, seal: [u8; 16], algorithms: Vec<Algorithm>) -> Self {
        let (credentials, counters) = (HashMap::new(), HashMap::new());
        Self { realm: realm.into(), algorithms, seal, credentials, counters }
    }

    /// Replaces the credentials; gives the agents that have none any more.
    pub fn replace(&mut self, credentials: Vec<DigestCredential>) -> Vec<AgentId> {
        let fresh: HashMap<_, _> =
            credentials.into_iter().map(|c| (c.username.clone(), c)).collect();
        let gone = self
            .credentials
            .values()
            .filter(|old| fresh.get(&old.username) != Some(old))
            .map(|old| old.agent)
            .collect();
        self.credentials = fresh;
        gone
    }

    /// Judges a request's `Authorization` (empty where there is none).
    pub fn check(
        &mut self,
        method: &str,
        authorization: &str,
        now: Timestamp,
        random: u64,
    ) -> Outcome {
        let fields = Fields::read(authorization);
        let Some(fields) = fields else { return self.challenge(now, random, false) };
        let genuine = self.is_own_nonce(&fields.nonce);
        let fresh = genuine && self.nonce_age_s(&fields.nonce, now) <= NONCE_LIFE_S;
        let proven = self.proves(method, &fields);
        match proven {
            Some((agent, username)) if fresh && self.count(&fields, now) => {
                Outcome::Accepted { agent, username }
            }
            // `stale` is said only to one who knows the password.
            Some(_) if genuine => self.challenge(now, random, true),
            _ => self.challenge(now, random, false),
        }
    }

    fn challenge(&self, now: Timestamp, random: u64, stale: bool) -> Outcome {
        let nonce = self.make_nonce(now, random);
        let stale = if stale { ", stale=true" } else { "" };
        let line = |algorithm| {
            format!(
                "Digest realm=\"{}\", nonce=\"{nonce}\", qop=\"auth\", algorithm={algorithm}{stale}",
                self.realm
            )
        };
        Outcome::Challenge(self.algorithms.iter().map(|one| line(one.name())).collect())
    }

    fn make_nonce(&self, now: Timestamp, random: u64) -> String {
        let stamp = format!("{:x}-{random:016x}", now.as_micros());
        format!("{stamp}-{}", self.sign(&stamp))
    }

    fn sign(&self, stamp: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(self.seal);
        hash.update(stamp.as_bytes());
        hash.update(self.seal);
        hex::encode(hash.finalize()).chars().take(32).collect()
    }

    fn is_own_nonce(&self, nonce: &str) -> bool {
        nonce.rsplit_once('-').is_some_and(|(stamp, seal)| same(seal, &self.sign(stamp)))
    }

    fn nonce_age_s(&self, nonce: &str, now: Timestamp) -> u64 {
        let made = nonce.split('-').next().and_then(|hex| i64::from_str_radix(hex, 16).ok());
        made.map_or(u64::MAX, |micros| now.since(Timestamp::from_micros(micros)).as_secs())
    }

    fn proves(&self, method: &str, fields: &Fields) -> Option<(AgentId, String)> {
        let known = self.credentials.get(&fields.username);
        // An unknown name costs the same computation as a known one.
        let (ha1_md5, ha1_sha256) =
            known.map_or(("", ""), |c| (c.ha1_md5.as_str(), c.ha1_sha256.as_str()));
        let (ha1, hash): (&str, fn(&str) -> String) = match fields.algorithm.as_str() {
            "" | "MD5" if self.algorithms.contains(&Algorithm::Md5) => {
                (ha1_md5, |text| hex::encode(Md5::digest(text)))
            }
            "SHA-256" if self.algorithms.contains(&Algorithm::Sha256) => {
                (ha1_sha256, |text| hex::encode(Sha256::digest(text)))
            }
            _ => return None,
        };
        let ha2 = hash(&format!("{method}:{}", fields.uri));
        let expected = if fields.qop == "auth" {
            let Fields { nonce, nc, cnonce, .. } = fields;
            hash(&format!("{ha1}:{nonce}:{nc}:{cnonce}:auth:{ha2}"))
        } else {
            return None;
        };
        let right = same(&expected, &fields.response.to_ascii_lowercase());
        let known = known.filter(|_| right && fields.realm == self.realm)?;
        Some((known.agent, known.username.clone()))
    }

    /// Whether the counter of this nonce is new; remembers it.
    fn count(&mut self, fields: &Fields, now: Timestamp) -> bool {
        let Ok(nc) = u32::from_str_radix(&fields.nc, 16) else { return false };
        if self.counters.len() >= NONCES_MAX {
            self.counters.retain(|_, (_, at)| now.since(*at).as_secs() <= NONCE_LIFE_S);
        }
        let (highest, _) = self.counters.entry(fields.nonce.clone()).or_insert((0, now));
        let new = nc > *highest;
        if new {
            *highest = nc;
        }
        new
    }
}

#[derive(Debug, Default)]
struct Fields {
    username: String,
    realm: String,
    nonce: String,
    uri: String,
    response: String,
    algorithm: String,
    qop: String,
    nc: String,
    cnonce: String,
}

impl Fields {
    fn read(header: &str) -> Option<Self> {
        let rest = header.trim();
        let scheme = rest.get(..7)?;
        if !scheme.eq_ignore_ascii_case("digest ") {
            return None;
        }
        let mut fields = Self::default();
        for part in crate::sip::address::split_list(rest.get(7..)?) {
            let (name, value) = part.split_once('=')?;
            let value = value.trim().trim_matches('"').to_owned();
            match name.trim().to_ascii_lowercase().as_str() {
                "username" => fields.username = value,
                "realm" => fields.realm = value,
                "nonce" => fields.nonce = value,
                "uri" => fields.uri = value,
                "response" => fields.response = value,
                "algorithm" => fields.algorithm = value.to_ascii_uppercase(),
                "qop" => fields.qop = value,
                "nc" => fields.nc = value,
                "cnonce" => fields.cnonce = value,
                _ => {}
            }
        }
        Some(fields)
    }
}

fn same(a: &str, b: &str) -> bool {
    bool::from(a.as_bytes().ct_eq(b.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server() -> DigestServer {
        let mut server =
            DigestServer::new("hotline", [7; 16], vec![Algorithm::Sha256, Algorithm::Md5]);
        let agent = AgentId::from_u128(1);
        let credential = DigestCredential::of_password(agent, "desk01", "hotline", "secret");
        server.replace(vec![credential]);
        server
    }

    fn at(s: i64) -> Timestamp {
        Timestamp::from_micros(s * 1_000_000)
    }

    fn nonce(server: &mut DigestServer, now: Timestamp) -> String {
        let Outcome::Challenge(lines) = server.check("REGISTER", "", now, 9) else { panic!() };
        lines[0].split("nonce=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    }

    fn header(nonce: &str, password: &str, sha256: bool, nc: &str) -> String {
        let hash = |text: String| {
            if sha256 { hex::encode(Sha256::digest(text)) } else { hex::encode(Md5::digest(text)) }
        };
        let ha1 = hash(format!("desk01:hotline:{password}"));
        let ha2 = hash("REGISTER:sip:h".to_owned());
        let response = hash(format!("{ha1}:{nonce}:{nc}:c:auth:{ha2}"));
        let algorithm = if sha256 { "SHA-256" } else { "MD5" };
        format!(
            "Digest username=\"desk01\", realm=\"hotline\", nonce=\"{nonce}\", uri=\"sip:h\", \
             response=\"{response}\", algorithm={algorithm}, qop=auth, nc={nc}, cnonce=\"c\""
        )
    }

    #[test]
    fn both_algorithms_let_the_right_password_in_once_per_counter() {
        for sha256 in [false, true] {
            let mut server = server();
            let nonce = nonce(&mut server, at(0));
            let first = header(&nonce, "secret", sha256, "00000001");
            assert!(matches!(server.check("REGISTER", &first, at(1), 1), Outcome::Accepted { .. }));
            assert!(matches!(server.check("REGISTER", &first, at(1), 1), Outcome::Challenge(_)));
            let second = header(&nonce, "secret", sha256, "0000000a");
            assert!(matches!(
                server.check("REGISTER", &second, at(2), 1),
                Outcome::Accepted { .. }
            ));
        }
    }

    #[test]
    fn a_wrong_password_and_an_unknown_name_get_the_same_answer() {
        let mut server = server();
        let nonce = nonce(&mut server, at(0));
        let wrong = server.check("REGISTER", &header(&nonce, "x", true, "00000001"), at(1), 5);
        let unknown = header(&nonce, "secret", true, "00000001").replace("desk01", "nobody");
        assert_eq!(wrong, server.check("REGISTER", &unknown, at(1), 5));
        let Outcome::Challenge(lines) = wrong else { panic!() };
        assert!(!lines[0].contains("stale"));
    }

    #[test]
    fn an_old_nonce_is_stale_and_a_foreign_one_is_not() {
        let mut server = server();
        let old = nonce(&mut server, at(0));
        let late = server.check("REGISTER", &header(&old, "secret", true, "00000001"), at(301), 5);
        let Outcome::Challenge(lines) = late else { panic!() };
        assert!(lines[0].ends_with("stale=true"));
        let foreign = header("1-2-3", "secret", true, "00000001");
        let Outcome::Challenge(lines) = server.check("REGISTER", &foreign, at(1), 5) else {
            panic!()
        };
        assert!(!lines[0].contains("stale"));
    }
}
