//! What people read: lines on standard output, complaints on standard error.

use std::fmt::Display;
use std::io::Write as _;

/// One line on standard output. Where nobody reads any more there is nobody to tell.
pub(crate) fn say(line: impl Display) {
    let _ = is_read(line);
}

/// One line on standard output, and whether anybody still reads: what goes on until it is stopped ends there.
pub(crate) fn is_read(line: impl Display) -> bool {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).is_ok()
}

/// One line on standard error.
pub(crate) fn complain(line: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
