//! `postrider tail`: deliveries as they come and change.

mod line;
mod watch;

use std::time::Duration;

use clap::{ArgMatches, Args, Command, FromArgMatches as _};

use crate::body::seconds;
use crate::cli::Failed;
use crate::client::{Call, Client, Document};
use crate::columns::clean;
use crate::console::is_read;
use crate::remote::{ProjectKey, Remote};
use crate::serve::Signals;
use watch::Watch;

#[derive(Debug, Args)]
struct Tail {
    #[command(flatten)]
    filter: Filter,
    /// Begin with so many of the latest deliveries
    #[arg(long, short = 'n', value_name = "N", default_value_t = 10)]
    lines: usize,
    /// End after so many lines
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Print the latest deliveries and end
    #[arg(long, conflicts_with = "limit")]
    once: bool,
    /// How long to wait before asking the server again
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = seconds)]
    interval: f64,
    #[command(flatten)]
    key: ProjectKey,
    #[command(flatten)]
    remote: Remote,
}

/// Which deliveries.
#[derive(Debug, Args)]
struct Filter {
    /// Of this tenant
    #[arg(long, value_name = "TENANT", env = "POSTRIDER_TENANT")]
    tenant: Option<String>,
    /// Of this endpoint
    #[arg(long, value_name = "ENDPOINT")]
    endpoint: Option<String>,
    /// In these states, by commas: pending, delivered, failed, held, cancelled
    #[arg(long, value_name = "STATUS", value_delimiter = ',')]
    #[arg(value_parser = ["pending", "delivered", "failed", "held", "cancelled"])]
    status: Vec<String>,
    /// Of events of this type
    #[arg(long = "type", id = "kind", value_name = "TYPE")]
    kind: Option<String>,
}

impl Filter {
    /// The list of these deliveries in any state: one that was pending may be looked for when it has failed.
    fn call(&self) -> Call {
        let tenant = self.tenant.as_deref().filter(|tenant| !tenant.is_empty());
        Call::get(["v1", "deliveries"])
            .maybe("tenant", tenant)
            .maybe("endpoint", self.endpoint.as_deref())
            .maybe("type", self.kind.as_deref())
    }

    fn wants(&self, delivery: &Document) -> bool {
        self.status.is_empty() || self.status.iter().any(|status| status == delivery.str("status"))
    }
}

/// The command.
pub(crate) fn command() -> Command {
    Tail::augment_args(Command::new("tail"))
        .about("Show deliveries as they come, and every change of their state")
        .after_help("Newest last. Times are those of the last attempt, or of the event's acceptance, in UTC.")
}

/// Runs it until Ctrl-C, or until it has shown what it was asked for.
pub(crate) fn run(args: &ArgMatches) -> Result<(), Failed> {
    let tail = Tail::from_arg_matches(args).map_err(Failed::usage)?;
    tail.remote.run(tail.key.get()?, async |client| tail.follow(&client).await)
}

impl Tail {
    async fn follow(&self, client: &Client) -> Result<(), Failed> {
        let mut signals = Signals::new().map_err(Failed::new)?;
        let mut left = self.limit.unwrap_or(usize::MAX);
        if self.once {
            self.latest(client).await?.iter().all(|delivery| self.print(delivery));
            return Ok(());
        }
        let mut watch = Watch::new(self.filter.call());
        // The head first: what comes between these three is then news to the watch, or among the latest.
        watch.also(&client.rows(self.filter.call(), watch::HEAD).await?);
        let latest = self.latest(client).await?;
        watch.also(&latest);
        // What was pending before may change as well.
        watch.also(&client.rows(self.filter.call().query("status", "pending"), watch::PENDING).await?);
        let pause = Duration::from_secs_f64(self.interval.clamp(0.1, 3_600.0));
        let mut changed = latest;
        loop {
            for delivery in changed.iter().filter(|delivery| self.filter.wants(delivery)).take(left) {
                left = if self.print(delivery) { left - 1 } else { 0 };
            }
            if left == 0 {
                return Ok(());
            }
            tokio::select! {
                biased;
                () = signals.next() => return Ok(()),
                () = tokio::time::sleep(pause) => {}
            }
            changed = watch.changes(client).await?;
        }
    }

    /// The latest deliveries, oldest first.
    async fn latest(&self, client: &Client) -> Result<Vec<Document>, Failed> {
        if self.lines == 0 {
            return Ok(Vec::new());
        }
        let status = self.filter.status.join(",");
        let call =
            self.filter.call().maybe("status", Some(status.as_str()).filter(|status| !status.is_empty()));
        let mut rows = client.rows(call, self.lines).await?;
        rows.reverse();
        Ok(rows)
    }

    /// Whether anybody reads it.
    fn print(&self, delivery: &Document) -> bool {
        if self.remote.json { is_read(delivery) } else { is_read(clean(&line::of(delivery.value()))) }
    }
}
