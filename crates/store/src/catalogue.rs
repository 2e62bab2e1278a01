//! What people configure: projects, keys, tenants, types, endpoints, replays; and the audit log of it.

use async_trait::async_trait;
use bytes::Bytes;
use postrider_model::endpoint::{DisabledReason, EndpointConfig};
use postrider_model::id::{EndpointId, EndpointKey, KeyId, Mode, ProjectKey, ReplayId, TenantKey, TypeKey};
use postrider_model::time::Millis;
use serde_json::Value;

use crate::{Page, Scope, Selection, StoreError};

/// Keeps what is configured. Every write is one transaction together with its audit entry.
#[async_trait]
pub trait Catalogue: Send + Sync {
    /// Creates a project. [`StoreError::Exists`] if its id is taken.
    async fn create_project(&self, new: NewProject, audit: NewAudit) -> Result<Project, StoreError>;
    /// A project by its public id; not one that is being deleted.
    async fn project(&self, id: &str) -> Result<Option<Project>, StoreError>;
    /// A project by its row.
    async fn project_by_key(&self, key: ProjectKey) -> Result<Option<Project>, StoreError>;
    /// Projects, newest first.
    async fn projects(&self, cursor: Option<String>, limit: usize) -> Result<Page<Project>, StoreError>;
    /// Changes a project and counts the routing version of all its tenants up.
    async fn update_project(
        &self,
        key: ProjectKey,
        patch: ProjectPatch,
        audit: NewAudit,
    ) -> Result<Project, StoreError>;
    /// Ends a project at once (its keys and routes are gone); [`crate::Upkeep::step`] erases it in small steps.
    async fn delete_project(&self, key: ProjectKey, audit: NewAudit) -> Result<(), StoreError>;

