//! `postrider project update`

use std::path::PathBuf;

use clap::Args;
use http::Method;
use serde_json::{Map, Value};

use super::settings::Settings;
use crate::body::{base, set};
use crate::cli::Failed;
use crate::client::{Call, Client, Document};

/// A change of a project.
#[derive(Debug, Args)]
pub(super) struct Update {
    /// Its id
    id: String,
    /// A new name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Another contract
    #[arg(long, value_name = "CONTRACT")]
    contract: Option<String>,
    /// Takes a setting back to the contract's or the server's, by its name in the API (retry); repeatable
    #[arg(long, value_name = "SETTING")]
    unset: Vec<String>,
    /// The whole body as PATCH takes it; flags go over it; - reads standard input
    #[arg(long, value_name = "FILE")]
    from_json: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
}

impl Update {
    /// Changes it.
    pub(super) async fn run(&self, client: &Client) -> Result<Document, Failed> {
        let mut body = base(self.from_json.as_ref())?;
        set(&mut body, "name", self.name.as_deref());
        set(&mut body, "contract", self.contract.as_deref());
        self.settings.put_into(&mut body);
        let settings = body.entry("settings").or_insert_with(|| Map::new().into());
        if let Value::Object(settings) = settings {
            settings.extend(self.unset.iter().map(|name| (name.clone(), Value::Null)));
            if settings.is_empty() {
                body.remove("settings");
            }
        }
        if body.is_empty() {
            return Err(Failed::usage(
                "nothing to change: give --name, --contract, a setting or --from-json",
            ));
        }
        let call = Call::new(Method::PATCH, ["v1", "projects", &self.id]).json(&body.into());
        Ok(client.call(&call).await?)
    }
}
