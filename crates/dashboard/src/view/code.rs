//! Texts to copy: secrets, examples, source code.

use maud::{Markup, html};

/// A block of text with a button that copies it. `label` says what it is.
pub(crate) fn block(label: &str, text: &str) -> Markup {
    let is_line = !text.trim_end().contains('\n');
    html! {
        div.code {
            pre class=[is_line.then_some("line")] tabindex="0" role="region" aria-label=(label) { code { (text) } }
            (copy(label, text))
        }
    }
}

/// A short text with a button that copies it.
pub(crate) fn line(label: &str, text: &str) -> Markup {
    html! { span.copyable { code { bdi { (text) } } (copy(label, text)) } }
}

/// The button; the script makes it work and shows it.
pub(crate) fn copy(label: &str, text: &str) -> Markup {
    html! { button.copy type="button" data-copy=(text) aria-label={ "Copy: " (label) } hidden { "Copy" } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_one_line_is_wrapped_and_source_code_is_not() {
        let is_wrapped = |text: &str| block("Secret", text).into_string().contains("<pre class=\"line\"");
        assert!(is_wrapped("whsec_1") && is_wrapped("ok\n"));
        assert!(!is_wrapped("fn main() {\n}"));
    }
}
