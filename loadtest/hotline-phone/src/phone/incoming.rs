//! A call that comes in, from INVITE to our final response: ringing, answering, refusing, and the
//! caller's CANCEL.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::Ua;
use super::call::{Call, CallEvent, Command};
use super::dialog::Dialog;
use super::leg::{End, Input, Leg, MediaSlot, mark};
use super::options::PreparedMedia;
use crate::media::heard::HeardSamples;
use crate::media::task::MediaCommand;
use crate::report::{CallDirection, EndedBy, Outcome};
use crate::sip::message::{Message, StartLine, address};
use crate::sip::transport::Received;
use crate::sip::uri::SipUri;

/// Starts the task of a call that has just come in.
pub(super) fn start(
    ua: Arc<Ua>,
    inbox: mpsc::Receiver<Received>,
    invite: Received,
    memory: HeardSamples,
) -> Call {
    let dialog = Dialog::incoming(&ua, &invite.message, invite.peer);
    let (call_id, local_ip) = (dialog.call_id.clone(), dialog.ours.ip());
    let user = |text: &str| text.parse::<SipUri>().map(|uri| uri.user).unwrap_or_default();
    let from = user(address(invite.message.get("From").unwrap_or_default()));
    let to = match &invite.message.start {
        StartLine::Request { uri, .. } => user(uri),
        StartLine::Response { .. } => String::new(),
    };
    let (mut leg, ends) = Leg::new(ua, dialog, inbox);
    leg.report.direction = CallDirection::In;
    leg.report.from.clone_from(&from);
    leg.report.to.clone_from(&to);
    tokio::spawn(run(leg, invite));
    Call {
        call_id,
        from,
        to,
        local_ip,
        commands: ends.commands,
        events: ends.events,
        end: Some(ends.end),
        report: None,
        memory,
    }
}

async fn run(mut leg: Leg, invite: Received) {
    mark(&mut leg.report.timings_ms.invite);
    let end = match ring(&mut leg, &invite).await {
        Some(end) => end,
        None => leg.talk().await,
    };
    leg.finish(end).await;
}

/// Until the final response; `None` when it was 200.
async fn ring(leg: &mut Leg, invite: &Received) -> Option<End> {
    let unknown: Vec<String> =
        invite.message.list("Require").into_iter().filter(|tag| tag != "timer").collect();
    if !unknown.is_empty() {
        return Some(refuse(leg, invite, 420).await);
    }
    leg.respond(invite, 100, None).await;
    loop {
        match leg.next().await {
            Input::Sip(received) => {
                if let Some(end) = on_sip(leg, invite, &received).await {
                    return Some(end);
                }
            }
            Input::Command(Command::Ring) => {
                if mark(&mut leg.report.timings_ms.ringing) {
                    leg.respond(invite, 180, None).await;
                    leg.tell(CallEvent::Ringing);
                }
            }
            Input::Command(Command::Answer(media)) => return answer(leg, invite, media).await,
            Input::Command(Command::Reject(status)) => {
                return Some(refuse(leg, invite, status).await);
            }
            Input::Command(Command::Hangup) => return Some(refuse(leg, invite, 480).await),
            Input::Closed => return Some(End::network(0, "phone closed")),
            Input::Command(Command::Digit(_)) | Input::Media(_) | Input::GaveUp(_) => {}
        }
    }
}

async fn on_sip(leg: &mut Leg, invite: &Received, received: &Received) -> Option<End> {
    let same_number =
        received.message.cseq().map(|(n, _)| n) == invite.message.cseq().map(|(n, _)| n);
    let is_cancel = received.message.status().is_none() && received.message.method() == "CANCEL";
    if is_cancel && same_number {
        leg.respond(received, 200, None).await;
        leg.respond(invite, 487, None).await;
        return Some(End::new(Outcome::Cancelled, 487, "Request Terminated", EndedBy::Remote));
    }
    leg.on_request(received).await
}

async fn refuse(leg: &mut Leg, invite: &Received, status: u16) -> End {
    leg.respond(invite, status, None).await;
    End::new(Outcome::Rejected, status, "refused", EndedBy::Local)
}

/// Answers with 200: to the caller's offer, or with an offer of our own where there is none.
async fn answer(leg: &mut Leg, invite: &Received, media: Box<PreparedMedia>) -> Option<End> {
    leg.media = MediaSlot::Prepared(media);
    let offer: &Message = &invite.message;
    let description = if offer.body.is_empty() {
        leg.offered_in_response = true;
        leg.offer()
    } else {
        let Some((answer, audio)) = leg.answer_to(&offer.body) else {
            return Some(refuse(leg, invite, 488).await);
        };
        leg.connect_media(audio).await;
        Some(answer)
    };
    leg.respond(invite, 200, description).await;
    mark(&mut leg.report.timings_ms.answered);
    leg.tell_media(MediaCommand::Talk(true)).await;
    leg.tell(CallEvent::Answered);
    None
}
