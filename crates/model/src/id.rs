//! Ids: UUIDv7 inside, a prefix and base62 or the plain UUID outside (DESIGN 1, 4.4).
//!
//! A UUIDv7 made here is its *ordinal* (47 bits of milliseconds and a 16-bit counter, always growing on
//! one node) and a tail mixed from the ordinal and the store's [`IdSalt`]. A store therefore keeps eight
//! bytes in place of sixteen, rows lie in the order of their making, and ids of two installations differ.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::slot::NodeNumber;
use crate::time::Millis;

/// What makes the ids of one installation differ from another's; kept in the store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IdSalt(pub u64);

/// The time-and-counter part of an id: milliseconds in the high bits, a counter in the low 16.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Ordinal(pub i64);

impl Ordinal {
    /// The first ordinal of an instant; every id made before it is smaller.
    pub fn at(time: Millis) -> Self {
        Self(time.0.clamp(0, i64::MAX >> 16) << 16)
    }

    /// The instant in the id, which runs ahead of the clock where more than 65,536 ids fall into one millisecond.
    pub fn time(self) -> Millis {
        Millis(self.0 >> 16)
    }

    /// The node that made it, where nodes share a store.
    pub fn node(self) -> NodeNumber {
        NodeNumber((self.0 >> SHARED_COUNTER_BITS & 0x3f) as u8)
    }

    /// The UUIDv7 of this ordinal in the installation of `salt` (RFC 9562, 5.7).
    pub fn to_uuid(self, salt: IdSalt) -> Uuid {
        let ordinal = self.0 as u64;
        let head = (ordinal & 0xffff_ffff_ffff_0000) | 0x7000 | ((ordinal & 0xffff) >> 4);
        let tail = (mix(ordinal ^ salt.0) & 0x03ff_ffff_ffff_ffff) | ((ordinal & 0xf) << 58);
        Uuid::from_u64_pair(head, 0x8000_0000_0000_0000 | tail)
    }

    /// The ordinal of a UUID, if it is one that [`Ordinal::to_uuid`] makes with this salt.
    pub fn of_uuid(uuid: Uuid, salt: IdSalt) -> Option<Self> {
        let (head, tail) = uuid.as_u64_pair();
        let ordinal = (head & 0xffff_ffff_ffff_0000) | ((head & 0xfff) << 4) | ((tail >> 58) & 0xf);
        let ordinal = Self(i64::try_from(ordinal).ok()?);
        (ordinal.to_uuid(salt) == uuid).then_some(ordinal)
    }
}

/// A 64-bit finalizer (the constants are those of SplitMix64): every input bit reaches every output bit.
pub(crate) fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// The low bits of an ordinal: what tells the ids of one millisecond apart.
const COUNTER_BITS: u32 = 16;
/// Those of them that count where nodes share a store; the others are the node's number, so that no two nodes make the
/// same id.
const SHARED_COUNTER_BITS: u32 = 10;

/// Makes ordinals that only grow, whatever the clock does. One per node.
#[derive(Debug)]
pub struct OrdinalSource {
    last: Ordinal,
    node: Option<NodeNumber>,
}

impl OrdinalSource {
    /// Starts above `highest_stored`, the greatest ordinal the store has seen.
    pub fn new(highest_stored: Ordinal) -> Self {
        Self { last: highest_stored, node: None }
    }

    /// As [`OrdinalSource::new`], for one of several nodes that share a store.
    pub fn of_node(highest_stored: Ordinal, node: NodeNumber) -> Self {
        Self { last: highest_stored, node: Some(node) }
    }

    /// The last ordinal taken, or the one it started above.
    pub fn last(&self) -> Ordinal {
        self.last
    }

    /// The next ordinal at `now`.
    pub fn next(&mut self, now: Millis) -> Ordinal {
        self.take(now, 1)
    }

