//! Creates an endpoint.

use postrider_engine::Engine;
use postrider_model::endpoint::{EndpointSecret, EndpointSecrets};
use postrider_model::id::EndpointId;
use postrider_model::time::Millis;
use postrider_store::NewEndpoint;
use serde_json::json;

use super::check::{self, Rules};
use super::terms::Terms;
use super::{EndpointFields, FoundEndpoint, document, draft, sealed, secret, too_many};
use crate::{Caller, Fault, ServiceError, ids, no_faults};

/// An endpoint to create for a tenant, which is made if it is new.
#[derive(Debug)]
pub struct CreateEndpoint<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// The tenant's id.
    pub tenant: &'a str,
    /// What it is to be.
    pub document: EndpointFields,
}

/// A new endpoint. Its secret is shown this once where the contract does not let it be read back.
#[derive(Debug)]
pub struct CreatedEndpoint {
    /// The endpoint.
    pub found: FoundEndpoint,
    /// What its owner verifies with: the secret, or the public half of a key pair; `None` where nothing is signed.
    pub secret: Option<String>,
}

impl CreateEndpoint<'_> {
    /// Creates it.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] with every fault; [`ServiceError::NotFound`] for a tenant that is not the key's own;
    /// [`ServiceError::Forbidden`] where a tenant's key sets what is the product's.
    pub async fn run(self, engine: &Engine) -> Result<CreatedEndpoint, ServiceError> {
        let Self { caller, tenant, document } = self;
        let EndpointFields { fields: mut document, filter, mut faults } = document;
        caller.check_own(tenant)?;
        super::refuse_product_fields(caller, &document)?;
        let context = engine.project(caller.project).await?;
        let terms = Terms::of(&context);
        if let Err(error) = postrider_model::name::tenant_id(tenant) {
            faults.push(Fault::at("/tenant", check::sentence(&error.to_string())));
        }
        let given = filter.unwrap_or_default();
        if given.compiled.is_some() {
            document::replace(&mut document, "filter", given.compiled);
        }
        let mut draft = draft::read(&document, &mut faults);
        draft.config.dialect = given.dialect;
        let rules = Rules { terms: &terms, limits: engine.limits(), guard: engine.guard() };
        check::check(&draft, rules, &mut faults);
        let contract = &context.contract;
        let secret = draft.secret.as_deref();
        let secret = secret::first(engine, contract, draft.config.signature, secret, &mut faults);
        no_faults(faults)?;

        let now = engine.clock().now();
        let id = EndpointId(engine.new_id());
        let secrets = EndpointSecrets {
            secrets: secret.iter().map(|value| current(value.clone(), now)).collect(),
            headers: draft.headers,
        };
        let tenant = engine.store().ensure_tenant(caller.project, tenant, now).await?;
        let new = NewEndpoint {
            id,
            project: caller.project,
            mode: caller.mode,
            tenant: tenant.key,
            config: draft.config,
            sealed: sealed::seal(engine, id, &secrets)?,
            enabled: draft.enabled,
            now,
        };
        let fields: Vec<_> =
            document.keys().filter(|name| document::SETTABLE.contains(&name.as_str())).collect();
        let detail = json!({ "fields": fields });
        let audit =
            caller.audit("endpoint.create", Some(&tenant.id), ids::show_endpoint(&context, id), detail, now);
        let limit = context.contract.limits.active_endpoints_per_tenant;
        let created = engine.store().create_endpoint(new, limit, audit).await;
        let endpoint = created.map_err(|error| too_many(error, &context.contract))?;
        engine.endpoint_changed(endpoint.tenant, endpoint.key).await;
        let secret = secret.map(|value| secret::shown(&context.contract, &value)).transpose()?;
        Ok(CreatedEndpoint { found: FoundEndpoint { endpoint, secrets, context }, secret })
    }
}

fn current(value: String, now: Millis) -> EndpointSecret {
    EndpointSecret { value, created_at: now, expires_at: None }
}
