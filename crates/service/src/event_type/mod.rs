//! The catalogue of event types: those of the contract and those a project declares itself.

mod archive;
mod example;
mod find;
mod list;
mod put;

use postrider_store::EventType;
use serde_json::Value;

pub use archive::ArchiveEventType;
pub use example::{Example, ShowExample};
pub use find::FindEventType;
pub use list::ListEventTypes;
pub use put::{PutEventType, PutOutcome};

/// A type of the catalogue.
#[derive(Debug, Clone, PartialEq)]
pub enum CatalogueType {
    /// Declared by the project.
    Own(EventType),
    /// Of the contract, which cannot be changed by the project but declared anew.
    Contract {
        /// Its name.
        name: String,
        /// What it means.
        description: String,
        /// An example of `data`.
        example: Option<Value>,
    },
}

impl From<&postrider_contract::EventType> for CatalogueType {
    fn from(kind: &postrider_contract::EventType) -> Self {
        Self::Contract {
            name: kind.name.clone(),
            description: kind.description.clone().unwrap_or_default(),
            example: kind.example.clone(),
        }
    }
}

impl CatalogueType {
    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Own(own) => &own.name,
            Self::Contract { name, .. } => name,
        }
    }

    /// An example of its `data`.
    pub fn example(&self) -> Option<&Value> {
        match self {
            Self::Own(own) => own.example.as_ref(),
            Self::Contract { example, .. } => example.as_ref(),
        }
    }
}
