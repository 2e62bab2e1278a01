//! The accept path: from events as they came to the answer after their commit.

use std::sync::Arc;
use std::sync::atomic::Ordering as Atomic;
use std::time::Duration;

use bytes::Bytes;
use postrider_model::delivery::Attempt;
use postrider_model::endpoint::Ordering;
use postrider_model::id::Ordinal;
use postrider_model::time::Millis;
use postrider_store::{EventFlags, EventOutcome, Fanout, IdempotencyMark, StoreError};
use tokio::sync::oneshot;

use super::draft::{Finding, Matches};
use super::validate::{Checked, check, outlives_history};
use super::{AcceptError, Accepted, Draft, EventIn, Found, Match, Origin, Tree};
use crate::core::{AppendReply, AppendRequest, Message};
use crate::engine::TestSent;
use crate::plan::EndpointPlan;
use crate::ports::Clock;
use crate::project::ProjectContext;
use crate::routes::TenantRoutes;
use crate::shared::Shared;

/// Routing changes during an accept are rare; this many in a row mean something else is wrong.
const MAX_REMATCHES: usize = 16;

type TestReply = oneshot::Sender<(Ordinal, Attempt)>;

/// Why nothing is accepted now, for people.
pub(crate) fn overload(shared: &Shared) -> Option<String> {
    let gauges = &shared.gauges;
    if gauges.stopping.load(Atomic::Relaxed) {
        return Some("the server is stopping".to_owned());
    }
    if !shared.cluster.lease.holds() {
        return Some("this node has no lease from the store".to_owned());
    }
    if shared.cluster.clock_off_ms.load(Atomic::Relaxed) != 0 {
        return Some("this machine's clock is too far off the store's".to_owned());
    }
    if gauges.disk_low.load(Atomic::Relaxed) {
        return Some("the disk is almost full".to_owned());
    }
    if gauges.queue_bytes.load(Atomic::Relaxed) > shared.settings.queue_bytes {
        return Some("too many bytes wait to be committed".to_owned());
    }
    let oldest = gauges.oldest_append.load(Atomic::Relaxed);
    let age_ms = shared.time.now().0.saturating_sub(oldest);
    (age_ms > shared.settings.queue_age.as_millis() as i64).then(|| "the store is slow to commit".to_owned())
}

/// Accepts one request.
pub(crate) struct Intake<'a> {
    shared: &'a Arc<Shared>,
    origin: Origin,
}

impl<'a> Intake<'a> {
    pub(crate) fn new(shared: &'a Arc<Shared>, origin: Origin) -> Self {
        Self { shared, origin }
    }

    pub(crate) async fn accept(
        &self,
        events: Vec<EventIn>,
        mark: Option<IdempotencyMark>,
    ) -> Result<Vec<Accepted>, AcceptError> {
        self.admit()?;
        let project = self.project().await?;
        let checked = check(&project, &self.origin, &events, self.shared)?;
        let mut drafts = Vec::with_capacity(events.len());
        let mut found = Found::new(self.shared);
        for (index, (event, checked)) in events.into_iter().zip(checked).enumerate() {
            let routes = self.routes(&project, &event.tenant).await?;
            let draft = self.draft(&project, routes, event, checked, EventFlags::default(), None).await;
            let draft = draft.map_err(|error| error.of_event(index))?;
            let after = draft.after.endpoints.len() as usize;
            found.add(after)?;
            drafts.push(draft);
            if after > 0 {
                // Matching a thousand events against ten thousand endpoints takes a second: others come in between.
                tokio::task::yield_now().await;
            }
        }
        let outcomes = self.commit(drafts, mark, None).await?;
        Ok(outcomes
            .into_iter()
            .map(|one| Accepted { ordinal: one.ordinal, deliveries: one.deliveries })
            .collect())
    }

    /// One attempt at one endpoint, now.
    pub(crate) async fn test_send(
        &self,
        plan: Arc<EndpointPlan>,
        event: EventIn,
    ) -> Result<TestSent, AcceptError> {
        let (reply, attempt) = oneshot::channel();
        let flags = EventFlags { test: true, ..EventFlags::default() };
        let outcomes = self.only(event, flags, vec![plan], Some(reply)).await?;
        if outcomes.iter().all(|outcome| outcome.deliveries == 0) {
            // It was deleted after its plan was read.
            return Err(StoreError::NotFound("endpoint").into());
        }
        let (event, attempt) =
            attempt.await.map_err(|_| StoreError::Unavailable("the server is stopping".to_owned()))?;
        Ok(TestSent { event, attempt })
    }

    /// One attempt at every enabled endpoint of the tenant.
    pub(crate) async fn test_all(&self, event: EventIn) -> Result<Accepted, AcceptError> {
        let project = self.project().await?;
        let routes = self.routes(&project, &event.tenant).await?;
        let mode = self.origin.mode;
        let enabled = |plan: &&Arc<EndpointPlan>| plan.mode == mode && plan.enabled;
        let only = routes.endpoints.iter().filter(enabled).cloned().collect();
        let flags = EventFlags { test: true, ..EventFlags::default() };
        let outcomes = self.only(event, flags, only, None).await?;
        let outcome = outcomes.first().ok_or(StoreError::NotFound("event"))?;
        Ok(Accepted { ordinal: outcome.ordinal, deliveries: outcome.deliveries })
    }

