//! PHP: one file for any web server, nothing to install.

use postrider_contract::{KeyForm, PUBLIC_KEY_PREFIX, Part, Var};

use crate::body::Batch;
use crate::fill::Gaps;
use crate::pattern::pattern;
use crate::recipe::{Check, KnownBy, Recipe, Scheme, Told};

const FRAME: &str = include_str!("php/frame.php");

/// Writes the program.
pub(crate) fn write(recipe: &Recipe) -> String {
    let public = text(PUBLIC_KEY_PREFIX);
    let secrets = if recipe.has_both_kinds() {
        format!("array_filter(secrets(), fn(string $secret): bool => !str_starts_with($secret, {public}))")
    } else {
        "secrets()".to_owned()
    };
    let reads_headers =
        recipe.is_signed() || recipe.type_header.is_some() || matches!(recipe.known_by, KnownBy::Header(_));
    let mut flags = recipe.flags().to_vec();
    flags.push(("headers", reads_headers));
    let gaps = Gaps {
        flags: &flags,
        values: &[
            ("sender", &recipe.sender),
            ("hmac secrets", &secrets),
            ("public", &public),
            ("prefix", &text(&recipe.secret_prefix)),
            ("wrong secret", &text(&recipe.wrong_secret())),
            ("tolerance", &recipe.tolerance_seconds.to_string()),
            ("checks", &checks(recipe)),
            ("id told", id_told(&recipe.known_by)),
            ("id", &id(recipe)),
            ("id of each", &id_of_each(recipe)),
            ("list", &list(&recipe.body.batch)),
            ("type", &event_type(recipe)),
            ("taken", &recipe.taken_status.to_string()),
        ],
        empty_lines: 1,
    };
    gaps.fill(FRAME)
}

/// `is_genuine`, and what it stands on.
fn checks(recipe: &Recipe) -> String {
    let bytes = "// $body is the bytes as they came: parsed and written anew they are not what was signed.\n";
    match recipe.checks.as_slice() {
        [] => String::new(),
        [check] => bytes.to_owned() + &function("is_genuine", check),
        checks => {
            let name = |index: usize| format!("is_genuine_by_{}", index + 1);
            let each = checks.iter().enumerate().map(|(index, check)| function(&name(index), check) + "\n");
            let calls: Vec<_> = (0..checks.len()).map(|index| name(index) + "($body)").collect();
            let all = calls.join(" && ");
            let all = format!("function is_genuine(string $body): bool\n{{\n    return {all};\n}}\n");
            each.collect::<String>() + bytes + &all
        }
    }
}

/// The function that checks one header.
fn function(name: &str, check: &Check) -> String {
    let mut lines: Vec<String> =
        check.told.iter().map(|told| format!("{} = {};", name_of(told.var), of_header(told))).collect();
    let signatures = start(check, &mut lines);
    if check.time_is_shared() {
        lines.extend(block("if (!is_recent($timestamp)) {", &["return false;".to_owned()]));
    }
    if let Some(parts) = check.shared_content().filter(|parts| *parts != [Part::Var(Var::Body)]) {
        lines.push(format!("$content = {};", content(parts)));
    }
    let attempts: Vec<_> = check.schemes.iter().flat_map(|scheme| attempt(check, scheme)).collect();
    if let Some(between) = &check.joined {
        lines.push("// One signature for each secret that holds; one that fits is enough.".to_owned());
        let each = format!("foreach (explode({}, {signatures}) as $signature) {{", text(between));
        lines.extend(block(&each, &attempts));
    } else {
        lines.push(format!("$signature = {signatures};"));
        lines.extend(attempts);
    }
    lines.push("return false;".to_owned());
    let body: String = lines.iter().map(|line| format!("    {line}\n")).collect();
    format!("function {name}(string $body): bool\n{{\n{body}}}\n")
}

/// Lines between braces.
fn block(opening: &str, lines: &[String]) -> Vec<String> {
    let inner = lines.iter().map(|line| format!("    {line}"));
    [opening.to_owned()].into_iter().chain(inner).chain(["}".to_owned()]).collect()
}

/// Takes apart what stands before the signatures; where those then are, as an expression.
fn start(check: &Check, lines: &mut Vec<String>) -> String {
    let value = format!("header_value({})", text(&check.header));
    if check.before.is_empty() {
        return value;
    }
    let pattern = pattern(&check.before, &check.before_covered, KeyForm::Utf8);
    let names: String = check.before_covered.iter().map(|var| format!("{}, ", name_of(*var))).collect();
    let question = format!("if (!preg_match('~^{pattern}(.*)\\z~', {value}, $start)) {{");
    lines.extend(block(&question, &["return false;".to_owned()]));
    lines.push(format!("[, {names}$signatures] = $start;"));
    "$signatures".to_owned()
}

