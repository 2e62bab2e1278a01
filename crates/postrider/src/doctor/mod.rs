//! `postrider doctor`: what stands in the way of a server, found without changing anything.

mod directory;
mod machine;
mod postgres;
mod report;
mod server;
mod store;

use clap::{ArgMatches, Args, Command, FromArgMatches as _};
use postrider_courier::{Resolve, SystemResolver};

use crate::cli::Failed;
use crate::config::{Config, Given, Setting, with_options};
use crate::console::say;
use crate::remote::ProjectKey;
use crate::serve::runtime;
use report::{Finding, Report};

#[derive(Debug, Args)]
#[command(next_help_heading = "What is checked")]
struct Doctor {
    /// A server that must answer; without it, the one that the configuration describes is asked if it does
    #[arg(long, value_name = "URL", env = "POSTRIDER_SERVER")]
    server: Option<String>,
    /// A name that must be resolved
    #[arg(long, value_name = "HOST", default_value = "example.com")]
    resolve: String,
    /// Show the options that have their default as well
    #[arg(long)]
    all: bool,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    key: ProjectKey,
}

/// The command.
pub(crate) fn command() -> Command {
    let command = Doctor::augment_args(Command::new("doctor"))
        .about("Check configuration, data directory or database, store, keys, machine and server; change nothing")
        .after_help(
            "The other options are those of serve: give it the same. Exit code 1 if something fails.",
        );
    with_options(command.next_help_heading("As given to serve"), |_| true)
}

/// Runs it.
pub(crate) fn run(args: &ArgMatches) -> Result<(), Failed> {
    let doctor = Doctor::from_arg_matches(args).map_err(Failed::usage)?;
    let given = Given::read(args);
    let report = runtime(Some(1)).map_err(Failed::new)?.block_on(doctor.examine(&given));
    if doctor.json {
        say(report.json())
    } else {
        say(report.text(doctor.all))
    }
    match report.failures() {
        0 => Ok(()),
        1 => Err(Failed::new("one check failed")),
        count => Err(Failed::new(format_args!("{count} checks failed"))),
    }
}

impl Doctor {
    async fn examine(&self, given: &Given) -> Report {
        let mut report = Report::default();
        let settings = given.effective();
        match given.load() {
            Ok(config) => {
                report.settings = settings.unwrap_or_default();
                report.add(configured(&report.settings));
                report.extend(unknown(&given.unknown_variables));
                report.extend(contract_files(&config));
                if config.database_url.is_some() {
                    report.extend(postgres::examine(&config).await);
                } else {
                    report.extend(directory::rights(&config));
                    report.add(directory::free(&config));
                    report.extend(store::examine(&config).await);
                }
                self.machine(&config, &mut report).await;
                let (server, must) = self.server(&config);
                report.extend(server::examine(&server, must, self.key.if_given()).await);
            }
            Err(error) => {
                report.add(Finding::fail("configuration", error, "serve does not start with it"));
                report.extend(unknown(&given.unknown_variables));
                self.machine(&Config::default(), &mut report).await;
            }
        }
        report
    }

    async fn machine(&self, config: &Config, report: &mut Report) {
        report.add(machine::open_files(config));
        report.add(machine::clock(&config.data_dir));
        if config.proxy.is_none() || !config.proxy_resolves {
            let resolver = SystemResolver::new();
            let resolver = resolver.as_ref().map(|resolver| resolver as &dyn Resolve);
            report.add(machine::names(resolver, &self.resolve).await);
        }
    }

    /// Which server, and whether it must answer.
    fn server(&self, config: &Config) -> (String, bool) {
        match self.server.as_deref().filter(|server| !server.is_empty()) {
            Some(server) => (server.to_owned(), true),
            None => (server::local(config.listen), false),
        }
    }
}

fn configured(settings: &[Setting]) -> Finding {
    let set = settings.iter().filter(|setting| !setting.is_default).count();
    let told = match set {
        0 => "every option has its default".to_owned(),
        1 => "one option is set, the others have their defaults".to_owned(),
        set => format!("{set} options are set, the others have their defaults"),
    };
    Finding::ok("configuration", told)
}

fn unknown(variables: &[String]) -> Vec<Finding> {
    let finding = |name: &String| {
        let told = format!("{name} begins with POSTRIDER_ and means nothing");
        Finding::warn("environment", told, "look for a slip of the pen (postrider config-reference)")
    };
    variables.iter().map(finding).collect()
}

fn contract_files(config: &Config) -> Vec<Finding> {
    let read = |path: &std::path::PathBuf| match crate::contracts::load(path) {
        Ok(contract) => {
            Finding::ok("contract", format!("{} holds the contract {}", path.display(), contract.name))
        }
        Err(error) => Finding::fail(
            "contract",
            format!("{}: {error}", path.display()),
            "postrider contract check says more",
        ),
    };
    config.contract_file.iter().map(read).collect()
}
