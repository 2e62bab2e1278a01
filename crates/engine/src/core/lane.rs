//! A lane: the in-memory queue of one endpoint and everything that is per endpoint (DESIGN 1, 2.3).
//!
//! Pure: it is told what happened and the time, and says what may begin. The core does the rest.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering as Atomic};
use std::time::Duration;

use postrider_model::breaker::Breaker;
use postrider_model::delivery::DeliveryState;
use postrider_model::health::Health;
use postrider_model::id::Ordinal;
use postrider_model::rate::Rate;
use postrider_model::time::Millis;
use postrider_model::window::Window;
use postrider_store::{DuePage, EventFlags};
use smallvec::SmallVec;

use super::body::EventBody;
use super::flight::Flight;
use super::queue::Queue;
use super::soon::{Soon, SoonPlaces};
use super::stored::Stored;
use crate::plan::EndpointPlan;

/// The most deliveries a lane holds; beyond it the store does.
pub(crate) const LANE_ROOM: usize = 256;
/// How many rows a loader reads at once.
pub(crate) const LOAD_ROWS: usize = 128;
/// A lane below this asks its loader for more.
const LOAD_BELOW: usize = 32;
/// What should have gone longer ago than this is a backlog, of an outage of the receiver as a rule: live events go before
/// it.
const LATE_AFTER: Duration = Duration::from_secs(10);
/// So many live events find room in a lane while its backlog is read.
const LIVE_ROOM: usize = LANE_ROOM / 2;

/// A delivery in a lane.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    /// Its event.
    pub event: Ordinal,
    /// Its content; read from the store at the attempt where memory was short.
    pub body: Option<Arc<EventBody>>,
    /// Not in the due index: came straight from its append.
    pub fresh: bool,
    /// When it fell due.
    pub due: Millis,
    /// It waited so long that live events go before it.
    pub late: bool,
    /// Attempts made in this run of the timetable.
    pub step: u32,
    /// Attempts made in all.
    pub attempts: u32,
    /// Start of the first attempt of this run.
    pub first_attempt_at: Option<Millis>,
    /// The ordered key whose head it is.
    pub key: Option<u64>,
    /// What sets its event apart: a test send gets one attempt, a notice goes alone and counts against nobody.
    pub flags: EventFlags,
}

/// The items of one request.
pub(crate) type Items = SmallVec<[Item; 1]>;

/// What a lane wants to do now.
#[derive(Debug)]
pub(crate) enum Turn {
    /// Send these in one request.
    Send(Items),
    /// Nothing before this instant.
    Wait(Millis),
    /// Nothing until something happens.
    Idle,
}

/// What fell due before this is a backlog by now. What may wait for others to go with it does so first.
pub(crate) fn late_before(plan: &EndpointPlan, now: Millis) -> Millis {
    let gathering = plan.policy.batch.map_or(Duration::ZERO, |batch| batch.max_wait);
    now - gathering - LATE_AFTER
}

/// Everything about one endpoint that is in memory.
#[derive(Debug)]
pub(crate) struct Lane {
    pub plan: Arc<EndpointPlan>,
    /// Closed when the endpoint is disabled, deleted or changed in a way that attempts not yet begun must see.
    pub gate: Arc<AtomicBool>,
    pub health: Health,
    pub health_dirty: bool,
    /// Attempts and words of the failure that disabled it, for the notice.
    pub last_failure: Option<(u32, String)>,
    /// Its last attempt timed out: it shares the slow quarter of the node (DESIGN 2.3).
    pub slow: bool,
    /// Whether it stands in the ring of lanes that wait for a place on the node.
    pub waiting: bool,
    /// The rule disabled its endpoint, and its plan has not been read since: one that was read before may be an
    /// enabled one of any revision, and does not hold.
    pub off_by_rule: bool,
    /// What the store has of it.
    pub stored: Stored,
    /// When something last happened; an idle lane goes away.
    pub touched_at: Millis,
    queue: Queue,
    reserved: usize,
    flight: Flight,
    window: Window,
    breaker: Option<Breaker>,
    rate: Option<Rate>,
    /// Counts the rates that the endpoint was given.
    rate_number: u32,
    soon: Soon,
    /// What waits here is late: live events need not wait until all of it was read from the store.
    catching_up: bool,
    /// Nothing begins before this: the store could not be read.
    paused_until: Option<Millis>,
    /// Made for an append whose commit has not shown yet that its plan is the one that holds: nothing begins.
    unproven: bool,
}

