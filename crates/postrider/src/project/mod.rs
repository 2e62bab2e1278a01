//! `postrider project`: what the root key may do with projects.

mod create;
mod delete;
mod settings;
mod update;

use clap::{ArgMatches, Args, Command, FromArgMatches as _, Subcommand};
use serde_json::Value;

use crate::cli::Failed;
use crate::client::{Call, Client, Document};
use crate::columns::{Sheet, Table, shown, some, time};
use crate::remote::{Remote, RootKey};

#[derive(Debug, Args)]
struct Project {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    key: RootKey,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make a project
    Create(create::Create),
    /// List projects, newest first
    List {
        /// At most so many
        #[arg(long, value_name = "N", default_value_t = 1_000)]
        limit: usize,
    },
    /// Show a project
    Show {
        /// Its id
        id: String,
    },
    /// Change a project's name, contract or settings
    Update(update::Update),
    /// Delete a project with everything in it
    Delete(delete::Delete),
}

/// The command.
pub(crate) fn command() -> Command {
    Project::augment_args(Command::new("project")).about("Make, list, show, change and delete projects")
}

/// Runs it.
pub(crate) fn run(args: &ArgMatches) -> Result<(), Failed> {
    let Project { action, key, remote } = Project::from_arg_matches(args).map_err(Failed::usage)?;
    if let Action::Delete(delete) = &action {
        delete.confirm()?;
    }
    remote.run(key.get()?, async |client| action.run(&client, &remote).await)
}

impl Action {
    async fn run(&self, client: &Client, remote: &Remote) -> Result<(), Failed> {
        match self {
            Self::Create(create) => remote.show(&create.run(client).await?, sheet),
            Self::List { limit } => {
                remote.show_rows(&client.rows(Call::get(["v1", "projects"]), *limit).await?, table);
            }
            Self::Show { id } => {
                remote.show(&client.call(&Call::get(["v1", "projects", id.as_str()])).await?, sheet);
            }
            Self::Update(update) => remote.show(&update.run(client).await?, sheet),
            Self::Delete(delete) => {
                delete.run(client).await?;
                remote.done(&format!("{} is deleted; its data is being erased", delete.id));
            }
        }
        Ok(())
    }
}

fn sheet(project: &Value) -> String {
    let mut sheet = Sheet::default()
        .field("id", shown(&project["id"]))
        .field("name", shown(&project["name"]))
        .field("contract", shown(&project["contract"]))
        .field("created", time(&project["created_at"]))
        .field("changed", time(&project["updated_at"]));
    for (name, value) in project["settings"].as_object().into_iter().flatten() {
        sheet = sheet.maybe(name, some(value));
    }
    sheet.to_string()
}

fn table(projects: &[Document]) -> String {
    if projects.is_empty() {
        return "no projects yet; postrider project create ID makes one".to_owned();
    }
    let mut table = Table::new(["ID", "NAME", "CONTRACT", "CREATED"]);
    for project in projects.iter().map(Document::value) {
        table.row([
            shown(&project["id"]),
            shown(&project["name"]),
            shown(&project["contract"]),
            time(&project["created_at"]),
        ]);
    }
    table.to_string()
}
