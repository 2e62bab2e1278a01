//! Strings in JSON, written straight into a body.

/// Writes `text` as a JSON string, quotes included.
pub(crate) fn push_json_text(body: &mut Vec<u8>, text: &str) {
    if escapes(text) == 0 {
        body.push(b'"');
        body.extend_from_slice(text.as_bytes());
        body.push(b'"');
    } else {
        // Writing to memory cannot fail.
        let _ = serde_json::to_writer(body, text);
    }
}

/// The most bytes that escaping adds to `text`; 0 if nothing in it needs to be escaped.
pub(crate) fn escapes(text: &str) -> usize {
    5 * text.bytes().filter(|byte| *byte < 0x20 || *byte == b'"' || *byte == b'\\').count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_comes_back_from_its_json(text in any::<String>()) {
            let mut body = Vec::new();
            push_json_text(&mut body, &text);
            prop_assert!(body.len() <= text.len() + 2 + escapes(&text));
            prop_assert_eq!(serde_json::from_slice::<String>(&body).unwrap(), text);
        }
    }
}
