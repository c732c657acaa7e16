//! `hotline-phone call`: one call, one JSON line.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::args::CallArguments;
use super::drive::{Limits, drive};
use super::output;
use super::prepare::{Voice, credentials, phone_config};
use crate::error::PhoneError;
use crate::media::rtp::is_digit;
use crate::phone::Phone;
use crate::report::Outcome;

pub(super) async fn run(
    arguments: CallArguments,
    stop: CancellationToken,
) -> Result<bool, PhoneError> {
    let digits = digits(arguments.digits.as_deref().unwrap_or_default())?;
    let voice = Voice::open(&arguments.voice)?;
    let who = match (&arguments.password_file, &arguments.user) {
        (Some(path), Some(user)) => Some(credentials(path, user)?),
        _ => None,
    };
    let phone = Phone::bind(phone_config(&arguments.net, &arguments.from, who)).await?;
    phone.probe(&arguments.to).await?;
    let mut options = voice.options(1);
    options.reliable_provisionals = arguments.reliable_provisionals;
    output::progress(&format!("{} 呼叫 {}", arguments.from, arguments.to), "calling");
    let call = phone.call(&arguments.to, options).await?;
    let limits = Limits {
        ring: Some(Duration::from_secs_f64(arguments.ring_limit_seconds)),
        talk: Some(Duration::from_secs_f64(arguments.max_seconds)),
        after_say: arguments.hangup_after_say.map(Duration::from_secs_f64),
        total: arguments.cancel_after_ms.map(Duration::from_millis),
        digits,
        digits_delay: Duration::from_millis(arguments.digits_delay_ms),
        talkative: true,
    };
    let report = drive(call, limits, &stop).await;
    output::json_line(&report);
    let gave_up_as_told =
        arguments.cancel_after_ms.is_some() && report.outcome == Outcome::Cancelled;
    Ok(report.outcome == Outcome::Answered || gave_up_as_told)
}

fn digits(text: &str) -> Result<Vec<char>, PhoneError> {
    let pressed: Vec<char> =
        text.chars().filter(|c| *c != ',').map(|c| c.to_ascii_uppercase()).collect();
    match pressed.iter().find(|digit| !is_digit(**digit)) {
        Some(wrong) => Err(PhoneError::argument(
            format!("`{wrong}` is not a key of a telephone; use 0-9 * # A-D"),
            format!("`{wrong}` 不是电话按键；可用 0-9 * # A-D"),
        )),
        None if pressed.len() > 32 => {
            Err(PhoneError::argument("at most 32 digits", "最多 32 个按键"))
        }
        None => Ok(pressed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_keys_with_or_without_commas() {
        assert_eq!(digits("1,2#a").unwrap(), ['1', '2', '#', 'A']);
        assert!(digits("1x").unwrap_err().chinese().contains("按键"));
    }
}