    /// Creates an API key.
    async fn create_key(&self, new: NewApiKey, audit: NewAudit) -> Result<ApiKey, StoreError>;
    /// The key with this hash, unless revoked or of a deleted project.
    async fn key_by_hash(&self, hash: &[u8; 32]) -> Result<Option<ApiKey>, StoreError>;
    /// A project's keys, newest first, without the revoked ones.
    async fn keys(
        &self,
        project: ProjectKey,
        cursor: Option<String>,
        limit: usize,
    ) -> Result<Page<ApiKey>, StoreError>;
    /// Revokes a key; [`StoreError::NotFound`] if the project has no such key.
    async fn revoke_key(
        &self,
        project: ProjectKey,
        id: KeyId,
        now: Millis,
        audit: NewAudit,
    ) -> Result<ApiKey, StoreError>;
    /// A small value the installation keeps (for example the root key's hash), by name.
    async fn fact(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError>;
    /// Sets such a value if it is not set yet; returns the value that holds.
    async fn set_fact_once(&self, name: &str, value: &[u8]) -> Result<Vec<u8>, StoreError>;
    /// Sets such a value.
    async fn set_fact(&self, name: &str, value: &[u8]) -> Result<(), StoreError>;

    /// The tenant of that id, made if it is new.
    async fn ensure_tenant(&self, project: ProjectKey, id: &str, now: Millis) -> Result<Tenant, StoreError>;
    /// A tenant by its public id.
    async fn tenant(&self, project: ProjectKey, id: &str) -> Result<Option<Tenant>, StoreError>;
    /// A project's tenants, newest first.
    async fn tenants(
        &self,
        project: ProjectKey,
        cursor: Option<String>,
        limit: usize,
    ) -> Result<Page<Tenant>, StoreError>;
    /// Ends a tenant: endpoints deleted at once, its keys revoked; events erased in small steps.
    async fn delete_tenant(&self, tenant: TenantKey, now: Millis, audit: NewAudit) -> Result<(), StoreError>;

    /// Creates or replaces a type's description; takes it back from the archive.
    async fn put_event_type(&self, new: NewEventType, audit: NewAudit) -> Result<EventType, StoreError>;
    /// A type by name, archived or not.
    async fn event_type(&self, project: ProjectKey, name: &str) -> Result<Option<EventType>, StoreError>;
    /// A project's types that are not archived, by name.
    async fn event_types(
        &self,
        project: ProjectKey,
        cursor: Option<String>,
        limit: usize,
    ) -> Result<Page<EventType>, StoreError>;
    /// Archives a type.
    async fn archive_event_type(
        &self,
        project: ProjectKey,
        name: &str,
        now: Millis,
        audit: NewAudit,
    ) -> Result<(), StoreError>;
    /// The row number of a type's name, made if it is new.
    async fn intern_type(&self, project: ProjectKey, name: &str) -> Result<TypeKey, StoreError>;

    /// Creates an endpoint and counts its tenant's routing version up. `active_limit`: the most enabled endpoints
    /// of the tenant in that mode, checked inside the transaction ([`StoreError::Limit`]).
    async fn create_endpoint(
        &self,
        new: NewEndpoint,
        active_limit: Option<u32>,
        audit: NewAudit,
    ) -> Result<Endpoint, StoreError>;
    /// An endpoint within the scope, deleted ones too (their history stays until its retention ends), except those
    /// of a deleted tenant.
    async fn endpoint(&self, scope: Scope, id: EndpointId) -> Result<Option<Endpoint>, StoreError>;
    /// An endpoint by its row, deleted ones too.
    async fn endpoint_by_key(&self, key: EndpointKey) -> Result<Option<Endpoint>, StoreError>;
    /// Endpoints within the scope, newest first.
    async fn endpoints(
        &self,
        scope: Scope,
        cursor: Option<String>,
        limit: usize,
    ) -> Result<Page<Endpoint>, StoreError>;
    /// A tenant's routing version and all its endpoints of both modes, in one snapshot.
    async fn routes(&self, tenant: TenantKey) -> Result<(u64, Vec<Endpoint>), StoreError>;
    /// Changes an endpoint, if its revision is still `patch.revision` (else `Ok(None)`: read again), and counts its
    /// tenant's routing version up. Enabling clears the failure count and counts as creating for `active_limit`.
    async fn update_endpoint(
        &self,
        key: EndpointKey,
        patch: EndpointPatch,
        active_limit: Option<u32>,
        audit: NewAudit,
    ) -> Result<Option<Endpoint>, StoreError>;
    /// Deletes an endpoint (its history stays) and counts its tenant's routing version up.
    async fn delete_endpoint(&self, key: EndpointKey, now: Millis, audit: NewAudit)
    -> Result<(), StoreError>;

    /// Creates a replay.
    async fn create_replay(&self, new: NewReplay, audit: NewAudit) -> Result<Replay, StoreError>;
    /// A replay within the scope.
    async fn replay(&self, scope: Scope, id: ReplayId) -> Result<Option<Replay>, StoreError>;
    /// Replays within the scope, newest first.
    async fn replays(
        &self,
        scope: Scope,
        cursor: Option<String>,
        limit: usize,
    ) -> Result<Page<Replay>, StoreError>;
    /// Replays that are running, of all projects.
    async fn running_replays(&self) -> Result<Vec<Replay>, StoreError>;
    /// Writes a running replay's progress; one that is cancelled meanwhile stays so. Returns it as it is now.
    async fn advance_replay(&self, id: ReplayId, progress: ReplayProgress) -> Result<Replay, StoreError>;

    /// Audit entries, newest first.
    async fn audit(&self, query: AuditQuery) -> Result<Page<AuditEntry>, StoreError>;
    /// Writes an audit entry by itself.
    async fn note(&self, audit: NewAudit) -> Result<(), StoreError>;

    /// Adds counted minutes up.
    async fn add_stats(&self, rows: Vec<StatRow>) -> Result<(), StoreError>;
    /// An endpoint's minutes in `[since, until)`, summed up in steps of `step_minutes`.
    async fn stats(
        &self,
        endpoint: EndpointKey,
        since: Millis,
        until: Millis,
        step_minutes: u32,
    ) -> Result<Vec<StatSum>, StoreError>;
}

/// A project.
#[derive(Debug, Clone, PartialEq)]
pub struct Project {
    /// Its row.
    pub key: ProjectKey,
    /// Its public id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The name of its contract.
    pub contract: String,
    /// Overrides of contract and server numbers (DESIGN 4.2).
    pub settings: Value,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
}

/// A project to create.
#[derive(Debug, Clone)]
pub struct NewProject {
    /// Its public id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The name of its contract.
    pub contract: String,
    /// Its settings.
    pub settings: Value,
    /// Now.
    pub now: Millis,
}

/// What to change of a project.
#[derive(Debug, Clone)]
pub struct ProjectPatch {
    /// A new name.
    pub name: Option<String>,
    /// Another contract.
    pub contract: Option<String>,
    /// New settings, whole.
    pub settings: Option<Value>,
    /// Now.
    pub now: Millis,
}

/// An API key; of the key itself only its hash.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiKey {
    /// Its id.
    pub id: KeyId,
    /// Its project.
    pub project: ProjectKey,
    /// Its name.
    pub name: String,
    /// Which world it opens.
    pub mode: Mode,
    /// The customer it belongs to, if it is a customer's.
    pub tenant: Option<(TenantKey, String)>,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Its first characters, for people to tell keys apart.
    pub prefix: String,
    /// When it was made.
    pub created_at: Millis,
}