    /// An event for the named endpoints alone.
    pub(crate) async fn only(
        &self,
        event: EventIn,
        flags: EventFlags,
        mut only: Vec<Arc<EndpointPlan>>,
        test: Option<TestReply>,
    ) -> Result<Vec<EventOutcome>, AcceptError> {
        self.admit()?;
        only.sort_unstable_by_key(|plan| plan.key);
        let project = self.project().await?;
        let routes = self.routes(&project, &event.tenant).await?;
        let checked = Checked { order: None };
        let draft = self.draft(&project, routes, event, checked, flags, Some(only)).await?;
        let mut found = Found::new(self.shared);
        found.add(draft.after.endpoints.len() as usize)?;
        self.commit(vec![draft], None, test).await
    }

    fn admit(&self) -> Result<(), AcceptError> {
        match overload(self.shared) {
            None => Ok(()),
            Some(detail) => {
                self.shared.metrics.overloaded.inc();
                Err(AcceptError::Overloaded { retry_after_seconds: 1, detail })
            }
        }
    }

    async fn project(&self) -> Result<Arc<ProjectContext>, StoreError> {
        match self.shared.projects.cached(self.origin.project) {
            Some(project) => Ok(project),
            None => self.shared.project(self.origin.project).await,
        }
    }

    async fn routes(
        &self,
        project: &Arc<ProjectContext>,
        tenant: &str,
    ) -> Result<Arc<TenantRoutes>, StoreError> {
        match self.shared.routes.cached(project.project.key, tenant) {
            Some(routes) => Ok(routes),
            None => self.shared.routes.read(project.project.key, tenant, self.shared).await,
        }
    }

    async fn draft(
        &self,
        project: &Arc<ProjectContext>,
        routes: Arc<TenantRoutes>,
        event: EventIn,
        checked: Checked,
        flags: EventFlags,
        only: Option<Vec<Arc<EndpointPlan>>>,
    ) -> Result<Draft, AcceptError> {
        let (kind_key, kind) = match project.type_key(&event.kind) {
            Some(known) => known,
            None => project.intern(&event.kind, &*self.shared.store).await?,
        };
        let ordering_key = event.ordering_key.or(checked.order);
        let mut draft = Draft {
            project: Arc::clone(project),
            routes,
            mode: self.origin.mode,
            kind_key,
            kind,
            timestamp: event.timestamp,
            data: own(&event.data),
            changes: event.changes.as_ref().map(own),
            attributes: event.attributes.as_ref().map(own),
            ordering_key,
            deliver_at: event.deliver_at,
            idempotency: event.idempotency,
            flags: EventFlags { scheduled: event.deliver_at.is_some(), ..flags },
            only,
            matches: Matches::new(),
            after: Fanout::default(),
        };
        draft.rematch(self.shared)?;
        Ok(draft)
    }

    /// Hands the drafts to the committer; matches again for as long as the routing changes under them.
    async fn commit(
        &self,
        mut drafts: Vec<Draft>,
        mark: Option<IdempotencyMark>,
        mut test: Option<TestReply>,
    ) -> Result<Vec<EventOutcome>, AcceptError> {
        self.translate(&mut drafts);
        for _ in 0..MAX_REMATCHES {
            let bytes = drafts.iter().map(Draft::weight).sum();
            let (reply, answer) = oneshot::channel();
            self.shared.gauges.queue_bytes.fetch_add(bytes, Atomic::Relaxed);
            let arrived = self.shared.time.now();
            self.shared.tell(Message::Append(AppendRequest { drafts, mark, arrived, bytes, reply, test }));
            let answer =
                answer.await.map_err(|_| StoreError::Unavailable("the server is stopping".to_owned()))?;
            match answer {
                AppendReply::Appended(outcomes) => return Ok(outcomes),
                AppendReply::Conflict(event) => return Err(AcceptError::Conflict { event }),
                AppendReply::Failed(error) => return Err(refused(error)),
                AppendReply::Stale(back, back_test) => {
                    drafts = self.match_again(back).await?;
                    test = back_test;
                }
            }
        }
        Err(AcceptError::Overloaded {
            retry_after_seconds: 1,
            detail: "the tenant's endpoints change faster than events can be matched".to_owned(),
        })
    }

