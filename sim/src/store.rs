//! The real store behind seeded latencies: what it did is on disk before its answer is known, as with a writer
//! thread, so that a crash can fall in between.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use postrider_model::endpoint::EndpointConfig;
use postrider_model::id::{
    EndpointId, EndpointKey, KeyId, Mode, Ordinal, ProjectKey, ReplayId, TenantKey, TypeKey,
};
use postrider_model::time::Millis;
use postrider_store::{
    ApiKey, AuditEntry, AuditQuery, Backlog, Batch, Catalogue, Committed, DeliveryDetail, DeliveryQuery,
    DeliverySummary, DuePage, DueQuery, Endpoint, EndpointPatch, EndpointQuery, EventDetail, EventQuery,
    EventSummary, EventType, FanoutPage, FanoutQuery, FormKey, History, Journal, NewApiKey, NewAudit,
    NewEndpoint, NewEventType, NewPortalLink, NewProject, NewReplay, NewSession, NewSessionKey, OpenLink,
    Page, Project, ProjectPatch, ProjectStatRow, ProjectSum, Recovered, Replay, ReplayProgress, Reseal,
    Scope, Selection, Session, Sessions, StatRow, StatSum, Stepped, StoreError, StoreFacts, StoredEvent,
    Sweep, Swept, TakenForm, Tenant, TokenHash, Upkeep, WaitingFanout,
};
use postrider_store_sqlite::SqliteStore;

use crate::check::commit::Digest;
use crate::clock::SimClock;
use crate::disk::{Disk, Fault};
use crate::kernel::Kernel;
use crate::ledger::{Ledger, Version};
use crate::nodes::Seat;
use crate::prng::Prng;
use crate::shape::Shape;

/// A commit that stalls takes this long, in milliseconds: more than accepting has patience for.
const STALL_MS: u64 = 700;

/// See the module.
#[derive(Debug)]
pub(crate) struct SimStore {
    pub(crate) inner: Arc<SqliteStore>,
    pub(crate) ledger: Arc<Mutex<Ledger>>,
    pub(crate) clock: Arc<SimClock>,
    pub(crate) prng: Mutex<Prng>,
    pub(crate) shape: Shape,
    pub(crate) disk: Arc<Mutex<Disk>>,
    pub(crate) kernel: Arc<Kernel>,
    /// This node's place among others on the same store; `None` where the store is one process's own.
    pub(crate) seat: Option<Seat>,
}

impl SimStore {
    /// Whether a fault of the disk explains that the process ends.
    pub(crate) fn disk_to_blame(&self) -> bool {
        self.disk.lock().fired().is_some_and(Fault::excuses_an_end)
    }

    /// After every call of the store: the trace learns of faults, and where everything stopped in the middle of the
    /// call, nobody learns how it ended.
    async fn survive(&self) {
        let notes = self.disk.lock().take_notes();
        for note in notes {
            self.ledger.lock().trace.line(self.clock.true_ms(), format_args!("{note}"));
        }
        let stopped = self.disk.lock().is_stopped();
        if stopped {
            self.kernel.die();
            std::future::pending::<()>().await;
        }
    }

    pub(crate) async fn wait(&self, most_ms: u64) {
        let wait = self.prng.lock().below(most_ms + 1);
        if wait > 0 {
            tokio::time::sleep(Duration::from_millis(wait)).await;
        }
    }

    /// Now and then a call fails, having done nothing.
    fn trouble(&self) -> Result<(), StoreError> {
        let mut prng = self.prng.lock();
        if !prng.chance(self.shape.store_faults) {
            return Ok(());
        }
        self.ledger.lock().injected += 1;
        Err(if prng.chance(0.5) {
            StoreError::Full("simulated".to_owned())
        } else {
            StoreError::Unavailable("simulated".to_owned())
        })
    }

    /// What came of a commit.
    fn learn(&self, digest: &Digest, outcome: &Result<Committed, StoreError>, sync_failed: bool) {
        let at = self.clock.true_ms();
        let mut ledger = self.ledger.lock();
        match outcome {
            Ok(committed) => {
                if sync_failed {
                    ledger.violate("nothing is committed after a failed fsync", "a commit succeeded");
                }
                ledger.committed(digest, committed, at);
            }
            Err(StoreError::Fatal(reason)) => {
                ledger.trace.line(at, format_args!("commit failed, who knows how: {reason}"));
                return;
            }
            Err(error) => {
                ledger.trace.line(at, format_args!("commit failed: {error}"));
                ledger.failed(digest);
            }
        }
        ledger.uncertain.clear();
    }

    async fn before(&self) {
        if let Some(seat) = &self.seat {
            seat.reachable().await;
        }
        self.wait(self.shape.read_ms).await;
    }

    async fn after(&self) {
        self.survive().await;
        self.wait(self.shape.read_ms).await;
    }
}

