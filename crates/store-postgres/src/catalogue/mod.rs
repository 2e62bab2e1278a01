//! What people configure: one file for each kind of thing. Every change is one transaction, with the signal by which the
//! other nodes notice it.

mod api_key;
pub(crate) mod audit;
mod endpoint;
mod endpoint_list;
mod endpoint_row;
mod event_type;
mod fact;
mod project;
pub(crate) mod project_stats;
mod replay;
mod sealed;
mod stats;
pub(crate) mod tenant;

use std::ops::Deref;

use async_trait::async_trait;
use postrider_model::id::{EndpointId, EndpointKey, KeyId, Mode, ProjectKey, ReplayId, TenantKey, TypeKey};
use postrider_model::time::Millis;
use postrider_store::{
    ApiKey, AuditEntry, AuditQuery, Catalogue, Cluster, Endpoint, EndpointPatch, EndpointQuery, EventType,
    NewApiKey, NewAudit, NewEndpoint, NewEventType, NewProject, NewReplay, Page, Project, ProjectPatch,
    ProjectStatRow, ProjectSum, Replay, ReplayProgress, Reseal, Scope, Signal, StatRow, StatSum, Steps,
    StoreError, Tenant,
};

use crate::conn::{Conn, Tx};
use crate::fault::Res;
use crate::signal;
use crate::store::PostgresStore;

/// What most calls return.
type Out<T> = Result<T, StoreError>;

/// A transaction whose change other nodes must notice.
struct Tell {
    tx: Tx,
    writer: i16,
}

impl Deref for Tell {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.tx
    }
}

impl Tell {
    /// Writes what the others are to know.
    async fn tell(&self, signal: &Signal) -> Res<()> {
        signal::insert(&self.tx, self.writer, signal).await
    }
}

impl PostgresStore {
    async fn begin_telling(&self) -> Res<Tell> {
        Ok(Tell { tx: self.begin_promptly().await?, writer: self.writer() })
    }

    async fn commit_telling(&self, tell: Tell) -> Out<()> {
        tell.tx.commit().await?;
        self.ring();
        Ok(())
    }
}

#[async_trait]
impl Catalogue for PostgresStore {
    async fn create_project(&self, new: NewProject, audit: NewAudit) -> Out<Project> {
        let tx = self.begin_promptly().await?;
        let made = project::create(&tx, &new, audit).await?;
        tx.commit().await?;
        Ok(made)
    }
    async fn project(&self, id: &str) -> Out<Option<Project>> {
        Ok(project::by_id(&self.prompt().await?, id).await?)
    }
    async fn project_by_key(&self, key: ProjectKey) -> Out<Option<Project>> {
        Ok(project::by_key(&self.prompt().await?, key).await?)
    }
    async fn projects(&self, cursor: Option<String>, limit: usize) -> Out<Page<Project>> {
        Ok(project::list(&self.prompt().await?, cursor.as_deref(), limit).await?)
    }
    async fn update_project(
        &self,
        key: ProjectKey,
        patch: ProjectPatch,
        audit: NewAudit,
    ) -> Out<Option<Project>> {
        let tx = self.begin_telling().await?;
        let changed = project::update(&tx, key, &patch, &audit).await?;
        self.commit_telling(tx).await?;
        Ok(changed)
    }
    async fn delete_project(&self, key: ProjectKey, audit: NewAudit) -> Out<()> {
        let tx = self.begin_telling().await?;
        project::delete(&tx, key, &audit).await?;
        self.commit_telling(tx).await
    }

