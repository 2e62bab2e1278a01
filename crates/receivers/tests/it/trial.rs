//! A program on trial: what it was sent, and what it must have made of it.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use postrider_contract::{Contract, SigningKey};
use postrider_model::endpoint::SignatureKind;
use serde_json::Value;

use crate::program::Program;
use crate::request::{Request, body, secret};

/// A program of a contract that runs, and what it must have handled so far.
pub(crate) struct Trial {
    pub(crate) contract: Arc<Contract>,
    pub(crate) program: Program,
    pub(crate) path: &'static str,
    /// The keys whose secrets it knows.
    pub(crate) keys: Vec<SigningKey>,
    /// The types of the events it must have handled.
    pub(crate) handled: Vec<String>,
    next: i64,
    /// Where it puts events that it does not handle itself.
    inbox: PathBuf,
}

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const TOKEN_PATH: &str = "/hooks/0123456789abcdef0123456789abcdef?x=1";

impl Trial {
    /// Starts a program with two secrets: the newest, and the one before.
    pub(crate) fn start(contract: Arc<Contract>, command: Command, inbox: PathBuf) -> Self {
        let hmac = |byte| secret(&contract, SignatureKind::Hmac, byte);
        let pair = |byte| secret(&contract, SignatureKind::Ed25519, byte);
        // Of both kinds, where there are both.
        let secrets: Vec<_> = [hmac(1), pair(2), hmac(3), pair(4)].into_iter().flatten().take(2).collect();
        let known: Vec<_> = secrets.iter().map(|text| contract.verifying_secret(text).unwrap()).collect();
        let mut environment: Vec<_> = match known.as_slice() {
            [new, before] => vec![("WEBHOOK_SECRET", new.as_str()), ("WEBHOOK_SECRET_BEFORE", before)],
            _ => vec![("WEBHOOK_TOKEN", TOKEN)],
        };
        environment.push(("WEBHOOK_INBOX", inbox.to_str().unwrap()));
        let program = Program::start(command, &environment);
        let keys = secrets.iter().map(|text| SigningKey::parse(text, &contract).unwrap()).collect();
        let path = if contract.is_signed() { "/hook" } else { TOKEN_PATH };
        Self { contract, program, path, keys, handled: Vec::new(), next: 1, inbox }
    }

    pub(crate) fn taken_status(&self) -> u16 {
        if self.contract.success_statuses().contains(200) { 200 } else { 202 }
    }

    /// An event that was not there yet, of a type that no other has.
    pub(crate) fn fresh(&mut self) -> (i64, String) {
        self.next += 1;
        (self.next, format!("thing happened {}", self.next))
    }

    pub(crate) fn request(&mut self, keys: &[SigningKey]) -> Request {
        let (number, kind) = self.fresh();
        Request::of(&self.contract, number, &kind, keys)
    }

    pub(crate) fn takes(&mut self, keys: &[SigningKey]) {
        let (number, kind) = self.fresh();
        let request = Request::of(&self.contract, number, &kind, keys);
        assert_eq!(self.program.post(self.path, &request), self.taken_status(), "{request:?}");
        self.handled.push(kind);
    }

    pub(crate) fn refuses(&self, why: &str, request: &Request) {
        assert_eq!(self.program.post(self.path, request), 401, "{}: {why}: {request:?}", self.contract.name);
    }

    /// Everything that was taken was handled, in its order, and nothing else.
    pub(crate) fn handled_all(&self) {
        for kind in &self.handled {
            let line = self.program.line();
            assert!(line.starts_with(&self.shown(kind)), "{}: {line:?} is not {kind:?}", self.contract.name);
            assert!(line.contains("Zo"), "{}: {line:?}", self.contract.name);
        }
    }

    /// The same, where each event is a file; in no order.
    pub(crate) fn kept_all(&self) {
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
    pub(crate) fn shown(&self, kind: &str) -> String {
        let is_shown = ["github", "odd"].contains(&self.contract.name.as_str());
        let in_body = body(&self.contract, 1, kind).windows(kind.len()).any(|part| part == kind.as_bytes());
        if is_shown || in_body { kind.to_owned() } else { String::new() }
    }
}