impl Lane {
    pub(crate) fn new(plan: Arc<EndpointPlan>, health: Health, now: Millis) -> Self {
        let policy = &plan.policy;
        Self {
            window: Window::new(policy.max_in_flight),
            breaker: policy.breaker.then(Breaker::default),
            rate: plan.rate_per_second().map(Rate::per_second),
            rate_number: 0,
            gate: Arc::new(AtomicBool::new(false)),
            health,
            health_dirty: false,
            last_failure: None,
            slow: false,
            waiting: false,
            off_by_rule: false,
            stored: Stored::default(),
            touched_at: now,
            queue: Queue::default(),
            reserved: 0,
            flight: Flight::default(),
            soon: Soon::default(),
            catching_up: false,
            paused_until: None,
            unproven: true,
            plan,
        }
    }

    /// The endpoint was another node's until `since`, which may have made a burst just before.
    pub(crate) fn taken_over(&mut self, since: Millis) {
        self.rate = self.rate.take().map(|rate| rate.earned_since(since));
    }

    /// Takes over a changed plan. Attempts that have not begun see the closed gate and come back.
    pub(crate) fn replan(&mut self, plan: Arc<EndpointPlan>) {
        self.gate.store(true, Atomic::Release);
        self.gate = Arc::new(AtomicBool::new(false));
        self.paused_until = None;
        self.unproven = false;
        self.window.set_max(plan.policy.max_in_flight);
        if plan.rate_per_second() != self.plan.rate_per_second() {
            self.rate = plan.rate_per_second().map(Rate::per_second);
            self.rate_number = self.rate_number.wrapping_add(1);
        }
        if plan.policy.breaker != self.breaker.is_some() {
            self.breaker = plan.policy.breaker.then(Breaker::default);
        }
        if plan.url != self.plan.url {
            self.start_afresh(&plan);
        }
        self.plan = plan;
    }

    /// Nothing that is known of the old URL holds for the new one, and no request to the old one counts against it.
    fn start_afresh(&mut self, plan: &EndpointPlan) {
        self.flight.move_on();
        self.window = Window::new(plan.policy.max_in_flight);
        self.breaker = plan.policy.breaker.then(Breaker::default);
        self.slow = false;
        // It may stand in the ring of the slow ones, where it would wait for others.
        self.waiting = false;
    }

    /// Which of its URLs the endpoint has now, for [`Lane::request_ended`].
    pub(crate) fn url_number(&self) -> u32 {
        self.flight.url_number()
    }

    /// Whether no further request may be in flight: its window holds for the URL it has now, its ceiling for all.
    fn is_full(&self) -> bool {
        let ceiling = self.plan.policy.max_in_flight.max(1) as usize;
        self.flight.is_full(self.window.size() as usize, ceiling)
    }

    /// Nothing begins until [`Lane::replan`].
    pub(crate) fn await_plan(&mut self) {
        self.gate.store(true, Atomic::Release);
        self.paused_until = Some(Millis::MAX);
    }

    /// Its plan is the one that holds.
    pub(crate) fn prove(&mut self, plan: &Arc<EndpointPlan>) {
        if self.unproven && !Arc::ptr_eq(&self.plan, plan) {
            self.replan(Arc::clone(plan));
        }
        self.unproven = false;
    }

    /// See [`Lane::prove`].
    pub(crate) fn is_unproven(&self) -> bool {
        self.unproven
    }

    /// Promises a place to a delivery of the batch that is being built; `false`: it must go to the store.
    pub(crate) fn reserve(&mut self) -> bool {
        let room = if self.stored.is_spilled() {
            self.catching_up && self.queue.live() + self.reserved < LIVE_ROOM
        } else {
            self.queue.len() + self.reserved < LANE_ROOM
        };
        let room = room && self.plan.enabled;
        self.reserved += usize::from(room);
        room
    }

    /// The promised delivery was not written.
    pub(crate) fn release(&mut self) {
        self.reserved = self.reserved.saturating_sub(1);
    }

    /// The promised delivery is on disk.
    pub(crate) fn push_fresh(&mut self, item: Item) {
        self.release();
        self.queue.push(item);
    }

    /// Whether the loader should read now.
    pub(crate) fn wants_load(&mut self, now: Millis, committed_seq: u64) -> bool {
        let enough = LOAD_BELOW.max(self.plan.batch_size());
        let hungry = if self.stored.is_spilled() && !self.catching_up {
            self.queue.len() < enough
        } else {
            // Live deliveries in memory, however many, do not keep the others out of it.
            self.queue.others() < enough && self.queue.len() < 2 * LANE_ROOM
        };
        self.stored.has_more(now, committed_seq) && hungry && self.plan.enabled
    }