    /// Where the engine's time is ahead of the wall clock: an event is stamped with what the wall clock shows, and
    /// is sent when that shows the time asked for.
    fn translate(&self, drafts: &mut [Draft]) {
        let (ahead, scheduled) =
            (self.shared.time.ahead(), drafts.iter().any(|draft| draft.deliver_at.is_some()));
        if ahead.is_zero() && !scheduled {
            return;
        }
        let wall = self.shared.clock.now();
        // The clock may have been set a moment ago, and to send early is worse than a stamp that is off.
        let ahead = self.shared.time.now().since(wall);
        for draft in drafts.iter_mut().filter(|_| !ahead.is_zero()) {
            draft.timestamp.get_or_insert(wall);
            draft.deliver_at = draft.deliver_at.map(|at| at + ahead);
        }
    }

    async fn match_again(&self, drafts: Vec<Draft>) -> Result<Vec<Draft>, AcceptError> {
        let mut again = Vec::with_capacity(drafts.len());
        let mut read: Vec<Arc<TenantRoutes>> = Vec::new();
        for (index, mut draft) in drafts.into_iter().enumerate() {
            let known = read.iter().find(|routes| routes.tenant == draft.routes.tenant);
            draft.routes = match known {
                Some(routes) => Arc::clone(routes),
                None => {
                    let project = draft.project.project.key;
                    let routes =
                        self.shared.routes.read(project, &draft.routes.tenant_id, self.shared).await?;
                    read.push(Arc::clone(&routes));
                    routes
                }
            };
            draft.rematch(self.shared).map_err(|error| error.of_event(index))?;
            again.push(draft);
        }
        Ok(again)
    }
}

impl Draft {
    /// Finds the endpoints that want the event, in the routes it holds.
    ///
    /// # Errors
    /// What only shows once they are known: a number that no filter could look at, a time too late for their retries.
    fn rematch(&mut self, shared: &Shared) -> Result<(), AcceptError> {
        let (finding, longest) = self.find(&*shared.clock)?;
        (self.matches, self.after) = finding.split();
        match self.deliver_at {
            Some(at) => self.ends_in_time(at, shared.clock.now(), longest),
            None => Ok(()),
        }
    }

    /// Who wants the event; and if it is scheduled, the longest of their timetables.
    fn find(&self, clock: &dyn Clock) -> Result<(Finding, Duration), AcceptError> {
        let key = self.ordering_key.as_deref().map(order_hash);
        let (mut finding, mut longest) = (Finding::default(), Duration::ZERO);
        let mut tree = Tree::new(self, clock);
        for plan in &self.routes.endpoints {
            if plan.mode == self.mode && self.wanted_by(plan, &mut tree)? {
                if self.deliver_at.is_some() {
                    longest = longest.max(plan.policy.timetable.total());
                }
                finding
                    .add(Match { plan: Arc::clone(plan), order: order_of(plan.ordering, self.flags, key) });
            }
        }
        Ok((finding, longest))
    }

    /// A scheduled event must end before its history by the longest timetable of those that want it (DESIGN 4.4).
    fn ends_in_time(&self, at: Millis, now: Millis, longest: Duration) -> Result<(), AcceptError> {
        match outlives_history(&self.project, at, now, longest) {
            Some(detail) => Err(AcceptError::invalid("/deliver_at", detail)),
            None => Ok(()),
        }
    }

    /// The tree is made when the first filter looks at the event.
    fn wanted_by(&self, plan: &EndpointPlan, tree: &mut Tree<'_>) -> Result<bool, AcceptError> {
        if let Some(only) = &self.only {
            return Ok(only.binary_search_by_key(&plan.key, |one| one.key).is_ok());
        }
        if !plan.types.matches(&self.kind) {
            return Ok(false);
        }
        match &plan.filter {
            None => Ok(true),
            Some(filter) => Ok(filter.matches(tree.with(filter.needs())?)),
        }
    }
}

/// In which order an event stands at an endpoint that keeps this, if any; `key` is the hash of its ordering key. Tests and
/// notices wait for nobody (DESIGN 4.4).
pub(crate) fn order_of(ordering: Ordering, flags: EventFlags, key: Option<u64>) -> Option<u64> {
    match ordering {
        _ if flags.test || flags.notice => None,
        Ordering::None => None,
        Ordering::Key => key,
        Ordering::Endpoint => Some(0),
    }
}

/// A copy of its own: a slice would keep the whole request's buffer alive for as long as a lane holds the event.
fn own(bytes: &Bytes) -> Bytes {
    Bytes::copy_from_slice(bytes)
}

/// Any two events with the same key get the same hash, on every node and after every restart (FNV-1a, 64 bits).
/// Keys that collide only wait for each other.
pub(crate) fn order_hash(key: &str) -> u64 {
    key.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn refused(error: StoreError) -> AcceptError {
    match error {
        StoreError::Full(detail) => AcceptError::Overloaded { retry_after_seconds: 10, detail },
        StoreError::Unavailable(detail) => AcceptError::Overloaded { retry_after_seconds: 1, detail },
        StoreError::Fenced => AcceptError::Overloaded {
            retry_after_seconds: 1,
            detail: "this node has lost its place among the others and joins again".to_owned(),
        },
        other => AcceptError::Store(other),
    }
}
