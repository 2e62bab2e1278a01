//! Events that were accepted. Accepting itself is the engine's ([`postrider_engine::Engine::accept`]).

mod erase;
mod find;
mod list;

pub use erase::EraseEvent;
pub use find::{FindEvent, FoundEvent};
pub use list::{ListEvents, ListedEvents};