/// A key to create.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    /// Its id.
    pub id: KeyId,
    /// Its project.
    pub project: ProjectKey,
    /// Its name.
    pub name: String,
    /// Which world it opens.
    pub mode: Mode,
    /// The customer it belongs to; the tenant is made if it is new.
    pub tenant: Option<String>,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Its first characters.
    pub prefix: String,
    /// SHA-256 of the key.
    pub hash: [u8; 32],
    /// Now.
    pub now: Millis,
}

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Its row.
    pub key: TenantKey,
    /// Its project.
    pub project: ProjectKey,
    /// Its public id.
    pub id: String,
    /// When it was made.
    pub created_at: Millis,
}

/// An event type of the catalogue.
#[derive(Debug, Clone, PartialEq)]
pub struct EventType {
    /// Its name.
    pub name: String,
    /// What it means.
    pub description: String,
    /// JSON Schema of `data`.
    pub schema: Option<Value>,
    /// An example of `data`.
    pub example: Option<Value>,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
    /// When it was archived.
    pub archived_at: Option<Millis>,
}

/// A type to create or replace.
#[derive(Debug, Clone)]
pub struct NewEventType {
    /// Its project.
    pub project: ProjectKey,
    /// Its name.
    pub name: String,
    /// What it means.
    pub description: String,
    /// JSON Schema of `data`.
    pub schema: Option<Value>,
    /// An example of `data`.
    pub example: Option<Value>,
    /// Now.
    pub now: Millis,
}

/// An endpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct Endpoint {
    /// Its row.
    pub key: EndpointKey,
    /// Its id.
    pub id: EndpointId,
    /// Its project.
    pub project: ProjectKey,
    /// Its world.
    pub mode: Mode,
    /// Its tenant.
    pub tenant: TenantKey,
    /// Its tenant's public id.
    pub tenant_id: String,
    /// What was said of it.
    pub config: EndpointConfig,
    /// [`postrider_model::endpoint::EndpointSecrets`] as JSON, sealed; the associated data is the endpoint's UUID.
    pub sealed: Bytes,
    /// Whether it gets events.
    pub enabled: bool,
    /// Since when it does not.
    pub disabled_at: Option<Millis>,
    /// And why.
    pub disabled_reason: Option<DisabledReason>,
    /// Failures since the last success.
    pub failure_count: u32,
    /// When the streak of failures began.
    pub failing_since: Option<Millis>,
    /// The last success.
    pub last_success_at: Option<Millis>,
    /// Start of the last attempt.
    pub last_attempt_at: Option<Millis>,
    /// Its response's status.
    pub last_status: Option<u16>,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
    /// When it was deleted.
    pub deleted_at: Option<Millis>,
    /// Counted up with every change by people.
    pub revision: u64,
}

/// An endpoint to create.
#[derive(Debug, Clone)]
pub struct NewEndpoint {
    /// Its id.
    pub id: EndpointId,
    /// Its project.
    pub project: ProjectKey,
    /// Its world.
    pub mode: Mode,
    /// Its tenant.
    pub tenant: TenantKey,
    /// What was said of it.
    pub config: EndpointConfig,
    /// Sealed secrets.
    pub sealed: Bytes,
    /// Whether it gets events.
    pub enabled: bool,
    /// Now.
    pub now: Millis,
}

/// Enabling or disabling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointChange {
    /// It gets events again.
    Enable,
    /// It gets none.
    Disable(DisabledReason),
}

