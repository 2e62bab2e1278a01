//! Regular expressions for the texts of headers, in what JavaScript, Python, PHP and Go have in common.

use std::fmt::Write as _;

use postrider_contract::{KeyForm, Part, Var};

/// A pattern for a text of this form, without its anchors. The first place of each of the `captured` is captured.
pub(crate) fn pattern(parts: &[Part<Var>], captured: &[Var], key: KeyForm) -> String {
    let mut pattern = String::new();
    for (index, part) in parts.iter().enumerate() {
        match part {
            Part::Text(text) => push_text(&mut pattern, text),
            Part::Var(var) if captured.contains(var) && !parts[..index].contains(part) => {
                let _ = write!(pattern, "({})", class(*var, key));
            }
            Part::Var(var) => pattern.push_str(class(*var, key)),
        }
    }
    pattern
}

/// A signature has as many digits as its kind has.
fn class(var: Var, key: KeyForm) -> &'static str {
    match (var, key) {
        (Var::Id, _) => "[0-9A-Za-z_-]+",
        (Var::Timestamp, _) => "[0-9]+",
        (Var::Hex, KeyForm::Ed25519) => "[0-9a-f]{128}",
        (Var::Hex, _) => "[0-9a-f]{64}",
        (Var::Base64, KeyForm::Ed25519) => "[A-Za-z0-9+/]{86}==",
        (Var::Base64, _) => "[A-Za-z0-9+/]{43}=",
        (Var::EventType | Var::Body, _) => ".+",
    }
}

/// Escapes what means something in a pattern, in its delimiters or in the quotes around it. Headers hold visible ASCII,
/// spaces and tabs only.
fn push_text(pattern: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '\\' | '.' | '+' | '*' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '^' | '$' => {
                pattern.push('\\');
                pattern.push(c);
            }
            '"' | '\'' | '`' | '/' | '~' | '\t' => {
                let _ = write!(pattern, "\\x{:02x}", u32::from(c));
            }
            c => pattern.push(c),
        }
    }
}
