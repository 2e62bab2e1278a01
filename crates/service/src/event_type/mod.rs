//! The catalogue of event types: those of the contract and those a project declares itself.

mod archive;
mod find;
mod list;
mod put;

use postrider_store::EventType;

pub use archive::ArchiveEventType;
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
    },
}
