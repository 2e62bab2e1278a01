//! `POST /webhooks/{id}/delete`

use axum::extract::{Path, State};
use axum::response::Response;
use postrider_http::App;
use postrider_service::Right;
use postrider_service::endpoint::DeleteEndpoint;

use super::{OfWebhook, Place};
use crate::form::{Done, Posted};
use crate::page::{Notice, Refusal, see};
use crate::visit::Visit;

pub(super) async fn handler(
    visit: Visit,
    State(app): State<App>,
    Path(path): Path<OfWebhook>,
    posted: Posted,
) -> Result<Response, Refusal> {
    visit.needs(Right::WebhooksWrite)?;
    let Place { tenant, id } = &path.place(&visit)?;
    let list = visit.links.webhooks(tenant);
    let delete = DeleteEndpoint { caller: &visit.caller, tenant, id };
    let done = posted.once(&visit.visitor, async {
        delete.run(&app.engine).await?;
        Ok(Done { value: (), seen_at: list.clone() })
    });
    done.await?;
    Ok(see(&Notice::DELETED.on(&list)))
}