#[async_trait]
impl Journal for SimStore {
    async fn commit(&self, batch: Batch) -> Result<Committed, StoreError> {
        if let Some(seat) = &self.seat {
            return seat.commit(self, batch).await;
        }
        let digest = Digest::of(&batch, &mut self.ledger.lock());
        let stalls = self.prng.lock().chance(self.shape.stalls);
        if stalls {
            tokio::time::sleep(Duration::from_millis(STALL_MS)).await;
        }
        self.wait(self.shape.commit_ms).await;
        self.trouble()?;
        // Nobody knows how it ends until it has.
        self.ledger.lock().uncertain.push(digest.clone());
        // Before it began: a checkpoint that follows a commit in the same call comes too late for it.
        let sync_failed = self.disk.lock().fired() == Some(Fault::Sync);
        let outcome = self.inner.commit(batch).await;
        self.survive().await;
        self.learn(&digest, &outcome, sync_failed);
        self.wait(self.shape.commit_ms).await;
        if outcome.is_ok() {
            self.ledger.lock().acknowledged(&digest);
        }
        outcome
    }
}

#[async_trait]
impl Backlog for SimStore {
    async fn recover(&self, now: Millis) -> Result<Recovered, StoreError> {
        if let Some(seat) = &self.seat {
            return seat.recover(&self.inner);
        }
        self.before().await;
        let recovered = self.inner.recover(now).await;
        self.survive().await;
        recovered
    }

    async fn due(&self, query: DueQuery) -> Result<DuePage, StoreError> {
        self.before().await;
        self.trouble()?;
        let page = self.inner.due(query).await;
        self.after().await;
        page
    }

    async fn event(&self, ordinal: Ordinal) -> Result<Option<StoredEvent>, StoreError> {
        self.before().await;
        self.trouble()?;
        let event = self.inner.event(ordinal).await;
        self.after().await;
        event
    }

    async fn unfinished_fanouts(
        &self,
        after: Ordinal,
        limit: usize,
    ) -> Result<Vec<WaitingFanout>, StoreError> {
        self.before().await;
        let unfinished = self.inner.unfinished_fanouts(after, limit).await;
        self.survive().await;
        unfinished
    }

    async fn fanout_parts(&self, query: FanoutQuery) -> Result<FanoutPage, StoreError> {
        self.before().await;
        self.trouble()?;
        let page = self.inner.fanout_parts(query).await;
        self.after().await;
        page
    }
}

#[async_trait]
impl Upkeep for SimStore {
    async fn step(&self, now: Millis, budget: Duration) -> Result<Stepped, StoreError> {
        self.before().await;
        self.trouble()?;
        let stepped = self.inner.step(now, budget).await;
        self.survive().await;
        stepped
    }

    async fn sweep(&self, sweep: Sweep, limit: usize) -> Result<Swept, StoreError> {
        self.before().await;
        self.trouble()?;
        let swept = self.inner.sweep(sweep, limit).await;
        self.survive().await;
        let at = self.clock.true_ms();
        self.ledger.lock().trace.line(at, format_args!("{sweep:?}: {swept:?}"));
        self.after().await;
        swept
    }

    async fn facts(&self) -> Result<StoreFacts, StoreError> {
        let facts = self.inner.facts().await;
        self.survive().await;
        facts
    }

    async fn backup(&self, target: &Path) -> Result<u64, StoreError> {
        self.inner.backup(target).await
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.inner.close().await
    }
}

/// Calls that only take their time: a wait, the real call, a wait.
macro_rules! through {
    ($port:ident { $(fn $name:ident($($arg:ident: $kind:ty),*) -> $out:ty;)* }) => {
        #[async_trait]
        impl $port for SimStore {
            $(async fn $name(&self, $($arg: $kind),*) -> Result<$out, StoreError> {
                self.before().await;
                let outcome = $port::$name(&*self.inner, $($arg),*).await;
                self.after().await;
                outcome
            })*
        }
    };
}

