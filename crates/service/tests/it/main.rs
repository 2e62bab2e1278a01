//! Use cases on the real engine and store, in virtual time.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod forms;
mod node;
mod portal;
mod sessions;
