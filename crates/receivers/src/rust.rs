//! Rust: a program on axum, with ring for the cryptography.

mod forms;
mod proof;

use postrider_contract::{KeyForm, PUBLIC_KEY_PREFIX, Var};

use crate::body::Batch;
use crate::fill::Gaps;
use crate::recipe::{KnownBy, Recipe, Scheme};
use forms::Forms;
use proof::{checks, of_header};

const FRAME: &str = include_str!("rust/frame.rs.txt");

/// Writes the program.
pub(crate) fn write(recipe: &Recipe) -> String {
    let mut forms = Forms::default();
    let checks = checks(recipe, &mut forms);
    let (of_request, of_event) = once(recipe, &mut forms);
    let event_type = event_type(recipe, &mut forms);
    let uses = Uses::of(recipe);
    let mut flags = recipe.flags().to_vec();
    flags.extend([
        ("decoded", uses.decoded),
        ("base64 crate", uses.base64),
        ("hex crate", uses.hex),
        ("of hex", recipe.schemes().any(Scheme::is_hex)),
        ("of base64", recipe.schemes().any(|scheme| !scheme.is_hex())),
        ("headers", recipe.is_signed() || uses.headers_to_take),
    ]);
    let (headers_in, headers_out) =
        if uses.headers_to_take { ("headers: &HeaderMap, ", "&headers, ") } else { ("", "") };
    let is_taken_apart = matches!(recipe.body.batch, Batch::Field(_));
    let gaps = Gaps {
        flags: &flags,
        values: &[
            ("sender", &recipe.sender),
            ("imports", &imports(recipe, &uses)),
            ("tolerance", &recipe.tolerance_seconds.to_string()),
            ("public", &text(PUBLIC_KEY_PREFIX)),
            ("prefix", &text(&recipe.secret_prefix)),
            ("no keys", &no_keys(recipe)),
            ("forms", &forms.functions),
            ("checks", &checks),
            ("headers in", headers_in),
            ("headers out", headers_out),
            ("message", if is_taken_apart { "mut message" } else { "message" }),
            ("once request", &of_request),
            ("events", &events(&recipe.body.batch)),
            ("once event", &of_event),
            ("type", &event_type),
            ("taken", &taken(recipe.taken_status)),
        ],
        empty_lines: 1,
    };
    gaps.fill(FRAME)
}

/// What the program needs.
struct Uses {
    decoded: bool,
    base64: bool,
    hex: bool,
    headers_to_take: bool,
}

impl Uses {
    fn of(recipe: &Recipe) -> Self {
        let decoded = recipe.has(KeyForm::Base64) || recipe.has(KeyForm::Ed25519);
        Self {
            decoded,
            base64: decoded || recipe.schemes().any(|scheme| !scheme.is_hex()),
            hex: recipe.schemes().any(Scheme::is_hex) || matches!(recipe.known_by, KnownBy::Body),
            headers_to_take: recipe.type_header.is_some() || matches!(recipe.known_by, KnownBy::Header(_)),
        }
    }
}

fn imports(recipe: &Recipe, uses: &Uses) -> String {
    let is_signed = recipe.is_signed();
    let is_once = !matches!(recipe.known_by, KnownBy::Nothing);
    let of_http = [
        ("HeaderMap", is_signed || uses.headers_to_take),
        ("Method", true),
        ("StatusCode", true),
        ("Uri", !is_signed),
    ];
    let of_http: Vec<_> = of_http.into_iter().filter(|(_, is_used)| *is_used).map(|(name, _)| name).collect();
    let of_http = format!("axum::http::{{{}}}", of_http.join(", "));
    let of_ring = match (matches!(recipe.known_by, KnownBy::Body), recipe.has_hmac() || !is_signed) {
        (true, true) => "ring::{digest, hmac}",
        (true, false) => "ring::digest",
        (false, _) => "ring::hmac",
    };
    let lines = [
        ("std::collections::{HashSet, VecDeque}", is_once),
        ("std::env", true),
        (if is_once { "std::sync::{Arc, Mutex}" } else { "std::sync::Arc" }, true),
        ("std::time::{SystemTime, UNIX_EPOCH}", recipe.covers_time()),
        ("", true),
        ("axum::Router", true),
        ("axum::body::Bytes", true),
        ("axum::extract::{DefaultBodyLimit, State}", true),
        (&of_http, true),
        ("base64::Engine as _", uses.base64),
        ("base64::engine::general_purpose::STANDARD as BASE64", uses.base64),
        (of_ring, recipe.has_hmac() || !is_signed || matches!(recipe.known_by, KnownBy::Body)),
        ("ring::signature::{ED25519, UnparsedPublicKey}", recipe.has(KeyForm::Ed25519)),
        ("serde_json::Value", true),
        ("tokio::net::TcpListener", true),
        ("tokio::sync::mpsc", true),
    ];
    let used = lines.into_iter().filter(|(_, is_used)| *is_used);
    used.map(|(path, _)| if path.is_empty() { "\n".to_owned() } else { format!("use {path};\n") }).collect()
}

