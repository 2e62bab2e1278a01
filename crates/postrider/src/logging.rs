//! The log: JSON on standard error, or lines for people in development.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// Starts the log. May be called once per process; later calls change nothing.
///
/// # Errors
/// When `filter` is not a filter.
pub(crate) fn start(filter: &str, for_people: bool) -> Result<(), String> {
    let filter = EnvFilter::try_new(filter).map_err(|error| format!("log_level: {error}"))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let _ = if for_people {
        builder.with_target(false).with_ansi(std::io::stderr().is_terminal()).try_init()
    } else {
        builder.json().flatten_event(true).with_current_span(false).with_span_list(false).try_init()
    };
    Ok(())
}

/// A task that panicked leaves the engine half alive, and release builds abort anyway: both end the same way, with
/// the panic in the log. A start recovers.
pub(crate) fn end_on_panic() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let text = panic.payload_as_str().unwrap_or("no message");
        tracing::error!(place, text, "a defect: the process ends; the next start recovers");
        std::process::exit(crate::ports::FATAL_EXIT_CODE);
    }));
}
