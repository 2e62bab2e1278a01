//! Words on the terminal.

use std::io::Write as _;

/// Prints a line.
pub(crate) fn line(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Prints what went wrong.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "postrider-counts: {text}");
}
