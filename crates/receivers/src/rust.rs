//! Rust: a program on axum, with ring for the cryptography.

use postrider_contract::{KeyForm, PUBLIC_KEY_PREFIX, Part, Var};

use crate::body::Batch;
use crate::fill::Gaps;
use crate::recipe::{Check, KnownBy, Recipe, Scheme, Told};

const FRAME: &str = include_str!("rust/frame.rs");

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
            ("title", &recipe.title),
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

/// Functions that take texts apart.
#[derive(Default)]
struct Forms {
    functions: String,
    count: usize,
}

impl Forms {
    /// What stands in `given` for the captured, as an expression of type `Option`.
    fn parse(&mut self, given: &str, parts: &[Part<Var>], captured: &[Var]) -> String {
        match parts {
            [Part::Var(_)] => format!("Some({given})"),
            [Part::Text(plain), Part::Var(_)] => format!("{given}.strip_prefix({})", text(plain)),
            _ => format!("{}({given})", self.add(parts, captured, false)),
        }
    }

    /// A function that takes a text of this form apart, and gives what follows too where `is_start`; its name.
    ///
    /// A placeholder ends where the text that follows it first occurs, as in `Contract::verify`.
    fn add(&mut self, parts: &[Part<Var>], captured: &[Var], is_start: bool) -> String {
        self.count += 1;
        let name = format!("form{}", self.count);
        let mut lines = Vec::new();
        let mut at = 0;
        while let Some(part) = parts.get(at) {
            at += 1;
            let Part::Var(var) = part else {
                if let Part::Text(plain) = part {
                    lines.push(format!("let rest = rest.strip_prefix({})?;", text(plain)));
                }
                continue;
            };
            let is_captured = captured.contains(var) && !parts[..at - 1].contains(part);
            let bound = if is_captured { name_of(*var) } else { "_" };
            if let Some(Part::Text(plain)) = parts.get(at) {
                lines.push(format!("let ({bound}, rest) = rest.split_once({})?;", text(plain)));
                at += 1;
            } else {
                lines.push(format!("let ({bound}, rest) = (rest, \"\");"));
            }
        }
        let mut names: Vec<_> = captured.iter().map(|var| name_of(*var)).collect();
        if is_start {
            names.push("rest");
        }
        let types = vec!["&str"; names.len()].join(", ");
        let (names, types) = match names.as_slice() {
            [name] => ((*name).to_owned(), types),
            _ => (format!("({})", names.join(", ")), format!("({types})")),
        };
        let end =
            if is_start { format!("Some({names})") } else { format!("rest.is_empty().then_some({names})") };
        let body: String = lines.iter().map(|line| format!("    {line}\n")).collect();
        self.functions += &format!("fn {name}(rest: &str) -> Option<{types}> {{\n{body}    {end}\n}}\n\n");
        name
    }
}

/// `is_genuine`, and what it stands on.
fn checks(recipe: &Recipe, forms: &mut Forms) -> String {
    let bytes =
        "/// `body` is the bytes as they came: parsed and written anew they are not what was signed.\n";
    match recipe.checks.as_slice() {
        [] => String::new(),
        [check] => bytes.to_owned() + &function("is_genuine", check, forms),
        checks => {
            let name = |index: usize| format!("is_genuine_by_{}", index + 1);
            let mut code = String::new();
            for (index, check) in checks.iter().enumerate() {
                code += &(function(&name(index), check, forms) + "\n");
            }
            let calls: Vec<_> =
                (0..checks.len()).map(|index| name(index) + "(keys, headers, body)").collect();
            let all = calls.join(" && ");
            code + bytes + &format!("{}    {all}\n}}\n", signature("is_genuine"))
        }
    }
}

fn signature(name: &str) -> String {
    format!("fn {name}(keys: &Keys, headers: &HeaderMap, body: &[u8]) -> bool {{\n")
}

/// The function that checks one header.
fn function(name: &str, check: &Check, forms: &mut Forms) -> String {
    let mut lines: Vec<String> = Vec::new();
    for told in &check.told {
        lines.push(format!("let {} = {};", name_of(told.var), of_header(told, forms)));
    }
    let signatures = start(check, &mut lines, forms);
    if check.time_is_shared() {
        lines.extend(block("if !is_recent(timestamp) {", &["return false;".to_owned()]));
    }
    if let Some(parts) = check.shared_content().filter(|parts| *parts != [Part::Var(Var::Body)]) {
        lines.push(format!("let content = {};", content(parts)));
    }
    let attempts: Vec<_> = check.schemes.iter().flat_map(|scheme| attempt(check, scheme, forms)).collect();
    if let Some(between) = &check.joined {
        lines.push("// One signature for each secret that holds; one that fits is enough.".to_owned());
        lines.extend(block(&format!("for signature in {signatures}.split({}) {{", text(between)), &attempts));
    } else {
        lines.push(format!("let signature = {signatures};"));
        lines.extend(attempts);
    }
    lines.push("false".to_owned());
    let body: String = lines.iter().map(|line| format!("    {line}\n")).collect();
    format!("{}{body}}}\n", signature(name))
}

