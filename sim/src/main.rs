//! `postrider-sim --seeds 200`, `postrider-sim --seed 17 --trace`.

use std::process::ExitCode;

use clap::Parser;

/// Runs the simulation.
#[derive(Debug, Parser)]
#[command(about)]
struct Arguments {
    /// How many seeds to run.
    #[arg(long, default_value_t = 200)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Only this one.
    #[arg(long)]
    seed: Option<u64>,
    /// Several nodes on one store.
    #[arg(long)]
    nodes: bool,
    /// Print what each seed took.
    #[arg(long)]
    times: bool,
    /// The disk says of syncs of the write-ahead log that they were done, and does nothing: seeds must fail.
    #[arg(long)]
    lying_disk: bool,
    /// Print everything that happens, and what the engine logs.
    #[arg(long)]
    trace: bool,
}

#[expect(clippy::print_stdout, reason = "a command line tool")]
fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.trace {
        tracing_subscriber::fmt().without_time().with_writer(std::io::stdout).init();
    }
    let seeds = match arguments.seed {
        Some(seed) => seed..seed + 1,
        None => arguments.from..arguments.from + arguments.seeds,
    };
    if arguments.nodes {
        return nodes(seeds, arguments.trace);
    }
    let (mut failed, mut events, mut requests, mut crashes) = (0, 0, 0, 0);
    let mut disk = postrider_sim::DiskCounts::default();
    let count = seeds.end - seeds.start;
    for seed in seeds {
        let started = std::time::Instant::now();
        match postrider_sim::run_on(seed, arguments.trace, !arguments.lying_disk) {
            Ok(report) => {
                if arguments.times {
                    println!(
                        "seed {seed}: {} ms, {} events, {} requests",
                        started.elapsed().as_millis(),
                        report.events,
                        report.requests
                    );
                }
                events += report.events;
                requests += report.requests;
                crashes += report.crashes;
                disk += report.disk;
                if arguments.seed.is_some() {
                    println!("{report:?}");
                }
                if let Some(violation) = report.violation {
                    failed += 1;
                    println!("seed {seed} failed: {violation}");
                    println!("  again: cargo run -p postrider-sim -- --seed {seed} --trace");
                }
            }
            Err(error) => {
                failed += 1;
                println!("seed {seed} could not run: {error}");
            }
        }
    }
    println!("{count} seeds, {events} events, {requests} requests, {crashes} crashes: {failed} failed");
    println!("disk: {disk}");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[expect(clippy::print_stdout, reason = "a command line tool")]
fn nodes(seeds: std::ops::Range<u64>, trace: bool) -> ExitCode {
    let count = seeds.end - seeds.start;
    let (mut failed, mut events, mut deliveries, mut duplicates, mut troubles) = (0, 0, 0, 0, [0; 3]);
    for seed in seeds {
        match postrider_sim::run_nodes(seed, trace) {
            Ok(report) => {
                events += report.events;
                deliveries += report.deliveries;
                duplicates += report.duplicates;
                for (sum, count) in troubles.iter_mut().zip(report.troubles) {
                    *sum += count;
                }
                if let Some(violation) = report.violation {
                    failed += 1;
                    println!("seed {seed} failed: {violation}");
                    println!("  again: cargo run -p postrider-sim -- --nodes --seed {seed} --trace");
                }
            }
            Err(error) => {
                failed += 1;
                println!("seed {seed} could not run: {error}");
            }
        }
    }
    let [killed, cut, stopped] = troubles;
    println!(
        "{count} seeds of several nodes, {events} events, {deliveries} deliveries, {duplicates} of them once more"
    );
    println!("{killed} nodes killed, {cut} cut off, {stopped} stopped: {failed} seeds failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
