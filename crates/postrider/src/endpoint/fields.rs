//! The fields of an endpoint as flags.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Map, Value, json};

use crate::body::{base, json as json_flag, number, pair, seconds, set, timetable};
use crate::cli::Failed;

/// What may be said of an endpoint (DESIGN 4.2).
#[derive(Debug, Args)]
#[command(next_help_heading = "What the endpoint is")]
pub(super) struct Fields {
    /// Where its events go
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// A short name for people
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// What it is for, for people
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Event types or patterns it wants, by commas: contact.*,deal.won; every type if not said
    #[arg(long = "type", id = "types", value_name = "TYPE", value_delimiter = ',')]
    types: Option<Vec<String>>,
    /// A filter on top of the types: {"data": {"amount": {"$gt": 50000}}}
    #[arg(long, value_name = "JSON", value_parser = json_flag)]
    filter: Option<Value>,
    /// Whether it gets events
    #[arg(long, value_name = "BOOL")]
    enabled: Option<bool>,
    /// A custom header; repeatable, and all of them replace those there are
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    header: Option<Vec<(String, String)>>,
    /// How it is signed: hmac or ed25519
    #[arg(long, value_name = "KIND")]
    signature: Option<String>,
    /// At most so many requests a second
    #[arg(long, value_name = "PER_SECOND")]
    rate: Option<f64>,
    /// Up to so many events in one request
    #[arg(long, value_name = "EVENTS")]
    batch_size: Option<u32>,
    /// The longest that the first event of a batch waits for others; 5 if not said
    #[arg(long, value_name = "SECONDS", value_parser = seconds, requires = "batch_size")]
    batch_wait: Option<f64>,
    /// What keeps the order of acceptance: none, key or endpoint
    #[arg(long, value_name = "ORDERING")]
    ordering: Option<String>,
    /// The most attempts in flight at once
    #[arg(long, value_name = "COUNT")]
    max_in_flight: Option<u32>,
    /// The deadline of one attempt
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<f64>,
    /// Seconds from each failed attempt to the next, by commas: 5,300,1800
    #[arg(long, value_name = "SECONDS", value_delimiter = ',', value_parser = seconds)]
    retry: Option<Vec<f64>>,
    /// Something to remember of it; repeatable, and all of them replace what there is
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    metadata: Option<Vec<(String, String)>>,
    /// The whole body as the API takes it (a secret of your own is best given here); flags go over it; - reads
    /// standard input
    #[arg(long, value_name = "FILE")]
    from_json: Option<PathBuf>,
}

impl Fields {
    /// The body of a POST.
    pub(super) fn body(&self) -> Result<Map<String, Value>, Failed> {
        let mut body = base(self.from_json.as_ref())?;
        self.put_into(&mut body);
        if body.contains_key("url") { Ok(body) } else { Err(Failed::usage("give --url, or --from-json")) }
    }

    /// The body of a PATCH, in which a field that is `null` goes back to its default (RFC 7396).
    pub(super) fn patch(&self, unset: &[String]) -> Result<Map<String, Value>, Failed> {
        let mut body = base(self.from_json.as_ref())?;
        self.put_into(&mut body);
        body.extend(unset.iter().map(|field| (field.clone(), Value::Null)));
        if body.is_empty() {
            return Err(Failed::usage("nothing to change: give a field, --unset or --from-json"));
        }
        Ok(body)
    }

    fn put_into(&self, body: &mut Map<String, Value>) {
        set(body, "url", self.url.as_deref());
        set(body, "name", self.name.as_deref());
        set(body, "description", self.description.as_deref());
        set(body, "event_types", self.types.clone());
        set(body, "filter", self.filter.clone());
        set(body, "enabled", self.enabled);
        set(body, "headers", self.header.as_deref().map(object));
        set(body, "signature", self.signature.as_deref());
        set(body, "rate_limit", self.rate.map(|rate| json!({"per_second": number(rate)})));
        let wait = number(self.batch_wait.unwrap_or(5.0));
        let batch = |size| json!({"max_size": size, "max_wait_seconds": wait});
        set(body, "batch", self.batch_size.map(batch));
        set(body, "ordering", self.ordering.as_deref());
        set(body, "max_in_flight", self.max_in_flight);
        set(body, "timeout_seconds", self.timeout.map(number));
        set(body, "retry", self.retry.as_deref().map(timetable));
        set(body, "metadata", self.metadata.as_deref().map(object));
    }
}

fn object(pairs: &[(String, String)]) -> Value {
    pairs
        .iter()
        .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
        .collect::<Map<_, _>>()
        .into()
}
