//! `postrider demo`: server and receiver in one process, the sample events sent between them over real sockets.

mod setup;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, ArgMatches, Command, value_parser};
use http::StatusCode;
use postrider_contract::Contract;
use standardwebhooks::Webhook;
use tokio::sync::mpsc;

use crate::cli::Failed;
use crate::config::Config;
use crate::console::say;
use crate::listen::{Received, Receiver, Rules};
use crate::serve::{Server, Signals, runtime};
use crate::{logging, send};
use setup::Product;

/// The sample events that are sent where no file is named.
const SAMPLE: &str = include_str!("../../../../demo/events.json");

/// The command.
pub(crate) fn command() -> Command {
    Command::new("demo")
        .about("Start a server and a receiver, send sample events, show every delivery, stay up")
        .arg(
            Arg::new("listen")
                .long("listen")
                .value_name("ADDRESS:PORT")
                .value_parser(value_parser!(SocketAddr))
                .help("Where the server answers [default: 127.0.0.1:8080, or a free port if that is taken]"),
        )
        .arg(
            Arg::new("events")
                .long("events")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("A JSON array of events to send instead of the samples"),
        )
}

/// Runs it until it is told to stop.
pub(crate) fn run(args: &ArgMatches) -> Result<(), Failed> {
    let text = match args.get_one::<PathBuf>("events") {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| Failed::usage(format_args!("{}: {error}", path.display())))?,
        None => SAMPLE.to_owned(),
    };
    let events = send::parse(&text)?;
    logging::start("warn", true).map_err(Failed::new)?;
    let listen = args.get_one::<SocketAddr>("listen").copied();
    let runtime = runtime(None).map_err(Failed::new)?;
    let outcome = runtime.block_on(show(listen, &events));
    runtime.shutdown_background();
    outcome
}

async fn show(listen: Option<SocketAddr>, events: &[Box<serde_json::value::RawValue>]) -> Result<(), Failed> {
    let mut signals = Signals::new().map_err(Failed::new)?;
    let directory = tempfile::tempdir().map_err(Failed::new)?;
    let config = Config {
        listen: listen.unwrap_or_else(free_address),
        data_dir: directory.path().join("data"),
        dev: true,
        // A demonstration needs no reserve.
        min_free_bytes: 0,
        ..Config::default()
    };
    let server = Server::start(config).await.map_err(Failed::new)?;
    let outcome = tokio::select! {
        biased;
        () = signals.next() => Ok(()),
        outcome = present(&server, events) => outcome,
    };
    say("\nstopping …");
    tokio::select! {
        biased;
        () = server.stop() => {}
        () = signals.next() => {}
    }
    outcome
}

/// The usual port, if it is free.
fn free_address() -> SocketAddr {
    let usual = Config::default().listen;
    let is_free = std::net::TcpListener::bind(usual).is_ok();
    if is_free { usual } else { SocketAddr::from(([127, 0, 0, 1], 0)) }
}

async fn present(server: &Server, events: &[Box<serde_json::value::RawValue>]) -> Result<(), Failed> {
    let base = format!("http://{}", server.address());
    say(format_args!("postrider ready on {base}"));
    let root = server.made_root_key().ok_or_else(|| Failed::new("the demo's store is not new"))?;
    let product = Product::create(&base, root).await?;

    let (sink, mut arrived) = mpsc::unbounded_channel();
    // The receiver exists before its secret does: deliveries are verified here, by a library that is not ours.
    let contract = Contract::builtin(setup::CONTRACT).ok_or_else(|| Failed::new("no such contract"))?;
    let rules =
        Rules { contract, secrets: Vec::new(), status: StatusCode::NO_CONTENT, forward: None, failures: 1 };
    let local = SocketAddr::from(([127, 0, 0, 1], 0));
    let receiver = Receiver::start(local, rules, sink).map_err(Failed::new)?;
    let url = format!("http://{}/webhooks", receiver.address());
    let endpoint = product.register(&url).await?;
    let verifier = Webhook::new(&endpoint.secret).map_err(Failed::new)?;
    say(format_args!("receiver {url} registered as {} of tenant {}", endpoint.id, setup::TENANT));

    let accepted = send::post(&product.client, events).await?;
    say(format_args!(
        "sent {} events; the receiver refuses the first attempt, to show a retry\n",
        accepted.len()
    ));
    let mut expected = accepted.iter().filter_map(|event| event.value()["deliveries"].as_u64()).sum::<u64>();
    let mut told = false;
    while let Some(received) = arrived.recv().await {
        say(as_text(&received, &verifier));
        if received.answered.is_success() {
            expected = expected.saturating_sub(1);
        }
        if expected == 0 && !told {
            told = true;
            say(product.invitation(&product.portal().await?));
        }
    }
    Ok(())
}

fn as_text(received: &Received, verifier: &Webhook) -> String {
    let verdict = match verifier.verify(&received.body, &received.headers) {
        Ok(()) => "✓ signature verified".to_owned(),
        Err(error) => format!("✗ NOT verified: {error}"),
    };
    let headers = received.shown_headers().map(|(name, value)| format!("\n    {name}: {value}"));
    let body = String::from_utf8_lossy(&received.body);
    let answered = received.answered;
    format!("{verdict} · answered {answered}{}\n    {body}\n", headers.collect::<String>())
}

/// How long a demonstration waits between a failed attempt and the next, in seconds.
pub(crate) const RETRY: [Duration; 3] =
    [Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(30)];
