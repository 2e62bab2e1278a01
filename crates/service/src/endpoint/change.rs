//! Changes an endpoint by a merge patch (RFC 7396).

use postrider_engine::Engine;
use postrider_model::endpoint::{DisabledReason, EndpointSecrets};
use postrider_store::{EndpointChange, EndpointPatch};
use serde_json::json;

use super::check::{self, Rules};
use super::draft::{self, Draft};
use super::found::{Write, find, settle, write};
use super::rotate_secret::{default_end, rotated};
use super::terms::Terms;
use super::{Changes, EndpointFields, FoundEndpoint, document, sealed, secret};
use crate::contention::{TRIES, too_busy};
use crate::merge_patch::merge;
use crate::{Caller, Fault, ServiceError, no_faults};

/// The one field that a document may give in a grammar of its own.
const FILTER: &str = "filter";

/// A change of one endpoint.
#[derive(Debug)]
pub struct ChangeEndpoint<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// The tenant's id.
    pub tenant: &'a str,
    /// The endpoint's public id.
    pub id: &'a str,
    /// What to change (RFC 7396).
    pub patch: &'a dyn Changes,
    /// The revision that the change was made from: with another one nothing is changed.
    pub expected_revision: Option<u64>,
}

/// The code of a change that was made from another revision than the one that is there.
pub const REVISION_CHANGED: &str = "precondition_failed";

/// A changed endpoint.
#[derive(Debug)]
pub struct ChangedEndpoint {
    /// The endpoint as it is now.
    pub found: FoundEndpoint,
    /// Where `signature` was changed: the secret of the new kind that was made for it.
    pub secret: Option<String>,
}

impl ChangeEndpoint<'_> {
    /// Changes it; a change of somebody else at the same time is not overwritten but merged with, unless a revision is
    /// expected.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] with every fault of the fields that the patch names; [`ServiceError::NotFound`];
    /// [`ServiceError::Forbidden`] where a tenant's key changes what is the product's; [`ServiceError::Conflict`]
    /// ([`REVISION_CHANGED`]) if the endpoint has another revision than was expected.
    pub async fn run(self, engine: &Engine) -> Result<ChangedEndpoint, ServiceError> {
        for _ in 0..TRIES {
            let found = find(engine, self.caller, self.tenant, self.id).await?;
            if self.expected_revision.is_some_and(|expected| expected != found.endpoint.revision) {
                return Err(ServiceError::conflict(
                    REVISION_CHANGED,
                    "The endpoint was changed since it was read. Nothing was changed.",
                ));
            }
            let patch = self.patch.of(&found);
            super::refuse_product_fields(self.caller, &patch.fields)?;
            let wanted = merged(engine, &found, patch)?;
            let Some((change, secret)) = prepare(engine, &found, wanted)? else {
                settle(engine, &found).await;
                return Ok(ChangedEndpoint { found, secret: None });
            };
            if let Some(found) = write(engine, self.caller, &found, change).await? {
                return Ok(ChangedEndpoint { found, secret });
            }
        }
        Err(too_busy("endpoint"))
    }
}

/// What an endpoint is to be.
struct Wanted {
    draft: Draft,
    /// The secret that another kind of signature needs.
    fresh: Option<String>,
    /// The fields that were named.
    named: Vec<String>,
}

/// The endpoint with the patch merged into it, by the rules of a new one.
fn merged(engine: &Engine, found: &FoundEndpoint, patch: EndpointFields) -> Result<Wanted, ServiceError> {
    let endpoint = &found.endpoint;
    let EndpointFields { fields: mut patch, filter: given, faults: mut untranslated } = patch;
    let mut named: Vec<_> = patch.keys().cloned().collect();
    named.extend(given.is_some().then(|| FILTER.to_owned()));
    let is_named = |field: &str| named.iter().any(|name| name == field);
    let mut faults = Vec::new();
    if patch.shift_remove("secret").is_some() {
        faults.push(Fault::at("/secret", "A secret is not changed by PATCH."));
    }
    let mut merged = document::of(&endpoint.config, &found.secrets.headers, endpoint.enabled);
    document::settle_headers(&merged, &mut patch, &mut faults);
    merge(&mut merged, patch);
    if let Some(given) = &given {
        document::replace(&mut merged, FILTER, given.compiled.clone());
    }
    let mut draft = draft::read(&merged, &mut faults);
    let terms = Terms::of(&found.context);
    let rules = Rules { terms: &terms, limits: engine.limits(), guard: engine.guard() };
    check::check(&draft, rules, &mut faults);
    // What an older contract allowed does not stand in the way of changing something else.
    faults.retain(|fault| is_named(top_of(&fault.pointer)));
    faults.append(&mut untranslated);
    let kind = draft.config.signature;
    let fresh = if kind == endpoint.config.signature {
        None
    } else {
        secret::next(engine, &found.context.contract, kind, None, &mut faults)
    };
    no_faults(faults)?;
    draft.config.dialect = match given {
        Some(given) => given.dialect,
        None if is_named(FILTER) => None,
        None => endpoint.config.dialect.clone(),
    };
    Ok(Wanted { draft, fresh, named })
}

/// What to write, and the new secret if there is one; `None` if nothing changes.
fn prepare(
    engine: &Engine,
    found: &FoundEndpoint,
    wanted: Wanted,
) -> Result<Option<(Write, Option<String>)>, ServiceError> {
    let Wanted { draft, fresh, named } = wanted;
    let endpoint = &found.endpoint;
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
            rotated(before, value, now, default_end(&Terms::of(&found.context), limits, now), limits)
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
    let detail = json!({ "fields": named });
    let secret = fresh.map(|value| secret::shown(&found.context.contract, &value)).transpose()?;
    Ok(Some((Write { patch, action: "endpoint.update", detail }, secret)))
}

/// The field of the document that a pointer leads into.
fn top_of(pointer: &str) -> &str {
    pointer.trim_start_matches('/').split('/').next().unwrap_or_default()
}
