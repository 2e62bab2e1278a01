//! `POST /webhooks/{id}/enable` and `/disable`.

use axum::extract::{Path, State};
use axum::response::Response;
use postrider_http::{App, code};
use postrider_service::endpoint::SwitchEndpoint;
use postrider_service::{Right, ServiceError};

use super::{OfWebhook, Place};
use crate::form::{Done, Once, Posted};
use crate::page::{Notice, Refusal, see};
use crate::visit::Visit;

pub(super) async fn enable(
    visit: Visit,
    State(app): State<App>,
    Path(path): Path<OfWebhook>,
    posted: Posted,
) -> Result<Response, Refusal> {
    switch(&app, &visit, path, &posted, true).await
}

pub(super) async fn disable(
    visit: Visit,
    State(app): State<App>,
    Path(path): Path<OfWebhook>,
    posted: Posted,
) -> Result<Response, Refusal> {
    switch(&app, &visit, path, &posted, false).await
}

async fn switch(
    app: &App,
    visit: &Visit,
    path: OfWebhook,
    posted: &Posted,
    enabled: bool,
) -> Result<Response, Refusal> {
    visit.needs(Right::WebhooksWrite)?;
    let Place { tenant, id } = &path.place(visit)?;
    let address = visit.links.webhook(tenant, id);
    let switch = SwitchEndpoint { caller: &visit.caller, tenant, id, enabled };
    let done = posted.once(&visit.visitor, async {
        switch.run(&app.engine).await?;
        Ok(Done { value: (), seen_at: address.clone() })
    });
    match done.await {
        Ok(()) => Ok(see(&if enabled { Notice::ENABLED } else { Notice::DISABLED }.on(&address))),
        // The limit of webhooks that may be enabled at a time.
        Err(Once::Failed(ServiceError::Invalid(faults))) => {
            let said = faults.into_iter().map(|fault| fault.detail).collect::<Vec<_>>().join(" ");
            Err(Refusal::of(code::INVALID, said).onward("Back to the webhook", address))
        }
        Err(other) => Err(Refusal::from(other).onward("Back to the webhook", address)),
    }
}
