//! `postrider project delete`

use std::io::IsTerminal as _;

use clap::Args;
use http::Method;

use crate::cli::Failed;
use crate::client::{Call, Client};
use crate::console::complain;

/// A project to delete.
#[derive(Debug, Args)]
pub(super) struct Delete {
    /// Its id
    pub(super) id: String,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

impl Delete {
    /// Asks whether it is meant: there is no way back.
    ///
    /// # Errors
    /// When it is not, or nobody can be asked.
    pub(super) fn confirm(&self) -> Result<(), Failed> {
        if self.yes {
            return Ok(());
        }
        if !std::io::stdin().is_terminal() {
            return Err(Failed::usage(
                "this deletes the project's tenants, endpoints, events and keys for good: say --yes",
            ));
        }
        complain(format_args!(
            "This deletes the tenants, endpoints, events and keys of {0} for good. Type {0} to go on:",
            self.id
        ));
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map_err(Failed::new)?;
        if line.trim() == self.id { Ok(()) } else { Err(Failed::new("nothing is deleted")) }
    }

    /// Deletes it.
    pub(super) async fn run(&self, client: &Client) -> Result<(), Failed> {
        client.call(&Call::new(Method::DELETE, ["v1", "projects", &self.id])).await?;
        Ok(())
    }
}
