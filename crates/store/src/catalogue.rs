//! What people configure: projects, keys, tenants, types, endpoints, replays; and the audit log of it.

mod api_key;
mod audit;
mod endpoint;
mod event_type;
mod project;
mod project_stats;
mod replay;
mod stats;
mod tenant;

use crate::{Page, Scope, StoreError};
use async_trait::async_trait;
use postrider_model::id::{EndpointId, EndpointKey, KeyId, Mode, ProjectKey, ReplayId, TenantKey, TypeKey};
use postrider_model::time::Millis;

pub use api_key::{ApiKey, NewApiKey};
pub use audit::{AuditEntry, AuditQuery, NewAudit};
pub use endpoint::{Endpoint, EndpointChange, EndpointPatch, EndpointQuery, NewEndpoint, Reseal};
pub use event_type::{EventType, NewEventType};
pub use project::{NewProject, Project, ProjectPatch};
pub use project_stats::{BadCounts, ProjectStatRow, ProjectSum, SeenBacklog, Steps};
pub use replay::{NewReplay, Replay, ReplayProgress, ReplayStatus};
pub use stats::{StatRow, StatSum};
pub use tenant::Tenant;

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
    /// Changes a project, if its revision is still `patch.revision` (else `Ok(None)`: read again), and counts the
    /// routing version of all its tenants up.
    async fn update_project(
        &self,
        key: ProjectKey,
        patch: ProjectPatch,
        audit: NewAudit,
    ) -> Result<Option<Project>, StoreError>;
    /// Ends a project at once (its keys and routes are gone); [`crate::Upkeep::step`] erases it in small steps.
    async fn delete_project(&self, key: ProjectKey, audit: NewAudit) -> Result<(), StoreError>;

    /// Creates an API key.
    async fn create_key(&self, new: NewApiKey, audit: NewAudit) -> Result<ApiKey, StoreError>;
    /// The key with this hash, unless revoked or of a deleted project.
    async fn key_by_hash(&self, hash: &[u8; 32]) -> Result<Option<ApiKey>, StoreError>;
    /// A project's keys, or those of one of its tenants; newest first, without the revoked ones.
    async fn keys(
        &self,
        project: ProjectKey,
        tenant: Option<TenantKey>,
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
    /// Ends a tenant: endpoints deleted at once, its keys revoked; events erased in small steps. Returns the endpoints
    /// that this transaction deleted, those of both modes: nobody else knows for certain which they were.
    async fn delete_tenant(
        &self,
        tenant: TenantKey,
        now: Millis,
        audit: NewAudit,
    ) -> Result<Vec<EndpointKey>, StoreError>;

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
    /// Endpoints by their rows, deleted ones too, in any order: those there are. Not many more `keys` than a page of a
    /// list has.
    async fn endpoints_by_keys(&self, keys: Vec<EndpointKey>) -> Result<Vec<Endpoint>, StoreError>;
    /// Endpoints that a query asks for, newest first, without deleted ones.
    async fn endpoints(&self, query: EndpointQuery) -> Result<Page<Endpoint>, StoreError>;
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

    /// The endpoints above a row, in the order of their rows: of all projects, deleted ones too, for what is sealed
    /// of them is kept until they are erased. Fewer than `limit` are the last.
    async fn sealed(&self, after: EndpointKey, limit: usize) -> Result<Vec<Endpoint>, StoreError>;
    /// Writes what was sealed anew, all in one transaction; returns how many rows still held what was read.
    async fn reseal(&self, batch: Vec<Reseal>) -> Result<usize, StoreError>;

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
    /// Writes a running replay's progress; one that is cancelled meanwhile stays so,
    /// though what was under way still counts. Returns it as it is now.
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

    /// Adds up what a node counted, each row to its own of that minute.
    async fn add_project_stats(&self, rows: Vec<ProjectStatRow>) -> Result<(), StoreError>;
    /// A project's minutes of one mode in `[since, until)`, of all nodes, summed up in steps of `step_minutes`; see
    /// [`Steps`].
    async fn project_stats(
        &self,
        project: ProjectKey,
        mode: Mode,
        since: Millis,
        until: Millis,
        step_minutes: u32,
    ) -> Result<Vec<ProjectSum>, StoreError>;
}
