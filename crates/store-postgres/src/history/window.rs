//! The ids of a list in windows: a statement whose ids are bounded touches a few partitions and not all of them.

use std::time::Duration;

use postrider_model::id::{EndpointKey, Ordinal};
use postrider_model::time::Millis;

use postrider_store::paging::{Place, Range};

const DAY: Duration = Duration::from_secs(24 * 3600);
/// Nothing is kept for longer, but for what is late.
const KEPT_DAYS: u32 = 400;

/// The parts of a range from its newest to its oldest: a day, then ever more. They are all of it together, whatever the
/// time; that it is about `now` makes them of use.
pub(super) fn newest_first(range: Range, now: Millis) -> Vec<Range> {
    let mut windows = Vec::new();
    let mut below = range.below;
    let mut days = 1;
    // The ids of the last millisecond end where those of the next begin.
    let mut top = range.below.event.time().min(now);
    while now > Millis(0) && days < KEPT_DAYS {
        top = top - DAY * days;
        let first = Ordinal::at(top);
        if first <= range.first {
            break;
        }
        windows.push(Range { first, below });
        below = Place { event: first, endpoint: EndpointKey(i64::MIN) };
        days *= 2;
    }
    windows.push(Range { first: range.first, below });
    windows
}

/// The same from the oldest, for ids from `first` up to and without `end`; what ends before `oldest` is little.
pub(super) fn oldest_first(first: i64, end: i64, oldest: Option<Ordinal>, now: Millis) -> Vec<(i64, i64)> {
    let mut windows = Vec::new();
    let mut from = first;
    let mut days = 4;
    let mut top = oldest.map_or(now - DAY * KEPT_DAYS, Ordinal::time).max(Ordinal(first).time());
    while now > Millis(0) && top < now {
        top = top + DAY * days;
        let until = Ordinal::at(top).0;
        if until >= end {
            break;
        }
        windows.push((from, until));
        from = until;
        days *= 2;
    }
    windows.push((from, end));
    windows
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(1_750_000_000_000);

    #[test]
    fn windows_join_without_a_gap_and_are_few() {
        let all = Range::new(None, None, None).unwrap();
        let since = Range::new(Some(NOW - DAY * 3), Some(NOW - DAY), None).unwrap();
        for (range, now) in [(all, NOW), (all, Millis(0)), (since, NOW), (since, Millis(0))] {
            let windows = newest_first(range, now);
            assert_eq!(windows[0].below, range.below);
            assert_eq!(windows[windows.len() - 1].first, range.first);
            assert!(windows.windows(2).all(|pair| pair[0].first == pair[1].below.event), "{windows:?}");
            assert!(windows.len() <= 11, "{windows:?}");
        }
        assert_eq!(newest_first(all, NOW)[0].first, Ordinal::at(NOW - DAY));
        for (first, end, oldest) in [
            (i64::MIN, i64::MAX, None),
            (i64::MIN, i64::MAX, Some(Ordinal::at(NOW - DAY * 30))),
            (Ordinal::at(NOW - DAY).0, Ordinal::at(NOW).0, Some(Ordinal(i64::MIN))),
        ] {
            for now in [NOW, Millis(0)] {
                let windows = oldest_first(first, end, oldest, now);
                assert_eq!((windows[0].0, windows[windows.len() - 1].1), (first, end));
                assert!(windows.windows(2).all(|pair| pair[0].1 == pair[1].0), "{windows:?}");
                assert!(windows.len() <= 12, "{windows:?}");
            }
        }
    }
}