/// What to change of an endpoint.
#[derive(Debug, Clone)]
pub struct EndpointPatch {
    /// The revision the change was made against.
    pub revision: u64,
    /// New settings, whole.
    pub config: Option<EndpointConfig>,
    /// New sealed secrets.
    pub sealed: Option<Bytes>,
    /// Enabling or disabling.
    pub change: Option<EndpointChange>,
    /// Now.
    pub now: Millis,
}

/// A replay.
#[derive(Debug, Clone, PartialEq)]
pub struct Replay {
    /// Its id.
    pub id: ReplayId,
    /// Whose.
    pub project: ProjectKey,
    /// Its world.
    pub mode: Mode,
    /// Whose.
    pub tenant: TenantKey,
    /// The endpoint's id.
    pub endpoint_id: EndpointId,
    /// What it takes.
    pub selection: Selection,
    /// Deliveries reopened per second.
    pub per_second: u32,
    /// How many deliveries it held when it was made.
    pub matched: u64,
    /// Where it stands.
    pub progress: ReplayProgress,
    /// When it was made.
    pub created_at: Millis,
}

/// A replay to create.
#[derive(Debug, Clone)]
pub struct NewReplay {
    /// Its id.
    pub id: ReplayId,
    /// Whose.
    pub scope: Scope,
    /// The tenant.
    pub tenant: TenantKey,
    /// What it takes.
    pub selection: Selection,
    /// Deliveries reopened per second.
    pub per_second: u32,
    /// How many deliveries it holds.
    pub matched: u64,
    /// Now.
    pub now: Millis,
}

/// Where a replay stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplayProgress {
    /// Running, done or cancelled.
    pub status: ReplayStatus,
    /// Deliveries looked at up to this event.
    pub cursor: Option<postrider_model::id::Ordinal>,
    /// Deliveries reopened.
    pub reopened: u64,
    /// Deliveries passed over because they were no longer as selected.
    pub skipped: u64,
    /// Now; the end, when it is not running.
    pub at: Millis,
}

/// Whether a replay goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplayStatus {
    /// It goes on.
    Running,
    /// It came to its end.
    Done,
    /// Somebody cancelled it.
    Cancelled,
}

/// Who did what, to be written with the change.
#[derive(Debug, Clone)]
pub struct NewAudit {
    /// The project, where it concerns one.
    pub project: Option<ProjectKey>,
    /// The tenant, where it concerns one.
    pub tenant: Option<String>,
    /// Who: `root`, `key:<prefix>`, `portal:<tenant>`, `postrider`.
    pub actor: String,
    /// What: `endpoint.create`, `key.revoke` …
    pub action: &'static str,
    /// To what: a public id.
    pub target: String,
    /// What changed; never a secret.
    pub detail: Value,
    /// When.
    pub at: Millis,
}

/// Which audit entries.
#[derive(Debug, Clone)]
pub struct AuditQuery {
    /// Of this project.
    pub project: ProjectKey,
    /// Of this tenant.
    pub tenant: Option<String>,
    /// Of this action.
    pub action: Option<String>,
    /// At or after.
    pub since: Option<Millis>,
    /// Before.
    pub until: Option<Millis>,
    /// From [`Page::next`].
    pub cursor: Option<String>,
    /// The most rows.
    pub limit: usize,
}

/// An audit entry.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// When.
    pub at: Millis,
    /// Who.
    pub actor: String,
    /// What.
    pub action: String,
    /// To what.
    pub target: String,
    /// Whose.
    pub tenant: Option<String>,
    /// What changed.
    pub detail: Value,
}

/// Counts of one endpoint in one minute, to be added to what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StatRow {
    /// The endpoint.
    pub endpoint: EndpointKey,
    /// Minutes since the Unix epoch.
    pub minute: i64,
    /// The counts.
    pub sum: StatSum,
}

/// Counts of attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StatSum {
    /// The first minute counted (0 in a [`StatRow`]).
    pub minute: i64,
    /// Attempts that succeeded.
    pub succeeded: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Deliveries given up.
    pub exhausted: u64,
    /// Sum of latencies in milliseconds.
    pub latency_ms: u64,
    /// The longest.
    pub latency_max_ms: u64,
}
