//! An endpoint with what belongs to it, found by the ids in a path.

use std::sync::Arc;

use postrider_engine::{Engine, ProjectContext};
use postrider_model::endpoint::EndpointSecrets;
use postrider_model::time::Millis;
use postrider_store::{Endpoint, EndpointChange, EndpointPatch};
use serde_json::Value;

use super::{sealed, secret};
use crate::{Caller, ServiceError, ids};

/// An endpoint, its secrets and its project.
#[derive(Debug, Clone)]
pub struct FoundEndpoint {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// What is sealed of it, opened.
    pub secrets: EndpointSecrets,
    /// Its project and contract.
    pub context: Arc<ProjectContext>,
}

impl FoundEndpoint {
    /// Opens an endpoint's secrets.
    ///
    /// # Errors
    /// [`ServiceError::Internal`] if they cannot be opened with the keys there are.
    pub fn open(
        engine: &Engine,
        endpoint: Endpoint,
        context: Arc<ProjectContext>,
    ) -> Result<Self, ServiceError> {
        let secrets = sealed::open(engine, endpoint.id, &endpoint.sealed)?;
        Ok(Self { endpoint, secrets, context })
    }

    /// Its public id.
    pub fn public_id(&self) -> String {
        ids::show_endpoint(&self.context, self.endpoint.id)
    }
}

/// The endpoint at `/v1/tenants/{tenant}/endpoints/{id}`.
///
/// # Errors
/// [`ServiceError::NotFound`] if it is not there, another tenant's, or of the other mode.
pub async fn find(
    engine: &Engine,
    caller: &Caller,
    tenant: &str,
    id: &str,
) -> Result<FoundEndpoint, ServiceError> {
    let context = engine.project(caller.project).await?;
    let scope = caller.scope_of(engine, tenant).await?.ok_or(ServiceError::NotFound("endpoint"))?;
    let id = ids::read_endpoint(&context, id)?;
    let endpoint = engine.store().endpoint(scope, id).await?.filter(|endpoint| endpoint.deleted_at.is_none());
    FoundEndpoint::open(engine, endpoint.ok_or(ServiceError::NotFound("endpoint"))?, context)
}

/// What a change of an endpoint writes.
#[derive(Debug)]
pub(super) struct Write {
    /// The change.
    pub(super) patch: EndpointPatch,
    /// Its name in the audit log.
    pub(super) action: &'static str,
    /// What the audit log says of it.
    pub(super) detail: Value,
}

/// Writes a change against the revision that was read and tells the engine. `None`: somebody else was first.
pub(super) async fn write(
    engine: &Engine,
    caller: &Caller,
    found: &FoundEndpoint,
    write: Write,
) -> Result<Option<FoundEndpoint>, ServiceError> {
    let endpoint = &found.endpoint;
    if write.patch.change == Some(EndpointChange::Enable) {
        let changed = write.patch.sealed.as_ref().map(|sealed| sealed::open(engine, endpoint.id, sealed));
        check_signs(found, changed.transpose()?.as_ref().unwrap_or(&found.secrets))?;
    }
    let at: Millis = write.patch.now;
    let audit = caller.audit(write.action, Some(&endpoint.tenant_id), found.public_id(), write.detail, at);
    let limit = found.context.contract.limits.active_endpoints_per_tenant;
    let updated = engine.store().update_endpoint(endpoint.key, write.patch, limit, audit).await;
    let Some(updated) = updated.map_err(|error| super::too_many(error, &found.context.contract))? else {
        return Ok(None);
    };
    // Nothing is answered before the engine has let go of the old state (DESIGN 9: none begins after a disable).
    engine.endpoint_changed(updated.tenant, updated.key).await;
    FoundEndpoint::open(engine, updated, found.context.clone()).map(Some)
}

/// An endpoint whose secret is none of the contract (any more) is kept from sending: enabling it would be in vain.
fn check_signs(found: &FoundEndpoint, secrets: &EndpointSecrets) -> Result<(), ServiceError> {
    if secret::can_sign(&found.context.contract, secrets) {
        return Ok(());
    }
    Err(ServiceError::conflict(
        "conflict",
        "The endpoint's secret is not one of the project's contract, and nothing is sent unsigned: rotate it first.",
    ))
}

/// Returns when nothing goes on by a state older than the one that was found. A change that finds its work done may
/// have been told to the engine by nobody yet: its answer would come before the engine has let go (DESIGN 9).
pub(super) async fn settle(engine: &Engine, found: &FoundEndpoint) {
    engine.endpoint_changed(found.endpoint.tenant, found.endpoint.key).await;
}
