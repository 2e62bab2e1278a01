//! What a node does about the others: buries the dead, gives slots up, takes them, reads what the others wrote.
//!
//! All of it in one task, one after the other: news that lie before a claim are in the claim's backlog, and news after it
//! are read with the new slots.

use std::sync::Arc;
use std::time::Duration;

use postrider_model::slot::{NodeNumber, SlotSet, share};
use postrider_store::{NewsCursor, NewsQuery, Signal, StoreError, View};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::{StewardEnd, join, joined_as};
use crate::core::{Message, Reservation};
use crate::shared::Shared;

/// Deliveries of others read at once.
const NEWS_ROWS: usize = 1_024;
/// Of the budget for bodies at most this much is filled by one reading.
const NEWS_BYTES: usize = 4 * 1024 * 1024;
/// What waits in the slots is looked through this often: news tell of everything, and what they might still have missed
/// must not wait for ever.
const LOOK_THROUGH: Duration = Duration::from_secs(60);
/// After the store failed.
const AGAIN: Duration = Duration::from_millis(250);

struct Steward {
    shared: Arc<Shared>,
    end: StewardEnd,
    /// When the slots are looked through next.
    look_through_at: Instant,
    /// Up to where news were read.
    cursor: Option<NewsCursor>,
    /// Slots that are owned, or taken by the claim that was made last.
    mine: SlotSet,
    /// Those of them that the core was told to give up.
    leaving: SlotSet,
    /// Those of these that it has done with.
    vacated: SlotSet,
}

pub(super) async fn run(shared: Arc<Shared>, end: StewardEnd) {
    let mut stopped = shared.stopped.subscribe();
    let mut views = shared.cluster.view.subscribe();
    let mut fenced = shared.cluster.fenced.subscribe();
    let mut steward = Steward {
        shared,
        end,
        look_through_at: Instant::now() + LOOK_THROUGH,
        cursor: None,
        mine: SlotSet::EMPTY,
        leaving: SlotSet::EMPTY,
        vacated: SlotSet::EMPTY,
    };
    let mut more = true;
    loop {
        let shared = Arc::clone(&steward.shared);
        let woken = async {
            if more {
                return Woken::News;
            }
            tokio::select! {
                biased;
                Some(slots) = steward.end.vacated.recv() => Woken::Vacated(slots),
                _ = fenced.wait_for(|fenced| *fenced) => Woken::Fence,
                Ok(()) = views.changed() => Woken::View,
                () = shared.store.rung() => Woken::News,
            }
        };
        let woken = tokio::select! {
            biased;
            _ = stopped.wait_for(|stopped| *stopped) => return,
            woken = woken => woken,
        };
        let view = views.borrow().clone();
        match steward.turn(woken, view.as_deref()).await {
            Ok(again) => more = again,
            Err(StoreError::Fenced) => super::heartbeat::fenced(&shared),
            Err(error) => {
                tracing::warn!(%error, "what other nodes wrote could not be read; trying again");
                tokio::time::sleep(AGAIN).await;
                more = true;
            }
        }
    }
}

/// What there is to look at.
#[derive(Debug)]
enum Woken {
    Vacated(SlotSet),
    Fence,
    View,
    News,
}

impl Steward {
    /// Whether there is more to read.
    async fn turn(&mut self, woken: Woken, view: Option<&View>) -> Result<bool, StoreError> {
        if *self.shared.cluster.fenced.borrow() {
            self.join_again().await?;
            // News are read before anything is claimed: what is written after a claim's backlog lies behind the cursor.
            return Ok(true);
        }
        match woken {
            Woken::Vacated(slots) => self.vacated = self.vacated.or(&slots),
            Woken::View => {
                if let Some(view) = view {
                    self.look(view).await?;
                }
            }
            Woken::Fence | Woken::News => {}
        }
        self.release().await?;
        self.look_through().await?;
        self.read_news().await
    }

    /// What is overdue in this node's slots, whether it knows of it or not.
    async fn look_through(&mut self) -> Result<(), StoreError> {
        if Instant::now() < self.look_through_at {
            return Ok(());
        }
        self.look_through_at = Instant::now() + LOOK_THROUGH;
        let slots = self.mine.without(&self.leaving);
        if slots.is_empty() {
            return Ok(());
        }
        let kept = self.shared.store.claim(slots, self.shared.time.now()).await?;
        self.shared.tell(Message::Overdue(kept.backlog));
        Ok(())
    }

    /// Everything in memory is void; a new number, and from there as after a start.
    async fn join_again(&mut self) -> Result<(), StoreError> {
        (self.mine, self.leaving, self.vacated) = (SlotSet::EMPTY, SlotSet::EMPTY, SlotSet::EMPTY);
        self.cursor = None;
        let (reply, done) = oneshot::channel();
        self.shared.tell(Message::Fenced(reply));
        let _ = done.await;
        // What the core was about to give up is nobody's to release any more.
        while self.end.vacated.try_recv().is_ok() {}
        let shared = &self.shared;
        let member = join(&*shared.store, &shared.settings.node, shared.clock.now()).await?;
        if let Some(number) = member.number {
            joined_as(shared, number);
            shared.number_ids(member.highest, number);
            let (reply, done) = oneshot::channel();
            shared.tell(Message::Rejoined(member.highest, number, reply));
            let _ = done.await;
        }
        shared.forget_everything();
        shared.cluster.fenced.send_replace(false);
        shared.cluster.beat_now.notify_one();
        Ok(())
    }

