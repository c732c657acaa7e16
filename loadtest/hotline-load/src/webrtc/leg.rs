//! One leg: connectivity checks, the DTLS handshake, then protected packets; checks go on every
//! 2.5 s, as browsers' do (consent, RFC 7675).

use std::fmt;
use std::net::SocketAddr;

use str0m::crypto::CryptoProvider;
use str0m::crypto::dtls::{DtlsCert, DtlsInstance, DtlsOutput, DtlsVersion, SrtpProfile};
use str0m::ice::{StunMessage, TransId};

use super::{LocalEnd, RemoteEnd, Role};
use crate::clock::{self, MS_NS};
use crate::probe::PACKET_LEN;
use crate::srtp::{self, Cipher, Index, PROTECTED_LEN_MAX};

/// From one check to the next while nothing has answered, and afterwards.
const CHECK_NS: u64 = 100 * MS_NS;
const CONSENT_NS: u64 = 2_500 * MS_NS;
/// Of a host candidate (RFC 8445 section 5.1.2.1), as the peer would see it by its check.
const PRIORITY: u32 = 1_862_270_975;
const DATAGRAM_MAX: usize = 2_048;

/// How far a leg is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Checking,
    Handshake,
    Connected,
    Failed,
}

/// What every leg of a process shares.
#[derive(Debug, Clone)]
pub struct Identity {
    pub crypto: CryptoProvider,
    pub certificate: DtlsCert,
    pub fingerprint: [u8; 32],
}

impl Identity {
    /// A new certificate; `None` where the library cannot make one.
    #[must_use]
    pub fn new() -> Option<Self> {
        let crypto = str0m::crypto::from_feature_flags();
        let certificate = crypto.dtls_provider.generate_certificate()?;
        let fingerprint = crypto.sha256_provider.sha256(&certificate.certificate);
        Some(Self { crypto, certificate, fingerprint })
    }
}

struct Keys {
    out: Cipher,
    inward: Cipher,
    index: Index,
}

/// One leg.
pub struct Leg {
    identity: Identity,
    local: LocalEnd,
    remote: RemoteEnd,
    role: Role,
    phase: Phase,
    check: TransId,
    next_check_ns: u64,
    dtls: Box<dyn DtlsInstance>,
    dtls_due_ns: u64,
    keys: Option<Keys>,
    profile: Option<SrtpProfile>,
    /// Datagrams to be sent to the remote address.
    pub out: Vec<Vec<u8>>,
}

impl fmt::Debug for Leg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leg").field("phase", &self.phase).finish_non_exhaustive()
    }
}

