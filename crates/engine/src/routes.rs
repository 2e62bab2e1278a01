//! Routing: which of a tenant's endpoints want an event. Cached per tenant with the version the store checks in
//! the append (DESIGN 2.1), so a stale cache costs a repetition and never a missed endpoint.

use std::sync::Arc;

use equivalent::Equivalent;
use postrider_model::id::{EndpointKey, ProjectKey, TenantKey};
use postrider_model::limits::Limits;
use postrider_store::StoreError;
use quick_cache::sync::Cache;
use quick_cache::{UnitWeighter, Weighter};

use crate::engine::Shared;
use crate::plan::EndpointPlan;

/// What the caches make room for from the start; they grow to their limit.
const EXPECTED_TENANTS: usize = 256;

/// A tenant's endpoints at one routing version.
#[derive(Debug)]
pub(crate) struct TenantRoutes {
    pub tenant: TenantKey,
    pub tenant_id: Arc<str>,
    pub version: u64,
    /// Of both modes, in the order of their making.
    pub endpoints: Vec<Arc<EndpointPlan>>,
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
        let plans = endpoints
            .iter()
            .map(|endpoint| Arc::new(EndpointPlan::new(endpoint, &context, shared)))
            .collect();
        let tenant_id: Arc<str> = row.id.as_str().into();
        let name = Name { project, tenant: Arc::clone(&tenant_id) };
        let routes = Arc::new(TenantRoutes { tenant: row.key, tenant_id, version, endpoints: plans });
        self.names.insert(row.key, name.clone());
        self.by_name.insert(name, Arc::clone(&routes));
        Ok(routes)
    }

    /// The tenant's routes changed.
    pub(crate) fn forget(&self, tenant: TenantKey) {
        if let Some(name) = self.names.get(&tenant) {
            self.by_name.remove(&name);
        }
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

    /// The plan of an endpoint that a stored match set names. One that is deleted meanwhile, or whose project is,
    /// gets no request: its plan is a dead one, and its deliveries are swept with the rest.
    pub(crate) async fn plan_or_dead(
        &self,
        endpoint: EndpointKey,
        shared: &Shared,
    ) -> Result<Arc<EndpointPlan>, StoreError> {
        match self.plan_of(endpoint, shared).await? {
            Some(plan) => Ok(plan),
            None => Ok(Arc::new(EndpointPlan::dead(endpoint, shared)?)),
        }
    }
}
