//! JSON as it came: its members in their order, its numbers as they were written.

use maud::{Markup, html};
use serde_json::Value;

/// The most bytes that are coloured; a larger document is shown as it is.
const MOST_BYTES: usize = 64 * 1024;
/// The most levels that are folded; deeper ones are one text.
const MOST_LEVELS: usize = 24;

/// A JSON document, in folds that open and close. What is no JSON is shown as it is.
pub(crate) fn viewer(label: &str, json: &[u8]) -> Markup {
    let text = String::from_utf8_lossy(json);
    let value = (json.len() <= MOST_BYTES).then(|| serde_json::from_slice::<Raw<'_>>(json).ok()).flatten();
    html! {
        @match value {
            Some(Raw(raw)) => div.json tabindex="0" role="region" aria-label=(label) { (node(raw, 0)) },
            None => (super::code::block(label, &text)),
        }
    }
}

/// A part of the document as its own text, so that numbers and the order of members stay as they came.
#[derive(serde::Deserialize)]
struct Raw<'a>(#[serde(borrow)] &'a serde_json::value::RawValue);

fn node(raw: &serde_json::value::RawValue, level: usize) -> Markup {
    let text = raw.get().trim();
    match text.as_bytes().first() {
        Some(b'{') if level < MOST_LEVELS => match members(text) {
            Some(members) => object(&members, level),
            None => plain(text),
        },
        Some(b'[') if level < MOST_LEVELS => {
            match serde_json::from_str::<Vec<&serde_json::value::RawValue>>(text) {
                Ok(items) => array(&items, level),
                Err(_) => plain(text),
            }
        }
        _ => plain(text),
    }
}

fn object(members: &[(String, &serde_json::value::RawValue)], level: usize) -> Markup {
    if members.is_empty() {
        return html! { span { "{}" } };
    }
    html! {
        details open[level < 3] {
            summary { "{" span.count { (members.len()) @if members.len() == 1 { " member" } @else { " members" } } }
            ul { @for (name, value) in members {
                li { span.name { bdi { (quoted(name)) } } ": " (node(value, level + 1)) }
            } }
            span { "}" }
        }
    }
}

fn array(items: &[&serde_json::value::RawValue], level: usize) -> Markup {
    if items.is_empty() {
        return html! { span { "[]" } };
    }
    html! {
        details open[level < 3] {
            summary { "[" span.count { (items.len()) @if items.len() == 1 { " element" } @else { " elements" } } }
            ul { @for value in items { li { (node(value, level + 1)) } } }
            span { "]" }
        }
    }
}

fn plain(text: &str) -> Markup {
    let class = match text.as_bytes().first() {
        Some(b'"') => "text",
        Some(b't' | b'f' | b'n') => "word",
        _ => "number",
    };
    html! { span class=(class) { bdi { (text) } } }
}

fn quoted(name: &str) -> String {
    Value::from(name).to_string()
}

/// The members of an object in their order; doubled ones too.
fn members(text: &str) -> Option<Vec<(String, &serde_json::value::RawValue)>> {
    struct Pairs<'a>(Vec<(String, &'a serde_json::value::RawValue)>);
    struct Visitor;
    impl<'de> serde::de::Visitor<'de> for Visitor {
        type Value = Pairs<'de>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Pairs<'de>, A::Error> {
            let mut pairs = Vec::new();
            while let Some(pair) = map.next_entry()? {
                pairs.push(pair);
            }
            Ok(Pairs(pairs))
        }
    }
    impl<'de> serde::Deserialize<'de> for Pairs<'de> {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_map(Visitor)
        }
    }
    serde_json::from_str::<Pairs<'_>>(text).ok().map(|pairs| pairs.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text that a reader sees.
    fn seen(json: &str) -> String {
        let html = viewer("data", json.as_bytes()).into_string();
        let mut text = String::new();
        let mut inside = false;
        for c in html.chars() {
            match c {
                '<' => inside = true,
                '>' => inside = false,
                c if !inside => text.push(c),
                _ => {}
            }
        }
        text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    }

    #[test]
    fn members_stay_in_their_order_and_numbers_as_they_were_written() {
        assert_eq!(
            seen(r#"{"z":1.50,"a":12345678901234567890123,"z":null}"#),
            "{3 members\"z\": 1.50\"a\": 12345678901234567890123\"z\": null}"
        );
        assert_eq!(seen("[1e400,[],{}]"), "[3 elements1e400[]{}]");
    }

    #[test]
    fn what_is_in_a_document_is_never_markup() {
        let html = viewer("data", br#"{"<script>":"</script><script>alert(1)</script>"}"#).into_string();
        assert!(!html.contains("<script"), "{html}");
    }

    #[test]
    fn what_is_no_json_or_too_large_is_shown_as_it_is() {
        assert!(viewer("body", b"<html>").into_string().contains("&lt;html&gt;"));
        assert!(viewer("body", b"\xff").into_string().contains('\u{fffd}'));
        let large = format!("[{}1]", "1,".repeat(MOST_BYTES));
        assert!(viewer("body", large.as_bytes()).into_string().contains("<pre"));
    }

    #[test]
    fn deep_documents_end() {
        let deep = "[".repeat(5_000) + &"]".repeat(5_000);
        assert!(viewer("body", deep.as_bytes()).into_string().contains("[[["));
        let deep = "[".repeat(60) + &"]".repeat(60);
        assert!(viewer("body", deep.as_bytes()).into_string().contains("<details"));
    }
}