    async fn create_key(&self, new: NewApiKey, audit: NewAudit) -> Out<ApiKey> {
        let tx = self.begin_promptly().await?;
        let made = api_key::create(&tx, &new, &audit).await?;
        tx.commit().await?;
        Ok(made)
    }
    async fn key_by_hash(&self, hash: &[u8; 32]) -> Out<Option<ApiKey>> {
        Ok(api_key::by_hash(&self.prompt().await?, hash).await?)
    }
    async fn keys(
        &self,
        project: ProjectKey,
        tenant: Option<TenantKey>,
        cursor: Option<String>,
        limit: usize,
    ) -> Out<Page<ApiKey>> {
        Ok(api_key::list(&self.prompt().await?, project, tenant, cursor.as_deref(), limit).await?)
    }
    async fn revoke_key(&self, project: ProjectKey, id: KeyId, now: Millis, audit: NewAudit) -> Out<ApiKey> {
        let tx = self.begin_telling().await?;
        let revoked = api_key::revoke(&tx, project, id, now, &audit).await?;
        self.commit_telling(tx).await?;
        Ok(revoked)
    }
    async fn fact(&self, name: &str) -> Out<Option<Vec<u8>>> {
        Ok(fact::get(&self.prompt().await?, name).await?)
    }
    async fn set_fact_once(&self, name: &str, value: &[u8]) -> Out<Vec<u8>> {
        Ok(fact::set_once(&self.prompt().await?, name, value).await?)
    }
    async fn set_fact(&self, name: &str, value: &[u8]) -> Out<()> {
        Ok(fact::set(&self.prompt().await?, name, value).await?)
    }

    async fn ensure_tenant(&self, project: ProjectKey, id: &str, now: Millis) -> Out<Tenant> {
        // The first event of a tenant pays for the transaction, the others do not.
        if let Some(tenant) = self.tenant(project, id).await? {
            return Ok(tenant);
        }
        let tx = self.begin_promptly().await?;
        let tenant = tenant::ensure(&tx, project, id, now).await?;
        tx.commit().await?;
        Ok(tenant)
    }
    async fn tenant(&self, project: ProjectKey, id: &str) -> Out<Option<Tenant>> {
        Ok(tenant::by_id(&self.prompt().await?, project, id).await?)
    }
    async fn tenants(&self, project: ProjectKey, cursor: Option<String>, limit: usize) -> Out<Page<Tenant>> {
        Ok(tenant::list(&self.prompt().await?, project, cursor.as_deref(), limit).await?)
    }
    async fn delete_tenant(&self, tenant: TenantKey, now: Millis, audit: NewAudit) -> Out<Vec<EndpointKey>> {
        let tx = self.begin_telling().await?;
        let endpoints = tenant::delete(&tx, tenant, now, &audit).await?;
        self.commit_telling(tx).await?;
        self.memory.lock().forget_tenant(tenant.0);
        Ok(endpoints)
    }

    async fn put_event_type(&self, new: NewEventType, audit: NewAudit) -> Out<EventType> {
        let tx = self.begin_telling().await?;
        let put = event_type::put(&tx, &new, &audit).await?;
        self.commit_telling(tx).await?;
        Ok(put)
    }
    async fn event_type(&self, project: ProjectKey, name: &str) -> Out<Option<EventType>> {
        Ok(event_type::by_name(&self.prompt().await?, project, name).await?)
    }
    async fn event_types(
        &self,
        project: ProjectKey,
        cursor: Option<String>,
        limit: usize,
    ) -> Out<Page<EventType>> {
        Ok(event_type::list(&self.prompt().await?, project, cursor.as_deref(), limit).await?)
    }
    async fn archive_event_type(
        &self,
        project: ProjectKey,
        name: &str,
        now: Millis,
        audit: NewAudit,
    ) -> Out<()> {
        let tx = self.begin_telling().await?;
        event_type::archive(&tx, project, name, now, &audit).await?;
        self.commit_telling(tx).await
    }
    async fn intern_type(&self, project: ProjectKey, name: &str) -> Out<TypeKey> {
        if let Some(key) = event_type::known(&self.prompt().await?, project, name).await? {
            return Ok(key);
        }
        let tx = self.begin_promptly().await?;
        let key = event_type::intern(&tx, project, name).await?;
        tx.commit().await?;
        Ok(key)
    }

