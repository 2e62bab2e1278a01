//! `postrider endpoint`: the URLs that a tenant's events go to.

mod fields;
mod rotate;
mod stats;
mod test;
mod view;

use clap::builder::NonEmptyStringValueParser;
use clap::{ArgMatches, Args, Command, FromArgMatches as _, Subcommand};
use http::Method;

use crate::cli::Failed;
use crate::client::{Call, Client};
use crate::remote::{ProjectKey, Remote};

#[derive(Debug, Args)]
struct Endpoint {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    key: ProjectKey,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Register a URL
    Create {
        #[command(flatten)]
        tenant: Tenant,
        #[command(flatten)]
        fields: fields::Fields,
    },
    /// List a tenant's endpoints, newest first
    List {
        #[command(flatten)]
        tenant: Tenant,
        /// At most so many
        #[arg(long, value_name = "N", default_value_t = 1_000)]
        limit: usize,
    },
    /// Show an endpoint with its health
    Show(Which),
    /// Change an endpoint; what no flag names stays
    Update {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        fields: fields::Fields,
        /// Takes a field back to its default, by its name in the API (rate_limit); repeatable
        #[arg(long, value_name = "FIELD")]
        unset: Vec<String>,
    },
    /// Let it get events again; what was held is sent by replay
    Enable(Which),
    /// Let it get no events; they are held
    Disable(Which),
    /// Send a test event now and show what came back
    Test(test::Test),
    /// Show the signing secrets
    Secret(Which),
    /// Make a new signing secret; the old one signs beside it for a while
    RotateSecret(rotate::Rotate),
    /// Count its attempts
    Stats(stats::Stats),
    /// Delete it; its history stays until its retention ends
    Delete(Which),
}

#[derive(Debug, Args)]
struct Tenant {
    /// The tenant
    #[arg(long = "tenant", id = "tenant", value_name = "TENANT", env = "POSTRIDER_TENANT")]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    id: String,
}

/// One endpoint of a tenant.
#[derive(Debug, Args)]
struct Which {
    /// The endpoint's id
    #[arg(value_name = "ENDPOINT")]
    endpoint: String,
    #[command(flatten)]
    tenant: Tenant,
}

impl Which {
    /// A call of the endpoint's route with this last segment.
    fn call(&self, method: Method, last: Option<&str>) -> Call {
        let path = ["v1", "tenants", &self.tenant.id, "endpoints", &self.endpoint];
        Call::new(method, path.into_iter().chain(last))
    }
}

/// The command.
pub(crate) fn command() -> Command {
    Endpoint::augment_args(Command::new("endpoint"))
        .about("Make, list, show, change, test and delete endpoints")
}

/// Runs it.
pub(crate) fn run(args: &ArgMatches) -> Result<(), Failed> {
    let Endpoint { action, key, remote } = Endpoint::from_arg_matches(args).map_err(Failed::usage)?;
    remote.run(key.get()?, async |client| action.run(&client, &remote).await)
}

impl Action {
    async fn run(&self, client: &Client, remote: &Remote) -> Result<(), Failed> {
        match self {
            Self::Create { tenant, fields } => {
                let call = Call::post(["v1", "tenants", &tenant.id, "endpoints"]);
                let made = client.call(&call.json(&fields.body()?.into())).await?;
                remote.show(&made, view::sheet);
            }
            Self::List { tenant, limit } => {
                let call = Call::get(["v1", "tenants", &tenant.id, "endpoints"]);
                remote.show_rows(&client.rows(call, *limit).await?, view::table);
            }
            Self::Show(which) => {
                remote.show(&client.call(&which.call(Method::GET, None)).await?, view::sheet);
            }
            Self::Update { which, fields, unset } => {
                let call = which.call(Method::PATCH, None).json(&fields.patch(unset)?.into());
                remote.show(&client.call(&call).await?, view::sheet);
            }
            Self::Enable(which) => switch(client, remote, which, "enable").await?,
            Self::Disable(which) => switch(client, remote, which, "disable").await?,
            Self::Test(test) => test.run(client, remote).await?,
            Self::Secret(which) => {
                let secrets = client.call(&which.call(Method::GET, Some("secret"))).await?;
                remote.show(&secrets, rotate::secrets);
            }
            Self::RotateSecret(rotate) => rotate.run(client, remote).await?,
            Self::Stats(stats) => stats.run(client, remote).await?,
            Self::Delete(which) => {
                client.call(&which.call(Method::DELETE, None)).await?;
                remote.done(&format!("{} is deleted; what was pending or held is cancelled", which.endpoint));
            }
        }
        Ok(())
    }
}

async fn switch(client: &Client, remote: &Remote, which: &Which, how: &str) -> Result<(), Failed> {
    let endpoint = client.call(&which.call(Method::POST, Some(how))).await?;
    remote.show(&endpoint, |_| match how {
        "enable" => format!("{} gets events; postrider replay start sends what was held", which.endpoint),
        _ => format!("{} gets no events; they are held", which.endpoint),
    });
    Ok(())
}
