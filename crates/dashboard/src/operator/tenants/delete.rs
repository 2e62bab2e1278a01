//! `POST …/tenants/{tenant}/delete`

use axum::extract::{Path, State};
use axum::response::Response;
use postrider_http::App;
use postrider_service::tenant::DeleteTenant;
use postrider_service::{Right, ServiceError};

use super::{Named, show};
use crate::form::{Done, Once, Posted};
use crate::operator::typed;
use crate::page::{Notice, Refusal, see};
use crate::visit::Visit;

/// `POST …/tenants/{tenant}/delete`
///
/// # Errors
/// 403 without `webhooks:write`; 404 for a tenant that is not there (any more).
pub(super) async fn handler(
    visit: Visit,
    State(app): State<App>,
    Path(Named { tenant }): Path<Named>,
    posted: Posted,
) -> Result<Response, Refusal> {
    visit.needs(Right::WebhooksWrite)?;
    let tenants = visit.links.at("/tenants");
    let deleted = posted.once(&visit.visitor, async {
        typed::check(&posted.fields, &tenant)?;
        let delete = DeleteTenant { caller: &visit.caller, tenant: &tenant };
        delete.run(&app.engine, &app.authenticator).await?;
        Ok(Done { value: (), seen_at: tenants.clone() })
    });
    match deleted.await {
        Ok(()) => Ok(see(&Notice::DELETED.on(&tenants))),
        Err(Once::Failed(ServiceError::Invalid(faults))) => {
            let wrong = faults.into_iter().next().map(|fault| fault.detail).unwrap_or_default();
            show::mistyped(&app, &visit, &tenant, wrong).await
        }
        Err(other) => Err(other.into()),
    }
}
