//! Runs the Rust receiver of one contract as it is written for its customers: the files of `tests/rust/`, which the
//! tests hold against what the crate writes.
//!
//!   WEBHOOK_SECRET=… cargo run -p postrider-receivers --example receiver standard

#![expect(
    clippy::disallowed_methods,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "the programs of customers have their own clock, tasks and output"
)]

macro_rules! receivers {
    ($($module:ident $name:literal,)*) => {
        $(
            mod $module {
                include!(concat!("../tests/rust/", $name, ".rs"));

                pub(super) fn run() -> std::io::Result<()> {
                    main()
                }
            }
        )*

        fn main() -> std::io::Result<()> {
            match std::env::args().nth(1).as_deref() {
                $(Some($name) => $module::run(),)*
                other => panic!("no receiver of {other:?}"),
            }
        }
    };
}

receivers! {
    backend "backend",
    call_center "call-center",
    github "github",
    lead_intake "lead-intake",
    odd "odd",
    pairs "pairs",
    scendcore "scendcore",
    scopien "scopien",
    standard "standard",
    stripe "stripe",
}
