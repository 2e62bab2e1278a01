//! Programs with gaps: `⟨name⟩` in a text stands for a value.

/// Fills the gaps of `frame`.
///
/// A gap that has a line to itself takes any number of lines, each indented like the gap; with no value its line goes
/// away, and so does one of two empty lines that then meet.
///
/// # Panics
/// Where the frame has a gap that `values` does not know, which the tests of this crate rule out.
pub(crate) fn fill(frame: &str, values: &[(&str, &str)]) -> String {
    let value = |name: &str| {
        let found = values.iter().find(|(known, _)| *known == name);
        found.unwrap_or_else(|| unreachable!("the frame's gap {name} has no value")).1
    };
    let mut code = String::with_capacity(frame.len() * 2);
    for line in frame.lines() {
        let bare = line.trim_start();
        let indent = &line[..line.len() - bare.len()];
        match bare.strip_prefix('⟨').and_then(|gap| gap.strip_suffix('⟩')) {
            Some(name) if !name.contains('⟨') => {
                for line in value(name).lines() {
                    push_line(&mut code, indent, line);
                }
            }
            _ => push_line(&mut code, indent, &inline(bare, value)),
        }
    }
    code
}

fn push_line(code: &mut String, indent: &str, line: &str) {
    if line.is_empty() {
        if !code.is_empty() && !code.ends_with("\n\n") {
            code.push('\n');
        }
        return;
    }
    code.push_str(indent);
    code.push_str(line);
    code.push('\n');
}

fn inline<'v>(line: &str, value: impl Fn(&str) -> &'v str) -> String {
    let mut filled = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('⟨') {
        let (name, after) = after.split_once('⟩').unwrap_or((after, ""));
        filled.push_str(before);
        filled.push_str(value(name));
        rest = after;
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_takes_a_value_several_lines_or_none() {
        let frame = "a ⟨one⟩ b\n\n⟨none⟩\n\n  ⟨lines⟩\nend";
        let values = [("one", "1"), ("none", ""), ("lines", "x\n  y\n")];
        assert_eq!(fill(frame, &values), "a 1 b\n\n  x\n    y\nend\n");
    }

    #[test]
    fn a_value_is_not_filled_again() {
        assert_eq!(fill("⟨a⟩", &[("a", "⟨b⟩")]), "⟨b⟩\n");
    }
}
