//! `postrider key`: the API keys of a project.

use std::path::PathBuf;

use clap::{ArgMatches, Args, Command, FromArgMatches as _, Subcommand, ValueEnum};
use http::Method;
use serde_json::Value;

use crate::body::{base, set};
use crate::cli::Failed;
use crate::client::{Call, Client, Document};
use crate::columns::{Sheet, Table, shown, some, time};
use crate::remote::{Remote, RootKey};

#[derive(Debug, Args)]
struct Key {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    key: RootKey,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make a key; it is shown once
    Create(Create),
    /// List a project's keys: their first characters, never the keys themselves
    List {
        /// The project
        project: String,
        /// At most so many
        #[arg(long, value_name = "N", default_value_t = 1_000)]
        limit: usize,
    },
    /// Revoke a key at once
    Revoke {
        /// The project
        project: String,
        /// The key's id, as list shows it
        id: String,
    },
}

#[derive(Debug, Args)]
struct Create {
    /// The project
    project: String,
    /// A name for people
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The world it opens; live if not said
    #[arg(long, value_name = "MODE")]
    mode: Option<Mode>,
    /// The customer it belongs to: it then reaches only that tenant's endpoints and deliveries
    #[arg(long, value_name = "TENANT")]
    tenant: Option<String>,
    /// What it may do; repeatable or by commas: events:write, webhooks:read, webhooks:write, webhooks:admin,
    /// project:admin, * (everything, if not said)
    #[arg(long, value_name = "SCOPE", value_delimiter = ',')]
    scope: Option<Vec<String>>,
    /// The whole body as POST /v1/projects/{project}/keys takes it; flags go over it; - reads standard input
    #[arg(long, value_name = "FILE")]
    from_json: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Mode {
    Live,
    Test,
}

/// The command.
pub(crate) fn command() -> Command {
    Key::augment_args(Command::new("key")).about("Make, list and revoke a project's API keys")
}

/// Runs it.
pub(crate) fn run(args: &ArgMatches) -> Result<(), Failed> {
    let Key { action, key, remote } = Key::from_arg_matches(args).map_err(Failed::usage)?;
    remote.run(key.get()?, async |client| action.run(&client, &remote).await)
}

impl Action {
    async fn run(&self, client: &Client, remote: &Remote) -> Result<(), Failed> {
        match self {
            Self::Create(create) => remote.show(&create.run(client).await?, sheet),
            Self::List { project, limit } => {
                let call = Call::get(["v1", "projects", project, "keys"]);
                remote.show_rows(&client.rows(call, *limit).await?, table);
            }
            Self::Revoke { project, id } => {
                client.call(&Call::new(Method::DELETE, ["v1", "projects", project, "keys", id])).await?;
                remote.done(&format!("{id} is revoked; it opens nothing any more"));
            }
        }
        Ok(())
    }
}

impl Create {
    async fn run(&self, client: &Client) -> Result<Document, Failed> {
        let mut body = base(self.from_json.as_ref())?;
        set(&mut body, "name", self.name.as_deref());
        let mode = self.mode.map(|mode| match mode {
            Mode::Live => "live",
            Mode::Test => "test",
        });
        set(&mut body, "mode", mode);
        set(&mut body, "tenant", self.tenant.as_deref());
        set(&mut body, "scopes", self.scope.clone());
        body.entry("scopes").or_insert_with(|| vec!["*"].into());
        let call = Call::post(["v1", "projects", &self.project, "keys"]).json(&body.into());
        Ok(client.call(&call).await?)
    }
}

fn sheet(key: &Value) -> String {
    Sheet::default()
        .field("id", shown(&key["id"]))
        .maybe("name", some(&key["name"]))
        .field("mode", shown(&key["mode"]))
        .maybe("tenant", some(&key["tenant"]))
        .field("scopes", shown(&key["scopes"]))
        .field("key", format!("{}   (shown once: keep it)", shown(&key["key"])))
        .to_string()
}

fn table(keys: &[Document]) -> String {
    if keys.is_empty() {
        return "no keys yet; postrider key create PROJECT makes one".to_owned();
    }
    let mut table = Table::new(["ID", "NAME", "MODE", "TENANT", "SCOPES", "BEGINS", "CREATED"]);
    for key in keys.iter().map(Document::value) {
        table.row([
            shown(&key["id"]),
            shown(&key["name"]),
            shown(&key["mode"]),
            shown(&key["tenant"]),
            shown(&key["scopes"]),
            shown(&key["prefix"]),
            time(&key["created_at"]),
        ]);
    }
    table.to_string()
}
