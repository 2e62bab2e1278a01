//! What the nodes of a store share beside its tables: who is there, who owns which slot, what is news.

use std::collections::BTreeMap;
use std::sync::Arc;

use postrider_model::delivery::DeliveryKey;
use postrider_model::id::Ordinal;
use postrider_model::slot::{NodeNumber, SLOTS, Slot, SlotSet};
use postrider_model::time::Millis;
use postrider_store::{Beat, NewNode, NodeSeen, Signal, StoreError, View};
use tokio::sync::Notify;

/// News are kept for as many transactions.
const KEPT: u64 = 100_000;

/// A node that joined.
#[derive(Debug)]
struct Member {
    generation: u64,
    node: NewNode,
    beat: Beat,
    beat_at: Millis,
}

/// Something that other nodes must know.
#[derive(Debug, Clone)]
pub(super) enum Item {
    Delivery(DeliveryKey),
    Signal(Signal),
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Room {
    members: BTreeMap<NodeNumber, Member>,
    owners: BTreeMap<Slot, NodeNumber>,
    generation: u64,
    transaction: u64,
    news: BTreeMap<u64, (NodeNumber, Item)>,
    /// Which node goes on with a fan-out.
    pub(super) fanouts: BTreeMap<Ordinal, NodeNumber>,
    pub(super) bell: Arc<Notify>,
}

impl Room {
    pub(super) fn join(&mut self, node: NewNode) -> (NodeNumber, u64) {
        let taken = |number: &u8| self.members.contains_key(&NodeNumber(*number));
        let number = NodeNumber((0..64).find(|number| !taken(number)).unwrap_or(63));
        self.generation += 1;
        let beat_at = node.now;
        let member = Member { generation: self.generation, node, beat: Beat::default(), beat_at };
        self.members.insert(number, member);
        (number, self.generation)
    }

    /// # Errors
    /// [`StoreError::Fenced`] where others took over.
    pub(super) fn check(&self, seat: (NodeNumber, u64)) -> Result<(), StoreError> {
        let known = self.members.get(&seat.0).is_some_and(|member| member.generation == seat.1);
        if known { Ok(()) } else { Err(StoreError::Fenced) }
    }

    pub(super) fn beat(
        &mut self,
        seat: (NodeNumber, u64),
        beat: Beat,
        now: Millis,
    ) -> Result<View, StoreError> {
        self.check(seat)?;
        if let Some(member) = self.members.get_mut(&seat.0) {
            (member.beat, member.beat_at) = (beat, now);
        }
        let nodes = self.members.iter().map(|(number, member)| self.seen(*number, member, now)).collect();
        Ok(View { nodes, free: self.free(), clock_ahead_ms: 0 })
    }

    fn seen(&self, number: NodeNumber, member: &Member, now: Millis) -> NodeSeen {
        NodeSeen {
            number,
            name: member.node.name.clone(),
            address: String::new(),
            version: String::new(),
            serves: member.node.serves,
            works: member.node.works,
            started_at: member.node.now,
            beat_at: member.beat_at,
            fresh: now.since(member.beat_at) < member.node.lease,
            beat: member.beat,
            slots: self.slots_of(number),
        }
    }

    pub(super) fn slots_of(&self, number: NodeNumber) -> SlotSet {
        self.owners.iter().filter(|(_, owner)| **owner == number).map(|(slot, _)| *slot).collect()
    }

    fn free(&self) -> SlotSet {
        SlotSet::ALL.without(&self.owners.keys().copied().collect())
    }

    pub(super) fn claim(&mut self, number: NodeNumber, slots: SlotSet) -> SlotSet {
        let got = slots.and(&self.free().or(&self.slots_of(number)));
        for slot in got.iter() {
            self.owners.insert(slot, number);
        }
        got
    }

    pub(super) fn release(&mut self, number: NodeNumber, slots: SlotSet) {
        self.owners.retain(|slot, owner| *owner != number || !slots.contains(*slot));
        self.tell(number, Item::Signal(Signal::Slots));
        self.bell.notify_waiters();
    }

    /// Whether the node was there, and its lease has ended.
    pub(super) fn bury(&mut self, dead: NodeNumber, now: Millis) -> bool {
        let over = |member: &Member| now.since(member.beat_at) >= member.node.lease;
        if !self.members.get(&dead).is_some_and(over) {
            return false;
        }
        self.members.remove(&dead);
        self.owners.retain(|_, owner| *owner != dead);
        true
    }

    /// Its lease is over at once.
    pub(super) fn leave(&mut self, number: NodeNumber) {
        if let Some(member) = self.members.get_mut(&number) {
            member.beat_at = Millis(0);
        }
        self.tell(number, Item::Signal(Signal::Slots));
        self.bell.notify_waiters();
    }

    /// The fan-outs of a dead node are another's; which.
    pub(super) fn inherit(&mut self, dead: NodeNumber, heir: NodeNumber) -> Vec<Ordinal> {
        let left = self.fanouts.iter_mut().filter(|(_, owner)| **owner == dead);
        left.map(|(event, owner)| {
            *owner = heir;
            *event
        })
        .collect()
    }

    pub(super) fn tell(&mut self, writer: NodeNumber, item: Item) {
        self.transaction += 1;
        self.news.insert(self.transaction, (writer, item));
        self.news.remove(&self.transaction.saturating_sub(KEPT));
    }

    /// What others told since `after`, and where to go on.
    pub(super) fn news(&self, me: NodeNumber, after: Option<u64>) -> (Vec<Item>, u64) {
        let next = self.transaction + 1;
        let Some(after) = after else { return (Vec::new(), next) };
        let others = self.news.range(after..).filter(|(_, (writer, _))| *writer != me);
        (others.map(|(_, (_, item))| item.clone()).collect(), next)
    }

    /// Whether every slot has an owner, and nobody is left whose lease is over.
    pub(super) fn is_settled(&self, alive: usize) -> bool {
        self.owners.len() == SLOTS && self.members.len() == alive
    }
}
