//! `GET` and `POST /webhooks/new`: "Create Webhook".

use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use postrider_http::App;
use postrider_service::endpoint::{CreateEndpoint, CreatedEndpoint};
use postrider_service::{Right, ServiceError};

use super::brief::Brief;
use super::entry::Entered;
use super::entry::form::WebhookForm;
use super::secret::{Occasion, SecretShown};
use super::{OfTenant, Place, catalogue, crumbs};
use crate::form::{Done, Forms, Once, Posted};
use crate::page::{Here, Notice, Page, Refusal, see};
use crate::view::field::Faults;
use crate::visit::Visit;

pub(super) async fn show(
    visit: Visit,
    State(app): State<App>,
    Path(path): Path<OfTenant>,
) -> Result<Response, Refusal> {
    let tenant = allowed(&visit, &path)?;
    let entered = Entered::fresh(&visit.contract);
    form(&app, &visit, tenant, entered, Faults::default()).await
}

pub(super) async fn submit(
    visit: Visit,
    State(app): State<App>,
    Path(path): Path<OfTenant>,
    posted: Posted,
) -> Result<Response, Refusal> {
    let tenant = allowed(&visit, &path)?;
    let entered = Entered::read(&posted.fields, &Entered::fresh(&visit.contract), &visit.contract);
    let create =
        CreateEndpoint { caller: &visit.caller, tenant, document: entered.document(&visit.contract) };
    let done = posted.once(&visit.visitor, async {
        let created = create.run(&app.engine).await?;
        let seen_at = visit.links.webhook(tenant, &created.found.public_id());
        Ok(Done { value: created, seen_at })
    });
    match done.await {
        Ok(created) => Ok(created_page(&app, &visit, tenant, created)),
        Err(Once::Failed(ServiceError::Invalid(faults))) => {
            form(&app, &visit, tenant, entered, Faults::new(faults)).await
        }
        Err(other) => Err(other.into()),
    }
}

fn allowed<'a>(visit: &'a Visit, path: &'a OfTenant) -> Result<&'a str, Refusal> {
    visit.needs(Right::WebhooksWrite)?;
    path.tenant(visit)
}

async fn form(
    app: &App,
    visit: &Visit,
    tenant: &str,
    entered: Entered,
    faults: Faults,
) -> Result<Response, Refusal> {
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let back = visit.links.webhooks(tenant);
    let view = WebhookForm {
        entered,
        faults,
        catalogue: catalogue(app, &visit.caller, &visit.contract).await?,
        action: format!("{back}/new"),
        back: back.clone(),
        held: None,
    };
    let forms = Forms::new(app, &visit.token);
    let page = Page::new("Create Webhook", Here::Webhooks, view.markup(visit, &forms));
    Ok(crumbs(page, visit, tenant).below("Webhooks", back).show_as(status, app, visit))
}

/// The page after it: the secret, this once; where there is none, the webhook.
fn created_page(app: &App, visit: &Visit, tenant: &str, created: CreatedEndpoint) -> Response {
    let place = Place { tenant: tenant.to_owned(), id: created.found.public_id() };
    match created.secret {
        None => see(&Notice::CREATED.on(&place.address(visit))),
        Some(secret) => {
            let shown = SecretShown::new(Occasion::Created, secret, &created.found, None);
            shown.page(app, visit, &place, &Brief::of(&created.found))
        }
    }
}