impl Leg {
    /// A leg that begins to check; `None` where the library gives no DTLS.
    #[must_use]
    pub fn new(
        identity: &Identity,
        local: LocalEnd,
        remote: RemoteEnd,
        role: Role,
        now_ns: u64,
    ) -> Option<Self> {
        let provider = identity.crypto.dtls_provider;
        let (now, version) = (clock::instant(now_ns), DtlsVersion::Dtls12);
        let mut dtls = provider.new_dtls(&identity.certificate, now, version, None).ok()?;
        dtls.set_active(role.dtls_client);
        Some(Self {
            identity: identity.clone(),
            local,
            remote,
            role,
            phase: Phase::Checking,
            check: TransId::new(),
            next_check_ns: now_ns,
            dtls,
            dtls_due_ns: u64::MAX,
            keys: None,
            profile: None,
            out: Vec::new(),
        })
    }

    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase
    }

    #[must_use]
    pub fn profile(&self) -> Option<SrtpProfile> {
        self.profile
    }

    #[must_use]
    pub fn remote(&self) -> std::net::SocketAddrV4 {
        self.remote.address
    }

    /// Checks and handshake messages that are due.
    pub fn tick(&mut self, now_ns: u64) {
        if self.phase == Phase::Failed {
            return;
        }
        if now_ns >= self.next_check_ns {
            self.send_check();
            let checking = self.phase == Phase::Checking;
            self.next_check_ns = now_ns + if checking { CHECK_NS } else { CONSENT_NS };
        }
        if self.phase == Phase::Handshake && now_ns >= self.dtls_due_ns {
            self.drive_dtls(now_ns);
        }
    }

    fn hmac(&self) -> impl Fn(&[u8], &[&[u8]]) -> [u8; 20] + use<> {
        let provider = self.identity.crypto.sha1_hmac_provider;
        move |key, parts| provider.sha1_hmac(key, parts)
    }

    fn send_check(&mut self) {
        self.check = TransId::new();
        let user = format!("{}:{}", self.remote.ufrag, self.local.ufrag);
        let tie_breaker = u64::from(self.local.address.port());
        let controlling = self.role.controlling;
        let check = StunMessage::binding_request(
            &user,
            self.check,
            controlling,
            tie_breaker,
            PRIORITY,
            controlling,
        );
        let key = self.remote.pwd.clone();
        self.send_stun(check, key.as_bytes());
    }

    fn send_stun(&mut self, message: StunMessage<'_>, key: &[u8]) {
        let mut buffer = [0; 512];
        if let Ok(length) = message.to_bytes(Some(key), &mut buffer, self.hmac()) {
            self.out.extend(buffer.get(..length).map(<[u8]>::to_vec));
        }
    }

    /// Takes a datagram that is no RTP: STUN (first byte below 4) or DTLS (20 to 63; RFC 7983).
    pub fn receive(&mut self, datagram: &[u8], now_ns: u64) {
        match datagram.first() {
            Some(0..=3) => self.receive_stun(datagram, now_ns),
            Some(20..=63) if self.phase != Phase::Failed => {
                // It wants to know the time before its first packet.
                let now = clock::instant(now_ns);
                let taken =
                    self.dtls.handle_timeout(now).and_then(|()| self.dtls.handle_packet(datagram));
                match taken {
                    Ok(()) => self.drive_dtls(now_ns),
                    Err(_) => self.phase = Phase::Failed,
                }
            }
            _ => {}
        }
    }

    fn receive_stun(&mut self, datagram: &[u8], now_ns: u64) {
        let Ok(message) = StunMessage::parse(datagram) else { return };
        if message.is_binding_request() {
            if message.verify(self.local.pwd.as_bytes(), self.hmac()) {
                let from = SocketAddr::V4(self.remote.address);
                let reply = StunMessage::binding_reply(message.trans_id(), from);
                let key = self.local.pwd.clone();
                self.send_stun(reply, key.as_bytes());
            }
        } else if message.is_successful_binding_response()
            && message.trans_id() == self.check
            && message.verify(self.remote.pwd.as_bytes(), self.hmac())
            && self.phase == Phase::Checking
        {
            self.phase = Phase::Handshake;
            self.drive_dtls(now_ns);
        }
    }

    /// Lets DTLS do what is due and takes what it has to say.
    fn drive_dtls(&mut self, now_ns: u64) {
        if self.phase == Phase::Checking {
            // The way is not known to be open; what has come waits inside.
            return;
        }
        if self.dtls.handle_timeout(clock::instant(now_ns)).is_err() {
            self.phase = Phase::Failed;
            return;
        }
        let mut buffer = vec![0; DATAGRAM_MAX];
        loop {
            match self.dtls.poll_output(&mut buffer) {
                DtlsOutput::Packet(packet) => self.out.push(packet.to_vec()),
                DtlsOutput::Timeout(at) => {
                    self.dtls_due_ns = clock::ns_of(at);
                    return;
                }
                DtlsOutput::PeerCert(certificate) => {
                    let print = self.identity.crypto.sha256_provider.sha256(certificate);
                    if print != self.remote.fingerprint {
                        self.phase = Phase::Failed;
                    }
                }
                DtlsOutput::KeyingMaterial(material, profile) => {
                    let cipher = |of_client| {
                        Cipher::new(&self.identity.crypto, profile, &material, of_client)
                    };
                    let client = self.role.dtls_client;
                    let (out, inward) = (cipher(client), cipher(!client));
                    self.profile = Some(profile);
                    self.keys = out.zip(inward).map(|(out, inward)| Keys {
                        out,
                        inward,
                        index: Index::default(),
                    });
                    if self.keys.is_some() && self.phase == Phase::Handshake {
                        self.phase = Phase::Connected;
                    }
                }
                DtlsOutput::BufferTooSmall { needed } => buffer.resize(needed, 0),
                _ => {}
            }
        }
    }

    /// Protects a packet with that index; `None` while there are no keys.
    pub fn protect(
        &mut self,
        packet: &[u8; PACKET_LEN],
        index: u64,
        out: &mut [u8; PROTECTED_LEN_MAX],
    ) -> Option<usize> {
        self.keys.as_mut()?.out.protect(packet, index, out)
    }

    /// A packet of sound that has come; `None` where it is none (RTCP), or not genuine.
    pub fn unprotect(&mut self, packet: &[u8]) -> Option<&[u8]> {
        let keys = self.keys.as_mut()?;
        // RTCP has types of 192 to 223 (RFC 5761 section 4).
        if packet.get(1).is_none_or(|kind| (192..=223).contains(kind)) {
            return None;
        }
        let index = keys.index.guess(srtp::sequence_of(packet)?);
        let plain = keys.inward.unprotect(packet, index)?;
        keys.index.note(index);
        Some(plain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::Probe;

    fn end(identity: &Identity, name: &str, port: u16) -> LocalEnd {
        LocalEnd {
            address: std::net::SocketAddrV4::new([127, 0, 0, 1].into(), port),
            ufrag: format!("{name}frag"),
            pwd: format!("{name}-0123456789abcdef012345"),
            fingerprint: identity.fingerprint,
        }
    }

    fn pair(tamper: impl FnOnce(&mut RemoteEnd)) -> (Leg, Leg) {
        let identity = Identity::new().unwrap();
        let (a, b) = (end(&identity, "a", 1), end(&identity, "b", 2));
        let mut remote = b.clone().seen();
        tamper(&mut remote);
        let passive = Role { controlling: false, dtls_client: false };
        let now_ns = clock::now_ns();
        let mut one = Leg::new(&identity, a.clone(), remote, Role::OFFERER, now_ns).unwrap();
        let mut other = Leg::new(&identity, b, a.seen(), passive, now_ns).unwrap();
        for turn in 0..200 {
            let now_ns = now_ns + turn * 20 * MS_NS;
            one.tick(now_ns);
            other.tick(now_ns);
            for datagram in std::mem::take(&mut one.out) {
                other.receive(&datagram, now_ns);
            }
            for datagram in std::mem::take(&mut other.out) {
                one.receive(&datagram, now_ns);
            }
        }
        (one, other)
    }

    #[test]
    fn two_legs_find_each_other_and_hear_each_others_sound() {
        let (mut one, mut other) = pair(|_| {});
        assert_eq!((one.phase(), other.phase()), (Phase::Connected, Phase::Connected));
        assert_eq!(one.profile(), other.profile());
        let probe = Probe { stream: 1, number: 5, in_window: false, sent_ns: 7 };
        let (mut packet, mut out) = ([0; PACKET_LEN], [0; PROTECTED_LEN_MAX]);
        probe.write(&mut packet);
        let length = one.protect(&packet, 5, &mut out).unwrap();
        assert_eq!(other.unprotect(&out[..length]).and_then(Probe::read), Some(probe));
        let length = other.protect(&packet, 5, &mut out).unwrap();
        assert_eq!(one.unprotect(&out[..length]).and_then(Probe::read), Some(probe));
        assert_eq!(one.unprotect(&[0x80, 200, 0, 1]), None, "RTCP");
    }

    #[test]
    fn another_certificate_or_another_password_gives_no_leg() {
        let (one, _) = pair(|remote| remote.fingerprint = [0; 32]);
        assert_eq!(one.phase(), Phase::Failed);
        let (one, _) = pair(|remote| remote.pwd = "guessed-0123456789abcdef".to_owned());
        assert_eq!(one.phase(), Phase::Checking);
    }
}
