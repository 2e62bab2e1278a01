//! `GET` and `POST /webhooks/{id}/edit`.

use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use postrider_http::App;
use postrider_service::endpoint::{ChangeEndpoint, FoundEndpoint, REVISION_CHANGED, find};
use postrider_service::{Right, ServiceError};

use super::brief::Brief;
use super::entry::form::{Held, WebhookForm};
use super::entry::{Entered, EnteredChange, headers};
use super::secret::{Occasion, SecretShown};
use super::{OfWebhook, Place, catalogue};
use crate::form::{Done, Forms, Once, Posted};
use crate::page::{Here, Notice, Page, Refusal, see};
use crate::view::field::Faults;
use crate::visit::Visit;

pub(super) async fn show(
    visit: Visit,
    State(app): State<App>,
    Path(path): Path<OfWebhook>,
) -> Result<Response, Refusal> {
    visit.needs(Right::WebhooksWrite)?;
    let place = path.place(&visit)?;
    let found = find(&app.engine, &visit.caller, &place.tenant, &place.id).await?;
    let held = held(&found);
    form(&app, &visit, &place, &found, Form { entered: Entered::of(&found), held, faults: Faults::default() })
        .await
}

pub(super) async fn submit(
    visit: Visit,
    State(app): State<App>,
    Path(path): Path<OfWebhook>,
    posted: Posted,
) -> Result<Response, Refusal> {
    visit.needs(Right::WebhooksWrite)?;
    let place = path.place(&visit)?;
    let found = find(&app.engine, &visit.caller, &place.tenant, &place.id).await?;
    let contract = &found.context.contract;
    // A form without its revision was made by nobody here: no endpoint has the revision 0.
    let revision = posted.fields.text("revision").parse().unwrap_or(0);
    let was_enabled = posted.fields.text("was_enabled") == "1";
    let entered = Entered::read(&posted.fields, &Entered::of(&found), contract);
    let patch = EnteredChange { entered: entered.clone(), was_enabled, contract: contract.clone() };
    let change = ChangeEndpoint {
        caller: &visit.caller,
        tenant: &place.tenant,
        id: &place.id,
        patch: &patch,
        expected_revision: Some(revision),
    };
    let address = place.address(&visit);
    let done = posted.once(&visit.visitor, async {
        Ok(Done { value: change.run(&app.engine).await?, seen_at: address.clone() })
    });
    match done.await {
        Ok(changed) => Ok(match changed.secret {
            None if changed.found.endpoint.revision == revision => see(&Notice::UNCHANGED.on(&address)),
            None => see(&Notice::SAVED.on(&address)),
            Some(secret) => {
                let shown = SecretShown::new(Occasion::Changed, secret, &changed.found, None);
                shown.page(&app, &visit, &place, &Brief::of(&changed.found))
            }
        }),
        Err(Once::Failed(ServiceError::Conflict { code: REVISION_CHANGED, .. })) => {
            Err(Refusal::changed_meanwhile(place.at(&visit, "/edit")))
        }
        Err(Once::Failed(ServiceError::Invalid(faults))) => {
            let held = Held { revision, enabled: was_enabled, ..held(&found) };
            form(&app, &visit, &place, &found, Form { entered, held, faults: Faults::new(faults) }).await
        }
        Err(other) => Err(other.into()),
    }
}

/// What stands in the form.
struct Form {
    entered: Entered,
    held: Held,
    faults: Faults,
}

fn held(found: &FoundEndpoint) -> Held {
    Held {
        revision: found.endpoint.revision,
        enabled: found.endpoint.enabled,
        hidden_headers: headers::hidden(&found.secrets),
        dialect_filter: found.endpoint.config.dialect.as_ref().map(|given| format!("{given:#}")),
    }
}

async fn form(
    app: &App,
    visit: &Visit,
    place: &Place,
    found: &FoundEndpoint,
    Form { entered, held, faults }: Form,
) -> Result<Response, Refusal> {
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let view = WebhookForm {
        entered,
        faults,
        catalogue: catalogue(app, &visit.caller, &visit.contract).await?,
        action: place.at(visit, "/edit"),
        back: place.address(visit),
        held: Some(held),
    };
    let forms = Forms::new(app, &visit.token);
    let page = Page::new("Edit", Here::Webhooks, view.markup(visit, &forms));
    Ok(place.page(page, visit, &Brief::of(found).title()).show_as(status, app, visit))
}
