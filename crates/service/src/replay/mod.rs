//! Replays: deliveries reopened at a rate. They are started on an endpoint ([`crate::endpoint::ReplayEndpoint`]).

mod cancel;
mod find;
mod list;

pub use cancel::CancelReplay;
pub use find::{FindReplay, FoundReplay};
pub use list::{ListReplays, ListedReplays};
