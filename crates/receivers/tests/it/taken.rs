//! What each program takes and what it refuses.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use postrider_contract::{Contract, SigningKey};
use postrider_model::endpoint::SignatureKind;
use postrider_receivers::{Language, snippet};

use crate::contracts;
use serde_json::Value;

use crate::program::{Program, not_installed, repository, saved};
use crate::request::{Request, body, id, now, secret};

/// A program of a contract that runs, and what it must have handled so far.
struct Trial {
    contract: Arc<Contract>,
    program: Program,
    path: &'static str,
    /// The keys whose secrets it knows.
    keys: Vec<SigningKey>,
    /// The types of the events it must have handled.
    handled: Vec<String>,
    next: i64,
    /// Where it puts events that it does not handle itself.
    inbox: PathBuf,
}

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const TOKEN_PATH: &str = "/hooks/0123456789abcdef0123456789abcdef?x=1";

impl Trial {
    /// `None` where the language is not installed.
    fn start(contract: Arc<Contract>, language: Language, command: Command, inbox: PathBuf) -> Option<Self> {
        println!("{} in {}", contract.name, language.title());
        let hmac = |byte| secret(&contract, SignatureKind::Hmac, byte);
        let pair = |byte| secret(&contract, SignatureKind::Ed25519, byte);
        // The newest, and the one before: of both kinds, where there are both.
        let secrets: Vec<_> = [hmac(1), pair(2), hmac(3), pair(4)].into_iter().flatten().take(2).collect();
        let known: Vec<_> = secrets.iter().map(|text| contract.verifying_secret(text).unwrap()).collect();
        let mut environment: Vec<_> = match known.as_slice() {
            [new, before] => vec![("WEBHOOK_SECRET", new.as_str()), ("WEBHOOK_SECRET_BEFORE", before)],
            _ => vec![("WEBHOOK_TOKEN", TOKEN)],
        };
        environment.push(("WEBHOOK_INBOX", inbox.to_str().unwrap()));
        let program = Program::start(command, &environment)?;
        let keys = secrets.iter().map(|text| SigningKey::parse(text, &contract).unwrap()).collect();
        let path = if contract.is_signed() { "/hook" } else { TOKEN_PATH };
        Some(Self { contract, program, path, keys, handled: Vec::new(), next: 1, inbox })
    }

    fn taken_status(&self) -> u16 {
        if self.contract.success_statuses().contains(200) { 200 } else { 202 }
    }

    /// An event that was not there yet, of a type that no other has.
    fn fresh(&mut self) -> (i64, String) {
        self.next += 1;
        (self.next, format!("thing happened {}", self.next))
    }

    fn request(&mut self, keys: &[SigningKey]) -> Request {
        let (number, kind) = self.fresh();
        Request::of(&self.contract, number, &kind, keys)
    }

    fn takes(&mut self, keys: &[SigningKey]) {
        let (number, kind) = self.fresh();
        let request = Request::of(&self.contract, number, &kind, keys);
        assert_eq!(self.program.post(self.path, &request), self.taken_status(), "{request:?}");
        self.handled.push(kind);
    }

    fn refuses(&self, why: &str, request: &Request) {
        assert_eq!(self.program.post(self.path, request), 401, "{}: {why}: {request:?}", self.contract.name);
    }

    /// Everything that was taken was handled, in its order, and nothing else.
    fn handled_all(&self) {
        for kind in &self.handled {
            let line = self.program.line();
            assert!(line.starts_with(&self.shown(kind)), "{}: {line:?} is not {kind:?}", self.contract.name);
            assert!(line.contains("Zo"), "{}: {line:?}", self.contract.name);
        }
    }

    /// The same, where each event is a file; in no order.
    fn kept_all(&self) {
        let files = std::fs::read_dir(&self.inbox).unwrap().map(|file| file.unwrap().path());
        let mut kept: Vec<_> = files
            .map(|file| {
                let kept: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
                assert!(kept["event"].to_string().contains("Zoë"), "{kept}");
                kept["type"].as_str().unwrap_or_default().to_owned()
            })
            .collect();
        kept.sort_unstable();
        let mut handled: Vec<_> = self.handled.iter().map(|kind| self.shown(kind)).collect();
        handled.sort_unstable();
        assert_eq!(kept, handled, "{}", self.contract.name);
    }

    /// Where a request does not show its type nobody can.
    fn shown(&self, kind: &str) -> String {
        let is_shown = ["github", "odd"].contains(&self.contract.name.as_str());
        let in_body = body(&self.contract, 1, kind).windows(kind.len()).any(|part| part == kind.as_bytes());
        if is_shown || in_body { kind.to_owned() } else { String::new() }
    }
}

