//! The `postrider` binary: the command line, the configuration, and the one place that names backends and wires
//! the parts together.

mod backup;
mod cli;
mod client;
mod config;
mod console;
mod contracts;
mod demo;
mod keys;
mod listen;
mod logging;
mod ports;
mod send;
mod serve;

use std::process::ExitCode;

/// Many threads allocate and free small pieces of each other: the system's allocator is the bottleneck there.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run()
}
