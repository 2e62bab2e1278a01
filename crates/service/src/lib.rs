//! Use cases: every change a product can make, one file each, one struct each with a `run`.
//!
//! A use case takes its time and its ids from the engine, writes through the catalogue (the change and its audit
//! entry in one transaction) and tells the engine what changed before it answers.

pub mod authenticate;
pub mod caller;
mod contention;
pub mod delivery;
pub mod endpoint;
mod error;
pub mod event;
pub mod event_type;
pub mod ids;
pub mod key;
mod label;
pub mod merge_patch;
pub mod portal;
pub mod project;
pub mod replay;
mod rights;
pub mod search;
pub mod session;
pub mod stats;
pub mod tenant;
pub mod verification;

pub use authenticate::{Authenticator, KeyHolder};
pub use caller::Caller;
pub use error::{Fault, ServiceError, no_faults};
pub use rights::{Right, Rights, SCOPE_NAMES};
pub use session::Sessions;
