//! Routing: which of a tenant's endpoints want an event. Cached per tenant with the version the store checks in
//! the append (DESIGN 2.1), so a stale cache costs a repetition and never a missed endpoint.

use std::sync::Arc;

use equivalent::Equivalent;
use postrider_model::id::{EndpointKey, ProjectKey, TenantKey};
use postrider_model::limits::Limits;
use postrider_store::{Endpoint, StoreError};
use quick_cache::sync::Cache;
use quick_cache::{UnitWeighter, Weighter};

use crate::plan::EndpointPlan;
use crate::project::ProjectContext;
use crate::shared::Shared;

/// What the caches make room for from the start; they grow to their limit.
const EXPECTED_TENANTS: usize = 256;

/// A tenant's endpoints at one routing version.
#[derive(Debug)]
pub(crate) struct TenantRoutes {
    pub tenant: TenantKey,
    pub tenant_id: Arc<str>,
    pub version: u64,
    /// Of both modes, one after the other, in the order of their making.
    pub endpoints: Vec<Arc<EndpointPlan>>,
}

impl TenantRoutes {
    /// An endpoint's plan; `None` when it is deleted.
    pub(crate) fn plan(&self, endpoint: EndpointKey) -> Option<&Arc<EndpointPlan>> {
        // The store gives those of one mode after those of the other, each by its keys.
        let first = self.endpoints.first()?.mode;
        let (one, other) = self.endpoints.split_at(self.endpoints.partition_point(|plan| plan.mode == first));
        [one, other]
            .into_iter()
            .find_map(|part| Some(&part[part.binary_search_by_key(&endpoint, |plan| plan.key).ok()?]))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Name {
    project: ProjectKey,
    tenant: Arc<str>,
}

/// A [`Name`] that borrows, so that a look-up allocates nothing.
#[derive(Hash)]
struct NameRef<'a> {
    project: ProjectKey,
    tenant: &'a str,
}

impl Equivalent<Name> for NameRef<'_> {
    fn equivalent(&self, key: &Name) -> bool {
        self.project == key.project && *self.tenant == *key.tenant
    }
}

#[derive(Debug, Clone)]
struct ByEndpoints;

impl Weighter<Name, Arc<TenantRoutes>> for ByEndpoints {
    fn weight(&self, _: &Name, routes: &Arc<TenantRoutes>) -> u64 {
        1 + routes.endpoints.len() as u64
    }
}

/// The cache of routes.
#[derive(Debug)]
pub(crate) struct Routes {
    by_name: Cache<Name, Arc<TenantRoutes>, ByEndpoints>,
    names: Cache<TenantKey, Name, UnitWeighter>,
}

impl Routes {
    pub(crate) fn new(limits: &Limits) -> Self {
        let most = limits.cached_endpoints;
        Self {
            by_name: Cache::with_weighter(EXPECTED_TENANTS, most, ByEndpoints),
            names: Cache::with_weighter(EXPECTED_TENANTS, most, UnitWeighter),
        }
    }

    pub(crate) fn cached(&self, project: ProjectKey, tenant: &str) -> Option<Arc<TenantRoutes>> {
        self.by_name.get(&NameRef { project, tenant })
    }

    /// The tenant's routes, read from the store; a tenant that is new is created (DESIGN 4.2).
    ///
    /// The project is read after the version: a change of it counts the version up, so what was made of an older
    /// state is refused by the append. The other way round, plans of the old settings could carry the new version.
    pub(crate) async fn read(
        &self,
        project: ProjectKey,
        tenant: &str,
        shared: &Shared,
    ) -> Result<Arc<TenantRoutes>, StoreError> {
        let row = shared.store.ensure_tenant(project, tenant, shared.clock.now()).await?;
        let (version, endpoints) = shared.store.routes(row.key).await?;
        let context = shared.confirmed_project(project).await?;
        Ok(self.keep(row.key, row.id.as_str().into(), version, &endpoints, &context, shared))
    }

    /// The tenant's routes changed.
    pub(crate) fn forget(&self, tenant: TenantKey) {
        if let Some(name) = self.names.get(&tenant) {
            self.by_name.remove(&name);
        }
    }

    /// Anything may have changed.
    pub(crate) fn forget_all(&self) {
        self.by_name.clear();
    }

    /// A project's settings or contract changed: all its routes are made anew.
    pub(crate) fn forget_project(&self, project: ProjectKey) {
        self.by_name.retain(|name, _| name.project != project);
    }

    /// One endpoint's plan as the store has it now; `None` when it is deleted or its project is.
    pub(crate) async fn plan_of(
        &self,
        endpoint: EndpointKey,
        shared: &Shared,
    ) -> Result<Option<Arc<EndpointPlan>>, StoreError> {
        let Some(row) = shared.store.endpoint_by_key(endpoint).await? else { return Ok(None) };
        if row.deleted_at.is_some() {
            return Ok(None);
        }
        match shared.confirmed_project(row.project).await {
            Ok(project) => Ok(Some(Arc::new(EndpointPlan::new(&row, &project, shared)))),
            Err(StoreError::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A tenant's routes of at least this version; `None` when it is deleted or its project is.
    pub(crate) async fn of_tenant(
        &self,
        tenant: TenantKey,
        version: u64,
        shared: &Shared,
    ) -> Result<Option<Arc<TenantRoutes>>, StoreError> {
        let cached = self.names.get(&tenant).and_then(|name| self.by_name.get(&name));
        if let Some(routes) = cached.filter(|routes| routes.tenant == tenant && routes.version >= version) {
            return Ok(Some(routes));
        }
        let gone = |error| if let StoreError::NotFound(_) = error { Ok(None) } else { Err(error) };
        let (version, endpoints) = match shared.store.routes(tenant).await {
            Ok(read) => read,
            Err(error) => return gone(error),
        };
        // Without an endpoint there is nobody to send to.
        let Some(first) = endpoints.first() else { return Ok(None) };
        match shared.confirmed_project(first.project).await {
            Ok(context) => {
                let tenant_id = first.tenant_id.as_str().into();
                Ok(Some(self.keep(tenant, tenant_id, version, &endpoints, &context, shared)))
            }
            Err(error) => gone(error),
        }
    }

    fn keep(
        &self,
        tenant: TenantKey,
        tenant_id: Arc<str>,
        version: u64,
        endpoints: &[Endpoint],
        context: &ProjectContext,
        shared: &Shared,
    ) -> Arc<TenantRoutes> {
        let plan = |endpoint| Arc::new(EndpointPlan::new(endpoint, context, shared));
        let endpoints = endpoints.iter().map(plan).collect();
        let name = Name { project: context.project.key, tenant: Arc::clone(&tenant_id) };
        let routes = Arc::new(TenantRoutes { tenant, tenant_id, version, endpoints });
        self.names.insert(tenant, name.clone());
        self.by_name.insert(name, Arc::clone(&routes));
        routes
    }
}
