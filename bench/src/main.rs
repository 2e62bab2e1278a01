//! Benchmarks of DESIGN 8: Postrider beside a null sender, in one run, on one machine.
//!
//! `postrider-bench run` drives both with the same events and prints ratios; `null-sender` is the program it
//! compares with, `receiver` what both send to; it starts them by itself. `page` draws what was kept, `compare` holds
//! two results against each other.

mod authority;
mod compare;
mod driver;
mod epoch;
mod latency;
mod leash;
mod null_sender;
mod number;
mod page;
mod postgres;
mod process;
mod product;
mod receiver;
mod report;
mod result;
mod scenario;
mod shelf;
mod visitor;
mod wire;
mod workload;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

// The same allocator as the server's, so that the comparison is of the work alone.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Debug, Parser)]
#[command(about = "Benchmarks of Postrider")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Accept, sign and forward the same events in memory: the limit of the machine.
    NullSender(null_sender::Options),
    /// Become a program that ends with the driver.
    Leash(leash::Options),
    /// Hold two results, or two folders of them, against each other.
    Compare(compare::Options),
    /// Draw kept results as a page with plots.
    Page(page::Options),
    /// Answer and count deliveries: the customers' servers.
    Receiver(receiver::Options),
    /// Run scenarios and print them.
    Run(scenario::Options),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::NullSender(options) => null_sender::run(&options),
        Command::Leash(options) => leash::run(&options),
        Command::Compare(options) => compare::run(&options),
        Command::Page(options) => page::run(&options),
        Command::Receiver(options) => receiver::run(&options),
        Command::Run(options) => scenario::run(&options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}
