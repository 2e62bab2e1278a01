//! The core: the one task that owns lanes and commits (DESIGN 2).
//!
//! It alone admits deliveries to lanes: while it builds a batch it reserves room or marks a lane spilled, and a
//! spilled lane turns live only here, between commits. So the three races of DESIGN 2.2 (a new event overtaking
//! spilled ones, a row sent twice because its settle was not committed, rows appended between read and switch)
//! are decided in one place, without locks.

mod admit;
mod body;
mod change;
mod commit;
mod cost;
mod dispatch;
mod fanout;
mod flight;
mod housekeeping;
mod lane;
mod load;
mod low_water;
mod message;
mod news;
mod outcome;
mod pending;
mod queue;
mod resting;
mod ring;
mod slots;
mod soon;
mod stored;
mod timers;

use std::sync::Arc;
use std::sync::atomic::Ordering as Atomic;
use std::time::Duration;

use ahash::AHashMap;
use postrider_model::id::{EndpointKey, Ordinal, OrdinalSource};
use postrider_model::time::Millis;
use postrider_store::Recovered;
use tokio::sync::{mpsc, oneshot};

pub(crate) use body::{BodyBudget, EventBody, Reservation};
pub(crate) use lane::{Item, Items};
pub(crate) use message::{AppendReply, AppendRequest, Message};

use crate::shared::Shared;
use crate::time::Jump;
use commit::InFlight;
use fanout::Fanouts;
use lane::Lane;
use low_water::LowWater;
use news::Listening;
use pending::Pending;
use resting::Resting;
use ring::Ring;
use slots::Standing;
use soon::SoonPlaces;
use timers::Timers;

/// Messages taken from the inbox at once.
const INBOX_GULP: usize = 512;
/// Lanes are looked over this often: ageing, health, idle lanes.
const HOUSEKEEPING_MS: i64 = 1_000;
/// A jump of the wall clock below this is not logged.
const WORTH_A_WORD: Duration = Duration::from_secs(1);
/// A core that did not look at the time for longer than this could not run: the machine was suspended, or the wall
/// clock was set forward. It must be far below the hour after which a delivery is given up.
const SUSPENDED: Duration = Duration::from_secs(60);

/// The state of the core task.
pub(crate) struct Core {
    shared: Arc<Shared>,
    inbox: mpsc::UnboundedReceiver<Message>,
    lanes: AHashMap<EndpointKey, Lane>,
    /// The lanes' keys in an order that a seeded run repeats; may hold keys of lanes that went away.
    order: Vec<EndpointKey>,
    /// Health of endpoints whose lanes went away.
    resting: Resting,
    /// Endpoints whose backlog waits for their plan.
    unplanned: AHashMap<EndpointKey, Millis>,
    /// Endpoints whose plan is being read, and whether they changed meanwhile.
    planning: AHashMap<EndpointKey, bool>,
    timers: Timers,
    ring: Ring,
    slow_ring: Ring,
    in_flight: usize,
    slow_in_flight: usize,
    ordinals: OrdinalSource,
    low_water: LowWater,
    pending: Pending,
    commit: Option<InFlight>,
    /// Numbers commits; the last one that ended.
    committed_seq: u64,
    fanouts: Fanouts,
    soon_places: SoonPlaces,
    /// The last commit failed: nothing begins until one succeeds.
    failing: bool,
    /// Lanes were held back since.
    held_back: bool,
    /// Where this node stands among the others.
    standing: Standing,
    /// What memory is done with while news are read.
    listening: Listening,
    /// The batch that is being built has deliveries for other nodes.
    for_others: bool,
    /// Sweeps that wait for a commit.
    sweeps: Vec<change::PlannedSweep>,
    /// Endpoints whose sweeps have not ended.
    sweeping: AHashMap<EndpointKey, change::Sweeping>,
    next_housekeeping: Millis,
    /// Not before this is the low-water mark told without an event.
    next_low_water: Millis,
    /// The last endpoint whose health housekeeping wrote.
    health_cursor: EndpointKey,
    /// Deliveries overdue before this instant waited for us, not for their endpoint: the start, or the end of a time
    /// in which this process could not run.
    started_at: Millis,
    /// When the time was last looked at: at least every [`HOUSEKEEPING_MS`] while the process runs.
    looked_at: Millis,
    /// No lane begins anything more; what is accepted waits in the store for the next start.
    winding_down: bool,
    stopping: Option<oneshot::Sender<()>>,
}

