//! Changes an endpoint by a merge patch (RFC 7396).

use postrider_engine::Engine;
use postrider_model::endpoint::{DisabledReason, EndpointSecrets};
use postrider_store::{EndpointChange, EndpointPatch};
use serde_json::{Map, Value, json};

use super::check::{self, Rules};
use super::found::{Write, find, settle, write};
use super::rotate_secret::{default_end, rotated};
use super::terms::Terms;
use super::{FoundEndpoint, document, draft, sealed, secret};
use crate::contention::{TRIES, too_busy};
use crate::merge_patch::merge;
use crate::{Caller, Fault, ServiceError, no_faults};

/// A merge patch for one endpoint.
#[derive(Debug)]
pub struct ChangeEndpoint<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// The tenant's id.
    pub tenant: &'a str,
    /// The endpoint's public id.
    pub id: &'a str,
    /// What to change.
    pub patch: Map<String, Value>,
}

/// A changed endpoint.
#[derive(Debug)]
pub struct ChangedEndpoint {
    /// The endpoint as it is now.
    pub found: FoundEndpoint,
    /// Where `signature` was changed: the secret of the new kind that was made for it.
    pub secret: Option<String>,
}

impl ChangeEndpoint<'_> {
    /// Changes it; a change of somebody else at the same time is not overwritten but merged with.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] with every fault of the fields that the patch names; [`ServiceError::NotFound`];
    /// [`ServiceError::Forbidden`] where a tenant's key changes what is the product's.
    pub async fn run(self, engine: &Engine) -> Result<ChangedEndpoint, ServiceError> {
        for _ in 0..TRIES {
            let found = find(engine, self.caller, self.tenant, self.id).await?;
            super::refuse_product_fields(self.caller, &self.patch)?;
            let Some((change, secret)) = self.prepare(engine, &found)? else {
                settle(engine, &found).await;
                return Ok(ChangedEndpoint { found, secret: None });
            };
            if let Some(found) = write(engine, self.caller, &found, change).await? {
                return Ok(ChangedEndpoint { found, secret });
            }
        }
        Err(too_busy("endpoint"))
    }

    /// What to write, and the new secret if there is one; `None` if the patch changes nothing.
    fn prepare(
        &self,
        engine: &Engine,
        found: &FoundEndpoint,
    ) -> Result<Option<(Write, Option<String>)>, ServiceError> {
        let endpoint = &found.endpoint;
        let mut faults = Vec::new();
        let mut patch = self.patch.clone();
        if patch.shift_remove("secret").is_some() {
            faults.push(Fault::at("/secret", "A secret is changed by rotate-secret."));
        }
        let mut merged = document::of(&endpoint.config, &found.secrets.headers, endpoint.enabled);
        document::settle_headers(&merged, &mut patch, &mut faults);
        merge(&mut merged, patch);
        let mut draft = draft::read(&merged, &mut faults);
        let terms = Terms::of(&found.context);
        check::check(
            &draft,
            Rules { terms: &terms, limits: engine.limits(), guard: engine.guard() },
            &mut faults,
        );
        // What an older contract allowed does not stand in the way of changing something else.
        faults.retain(|fault| self.patch.contains_key(top_of(&fault.pointer)));
        let kind = draft.config.signature;
        let fresh = if kind == endpoint.config.signature {
            None
        } else {
            secret::next(engine, &found.context.contract, kind, None, &mut faults)
        };
        no_faults(faults)?;

        if !self.patch.contains_key("filter") {
            draft.config.dialect.clone_from(&endpoint.config.dialect);
        }
        let change = match (endpoint.enabled, draft.enabled) {
            (false, true) => Some(EndpointChange::Enable),
            (true, false) => Some(EndpointChange::Disable(DisabledReason::Manual)),
            _ => None,
        };
        let headers_changed = draft.headers != found.secrets.headers;
        let config_changed = draft.config != endpoint.config;
        if change.is_none() && !headers_changed && !config_changed {
            return Ok(None);
        }
        let now = engine.clock().now();
        let before = &found.secrets.secrets;
        let secrets = match &fresh {
            None => before.clone(),
            Some(value) => {
                let limits = engine.limits();
                rotated(before, value, now, default_end(&terms, limits, now), limits)
            }
        };
        let secrets = EndpointSecrets { headers: draft.headers, secrets };
        let sealed_changed = headers_changed || fresh.is_some();
        let sealed = sealed_changed.then(|| sealed::seal(engine, endpoint.id, &secrets)).transpose()?;
        let patch = EndpointPatch {
            revision: endpoint.revision,
            config: config_changed.then_some(draft.config),
            sealed,
            change,
            now,
        };
        let detail = json!({ "fields": self.patch.keys().collect::<Vec<_>>() });
        let secret = fresh.map(|value| secret::shown(&found.context.contract, &value)).transpose()?;
        Ok(Some((Write { patch, action: "endpoint.update", detail }, secret)))
    }
}

/// The field of the document that a pointer leads into.
fn top_of(pointer: &str) -> &str {
    pointer.trim_start_matches('/').split('/').next().unwrap_or_default()
}
