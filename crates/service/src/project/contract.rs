//! Whether a project's endpoints can go on under another contract.

use postrider_engine::Engine;
use postrider_model::id::Mode;
use postrider_store::{EndpointQuery, Project, Scope};

use crate::endpoint::{FoundEndpoint, can_sign};
use crate::{Fault, ServiceError};

/// Notes a fault at `/contract` if an enabled endpoint has no secret that the contract `name` signs with: it would be
/// kept from sending, for nothing is sent unsigned. A disabled one may wait for its new secret.
///
/// # Errors
/// Of the store, while reading them.
pub(super) async fn check_endpoints(
    engine: &Engine,
    project: &Project,
    name: &str,
    faults: &mut Vec<Fault>,
) -> Result<(), ServiceError> {
    let Some(contract) = engine.contracts().get(name) else { return Ok(()) };
    let context = engine.project(project.key).await?;
    for mode in [Mode::Live, Mode::Test] {
        let scope = Scope { project: project.key, mode, tenant: None };
        let mut cursor = None;
        loop {
            let query = EndpointQuery::all(scope, cursor, engine.limits().max_list_limit);
            let page = engine.store().endpoints(query).await?;
            for endpoint in page.rows.into_iter().filter(|endpoint| endpoint.enabled) {
                // One that cannot be opened sends nothing now either.
                let Ok(found) = FoundEndpoint::open(engine, endpoint, context.clone()) else { continue };
                if !can_sign(&contract, &found.secrets) {
                    faults.push(Fault::at("/contract", refusal(&found, name)));
                    return Ok(());
                }
            }
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
    }
    Ok(())
}

fn refusal(found: &FoundEndpoint, name: &str) -> String {
    format!(
        "The endpoint {} of tenant {} has no secret that the contract {name} signs with, perhaps others too. Disable \
         them first; rotate their secrets under the new contract, then enable them.",
        found.public_id(),
        found.endpoint.tenant_id
    )
}
