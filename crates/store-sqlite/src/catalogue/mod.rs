//! What people configure: one file for each kind of thing.

pub(crate) mod api_key;
pub(crate) mod audit;
pub(crate) mod endpoint;
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

use async_trait::async_trait;
use postrider_model::id::{EndpointId, EndpointKey, KeyId, Mode, ProjectKey, ReplayId, TenantKey, TypeKey};
use postrider_model::time::Millis;
use postrider_store::{
    ApiKey, AuditEntry, AuditQuery, Catalogue, Endpoint, EndpointPatch, EndpointQuery, EventType, NewApiKey,
    NewAudit, NewEndpoint, NewEventType, NewProject, NewReplay, Page, Project, ProjectPatch, ProjectStatRow,
    ProjectSum, Replay, ReplayProgress, Reseal, Scope, StatRow, StatSum, Steps, StoreError, Tenant,
};

pub(crate) use postrider_store::paging::{after_key, page_of};

use crate::store::SqliteStore;

/// What most calls return.
type Out<T> = Result<T, StoreError>;

#[async_trait]
impl Catalogue for SqliteStore {
    async fn create_project(&self, new: NewProject, audit: NewAudit) -> Out<Project> {
        self.change(move |w| project::create(&w.conn, &new, audit)).await
    }
    async fn project(&self, id: &str) -> Out<Option<Project>> {
        let id = id.to_owned();
        self.read(move |conn| project::by_id(conn, &id)).await
    }
    async fn project_by_key(&self, key: ProjectKey) -> Out<Option<Project>> {
        self.read(move |conn| project::by_key(conn, key)).await
    }
    async fn projects(&self, cursor: Option<String>, limit: usize) -> Out<Page<Project>> {
        self.read(move |conn| project::list(conn, cursor.as_deref(), limit)).await
    }
    async fn update_project(
        &self,
        key: ProjectKey,
        patch: ProjectPatch,
        audit: NewAudit,
    ) -> Out<Option<Project>> {
        self.change(move |w| project::update(w, key, &patch, &audit)).await
    }
    async fn delete_project(&self, key: ProjectKey, audit: NewAudit) -> Out<()> {
        self.change(move |w| project::delete(w, key, &audit)).await
    }

    async fn create_key(&self, new: NewApiKey, audit: NewAudit) -> Out<ApiKey> {
        self.change(move |w| api_key::create(&w.conn, &new, &audit)).await
    }
    async fn key_by_hash(&self, hash: &[u8; 32]) -> Out<Option<ApiKey>> {
        let hash = *hash;
        self.read(move |conn| api_key::by_hash(conn, &hash)).await
    }
    async fn keys(
        &self,
        project: ProjectKey,
        tenant: Option<TenantKey>,
        cursor: Option<String>,
        limit: usize,
    ) -> Out<Page<ApiKey>> {
        self.read(move |conn| api_key::list(conn, project, tenant, cursor.as_deref(), limit)).await
    }
    async fn revoke_key(&self, project: ProjectKey, id: KeyId, now: Millis, audit: NewAudit) -> Out<ApiKey> {
        self.change(move |w| api_key::revoke(&w.conn, project, id, now, &audit)).await
    }
    async fn fact(&self, name: &str) -> Out<Option<Vec<u8>>> {
        let name = name.to_owned();
        self.read(move |conn| fact::get(conn, &name)).await
    }
    async fn set_fact_once(&self, name: &str, value: &[u8]) -> Out<Vec<u8>> {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.change(move |w| fact::set_once(&w.conn, &name, &value)).await
    }
    async fn set_fact(&self, name: &str, value: &[u8]) -> Out<()> {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.change(move |w| fact::set(&w.conn, &name, &value)).await
    }

    async fn ensure_tenant(&self, project: ProjectKey, id: &str, now: Millis) -> Out<Tenant> {
        let id = id.to_owned();
        self.change(move |w| tenant::ensure(&w.conn, project, &id, now)).await
    }
    async fn tenant(&self, project: ProjectKey, id: &str) -> Out<Option<Tenant>> {
        let id = id.to_owned();
        self.read(move |conn| tenant::by_id(conn, project, &id)).await
    }
    async fn tenants(&self, project: ProjectKey, cursor: Option<String>, limit: usize) -> Out<Page<Tenant>> {
        self.read(move |conn| tenant::list(conn, project, cursor.as_deref(), limit)).await
    }
    async fn delete_tenant(&self, tenant: TenantKey, now: Millis, audit: NewAudit) -> Out<Vec<EndpointKey>> {
        self.change(move |w| tenant::delete(w, tenant, now, &audit)).await
    }

