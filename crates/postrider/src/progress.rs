//! Bars for long work: on a terminal only, on standard error, and never beside `--json`.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often a bar moves by itself.
const TICK: Duration = Duration::from_millis(120);

/// A bar of `total` things.
pub(crate) fn bar(total: u64, what: &'static str, quiet: bool) -> ProgressBar {
    styled(total, what, quiet, "{msg} {wide_bar} {human_pos}/{human_len} · {eta} left")
}

/// A bar of `total` bytes.
pub(crate) fn bytes(total: u64, what: &'static str, quiet: bool) -> ProgressBar {
    styled(total, what, quiet, "{msg} {wide_bar} {bytes}/{total_bytes} · {eta} left")
}

fn styled(total: u64, what: &'static str, quiet: bool, template: &str) -> ProgressBar {
    if quiet {
        return ProgressBar::hidden();
    }
    // Where standard error is no terminal, this draws nothing.
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("━╸ "));
    }
    bar.set_message(what);
    if !bar.is_hidden() {
        bar.enable_steady_tick(TICK);
    }
    bar
}
