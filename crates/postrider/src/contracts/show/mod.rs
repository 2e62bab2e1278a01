//! `postrider contract show`: a contract explained.

mod example;
mod json;
mod terms;
mod words;

use clap::{Arg, ArgAction, ArgMatches, Command};
use postrider_contract::{builtin_file, builtin_names};

use crate::cli::Failed;
use crate::console::say;
use example::Example;
use words::Words;

/// The command.
pub(super) fn command() -> Command {
    Command::new("show")
        .about("Explain a contract: an example of its body, headers and signature, its timetable and rules")
        .arg(
            Arg::new("contract")
                .required(true)
                .value_name("NAME|FILE")
                .help("One compiled in (contract list), or a file of your own"),
        )
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("Print a JSON object"))
}

/// Runs it.
pub(super) fn run(args: &ArgMatches) -> Result<(), Failed> {
    let named = args.get_one::<String>("contract").map(String::as_str).unwrap_or_default();
    let text = text(named)?;
    let wrong = |error: String| Failed::new(format_args!("{named}: {error}"));
    let contract = super::parse(&text).map_err(wrong)?;
    let words = Words::read(&text).map_err(|error| wrong(error.to_string()))?;
    let example = Example::of(&contract, &words).map_err(|error| wrong(error.to_string()))?;
    if args.get_flag("json") {
        say(json::of(&contract, &words, &example));
    } else {
        say(terms::of(&contract, &words, &example));
    }
    Ok(())
}

/// The text of the contract of that name, else of the file of that name.
fn text(named: &str) -> Result<String, Failed> {
    if let Some(file) = builtin_file(named) {
        return Ok(file.to_owned());
    }
    std::fs::read_to_string(named).map_err(|error| {
        let known = builtin_names().collect::<Vec<_>>().join(", ");
        Failed::usage(format_args!("{named} is neither a contract compiled in ({known}) nor a file: {error}"))
    })
}

#[cfg(test)]
mod tests {
    use postrider_contract::Contract;

    use super::*;

    #[test]
    fn every_contract_compiled_in_can_be_explained() {
        for name in builtin_names() {
            let text = text(name).unwrap();
            let (contract, words) = (Contract::parse(&text).unwrap(), Words::read(&text).unwrap());
            assert_eq!(contract.name, name);
            let example = Example::of(&contract, &words).unwrap();
            assert!(terms::of(&contract, &words, &example).contains(&contract.title));
        }
    }

    #[test]
    fn what_is_neither_a_name_nor_a_file_is_refused_with_the_names_there_are() {
        let failed = text("nobody").unwrap_err();
        assert!(failed.message.contains("standard"), "{}", failed.message);
    }
}
