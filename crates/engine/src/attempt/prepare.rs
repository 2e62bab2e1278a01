//! Preparing a request: content, envelope, signature, headers.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_TYPE, HeaderValue, USER_AGENT};
use postrider_contract::AttemptContext;
use postrider_courier::{BodyKeep, Outbound, Report};
use postrider_model::id::EventId;
use postrider_model::time::Millis;
use postrider_store::StoreError;

use super::places::Place;
use crate::core::{EventBody, Item, Items};
use crate::plan::EndpointPlan;
use crate::shared::Shared;

/// A request ready to be sent.
pub(crate) struct Prepared {
    pub request: Outbound,
    pub started_at: Millis,
    /// Held to the end of the attempt where its bodies were read for it alone.
    pub place: Option<Place>,
}

/// Why there is no request.
pub(crate) enum Unprepared {
    /// No event is left to send.
    Nothing,
    /// The store could not be read.
    Store(StoreError),
    /// The endpoint's URL is no longer allowed.
    BadUrl(Report),
}

/// Reads what memory had no room for, renders, signs.
pub(crate) async fn prepare(
    shared: &Shared,
    plan: &Arc<EndpointPlan>,
    slow: bool,
    items: &mut Items,
    missing: &mut Vec<Item>,
) -> Result<Prepared, Unprepared> {
    let absent = items.iter().filter(|item| item.body.is_none()).count();
    let mut place = None;
    if absent > 0 {
        let mut taken = shared.body_places.take(slow, absent * plan.largest_event_bytes).await;
        taken.shrink(read_bodies(shared, items, missing).await?);
        place = Some(taken);
    }
    if items.is_empty() {
        return Err(Unprepared::Nothing);
    }
    let target = plan
        .target
        .as_ref()
        .map_err(|failure| Unprepared::BadUrl(Report::failed(failure.clone(), Duration::ZERO)))?;
    let (id, body) = envelope(shared, plan, items);
    let started_at = shared.clock.now();
    let headers = headers(shared, plan, items, &id, &body, started_at);
    let request = Outbound {
        endpoint: plan.key.0,
        target: Arc::clone(target),
        headers,
        body,
        timeout: plan.policy.timeout,
        keep: BodyKeep::default(),
        success: plan.success,
        tls: None,
    };
    Ok(Prepared { request, started_at, place })
}

/// Returns how many bytes of content were read.
async fn read_bodies(
    shared: &Shared,
    items: &mut Items,
    missing: &mut Vec<Item>,
) -> Result<usize, Unprepared> {
    let mut bytes = 0;
    for item in items.iter_mut().filter(|item| item.body.is_none()) {
        if let Some(content) = shared.store.event(item.event).await.map_err(Unprepared::Store)? {
            let further = [&content.changes, &content.attributes];
            bytes += content.data.len() + further.into_iter().flatten().map(Bytes::len).sum::<usize>();
            item.body = Some(EventBody::new(Arc::new(content), &shared.bodies));
        }
    }
    items.retain(|item| {
        if item.body.is_none() {
            missing.push(item.clone());
        }
        item.body.is_some()
    });
    Ok(bytes)
}

/// Whether the request is a batch, of one event too.
fn is_batch(plan: &EndpointPlan, items: &Items) -> bool {
    plan.policy.batch.is_some() && items.first().is_some_and(|item| !plan.sends_alone(item.flags))
}

/// The public id that the request carries, and its body.
fn envelope(shared: &Shared, plan: &EndpointPlan, items: &Items) -> (String, Bytes) {
    let contract = &plan.contract;
    let public = |item: &Item| contract.event_id_form().show(EventId(item.event.to_uuid(shared.salt)).0);
    let rendered =
        |item: &Item| item.body.as_ref().map(|body| body.rendered(contract, shared.salt)).unwrap_or_default();
    if let Some(item) = items.first()
        && !is_batch(plan, items)
    {
        return (public(item), rendered(item));
    }
    let ids: Vec<_> = items.iter().map(|item| EventId(item.event.to_uuid(shared.salt))).collect();
    let members: Vec<_> = items.iter().map(rendered).collect();
    (postrider_contract::batch_id(&ids), contract.render_batch(&members))
}

fn headers(
    shared: &Shared,
    plan: &EndpointPlan,
    items: &Items,
    id: &str,
    body: &Bytes,
    started_at: Millis,
) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(8 + plan.headers.len());
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(USER_AGENT, shared.user_agent.clone());
    for (name, value) in &plan.headers {
        headers.insert(name.clone(), value.clone());
    }
    // A batch has no type of its own: its events may have several.
    let alone = items.first().filter(|_| !is_batch(plan, items));
    let event_type = alone.and_then(|item| item.body.as_ref()).map_or("", |body| &body.content().kind);
    let context = AttemptContext { id, timestamp_unix: started_at.unix_seconds(), event_type };
    for (name, value) in plan.contract.sign_headers(&context, body, plan.keys_at(started_at)) {
        headers.insert(name.clone(), value);
    }
    headers
}