    /// Acts on who is there.
    async fn look(&mut self, view: &View) -> Result<(), StoreError> {
        let me = self.shared.cluster.number();
        let mut free = view.free;
        for dead in view.nodes.iter().filter(|node| !node.fresh && node.number != me) {
            if let Some(buried) = self.shared.store.bury(dead.number, self.shared.time.now()).await? {
                tracing::warn!(
                    number = dead.number.0,
                    name = dead.name,
                    moved = buried.moved,
                    fanouts = buried.fanouts.len(),
                    "a node's lease ended; its deliveries are taken over"
                );
                self.shared.tell(Message::FanoutsInherited(buried.fanouts));
                free = free.or(&dead.slots);
            }
        }
        // What a claim took of which the answer was lost: it is claimed once more, or given back if it falls to others by
        // now. The core never had it.
        let known = view.nodes.iter().find(|node| node.number == me);
        let unanswered = known.map_or(SlotSet::EMPTY, |node| node.slots.without(&self.mine));
        free = free.or(&unanswered);
        let desired = self.share(view, me);
        if !unanswered.without(&desired).is_empty() {
            self.shared.store.release(unanswered.without(&desired)).await?;
        }
        self.give_up(self.mine.without(&desired).without(&self.leaving));
        self.claim(desired.and(&free).without(&self.mine)).await
    }

    /// The slots that fall to this node among those that deliver.
    fn share(&self, view: &View, me: NodeNumber) -> SlotSet {
        let stays = !*self.shared.cluster.leaving.borrow() && self.shared.settings.node.works;
        if !stays {
            return SlotSet::EMPTY;
        }
        let works = |node: &&postrider_store::NodeSeen| {
            node.number == me || (node.fresh && node.works && !node.beat.leaving)
        };
        let nodes: Vec<_> = view.nodes.iter().filter(works).map(|node| node.number).collect();
        share(me, &nodes)
    }

    fn give_up(&mut self, slots: SlotSet) {
        if !slots.is_empty() {
            tracing::info!(slots = slots.len(), "handing slots over");
            self.leaving = self.leaving.or(&slots);
            self.shared.tell(Message::GiveUp(slots));
        }
    }

    async fn claim(&mut self, slots: SlotSet) -> Result<(), StoreError> {
        if slots.is_empty() {
            return Ok(());
        }
        let (reply, noted) = oneshot::channel();
        self.shared.tell(Message::Claiming(slots, reply));
        if noted.await.is_err() {
            return Ok(());
        }
        let claimed = self.shared.store.claim(slots, self.shared.time.now()).await?;
        tracing::info!(
            slots = claimed.slots.len(),
            endpoints = claimed.backlog.len(),
            "took slots over with what waits in them"
        );
        self.mine = self.mine.or(&claimed.slots);
        self.shared.tell(Message::Gained(claimed.slots, claimed.backlog));
        Ok(())
    }

    async fn release(&mut self) -> Result<(), StoreError> {
        if self.vacated.is_empty() {
            return Ok(());
        }
        let slots = self.vacated;
        self.shared.store.release(slots).await?;
        (self.mine, self.leaving) = (self.mine.without(&slots), self.leaving.without(&slots));
        self.vacated = SlotSet::EMPTY;
        self.shared.store.ring();
        // Whoever is alone here takes them back; whoever is not sees who else there is.
        self.shared.cluster.beat_now.notify_one();
        Ok(())
    }

    async fn read_news(&mut self) -> Result<bool, StoreError> {
        // From now on the core remembers what it is done with: a row that was read before that is no news.
        let (reply, listening) = oneshot::channel();
        self.shared.tell(Message::Listen(reply));
        if listening.await.is_err() {
            return Ok(false);
        }
        let room = Reservation::of(&self.shared.bodies, NEWS_BYTES);
        let query = NewsQuery {
            after: self.cursor,
            slots: self.mine,
            limit: NEWS_ROWS,
            body_bytes: room.content_bytes(),
        };
        let news = self.shared.store.news(query).await?;
        drop(room);
        self.shared.metrics.news.inc_by(news.deliveries.len() as u64);
        self.shared.tell(Message::News(news.deliveries));
        for signal in news.signals {
            self.heed(signal);
        }
        self.cursor = Some(news.next);
        Ok(news.more)
    }

    fn heed(&self, signal: Signal) {
        let shared = Arc::clone(&self.shared);
        match signal {
            Signal::Endpoint(tenant, endpoint) => shared.spawner.clone().spawn(Box::pin(async move {
                shared.endpoint_changed(tenant, endpoint).await;
            })),
            Signal::Tenant(tenant, endpoints) => shared.spawner.clone().spawn(Box::pin(async move {
                shared.routes.forget(tenant);
                for endpoint in endpoints.iter() {
                    shared.endpoint_changed(tenant, *endpoint).await;
                }
            })),
            Signal::Project(project) => shared.spawner.clone().spawn(Box::pin(async move {
                shared.project_changed(project).await;
            })),
            Signal::Catalogue(project) => shared.projects.forget(project),
            // Holders of keys are read anew in less than a second.
            Signal::Keys => {}
            Signal::Cancelled(delivery) => shared.tell(Message::CancelledElsewhere(delivery)),
            Signal::Erased(event) => shared.tell(Message::Erased(event, oneshot::channel().0)),
            Signal::Replays => shared.replays.notify_one(),
            Signal::Slots => shared.cluster.beat_now.notify_one(),
            Signal::Everything => {
                tracing::warn!(
                    "this node heard nothing of the others for too long; it reads everything anew"
                );
                shared.forget_everything();
                shared.tell(Message::EverythingChanged);
                shared.replays.notify_one();
            }
        }
    }
}

impl Shared {
    /// Caches are read anew.
    fn forget_everything(&self) {
        self.projects.forget_all();
        self.routes.forget_all();
    }
}
