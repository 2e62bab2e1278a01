//! PostgreSQL for tests: a [`Database`] of one's own on the server that `scripts/with-postgres` started, and a
//! [`Server`] of one's own where the server itself must be stopped, killed, paused, followed or promoted;
//! a [`Pooler`] before it.
//!
//! All calls block, so that they serve tests with and without a runtime; nothing here is for anything but tests and benchmarks.

#![expect(clippy::panic, reason = "a test ends where something is not as it must be")]

mod ask;
mod binaries;
mod database;
mod pooler;
mod processes;
mod server;
mod wait;

pub use ask::ask;
pub use binaries::folder as programs;
pub use database::Database;
pub use pooler::Pooler;
pub use server::{Server, ServerOptions};

/// Where the URL of the server for tests is.
pub const SERVER: &str = "POSTRIDER_TEST_POSTGRES";

/// `make test` brings a PostgreSQL and says that it must be there; a plain `cargo test` may go without it.
///
/// # Panics
/// Where it must not.
#[expect(clippy::print_stderr, reason = "whoever runs the tests must see what was left out")]
fn not_there(what: &str) {
    let required = std::env::var_os("POSTRIDER_TEST_PACKAGES").is_some();
    assert!(!required, "{what}: run the tests by scripts/with-postgres (make unit)");
    eprintln!("left out: {what} (run the tests by scripts/with-postgres)");
}

/// Sixteen random hexadecimal digits. (The standard library seeds its hash maps with the system's randomness.)
fn random() -> String {
    use std::hash::{BuildHasher as _, Hasher as _, RandomState};
    format!("{:016x}", RandomState::new().build_hasher().finish())
}
