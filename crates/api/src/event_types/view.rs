//! An event type as the API shows it.

use postrider_model::time::Millis;
use postrider_service::event_type::CatalogueType;
use postrider_store::EventType;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// An event type of the catalogue.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = EventType)]
pub struct EventTypeOut {
    /// Its name.
    pub name: String,
    /// What it means.
    pub description: String,
    /// JSON Schema of `data`.
    #[schema(required = true)]
    pub schema: Option<Value>,
    /// An example of `data`.
    #[schema(required = true)]
    pub example: Option<Value>,
    /// Whether it is the contract's, and not declared by the project.
    pub from_contract: bool,
    /// When it was declared; `null` where it is the contract's.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    pub created_at: Option<Millis>,
    /// When it was last changed.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    pub updated_at: Option<Millis>,
    /// When it was archived.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    pub archived_at: Option<Millis>,
}

impl From<EventType> for EventTypeOut {
    fn from(kind: EventType) -> Self {
        Self {
            name: kind.name,
            description: kind.description,
            schema: kind.schema,
            example: kind.example,
            from_contract: false,
            created_at: Some(kind.created_at),
            updated_at: Some(kind.updated_at),
            archived_at: kind.archived_at,
        }
    }
}

impl From<CatalogueType> for EventTypeOut {
    fn from(kind: CatalogueType) -> Self {
        match kind {
            CatalogueType::Own(kind) => kind.into(),
            CatalogueType::Contract { name, description, example } => {
                Self { name, description, example, from_contract: true, ..Self::default() }
            }
        }
    }
}