    async fn create_endpoint(&self, new: NewEndpoint, limit: Option<u32>, audit: NewAudit) -> Out<Endpoint> {
        let tx = self.begin_telling().await?;
        let made = endpoint::create(&tx, &new, limit, &audit).await?;
        self.commit_telling(tx).await?;
        Ok(made)
    }
    async fn endpoint(&self, scope: Scope, id: EndpointId) -> Out<Option<Endpoint>> {
        Ok(endpoint::by_id(&self.prompt().await?, scope, id).await?)
    }
    async fn endpoint_by_key(&self, key: EndpointKey) -> Out<Option<Endpoint>> {
        Ok(endpoint::by_key(&self.prompt().await?, key).await?)
    }
    async fn endpoints_by_keys(&self, keys: Vec<EndpointKey>) -> Out<Vec<Endpoint>> {
        Ok(endpoint::by_keys(&self.prompt().await?, &keys).await?)
    }
    async fn endpoints(&self, query: EndpointQuery) -> Out<Page<Endpoint>> {
        Ok(endpoint_list::list(&self.prompt().await?, &query).await?)
    }
    async fn routes(&self, tenant: TenantKey) -> Out<(u64, Vec<Endpoint>)> {
        Ok(endpoint::routes(&self.prompt().await?, tenant).await?)
    }
    async fn update_endpoint(
        &self,
        key: EndpointKey,
        patch: EndpointPatch,
        active_limit: Option<u32>,
        audit: NewAudit,
    ) -> Out<Option<Endpoint>> {
        let tx = self.begin_telling().await?;
        let changed = endpoint::update(&tx, key, &patch, active_limit, &audit).await?;
        self.commit_telling(tx).await?;
        Ok(changed)
    }
    async fn delete_endpoint(&self, key: EndpointKey, now: Millis, audit: NewAudit) -> Out<()> {
        let tx = self.begin_telling().await?;
        endpoint::delete(&tx, key, now, &audit).await?;
        self.commit_telling(tx).await
    }

    async fn sealed(&self, after: EndpointKey, limit: usize) -> Out<Vec<Endpoint>> {
        Ok(sealed::after(&self.prompt().await?, after, limit).await?)
    }
    async fn reseal(&self, batch: Vec<Reseal>) -> Out<usize> {
        let tx = self.begin_telling().await?;
        let written = sealed::write(&tx, &batch).await?;
        self.commit_telling(tx).await?;
        Ok(written)
    }

    async fn create_replay(&self, new: NewReplay, audit: NewAudit) -> Out<Replay> {
        let tx = self.begin_telling().await?;
        let made = replay::create(&tx, &new, &audit).await?;
        self.commit_telling(tx).await?;
        Ok(made)
    }
    async fn replay(&self, scope: Scope, id: ReplayId) -> Out<Option<Replay>> {
        Ok(replay::by_id(&self.prompt().await?, scope, id).await?)
    }
    async fn replays(&self, scope: Scope, cursor: Option<String>, limit: usize) -> Out<Page<Replay>> {
        Ok(replay::list(&self.prompt().await?, scope, cursor.as_deref(), limit).await?)
    }
    async fn running_replays(&self) -> Out<Vec<Replay>> {
        Ok(replay::running(&self.prompt().await?).await?)
    }
    async fn advance_replay(&self, id: ReplayId, progress: ReplayProgress) -> Out<Replay> {
        let tx = self.begin_telling().await?;
        let advanced = replay::advance(&tx, id, &progress).await?;
        self.commit_telling(tx).await?;
        Ok(advanced)
    }

    async fn audit(&self, query: AuditQuery) -> Out<Page<AuditEntry>> {
        Ok(audit::list(&self.prompt().await?, &query).await?)
    }
    async fn note(&self, audit: NewAudit) -> Out<()> {
        Ok(audit::insert(&self.prompt().await?, &audit).await?)
    }

    async fn add_stats(&self, rows: Vec<StatRow>) -> Out<()> {
        Ok(stats::add(&self.prompt().await?, &rows).await?)
    }
    async fn stats(
        &self,
        endpoint: EndpointKey,
        since: Millis,
        until: Millis,
        step: u32,
    ) -> Out<Vec<StatSum>> {
        Ok(stats::sum(&self.prompt().await?, endpoint, since, until, step).await?)
    }

    async fn add_project_stats(&self, rows: Vec<ProjectStatRow>) -> Out<()> {
        let tx = self.begin_promptly().await?;
        project_stats::add(&tx, &rows).await?;
        tx.commit().await?;
        Ok(())
    }
    async fn project_stats(
        &self,
        project: ProjectKey,
        mode: Mode,
        since: Millis,
        until: Millis,
        step: u32,
    ) -> Out<Vec<ProjectSum>> {
        Ok(project_stats::sum(&self.prompt().await?, project, mode, Steps::new(since, until, step)).await?)
    }
}
