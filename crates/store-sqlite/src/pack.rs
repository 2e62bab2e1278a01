//! Small encodings inside columns.

use postrider_model::id::{EndpointKey, Ordinal};
use postrider_store::IdempotencyMark;

/// A match set as it was kept before they were packed: eight bytes each, little endian, in its order. `None` where the
/// length is not right.
pub(crate) fn read_endpoints(bytes: &[u8], done: u32, most: usize) -> Option<Vec<EndpointKey>> {
    let (keys, rest) = bytes.as_chunks::<8>();
    let left = keys.iter().skip(done as usize).take(most);
    rest.is_empty().then(|| left.map(|key| EndpointKey(i64::from_le_bytes(*key))).collect())
}

/// Ordinals: eight bytes each, little endian.
pub(crate) fn ordinals(ordinals: &[Ordinal]) -> Vec<u8> {
    ordinals.iter().flat_map(|ordinal| ordinal.0.to_le_bytes()).collect()
}

/// The inverse of [`ordinals`].
pub(crate) fn read_ordinals(bytes: &[u8]) -> Option<Vec<Ordinal>> {
    let (ordinals, rest) = bytes.as_chunks::<8>();
    rest.is_empty().then(|| ordinals.iter().map(|bytes| Ordinal(i64::from_le_bytes(*bytes))).collect())
}

/// The `idem` column of an event: its own mark, and its request's with the events of that request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Marks {
    pub(crate) own: Option<IdempotencyMark>,
    pub(crate) request: Option<(IdempotencyMark, Vec<Ordinal>)>,
}

impl Marks {
    /// A byte that says what follows, then the marks, then the ordinals.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![u8::from(self.own.is_some()) | u8::from(self.request.is_some()) << 1];
        for mark in self.own.iter().chain(self.request.iter().map(|(mark, _)| mark)) {
            bytes.extend_from_slice(&mark.key);
            bytes.extend_from_slice(&mark.body);
        }
        if let Some((_, events)) = &self.request {
            bytes.extend_from_slice(&ordinals(events));
        }
        bytes
    }

    /// The inverse of [`Marks::encode`].
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (kind, mut rest) = bytes.split_first()?;
        let own = if kind & 1 != 0 { Some(take_mark(&mut rest)?) } else { None };
        let request = if kind & 2 != 0 {
            let mark = take_mark(&mut rest)?;
            Some((mark, read_ordinals(rest)?))
        } else {
            None
        };
        Some(Self { own, request })
    }
}

fn take_mark(rest: &mut &[u8]) -> Option<IdempotencyMark> {
    let (key, after) = rest.split_first_chunk::<16>()?;
    let (body, after) = after.split_first_chunk::<16>()?;
    *rest = after;
    Some(IdempotencyMark { key: *key, body: *body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_match_sets_come_back() {
        let mark = IdempotencyMark { key: [1; 16], body: [2; 16] };
        for marks in [
            Marks { own: Some(mark), request: None },
            Marks { own: None, request: Some((mark, vec![Ordinal(5), Ordinal(-1)])) },
            Marks { own: Some(mark), request: Some((mark, Vec::new())) },
        ] {
            assert_eq!(Marks::decode(&marks.encode()), Some(marks));
        }
        let old: Vec<u8> = [1, i64::MAX, 3].into_iter().flat_map(i64::to_le_bytes).collect();
        assert_eq!(read_endpoints(&old, 1, 1), Some(vec![EndpointKey(i64::MAX)]));
        assert_eq!(read_endpoints(&old, 1, 9), Some(vec![EndpointKey(i64::MAX), EndpointKey(3)]));
        assert_eq!(read_endpoints(&[1, 2, 3], 0, 9), None);
    }
}
