//! What people read: lines on standard output, complaints on standard error.

use std::fmt::Display;
use std::io::Write as _;

/// One line on standard output. Where nobody reads any more there is nobody to tell.
pub(crate) fn say(line: impl Display) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}

/// One line on standard error.
pub(crate) fn complain(line: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
