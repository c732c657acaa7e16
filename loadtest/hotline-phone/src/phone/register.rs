//! Registration (RFC 3261 10): digest, refresh at half the granted time, removal. The registrar's
//! view of this phone; calls do not depend on it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::exchange::exchange;
use super::{AGENT, Ua};
use crate::error::PhoneError;
use crate::sip::digest;
use crate::sip::message::{Message, StartLine, address, param};
use crate::sip::transport::Received;
use crate::sip::uri::SipUri;

/// After a refresh that failed.
const RETRY: Duration = Duration::from_secs(5);
const EXPIRES_MAX_S: u64 = 86_400;

/// Where and as whom to register.
#[derive(Debug, Clone)]
pub struct RegisterOptions {
    /// `sip:127.0.0.1:5060`.
    pub registrar: String,
    /// The address of record's user; its host is the registrar's unless `domain` says otherwise.
    pub user: String,
    pub domain: Option<String>,
    /// Wished for; the registrar decides.
    pub expires_s: u64,
}

/// A registration that is kept alive. Dropping it stops the refresh and leaves the binding to
/// expire; [`Registration::unregister`] removes it.
#[derive(Debug)]
pub struct Registration {
    state: watch::Receiver<bool>,
    stop: CancellationToken,
    task: Option<tokio::task::JoinHandle<()>>,
}

impl Registration {
    /// Whether the last refresh succeeded.
    #[must_use]
    pub fn is_registered(&self) -> bool {
        *self.state.borrow()
    }

    /// Waits for the state to change and returns it.
    pub async fn changed(&mut self) -> bool {
        if self.state.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
        *self.state.borrow_and_update()
    }

