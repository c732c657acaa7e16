//! A call that is answered, until one side hangs up; the same for calls made and received.

use super::call::Command;
use super::leg::{End, Input, Leg, mark};
use crate::media::task::MediaCommand;
use crate::report::{EndedBy, Outcome};
use crate::sip::resend::Sent;

impl Leg {
    /// Talks until the end.
    pub async fn talk(&mut self) -> End {
        loop {
            match self.next().await {
                Input::Sip(received) => {
                    if let Some(end) = self.on_request(&received).await {
                        return end;
                    }
                }
                Input::Command(Command::Digit(digit)) => {
                    self.tell_media(MediaCommand::Digit(digit)).await;
                }
                Input::Command(Command::Hangup | Command::Reject(_)) => {
                    self.say_bye().await;
                    return End::new(Outcome::Answered, 200, "OK", EndedBy::Local);
                }
                Input::Command(Command::Ring | Command::Answer(_)) => {}
                Input::Media(event) => self.on_media(event),
                Input::GaveUp(Sent::Final { .. }) => {
                    // Nobody acknowledged our 200 (RFC 3261 13.3.1.4).
                    self.say_bye().await;
                    return End::new(Outcome::Failed, 200, "no ACK", EndedBy::Network);
                }
                Input::GaveUp(_) => {}
                Input::Closed => {
                    return End::new(Outcome::Answered, 200, "phone closed", EndedBy::Network);
                }
            }
        }
    }

    /// Sends BYE and waits, at most 2 s, for its answer, so that a program may leave right after.
    pub async fn say_bye(&mut self) {
        mark(&mut self.report.timings_ms.bye);
        let bye = self.dialog.request(&self.ua.clone(), "BYE");
        let cseq = bye.cseq().map_or(0, |(number, _)| number);
        self.send_request("BYE", &bye).await;
        let sent = Sent::Request { method: "BYE", cseq };
        let until = crate::clock::now() + std::time::Duration::from_secs(2);
        while self.resends.waits_for(&sent) {
            match tokio::time::timeout_at(until, self.next()).await {
                Ok(Input::Sip(received)) => drop(self.on_request(&received).await),
                Ok(Input::Media(event)) => self.on_media(event),
                Ok(Input::Command(_) | Input::GaveUp(_)) => {}
                Ok(Input::Closed) | Err(_) => return,
            }
        }
    }
}
