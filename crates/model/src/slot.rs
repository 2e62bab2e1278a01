//! Slots: what the endpoints are divided into so that nodes can share them out (DESIGN 1, 6).

use std::fmt;

use crate::id::{EndpointKey, mix};

/// How many slots there are. Stores keep numbers of slots, so this never changes.
pub const SLOTS: usize = 256;

/// A virtual partition of endpoints.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Slot(pub u8);

impl Slot {
    /// The slot of an endpoint: the same on every node and for ever.
    pub fn of(endpoint: EndpointKey) -> Self {
        Self((mix(endpoint.0.cast_unsigned()) >> 56) as u8)
    }
}

/// The number of a node among those that share a store; given anew when it joins again.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NodeNumber(pub u8);

impl NodeNumber {
    /// So many nodes share a store at most: ids have six bits for the number.
    pub const MOST: usize = 64;
}

/// A set of slots.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct SlotSet([u64; SLOTS / 64]);

impl SlotSet {
    /// None.
    pub const EMPTY: Self = Self([0; SLOTS / 64]);
    /// All.
    pub const ALL: Self = Self([u64::MAX; SLOTS / 64]);

    /// Whether it is one of them.
    pub fn contains(&self, slot: Slot) -> bool {
        self.0[usize::from(slot.0 / 64)] >> (slot.0 % 64) & 1 == 1
    }

    /// Whether an endpoint's slot is one of them.
    pub fn has(&self, endpoint: EndpointKey) -> bool {
        self.contains(Slot::of(endpoint))
    }

    /// Adds one.
    pub fn insert(&mut self, slot: Slot) {
        self.0[usize::from(slot.0 / 64)] |= 1 << (slot.0 % 64);
    }

    /// Takes one out.
    pub fn remove(&mut self, slot: Slot) {
        self.0[usize::from(slot.0 / 64)] &= !(1 << (slot.0 % 64));
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        *self == Self::EMPTY
    }

    /// In their order.
    pub fn iter(&self) -> impl Iterator<Item = Slot> + use<> {
        let set = *self;
        (0..=u8::MAX).map(Slot).filter(move |slot| set.contains(*slot))
    }

    /// Those of this one and of the other.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        self.join(other, |a, b| a & b)
    }

    /// Those of this one or the other.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        self.join(other, |a, b| a | b)
    }

    /// Those of this one that the other has not.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        self.join(other, |a, b| a & !b)
    }

    fn join(&self, other: &Self, of: impl Fn(u64, u64) -> u64) -> Self {
        let mut joined = *self;
        for (mine, theirs) in joined.0.iter_mut().zip(other.0) {
            *mine = of(*mine, theirs);
        }
        joined
    }
}

impl FromIterator<Slot> for SlotSet {
    fn from_iter<I: IntoIterator<Item = Slot>>(slots: I) -> Self {
        let mut set = Self::EMPTY;
        for slot in slots {
            set.insert(slot);
        }
        set
    }
}

impl fmt::Debug for SlotSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(|slot| slot.0)).finish()
    }
}

/// The slots that fall to `me` among `nodes`: rendezvous hashing (Thaler and Ravishankar, 1996), evened out so that no
/// node has two more than another. All nodes that see the same others come to the same division, and where one comes or
/// goes, little else moves.
pub fn share(me: NodeNumber, nodes: &[NodeNumber]) -> SlotSet {
    let mut nodes = nodes.to_vec();
    nodes.sort_unstable();
    nodes.dedup();
    if nodes.is_empty() {
        return SlotSet::EMPTY;
    }
    let most = SLOTS.div_ceil(nodes.len());
    // A node takes one beyond the even share only while some are left over.
    let (even, mut left_over) = (SLOTS / nodes.len(), SLOTS % nodes.len());
    let mut held = vec![0_usize; nodes.len()];
    let mut mine = SlotSet::EMPTY;
    for slot in (0..=u8::MAX).map(Slot) {
        let open = |index: &usize| held[*index] < even || (left_over > 0 && held[*index] < most);
        let Some(owner) = (0..nodes.len()).filter(open).max_by_key(|index| weight(nodes[*index], slot))
        else {
            continue;
        };
        left_over -= usize::from(held[owner] >= even);
        held[owner] += 1;
        if nodes[owner] == me {
            mine.insert(slot);
        }
    }
    mine
}

fn weight(node: NodeNumber, slot: Slot) -> u64 {
    mix(u64::from(node.0) << 8 | u64::from(slot.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_slot_falls_to_one_node_and_no_node_has_two_more_than_another(
            nodes in proptest::collection::btree_set(0_u8..64, 1..20)
        ) {
            let nodes: Vec<_> = nodes.into_iter().map(NodeNumber).collect();
            let shares: Vec<_> = nodes.iter().map(|node| share(*node, &nodes)).collect();
            let all = shares.iter().fold(SlotSet::EMPTY, |all, share| all.or(share));
            prop_assert_eq!(all, SlotSet::ALL);
            prop_assert_eq!(shares.iter().map(SlotSet::len).sum::<usize>(), SLOTS);
            let (least, most) = (shares.iter().map(SlotSet::len).min(), shares.iter().map(SlotSet::len).max());
            prop_assert!(most <= least.map(|least| least + 1));
        }
    }

    #[test]
    fn where_a_node_goes_most_of_the_others_slots_stay() {
        let nodes: Vec<_> = (0..4).map(NodeNumber).collect();
        for node in &nodes[..3] {
            let (before, after) = (share(*node, &nodes), share(*node, &nodes[..3]));
            let kept = before.and(&after).len();
            assert!(kept * 10 >= before.len() * 7, "{kept} of {}", before.len());
        }
    }

    #[test]
    fn endpoints_made_one_after_the_other_spread_over_the_slots() {
        let used: SlotSet = (1..=2_000).map(|key| Slot::of(EndpointKey(key))).collect();
        assert!(used.len() > 250, "{}", used.len());
    }

    #[test]
    fn sets_are_joined_and_taken_apart() {
        let (some, other): (SlotSet, SlotSet) =
            ([0, 63, 64, 255].map(Slot).into_iter().collect(), [64, 7].map(Slot).into_iter().collect());
        assert_eq!(some.and(&other).iter().collect::<Vec<_>>(), [Slot(64)]);
        assert_eq!((some.or(&other).len(), some.without(&other).len()), (5, 3));
        let mut left = some;
        left.remove(Slot(64));
        assert_eq!(left, some.without(&other));
        assert!(SlotSet::ALL.contains(Slot(255)) && SlotSet::EMPTY.is_empty() && SlotSet::ALL.len() == SLOTS);
    }
}
