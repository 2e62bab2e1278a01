//! The embedded store on SQLite (DESIGN 5).
//!
//! One thread owns the writing connection and takes every change as a job, so that a commit of the engine, a change
//! of the catalogue and a step of upkeep never meet; readers have connections of their own with short snapshots.
//! [`SqliteStore::open_inline`] runs the same code on the caller's thread, for the simulation.

mod backlog;
mod catalogue;
mod fault;
mod history;
mod journal;
mod open;
mod options;
mod pack;
mod readers;
mod row;
mod schema;
mod sessions;
mod store;
mod thread;
mod transfer;
mod upkeep;
mod writer;

pub use options::{OpenError, Options};
pub use store::SqliteStore;
