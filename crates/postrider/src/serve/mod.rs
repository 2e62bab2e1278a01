//! `postrider serve`: start, run until told to stop, stop.

pub(crate) mod control;
mod door;
mod lingering;
mod open_files;
mod parts;
mod proxy;
mod server;
mod signals;

use std::process;

pub(crate) use door::{Door, Hall};
pub(crate) use parts::{MAX_IN_FLIGHT, postgres_options};
pub(crate) use server::Server;
pub(crate) use signals::Signals;

use crate::cli::Failed;
use crate::config::Config;
use crate::console::{complain, say};
use crate::logging;

/// Serves until SIGTERM or SIGINT.
pub(crate) fn run(config: Config, unknown_variables: &[String]) -> Result<(), Failed> {
    logging::start(&config.log_level, config.dev).map_err(Failed::usage)?;
    logging::end_on_panic();
    // The store holds what events say; whoever else uses the machine has no business in it.
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    for name in unknown_variables {
        tracing::warn!(name, "this environment variable begins with POSTRIDER_ and means nothing");
    }
    let runtime = runtime(config.worker_threads).map_err(Failed::new)?;
    let outcome = runtime.block_on(until_told(config));
    // What still runs now is not worth waiting for: it is stopped already, or has nothing to lose.
    runtime.shutdown_background();
    outcome
}

/// A runtime with that many threads, by default one for each core.
///
/// # Errors
/// When the system gives no threads.
pub(crate) fn runtime(worker_threads: Option<usize>) -> std::io::Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some(count) = worker_threads {
        builder.worker_threads(count);
    }
    builder.enable_all().thread_name("postrider").build()
}

async fn until_told(config: Config) -> Result<(), Failed> {
    // Before anything else: a signal during a long recovery must find somebody who listens.
    let mut signals = Signals::new().map_err(Failed::new)?;
    let server = tokio::select! {
        biased;
        () = signals.next() => return Ok(()),
        server = Server::start(config) => server.map_err(Failed::new)?,
    };
    if let Some(key) = server.made_root_key() {
        complain(format_args!("The root key of this installation, shown only now: {key}"));
    }
    say(format_args!("postrider ready on http://{}", server.address()));
    signals.next().await;
    tracing::info!("stopping: no more requests are taken");
    tokio::select! {
        biased;
        () = server.stop() => {}
        () = signals.next() => {
            tracing::warn!("told to stop a second time: ending at once; the next start recovers");
            process::exit(130);
        }
    }
    tracing::info!("stopped");
    Ok(())
}
