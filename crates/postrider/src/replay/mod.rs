//! `postrider replay`: sends past deliveries again.

mod follow;
mod start;

use clap::{ArgMatches, Args, Command, FromArgMatches as _, Subcommand};
use serde_json::Value;

use crate::cli::Failed;
use crate::client::{Call, Client, Document};
use crate::columns::{Sheet, Table, shown, some, time};
use crate::remote::{ProjectKey, Remote};

#[derive(Debug, Args)]
struct Replay {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    key: ProjectKey,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Send an endpoint's past deliveries again
    Start(start::Start),
    /// Show a replay and how far it is
    Show {
        /// Its id
        id: String,
        /// Stay until it ends
        #[arg(long)]
        follow: bool,
    },
    /// List replays, newest first
    List {
        /// Of this tenant
        #[arg(long, value_name = "TENANT", env = "POSTRIDER_TENANT")]
        tenant: Option<String>,
        /// At most so many
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: usize,
    },
    /// Stop a replay; what it sent already stays sent
    Cancel {
        /// Its id
        id: String,
    },
}

/// The command.
pub(crate) fn command() -> Command {
    Replay::augment_args(Command::new("replay")).about("Send past deliveries of an endpoint again")
}

/// Runs it.
pub(crate) fn run(args: &ArgMatches) -> Result<(), Failed> {
    let Replay { action, key, remote } = Replay::from_arg_matches(args).map_err(Failed::usage)?;
    remote.run(key.get()?, async |client| action.run(&client, &remote).await)
}

impl Action {
    async fn run(&self, client: &Client, remote: &Remote) -> Result<(), Failed> {
        match self {
            Self::Start(start) => start.run(client, remote).await?,
            Self::Show { id, follow: true } => follow::to_the_end(client, remote, id).await?,
            Self::Show { id, follow: false } => {
                remote.show(&client.call(&Call::get(["v1", "replays", id.as_str()])).await?, sheet);
            }
            Self::List { tenant, limit } => {
                let tenant = tenant.as_deref().filter(|tenant| !tenant.is_empty());
                let call = Call::get(["v1", "replays"]).maybe("tenant", tenant);
                remote.show_rows(&client.rows(call, *limit).await?, table);
            }
            Self::Cancel { id } => {
                let call = Call::post(["v1", "replays", id, "cancel"]);
                remote.show(&client.call(&call).await?, sheet);
            }
        }
        Ok(())
    }
}

fn sheet(replay: &Value) -> String {
    let selection = &replay["selection"];
    Sheet::default()
        .field("id", shown(&replay["id"]))
        .field("endpoint", shown(&replay["endpoint"]))
        .field("status", shown(&replay["status"]))
        .field("progress", progress(replay))
        .field("rate", format!("{} a second", shown(&replay["per_second"])))
        .field("takes", shown(&selection["status"]))
        .maybe("types", some(&selection["types"]))
        .maybe("since", some(&selection["since"]).map(|_| time(&selection["since"])))
        .maybe("until", some(&selection["until"]).map(|_| time(&selection["until"])))
        .field("started", time(&replay["created_at"]))
        .field("moved", time(&replay["updated_at"]))
        .to_string()
}

fn progress(replay: &Value) -> String {
    let count = |field: &str| replay[field].as_u64().unwrap_or(0);
    let skipped = match count("skipped") {
        0 => String::new(),
        skipped => format!(", {skipped} passed over"),
    };
    format!("{} of {} sent again{skipped}", count("reopened"), count("matched"))
}

fn table(replays: &[Document]) -> String {
    if replays.is_empty() {
        return "no replays".to_owned();
    }
    let mut table = Table::new(["ID", "ENDPOINT", "STATUS", "PROGRESS", "STARTED"]);
    for replay in replays.iter().map(Document::value) {
        table.row([
            shown(&replay["id"]),
            shown(&replay["endpoint"]),
            shown(&replay["status"]),
            progress(replay),
            time(&replay["created_at"]),
        ]);
    }
    table.to_string()
}
