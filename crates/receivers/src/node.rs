//! Node.js: one module, nothing to install.

use postrider_contract::{KeyForm, PUBLIC_KEY_PREFIX, Part, Var};

use crate::body::Batch;
use crate::fill::Gaps;
use crate::pattern::pattern;
use crate::recipe::{Check, KnownBy, Recipe, Scheme, Told};

const FRAME: &str = include_str!("node/frame.mjs");

/// Writes the program.
pub(crate) fn write(recipe: &Recipe) -> String {
    let both = recipe.has_both_kinds();
    let (of_request, of_event) = once(recipe);
    let gaps = Gaps {
        flags: &recipe.flags(),
        values: &[
            ("sender", &recipe.sender),
            ("imports", &imports(recipe)),
            ("hmac secrets", if both { "secrets.filter((secret) => !isPublic(secret))" } else { "secrets" }),
            ("public keys", if both { "secrets.filter(isPublic)" } else { "secrets" }),
            ("public", &text(PUBLIC_KEY_PREFIX)),
            ("prefix", &text(&recipe.secret_prefix)),
            ("wrong secret", &text(&recipe.wrong_secret())),
            ("tolerance", &recipe.tolerance_seconds.to_string()),
            ("checks", &checks(recipe)),
            ("once request", &of_request),
            ("once event", &of_event),
            ("list", &list(&recipe.body.batch)),
            ("type", &event_type(recipe)),
            ("taken", &recipe.taken_status.to_string()),
        ],
        empty_lines: 1,
    };
    gaps.fill(FRAME)
}

fn imports(recipe: &Recipe) -> String {
    let is_hashed = !recipe.is_signed() || matches!(recipe.known_by, KnownBy::Body);
    let names = [
        ("createHash", is_hashed),
        ("createHmac", recipe.has_hmac()),
        ("createPublicKey", recipe.has(KeyForm::Ed25519)),
        ("timingSafeEqual", recipe.has_hmac() || !recipe.is_signed()),
        ("verify", recipe.has(KeyForm::Ed25519)),
    ];
    let names: Vec<_> = names.into_iter().filter(|(_, is_used)| *is_used).map(|(name, _)| name).collect();
    names.join(", ")
}

/// `isGenuine`, and what it stands on.
fn checks(recipe: &Recipe) -> String {
    let bytes =
        "// `body` is the bytes as they came: parsed and written anew they are not what was signed.\n";
    match recipe.checks.as_slice() {
        [] => String::new(),
        [check] => bytes.to_owned() + &function("isGenuine", check),
        checks => {
            let name = |index: usize| format!("isGenuineBy{}", index + 1);
            let each = checks.iter().enumerate().map(|(index, check)| function(&name(index), check) + "\n");
            let calls: Vec<_> = (0..checks.len()).map(|index| name(index) + "(headers, body)").collect();
            let all = format!("function isGenuine(headers, body) {{\n  return {};\n}}\n", calls.join(" && "));
            each.collect::<String>() + bytes + &all
        }
    }
}

/// The function that checks one header.
fn function(name: &str, check: &Check) -> String {
    let mut lines: Vec<String> = check.told.iter().map(let_told).collect();
    let value = format!("headers[{}] ?? \"\"", text(&check.header));
    let signatures = start(check, &value, &mut lines);
    if check.time_is_shared() {
        lines.push("if (!isRecent(timestamp)) return false;".to_owned());
    }
    if let Some(parts) = check.shared_content().filter(|parts| *parts != [Part::Var(Var::Body)]) {
        lines.push(format!("const content = {};", content(parts)));
    }
    let attempts: Vec<_> = check.schemes.iter().flat_map(|scheme| attempt(check, scheme)).collect();
    if let Some(between) = &check.joined {
        lines.push("// One signature for each secret that holds; one that fits is enough.".to_owned());
        lines.push(format!("for (const signature of {signatures}.split({})) {{", text(between)));
        lines.extend(attempts.iter().map(|line| format!("  {line}")));
        lines.push("}".to_owned());
    } else {
        lines.push(format!("const signature = {};", signatures.trim_matches(['(', ')'])));
        lines.extend(attempts);
    }
    end(&mut lines);
    let body: String = lines.iter().map(|line| format!("  {line}\n")).collect();
    format!("function {name}(headers, body) {{\n{body}}}\n")
}

fn let_told(told: &Told) -> String {
    format!("const {} = {};", name_of(told.var), of_header(told))
}

/// Ends the function: one last question is its answer.
fn end(lines: &mut Vec<String>) {
    let last = lines.pop().unwrap_or_default();
    match last.strip_prefix("if (").and_then(|last| last.strip_suffix(") return true;")) {
        Some(question) => {
            lines.push(format!("return {};", question.replacen("found &&", "found !== null &&", 1)))
        }
        None => lines.extend([last, "return false;".to_owned()]),
    }
}

/// Takes apart what stands before the signatures; where those then are, as an expression.
fn start(check: &Check, value: &str, lines: &mut Vec<String>) -> String {
    if check.before.is_empty() {
        return format!("({value})");
    }
    let pattern = pattern(&check.before, &check.before_covered, KeyForm::Utf8);
    let names: String = check.before_covered.iter().map(|var| format!("{}, ", name_of(*var))).collect();
    lines.push(format!("const start = /^{pattern}(.*)$/.exec({value});"));
    lines.push("if (!start) return false;".to_owned());
    lines.push(format!("const [, {names}signatures] = start;"));
    "signatures".to_owned()
}

