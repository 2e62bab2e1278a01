//! The code is run, as its reader would run it, against requests that the contract's own signer signed.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on has failed, and whoever runs it must see what was left out"
)]

mod contracts;
mod languages;
mod program;
mod request;
mod rust;
mod taken;
mod trial;
