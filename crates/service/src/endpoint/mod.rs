//! Endpoints: the rules they keep on every surface, and one file for each thing that is done with them.

mod change;
mod check;
mod create;
mod delete;
mod document;
mod draft;
mod fields;
mod found;
mod given;
mod header;
mod list;
mod names;
mod read_secret;
mod replay;
mod rotate_secret;
pub(crate) mod sealed;
mod secret;
mod stats;
mod switch;
mod terms;
pub(crate) mod test;

use postrider_contract::Contract;
use postrider_store::StoreError;
use serde_json::{Map, Value};

pub use change::{ChangeEndpoint, ChangedEndpoint, REVISION_CHANGED};
pub use create::{CreateEndpoint, CreatedEndpoint};
pub use delete::DeleteEndpoint;
pub use found::{FoundEndpoint, find};
pub use given::{Changes, EndpointFields, GivenFilter};
pub use header::{REDACTED, shown as shown_header};
pub use list::ListEndpoints;
pub use names::NameEndpoints;
pub use read_secret::ReadSecret;
pub use replay::{ReplayEndpoint, StartedReplay};
pub use rotate_secret::{RotateSecret, RotatedSecret};
pub(crate) use secret::can_sign;
pub use stats::{CountedStats, EndpointStats, begins_at};
pub use switch::SwitchEndpoint;
pub use terms::Terms;
pub use test::{TestEndpoint, TestEndpoints, TestedEndpoint};

use crate::{Caller, ServiceError};

/// A tenant's own key may not say what is the product's to say (DESIGN 4.4).
fn refuse_product_fields(caller: &Caller, document: &Map<String, Value>) -> Result<(), ServiceError> {
    let named = document::NOT_FOR_TENANTS.into_iter().find(|name| document.contains_key(*name));
    match named {
        Some(name) if caller.is_tenant() => Err(ServiceError::Forbidden(format!(
            "A tenant's key may not set {name:?}: it belongs to the product."
        ))),
        _ => Ok(()),
    }
}

/// The contract's limit of enabled endpoints, in words (DESIGN 4.4 "enabling counts as creating").
fn too_many(error: StoreError, contract: &Contract) -> ServiceError {
    match (error, contract.limits.active_endpoints_per_tenant) {
        (StoreError::Limit(_), Some(limit)) => ServiceError::invalid(
            "/enabled",
            format!(
                "The contract {} allows a tenant {limit} active endpoints at most, and there are as many already: \
                 disable or delete one first.",
                contract.name
            ),
        ),
        (error, _) => error.into(),
    }
}
