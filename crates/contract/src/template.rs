//! Texts with placeholders: `{id}.{timestamp}.{body}`, `sha256={hex}`.

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part<V> {
    /// Text as it stands.
    Text(Box<str>),
    /// A placeholder.
    Var(V),
}

/// Reads `text`; `{{` and `}}` stand for braces. The error is a sentence for people.
pub(crate) fn parse<V: Copy>(text: &str, known: &[(&str, V)]) -> Result<Vec<Part<V>>, String> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        plain.push_str(&rest[..at]);
        let (brace, after) = rest[at..].split_at(1);
        if let Some(after) = after.strip_prefix(brace) {
            plain.push_str(brace);
            rest = after;
            continue;
        }
        let end = after.find('}').filter(|_| brace == "{");
        let end = end
            .ok_or_else(|| format!("a {brace:?} has no partner (write it twice for the character itself)"))?;
        let name = &after[..end];
        let var = known.iter().find(|(known, _)| *known == name).map(|(_, var)| *var);
        let var = var.ok_or_else(|| {
            let names: Vec<_> = known.iter().map(|(name, _)| format!("{{{name}}}")).collect();
            format!("unknown placeholder {{{name}}}; known here are {}", names.join(", "))
        })?;
        if !plain.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut plain).into()));
        }
        parts.push(Part::Var(var));
        rest = &after[end + 1..];
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        parts.push(Part::Text(plain.into()));
    }
    Ok(parts)
}

/// How often `var` stands in the template.
pub(crate) fn count<V: PartialEq>(parts: &[Part<V>], var: &V) -> usize {
    parts.iter().filter(|part| matches!(part, Part::Var(found) if found == var)).count()
}

/// What stands in `text` for each placeholder, in their order, if the text has the template's form.
///
/// A placeholder ends where the text that follows it first occurs.
pub(crate) fn capture<'t, V: Copy>(parts: &[Part<V>], text: &'t str) -> Option<Vec<(V, &'t str)>> {
    let (found, rest) = capture_start(parts, text)?;
    rest.is_empty().then_some(found)
}

/// The same, for a text that begins with the template's form; and what follows.
pub(crate) fn capture_start<'t, V: Copy>(parts: &[Part<V>], text: &'t str) -> Option<Captured<'t, V>> {
    let mut found = Vec::new();
    let mut rest = text;
    for (index, part) in parts.iter().enumerate() {
        match part {
            Part::Text(plain) => rest = rest.strip_prefix(plain.as_ref())?,
            Part::Var(var) => {
                let end = match parts.get(index + 1) {
                    Some(Part::Text(plain)) => rest.find(plain.as_ref())?,
                    Some(Part::Var(_)) => return None,
                    None => rest.len(),
                };
                found.push((*var, &rest[..end]));
                rest = &rest[end..];
            }
        }
    }
    Some((found, rest))
}

/// What stands for each placeholder, and what follows.
type Captured<'t, V> = (Vec<(V, &'t str)>, &'t str);

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [(&str, u8); 2] = [("a", 1), ("b", 2)];

    #[test]
    fn placeholders_and_text_keep_their_order() {
        let parts = parse("x{a}.{b}{{y}}", &KNOWN).unwrap();
        let expected = [
            Part::Text("x".into()),
            Part::Var(1),
            Part::Text(".".into()),
            Part::Var(2),
            Part::Text("{y}".into()),
        ];
        assert_eq!(parts, expected);
    }

    #[test]
    fn a_wrong_template_is_explained() {
        assert_eq!(parse("{c}", &KNOWN).unwrap_err(), "unknown placeholder {c}; known here are {a}, {b}");
        assert!(parse("{a", &KNOWN).unwrap_err().contains("no partner"));
        assert!(parse("a}", &KNOWN).unwrap_err().contains("no partner"));
    }

    #[test]
    fn what_a_template_made_can_be_taken_apart() {
        let parts = parse("t={a},v1={b}", &KNOWN).unwrap();
        assert_eq!(capture(&parts, "t=12,v1=ab"), Some(vec![(1, "12"), (2, "ab")]));
        assert_eq!(capture(&parts, "t=12,v2=ab"), None);
        assert_eq!(capture(&parts, ""), None);
        let start = parse("t={a},", &KNOWN).unwrap();
        assert_eq!(capture_start(&start, "t=12,v1=ab"), Some((vec![(1, "12")], "v1=ab")));
        assert_eq!(capture(&start, "t=12,v1=ab"), None);
    }
}
