//! What happened, as lines: hashed always, so that two runs of a seed can be compared, and printed on demand.

use std::fmt;

/// The trace of a run.
#[derive(Debug)]
pub(crate) struct Trace {
    hash: u64,
    lines: u64,
    print: bool,
}

impl Trace {
    pub(crate) fn new(print: bool) -> Self {
        Self { hash: 0xcbf2_9ce4_8422_2325, lines: 0, print }
    }

    /// Notes a line (FNV-1a over its bytes).
    #[expect(clippy::print_stdout, reason = "this is what --trace asks for")]
    pub(crate) fn line(&mut self, at_ms: i64, what: fmt::Arguments<'_>) {
        let line = format!("{at_ms:>8} {what}");
        for byte in line.bytes() {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self.lines += 1;
        if self.print {
            println!("{line}");
        }
    }

    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }

    pub(crate) fn lines(&self) -> u64 {
        self.lines
    }
}