    async fn put_event_type(&self, new: NewEventType, audit: NewAudit) -> Out<EventType> {
        self.change(move |w| event_type::put(&w.conn, &new, &audit)).await
    }
    async fn event_type(&self, project: ProjectKey, name: &str) -> Out<Option<EventType>> {
        let name = name.to_owned();
        self.read(move |conn| event_type::by_name(conn, project, &name)).await
    }
    async fn event_types(
        &self,
        project: ProjectKey,
        cursor: Option<String>,
        limit: usize,
    ) -> Out<Page<EventType>> {
        self.read(move |conn| event_type::list(conn, project, cursor.as_deref(), limit)).await
    }
    async fn archive_event_type(
        &self,
        project: ProjectKey,
        name: &str,
        now: Millis,
        audit: NewAudit,
    ) -> Out<()> {
        let name = name.to_owned();
        self.change(move |w| event_type::archive(&w.conn, project, &name, now, &audit)).await
    }
    async fn intern_type(&self, project: ProjectKey, name: &str) -> Out<TypeKey> {
        let name = name.to_owned();
        self.change(move |w| event_type::intern(&w.conn, project, &name)).await
    }

    async fn create_endpoint(&self, new: NewEndpoint, limit: Option<u32>, audit: NewAudit) -> Out<Endpoint> {
        self.change(move |w| endpoint::create(w, &new, limit, &audit)).await
    }
    async fn endpoint(&self, scope: Scope, id: EndpointId) -> Out<Option<Endpoint>> {
        self.read(move |conn| endpoint::by_id(conn, scope, id)).await
    }
    async fn endpoint_by_key(&self, key: EndpointKey) -> Out<Option<Endpoint>> {
        self.read(move |conn| endpoint::by_key(conn, key)).await
    }
    async fn endpoints_by_keys(&self, keys: Vec<EndpointKey>) -> Out<Vec<Endpoint>> {
        self.read(move |conn| {
            keys.iter().filter_map(|key| endpoint::by_key(conn, *key).transpose()).collect()
        })
        .await
    }
    async fn endpoints(&self, query: EndpointQuery) -> Out<Page<Endpoint>> {
        self.read(move |conn| endpoint_list::list(conn, &query)).await
    }
    async fn routes(&self, tenant: TenantKey) -> Out<(u64, Vec<Endpoint>)> {
        self.read(move |conn| endpoint::routes(conn, tenant)).await
    }
    async fn update_endpoint(
        &self,
        key: EndpointKey,
        patch: EndpointPatch,
        active_limit: Option<u32>,
        audit: NewAudit,
    ) -> Out<Option<Endpoint>> {
        self.change(move |w| endpoint::update(w, key, &patch, active_limit, &audit)).await
    }
    async fn delete_endpoint(&self, key: EndpointKey, now: Millis, audit: NewAudit) -> Out<()> {
        self.change(move |w| endpoint::delete(w, key, now, &audit)).await
    }

    async fn sealed(&self, after: EndpointKey, limit: usize) -> Out<Vec<Endpoint>> {
        self.read(move |conn| sealed::after(conn, after, limit)).await
    }
    async fn reseal(&self, batch: Vec<Reseal>) -> Out<usize> {
        self.change(move |w| sealed::write(&w.conn, &batch)).await
    }

    async fn create_replay(&self, new: NewReplay, audit: NewAudit) -> Out<Replay> {
        self.change(move |w| replay::create(&w.conn, &new, &audit)).await
    }
    async fn replay(&self, scope: Scope, id: ReplayId) -> Out<Option<Replay>> {
        self.read(move |conn| replay::by_id(conn, scope, id)).await
    }
    async fn replays(&self, scope: Scope, cursor: Option<String>, limit: usize) -> Out<Page<Replay>> {
        self.read(move |conn| replay::list(conn, scope, cursor.as_deref(), limit)).await
    }
    async fn running_replays(&self) -> Out<Vec<Replay>> {
        self.read(replay::running).await
    }
    async fn advance_replay(&self, id: ReplayId, progress: ReplayProgress) -> Out<Replay> {
        self.change(move |w| replay::advance(&w.conn, id, &progress)).await
    }

    async fn audit(&self, query: AuditQuery) -> Out<Page<AuditEntry>> {
        self.read(move |conn| audit::list(conn, &query)).await
    }
    async fn note(&self, audit: NewAudit) -> Out<()> {
        self.change(move |w| audit::insert(&w.conn, &audit)).await
    }

    async fn add_stats(&self, rows: Vec<StatRow>) -> Out<()> {
        self.lazily(move |w| stats::add(&w.conn, &rows)).await
    }
    async fn stats(
        &self,
        endpoint: EndpointKey,
        since: Millis,
        until: Millis,
        step: u32,
    ) -> Out<Vec<StatSum>> {
        self.read(move |conn| stats::sum(conn, endpoint, since, until, step)).await
    }

    async fn add_project_stats(&self, rows: Vec<ProjectStatRow>) -> Out<()> {
        self.lazily(move |w| project_stats::add(&w.conn, &rows)).await
    }
    async fn project_stats(
        &self,
        project: ProjectKey,
        mode: Mode,
        since: Millis,
        until: Millis,
        step: u32,
    ) -> Out<Vec<ProjectSum>> {
        self.read(move |conn| project_stats::sum(conn, project, mode, Steps::new(since, until, step))).await
    }
}
