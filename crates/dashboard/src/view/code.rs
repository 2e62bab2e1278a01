//! Texts to copy: secrets, examples, source code.

use maud::{Markup, html};

/// A block of text with a button that copies it. `label` says what it is.
pub(crate) fn block(label: &str, text: &str) -> Markup {
    html! {
        div.code {
            pre tabindex="0" role="region" aria-label=(label) { code { (text) } }
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
