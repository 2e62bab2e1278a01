//! The endpoints that want an event, where they are many: small in memory and on disk.

use postrider_model::endpoint::Ordering;
use postrider_model::id::EndpointKey;

use crate::attempt_log::varint;

/// Endpoints in an order, as runs of keys that follow each other: all endpoints of a tenant take a few bytes, every
/// other one two bytes each. With each stands what its endpoint kept in order when the event was accepted: a later change
/// of that holds for later events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MatchSet {
    /// For each run the distance of its first key from the end of the run before, and its length with its ordering.
    runs: Vec<u8>,
    /// The last run, which may still grow.
    first: i64,
    length: u64,
    ordering: Ordering,
    /// Where the run before it ended.
    before: i64,
    count: u32,
}

impl MatchSet {
    /// Adds one at the end.
    pub fn push(&mut self, endpoint: EndpointKey, ordering: Ordering) {
        self.count += 1;
        let follows = endpoint.0 == self.first.wrapping_add(self.length.cast_signed());
        if self.length > 0 && follows && ordering == self.ordering {
            self.length += 1;
            return;
        }
        self.close_run();
        (self.first, self.length, self.ordering) = (endpoint.0, 1, ordering);
    }

    fn close_run(&mut self) {
        if self.length > 0 {
            push_run(&mut self.runs, self.before, self.first, self.length, self.ordering);
            self.before = self.first.wrapping_add(self.length.cast_signed());
            self.length = 0;
        }
    }

    /// How many there are.
    pub fn len(&self) -> u32 {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Bytes it takes, about.
    pub fn bytes(&self) -> usize {
        self.runs.len()
    }

    /// What a store keeps, beside the count.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.runs.clone();
        if self.length > 0 {
            push_run(&mut bytes, self.before, self.first, self.length, self.ordering);
        }
        bytes
    }

    /// At most `most` of the endpoints of an encoded set, from the one after the first `done`; `None` where the bytes
    /// are no match set.
    pub fn decode(bytes: &[u8], done: u32, most: usize) -> Option<Vec<(EndpointKey, Ordering)>> {
        let (mut rest, mut skip) = (bytes, u64::from(done));
        let (mut before, mut found) = (0_i64, Vec::new());
        while !rest.is_empty() && found.len() < most {
            let gap = varint::unzigzag(varint::take(&mut rest).ok()?);
            let run = varint::take(&mut rest).ok()?;
            let (length, ordering) = (run >> ORDERING_BITS, ordering_of(run)?);
            let first = before.wrapping_add(gap);
            before = first.wrapping_add(length.cast_signed());
            let skipped = skip.min(length);
            skip -= skipped;
            let left = (length - skipped).min((most - found.len()) as u64).cast_signed();
            let from = first.wrapping_add(skipped.cast_signed());
            found.extend((0..left).map(|offset| (EndpointKey(from.wrapping_add(offset)), ordering)));
        }
        Some(found)
    }
}

/// The low bits of a run's length.
const ORDERING_BITS: u32 = 2;

fn push_run(runs: &mut Vec<u8>, before: i64, first: i64, length: u64, ordering: Ordering) {
    let code = match ordering {
        Ordering::None => 0,
        Ordering::Key => 1,
        Ordering::Endpoint => 2,
    };
    varint::push(runs, varint::zigzag(first.wrapping_sub(before)));
    varint::push(runs, length << ORDERING_BITS | code);
}

fn ordering_of(run: u64) -> Option<Ordering> {
    match run & ((1 << ORDERING_BITS) - 1) {
        0 => Some(Ordering::None),
        1 => Some(Ordering::Key),
        2 => Some(Ordering::Endpoint),
        _ => None,
    }
}

impl FromIterator<(EndpointKey, Ordering)> for MatchSet {
    fn from_iter<I: IntoIterator<Item = (EndpointKey, Ordering)>>(endpoints: I) -> Self {
        let mut set = Self::default();
        for (endpoint, ordering) in endpoints {
            set.push(endpoint, ordering);
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(keys: impl IntoIterator<Item = i64>) -> Vec<(EndpointKey, Ordering)> {
        keys.into_iter().map(|key| (EndpointKey(key), Ordering::None)).collect()
    }

    fn mixed() -> Vec<(EndpointKey, Ordering)> {
        let orderings = [Ordering::Key, Ordering::Endpoint, Ordering::Endpoint, Ordering::None];
        (1..200).zip(orderings.into_iter().cycle()).map(|(key, order)| (EndpointKey(key), order)).collect()
    }

    #[test]
    fn endpoints_come_back_in_their_order_from_wherever_it_goes_on() {
        for all in [
            keys([]),
            keys([7]),
            keys(1..500),
            keys((1..500).step_by(2)),
            keys([5, 6, 9, 8, 7, 1_000_000, i64::MAX, i64::MIN, 3]),
            mixed(),
        ] {
            let set: MatchSet = all.iter().copied().collect();
            let bytes = set.encode();
            assert_eq!(set.len() as usize, all.len());
            for done in 0..=all.len() {
                for most in [1, 3, usize::MAX] {
                    let page: Vec<_> = all.iter().copied().skip(done).take(most).collect();
                    assert_eq!(MatchSet::decode(&bytes, done as u32, most), Some(page));
                }
            }
        }
    }

    #[test]
    fn ten_thousand_endpoints_made_one_after_the_other_take_a_few_bytes() {
        let set: MatchSet = keys(4_000..14_000).into_iter().collect();
        assert!(set.encode().len() < 8, "{}", set.encode().len());
        let scattered: MatchSet = keys((0..20_000).step_by(2)).into_iter().collect();
        assert!(scattered.bytes() <= 20_000);
    }

    #[test]
    fn bytes_that_are_no_match_set_are_noticed() {
        assert_eq!(MatchSet::decode(&[0x80], 0, 9), None);
        assert_eq!(MatchSet::decode(&[2], 0, 9), None);
        assert_eq!(MatchSet::decode(&[2, 7], 0, 9), None, "there is no such ordering");
    }
}
