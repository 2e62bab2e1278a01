//! `postrider endpoint stats`

use clap::Args;
use http::Method;
use serde_json::Value;

use super::Which;
use crate::cli::Failed;
use crate::client::Client;
use crate::columns::{Table, shown, time};
use crate::remote::Remote;
use crate::times::instant;

/// Which counts.
#[derive(Debug, Args)]
pub(super) struct Stats {
    #[command(flatten)]
    which: Which,
    /// From here: a time (2026-01-31T12:00:00Z) or how long ago (2h); a day if not said
    #[arg(long, value_name = "TIME", value_parser = instant)]
    since: Option<String>,
    /// To here; now if not said
    #[arg(long, value_name = "TIME", value_parser = instant)]
    until: Option<String>,
    /// The length of one step; 60 if not said
    #[arg(long, value_name = "MINUTES")]
    step: Option<u32>,
}

impl Stats {
    /// Shows them.
    pub(super) async fn run(&self, client: &Client, remote: &Remote) -> Result<(), Failed> {
        let step = self.step.map(|minutes| minutes.to_string());
        let call = self
            .which
            .call(Method::GET, Some("stats"))
            .maybe("since", self.since.as_deref())
            .maybe("until", self.until.as_deref())
            .maybe("step_minutes", step.as_deref());
        remote.show(&client.call(&call).await?, table);
        Ok(())
    }
}

fn table(stats: &Value) -> String {
    let mut table = Table::new(["FROM", "ATTEMPTS", "DELIVERED", "FAILED", "GIVEN UP", "MEAN", "LONGEST"]);
    for step in stats["steps"].as_array().into_iter().flatten() {
        table.row(row(time(&step["at"]), step));
    }
    table.row(row("together".to_owned(), stats));
    format!(
        "{} to {}, the last minute perhaps not yet counted\n\n{table}",
        time(&stats["since"]),
        time(&stats["until"])
    )
}

fn row(name: String, counts: &Value) -> [String; 7] {
    let attempts = counts["attempts"].as_u64().unwrap_or(0);
    let share = counts["success_rate"].as_f64().filter(|_| attempts > 0);
    let share = share.map(|share| format!(" ({:.1} %)", share * 100.0)).unwrap_or_default();
    let mean = counts["latency_mean_ms"].as_f64().map(|mean| format!("{mean:.0} ms"));
    let longest = mean.is_some().then(|| format!("{} ms", shown(&counts["latency_max_ms"])));
    [
        name,
        attempts.to_string(),
        format!("{}{share}", shown(&counts["succeeded"])),
        shown(&counts["failed"]),
        shown(&counts["exhausted"]),
        mean.unwrap_or_else(|| "–".to_owned()),
        longest.unwrap_or_else(|| "–".to_owned()),
    ]
}