    /// The first of `count` ordinals that follow each other without a gap. Where nodes share a store `count` is at most
    /// 1,024.
    pub fn take(&mut self, now: Millis, count: usize) -> Ordinal {
        let count = i64::try_from(count).unwrap_or(1);
        let first = match self.node {
            None => (self.last.0 + 1).max(Ordinal::at(now).0),
            Some(node) => first_of_node(self.last, now, count, node),
        };
        self.last = Ordinal(first + count - 1);
        Ordinal(first)
    }
}

/// The first of `count` ordinals of a node after `last` that lie in one millisecond.
fn first_of_node(last: Ordinal, now: Millis, count: i64, node: NodeNumber) -> i64 {
    let base = |millisecond: i64| millisecond << COUNTER_BITS | i64::from(node.0) << SHARED_COUNTER_BITS;
    let millisecond = now.0.clamp(0, i64::MAX >> COUNTER_BITS).max(last.0 >> COUNTER_BITS);
    let first = base(millisecond).max(last.0 + 1);
    if first + count <= base(millisecond) + (1 << SHARED_COUNTER_BITS) {
        first
    } else {
        base(millisecond + 1)
    }
}

/// The public form of an id of one kind: a prefix and 22 base62 digits, or the plain UUID (DESIGN 4.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdForm {
    /// `evt_…`: the prefix, underscore included, then base62 of fixed length.
    Prefix(String),
    /// `f4e9c2a8-7d31-4b6f-9c83-21e5d4a07b14`.
    Uuid,
}

impl IdForm {
    /// A prefixed form; the prefix carries its underscore.
    pub fn prefix(prefix: &str) -> Self {
        Self::Prefix(prefix.to_owned())
    }

    /// How `uuid` looks outside.
    pub fn show(&self, uuid: Uuid) -> String {
        match self {
            Self::Uuid => uuid.to_string(),
            Self::Prefix(prefix) => {
                let mut text = String::with_capacity(prefix.len() + BASE62_DIGITS);
                text.push_str(prefix);
                push_base62(&mut text, uuid.as_u128());
                text
            }
        }
    }

    /// The UUID of a public id; `None` where it is ill-formed (a 404 to the caller, DESIGN 4.4).
    pub fn read(&self, text: &str) -> Option<Uuid> {
        match self {
            Self::Uuid if text.len() == 36 => Uuid::try_parse(text).ok(),
            Self::Uuid => None,
            Self::Prefix(prefix) => read_base62(text.strip_prefix(prefix.as_str())?).map(Uuid::from_u128),
        }
    }
}

const BASE62_DIGITS: usize = 22;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

fn push_base62(text: &mut String, mut value: u128) {
    let mut digits = [b'0'; BASE62_DIGITS];
    // Ten digits fit a u64, so the 128-bit division is done three times and not 22 times.
    const SPLIT: u128 = 62u128.pow(10);
    for part in [12..22, 2..12, 0..2] {
        let mut low = (value % SPLIT) as u64;
        value /= SPLIT;
        for digit in digits[part].iter_mut().rev() {
            *digit = ALPHABET[(low % 62) as usize];
            low /= 62;
        }
    }
    text.extend(digits.iter().map(|digit| char::from(*digit)));
}

fn read_base62(text: &str) -> Option<u128> {
    if text.len() != BASE62_DIGITS {
        return None;
    }
    text.bytes().try_fold(0u128, |value, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'A'..=b'Z' => byte - b'A' + 10,
            b'a'..=b'z' => byte - b'a' + 36,
            _ => return None,
        };
        value.checked_mul(62)?.checked_add(u128::from(digit))
    })
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

uuid_id!(
    /// An event's id. Its ordinal is the event's place in the order of acceptance.
    EventId
);
uuid_id!(
    /// An endpoint's id.
    EndpointId
);
uuid_id!(
    /// A replay's id.
    ReplayId
);
uuid_id!(
    /// An API key's id (not the key itself).
    KeyId
);

