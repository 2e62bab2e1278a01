//! Taking texts apart: each form becomes a few lines of the program.

use postrider_contract::{Part, Var};

use super::{name_of, text};

/// Functions that take texts apart.
#[derive(Default)]
pub(super) struct Forms {
    pub(super) functions: String,
    count: usize,
}

impl Forms {
    /// What stands in `given` for the captured, as an expression of type `Option`.
    pub(super) fn parse(&mut self, given: &str, parts: &[Part<Var>], captured: &[Var]) -> String {
        match parts {
            [Part::Var(_)] => format!("Some({given})"),
            [Part::Text(plain), Part::Var(_)] => format!("{given}.strip_prefix({})", text(plain)),
            _ => format!("{}({given})", self.add(parts, captured, false)),
        }
    }

    /// A function that takes a text of this form apart, and gives what follows too where `is_start`; its name.
    ///
    /// A placeholder ends where the text that follows it first occurs, as in `Contract::verify`.
    pub(super) fn add(&mut self, parts: &[Part<Var>], captured: &[Var], is_start: bool) -> String {
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
