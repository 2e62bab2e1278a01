//! The code of every contract in every language, run.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use postrider_contract::Contract;
use postrider_receivers::{Language, snippet};

use crate::contracts;
use crate::program::{Program, not_installed, repository, saved};
use crate::request::Request;
use crate::taken::try_everything;
use crate::trial::Trial;

/// The name of a product is its own affair, and no part of a program.
const HOSTILE: &str = "\n?> */ \"\"\" \\ \u{2028} \u{202e} ⟨port⟩ {}";

/// The command that runs the code of this contract in an installed language.
fn command(contract: &Contract, language: Language, folder: &Path) -> Command {
    let sender = format!("{} {HOSTILE}", contract.title);
    let file = saved(folder, language.file_name(), &snippet(contract, &sender, language).code);
    let (program, arguments) = match language {
        Language::Node => (PathBuf::from("node"), vec![file.into_os_string()]),
        Language::Python => {
            (repository().join("target/verify/python/bin/python"), vec![file.into_os_string()])
        }
        // Where it listens is told on standard error.
        Language::Php => {
            let serve = "exec php -d display_errors=stderr -S 127.0.0.1:0 \"$0\" 2>&1";
            (PathBuf::from("sh"), vec!["-c".into(), serve.into(), file.into_os_string()])
        }
        Language::Go => (compiled(&file), Vec::new()),
        Language::Rust => (example(), vec![contract.name.clone().into()]),
    };
    let mut command = Command::new(program);
    command.args(arguments).env("PORT", "0").stdin(Stdio::null());
    command
}

fn is_installed(language: Language) -> bool {
    let needed = match language {
        Language::Node => PathBuf::from("node"),
        Language::Python => repository().join("target/verify/python/bin/python"),
        Language::Php => PathBuf::from("php"),
        Language::Go => PathBuf::from("gccgo"),
        Language::Rust => return true,
    };
    let is_there = Command::new(&needed).arg("--version").output().is_ok();
    if !is_there {
        not_installed(&needed.display().to_string());
    }
    is_there
}

fn compiled(file: &Path) -> PathBuf {
    let program = file.with_extension("");
    if program.exists() {
        return program;
    }
    let compiler = Command::new("gccgo").arg("-o").arg(&program).arg(file).output().unwrap();
    assert!(compiler.status.success(), "{}", String::from_utf8_lossy(&compiler.stderr));
    program
}

/// `examples/receiver.rs`, which is built with the tests.
fn example() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let program = tests.ancestors().nth(2).unwrap().join("examples/receiver");
    assert!(program.exists(), "{} is built with the tests", program.display());
    program
}

fn every_contract(language: Language) {
    if !is_installed(language) {
        return;
    }
    for contract in contracts::all() {
        println!("{} in {}", contract.name, language.title());
        let folder = tempfile::tempdir().unwrap();
        let inbox = folder.path().join("inbox");
        std::fs::create_dir(&inbox).unwrap();
        let mut trial = Trial::start(contract.clone(), command(&contract, language, folder.path()), inbox);
        try_everything(&mut trial);
        match language {
            Language::Php => trial.kept_all(),
            _ => trial.handled_all(),
        }
    }
}

#[test]
fn the_node_code_of_every_contract_takes_what_is_genuine_once_and_refuses_the_rest() {
    every_contract(Language::Node);
}

#[test]
fn the_python_code_of_every_contract_takes_what_is_genuine_once_and_refuses_the_rest() {
    every_contract(Language::Python);
}

#[test]
fn the_php_code_of_every_contract_takes_what_is_genuine_once_and_refuses_the_rest() {
    every_contract(Language::Php);
}

#[test]
fn the_go_code_of_every_contract_takes_what_is_genuine_once_and_refuses_the_rest() {
    every_contract(Language::Go);
}

#[test]
fn the_rust_code_of_every_contract_takes_what_is_genuine_once_and_refuses_the_rest() {
    every_contract(Language::Rust);
}

/// Variables and their values.
type Environment = &'static [(&'static str, &'static str)];

/// What a program may find in its environment that is no secret: nothing, and what is left when a value is missing.
const NO_SECRETS: [(&str, &[Environment]); 3] = [
    (
        "standard",
        &[
            &[],
            &[("WEBHOOK_SECRET", ""), ("WEBHOOK_SECRET_BEFORE", "")],
            &[("WEBHOOK_SECRET", "whsec_")],
            &[("WEBHOOK_SECRET", "your-webhook-secret-in-plain-text")],
        ],
    ),
    ("scopien", &[&[("WEBHOOK_SECRET", "")]]),
    ("call-center", &[&[("WEBHOOK_TOKEN", "short")]]),
];

#[test]
fn without_a_secret_no_program_takes_anything() {
    for language in Language::ALL.into_iter().filter(|language| is_installed(*language)) {
        for (name, environments) in NO_SECRETS {
            let contract = Contract::builtin(name).unwrap();
            let folder = tempfile::tempdir().unwrap();
            for environment in environments {
                let mut command = command(&contract, language, folder.path());
                command.env("WEBHOOK_INBOX", folder.path());
                println!("{name} in {} with {environment:?}", language.title());
                if language == Language::Php {
                    refuses_everything(&contract, Program::start(command, environment));
                } else {
                    does_not_start(command.envs(environment.iter().copied()));
                }
            }
        }
    }
}

/// A program that PHP's server starts for each request cannot refuse to start.
fn refuses_everything(contract: &Arc<Contract>, program: Program) {
    let request = Request::of(contract, 1, "thing happened", &[]);
    let expected = if contract.is_signed() { [401, 500] } else { [404, 404] };
    for path in ["/", "/hook", "/short", "/whsec_"] {
        assert!(expected.contains(&program.post(path, &request)), "{path}");
    }
}

fn does_not_start(command: &mut Command) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let _ = child.kill();
    assert!(!child.wait().unwrap().success());
    assert_eq!(line, "");
}