/// Looks at one signature as one of this scheme.
fn attempt(check: &Check, scheme: &Scheme) -> Vec<String> {
    let (keys, fits) = match scheme.key {
        KeyForm::Utf8 => ("utf8_keys()", "hmac_fits"),
        KeyForm::Base64 => ("base64_keys()", "hmac_fits"),
        KeyForm::Ed25519 => ("public_keys()", "ed25519_fits"),
    };
    let is_body = scheme.content == [Part::Var(Var::Body)];
    let shared = if is_body { "$body" } else { "$content" };
    let content = check.shared_content().map_or_else(|| content(&scheme.content), |_| shared.to_owned());
    let decode = if scheme.is_hex() { "hex2bin" } else { "base64_decode" };
    let pattern = pattern(&scheme.value, &scheme.captured, scheme.key);
    let is_late = scheme.covers_time && !check.time_is_shared();
    let recent = if is_late { "is_recent($timestamp) && " } else { "" };
    let form = format!("preg_match('~^{pattern}\\z~', $signature, $found)");
    let yes = ["return true;".to_owned()];
    if scheme.captured.len() == 1 {
        let call = format!("{fits}({keys}, {content}, {decode}($found[1]))");
        let both = [form, format!("&& {recent}{call}")].map(|line| format!("    {line}"));
        let question: Vec<_> = ["if (".to_owned()].into_iter().chain(both).collect();
        return question.into_iter().chain(block(") {", &yes)).collect();
    }
    let names: Vec<_> = scheme.captured.iter().map(|var| name_of(*var)).collect();
    let call = format!("{fits}({keys}, {content}, {decode}($digits))");
    let mut inner = vec![format!("[, {}] = $found;", names.join(", "))];
    inner.extend(block(&format!("if ({recent}{call}) {{"), &yes));
    block(&format!("if ({form}) {{"), &inner)
}

fn name_of(var: Var) -> &'static str {
    match var {
        Var::Id => "$id",
        Var::Timestamp => "$timestamp",
        Var::EventType => "$type",
        Var::Body => "$body",
        Var::Hex | Var::Base64 => "$digits",
    }
}

/// What a header tells, as an expression; empty text where the header is not there.
fn of_header(told: &Told) -> String {
    let header = format!("header_value({})", text(&told.header));
    if told.is_whole() {
        return header;
    }
    let pattern = pattern(&told.value, &[told.var], KeyForm::Utf8);
    format!("preg_match('~^{pattern}\\z~', {header}, $told) ? $told[1] : ''")
}

/// What is signed, as bytes.
fn content(parts: &[Part<Var>]) -> String {
    let piece = |part: &Part<Var>| match part {
        Part::Text(plain) => text(plain),
        Part::Var(var) => name_of(*var).to_owned(),
    };
    parts.iter().map(piece).collect::<Vec<_>>().join(" . ")
}

/// A text in quotes: single ones, in which only two characters mean something else, where they can hold it.
fn text(plain: &str) -> String {
    if !plain.contains(char::is_control) {
        return format!("'{}'", plain.replace('\\', "\\\\").replace('\'', "\\'"));
    }
    let escaped = plain.chars().map(|c| match c {
        '\\' | '"' | '$' => format!("\\{c}"),
        c if c.is_control() => format!("\\u{{{:x}}}", u32::from(c)),
        c => c.to_string(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

/// A field of an object.
fn member(object: &str, field: &str) -> String {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if field.chars().all(is_name) && !field.starts_with(|c: char| c.is_ascii_digit()) {
        format!("{object}->{field}")
    } else {
        format!("{object}->{{{}}}", text(field))
    }
}

fn id_told(known_by: &KnownBy) -> &'static str {
    match known_by {
        KnownBy::Nothing => {
            "It may come again and has nothing to be known by:\n// doing the work twice must do no harm."
        }
        _ => {
            "Its name is made from the event's id, so that\n// an event that comes again finds its file there: empty it when the work is done, and delete it some weeks later."
        }
    }
}

/// By what the one event of a request is known, as an expression.
fn id(recipe: &Recipe) -> String {
    match &recipe.known_by {
        KnownBy::Field(field) => format!("{} ?? null", member("$event", field)),
        KnownBy::Header(told) if told.is_whole() => format!("{} ?: null", of_header(told)),
        KnownBy::Header(told) => format!("({}) ?: null", of_header(told)),
        KnownBy::Body => "$body".to_owned(),
        KnownBy::Nothing => "null".to_owned(),
    }
}

/// The same where a request has several.
fn id_of_each(recipe: &Recipe) -> String {
    match &recipe.known_by {
        KnownBy::Field(_) | KnownBy::Nothing => id(recipe),
        KnownBy::Header(told) if told.is_whole() => format!("{} . '#' . $index", of_header(told)),
        KnownBy::Header(told) => format!("({}) . '#' . $index", of_header(told)),
        KnownBy::Body => "$body . '#' . $index".to_owned(),
    }
}

/// The events of a message, as an expression.
fn list(batch: &Batch) -> String {
    match batch {
        Batch::Never => String::new(),
        Batch::List => "is_array($message) ? $message : [$message]".to_owned(),
        Batch::Field(field) => format!("{} ?? [$message]", member("$message", field)),
    }
}

fn event_type(recipe: &Recipe) -> String {
    match (&recipe.body.type_field, &recipe.type_header) {
        (Some(field), _) => format!("{} ?? null", member("$event", field)),
        (None, Some(header)) => of_header(header),
        (None, None) => "null".to_owned(),
    }
}
