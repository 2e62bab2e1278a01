//! What a receiver of a contract checks, and where it finds what: all that the languages need to know.

mod check;

use postrider_contract::{Contract, KeyForm, SecretSource, Var};

use crate::Language;
use crate::body::{Batch, Body};
pub(crate) use check::{Check, Scheme, Told};

/// How old a request may be, in seconds, where its signature covers its time (Standard Webhooks 1.0 leaves it to the
/// receiver; its libraries, and Stripe's, have five minutes).
const TOLERANCE_SECONDS: u32 = 300;

const UNSIGNED: &str = "These requests are not signed: nothing in them proves who sent them. Keep the URL secret, allow \
    only the sender's addresses, and ask the sender's API before you act on what matters.";

/// What a receiver of a contract checks.
#[derive(Debug)]
pub(crate) struct Recipe {
    /// Who sends, fit for a comment.
    pub(crate) sender: String,
    /// Every one of them must hold. None where the contract signs nothing.
    pub(crate) checks: Vec<Check>,
    /// What a secret of the base64 form begins with.
    pub(crate) secret_prefix: String,
    /// Whether an endpoint may do without a secret, and is then unsigned.
    pub(crate) may_be_unsigned: bool,
    /// What stands in the body.
    pub(crate) body: Body,
    /// By what the same event is known when it comes again.
    pub(crate) known_by: KnownBy,
    /// A header that shows the event's type, where the body does not.
    pub(crate) type_header: Option<Told>,
    /// The status that says: taken.
    pub(crate) taken_status: u16,
    /// How far a request's time may be from now, in seconds, where its signature covers it.
    pub(crate) tolerance_seconds: u32,
}

/// By what the same event is known when it comes again.
#[derive(Debug)]
pub(crate) enum KnownBy {
    /// A field of each event.
    Field(String),
    /// A header of the request.
    Header(Told),
    /// The bytes of the body, which says when the event happened.
    Body,
    /// Nothing.
    Nothing,
}

impl KnownBy {
    fn of(body: &Body, header: Option<Told>) -> Self {
        match (&body.id_field, header) {
            (Some(field), _) => Self::Field(field.clone()),
            (None, Some(header)) => Self::Header(header),
            (None, None) if body.is_dated => Self::Body,
            (None, None) => Self::Nothing,
        }
    }
}

impl Recipe {
    pub(crate) fn of(contract: &Contract, sender: &str) -> Self {
        let body = Body::of(contract);
        let header = |var: Var| Told::by(contract, var);
        let secret = contract.endpoint.secret.as_ref();
        Self {
            sender: comment(sender),
            checks: contract.signature_headers().iter().map(|header| Check::of(header, contract)).collect(),
            secret_prefix: secret.map_or_else(String::new, |terms| terms.prefix.clone()),
            may_be_unsigned: secret.is_some_and(|terms| terms.source == SecretSource::Given),
            known_by: KnownBy::of(&body, header(Var::Id)),
            type_header: if body.type_field.is_some() { None } else { header(Var::EventType) },
            body,
            taken_status: taken_status(contract),
            tolerance_seconds: TOLERANCE_SECONDS,
        }
    }

    pub(crate) fn is_signed(&self) -> bool {
        !self.checks.is_empty()
    }

    /// Whether secrets have this form.
    pub(crate) fn has(&self, key: KeyForm) -> bool {
        self.schemes().any(|scheme| scheme.key == key)
    }

    /// Whether secrets of both kinds are possible, so that they must be told apart.
    pub(crate) fn has_both_kinds(&self) -> bool {
        self.has(KeyForm::Ed25519) && self.has_hmac()
    }

    pub(crate) fn has_hmac(&self) -> bool {
        self.has(KeyForm::Utf8) || self.has(KeyForm::Base64)
    }

    /// What to say of a secret that has not the base64 form.
    pub(crate) fn wrong_secret(&self) -> String {
        format!("a secret is {} and a key in base64", self.secret_prefix).replace("  ", " ")
    }

    /// Which blocks of a frame its program has.
    pub(crate) fn flags(&self) -> [(&'static str, bool); 9] {
        [
            ("signed", self.is_signed()),
            ("both", self.has_both_kinds()),
            ("hmac", self.has_hmac()),
            ("utf8", self.has(KeyForm::Utf8)),
            ("base64", self.has(KeyForm::Base64)),
            ("ed25519", self.has(KeyForm::Ed25519)),
            ("time", self.covers_time()),
            ("once", !matches!(self.known_by, KnownBy::Nothing)),
            ("batch", self.body.batch != Batch::Never),
        ]
    }

    /// Whether some header must be taken apart to see the event's id or type.
    pub(crate) fn reads_headers_by_pattern(&self) -> bool {
        let id = if let KnownBy::Header(told) = &self.known_by { Some(told) } else { None };
        id.into_iter().chain(&self.type_header).any(|told| !told.is_whole())
    }

    pub(crate) fn covers_time(&self) -> bool {
        self.schemes().any(|scheme| scheme.covers_time)
    }

    pub(crate) fn schemes(&self) -> impl Iterator<Item = &Scheme> {
        self.checks.iter().flat_map(|check| &check.schemes)
    }

    /// What the reader of the code should know beside it.
    pub(crate) fn note(&self, language: Language) -> Option<String> {
        let mut notes = Vec::new();
        if !self.is_signed() {
            notes.push(UNSIGNED);
        }
        if self.is_signed() && self.may_be_unsigned {
            notes.push("Only a webhook with a secret is signed: give it one.");
        }
        if self.has_both_kinds() {
            notes.push("A webhook that signs with ed25519 has a public key in place of a secret: use it the same way.");
        }
        if self.has(KeyForm::Ed25519) && language == Language::Python {
            notes.push("Python verifies ed25519 with the package cryptography.");
        }
        if notes.is_empty() { None } else { Some(notes.join(" ")) }
    }
}

/// 200 where it counts as a success; else the first that does.
fn taken_status(contract: &Contract) -> u16 {
    let success = contract.success_statuses();
    if success.contains(200) { 200 } else { success.ranges().next().map_or(200, |range| *range.start()) }
}

/// A text that ends no comment and turns nothing around, in any of the languages.
fn comment(text: &str) -> String {
    let plain = |c: char| match c {
        _ if c.is_control() => ' ',
        // Lines and paragraphs that end (RFC 8259 lets them stand, languages do not), and marks that turn text around.
        '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => ' ',
        _ => c,
    };
    text.chars()
        .map(plain)
        .collect::<String>()
        .replace("?>", "? >")
        .replace("*/", "* /")
        .replace("\"\"\"", "'")
}
