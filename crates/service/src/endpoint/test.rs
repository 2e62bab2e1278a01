//! Sends test events: to one endpoint now, waiting for the attempt, or to all of a tenant (DESIGN 4.4 "Test sends").

use bytes::Bytes;
use postrider_engine::{AcceptError, Engine, EventIn, ProjectContext, TestSent};
use postrider_model::limits::Limits;
use postrider_model::{json, name};

use super::FoundEndpoint;
use super::check::{listed, sentence};
use super::found::find;
use crate::{Caller, Fault, ServiceError, ids, no_faults};

/// The type of a test where neither the endpoint nor the catalogue names one.
const FALLBACK_KIND: &str = "postrider.test";

/// A test send.
#[derive(Debug)]
pub struct TestEndpoint<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// The tenant's id.
    pub tenant: &'a str,
    /// The endpoint's public id.
    pub id: &'a str,
    /// The event's type; the first the endpoint names, or the first of the catalogue, where it is not said.
    pub kind: Option<String>,
    /// `data` as raw JSON; the type's example where it is not said.
    pub data: Option<Bytes>,
}

/// What came of it.
#[derive(Debug)]
pub struct TestedEndpoint {
    /// The endpoint.
    pub found: FoundEndpoint,
    /// The test event and its one attempt.
    pub sent: TestSent,
}

impl TestEndpoint<'_> {
    /// Sends, whatever the endpoint's types, filter, batch or state.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`]; [`ServiceError::Invalid`] for a type or data that could not be an event's;
    /// [`ServiceError::Accept`] for data that is too large, and where the endpoint's secret could not sign.
    pub async fn run(self, engine: &Engine) -> Result<TestedEndpoint, ServiceError> {
        let found = find(engine, self.caller, self.tenant, self.id).await?;
        let kind = self.kind.unwrap_or_else(|| default_kind(&found));
        let data = match self.data {
            Some(data) => data,
            None => example(engine, &found.context, &kind).await?,
        };
        check(&kind, &data, &found.context, engine.limits())?;
        let event = event(found.endpoint.tenant_id.clone(), kind, data);
        let sent = engine.test_send(found.endpoint.key, event).await.map_err(gone)?;
        Ok(TestedEndpoint { found, sent })
    }
}

/// A test send to all of a tenant's enabled endpoints, not waited for.
#[derive(Debug)]
pub struct TestEndpoints<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// The tenant's id.
    pub tenant: &'a str,
    /// The event's type.
    pub kind: &'a str,
}

impl TestEndpoints<'_> {
    /// Sends, with the type's example, whatever the endpoints' types and filters: one attempt at each. Gives the test
    /// event's public id once it is on disk.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] for a tenant that is not the key's own; [`ServiceError::Accept`].
    pub async fn run(self, engine: &Engine) -> Result<String, ServiceError> {
        let Self { caller, tenant, kind } = self;
        caller.check_own(tenant)?;
        let context = engine.project(caller.project).await?;
        let data = example(engine, &context, kind).await?;
        check(kind, &data, &context, engine.limits())?;
        let event = event(tenant.to_owned(), kind.to_owned(), data);
        let accepted = engine.test_all(caller.origin(), event).await?;
        Ok(ids::show_event(engine, &context, accepted.ordinal))
    }
}

fn event(tenant: String, kind: String, data: Bytes) -> EventIn {
    EventIn {
        tenant,
        kind,
        size: data.len(),
        data,
        changes: None,
        attributes: None,
        timestamp: None,
        ordering_key: None,
        deliver_at: None,
        idempotency: None,
    }
}

/// One that was deleted after it was found is not found.
fn gone(error: AcceptError) -> ServiceError {
    match error {
        AcceptError::Store(error) => error.into(),
        other => other.into(),
    }
}

/// What any event must be; a schema is not asked, for an example may be older than it.
fn check(kind: &str, data: &[u8], context: &ProjectContext, limits: &Limits) -> Result<(), ServiceError> {
    if data.len() > context.max_event_bytes {
        return Err(AcceptError::TooLarge { event: 0, limit: context.max_event_bytes }.into());
    }
    let mut faults = Vec::new();
    if let Err(error) = name::event_type(kind) {
        faults.push(Fault::at("/type", sentence(&error.to_string())));
    } else if !context.takes(kind) && kind != FALLBACK_KIND {
        let valid = listed(&context.valid_types());
        faults.push(Fault::at("/type", format!("There is no event type {kind:?}; valid are {valid}.")));
    }
    if let Err(error) = json::check(data, limits.json_depth) {
        faults.push(Fault::at("/data", sentence(&error.to_string())));
    }
    no_faults(faults)
}

fn default_kind(found: &FoundEndpoint) -> String {
    let named = found.endpoint.config.event_types.iter().find(|pattern| !pattern.ends_with('*')).cloned();
    named.or_else(|| first_declared(&found.context)).unwrap_or_else(|| FALLBACK_KIND.to_owned())
}

fn first_declared(context: &ProjectContext) -> Option<String> {
    context.valid_types().into_iter().next()
}

/// The type's example, the project's own before the contract's, or a small body that says what it is.
pub(crate) async fn example(
    engine: &Engine,
    context: &ProjectContext,
    kind: &str,
) -> Result<Bytes, ServiceError> {
    let own = engine.store().event_type(context.project.key, kind).await?.and_then(|own| own.example);
    let of_contract = || {
        let kind = context.contract.event_types().iter().find(|known| known.name == kind);
        kind.and_then(|known| known.example.clone())
    };
    Ok(own
        .or_else(of_contract)
        .map_or_else(|| Bytes::from_static(br#"{"test":true}"#), |example| Bytes::from(example.to_string())))
}