impl Core {
    pub(crate) fn new(
        shared: Arc<Shared>,
        inbox: mpsc::UnboundedReceiver<Message>,
        recovered: &Recovered,
        ordinals: OrdinalSource,
    ) -> Self {
        let now = shared.time.now();
        let resting = Resting::new(shared.limits.cached_endpoints);
        let owned = *shared.cluster.owned.read();
        let mut core = Self {
            shared,
            inbox,
            lanes: AHashMap::new(),
            order: Vec::new(),
            resting,
            unplanned: AHashMap::new(),
            planning: AHashMap::new(),
            timers: Timers::default(),
            ring: Ring::default(),
            slow_ring: Ring::default(),
            in_flight: 0,
            slow_in_flight: 0,
            ordinals,
            low_water: LowWater::new(recovered.highest),
            pending: Pending::default(),
            commit: None,
            committed_seq: 0,
            fanouts: Fanouts::default(),
            soon_places: SoonPlaces::default(),
            failing: false,
            held_back: false,
            standing: Standing::new(owned),
            listening: Listening::default(),
            for_others: false,
            sweeps: Vec::new(),
            sweeping: AHashMap::new(),
            next_housekeeping: now + Duration::from_millis(HOUSEKEEPING_MS as u64),
            next_low_water: now,
            health_cursor: EndpointKey::default(),
            started_at: now,
            looked_at: now,
            winding_down: false,
            stopping: None,
        };
        for (endpoint, due) in &recovered.backlog {
            core.unplanned.insert(*endpoint, *due);
            core.timers.set(*endpoint, *due);
        }
        core
    }

    /// Runs until [`Message::Stop`] and everything in flight is settled.
    pub(crate) async fn run(mut self) {
        let mut gulp = Vec::with_capacity(INBOX_GULP);
        let sleep = tokio::time::sleep(Duration::ZERO);
        tokio::pin!(sleep);
        self.load_fanouts();
        loop {
            let now = self.tick();
            self.start_commit(now);
            if self.finished() {
                break;
            }
            let wake = self.next_wake();
            sleep.as_mut().reset(tokio::time::Instant::now() + wake.since(now));
            tokio::select! {
                biased;
                result = commit::ended(&mut self.commit) => self.committed(result),
                count = self.inbox.recv_many(&mut gulp, INBOX_GULP) => {
                    if count == 0 {
                        break;
                    }
                    let now = self.tick();
                    for message in gulp.drain(..) {
                        self.take(message, now);
                    }
                }
                () = &mut sleep => {}
            }
            self.run_timers();
        }
        if let Some(done) = self.stopping.take() {
            let _ = done.send(());
        }
    }

    fn take(&mut self, message: Message, now: Millis) {
        match message {
            Message::Append(request) => {
                // The oldest by its own time, also while a long commit keeps it waiting.
                self.shared.gauges.oldest_append.fetch_min(request.arrived.0, Atomic::Relaxed);
                self.pending.push_append(request);
            }
            Message::Done(done) => self.attempt_ended(*done, now),
            Message::Loaded(loaded) => self.lane_loaded(loaded, now),
            Message::Planned(endpoint, plan) => self.planned(endpoint, plan, now),
            Message::FanoutsRead(read) => self.fanouts_read(read, now),
            Message::Changed(endpoint, plan, reply) => {
                if let Some(again) = self.planning.get_mut(&endpoint) {
                    *again = true;
                }
                self.endpoint_changed(endpoint, plan, now);
                let _ = reply.send(());
            }
            Message::Rest(endpoint, reply) => {
                self.reread_fanouts();
                self.rest(endpoint);
                let _ = reply.send(());
            }
            Message::ProjectChanged(project, reply) => {
                self.project_changed(project);
                let _ = reply.send(());
            }
            Message::Change(change, reply) => self.change(change, reply),
            Message::Swept { endpoint, released } => self.swept(endpoint, released, now),
            Message::WhenSwept(endpoint, reply) => self.when_swept(endpoint, reply),
            Message::Released(endpoint) => self.released(endpoint, now),
            Message::Erased(event, reply) => {
                self.erased(event);
                let _ = reply.send(());
            }
            Message::Gained(slots, backlog) => self.slots_gained(slots, backlog, now),
            Message::Claiming(slots, reply) => {
                self.standing.claim(slots);
                let _ = reply.send(());
            }
            Message::Overdue(backlog) => self.look_at_overdue(backlog, now),
            Message::GiveUp(slots) => self.give_slots_up(slots, now),
            Message::LeaseRenewed => self.release_brake(now),
            Message::Fenced(reply) => self.fenced(reply),
            Message::Rejoined(highest, number, reply) => {
                self.rejoined(highest, number);
                let _ = reply.send(());
            }
            Message::FanoutsInherited(fanouts) => self.inherit_fanouts(&fanouts),
            Message::Listen(reply) => {
                self.listening.begin();
                let _ = reply.send(());
            }
            Message::News(rows) => self.take_news(rows, now),
            Message::CancelledElsewhere(delivery) => {
                self.listening.note(delivery);
                self.unqueue(delivery);
            }
            Message::EverythingChanged => self.everything_changed(),
            Message::WindDown => self.winding_down = true,
            Message::Stop(reply) => {
                self.winding_down = true;
                if !self.shared.cluster.shared_store {
                    self.pending.forget_aged();
                }
                self.stopping = Some(reply);
            }
        }
    }

