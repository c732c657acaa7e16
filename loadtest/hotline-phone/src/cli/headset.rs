//! The headset check of a desk phone: it calls the service, which plays two prompts, listens for
//! three seconds and hangs up.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::args::RegistrarArguments;
use super::drive::{Limits, drive};
use super::output;
use crate::error::PhoneError;
use crate::media::source::Say;
use crate::phone::Phone;
use crate::phone::options::CallOptions;
use crate::report::{EndedBy, Outcome};
use crate::sip::uri::SipUri;

/// A check that takes longer has failed.
const LIMIT: Duration = Duration::from_secs(30);
/// What is said into the microphone.
const TONE_HZ: f32 = 440.0;

/// Has the registered phone checked, where the arguments ask for it.
///
/// # Errors
/// When the service did not answer, or did not come to its end.
pub(super) async fn check(
    phone: &Phone,
    arguments: &RegistrarArguments,
    user: &str,
    stop: &CancellationToken,
) -> Result<(), PhoneError> {
    if !arguments.headset_check {
        return Ok(());
    }
    let mut service: SipUri = arguments.registrar.parse()?;
    service.user = "headset-check".to_owned();
    let say = Say::Tone { frequency_hz: TONE_HZ };
    let options = CallOptions { say, from: Some(user.to_owned()), ..CallOptions::default() };
    let call = phone.call(&service.to_string(), options).await?;
    let limits = Limits { total: Some(LIMIT), ..Limits::default() };
    let report = drive(call, limits, stop).await;
    // Only the service knows the verdict; it hangs up when it has one.
    if report.outcome == Outcome::Answered && report.ended_by == EndedBy::Remote {
        output::progress(&format!("{user} 耳麦检测已完成"), "headset check done");
        return Ok(());
    }
    Err(PhoneError::argument(
        format!("headset check of {user}: {} {}", report.status, report.reason),
        format!("{user} 的耳麦检测没有完成：{} {}", report.status, report.reason),
    ))
}
