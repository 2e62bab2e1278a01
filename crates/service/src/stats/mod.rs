//! What happened, in numbers.

mod project;
pub(crate) mod span;

pub use project::{CountProject, CountedProject, begins_at};
