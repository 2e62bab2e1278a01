//! Tenants: made on first use, ended by erasure.

mod delete;

use postrider_engine::Engine;
use postrider_store::Tenant;

pub use delete::DeleteTenant;

use crate::{Caller, ServiceError};

/// A tenant by its public id.
///
/// # Errors
/// [`ServiceError::NotFound`] if there is none, or the key is another's.
pub async fn find(engine: &Engine, caller: &Caller, id: &str) -> Result<Tenant, ServiceError> {
    caller.tenant(engine, id).await?.ok_or(ServiceError::NotFound("tenant"))
}
