//! The `postrider` binary: the command line, the configuration, and the one place that names backends and wires
//! the parts together.

mod backup;
mod body;
mod cli;
mod client;
mod columns;
mod config;
mod console;
mod contracts;
mod demo;
mod doctor;
mod endpoint;
mod key;
mod keys;
mod listen;
mod logging;
mod migrate;
mod portal;
mod ports;
mod progress;
mod project;
mod remote;
mod replay;
mod send;
mod serve;
mod tail;
mod times;

use std::process::ExitCode;

/// Many threads allocate and free small pieces of each other: the system's allocator is the bottleneck there.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run()
}
