//! Many rows by few statements: on SQLite each statement costs two changes of thread, on PostgreSQL a round trip.

/// Most rows of one statement.
const GROUP_LEN_MAX: usize = 32;

/// Cuts rows into groups whose lengths are powers of two, so that few different statements are prepared.
pub(super) fn groups<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let length = 1 << rows.len().checked_ilog2()?.min(GROUP_LEN_MAX.ilog2());
        let (group, rest) = rows.split_at(length);
        rows = rest;
        Some(group)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_in_one_group_in_its_order() {
        for count in 0..200 {
            let rows: Vec<usize> = (0..count).collect();
            let lengths: Vec<usize> = groups(&rows).map(<[_]>::len).collect();
            assert!(lengths.iter().all(|length| [1, 2, 4, 8, 16, 32].contains(length)));
            assert_eq!(groups(&rows).flatten().copied().collect::<Vec<_>>(), rows);
        }
        assert_eq!(groups(&[0; 77]).map(<[_]>::len).collect::<Vec<_>>(), [32, 32, 8, 4, 1]);
    }
}
