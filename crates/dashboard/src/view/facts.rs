//! What is known of one thing: names and values.

use maud::{Markup, html};

/// A list of names and values.
pub(crate) fn facts(pairs: &[(&str, Markup)]) -> Markup {
    html! { dl.facts { @for (name, value) in pairs { div { dt { (name) } dd { (value) } } } } }
}
