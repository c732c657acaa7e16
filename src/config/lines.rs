//! `acd.lines`: the neighbouring centres' numbers that help last.
//!
//! Owns: which of them would reach nobody, somebody who must not be reached, or ourselves. Must not do: dial.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use acd::{CHANNELS_MAX, Line};

/// Rings shorter than this reach nobody through a trunk; longer ones outlast every caller's patience.
const RING_MS: RangeInclusive<u32> = 5_000..=120_000;
/// Public services (110, 12345) have fewer digits without their area code: dialled here they are our own region's.
const DIGITS_MIN: usize = 7;

/// What is wrong with `lines`, each in words for whoever wrote it. `own` are numbers that ring here.
#[must_use]
pub fn faults<'a>(lines: &[Line], own: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let own: BTreeSet<&str> = own.into_iter().collect();
    let mut seen = BTreeSet::new();
    let mut faults = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let mut fault = |what: &str| {
            faults.push(format!("第 {} 条（{}）{what}", index + 1, line.number.masked()));
        };
        let number = line.number.national();
        let digits = number.reveal().trim_start_matches('+');
        if own.contains(number.reveal()) || own.contains(line.number.reveal()) {
            fault("是本中心自己的号码，会把来电转回来；请填邻近中心的号码。");
        } else if digits.len() < DIGITS_MIN {
            fault("不是可外呼的完整号码；请带区号填写，例如 05551234567。");
        }
        if !(1..=CHANNELS_MAX).contains(&line.channels) {
            fault(&format!("channels（同时可转接的路数）应为 1 至 {CHANNELS_MAX}。"));
        }
        if !RING_MS.contains(&line.ring_limit_ms) {
            let (least, most) = RING_MS.into_inner();
            fault(&format!("ring_limit_ms（振铃时限）应为 {least} 至 {most} 毫秒。"));
        }
        if !seen.insert((&line.gateway, number)) {
            fault("在同一网关上重复；每个号码只写一条，路数用 channels 表示。");
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(number: &str) -> Line {
        Line {
            name: String::new(),
            number: number.parse().unwrap(),
            gateway: "gw1".parse().unwrap(),
            channels: 4,
            skills: BTreeSet::new(),
            ring_limit_ms: 30_000,
        }
    }

    #[test]
    fn a_neighbours_whole_number_is_a_line() {
        let other_gateway = Line { gateway: "gw2".parse().unwrap(), ..line("05551234567") };
        let lines = [line("05551234567"), other_gateway, line("0551-12345")];
        assert_eq!(faults(&lines, ["12345"]), Vec::<String>::new());
    }

    #[test]
    fn what_would_reach_nobody_or_ourselves_is_named() {
        let lines = [
            line("12345"),
            line("110"),
            Line { channels: 0, ring_limit_ms: 1, ..line("05551234567") },
            line("+86 555 1234567"),
        ];
        insta::assert_snapshot!(faults(&lines, ["12345"]).join("\n"), @"
        第 1 条（12345）是本中心自己的号码，会把来电转回来；请填邻近中心的号码。
        第 2 条（110）不是可外呼的完整号码；请带区号填写，例如 05551234567。
        第 3 条（055****4567）channels（同时可转接的路数）应为 1 至 100。
        第 3 条（055****4567）ring_limit_ms（振铃时限）应为 5000 至 120000 毫秒。
        第 4 条（+86****4567）在同一网关上重复；每个号码只写一条，路数用 channels 表示。
        ");
    }
}
