//! Shows the request of a delivery. Requests are not stored: it is made anew from what is kept of the event, by the
//! contract and the endpoint as they are now, which is how the next attempt is made too.

use bytes::Bytes;
use postrider_contract::{AttemptContext, Contract, DeliveryPolicy, EventView, Notice};
use postrider_engine::{Engine, ProjectContext};
use postrider_model::endpoint::EndpointSecrets;
use postrider_model::id::EventId;
use postrider_model::time::Millis;
use postrider_store::{Endpoint, EventDetail};

use super::{FindDelivery, FoundDelivery};
use crate::endpoint::{REDACTED, sealed, shown_header};
use crate::{Caller, ServiceError};

/// What stands for the id of a batch, which is made of its members' ids: which they were is not kept (DESIGN 4.4).
const SOME_BATCH: &str = "bat_...";

/// The delivery whose request is to be shown.
#[derive(Debug)]
pub struct ShowRequest<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// The event's public id.
    pub event: &'a str,
    /// The endpoint's public id.
    pub endpoint: &'a str,
}

/// A request as it can be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownRequest {
    /// Where it goes.
    pub url: String,
    /// Its headers in their order, without those of HTTP's own framing.
    pub headers: Vec<(String, ShownValue)>,
    /// Its body; `None` once the event's data was erased.
    pub body: Option<Bytes>,
    /// Whether it is one of several in a list: the others are not kept.
    pub batch: bool,
}

/// A header's value as it can be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShownValue {
    /// As it is sent.
    Plain(String),
    /// It holds a secret.
    Secret,
    /// A signature, made anew for each attempt.
    Signature,
}

impl ShowRequest<'_> {
    /// Makes it, with the time of the last attempt; of none yet, with the time now.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] if the delivery is not there, another tenant's or of the other mode.
    pub async fn run(self, engine: &Engine) -> Result<ShownRequest, ServiceError> {
        let Self { caller, event, endpoint } = self;
        let found = FindDelivery { caller, event, endpoint }.run(engine).await?;
        let ordinal = found.detail.summary.event;
        let event = engine.store().event_detail(caller.scope(), ordinal).await?;
        Self::of(engine, &found, &event.ok_or(ServiceError::NotFound("event"))?)
    }

    /// Of what was found already.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] where the endpoint's row is gone.
    pub fn of(
        engine: &Engine,
        found: &FoundDelivery,
        event: &EventDetail,
    ) -> Result<ShownRequest, ServiceError> {
        let endpoint = found.endpoint.as_ref().ok_or(ServiceError::NotFound("endpoint"))?;
        // Without its secrets, nothing of them is shown.
        let secrets = sealed::open(engine, endpoint.id, &endpoint.sealed).unwrap_or_default();
        let summary = &event.summary;
        let policy =
            DeliveryPolicy::resolve(&found.context.contract, &found.context.settings, &endpoint.config);
        let whole_body = summary.flags.notice
            && found.context.contract.health.notice.as_ref().is_some_and(Notice::is_whole_body);
        let id = EventId(summary.ordinal.to_uuid(engine.salt()));
        let rendered = event.data.as_ref().map(|data| {
            if whole_body {
                return data.clone();
            }
            found.context.contract.render(&EventView {
                id,
                event_type: &summary.kind,
                timestamp: summary.timestamp,
                tenant: &summary.tenant,
                data,
                changes: event.changes.as_deref(),
                attributes: event.attributes.as_deref(),
            })
        });
        let last = found.detail.attempts.last();
        Ok(Making {
            engine,
            context: &found.context,
            id,
            kind: &summary.kind,
            at: last.map_or_else(|| engine.now(), |attempt| attempt.started_at),
            batch: policy.batch.is_some() && !whole_body,
        }
        .show(endpoint, &secrets, rendered))
    }
}

/// What a request is made from.
pub(crate) struct Making<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) context: &'a ProjectContext,
    pub(crate) id: EventId,
    pub(crate) kind: &'a str,
    pub(crate) at: Millis,
    pub(crate) batch: bool,
}

impl Making<'_> {
    fn show(self, endpoint: &Endpoint, secrets: &EndpointSecrets, rendered: Option<Bytes>) -> ShownRequest {
        let custom = secrets.headers.iter().map(|(name, value)| {
            let shown = shown_header(name, value);
            let value = if shown == REDACTED { ShownValue::Secret } else { plain(shown) };
            (name.clone(), value)
        });
        ShownRequest {
            url: endpoint.config.url.clone(),
            headers: self.headers(custom, !secrets.secrets.is_empty()),
            body: rendered.map(|body| if self.batch { self.contract().render_batch(&[body]) } else { body }),
            batch: self.batch,
        }
    }

    fn contract(&self) -> &Contract {
        &self.context.contract
    }

    /// In the order in which they are sent.
    pub(crate) fn headers(
        &self,
        custom: impl IntoIterator<Item = (String, ShownValue)>,
        signed: bool,
    ) -> Vec<(String, ShownValue)> {
        let public = self.contract().event_id_form().show(self.id.0);
        // A batch has no type of its own, as its events may have several.
        let (id, event_type) = if self.batch { (SOME_BATCH, "") } else { (public.as_str(), self.kind) };
        let attempt = AttemptContext { id, timestamp_unix: self.at.unix_seconds(), event_type };
        let agent = text(self.engine.user_agent());
        let mut headers = vec![
            ("content-type".to_owned(), plain("application/json")),
            ("user-agent".to_owned(), plain(&agent)),
        ];
        headers.extend(custom);
        let own = self.contract().sign_headers(&attempt, &[], []);
        headers.extend(own.iter().map(|(name, value)| (name.to_string(), plain(&text(value)))));
        if signed {
            let signatures = self.contract().signature_headers().iter();
            headers.extend(signatures.map(|header| (header.name.to_string(), ShownValue::Signature)));
        }
        headers
    }
}

fn plain(value: &str) -> ShownValue {
    ShownValue::Plain(value.to_owned())
}

/// Custom headers are ASCII, but the names of event types need not be.
fn text(value: &http::HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}
