//! Python: its standard library, and one package where ed25519 signs.

use postrider_contract::{KeyForm, PUBLIC_KEY_PREFIX, Part, Var};

use crate::body::Batch;
use crate::fill::Gaps;
use crate::pattern::pattern;
use crate::recipe::{Check, KnownBy, Recipe, Scheme, Told};

const FRAME: &str = include_str!("python/frame.py");

/// Writes the program.
pub(crate) fn write(recipe: &Recipe) -> String {
    let public = text(PUBLIC_KEY_PREFIX);
    let secrets = if recipe.has_both_kinds() {
        format!("SECRETS if not secret.startswith({public})")
    } else {
        "SECRETS".to_owned()
    };
    let (of_request, of_event) = once(recipe);
    let gaps = Gaps {
        flags: &recipe.flags(),
        values: &[
            ("sender", &recipe.sender),
            ("imports", &imports(recipe)),
            ("hmac secrets", &secrets),
            ("public prefix", PUBLIC_KEY_PREFIX),
            ("public", &public),
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
        empty_lines: 2,
    };
    gaps.fill(FRAME)
}

fn imports(recipe: &Recipe) -> String {
    let is_base64 = recipe.has(KeyForm::Base64) || recipe.has(KeyForm::Ed25519);
    let is_read_base64 = recipe.schemes().any(|scheme| !scheme.is_hex());
    let is_known = !matches!(recipe.known_by, KnownBy::Nothing);
    let names = [
        ("import base64", is_base64 || is_read_base64),
        ("import hashlib", matches!(recipe.known_by, KnownBy::Body)),
        ("import hmac", recipe.has_hmac() || !recipe.is_signed()),
        ("import json", true),
        ("import os", true),
        ("import queue", true),
        ("import re", recipe.is_signed() || recipe.reads_headers_by_pattern()),
        ("import sys", true),
        ("import threading", true),
        ("import time", recipe.covers_time()),
        ("import traceback", true),
        ("from collections import OrderedDict", is_known),
        ("from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer", true),
    ];
    names.into_iter().filter(|(_, is_used)| *is_used).map(|(name, _)| format!("{name}\n")).collect()
}

/// `is_genuine`, and what it stands on.
fn checks(recipe: &Recipe) -> String {
    let bytes = "# `body` is the bytes as they came: parsed and written anew they are not what was signed.\n";
    match recipe.checks.as_slice() {
        [] => String::new(),
        [check] => bytes.to_owned() + &function("is_genuine", check),
        checks => {
            let name = |index: usize| format!("is_genuine_by_{}", index + 1);
            let each = checks.iter().enumerate().map(|(index, check)| function(&name(index), check) + "\n\n");
            let calls: Vec<_> = (0..checks.len()).map(|index| name(index) + "(headers, body)").collect();
            let all = format!("def is_genuine(headers, body):\n    return {}\n", calls.join(" and "));
            each.collect::<String>() + bytes + &all
        }
    }
}

/// The function that checks one header.
fn function(name: &str, check: &Check) -> String {
    let mut lines: Vec<String> =
        check.told.iter().map(|told| format!("{} = {}", name_of(told.var), of_header(told))).collect();
    let value = format!("headers.get({}, \"\")", text(&check.header));
    let signatures = start(check, &value, &mut lines);
    if check.time_is_shared() {
        lines.extend(["if not is_recent(timestamp):".to_owned(), "    return False".to_owned()]);
    }
    if let Some(parts) = check.shared_content().filter(|parts| *parts != [Part::Var(Var::Body)]) {
        lines.push(format!("content = {}", content(parts)));
    }
    let attempts: Vec<_> = check.schemes.iter().flat_map(|scheme| attempt(check, scheme)).collect();
    if let Some(between) = &check.joined {
        lines.push("# One signature for each secret that holds; one that fits is enough.".to_owned());
        lines.push(format!("for signature in {signatures}.split({}):", text(between)));
        lines.extend(attempts.iter().map(|line| format!("    {line}")));
    } else {
        lines.push(format!("signature = {signatures}"));
        lines.extend(attempts);
    }
    lines.push("return False".to_owned());
    let body: String = lines.iter().map(|line| format!("    {line}\n")).collect();
    format!("def {name}(headers, body):\n{body}")
}

/// Takes apart what stands before the signatures; where those then are, as an expression.
fn start(check: &Check, value: &str, lines: &mut Vec<String>) -> String {
    if check.before.is_empty() {
        return value.to_owned();
    }
    let pattern = pattern(&check.before, &check.before_covered, KeyForm::Utf8);
    let names: String = check.before_covered.iter().map(|var| format!("{}, ", name_of(*var))).collect();
    let comma = if names.is_empty() { "," } else { "" };
    lines.push(format!("start = re.fullmatch(r\"{pattern}(.*)\", {value})"));
    lines.extend(["if not start:".to_owned(), "    return False".to_owned()]);
    lines.push(format!("{names}signatures{comma} = start.groups()"));
    "signatures".to_owned()
}

/// Looks at one signature as one of this scheme.
fn attempt(check: &Check, scheme: &Scheme) -> Vec<String> {
    let (keys, fits) = match scheme.key {
        KeyForm::Utf8 => ("UTF8_KEYS", "hmac_fits"),
        KeyForm::Base64 => ("BASE64_KEYS", "hmac_fits"),
        KeyForm::Ed25519 => ("PUBLIC_KEYS", "ed25519_fits"),
    };
    let is_body = scheme.content == [Part::Var(Var::Body)];
    let shared = if is_body { "body" } else { "content" };
    let content = check.shared_content().map_or_else(|| content(&scheme.content), |_| shared.to_owned());
    let decode = if scheme.is_hex() { "bytes.fromhex" } else { "base64.b64decode" };
    let call = |digits: &str| format!("{fits}({keys}, {content}, {decode}({digits}))");
    let pattern = pattern(&scheme.value, &scheme.captured, scheme.key);
    let found = format!("found = re.fullmatch(r\"{pattern}\", signature)");
    let is_late = scheme.covers_time && !check.time_is_shared();
    let recent = if is_late { "is_recent(timestamp) and " } else { "" };
    if scheme.captured.len() == 1 {
        let question = format!("if found and {recent}{}:", call("found[1]"));
        return vec![found, question, "    return True".to_owned()];
    }
    let names: Vec<_> = scheme.captured.iter().map(|var| name_of(*var)).collect();
    vec![
        found,
        "if found:".to_owned(),
        format!("    {} = found.groups()", names.join(", ")),
        format!("    if {recent}{}:", call("digits")),
        "        return True".to_owned(),
    ]
}

fn name_of(var: Var) -> &'static str {
    match var {
        Var::Id => "message_id",
        Var::Timestamp => "timestamp",
        Var::EventType => "kind",
        Var::Body => "body",
        Var::Hex | Var::Base64 => "digits",
    }
}

