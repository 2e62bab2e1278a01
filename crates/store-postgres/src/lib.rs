//! The store that many nodes share, on PostgreSQL 15 and newer (DESIGN 5, 6).
//!
//! Every statement names its schema, `postrider`, and by an option nothing belongs to a session, so that it works
//! behind a transaction pooler. What is accepted is written once; what waits is a small table beside it.

mod backlog;
mod catalogue;
mod cluster;
mod conn;
mod connect;
mod fault;
mod history;
mod inspect;
mod journal;
mod memory;
mod options;
mod partition;
mod pipeline;
mod row;
mod schema;
mod sessions;
mod signal;
mod store;
mod tls;
mod transfer;
mod upkeep;
mod url;
mod writer;

pub use inspect::{Inspection, inspect};
pub use options::{OpenError, PostgresOptions};
pub use store::PostgresStore;
pub use url::place;
