//! `GET` and `POST /webhooks/{id}/replay`: sending again what failed or was held. What is asked for stands in the
//! address, and the page says how much that is before anything begins.

mod asked;
mod form;

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use http::StatusCode;
use postrider_http::App;
use postrider_service::endpoint::{FoundEndpoint, find};
use postrider_service::{Right, ServiceError, ids};

use self::asked::Asked;
use self::form::ReplayForm;
use super::brief::Brief;
use super::{OfWebhook, Place};
use crate::form::{Done, Fields, Forms, Once, Posted};
use crate::page::{Here, Notice, Page, Refusal, see};
use crate::view::field::Faults;
use crate::visit::Visit;

pub(super) async fn show(
    visit: Visit,
    State(app): State<App>,
    Path(path): Path<OfWebhook>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    visit.needs(Right::WebhooksWrite)?;
    let place = path.place(&visit)?;
    let found = find(&app.engine, &visit.caller, &place.tenant, &place.id).await?;
    let query = query.unwrap_or_default();
    let mut asked = Asked::read(&Fields::parse(query.as_bytes()), app.engine.now());
    let mut matched = None;
    if !query.is_empty() {
        match asked.run(&app, &visit, &place, true).await {
            Ok(counted) => matched = Some(counted.matched),
            Err(ServiceError::Invalid(faults)) => asked.faults = Faults::new(faults),
            Err(other) => return Err(other.into()),
        }
    }
    Ok(page(&app, &visit, &place, &found, asked, matched))
}

pub(super) async fn submit(
    visit: Visit,
    State(app): State<App>,
    Path(path): Path<OfWebhook>,
    posted: Posted,
) -> Result<Response, Refusal> {
    visit.needs(Right::WebhooksWrite)?;
    let place = path.place(&visit)?;
    let mut asked = Asked::read(&posted.fields, app.engine.now());
    let done = posted.once(&visit.visitor, async {
        let started = asked.run(&app, &visit, &place, false).await?;
        let replay =
            started.replay.ok_or_else(|| ServiceError::Internal("no replay was started".to_owned()))?;
        let seen_at = visit.links.replay(&ids::show_replay(replay.id));
        Ok(Done { value: seen_at.clone(), seen_at })
    });
    match done.await {
        Ok(replay) => Ok(see(&Notice::REPLAYING.on(&replay))),
        Err(Once::Failed(ServiceError::Invalid(faults))) => {
            asked.faults = Faults::new(faults);
            let found = find(&app.engine, &visit.caller, &place.tenant, &place.id).await?;
            Ok(page(&app, &visit, &place, &found, asked, None))
        }
        Err(other) => Err(Refusal::from(other).onward("Back to the webhook", place.address(&visit))),
    }
}

fn page(
    app: &App,
    visit: &Visit,
    place: &Place,
    found: &FoundEndpoint,
    asked: Asked,
    matched: Option<u64>,
) -> Response {
    let status = if asked.faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let view = ReplayForm {
        address: place.address(visit),
        enabled: found.endpoint.enabled,
        disabled_at: found.endpoint.disabled_at,
        per_second: app.engine.limits().default_replay_per_second,
        asked,
        matched,
    };
    let forms = Forms::new(app, &visit.token);
    let page = Page::new("Replay", Here::Webhooks, view.markup(visit, &forms));
    place.page(page, visit, &Brief::of(found).title()).show_as(status, app, visit)
}