    /// Removes the binding and waits for the registrar's answer.
    pub async fn unregister(mut self) {
        self.stop.cancel();
        if let Some(task) = self.task.take() {
            drop(task.await);
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

struct Registrant {
    ua: Arc<Ua>,
    options: RegisterOptions,
    registrar: SipUri,
    peer: SocketAddr,
    aor: String,
    call_id: String,
    tag: String,
    sequence: u32,
    inbox: mpsc::Receiver<Received>,
}

impl Drop for Registrant {
    fn drop(&mut self) {
        self.ua.close_inbox(&self.call_id);
    }
}

pub(super) async fn register(
    ua: &Arc<Ua>,
    options: RegisterOptions,
) -> Result<Registration, PhoneError> {
    let registrar: SipUri = options.registrar.parse()?;
    let peer = registrar.resolve().await?;
    let host = options.domain.clone().unwrap_or_else(|| registrar.host.clone());
    let call_id = format!("{}@{}", crate::entropy::token(), ua.address_towards(peer).ip());
    let inbox = ua.open_inbox(&call_id).ok_or(PhoneError::Closed)?;
    let mut registrant = Registrant {
        ua: Arc::clone(ua),
        aor: format!("sip:{}@{host}", options.user),
        registrar,
        peer,
        call_id,
        tag: crate::entropy::token(),
        sequence: 0,
        inbox,
        options,
    };
    let granted = registrant.bind(registrant.options.expires_s.min(EXPIRES_MAX_S)).await?;
    let (sender, state) = watch::channel(true);
    let stop = CancellationToken::new();
    let task = tokio::spawn(keep(registrant, granted, sender, stop.clone()));
    Ok(Registration { state, stop, task: Some(task) })
}

async fn keep(
    mut who: Registrant,
    granted: Duration,
    state: watch::Sender<bool>,
    stop: CancellationToken,
) {
    let mut pause = granted / 2;
    loop {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => {
                if let Err(error) = who.bind(0).await {
                    tracing::warn!(user = who.options.user, %error, "sip.unregister_failed");
                }
                return;
            }
        }
        let wished = who.options.expires_s.min(EXPIRES_MAX_S);
        let refreshed = who.bind(wished).await;
        state.send_replace(refreshed.is_ok());
        pause = match refreshed {
            Ok(granted) => granted / 2,
            Err(error) => {
                tracing::warn!(user = who.options.user, %error, "sip.refresh_failed");
                RETRY
            }
        };
    }
}

impl Registrant {
    /// Registers for `expires_s` seconds (0 removes); the time granted.
    async fn bind(&mut self, expires_s: u64) -> Result<Duration, PhoneError> {
        let mut authorization: Option<(&str, String)> = None;
        for _ in 0..3 {
            let request = self.request(expires_s, authorization.take());
            let response = exchange(&self.ua, &request, self.peer, &mut self.inbox).await;
            let response = response.ok_or_else(|| self.refused(408, "no response"))?;
            let status = response.status().unwrap_or(0);
            match status {
                200..300 => return Ok(self.granted(&response, expires_s)),
                401 => {
                    authorization = self.authorize(&response, "WWW-Authenticate", "Authorization");
                }
                407 => {
                    authorization =
                        self.authorize(&response, "Proxy-Authenticate", "Proxy-Authorization");
                }
                _ => {}
            }
            let wrong_password = request.get("Authorization").is_some() && !is_stale(&response);
            if authorization.is_none() || wrong_password {
                let reason = match &response.start {
                    StartLine::Response { reason, .. } => reason.as_str(),
                    StartLine::Request { .. } => "",
                };
                return Err(self.refused(status, reason));
            }
        }
        Err(self.refused(401, "challenged again and again"))
    }

    fn refused(&self, status: u16, reason: &str) -> PhoneError {
        let (user, reason) = (self.options.user.clone(), reason.to_owned());
        PhoneError::Register { user, status, reason }
    }

    fn request(&mut self, expires_s: u64, authorization: Option<(&str, String)>) -> Message {
        self.sequence += 1;
        let ours = self.ua.address_towards(self.peer);
        let mut request = Message::request("REGISTER", &self.registrar.to_string());
        request.push("Via", self.ua.via(ours));
        request.push("Max-Forwards", "70");
        request.push("From", format!("<{}>;tag={}", self.aor, self.tag));
        request.push("To", format!("<{}>", self.aor));
        request.push("Call-ID", self.call_id.clone());
        request.push("CSeq", format!("{} REGISTER", self.sequence));
        request.push(
            "Contact",
            format!("{};expires={expires_s}", self.ua.contact(&self.options.user, ours)),
        );
        request.push("Expires", expires_s.to_string());
        request.push("User-Agent", AGENT);
        if let Some((name, value)) = authorization {
            request.push(name, value);
        }
        request
    }

    fn authorize(
        &self,
        response: &Message,
        asks: &str,
        answers: &'static str,
    ) -> Option<(&'static str, String)> {
        let who = self.ua.config.credentials.as_ref()?;
        let challenge = digest::strongest(response.all(asks))?;
        let uri = self.registrar.to_string();
        Some((answers, challenge.answer(who, "REGISTER", &uri, &crate::entropy::token())))
    }

    /// `expires` of our Contact, else Expires, else what we wished for (10.3).
    fn granted(&self, response: &Message, wished_s: u64) -> Duration {
        let ours = self.ua.address_towards(self.peer);
        let contact = self.ua.contact(&self.options.user, ours);
        let ours = |value: &String| address(value) == address(&contact);
        let of_contact = response.list("Contact").into_iter().find(ours);
        let seconds = of_contact
            .and_then(|value| param(&value, "expires")?.parse::<u64>().ok())
            .or_else(|| response.get("Expires")?.trim().parse().ok())
            .unwrap_or(wished_s);
        Duration::from_secs(seconds.clamp(2, EXPIRES_MAX_S))
    }
}

fn is_stale(response: &Message) -> bool {
    let values = response.all("WWW-Authenticate").chain(response.all("Proxy-Authenticate"));
    digest::strongest(values).is_some_and(|challenge| challenge.is_stale())
}