/// Looks at one signature as one of this scheme.
fn attempt(check: &Check, scheme: &Scheme) -> Vec<String> {
    let pattern = pattern(&scheme.value, &scheme.captured, scheme.key);
    let (keys, fits) = match scheme.key {
        KeyForm::Utf8 => ("utf8Keys", "hmacFits"),
        KeyForm::Base64 => ("base64Keys", "hmacFits"),
        KeyForm::Ed25519 => ("ed25519Keys", "ed25519Fits"),
    };
    let found = if check.schemes.len() > 1 { keys.replace("Keys", "") } else { "found".to_owned() };
    let is_body = scheme.content == [Part::Var(Var::Body)];
    let shared = if is_body { "body" } else { "content" };
    let content = check.shared_content().map_or_else(|| content(&scheme.content), |_| shared.to_owned());
    let encoding = if scheme.is_hex() { "hex" } else { "base64" };
    let call = |digits: &str| format!("{fits}({keys}, {content}, Buffer.from({digits}, \"{encoding}\"))");
    let exec = format!("const {found} = /^{pattern}$/.exec(signature);");
    if scheme.captured.len() == 1 {
        let recent =
            if scheme.covers_time && !check.time_is_shared() { "isRecent(timestamp) && " } else { "" };
        return vec![exec, format!("if ({found} && {recent}{}) return true;", call(&format!("{found}[1]")))];
    }
    let names: Vec<_> = scheme.captured.iter().map(|var| name_of(*var)).collect();
    let recent = if scheme.covers_time { "isRecent(timestamp) && " } else { "" };
    vec![
        exec,
        format!("if ({found}) {{"),
        format!("  const [, {}] = {found};", names.join(", ")),
        format!("  if ({recent}{}) return true;", call("digits")),
        "}".to_owned(),
    ]
}

fn name_of(var: Var) -> &'static str {
    match var {
        Var::Id => "id",
        Var::Timestamp => "timestamp",
        Var::EventType => "type",
        Var::Body => "body",
        Var::Hex | Var::Base64 => "digits",
    }
}

/// What a header tells, as an expression; empty text where the header is not there.
fn of_header(told: &Told) -> String {
    let header = text(&told.header);
    if told.is_whole() {
        return format!("headers[{header}] ?? \"\"");
    }
    let pattern = pattern(&told.value, &[told.var], KeyForm::Utf8);
    format!("/^{pattern}$/.exec(headers[{header}] ?? \"\")?.[1] ?? \"\"")
}

/// What is signed, as bytes.
fn content(parts: &[Part<Var>]) -> String {
    let mut pieces: Vec<String> = Vec::new();
    let mut run = String::new();
    let end = |run: &mut String, pieces: &mut Vec<String>| {
        if !run.is_empty() {
            pieces.push(format!("Buffer.from(`{}`)", std::mem::take(run)));
        }
    };
    for part in parts {
        match part {
            Part::Text(plain) => run += &in_template(plain),
            Part::Var(Var::Body) => {
                end(&mut run, &mut pieces);
                pieces.push("body".to_owned());
            }
            Part::Var(var) => run += &format!("${{{}}}", name_of(*var)),
        }
    }
    end(&mut run, &mut pieces);
    match pieces.as_slice() {
        [piece] => piece.clone(),
        _ => format!("Buffer.concat([{}])", pieces.join(", ")),
    }
}

/// Text between backticks.
fn in_template(plain: &str) -> String {
    let escaped = plain.chars().map(|c| match c {
        '\\' | '`' | '$' => format!("\\{c}"),
        c if c.is_control() => format!("\\u{{{:x}}}", u32::from(c)),
        c => c.to_string(),
    });
    escaped.collect()
}

/// A text in quotes.
fn text(plain: &str) -> String {
    serde_json::Value::from(plain).to_string()
}

/// A field of an object.
fn member(object: &str, field: &str) -> String {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if field.chars().all(is_name) && !field.starts_with(|c: char| c.is_ascii_digit()) {
        format!("{object}.{field}")
    } else {
        format!("{object}[{}]", text(field))
    }
}

/// What leaves out what came before: once for the request, or for each event in it.
fn once(recipe: &Recipe) -> (String, String) {
    let leave = if recipe.body.batch == Batch::Never { "return" } else { "continue" };
    match &recipe.known_by {
        KnownBy::Field(field) => {
            let id = member("event", field);
            (String::new(), format!("if ({id} && !isNew({id})) {leave};"))
        }
        KnownBy::Header(told) => {
            (format!("const id = {};\nif (id && !isNew(id)) return;", of_header(told)), String::new())
        }
        KnownBy::Body => {
            let id = "createHash(\"sha256\").update(body).digest(\"hex\")";
            (
                format!(
                    "// An event has no id; what is the same to the last byte is the same event.\nif (!isNew({id})) return;"
                ),
                String::new(),
            )
        }
        KnownBy::Nothing => Default::default(),
    }
}

/// The events of a message, as an expression.
fn list(batch: &Batch) -> String {
    match batch {
        Batch::Never => String::new(),
        Batch::List => "Array.isArray(message) ? message : [message]".to_owned(),
        Batch::Field(field) => format!("{} ?? [message]", member("message", field)),
    }
}

fn event_type(recipe: &Recipe) -> String {
    match (&recipe.body.type_field, &recipe.type_header) {
        (Some(field), _) => member("event", field),
        (None, Some(header)) => of_header(header),
        (None, None) => "\"event\"".to_owned(),
    }
}