/// Lines between braces.
fn block(opening: &str, lines: &[String]) -> Vec<String> {
    let inner = lines.iter().map(|line| format!("    {line}"));
    [opening.to_owned()].into_iter().chain(inner).chain(["}".to_owned()]).collect()
}

/// Takes apart what stands before the signatures; where those then are, as an expression.
fn start(check: &Check, lines: &mut Vec<String>, forms: &mut Forms) -> String {
    let value = format!("header(headers, {})", text(&check.header));
    if check.before.is_empty() {
        return value;
    }
    let form = forms.add(&check.before, &check.before_covered, true);
    let names: Vec<_> = check.before_covered.iter().map(|var| name_of(*var)).chain(["signatures"]).collect();
    let bound = if names.len() == 1 { names.join("") } else { format!("({})", names.join(", ")) };
    lines.extend(block(
        &format!("let Some({bound}) = {form}({value}) else {{"),
        &["return false;".to_owned()],
    ));
    // The block of `let … else` is a statement.
    if let Some(last) = lines.last_mut() {
        last.push(';');
    }
    "signatures".to_owned()
}

/// Looks at one signature as one of this scheme.
fn attempt(check: &Check, scheme: &Scheme, forms: &mut Forms) -> Vec<String> {
    let (keys, fits) = match scheme.key {
        KeyForm::Utf8 => ("keys.utf8", "hmac_fits"),
        KeyForm::Base64 => ("keys.base64", "hmac_fits"),
        KeyForm::Ed25519 => ("keys.ed25519", "ed25519_fits"),
    };
    let is_body = scheme.content == [Part::Var(Var::Body)];
    let shared = if is_body { "body" } else { "&content" };
    let content = if check.shared_content().is_some() || is_body {
        shared.to_owned()
    } else {
        format!("&{}", content(&scheme.content))
    };
    let decode = if scheme.is_hex() { "from_hex" } else { "from_base64" };
    let names: Vec<_> = scheme.captured.iter().map(|var| name_of(*var)).collect();
    let bound = if names.len() == 1 { names.join("") } else { format!("({})", names.join(", ")) };
    let form = forms.parse("signature", &scheme.value, &scheme.captured);
    let is_late = scheme.covers_time && !check.time_is_shared();
    let recent = if is_late { "is_recent(timestamp) && " } else { "" };
    let call = format!("{fits}(&{keys}, {content}, &{decode}(digits))");
    let yes = ["return true;".to_owned()];
    if form == "Some(signature)" {
        let inner = block(&format!("if {recent}{call} {{"), &yes);
        return [vec!["let digits = signature;".to_owned()], inner].concat();
    }
    let mut question = vec![format!("if let Some({bound}) = {form}")];
    if is_late {
        question.push("    && is_recent(timestamp)".to_owned());
    }
    question.push(format!("    && {call}"));
    question.into_iter().chain(block("{", &yes)).collect()
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

/// What a header tells, as an expression; empty text where the header is not there.
fn of_header(told: &Told, forms: &mut Forms) -> String {
    let header = format!("header(headers, {})", text(&told.header));
    if told.is_whole() {
        return header;
    }
    format!("{}.unwrap_or_default()", forms.parse(&header, &told.value, &[told.var]))
}

/// What is signed, as bytes.
fn content(parts: &[Part<Var>]) -> String {
    let mut pieces: Vec<String> = Vec::new();
    let mut run = String::new();
    let end = |run: &mut String, pieces: &mut Vec<String>| match std::mem::take(run) {
        run if run.is_empty() => {}
        run if ["{id}", "{timestamp}"].contains(&run.as_str()) => {
            pieces.push(format!("{}.as_bytes()", run.trim_matches(['{', '}'])));
        }
        run => pieces.push(format!("format!(\"{run}\").as_bytes()")),
    };
    for part in parts {
        match part {
            Part::Text(plain) => {
                run += text(plain).trim_matches('"').replace('{', "{{").replace('}', "}}").as_str();
            }
            Part::Var(Var::Body) => {
                end(&mut run, &mut pieces);
                pieces.push("body".to_owned());
            }
            Part::Var(var) => run += &format!("{{{}}}", name_of(*var)),
        }
    }
    end(&mut run, &mut pieces);
    format!("[{}].concat()", pieces.join(", "))
}

/// A text in quotes.
fn text(plain: &str) -> String {
    format!("{plain:?}")
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