macro_rules! interned {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);
    };
}

interned!(
    /// A project's row number in the store.
    ProjectKey
);
interned!(
    /// A tenant's row number in the store.
    TenantKey
);
interned!(
    /// An endpoint's row number in the store; small, and never used twice.
    EndpointKey
);
interned!(
    /// The row number of an event type's name.
    TypeKey
);

/// Two separate worlds of data in one project (DESIGN 1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Real events.
    Live,
    /// Events of a customer's test system.
    Test,
}

impl Mode {
    /// 0 for live, 1 for test: what the stores keep.
    pub fn bit(self) -> i64 {
        match self {
            Self::Live => 0,
            Self::Test => 1,
        }
    }

    /// The inverse of [`Mode::bit`]; every odd number is test.
    pub fn from_bit(bit: i64) -> Self {
        if bit & 1 == 0 { Self::Live } else { Self::Test }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_ordinal_comes_back_from_its_uuid(ordinal in 0i64.., salt: u64) {
            let uuid = Ordinal(ordinal).to_uuid(IdSalt(salt));
            prop_assert_eq!(uuid.get_version_num(), 7);
            prop_assert_eq!(Ordinal::of_uuid(uuid, IdSalt(salt)), Some(Ordinal(ordinal)));
        }

        #[test]
        fn uuids_sort_as_their_ordinals(a in 0i64.., b in 0i64.., salt: u64) {
            let (x, y) = (Ordinal(a).to_uuid(IdSalt(salt)), Ordinal(b).to_uuid(IdSalt(salt)));
            prop_assert_eq!(a.cmp(&b), x.cmp(&y));
        }

        #[test]
        fn every_uuid_survives_its_public_forms(value: u128) {
            for form in [IdForm::prefix("evt_"), IdForm::Uuid] {
                let text = form.show(Uuid::from_u128(value));
                prop_assert_eq!(form.read(&text), Some(Uuid::from_u128(value)));
            }
        }

        #[test]
        fn a_public_id_of_any_text_is_read_without_a_panic(text in ".{0,40}") {
            let _ = IdForm::prefix("evt_").read(&text);
            let _ = IdForm::prefix("evt_").read(&format!("evt_{text}"));
        }
    }

    #[test]
    fn ordinals_grow_when_the_clock_goes_back() {
        let mut source = OrdinalSource::new(Ordinal::default());
        let first = source.next(Millis(1_000));
        let second = source.next(Millis(10));
        assert!(second > first);
        assert_eq!(source.take(Millis(2_000), 3), Ordinal::at(Millis(2_000)));
        assert_eq!(source.next(Millis(2_000)).0, Ordinal::at(Millis(2_000)).0 + 3);
    }

    proptest! {
        #[test]
        fn no_two_nodes_make_the_same_id_and_each_ones_grow(
            takes in proptest::collection::vec((0_u8..64, 0_i64..5, 1_usize..=1_024), 1..60)
        ) {
            let mut sources: std::collections::BTreeMap<u8, OrdinalSource> = Default::default();
            let mut made = std::collections::BTreeSet::new();
            for (node, at, count) in takes {
                let new = || OrdinalSource::of_node(Ordinal(77), NodeNumber(node));
                let source = sources.entry(node).or_insert_with(new);
                let before = source.last();
                let first = source.take(Millis(1_000 + at), count);
                prop_assert!(first > before);
                for offset in 0..count as i64 {
                    let ordinal = Ordinal(first.0 + offset);
                    prop_assert_eq!(ordinal.node(), NodeNumber(node));
                    prop_assert!(made.insert(ordinal));
                }
            }
        }
    }

    #[test]
    fn an_id_of_another_installation_is_not_ours() {
        let uuid = Ordinal(77).to_uuid(IdSalt(1));
        assert_eq!(Ordinal::of_uuid(uuid, IdSalt(2)), None);
    }
}
