//! A JSON document with a button that copies it as it is.

use maud::{Markup, html};

use crate::view::{code, json};

/// The most of a document that its copy button carries along.
const MOST_COPIED_BYTES: usize = 64 * 1024;

/// The document in folds, and its copy button.
pub(super) fn document(name: &str, document: &[u8]) -> Markup {
    html! {
        div.viewed {
            (json::viewer(name, document))
            @if document.len() <= MOST_COPIED_BYTES { (code::copy(name, &String::from_utf8_lossy(document))) }
        }
    }
}