/// Where the events have something to be known by; only `pairs` has nothing.
fn knows_events(contract: &Contract) -> bool {
    contract.name != "pairs"
}

fn try_everything(trial: &mut Trial) {
    let contract = &*Arc::clone(&trial.contract);
    for key in trial.keys.clone() {
        trial.takes(&[key]);
    }
    if contract.is_signed() {
        what_is_altered_is_refused(trial);
        what_others_signed_is_refused(trial);
        times(trial);
    } else {
        trial.takes(&[]);
        let request = trial.request(&[]);
        for path in
            ["/hooks/0123456789abcdef0123456789abcdee", "/", "/hook", "/0123456789abcdef0123456789abcdef0"]
        {
            assert_eq!(trial.program.post(path, &request), 404, "{path}");
        }
    }
    what_comes_twice_is_handled_once(trial);
    what_is_no_event_is_refused(trial);
    several_events_in_one_request(trial);
    let last = trial.keys.first().cloned();
    trial.takes(last.as_slice());
}

fn what_is_altered_is_refused(trial: &mut Trial) {
    let newest = trial.keys[..1].to_vec();
    let good = trial.request(&newest);
    let mut altered = good.clone();
    *altered.body.last_mut().unwrap() = b' ';
    trial.refuses("another body", &altered);
    trial.refuses("an empty body", &Request { body: Vec::new(), ..good.clone() });
    for header in trial.contract.signature_headers() {
        let name = header.name.as_str();
        trial.refuses("no signature", &good.clone().without(name));
        for value in ["", "sha256=", "v1,", "t=1,v1=", "v1,AAAA", "é", "sha256=zz"] {
            trial.refuses("a bad header", &good.clone().with(name, |_| value.to_owned()));
        }
        // The last letter or digit, which belongs to a signature; of base64 one before the padding.
        trial.refuses("a digit changed", &good.clone().with(name, |value| changed(value, 40)));
        trial.refuses("cut short", &good.clone().with(name, |value| value[..value.len() - 1].to_owned()));
    }
}

/// With another letter or digit at this place from the end.
fn changed(value: &str, from_end: usize) -> String {
    let at = value.len() - from_end.min(value.len());
    let at = at + value[at..].find(|c: char| c.is_ascii_hexdigit()).unwrap();
    let other = if value[at..].starts_with('0') { "1" } else { "0" };
    format!("{}{other}{}", &value[..at], &value[at + 1..])
}

fn what_others_signed_is_refused(trial: &mut Trial) {
    let contract = &*Arc::clone(&trial.contract);
    let kinds = [SignatureKind::Hmac, SignatureKind::Ed25519];
    let others: Vec<_> = kinds.into_iter().filter_map(|kind| secret(contract, kind, 99)).collect();
    let others: Vec<_> = others.iter().map(|text| SigningKey::parse(text, contract).unwrap()).collect();
    for other in &others {
        let request = trial.request(std::slice::from_ref(other));
        trial.refuses("another secret", &request);
    }
    // While two secrets hold, a receiver that knows one of them takes what both signed.
    if contract.secrets_overlap() {
        for key in trial.keys.clone() {
            trial.takes(&[others[0].clone(), key.clone()]);
            trial.takes(&[key, others[0].clone()]);
        }
    }
}

fn times(trial: &mut Trial) {
    let contract = &*Arc::clone(&trial.contract);
    let keys = trial.keys[..1].to_vec();
    let covers_time = contract.signature_headers().iter().any(|header| {
        let covers = |scheme: &postrider_contract::Scheme| {
            scheme.content.contains(&postrider_contract::Part::Var(postrider_contract::Var::Timestamp))
        };
        header.schemes.iter().all(covers)
    });
    for away in [-310, 310, -290, 290, -1_700_000_000] {
        let (number, kind) = trial.fresh();
        let body = body(contract, number, &kind);
        let request = Request::signed(contract, &id(contract, number), &kind, body, &keys, now() + away);
        if covers_time && away.abs() > 300 {
            trial.refuses("its time", &request);
        } else {
            assert_eq!(trial.program.post(trial.path, &request), trial.taken_status(), "{away}");
            trial.handled.push(kind);
        }
    }
}

