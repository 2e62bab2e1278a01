//! `postrider endpoint test`

use clap::Args;
use http::Method;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::Which;
use crate::cli::Failed;
use crate::client::Client;
use crate::columns::{Sheet, shown, some, time};
use crate::remote::Remote;

/// A test send.
#[derive(Debug, Args)]
pub(super) struct Test {
    #[command(flatten)]
    which: Which,
    /// The event's type; the first that the endpoint names if not said
    #[arg(long = "type", id = "kind", value_name = "TYPE")]
    kind: Option<String>,
    /// The event's data; the type's example if not said
    #[arg(long, value_name = "JSON")]
    data: Option<String>,
}

impl Test {
    /// Sends, and fails where the receiver did.
    pub(super) async fn run(&self, client: &Client, remote: &Remote) -> Result<(), Failed> {
        let call = self.which.call(Method::POST, Some("test")).body(self.body()?);
        let sent = client.call(&call).await?;
        remote.show(&sent, sheet);
        if sent.value()["success"] == true { Ok(()) } else { Err(Failed::new("the test was not delivered")) }
    }

    /// The data keeps its bytes.
    fn body(&self) -> Result<Vec<u8>, Failed> {
        let mut fields = Vec::new();
        if let Some(kind) = &self.kind {
            fields.push(format!("\"type\":{}", json!(kind)));
        }
        if let Some(data) = &self.data {
            let data = RawValue::from_string(data.trim().to_owned())
                .map_err(|error| Failed::usage(format_args!("--data is not JSON: {error}")))?;
            fields.push(format!("\"data\":{data}"));
        }
        Ok(format!("{{{}}}", fields.join(",")).into_bytes())
    }
}

fn sheet(sent: &Value) -> String {
    let verdict = if sent["success"] == true { "✓ delivered" } else { "✗ not delivered" };
    let answer = some(&sent["response_status"]).unwrap_or_else(|| "none".to_owned());
    Sheet::default()
        .field("result", verdict)
        .field("answer", answer)
        .maybe("error", some(&sent["error"]))
        .field("took", format!("{} ms", shown(&sent["latency_ms"])))
        .field("at", time(&sent["started_at"]))
        .field("event", shown(&sent["event"]))
        .maybe("said", some(&sent["response_excerpt"]))
        .maybe("note", some(&sent["note"]))
        .to_string()
}