    fn finished(&self) -> bool {
        self.stopping.is_some() && self.in_flight == 0 && self.commit.is_none() && self.pending.is_empty()
    }

    fn next_wake(&self) -> Millis {
        let mut wake = self.next_housekeeping;
        if let Some(at) = self.timers.next() {
            wake = wake.min(at);
        }
        if self.commit.is_none()
            && let Some(at) = self.pending.start_at()
        {
            wake = wake.min(at);
        }
        wake
    }

    fn run_timers(&mut self) {
        let now = self.tick();
        while let Some(endpoint) = self.timers.pop(now) {
            if self.lanes.contains_key(&endpoint) {
                self.pump(endpoint, now);
            } else if self.unplanned.contains_key(&endpoint) {
                self.plan(endpoint);
            }
        }
        if now >= self.next_housekeeping {
            self.follow_wall_clock();
            self.next_housekeeping = now + Duration::from_millis(HOUSEKEEPING_MS as u64);
            self.keep_house(now);
        }
    }

    /// Now. After a time in which this process could not run, what is overdue gets its chance as after a start.
    fn tick(&mut self) -> Millis {
        let now = self.shared.time.now();
        if now.since(self.looked_at) > SUSPENDED {
            self.started_at = now;
        }
        self.looked_at = now;
        now
    }

    fn follow_wall_clock(&self) {
        let seconds = |by: Duration| by.as_secs_f64();
        match self.shared.time.follow() {
            Some(Jump::Forward(by)) if by >= WORTH_A_WORD => {
                tracing::warn!(seconds = seconds(by), "the system's clock was set forward, or stood still");
            }
            Some(Jump::Back(by)) if by >= WORTH_A_WORD => {
                tracing::warn!(
                    seconds = seconds(by),
                    "the system's clock was set back; nothing waits for it"
                );
            }
            _ => {}
        }
    }

    /// The lane of a plan, made if there is none.
    fn lane(&mut self, plan: &Arc<crate::EndpointPlan>, now: Millis) -> &mut Lane {
        let order = &mut self.order;
        let resting = &mut self.resting;
        let unplanned = &mut self.unplanned;
        let sweeping = &self.sweeping;
        let taken_over = self.standing.taken_over(plan.key);
        self.lanes.entry(plan.key).or_insert_with(|| {
            order.push(plan.key);
            let health = resting.remove(&plan.key).unwrap_or_else(|| plan.health.clone());
            let mut lane = Lane::new(Arc::clone(plan), health, now);
            if let Some(since) = taken_over {
                lane.taken_over(since);
            }
            if let Some(due) = unplanned.remove(&plan.key) {
                lane.stored.expect(due);
            }
            lane.stored.sweeping = sweeping.contains_key(&plan.key);
            lane
        })
    }

    /// The oldest ordinal that a fresh delivery may have before it goes into the due index.
    fn age_limit(now: Millis) -> Ordinal {
        Ordinal::at(now - Duration::from_secs(10))
    }
}