fn what_comes_twice_is_handled_once(trial: &mut Trial) {
    let (number, kind) = trial.fresh();
    let keys: Vec<_> = trial.keys.iter().take(1).cloned().collect();
    let times = 3;
    for time in 0..times {
        // Each attempt is signed anew.
        let (id, body) = (id(&trial.contract, number), body(&trial.contract, number, &kind));
        let request = Request::signed(&trial.contract, &id, &kind, body, &keys, now() - time);
        assert_eq!(trial.program.post(trial.path, &request), trial.taken_status());
    }
    let handled = if knows_events(&trial.contract) { 1 } else { times };
    trial.handled.extend((0..handled).map(|_| kind.clone()));
}

fn what_is_no_event_is_refused(trial: &mut Trial) {
    let keys: Vec<_> = trial.keys.iter().take(1).cloned().collect();
    let (number, kind) = trial.fresh();
    let id = id(&trial.contract, number);
    let request = Request::signed(&trial.contract, &id, &kind, b"{\"not\": json".to_vec(), &keys, now());
    assert_eq!(trial.program.post(trial.path, &request), 400);
    // Python's server knows the methods it was written for and no other.
    assert!([405, 501].contains(&trial.program.send("PUT", trial.path, &request)));
}

fn several_events_in_one_request(trial: &mut Trial) {
    let contract = &*Arc::clone(&trial.contract);
    if contract.endpoint.batch.is_none() {
        return;
    }
    let keys: Vec<_> = trial.keys.iter().take(1).cloned().collect();
    let events = [trial.fresh(), trial.fresh()];
    let bodies = events.clone().map(|(number, kind)| body(contract, number, &kind).into());
    let body = contract.render_batch(&bodies).to_vec();
    let request = Request::signed(contract, "bat_0Az", "", body, &keys, now());
    assert_eq!(trial.program.post(trial.path, &request), trial.taken_status());
    trial.handled.extend(events.map(|(_, kind)| kind));
}

/// Runs the code of every contract, with `check` at the end of each run; `command` makes the command that runs a file, or
/// what was made for the contract of that name before.
fn every_contract(language: Language, command: impl Fn(&Path, &str) -> Command, check: impl Fn(&Trial)) {
    for contract in contracts::all() {
        let folder = tempfile::tempdir().unwrap();
        let file = saved(folder.path(), language.file_name(), &snippet(&contract, language).code);
        let inbox = folder.path().join("inbox");
        std::fs::create_dir(&inbox).unwrap();
        let command = command(&file, &contract.name);
        let Some(mut trial) = Trial::start(contract, language, command, inbox) else { return };
        try_everything(&mut trial);
        check(&trial);
    }
}

/// A program and its last argument.
fn run(program: impl AsRef<OsStr>, file: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg(file);
    command
}

#[test]
fn the_node_code_of_every_contract_takes_what_is_genuine_once_and_refuses_the_rest() {
    every_contract(Language::Node, |file, _| run("node", file), Trial::handled_all);
}

#[test]
fn the_python_code_of_every_contract_takes_what_is_genuine_once_and_refuses_the_rest() {
    let python = repository().join("target/verify/python/bin/python");
    every_contract(Language::Python, |file, _| run(&python, file), Trial::handled_all);
}

#[test]
fn the_php_code_of_every_contract_takes_what_is_genuine_once_and_refuses_the_rest() {
    if Command::new("php").arg("--version").output().is_err() {
        return not_installed("php");
    }
    let serve = |file: &Path, _: &str| {
        // Where it listens is told on standard error.
        let mut command = Command::new("sh");
        command.args(["-c", "exec php -d display_errors=stderr -S 127.0.0.1:0 \"$0\" 2>&1"]).arg(file);
        command
    };
    every_contract(Language::Php, serve, Trial::kept_all);
}

#[test]
fn the_go_code_of_every_contract_takes_what_is_genuine_once_and_refuses_the_rest() {
    if Command::new("gccgo").arg("--version").output().is_err() {
        return not_installed("gccgo");
    }
    let compiled = |file: &Path, _: &str| {
        let program = file.with_extension("");
        let compiler = Command::new("gccgo").arg("-o").arg(&program).arg(file).output().unwrap();
        assert!(compiler.status.success(), "{}", String::from_utf8_lossy(&compiler.stderr));
        Command::new(program)
    };
    every_contract(Language::Go, compiled, Trial::handled_all);
}

#[test]
fn the_rust_code_of_every_contract_takes_what_is_genuine_once_and_refuses_the_rest() {
    let tests = std::env::current_exe().unwrap();
    let program = tests.ancestors().nth(2).unwrap().join("examples/receiver");
    let receiver = |_: &Path, contract: &str| {
        let mut command = Command::new(&program);
        command.arg(contract);
        command
    };
    assert!(program.exists(), "{} is built with the tests", program.display());
    every_contract(Language::Rust, receiver, Trial::handled_all);
}