    /// What the loader must skip.
    ///
    /// A delivery that was reopened while an attempt of it is in flight waits for the end of that attempt, which
    /// finds the row pending and moves it on.
    pub(crate) fn present(&self) -> Vec<Ordinal> {
        let mut present: Vec<_> = self.stored.present().chain(self.flight.events()).collect();
        present.sort_unstable();
        present
    }

    /// Takes note of what the loader read before its rows are taken in.
    pub(crate) fn loaded(&mut self, page: &mut DuePage, read_after: u64, now: Millis) {
        self.stored.loaded(page, read_after);
        let late_before = late_before(&self.plan, now);
        self.catching_up = page.rows.iter().any(|row| row.due < late_before);
    }

    /// An item of the due index enters memory.
    pub(crate) fn push_loaded(&mut self, item: Item) {
        // Its key went on because another node told of a success while this one repeats the attempt: it is read again.
        if item.key.is_some_and(|key| self.flight.has_key(key)) {
            return self.stored.left_behind();
        }
        let flying = self.flight.events().any(|event| event == item.event);
        if !flying && self.stored.mark_present(item.event) {
            self.queue.push(item);
        }
    }

    /// Keeps a retry in memory until it is due, if there is room; its settle was handed to the committer.
    pub(crate) fn keep_soon(&mut self, item: Item, places: &SoonPlaces) {
        let event = item.event;
        let enabled = self.plan.enabled && !self.stored.sweeping;
        // Marked already: a delivery that was loaded, whose row is dealt with here until its settle is on disk.
        if enabled && self.soon.keep(item, places) {
            self.stored.mark_present(event);
        }
    }

    /// The settle of a delivery is on disk, which left it in `state`.
    pub(crate) fn settled(&mut self, event: Ordinal, state: DeliveryState) {
        if state != DeliveryState::Pending || !self.soon.settled(event) {
            self.forget(event);
        }
    }

    /// Whether a retry whose settle is on disk waits here.
    pub(crate) fn keeps(&self, event: Ordinal) -> bool {
        self.soon.keeps(event)
    }

    /// Puts what waits in its place: retries whose time has come into the queue, and what is late behind live events.
    pub(crate) fn sort_out(&mut self, now: Millis) {
        self.catching_up |= self.queue.set_late(late_before(&self.plan, now));
        while let Some(item) = self.soon.pop(now) {
            self.queue.push(item);
        }
    }

    /// The commit that settles or moves this row is on disk, and memory has no more of it.
    pub(crate) fn forget(&mut self, event: Ordinal) {
        self.soon.remove(event);
        self.stored.forget(event);
    }

    /// What may begin now.
    pub(crate) fn turn(&mut self, now: Millis) -> Turn {
        if self.queue.is_empty() || !self.plan.enabled || self.unproven || self.is_full() {
            return Turn::Idle;
        }
        if let Some(until) = self.paused_until.filter(|until| *until > now) {
            return if until == Millis::MAX { Turn::Idle } else { Turn::Wait(until) };
        }
        if let Some(breaker) = &self.breaker
            && !breaker.may_send(now)
        {
            return breaker.next_probe_at().map_or(Turn::Idle, Turn::Wait);
        }
        let ready = match self.queue.ready(&self.plan, now) {
            Ok(ready) => ready,
            Err(at) => return Turn::Wait(at),
        };
        if let Some(rate) = &mut self.rate
            && !rate.take(now)
        {
            return Turn::Wait(rate.next_at(now));
        }
        let items = self.queue.take(ready);
        self.flight.begin(&items, self.rate_number);
        if let Some(breaker) = &mut self.breaker {
            breaker.on_sent();
        }
        Turn::Send(items)
    }

    /// Takes out what has waited in memory longer than its timetable allows (DESIGN 2.3). Time before `started_at`
    /// does not count.
    pub(crate) fn overdue(&mut self, now: Millis, started_at: Millis) -> Vec<Item> {
        let patience = self.plan.policy.timetable.unavailable_after();
        if now.since(started_at) <= patience {
            return Vec::new();
        }
        self.queue.drain_due_before(now - patience)
    }

    /// A request ended that was begun under this number of the URL; `false` if the endpoint has another by now, of
    /// which the request tells nothing.
    pub(crate) fn request_ended(&mut self, url_number: u32) -> bool {
        self.flight.ended(url_number)
    }

