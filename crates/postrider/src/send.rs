//! `postrider send`: sends events from the command line or a file.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::{ArgMatches, Args, Command, FromArgMatches as _};
use serde_json::value::RawValue;

use crate::cli::Failed;
use crate::client::{Call, Client, Document};
use crate::columns::{count, shown};
use crate::console::say;
use crate::progress;
use crate::remote::{ProjectKey, Remote};

/// Events in one request, at most (DESIGN 4.2).
const BATCH: usize = 1_000;

#[derive(Debug, Args)]
struct Send {
    /// For whom
    #[arg(long, value_name = "TENANT", requires = "kind")]
    tenant: Option<String>,
    /// The event's type
    #[arg(long = "type", id = "kind", value_name = "TYPE", requires = "tenant")]
    kind: Option<String>,
    /// What happened; - reads standard input
    #[arg(long, value_name = "JSON", default_value = "{}")]
    data: String,
    /// A JSON array of events as POST /v1/events takes them; - reads standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["kind", "data"])]
    file: Option<PathBuf>,
    #[command(flatten)]
    key: ProjectKey,
    #[command(flatten)]
    remote: Remote,
}

/// The command.
pub(crate) fn command() -> Command {
    Send::augment_args(Command::new("send")).about("Send one event, or those of a file")
}

/// Runs it.
pub(crate) fn run(args: &ArgMatches) -> Result<(), Failed> {
    let send = Send::from_arg_matches(args).map_err(Failed::usage)?;
    let (key, events) = (send.key.get()?, send.events()?);
    send.remote.run(key, async |client| {
        let bar = progress::bar(events.len() as u64, "sending", send.remote.json || events.len() <= BATCH);
        let mut deliveries = 0;
        for (number, chunk) in events.chunks(BATCH).enumerate() {
            let answers = post(&client, chunk).await.map_err(|failed| match number {
                0 => failed,
                // Who sends the rest again must know where it begins.
                _ => failed.after(&format!(
                    "the first {} events were accepted, the others were not",
                    number * BATCH
                )),
            })?;
            for accepted in answers {
                deliveries += accepted.value()["deliveries"].as_u64().unwrap_or(0);
                match send.remote.json {
                    true => say(accepted),
                    // A bar says how far a long list is; the ids of thousands say nothing.
                    false if events.len() <= BATCH => say(sentence(&accepted)),
                    false => {}
                }
            }
            bar.inc(chunk.len() as u64);
        }
        bar.finish_and_clear();
        if events.len() > 1 {
            let events = count(events.len() as u64, "event", "events");
            let deliveries = count(deliveries, "delivery", "deliveries");
            send.remote.done(&format!("{events} accepted, {deliveries}"));
        }
        Ok(())
    })
}

fn sentence(accepted: &Document) -> String {
    let id = shown(&accepted.value()["id"]);
    match accepted.value()["deliveries"].as_u64().unwrap_or(0) {
        0 => format!("{id} accepted; no endpoint wants it"),
        deliveries => format!("{id} accepted for {}", count(deliveries, "endpoint", "endpoints")),
    }
}

impl Send {
    fn events(&self) -> Result<Vec<Box<RawValue>>, Failed> {
        if let Some(path) = &self.file {
            return parse(&read(path)?);
        }
        let (Some(tenant), Some(kind)) = (&self.tenant, &self.kind) else {
            return Err(Failed::usage("give --tenant and --type, or --file"));
        };
        let data = if self.data == "-" { read(Path::new("-"))? } else { self.data.clone() };
        // The data goes into the text as it is: its bytes are what the receiver gets.
        let event =
            format!(r#"{{"tenant":{},"type":{},"data":{}}}"#, quoted(tenant), quoted(kind), data.trim());
        RawValue::from_string(event)
            .map(|event| vec![event])
            .map_err(|error| Failed::usage(format_args!("--data is not JSON: {error}")))
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The text of a file, or of standard input for `-`.
pub(crate) fn read(path: &Path) -> Result<String, Failed> {
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

/// Posts up to [`BATCH`] events in one request, all or none; the answers in their order.
pub(crate) async fn post(client: &Client, events: &[Box<RawValue>]) -> Result<Vec<Document>, Failed> {
    let list = events.iter().map(|event| event.get()).collect::<Vec<_>>().join(",");
    let call = Call::post(["v1", "events", "batch"]).body(format!(r#"{{"events":[{list}]}}"#).into_bytes());
    Ok(client.page(&call).await?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_of_data_are_left_as_they_are_given() {
        let args = ["send", "--tenant", "t\"1", "--type", "a.b", "--data", " {\"x\": 1.50} "];
        let matches = command().try_get_matches_from(args).unwrap();
        let events = Send::from_arg_matches(&matches).unwrap().events().unwrap();
        assert_eq!(events[0].get(), r#"{"tenant":"t\"1","type":"a.b","data":{"x": 1.50}}"#);
    }
}
