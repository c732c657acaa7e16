//! `hotline-phone race`: the caller's CANCEL against the agent's 200, again and again (RFC 3261
//! section 9.1). One registered phone is the agent, one unregistered the caller; both are driven
//! from one clock. Each race prints one JSON line with both reports.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::args::RaceArguments;
use super::headset;
use super::output;
use super::prepare::{credentials, phone_config};
use super::register::options;
use crate::CallOptions;
use crate::error::PhoneError;
use crate::phone::Phone;
use crate::phone::call::Call;
use crate::report::{CallReport, Outcome};

/// The longest wait for the agent's phone to ring.
const RING_MAX: Duration = Duration::from_secs(30);
/// The longest wait for an end at both sides.
const END_MAX: Duration = Duration::from_secs(5);

/// One race.
#[derive(Debug, serde::Serialize)]
struct Race {
    number: u32,
    /// From the agent's 200 to the caller's CANCEL; negative where the CANCEL went first.
    offset_ms: i64,
    caller: CallReport,
    agent: CallReport,
    /// Both phones came to their end in time, and neither believes in a call that the other never
    /// had.
    agreed: bool,
}

pub(super) async fn run(
    arguments: RaceArguments,
    stop: CancellationToken,
) -> Result<bool, PhoneError> {
    let who = credentials(&arguments.registrar.password_file, &arguments.user)?;
    let agent = Phone::bind(phone_config(&arguments.net, &arguments.user, Some(who))).await?;
    let registration = agent.register(options(&arguments.registrar, &arguments.user)).await?;
    headset::check(&agent, &arguments.registrar, &arguments.user, &stop).await?;
    output::progress("话机已就绪", "agent's phone ready");
    let caller = Phone::bind(phone_config(&arguments.net, "race", None)).await?;
    let mut all_agreed = true;
    for number in 0..arguments.times {
        if stop.is_cancelled() {
            break;
        }
        let offset_ms = offset_ms(number, arguments.times, arguments.offset_max_ms);
        let from = (arguments.from_base + u64::from(number)).to_string();
        let race = race(&caller, &agent, &arguments.to, from, number, offset_ms).await?;
        all_agreed &= race.agreed;
        output::json_line(&race);
        tokio::time::sleep(Duration::from_millis(arguments.pause_ms)).await;
    }
    registration.unregister().await;
    Ok(all_agreed)
}

/// Evenly from 0 to `max`, the CANCEL first in every second race.
fn offset_ms(number: u32, times: u32, max: u32) -> i64 {
    let step = i64::from(number) * i64::from(max) / i64::from(times.max(2) - 1);
    if number.is_multiple_of(2) { step } else { -step }
}

async fn race(
    caller: &Phone,
    agent: &Phone,
    to: &str,
    from: String,
    number: u32,
    offset_ms: i64,
) -> Result<Race, PhoneError> {
    let options = CallOptions { from: Some(from.clone()), ..CallOptions::default() };
    let mut outgoing = caller.call(to, options).await?;
    let mut incoming = offered(agent, &mut outgoing, &from).await?;
    incoming.ring().await;
    // The caller hears it ring before the race: a CANCEL before any response is another story.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let gap = Duration::from_millis(offset_ms.unsigned_abs());
    if offset_ms >= 0 {
        incoming.answer(CallOptions::default()).await?;
        tokio::time::sleep(gap).await;
        outgoing.hangup().await;
    } else {
        outgoing.hangup().await;
        tokio::time::sleep(gap).await;
        incoming.answer(CallOptions::default()).await?;
    }
    let ends = async { tokio::join!(outgoing.finish(), incoming.finish()) };
    let ended = tokio::time::timeout(END_MAX, ends).await;
    let in_time = ended.is_ok();
    let (caller, agent) = ended.unwrap_or_default();
    // The agent may have answered a call whose caller was gone by then: she heard at once.
    let agreed = in_time && (caller.status != 200 || agent.outcome == Outcome::Answered);
    Ok(Race { number, offset_ms, caller, agent, agreed })
}

/// The call of `from` on the agent's phone.
async fn offered(agent: &Phone, outgoing: &mut Call, from: &str) -> Result<Call, PhoneError> {
    let rings = tokio::time::timeout(RING_MAX, async {
        loop {
            match agent.next_call().await {
                Some(call) if call.from() == from => return Some(call),
                Some(other) => other.reject(486).await,
                None => return None,
            }
        }
    });
    if let Ok(Some(call)) = rings.await {
        return Ok(call);
    }
    outgoing.hangup().await;
    Err(PhoneError::argument(
        format!("the agent's phone did not ring for {from} within {} s", RING_MAX.as_secs()),
        format!("{from} 来电后 {} 秒内话务员话机没有振铃", RING_MAX.as_secs()),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_cover_the_span_both_ways() {
        let all: Vec<i64> = (0..200).map(|number| offset_ms(number, 200, 50)).collect();
        assert_eq!((all[0], all[199]), (0, -50));
        assert_eq!(all.iter().filter(|offset| **offset < 0).count(), 98);
        assert!(all.iter().all(|offset| offset.abs() <= 50));
        assert_eq!(offset_ms(0, 1, 50), 0);
    }
}
