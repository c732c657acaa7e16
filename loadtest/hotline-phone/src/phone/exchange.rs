//! One request outside any call and its final response (RFC 3261 17.1.2), with repeats.

use std::net::SocketAddr;

use tokio::sync::mpsc;

use super::Ua;
use crate::clock;
use crate::sip::message::Message;
use crate::sip::resend::{Due, Resends, Sent};
use crate::sip::transport::Received;

/// Sends and waits for the final response; `None` after 32 s, or when the phone closes.
pub(super) async fn exchange(
    ua: &Ua,
    request: &Message,
    to: SocketAddr,
    inbox: &mut mpsc::Receiver<Received>,
) -> Option<Message> {
    let (cseq, _) = request.cseq()?;
    let mut resends = Resends::default();
    let what = Sent::Request { method: "REGISTER", cseq };
    resends.add(what, request.to_bytes(), to, clock::now(), ua.is_reliable());
    ua.transport.send(request.to_bytes(), to).await.ok()?;
    loop {
        let due_at = resends.next_due()?;
        tokio::select! {
            received = inbox.recv() => {
                let response = received?.message;
                let ours = response.cseq().is_some_and(|(number, _)| number == cseq);
                if ours && response.status().is_some_and(|status| status >= 200) {
                    return Some(response);
                }
            }
            () = tokio::time::sleep_until(due_at) => {
                for due in resends.due(clock::now()) {
                    match due {
                        Due::Repeat(bytes, to) => ua.transport.send(bytes, to).await.ok()?,
                        Due::GaveUp(_) => return None,
                    }
                }
            }
        }
    }
}
