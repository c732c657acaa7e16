//! Which day it is by the centre's calendar, which is China's.

use types::{SHANGHAI_OFFSET_S, Timestamp};

const DAY_US: i64 = 86_400_000_000;
const OFFSET_US: i64 = SHANGHAI_OFFSET_S as i64 * 1_000_000;

/// Days since 1970; rises at local midnight.
pub(super) fn day_of(at: Timestamp) -> u32 {
    let day = at.as_micros().saturating_add(OFFSET_US).div_euclid(DAY_US);
    u32::try_from(day).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_of_china() {
        let day = |text: &str| day_of(text.parse().unwrap());
        assert_eq!(day("1970-01-01T00:00:00+08:00"), 0);
        let friday = day("2026-02-13T00:00:00+08:00");
        assert_eq!(friday, 20_497);
        assert_eq!(day("2026-02-13T23:59:59.999999+08:00"), friday);
        assert_eq!(day("2026-02-13T16:00:00Z"), friday + 1);
        assert_eq!(day("1969-12-30T00:00:00Z"), 0);
    }
}
