//! Whether what was seen may become a figure. Pure.

use crate::ceiling::{float, ratio};
use crate::media::MediaCounts;
use crate::outcome::Counts;
use crate::usage::Usage;

/// Share of packets that may be missing, of calls that may fail, before a figure is none.
const LOST_SHARE_MAX: f64 = 0.001;
const FAILED_SHARE_MAX: f64 = 0.005;
/// Share of its one core that the generator may use, and of the machine that may be busy.
const GENERATOR_SHARE_MAX: f64 = 0.9;
const MACHINE_SHARE_MAX: f64 = 0.97;
/// Share of 1 ms slots that may be served more than 5 ms late.
const LATE_SHARE_MAX: f64 = 0.05;

/// Everything that keeps the figures from being figures.
pub(crate) fn faults(
    all_are_answered: bool,
    calls: Counts,
    media: MediaCounts,
    usage: &Usage,
    registrations_failed: usize,
) -> Vec<String> {
    let mut faults = Vec::new();
    let mut check = |good: bool, what: String| {
        if !good {
            faults.push(what);
        }
    };
    let failed = if all_are_answered {
        calls.calls.saturating_sub(calls.answered) + calls.hung_up_on
    } else {
        calls.refused + calls.silent
    };
    let share = |part: u64, whole: u64| ratio(part, float(whole));
    let failed_share = share(failed as u64, calls.calls as u64);
    check(failed_share <= FAILED_SHARE_MAX, format!("{failed} of {} calls failed", calls.calls));
    let lost = media.window_sent.saturating_sub(media.window_received);
    check(
        share(lost, media.window_sent) <= LOST_SHARE_MAX,
        format!("{lost} of {} packets were lost", media.window_sent),
    );
    check(
        share(media.late_slots, media.slots) <= LATE_SHARE_MAX,
        format!("{} of {} slots were served late", media.late_slots, media.slots),
    );
    let own = usage.generator_share();
    check(own <= GENERATOR_SHARE_MAX, format!("the generator used {own:.2} of its core"));
    let busy = usage.machine_busy_share;
    let others = usage.others_cores;
    check(
        busy <= MACHINE_SHARE_MAX,
        format!("the machine was {:.0} % busy, {others:.1} cores with other things", busy * 100.0),
    );
    check(registrations_failed == 0, format!("{registrations_failed} registrations failed"));
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage() -> Usage {
        Usage { seconds: 10.0, machine_busy_share: 0.5, ..Usage::default() }
    }

    fn answered(calls: usize, answered: usize) -> Counts {
        Counts { calls, answered, ..Counts::default() }
    }

    #[test]
    fn a_clean_load_has_no_faults() {
        let media = MediaCounts { window_sent: 1_000, window_received: 999, ..Default::default() };
        assert!(faults(true, answered(200, 199), media, &usage(), 0).is_empty());
    }

    #[test]
    fn each_limit_has_its_words() {
        let one = |found: Vec<String>, words: &str| {
            assert!(found.len() == 1 && found[0].contains(words), "{words}: {found:?}");
        };
        let (none, quiet) = (Counts::default(), MediaCounts::default());
        one(faults(true, answered(100, 99), quiet, &usage(), 0), "1 of 100 calls");
        let lossy = MediaCounts { window_sent: 1_000, window_received: 998, ..quiet };
        one(faults(true, none, lossy, &usage(), 0), "2 of 1000 packets");
        let late = MediaCounts { slots: 100, late_slots: 6, ..quiet };
        one(faults(true, none, late, &usage(), 0), "served late");
        let tired = Usage { generator_cpu_ms: 9_500, ..usage() };
        one(faults(true, none, quiet, &tired, 0), "0.95 of its core");
        let busy = Usage { machine_busy_share: 0.99, others_cores: 1.5, ..usage() };
        one(faults(true, none, quiet, &busy, 0), "1.5 cores with other things");
        one(faults(true, none, quiet, &usage(), 3), "3 registrations");
    }

    #[test]
    fn callers_whom_nobody_was_to_answer_may_give_up() {
        let calls = Counts { calls: 10, gave_up: 10, ..Counts::default() };
        assert!(faults(false, calls, MediaCounts::default(), &usage(), 0).is_empty());
    }
}
