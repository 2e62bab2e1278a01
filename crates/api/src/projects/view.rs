//! A project as the API shows it.

use postrider_model::time::Millis;
use postrider_store::Project;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A project.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Project)]
pub struct ProjectOut {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The name of its contract.
    pub contract: String,
    /// What it sets in place of the contract's and the server's numbers.
    #[schema(value_type = SettingsIn)]
    pub settings: Value,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Millis,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Millis,
}

impl From<Project> for ProjectOut {
    fn from(project: Project) -> Self {
        Self {
            id: project.id,
            name: project.name,
            contract: project.contract,
            settings: project.settings,
            created_at: project.created_at,
            updated_at: project.updated_at,
        }
    }
}

/// What a project sets in place of its contract's and the server's numbers. What is not set follows them.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Settings)]
pub struct SettingsIn {
    /// The retry timetable.
    #[schema(required = false)]
    pub retry: RetryIn,
    /// The deadline of one attempt, in seconds.
    #[schema(required = false)]
    pub timeout_seconds: f64,
    /// When an endpoint is disabled by itself: `"never"`, `"delivery-exhausted"`, `{"consecutive_failures": 10}` or
    /// `{"failing_for_seconds": 432000}`.
    #[schema(required = false)]
    pub disable: Value,
    /// Days that history is kept: 1, 7, 30, 90 or 365.
    #[schema(required = false)]
    pub retention_days: u16,
    /// The largest event, in bytes of its JSON as sent.
    #[schema(required = false)]
    pub max_event_bytes: u32,
    /// The origins of pages that may embed the customer portal.
    #[schema(required = false)]
    pub allowed_origins: Vec<String>,
    /// How the customer portal looks.
    #[schema(required = false)]
    pub branding: BrandingIn,
}

/// How a project's customer portal looks.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Branding)]
pub struct BrandingIn {
    /// The product's name; the project's own if not said.
    #[schema(required = false)]
    pub name: String,
    /// Its logo: an `https://` address, or a picture as a `data:` URL (PNG, JPEG, WebP or SVG in base64, up to 64 KiB).
    #[schema(required = false)]
    pub logo: String,
    /// Its colour, `#rrggbb`. The portal darkens or lightens it as far as it takes to be read.
    #[schema(required = false, example = "#0a7f5b")]
    pub colour: String,
}

/// A retry timetable.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Retry)]
pub struct RetryIn {
    /// Seconds from each failed attempt to the next one's earliest time.
    pub schedule_seconds: Vec<f64>,
}
