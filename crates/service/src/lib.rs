//! Use cases: every change a product can make, one file each, one struct each with a `run`.
//!
//! A use case takes its time and its ids from the engine, writes through the catalogue (the change and its audit
//! entry in one transaction) and tells the engine what changed before it answers.

pub mod caller;
mod error;

pub use caller::Caller;
pub use error::{FieldFault, ServiceError};