/// What a header tells, as an expression; empty text where the header is not there.
fn of_header(told: &Told) -> String {
    let header = format!("headers.get({}, \"\")", text(&told.header));
    if told.is_whole() {
        return header;
    }
    let pattern = pattern(&told.value, &[told.var], KeyForm::Utf8);
    format!("\"\".join(re.findall(r\"\\A{pattern}\\Z\", {header}))")
}

/// What is signed, as bytes.
fn content(parts: &[Part<Var>]) -> String {
    let mut pieces: Vec<String> = Vec::new();
    let mut run = String::new();
    let end = |run: &mut String, pieces: &mut Vec<String>| {
        if !run.is_empty() {
            pieces.push(format!("f\"{}\".encode()", std::mem::take(run)));
        }
    };
    for part in parts {
        match part {
            Part::Text(plain) => {
                run += text(plain).trim_matches('"').replace('{', "{{").replace('}', "}}").as_str()
            }
            Part::Var(Var::Body) => {
                end(&mut run, &mut pieces);
                pieces.push("body".to_owned());
            }
            Part::Var(var) => run += &format!("{{{}}}", name_of(*var)),
        }
    }
    end(&mut run, &mut pieces);
    pieces.join(" + ")
}

/// A text in quotes: JSON's escapes are Python's too.
fn text(plain: &str) -> String {
    serde_json::Value::from(plain).to_string()
}

/// What leaves out what came before: once for the request, or for each event in it.
fn once(recipe: &Recipe) -> (String, String) {
    let leave = if recipe.body.batch == Batch::Never { "return" } else { "continue" };
    match &recipe.known_by {
        KnownBy::Field(field) => {
            let field = text(field);
            let question = format!("if event.get({field}) and not is_new(event[{field}]):\n    {leave}");
            (String::new(), question)
        }
        KnownBy::Header(told) => {
            let id = format!("message_id = {}", of_header(told));
            (format!("{id}\nif message_id and not is_new(message_id):\n    return"), String::new())
        }
        KnownBy::Body => {
            let why = "# An event has no id; what is the same to the last byte is the same event.";
            (format!("{why}\nif not is_new(hashlib.sha256(body).digest()):\n    return"), String::new())
        }
        KnownBy::Nothing => Default::default(),
    }
}

/// The events of a message, as an expression.
fn list(batch: &Batch) -> String {
    match batch {
        Batch::Never => String::new(),
        Batch::List => "message if isinstance(message, list) else [message]".to_owned(),
        Batch::Field(field) => format!("message.get({}, [message])", text(field)),
    }
}

fn event_type(recipe: &Recipe) -> String {
    match (&recipe.body.type_field, &recipe.type_header) {
        (Some(field), _) => format!("event.get({})", text(field)),
        (None, Some(header)) => of_header(header),
        (None, None) => "\"event\"".to_owned(),
    }
}
