//! `postrider replay start`

use clap::Args;
use serde_json::Map;

use super::follow;
use crate::body::set;
use crate::cli::Failed;
use crate::client::{Call, Client};
use crate::columns::{count, shown};
use crate::remote::Remote;
use crate::times::instant;

/// A replay to start.
#[derive(Debug, Args)]
pub(super) struct Start {
    /// The endpoint's id
    endpoint: String,
    /// Its tenant
    #[arg(long, value_name = "TENANT", env = "POSTRIDER_TENANT")]
    tenant: String,
    /// Events accepted at or after: a time (2026-01-31T12:00:00Z) or how long ago (2h)
    #[arg(long, value_name = "TIME", value_parser = instant)]
    since: Option<String>,
    /// Events accepted before; now if not said
    #[arg(long, value_name = "TIME", value_parser = instant)]
    until: Option<String>,
    /// In these states, by commas: failed, held, delivered, cancelled; failed and held if not said
    #[arg(long, value_name = "STATUS", value_delimiter = ',')]
    status: Option<Vec<String>>,
    /// Of these types or patterns (contact.*), by commas; all if not said
    #[arg(long = "type", id = "types", value_name = "TYPE", value_delimiter = ',')]
    types: Option<Vec<String>>,
    /// How many to send again a second; 50 if not said
    #[arg(long, value_name = "N")]
    per_second: Option<u32>,
    /// Only count what would be sent again
    #[arg(long, conflicts_with = "follow")]
    dry_run: bool,
    /// Stay until it ends
    #[arg(long)]
    follow: bool,
}

impl Start {
    /// Starts it, and stays if it was told to.
    pub(super) async fn run(&self, client: &Client, remote: &Remote) -> Result<(), Failed> {
        let mut body = Map::new();
        set(&mut body, "since", self.since.as_deref());
        set(&mut body, "until", self.until.as_deref());
        set(&mut body, "status", self.status.clone());
        set(&mut body, "types", self.types.clone());
        set(&mut body, "per_second", self.per_second);
        set(&mut body, "dry_run", self.dry_run.then_some(true));
        let call = Call::post(["v1", "tenants", &self.tenant, "endpoints", &self.endpoint, "replay"]);
        let started = client.call(&call.json(&body.into())).await?;
        if self.follow {
            return follow::to_the_end(client, remote, started.str("id")).await;
        }
        remote.show(&started, |started| {
            let matched = started["matched"].as_u64().unwrap_or(0);
            let matched = count(matched, "delivery", "deliveries");
            match started["id"].as_str() {
                None => format!("{matched} would be sent again; nothing was"),
                Some(_) => {
                    let id = shown(&started["id"]);
                    format!("{id} sends {matched} again; postrider replay show {id} --follow")
                }
            }
        });
        Ok(())
    }
}
