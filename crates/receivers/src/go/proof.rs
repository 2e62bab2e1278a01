//! Proving that a request is genuine.

use postrider_contract::{KeyForm, Part, Var};

use super::{Forms, keys_of, text};
use crate::pattern::pattern;
use crate::recipe::{Check, Recipe, Scheme, Told};

/// `isGenuine`, and what it stands on.
pub(super) fn checks(recipe: &Recipe, forms: &mut Forms) -> String {
    let bytes = "// body is the bytes as they came: parsed and written anew they are not what was signed.\n";
    match recipe.checks.as_slice() {
        [] => String::new(),
        [check] => bytes.to_owned() + &function("isGenuine", check, forms),
        checks => {
            let name = |index: usize| format!("isGenuineBy{}", index + 1);
            let mut code = String::new();
            for (index, check) in checks.iter().enumerate() {
                code += &(function(&name(index), check, forms) + "\n");
            }
            let calls: Vec<_> = (0..checks.len()).map(|index| name(index) + "(header, body)").collect();
            let all = calls.join(" && ");
            code + bytes + &format!("{}\treturn {all}\n}}\n", signature("isGenuine"))
        }
    }
}

fn signature(name: &str) -> String {
    format!("func {name}(header http.Header, body []byte) bool {{\n")
}

/// The function that checks one header.
fn function(name: &str, check: &Check, forms: &mut Forms) -> String {
    let mut lines: Vec<String> = Vec::new();
    for told in &check.told {
        lines.push(format!("{} := {}", name_of(told.var), of_header(told, forms)));
    }
    let signatures = start(check, &mut lines, forms);
    if check.time_is_shared() {
        lines.extend(block("if !isRecent(timestamp) {", &["return false".to_owned()]));
    }
    if let Some(parts) = check.shared_content().filter(|parts| *parts != [Part::Var(Var::Body)]) {
        lines.push(format!("content := {}", content(parts)));
    }
    let attempts: Vec<_> = check.schemes.iter().flat_map(|scheme| attempt(check, scheme, forms)).collect();
    if let Some(between) = &check.joined {
        lines.push("// One signature for each secret that holds; one that fits is enough.".to_owned());
        let each = format!("for _, signature := range strings.Split({signatures}, {}) {{", text(between));
        lines.extend(block(&each, &attempts));
    } else {
        lines.push(format!("signature := {signatures}"));
        lines.extend(attempts);
    }
    lines.push("return false".to_owned());
    let body: String = lines.iter().map(|line| format!("\t{line}\n")).collect();
    format!("{}{body}}}\n", signature(name))
}

/// Lines between braces.
fn block(opening: &str, lines: &[String]) -> Vec<String> {
    let inner = lines.iter().map(|line| format!("\t{line}"));
    [opening.to_owned()].into_iter().chain(inner).chain(["}".to_owned()]).collect()
}

/// Takes apart what stands before the signatures; where those then are, as an expression.
fn start(check: &Check, lines: &mut Vec<String>, forms: &mut Forms) -> String {
    let value = format!("header.Get({})", text(&check.header));
    if check.before.is_empty() {
        return value;
    }
    let form = forms.add(&format!("{}(.*)", pattern(&check.before, &check.before_covered, KeyForm::Utf8)));
    lines.push(format!("start := {form}.FindStringSubmatch({value})"));
    lines.extend(block("if start == nil {", &["return false".to_owned()]));
    let names = check.before_covered.iter().map(|var| name_of(*var)).chain(["signatures"]);
    lines.push(parts_of("start", names));
    "signatures".to_owned()
}

/// `id, timestamp := found[1], found[2]`
fn parts_of(found: &str, names: impl Iterator<Item = &'static str>) -> String {
    let names: Vec<_> = names.collect();
    let values: Vec<_> = (1..=names.len()).map(|index| format!("{found}[{index}]")).collect();
    format!("{} := {}", names.join(", "), values.join(", "))
}

/// Looks at one signature as one of this scheme.
fn attempt(check: &Check, scheme: &Scheme, forms: &mut Forms) -> Vec<String> {
    let fits = if scheme.key == KeyForm::Ed25519 { "ed25519Fits" } else { "hmacFits" };
    let keys = keys_of(scheme.key);
    let is_body = scheme.content == [Part::Var(Var::Body)];
    let shared = if is_body { "body" } else { "content" };
    let content = check.shared_content().map_or_else(|| content(&scheme.content), |_| shared.to_owned());
    let decode = if scheme.is_hex() { "fromHex" } else { "fromBase64" };
    let form = forms.add(&pattern(&scheme.value, &scheme.captured, scheme.key));
    let is_late = scheme.covers_time && !check.time_is_shared();
    let recent = if is_late { "isRecent(timestamp) && " } else { "" };
    let find = format!("if found := {form}.FindStringSubmatch(signature); found != nil");
    let call = |digits: &str| format!("{recent}{fits}({keys}, {content}, {decode}({digits}))");
    let yes = ["return true".to_owned()];
    let (mut inner, digits) = if scheme.captured.len() == 1 {
        (Vec::new(), "found[1]")
    } else {
        (vec![parts_of("found", scheme.captured.iter().map(|var| name_of(*var)))], "digits")
    };
    inner.extend(block(&format!("if {} {{", call(digits)), &yes));
    block(&format!("{find} {{"), &inner)
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
pub(super) fn of_header(told: &Told, forms: &mut Forms) -> String {
    let header = format!("header.Get({})", text(&told.header));
    if told.is_whole() {
        return header;
    }
    forms.is_captured = true;
    let form = forms.add(&pattern(&told.value, &[told.var], KeyForm::Utf8));
    format!("capture({form}, {header})")
}

/// What is signed, as bytes.
fn content(parts: &[Part<Var>]) -> String {
    let mut pieces: Vec<String> = Vec::new();
    let mut run: Vec<String> = Vec::new();
    let end = |run: &mut Vec<String>, pieces: &mut Vec<String>| {
        if !run.is_empty() {
            pieces.push(format!("[]byte({})", std::mem::take(run).join(" + ")));
        }
    };
    for part in parts {
        match part {
            Part::Text(plain) => run.push(text(plain)),
            Part::Var(Var::Body) => {
                end(&mut run, &mut pieces);
                pieces.push("body".to_owned());
            }
            Part::Var(var) => run.push(name_of(*var).to_owned()),
        }
    }
    end(&mut run, &mut pieces);
    match pieces.as_slice() {
        [piece] => piece.clone(),
        _ => format!("bytes.Join([][]byte{{{}}}, nil)", pieces.join(", ")),
    }
}
