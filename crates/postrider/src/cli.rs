//! The command line: its shape, and which command does what.

use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command, value_parser};

use crate::client::ClientError;
use crate::config::{self, Given, reference};
use crate::console::complain;
use crate::{
    backup, contracts, demo, doctor, endpoint, key, keys, listen, migrate, portal, project, replay, send,
    serve, tail,
};

/// A command that failed: what to say, and the exit code.
#[derive(Debug)]
pub(crate) struct Failed {
    /// For people.
    pub(crate) message: String,
    /// What the process ends with.
    pub(crate) code: u8,
    /// The server's own words (a problem document), for `--json`.
    document: Option<String>,
}

/// It was refused, or went wrong while working, or what was looked at is not in order.
const REFUSED: u8 = 1;
/// It was asked for wrongly.
const USAGE: u8 = 2;
/// The server does not answer.
const UNREACHABLE: u8 = 3;

impl Failed {
    /// Something went wrong.
    pub(crate) fn new(error: impl std::fmt::Display) -> Self {
        Self { message: error.to_string(), code: REFUSED, document: None }
    }

    /// It was asked for wrongly.
    pub(crate) fn usage(error: impl std::fmt::Display) -> Self {
        Self { message: error.to_string(), code: USAGE, document: None }
    }
}

impl Failed {
    /// With one more sentence about what was done before.
    pub(crate) fn after(self, sentence: &str) -> Self {
        Self { message: format!("{}\n{sentence}", self.message), ..self }
    }
}

impl From<ClientError> for Failed {
    fn from(error: ClientError) -> Self {
        let message = error.to_string();
        let (code, document) = match error {
            ClientError::Url(_) | ClientError::Key => (USAGE, None),
            ClientError::NoAnswer { .. } => (UNREACHABLE, None),
            ClientError::Strange { .. } => (REFUSED, None),
            ClientError::Refused(problem) => (REFUSED, problem.text),
        };
        Self { message, code, document }
    }
}

/// Runs the command that the process was started with.
pub(crate) fn run() -> ExitCode {
    let matches = command().get_matches();
    match dispatch(&matches) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            match failed.document.filter(|_| wants_json(&matches)) {
                Some(document) => complain(document),
                None => complain(format_args!("postrider: {}", failed.message)),
            }
            ExitCode::from(failed.code)
        }
    }
}

/// Whether the command, wherever it stands, was given `--json`.
fn wants_json(matches: &ArgMatches) -> bool {
    match matches.subcommand() {
        Some((_, deeper)) => wants_json(deeper),
        None => matches!(matches.try_get_one::<bool>("json"), Ok(Some(true))),
    }
}

fn dispatch(matches: &ArgMatches) -> Result<(), Failed> {
    match matches.subcommand() {
        Some(("serve", args)) => {
            let given = Given::read(args);
            serve::run(given.load().map_err(Failed::usage)?, &given.unknown_variables)
        }
        Some(("backup", args)) => backup::run(args),
        Some(("migrate-store", args)) => migrate::run(args),
        Some(("doctor", args)) => doctor::run(args),
        Some(("keys", args)) => keys::run(args),
        Some(("contract", args)) => contracts::run(args),
        Some(("listen", args)) => listen::run(args),
        Some(("send", args)) => send::run(args),
        Some(("tail", args)) => tail::run(args),
        Some(("replay", args)) => replay::run(args),
        Some(("project", args)) => project::run(args),
        Some(("key", args)) => key::run(args),
        Some(("endpoint", args)) => endpoint::run(args),
        Some(("portal", args)) => portal::run(args),
        Some(("demo", args)) => demo::run(args),
        Some(("config-reference", _)) => {
            crate::console::say(reference().trim_end());
            Ok(())
        }
        Some(("completion", args)) => {
            if let Some(shell) = args.get_one::<clap_complete::Shell>("shell") {
                clap_complete::generate(*shell, &mut command(), "postrider", &mut std::io::stdout());
            }
            Ok(())
        }
        _ => Err(Failed::usage("no such command")),
    }
}

/// The whole command line.
pub(crate) fn command() -> Command {
    Command::new("postrider")
        .about("Sends webhooks: signed, in time, retried, logged and replayable")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(serve_command())
        .subcommand(demo::command())
        .subcommand(project::command())
        .subcommand(key::command())
        .subcommand(endpoint::command())
        .subcommand(portal::command())
        .subcommand(send::command())
        .subcommand(listen::command())
        .subcommand(tail::command())
        .subcommand(replay::command())
        .subcommand(contracts::command())
        .subcommand(backup::command())
        .subcommand(keys::command())
        .subcommand(migrate::command())
        .subcommand(doctor::command())
        .subcommand(
            Command::new("config-reference").about("Print the reference of all options of serve (Markdown)"),
        )
        .subcommand(
            Command::new("completion")
                .about("Print a completion script")
                .arg(Arg::new("shell").required(true).value_parser(value_parser!(clap_complete::Shell))),
        )
}

fn serve_command() -> Command {
    let about = "Take events and deliver them";
    config::with_options(Command::new("serve").about(about), |_| true).after_help(
        "POSTRIDER_ROOT_KEY and POSTRIDER_MASTER_KEY give the two keys; see docs/configuration.md.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        command().debug_assert();
    }

    #[test]
    fn every_command_has_its_place_in_the_user_guide() {
        let guide = include_str!("../../../docs/commands.md");
        for known in command().get_subcommands() {
            let name = known.get_name();
            assert!(guide.contains(&format!("[`{name}`](#")), "docs/commands.md does not tell of {name}");
            assert!(known.get_about().is_some(), "{name} is told in --help");
            for inner in known.get_subcommands().map(Command::get_name) {
                let told = format!("postrider {name} {inner}");
                // Some stand as the other half of a pair, or in a sentence.
                let is_told = guide.contains(&told) || guide.contains(&format!("# {inner}\n"));
                assert!(is_told, "docs/commands.md does not tell of {told}");
            }
        }
    }

    #[test]
    fn flags_become_a_configuration() {
        let args =
            ["postrider", "serve", "--dev", "--listen", "127.0.0.1:0", "--egress-ips", "192.0.2.1,192.0.2.2"];
        let matches = command().try_get_matches_from(args).unwrap();
        let config = Given::read(matches.subcommand_matches("serve").unwrap()).load().unwrap();
        assert!(config.dev);
        assert_eq!(config.listen.port(), 0);
        assert_eq!(config.egress_ips.len(), 2);
    }

    #[test]
    fn keys_are_no_flags() {
        for flag in ["--root-key", "--master-key"] {
            assert!(command().try_get_matches_from(["postrider", "serve", flag, "x"]).is_err());
        }
    }
}
