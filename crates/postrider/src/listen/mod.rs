//! `postrider listen`: a receiver for development that verifies, prints and forwards.

mod forward;
mod receiver;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use http::StatusCode;
use postrider_contract::Contract;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use url::Url;

pub(crate) use receiver::{Received, Receiver, Rules};

use crate::cli::Failed;
use crate::console::say;
use crate::contracts;
use crate::serve::{Signals, runtime};

/// How far a signed time may be from now (the libraries of Standard Webhooks allow as much).
pub(crate) const TOLERANCE: Duration = Duration::from_secs(300);

/// The command.
pub(crate) fn command() -> Command {
    Command::new("listen")
        .about("Receive deliveries for development: verify, print, forward")
        .arg(Arg::new("listen").long("listen").value_name("ADDRESS:PORT").default_value("127.0.0.1:9000")
            .value_parser(value_parser!(SocketAddr)).help("Where to receive"))
        .arg(Arg::new("secret").long("secret").value_name("SECRET").action(ArgAction::Append)
            .help("The endpoint's signing secret, repeatable [env: POSTRIDER_SECRET]; without one nothing is verified"))
        .arg(Arg::new("contract").long("contract").value_name("NAME").default_value("standard")
            .help("The contract that deliveries are signed by"))
        .arg(Arg::new("contract-file").long("contract-file").value_name("FILE").value_parser(value_parser!(PathBuf))
            .help("A contract of your own instead"))
        .arg(Arg::new("status").long("status").value_name("STATUS").default_value("204")
            .value_parser(value_parser!(u16).range(200..=599)).help("What verified deliveries are answered with"))
        .arg(Arg::new("forward").long("forward").value_name("URL").value_parser(value_parser!(Url))
            .help("Pass each delivery on to this URL and answer with its status"))
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("One JSON object a line"))
}

/// Runs it until it is told to stop.
pub(crate) fn run(args: &ArgMatches) -> Result<(), Failed> {
    let contract = contract(args)?;
    let secrets = secrets(args);
    let status = args.get_one::<u16>("status").copied().and_then(|status| StatusCode::from_u16(status).ok());
    let rules = Rules {
        contract: Arc::new(contract),
        secrets,
        status: status.unwrap_or(StatusCode::NO_CONTENT),
        forward: args.get_one::<Url>("forward").cloned(),
        failures: 0,
    };
    let address = args.get_one::<SocketAddr>("listen").copied();
    let address = address.ok_or_else(|| Failed::usage("--listen is missing"))?;
    let as_json = args.get_flag("json");
    runtime(Some(1)).map_err(Failed::new)?.block_on(receive(address, rules, as_json))
}

async fn receive(address: SocketAddr, rules: Rules, as_json: bool) -> Result<(), Failed> {
    let mut signals = Signals::new().map_err(Failed::new)?;
    let (sink, mut arrived) = mpsc::unbounded_channel();
    let receiver = Receiver::start(address, rules, sink).map_err(Failed::new)?;
    if !as_json {
        say(format_args!("receiving on http://{}", receiver.address()));
    }
    loop {
        tokio::select! {
            biased;
            () = signals.next() => return Ok(()),
            Some(received) = arrived.recv() => {
                if as_json { say(as_line(&received)) } else { say(as_text(&received)) }
            }
        }
    }
}

fn contract(args: &ArgMatches) -> Result<Contract, Failed> {
    if let Some(path) = args.get_one::<PathBuf>("contract-file") {
        return contracts::load(path)
            .map_err(|error| Failed::usage(format_args!("{}: {error}", path.display())));
    }
    let name = args.get_one::<String>("contract").map(String::as_str).unwrap_or_default();
    let known = || postrider_contract::builtin_names().collect::<Vec<_>>().join(", ");
    Contract::builtin(name)
        .and_then(Arc::into_inner)
        .ok_or_else(|| Failed::usage(format_args!("there is no contract {name:?}; there are: {}", known())))
}

fn secrets(args: &ArgMatches) -> Vec<String> {
    match args.get_many::<String>("secret") {
        Some(secrets) => secrets.cloned().collect(),
        None => std::env::var("POSTRIDER_SECRET").into_iter().filter(|secret| !secret.is_empty()).collect(),
    }
}

/// A delivery for people.
pub(crate) fn as_text(received: &Received) -> String {
    let verdict = match &received.verdict {
        Some(Ok(())) => "✓ signature verified".to_owned(),
        Some(Err(error)) => format!("✗ NOT verified: {error}"),
        None => "signature not checked (no --secret)".to_owned(),
    };
    let signature = received.shown_headers().map(|(name, value)| format!("\n    {name}: {value}"));
    format!(
        "{} {} · answered {}{}\n    {}",
        received.path,
        verdict,
        received.answered.as_u16(),
        signature.collect::<String>(),
        String::from_utf8_lossy(&received.body)
    )
}

fn as_line(received: &Received) -> String {
    let headers: serde_json::Map<String, Value> = received
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), Value::from(String::from_utf8_lossy(value.as_bytes()))))
        .collect();
    json!({
        "path": received.path,
        "verified": received.verdict.as_ref().map(Result::is_ok),
        "error": received.verdict.as_ref().and_then(|verdict| verdict.as_ref().err()).map(ToString::to_string),
        "status": received.answered.as_u16(),
        "headers": headers,
        "body": String::from_utf8_lossy(&received.body),
    })
    .to_string()
}
