//! What is expected of each half-hour: calls and agents as they were yesterday and a week ago.

use std::collections::BTreeMap;
use std::time::Duration;

use rate_controller::{Forecast, HalfHour};
use types::{AgentId, Timestamp};

use crate::service::{Context, ServiceError};
use crate::store;

const HALF_HOUR: Duration = Duration::from_secs(1_800);
const HALF_HOUR_US: i64 = 1_800_000_000;
const DAY: Duration = Duration::from_secs(86_400);
/// Half-hours of the day that was and of the day to come.
const LEN: i64 = 96;
const DAY_LEN: i64 = 48;
/// Who changed no state for longer had none worth counting.
const STATE_KEPT: Duration = Duration::from_secs(12 * 3_600);

/// By number of the half-hour since 1970.
type Counts = BTreeMap<i64, u32>;

/// From a day before `now` to a day after; empty without any call on record: the controller then says nothing.
pub(super) async fn of_past_days(ctx: &Context, now: Timestamp) -> Result<Forecast, ServiceError> {
    let first = half_hour_of(now) - DAY_LEN;
    let mut days = Vec::new();
    for ago in [DAY, DAY * 2, DAY * 7, DAY * 8] {
        let until = (now - ago + DAY).min(now);
        days.push(past_day(ctx, now - ago, until).await?);
    }
    let calls: Counts = days.iter().flat_map(|(calls, _)| calls.clone()).collect();
    let agents: Counts = days.iter().flat_map(|(_, agents)| agents.clone()).collect();
    if calls.is_empty() {
        return Ok(Forecast::default());
    }
    let half_hours = (first..first + LEN).map(|number| expected(&calls, &agents, number));
    Ok(Forecast {
        from: Timestamp::from_micros(first * HALF_HOUR_US),
        half_hours: half_hours.collect(),
    })
}

/// The mean of a day and a week earlier, of those that are on record.
fn expected(calls: &Counts, agents: &Counts, number: i64) -> HalfHour {
    let began = calls.keys().next().copied().unwrap_or(i64::MAX);
    let like: Vec<i64> = [DAY_LEN, 7 * DAY_LEN]
        .into_iter()
        .map(|ago| number - ago)
        .filter(|past| *past >= began && (calls.contains_key(past) || agents.contains_key(past)))
        .collect();
    let mean = |of: &Counts| {
        let sum: u32 = like.iter().filter_map(|past| of.get(past)).sum();
        f64::from(sum) / like.len().max(1) as f64
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a mean of counts")]
    let agents = mean(agents).round() as u32;
    HalfHour { calls: mean(calls), agents }
}

async fn past_day(
    ctx: &Context,
    from: Timestamp,
    until: Timestamp,
) -> Result<(Counts, Counts), ServiceError> {
    let mut tx = ctx.db.read().await?;
    let rings = store::call::rings(&mut tx, &ctx.centre, from, until).await?;
    let since = from - STATE_KEPT;
    let changes = store::agent_log::of_all(&mut tx, &ctx.centre, since, until).await?;
    drop(tx);
    let mut calls = Counts::new();
    for rang_at in rings {
        *calls.entry(half_hour_of(rang_at)).or_default() += 1;
    }
    Ok((calls, present(&changes, from, until)))
}

/// How many were on the line in the middle of each half-hour.
fn present(changes: &[(AgentId, Timestamp, String)], from: Timestamp, until: Timestamp) -> Counts {
    let mut on_line: BTreeMap<AgentId, bool> = BTreeMap::new();
    let mut left = changes.iter().peekable();
    let mut counts = Counts::new();
    for number in half_hour_of(from)..half_hour_of(until) {
        let middle = Timestamp::from_micros(number * HALF_HOUR_US) + HALF_HOUR / 2;
        while let Some((agent, _, state)) = left.next_if(|(_, at, _)| *at <= middle) {
            on_line.insert(*agent, !matches!(state.as_str(), "signed_out" | "not_ready"));
        }
        let count = on_line.values().filter(|on_line| **on_line).count();
        counts.insert(number, u32::try_from(count).unwrap_or(u32::MAX));
    }
    counts
}

/// Number of the half-hour since 1970.
pub(super) const fn half_hour_of(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(HALF_HOUR_US)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_counted_by_what_they_were_in_the_middle_of_the_half_hour() {
        let at = |minutes: i64| Timestamp::from_micros(minutes * 60_000_000);
        let agent = |id: u128| AgentId::from_u128(id);
        let changes = [
            (agent(1), at(-60), "ready".to_owned()),
            (agent(2), at(10), "not_ready".to_owned()),
            (agent(2), at(20), "ready".to_owned()),
            (agent(1), at(50), "signed_out".to_owned()),
        ];
        let counts = present(&changes, at(0), at(120));
        assert_eq!(counts.into_values().collect::<Vec<_>>(), [1, 2, 1, 1]);
    }

    #[test]
    fn the_half_hour_of_yesterday_and_last_week_are_what_is_expected() {
        let calls = Counts::from([(0, 10), (6 * DAY_LEN, 20)]);
        let agents = Counts::from([(0, 2), (6 * DAY_LEN, 4)]);
        let of = expected(&calls, &agents, 7 * DAY_LEN);
        assert!((of.calls - 15.0).abs() < 1e-9 && of.agents == 3, "{of:?}");
        assert_eq!(expected(&calls, &agents, 3).agents, 0);
    }
}
