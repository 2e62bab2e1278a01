//! Tenants.

use postrider_model::id::{ProjectKey, TenantKey};
use postrider_model::time::Millis;

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Its row.
    pub key: TenantKey,
    /// Its project.
    pub project: ProjectKey,
    /// Its public id.
    pub id: String,
    /// When it was made.
    pub created_at: Millis,
}
