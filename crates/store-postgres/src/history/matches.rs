//! Whom an event was for: its match set, of which the rest of an unfinished fan-out is not written yet.

use postrider_model::id::{EndpointKey, Ordinal};
use postrider_store::MatchSet;

/// The endpoints of an event that deliveries are written for, in the order of the set. `waiting` are those of its
/// fan-out that are not, the last ones.
pub(crate) fn written(event: Ordinal, endpoints: &[u8], waiting: i32) -> Vec<EndpointKey> {
    let Some(set) = MatchSet::decode(endpoints, 0, usize::MAX) else {
        // A list goes on without it: what it had has rows of its own but for what waits in lanes.
        tracing::error!(table = "event", column = "endpoints", key = event.0, "not a match set");
        return Vec::new();
    };
    let count = set.len().saturating_sub(usize::try_from(waiting).unwrap_or(0));
    set.into_iter().take(count).map(|(endpoint, _)| endpoint).collect()
}

/// What is not written yet of the fan-out `f` of an event.
pub(crate) const WAITING: &str = "coalesce(f.total - f.done, 0)";

#[cfg(test)]
mod tests {
    use postrider_model::endpoint::Ordering;

    use super::*;

    #[test]
    fn the_rest_of_a_fan_out_is_left_out_and_a_broken_set_is_empty() {
        let set: MatchSet = (1..=5).map(|key| (EndpointKey(key), Ordering::None)).collect();
        let keys = |waiting| written(Ordinal(1), &set.encode(), waiting).iter().map(|key| key.0).collect();
        let (all, some, none): (Vec<i64>, Vec<i64>, Vec<i64>) = (keys(0), keys(3), keys(5));
        assert_eq!((all, some, none), (vec![1, 2, 3, 4, 5], vec![1, 2], vec![]));
        assert!(written(Ordinal(1), &[2, 7], 0).is_empty());
    }
}