through!(Catalogue {
    fn create_project(new: NewProject, audit: NewAudit) -> Project;
    fn project(id: &str) -> Option<Project>;
    fn project_by_key(key: ProjectKey) -> Option<Project>;
    fn projects(cursor: Option<String>, limit: usize) -> Page<Project>;
    fn update_project(key: ProjectKey, patch: ProjectPatch, audit: NewAudit) -> Option<Project>;
    fn delete_project(key: ProjectKey, audit: NewAudit) -> ();
    fn create_key(new: NewApiKey, audit: NewAudit) -> ApiKey;
    fn key_by_hash(hash: &[u8; 32]) -> Option<ApiKey>;
    fn keys(project: ProjectKey, tenant: Option<TenantKey>, cursor: Option<String>, limit: usize) -> Page<ApiKey>;
    fn revoke_key(project: ProjectKey, id: KeyId, now: Millis, audit: NewAudit) -> ApiKey;
    fn fact(name: &str) -> Option<Vec<u8>>;
    fn set_fact_once(name: &str, value: &[u8]) -> Vec<u8>;
    fn set_fact(name: &str, value: &[u8]) -> ();
    fn ensure_tenant(project: ProjectKey, id: &str, now: Millis) -> Tenant;
    fn tenant(project: ProjectKey, id: &str) -> Option<Tenant>;
    fn tenants(project: ProjectKey, cursor: Option<String>, limit: usize) -> Page<Tenant>;
    fn delete_tenant(tenant: TenantKey, now: Millis, audit: NewAudit) -> Vec<EndpointKey>;
    fn put_event_type(new: NewEventType, audit: NewAudit) -> EventType;
    fn event_type(project: ProjectKey, name: &str) -> Option<EventType>;
    fn event_types(project: ProjectKey, cursor: Option<String>, limit: usize) -> Page<EventType>;
    fn archive_event_type(project: ProjectKey, name: &str, now: Millis, audit: NewAudit) -> ();
    fn intern_type(project: ProjectKey, name: &str) -> TypeKey;
    fn create_endpoint(new: NewEndpoint, active_limit: Option<u32>, audit: NewAudit) -> Endpoint;
    fn endpoint(scope: Scope, id: EndpointId) -> Option<Endpoint>;
    fn endpoint_by_key(key: EndpointKey) -> Option<Endpoint>;
    fn endpoints_by_keys(keys: Vec<EndpointKey>) -> Vec<Endpoint>;
    fn endpoints(query: EndpointQuery) -> Page<Endpoint>;
    fn routes(tenant: TenantKey) -> (u64, Vec<Endpoint>);
    fn update_endpoint(key: EndpointKey, patch: EndpointPatch, active_limit: Option<u32>, audit: NewAudit) -> Option<Endpoint>;
    fn delete_endpoint(key: EndpointKey, now: Millis, audit: NewAudit) -> ();
    fn sealed(after: EndpointKey, limit: usize) -> Vec<Endpoint>;
    fn reseal(batch: Vec<Reseal>) -> usize;
    fn create_replay(new: NewReplay, audit: NewAudit) -> Replay;
    fn replay(scope: Scope, id: ReplayId) -> Option<Replay>;
    fn replays(scope: Scope, cursor: Option<String>, limit: usize) -> Page<Replay>;
    fn running_replays() -> Vec<Replay>;
    fn advance_replay(id: ReplayId, progress: ReplayProgress) -> Replay;
    fn audit(query: AuditQuery) -> Page<AuditEntry>;
    fn note(audit: NewAudit) -> ();
    fn add_stats(rows: Vec<StatRow>) -> ();
    fn stats(endpoint: EndpointKey, since: Millis, until: Millis, step_minutes: u32) -> Vec<StatSum>;
    fn add_project_stats(rows: Vec<ProjectStatRow>) -> ();
    fn project_stats(project: ProjectKey, mode: Mode, since: Millis, until: Millis, step_minutes: u32) -> Vec<ProjectSum>;
});

through!(History {
    fn events(query: EventQuery) -> Page<EventSummary>;
    fn event_detail(scope: Scope, event: Ordinal) -> Option<EventDetail>;
    fn deliveries(query: DeliveryQuery) -> Page<DeliverySummary>;
    fn delivery_detail(scope: Scope, event: Ordinal, endpoint: EndpointKey) -> Option<DeliveryDetail>;
    fn select(selection: &Selection, after: Option<Ordinal>, limit: usize) -> (Vec<Ordinal>, Option<Ordinal>);
    fn count(selection: &Selection) -> u64;
    fn erase_data(scope: Scope, event: Ordinal) -> bool;
});

through!(Sessions {
    fn create_portal_link(new: NewPortalLink, audit: NewAudit) -> ();
    fn open_portal_link(link: TokenHash, session: NewSessionKey) -> OpenLink;
    fn create_session(new: NewSession, audit: NewAudit) -> ();
    fn session(hash: &TokenHash) -> Option<Session>;
    fn end_session(hash: &TokenHash) -> ();
    fn take_form(form: FormKey, expires_at: Millis) -> TakenForm;
    fn finish_form(form: FormKey, outcome: String) -> ();
    fn drop_form(form: FormKey) -> ();
});

/// An endpoint as a version of the ledger.
pub(crate) fn version_of(endpoint: &Endpoint, started: u64, answered: Option<u64>) -> Version {
    Version {
        started,
        answered,
        uncertain: false,
        alive: endpoint.deleted_at.is_none(),
        enabled: endpoint.enabled,
        config: EndpointConfig::clone(&endpoint.config),
    }
}
