//! `postrider send`: sends events from the command line or a file.

use std::io::Read as _;
use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command, value_parser};
use http::Method;
use serde_json::value::RawValue;

use crate::cli::Failed;
use crate::client::Client;
use crate::console::say;
use crate::serve::runtime;

/// Events in one request, at most (DESIGN 4.2).
const BATCH: usize = 1_000;

/// The command.
pub(crate) fn command() -> Command {
    Command::new("send")
        .about("Send one event, or those of a file")
        .arg(
            Arg::new("url")
                .long("url")
                .value_name("URL")
                .help("The server [env: POSTRIDER_URL] [default: http://127.0.0.1:8080]"),
        )
        .arg(
            Arg::new("key")
                .long("key")
                .value_name("KEY")
                .help("A project key with the scope events:write [env: POSTRIDER_KEY]"),
        )
        .arg(Arg::new("tenant").long("tenant").value_name("TENANT").help("For whom").requires("type"))
        .arg(Arg::new("type").long("type").value_name("TYPE").help("The event's type").requires("tenant"))
        .arg(
            Arg::new("data")
                .long("data")
                .value_name("JSON")
                .default_value("{}")
                .help("What happened; - reads standard input"),
        )
        .arg(
            Arg::new("file")
                .long("file")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .conflicts_with("type")
                .help("A JSON array of events as POST /v1/events takes them; - reads standard input"),
        )
}

/// Runs it: prints the server's answer for each event, one JSON object a line.
pub(crate) fn run(args: &ArgMatches) -> Result<(), Failed> {
    let given = |name: &str, variable: &str| {
        args.get_one::<String>(name)
            .cloned()
            .or_else(|| std::env::var(variable).ok().filter(|v| !v.is_empty()))
    };
    let url = given("url", "POSTRIDER_URL").unwrap_or_else(|| "http://127.0.0.1:8080".to_owned());
    let key =
        given("key", "POSTRIDER_KEY").ok_or_else(|| Failed::usage("give --key or set POSTRIDER_KEY"))?;
    let events = events(args)?;
    let client = Client::new(&url, &key).map_err(Failed::usage)?;
    runtime(Some(1)).map_err(Failed::new)?.block_on(send(&client, &events))
}

fn events(args: &ArgMatches) -> Result<Vec<Box<RawValue>>, Failed> {
    if let Some(path) = args.get_one::<PathBuf>("file") {
        return parse(&read(path)?);
    }
    let text = |name: &str| args.get_one::<String>(name).map(String::as_str);
    let (Some(tenant), Some(kind)) = (text("tenant"), text("type")) else {
        return Err(Failed::usage("give --tenant and --type, or --file"));
    };
    let data = match text("data") {
        Some("-") | None => read(&PathBuf::from("-"))?,
        Some(data) => data.to_owned(),
    };
    // The data goes into the text as it is: its bytes are what the receiver gets.
    let event = format!(r#"{{"tenant":{},"type":{},"data":{}}}"#, quoted(tenant), quoted(kind), data.trim());
    RawValue::from_string(event)
        .map(|event| vec![event])
        .map_err(|error| Failed::usage(format_args!("--data is not JSON: {error}")))
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn read(path: &PathBuf) -> Result<String, Failed> {
    if path.as_os_str() != "-" {
        return std::fs::read_to_string(path)
            .map_err(|error| Failed::usage(format_args!("{}: {error}", path.display())));
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(Failed::new)?;
    Ok(text)
}

/// An array of events, their bytes untouched.
pub(crate) fn parse(text: &str) -> Result<Vec<Box<RawValue>>, Failed> {
    serde_json::from_str(text)
        .map_err(|error| Failed::usage(format_args!("not a JSON array of events: {error}")))
}

async fn send(client: &Client, events: &[Box<RawValue>]) -> Result<(), Failed> {
    for chunk in events.chunks(BATCH) {
        for accepted in post(client, chunk).await? {
            say(accepted);
        }
    }
    Ok(())
}

/// Posts up to [`BATCH`] events in one request, all or none; the answers in their order.
pub(crate) async fn post(
    client: &Client,
    events: &[Box<RawValue>],
) -> Result<Vec<serde_json::Value>, Failed> {
    let list = events.iter().map(|event| event.get()).collect::<Vec<_>>().join(",");
    let body = format!(r#"{{"events":[{list}]}}"#);
    let answer = client.call(Method::POST, "/v1/events/batch", body.as_bytes()).await.map_err(Failed::new)?;
    Ok(answer["data"].as_array().cloned().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_of_data_are_left_as_they_are_given() {
        let args = ["send", "--tenant", "t\"1", "--type", "a.b", "--data", " {\"x\": 1.50} "];
        let matches = command().try_get_matches_from(args).unwrap();
        let events = events(&matches).unwrap();
        assert_eq!(events[0].get(), r#"{"tenant":"t\"1","type":"a.b","data":{"x": 1.50}}"#);
    }
}
