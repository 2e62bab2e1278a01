//! What many nodes promise, tested on the running binary and a real PostgreSQL.

mod failing_over;
mod limits;
mod nodes_in_trouble;
mod postgres_in_trouble;
mod starting;
mod upgrading;

use std::collections::BTreeMap;
use std::time::Duration;

use postrider_postgres::{Server as Postgres, ServerOptions};

/// A server as one has it in production: everything is on disk when it is committed.
fn postgres() -> Option<Postgres> {
    Postgres::new(ServerOptions::default().with("fsync", "on").with("full_page_writes", "on"))
}

/// The endpoint that waited longest, and how many waited longer than a second.
fn worst(gaps: &BTreeMap<(usize, usize), Duration>) -> (Duration, usize) {
    let longest = gaps.values().max().copied().unwrap_or_default();
    (longest, gaps.values().filter(|gap| **gap > Duration::from_secs(1)).count())
}