/// Whether there are no keys, as an expression.
fn no_keys(recipe: &Recipe) -> String {
    let forms = [(KeyForm::Utf8, "utf8"), (KeyForm::Base64, "base64"), (KeyForm::Ed25519, "ed25519")];
    let names = forms.into_iter().filter(|(form, _)| recipe.has(*form));
    names.map(|(_, name)| format!("keys.{name}.is_empty()")).collect::<Vec<_>>().join(" && ")
}

/// What leaves out what came before: once for the request, or for each event in it.
fn once(recipe: &Recipe, forms: &mut Forms) -> (String, String) {
    let leave = if recipe.body.batch == Batch::Never { "return Ok(())" } else { "continue" };
    match &recipe.known_by {
        KnownBy::Field(field) => {
            let id = format!("event[{}].as_str()", text(field));
            (String::new(), format!("if {id}.is_some_and(|id| !self.is_new(id)) {{\n    {leave};\n}}"))
        }
        KnownBy::Header(told) => {
            let id = format!("let id = {};", of_header(told, forms));
            (format!("{id}\nif !id.is_empty() && !self.is_new(id) {{\n    return Ok(());\n}}"), String::new())
        }
        KnownBy::Body => {
            let why = "// An event has no id; what is the same to the last byte is the same event.";
            let id = "let hash = hex::encode(digest::digest(&digest::SHA256, body));";
            (format!("{why}\n{id}\nif !self.is_new(&hash) {{\n    return Ok(());\n}}"), String::new())
        }
        KnownBy::Nothing => Default::default(),
    }
}

/// `events`, where a body may hold several.
fn events(batch: &Batch) -> String {
    match batch {
        Batch::Never => String::new(),
        Batch::List => {
            "let events = match message {\n    Value::Array(events) => events,\n    event => vec![event],\n};"
                .to_owned()
        }
        Batch::Field(field) => format!(
            "let events = match message.get_mut({}).map(Value::take) {{\n    Some(Value::Array(events)) => events,\n    \
             _ => vec![message],\n}};",
            text(field)
        ),
    }
}

fn event_type(recipe: &Recipe, forms: &mut Forms) -> String {
    match (&recipe.body.type_field, &recipe.type_header) {
        (Some(field), _) => format!("event[{}].as_str().unwrap_or_default().to_owned()", text(field)),
        (None, Some(header)) => format!("{}.to_owned()", of_header(header, forms)),
        (None, None) => "\"event\".to_owned()".to_owned(),
    }
}

fn taken(status: u16) -> String {
    if status == 200 {
        "StatusCode::OK".to_owned()
    } else {
        format!("StatusCode::from_u16({status}).unwrap_or_default()")
    }
}

fn name_of(var: Var) -> &'static str {
    match var {
        Var::Id => "id",
        Var::Timestamp => "timestamp",
        Var::EventType => "kind",
        Var::Body => "body",
        Var::Hex | Var::Base64 => "digits",
    }
}

/// A text in quotes.
fn text(plain: &str) -> String {
    format!("{plain:?}")
}
