//! The pieces that pages are made of. Each writes HTML from plain values and knows no use case.

pub(crate) mod code;
pub(crate) mod colour;
pub(crate) mod facts;
pub(crate) mod field;
pub(crate) mod json;
pub(crate) mod pager;
pub(crate) mod state;
pub(crate) mod table;
pub(crate) mod time;

use maud::{Markup, html};

/// What stands where there is nothing: what would be here, and what to do for it.
pub(crate) fn empty(what: &str, advice: &Markup) -> Markup {
    html! { div.empty { p.lead { (what) } (advice) } }
}

/// A section with a heading.
pub(crate) fn section(heading: &str, body: &Markup) -> Markup {
    html! { section.panel { h2 { (heading) } (body) } }
}

/// Something that cannot be taken back: opened first, then confirmed. Works without the script.
pub(crate) fn confirmed(label: &str, question: &str, form: &Markup) -> Markup {
    html! { details.confirm { summary.button { (label) } div.sure { p { (question) } (form) } } }
}

/// A text as it is, but no longer than that many characters; the rest is told by an ellipsis, the whole by the title.
pub(crate) fn shortened(text: &str, most: usize) -> Markup {
    match text.char_indices().nth(most) {
        None => html! { bdi { (text) } },
        Some((end, _)) => {
            // A title of ten thousand characters helps nobody either.
            let whole: String = text.chars().take(500).collect();
            html! { bdi title=(whole) { (text.get(..end).unwrap_or_default()) "…" } }
        }
    }
}

/// As [`shortened`], where no markup can stand: titles of pages.
pub(crate) fn shortened_text(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(shortened("ab", 2).into_string(), "<bdi>ab</bdi>");
        assert_eq!(shortened("äöü", 2).into_string(), "<bdi title=\"äöü\">äö…</bdi>");
        assert_eq!(shortened("<b>", 9).into_string(), "<bdi>&lt;b&gt;</bdi>");
    }
}