    /// Takes an item out of those in flight, and brings it up to date.
    pub(crate) fn landed(&mut self, item: &mut Item) {
        item.fresh = self.flight.land(item).is_some_and(|flying| flying.fresh);
    }

    /// A request was not made after all: its place, its rate and its probe are free again, and its items go back to
    /// the front of the queue. Those cancelled meanwhile do not; returns which of these were fresh.
    pub(crate) fn request_unsent(&mut self, items: Items, url_number: u32) -> SmallVec<[Ordinal; 1]> {
        let here = self.request_ended(url_number);
        if let Some(breaker) = self.breaker.as_mut().filter(|_| here) {
            breaker.on_unsent();
        }
        let (mut back, mut dropped, mut same_rate) = (Items::new(), SmallVec::new(), false);
        for mut item in items {
            let Some(flying) = self.flight.land(&mut item) else { continue };
            same_rate |= flying.rate == self.rate_number;
            if !flying.cancelled {
                back.push(item);
            } else if flying.fresh {
                dropped.push(item.event);
            }
        }
        // A token of an older rate is worth nothing to the one that holds now.
        if let Some(rate) = self.rate.as_mut().filter(|_| same_rate) {
            rate.give_back();
        }
        self.queue.put_back(back);
        dropped
    }

    pub(crate) fn window(&mut self) -> &mut Window {
        &mut self.window
    }

    pub(crate) fn breaker(&mut self) -> Option<&mut Breaker> {
        self.breaker.as_mut()
    }

    /// A delivery was cancelled: it is not sent from here any more. Returns whether it was fresh and waited in the
    /// queue. An attempt in flight finishes.
    pub(crate) fn cancel(&mut self, event: Ordinal) -> bool {
        self.forget(event);
        self.flight.cancel(event);
        self.queue.remove(event).is_some_and(|item| item.fresh)
    }

    /// Empties the queue, for an endpoint that was disabled or deleted.
    pub(crate) fn drain(&mut self) -> Vec<Item> {
        let mut items = self.queue.drain();
        items.extend(self.soon.drain());
        items
    }

    /// An event was erased: attempts to come must not find its content in memory.
    pub(crate) fn erase(&mut self, event: Ordinal) {
        for item in self.queue.iter_mut().chain(self.soon.iter_mut()).filter(|item| item.event == event) {
            item.body = None;
        }
        self.flight.erase(event);
    }

    /// Fresh items older than `before`: they go into the due index so that the low-water mark can pass them.
    pub(crate) fn age(&mut self, before: Ordinal) -> SmallVec<[(Ordinal, Millis); 4]> {
        let mut aged = SmallVec::new();
        self.queue.age(before, &mut aged);
        self.flight.age(before, &mut aged);
        for (event, _) in &aged {
            self.stored.mark_present(*event);
        }
        aged
    }

    /// When the lane must be looked at again by itself.
    pub(crate) fn wake_at(&self) -> Option<Millis> {
        let due = [self.stored.next_due(), self.soon.next_due()].into_iter().flatten().min();
        due.filter(|_| self.plan.enabled)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub(crate) fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Whether the store has more that is due than was read from it.
    pub(crate) fn overflows(&self) -> bool {
        self.stored.is_behind()
    }

    /// Nothing of this lane begins before `until`.
    pub(crate) fn pause_until(&mut self, until: Millis) {
        self.paused_until = Some(until);
    }

    /// Since when the oldest delivery in memory is due.
    pub(crate) fn oldest_due(&self, now: Millis) -> Option<Millis> {
        self.queue.oldest_due().filter(|due| *due <= now)
    }

    /// Whether a delivery from the store may come straight into memory.
    pub(crate) fn has_room(&self) -> bool {
        let whole = !self.stored.is_spilled() && !self.stored.sweeping && !self.unproven;
        whole && self.queue.len() + self.reserved < LANE_ROOM
    }

    /// Whether nothing of it is in memory or in flight.
    pub(crate) fn has_left(&self) -> bool {
        let empty = self.queue.is_empty() && self.soon.is_empty() && self.reserved == 0;
        empty && self.flight.is_empty() && self.stored.is_at_rest()
    }

    /// Whether nothing would be lost if the lane went away.
    pub(crate) fn is_idle(&self) -> bool {
        let at_rest = self.queue.is_empty()
            && self.reserved == 0
            && self.flight.is_empty()
            && self.soon.is_empty()
            && self.stored.is_at_rest()
            && !self.health_dirty
            && !self.waiting;
        // The backlog of a disabled endpoint is the sweep's.
        at_rest && (self.stored.is_empty() || !self.plan.enabled)
    }
}
