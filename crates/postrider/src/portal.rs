//! `postrider portal`: a link that opens a customer's portal.

use clap::{ArgMatches, Args, Command, FromArgMatches as _};
use serde_json::Value;

use crate::cli::Failed;
use crate::client::Call;
use crate::columns::{shown, time};
use crate::remote::{ProjectKey, Remote};

#[derive(Debug, Args)]
struct Portal {
    /// Whose portal
    #[arg(value_name = "TENANT", env = "POSTRIDER_TENANT")]
    tenant: String,
    #[command(flatten)]
    key: ProjectKey,
    #[command(flatten)]
    remote: Remote,
}

/// The command.
pub(crate) fn command() -> Command {
    Portal::augment_args(Command::new("portal"))
        .about("Make a link that opens a customer's portal, once, within minutes")
}

/// Runs it.
pub(crate) fn run(args: &ArgMatches) -> Result<(), Failed> {
    let Portal { tenant, key, remote } = Portal::from_arg_matches(args).map_err(Failed::usage)?;
    remote.run(key.get()?, async |client| {
        let link = client.call(&Call::post(["v1", "tenants", &tenant, "portal"])).await?;
        remote.show(&link, sentence);
        Ok(())
    })
}

fn sentence(link: &Value) -> String {
    format!("{}\nopens once, until {}", shown(&link["url"]), time(&link["expires_at"]))
}
