//! A tenant as the API shows it.

use postrider_model::time::Millis;
use postrider_store::Tenant;
use serde::Serialize;
use utoipa::ToSchema;

/// A customer of the product.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tenant)]
pub struct TenantOut {
    /// Its id, chosen by the product.
    pub id: String,
    /// When it was first used.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Millis,
}

impl From<Tenant> for TenantOut {
    fn from(tenant: Tenant) -> Self {
        Self { id: tenant.id, created_at: tenant.created_at }
    }
}
