//! `postrider project create`

use std::path::PathBuf;

use clap::Args;

use super::settings::Settings;
use crate::body::{base, set};
use crate::cli::Failed;
use crate::client::{Call, Client, Document};

/// A project to make.
#[derive(Debug, Args)]
pub(super) struct Create {
    /// Its id: 1 to 63 of a-z, 0-9 and hyphens; it cannot be changed
    #[arg(required_unless_present = "from_json")]
    id: Option<String>,
    /// Its name; its id if not said
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Its contract; standard if not said
    #[arg(long, value_name = "CONTRACT")]
    contract: Option<String>,
    /// The whole body as POST /v1/projects takes it; flags go over it; - reads standard input
    #[arg(long, value_name = "FILE")]
    from_json: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
}

impl Create {
    /// Makes it.
    pub(super) async fn run(&self, client: &Client) -> Result<Document, Failed> {
        let mut body = base(self.from_json.as_ref())?;
        set(&mut body, "id", self.id.as_deref());
        set(&mut body, "name", self.name.as_deref());
        set(&mut body, "contract", self.contract.as_deref());
        self.settings.put_into(&mut body);
        Ok(client.call(&Call::post(["v1", "projects"]).json(&body.into())).await?)
    }
}
