//! What the black-box tests stand on: the binary as a process, its API as a client sees it, receivers of our own.
//!
//! The binary is the one in the target directory (`make test` builds it first), or the one that `POSTRIDER_BIN` names.

#![expect(clippy::panic, reason = "a test ends where something is not as it must be")]

mod client;
mod command;
mod product;
mod program;
mod receiver;
mod server;
mod store;

pub use client::{Client, Reply, Wire};
pub use command::{Cli, Running, Said, Unread};
pub use product::{Endpoint, Product};
pub use program::{Language, Program, not_installed, repository};
pub use receiver::{Act, Delivery, Receiver};
pub use server::{Launch, ROOT_KEY, Server, binary};
pub use store::{MASTER_KEY, OnlyEmbedded, left_out, on_postgres};

use std::time::Duration;

/// The longest that anything is waited for. Nothing here takes as long unless it is broken.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Asks again and again until the answer is there: for what the server gives no signal of.
///
/// # Panics
/// When it does not come in time; `what` says what was waited for.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(tokio::time::Instant::now() < deadline, "{what} did not happen within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
