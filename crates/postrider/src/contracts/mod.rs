//! `postrider contract`: list, show and check contracts.

mod show;

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use postrider_contract::{Contract, builtin_names};
use serde_json::json;

use crate::cli::Failed;
use crate::console::{complain, say};

/// The command.
pub(crate) fn command() -> Command {
    let json = || Arg::new("json").long("json").action(ArgAction::SetTrue).help("One JSON object a line");
    Command::new("contract")
        .about("List, explain and check contracts")
        .subcommand_required(true)
        .subcommand(Command::new("list").about("The contracts compiled in").arg(json()))
        .subcommand(show::command())
        .subcommand(
            Command::new("check").about("Say what is wrong with contract files").arg(json()).arg(
                Arg::new("file")
                    .required(true)
                    .num_args(1..)
                    .value_name("FILE")
                    .value_parser(value_parser!(PathBuf)),
            ),
        )
}

/// Runs it.
pub(crate) fn run(args: &ArgMatches) -> Result<(), Failed> {
    match args.subcommand() {
        Some(("check", args)) => check(args),
        Some(("show", args)) => show::run(args),
        Some((_, args)) => {
            for contract in builtin_names().filter_map(Contract::builtin) {
                if args.get_flag("json") {
                    say(json!({"name": contract.name, "title": contract.title, "dialect": contract.dialect}));
                } else {
                    say(format_args!("{:<16} {}", contract.name, contract.title));
                }
            }
            Ok(())
        }
        None => Err(Failed::usage("no such command")),
    }
}

/// Reads a contract file. The error says where it is wrong.
pub(crate) fn load(path: &Path) -> Result<Contract, String> {
    parse(&fs::read_to_string(path).map_err(|error| error.to_string())?)
}

fn parse(text: &str) -> Result<Contract, String> {
    let dialects: Vec<_> = postrider_dialects::names().collect();
    Contract::parse_for(text, &dialects).map_err(|error| error.to_string())
}

fn check(args: &ArgMatches) -> Result<(), Failed> {
    let mut wrong = 0;
    for path in args.get_many::<PathBuf>("file").into_iter().flatten() {
        let outcome = load(path);
        wrong += usize::from(outcome.is_err());
        match (outcome, args.get_flag("json")) {
            (Ok(contract), false) => say(format_args!("{}: ok ({})", path.display(), contract.name)),
            (Err(error), false) => complain(format_args!("{}: {error}", path.display())),
            (Ok(contract), true) => say(json!({"file": path, "ok": true, "name": contract.name})),
            (Err(error), true) => say(json!({"file": path, "ok": false, "error": error})),
        }
    }
    if wrong == 0 { Ok(()) } else { Err(Failed::new(format_args!("{wrong} of the files are not contracts"))) }
}
