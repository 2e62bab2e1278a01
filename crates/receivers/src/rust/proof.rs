//! Proving that a request is genuine.

use postrider_contract::{KeyForm, Part, Var};

use super::forms::Forms;
use super::{name_of, text};
use crate::recipe::{Check, Recipe, Scheme, Told};

/// `is_genuine`, and what it stands on.
pub(super) fn checks(recipe: &Recipe, forms: &mut Forms) -> String {
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

/// What a header tells, as an expression; empty text where the header is not there.
pub(super) fn of_header(told: &Told, forms: &mut Forms) -> String {
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
