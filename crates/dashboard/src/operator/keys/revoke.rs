//! `POST …/keys/{key}/revoke`

use axum::extract::{Path, State};
use axum::response::Response;
use postrider_http::App;
use postrider_service::key::RevokeKey;

use crate::form::{Done, Posted};
use crate::operator::root_only;
use crate::page::{Notice, Refusal, see};
use crate::visit::Visit;

/// The key's id.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Named {
    key: String,
}

/// `POST …/keys/{key}/revoke`
///
/// # Errors
/// 403 without the root key; 404 for a key that is not there (any more).
pub(super) async fn handler(
    visit: Visit,
    State(app): State<App>,
    Path(named): Path<Named>,
    posted: Posted,
) -> Result<Response, Refusal> {
    root_only(&visit)?;
    let keys = visit.links.at("/keys");
    let revoked = posted.once(&visit.visitor, async {
        let revoke = RevokeKey { project: &visit.project.id, key: &named.key };
        revoke.run(&app.engine, &app.authenticator).await?;
        Ok(Done { value: (), seen_at: keys.clone() })
    });
    revoked.await?;
    Ok(see(&Notice::REVOKED.on(&keys)))
}
