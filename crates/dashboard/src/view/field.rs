//! Fields of forms: a label, a hint, what was entered, and what is wrong with it.

use maud::{Markup, html};
use postrider_service::Fault;

use crate::view::time;

/// What is wrong with what was entered, by field.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    /// Of a use case.
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        let faults = faults.into_iter().map(|fault| Fault { detail: sentence(&fault.detail), ..fault });
        Self(faults.collect())
    }

    /// Whether nothing is wrong.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is wrong at a pointer or below it.
    pub(crate) fn at<'a>(&'a self, pointer: &'a str) -> impl Iterator<Item = &'a str> {
        let below = move |fault: &&Fault| {
            fault.pointer.strip_prefix(pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.0.iter().filter(below).map(|fault| fault.detail.as_str())
    }

    /// What is wrong with the members of an object: (member, detail).
    pub(crate) fn within<'a>(&'a self, pointer: &'a str) -> impl Iterator<Item = (String, &'a str)> {
        self.0.iter().filter_map(move |fault| {
            let rest = fault.pointer.strip_prefix(pointer)?;
            let member = rest.strip_prefix('/').or_else(|| rest.is_empty().then_some(""))?;
            Some((member.replace("~1", "/").replace("~0", "~"), fault.detail.as_str()))
        })
    }

    /// All of it above the form: `names` says how the form calls a pointer's field (pointer, label, the field's id).
    pub(crate) fn summary(&self, names: &[(&str, &str, &str)]) -> Markup {
        let name = |fault: &Fault| {
            names.iter().find(|(pointer, ..)| {
                !pointer.is_empty()
                    && fault
                        .pointer
                        .strip_prefix(pointer)
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
        };
        html! {
            @if !self.0.is_empty() {
                div.faults role="alert" tabindex="-1" data-focus {
                    p { strong { "Nothing was done yet." } " This needs to be put right:" }
                    ul { @for fault in &self.0 { li {
                        @if let Some((_, label, id)) = name(fault) { a href={ "#" (id) } { (label) } ": " }
                        (fault.detail)
                    } } }
                }
            }
        }
    }
}

/// A clause of a library as people are told it: with a capital and a full stop.
fn sentence(clause: &str) -> String {
    let mut text = clause.to_owned();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    if !text.ends_with(['.', '!', '?', ':']) {
        text.push('.');
    }
    text
}

/// A field of one line or more.
#[derive(Debug, Default)]
pub(crate) struct Text<'a> {
    /// Its name, and its id.
    pub(crate) name: &'a str,
    /// What it is called.
    pub(crate) label: &'a str,
    /// What to enter.
    pub(crate) hint: &'a str,
    /// What is entered.
    pub(crate) value: &'a str,
    /// `text`, `url`, `number`, `decimal`, `password`, `datetime-local`, `search`, `color`; `text` if empty.
    pub(crate) kind: &'a str,
    /// More than one line.
    pub(crate) rows: Option<u8>,
    /// Must be filled in.
    pub(crate) required: bool,
    /// A value as an example.
    pub(crate) example: &'a str,
    /// What is wrong with it.
    pub(crate) faults: Vec<&'a str>,
    /// Values to choose from, or to go beyond.
    pub(crate) suggested: &'a [String],
}

impl Text<'_> {
    /// The field.
    pub(crate) fn show(&self) -> Markup {
        let Self { name, label, value, example, required, .. } = *self;
        // Browsers take fractions in a `number` only at steps that are said before.
        let is_decimal = self.kind == "decimal";
        // A browser shows nothing of a time that is none, and it could not be put right.
        let is_no_time = self.kind == "datetime-local" && !value.is_empty() && time::entered(value).is_none();
        let kind = if self.kind.is_empty() || is_decimal || is_no_time { "text" } else { self.kind };
        let described = described(name, !self.hint.is_empty(), !self.faults.is_empty());
        let invalid = (!self.faults.is_empty()).then_some("true");
        let example = (!example.is_empty()).then_some(example);
        let suggested = (!self.suggested.is_empty()).then(|| format!("{name}-list"));
        html! {
            div.field {
                label for=(name) { (label) @if !required { span.optional { " optional" } } }
                (notes(name, self.hint, &self.faults))
                @match self.rows {
                    Some(rows) => textarea #(name) name=(name) rows=(rows) placeholder=[example] required[required]
                        aria-describedby=[described] aria-invalid=[invalid] spellcheck="false" { "\n" (value) },
                    None => input #(name) name=(name) type=(kind) value=(value) placeholder=[example] required[required]
                        step=[(kind == "datetime-local").then_some("1")] inputmode=[is_decimal.then_some("decimal")]
                        aria-describedby=[described] aria-invalid=[invalid] autocomplete="off" spellcheck="false" list=[suggested.as_deref()];,
                }
                @if let Some(list) = &suggested { datalist #(list) { @for value in self.suggested { option value=(value) {} } } }
            }
        }
    }
}

/// A choice of one: `options` are (value, label).
#[derive(Debug, Default)]
pub(crate) struct Select<'a> {
    /// Its name, and its id.
    pub(crate) name: &'a str,
    /// What it is called.
    pub(crate) label: &'a str,
    /// What to choose.
    pub(crate) hint: &'a str,
    /// The value that is chosen.
    pub(crate) value: &'a str,
    /// Values and what they are called.
    pub(crate) options: Vec<(&'a str, &'a str)>,
    /// What is wrong with it.
    pub(crate) faults: Vec<&'a str>,
}

impl Select<'_> {
    /// The field.
    pub(crate) fn show(&self) -> Markup {
        let Self { name, label, value, .. } = *self;
        let described = described(name, !self.hint.is_empty(), !self.faults.is_empty());
        html! {
            div.field {
                label for=(name) { (label) }
                (notes(name, self.hint, &self.faults))
                select #(name) name=(name) aria-describedby=[described] {
                    @for (option, label) in &self.options { option value=(option) selected[*option == value] { (label) } }
                }
            }
        }
    }
}

/// A box to check.
pub(crate) fn checkbox(name: &str, value: &str, label: &Markup, checked: bool) -> Markup {
    html! { label.check { input type="checkbox" name=(name) value=(value) checked[checked]; span { (label) } } }
}

fn described(name: &str, hint: bool, fault: bool) -> Option<String> {
    let parts = [(hint, "hint"), (fault, "fault")];
    let ids: Vec<_> =
        parts.into_iter().filter(|(there, _)| *there).map(|(_, part)| format!("{name}-{part}")).collect();
    (!ids.is_empty()).then(|| ids.join(" "))
}

fn notes(name: &str, hint: &str, faults: &[&str]) -> Markup {
    html! {
        @if !hint.is_empty() { p.hint #{ (name) "-hint" } { (hint) } }
        @if !faults.is_empty() { div.fault #{ (name) "-fault" } { @for fault in faults { p { (fault) } } } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_found_at_its_field_and_is_a_sentence() {
        let faults = Faults::new(vec![
            Fault::at("/headers/X-A", "bad header"),
            Fault::at("/url", "bad url"),
            Fault::at("/headersx", "another"),
        ]);
        assert_eq!(faults.at("/headers").collect::<Vec<_>>(), ["Bad header."]);
        assert_eq!(faults.at("/url").count(), 1);
        assert_eq!(faults.within("/headers").collect::<Vec<_>>(), [("X-A".to_owned(), "Bad header.")]);
        let summary = faults.summary(&[("/url", "URL", "url")]).into_string();
        assert!(summary.contains("<a href=\"#url\">URL</a>: Bad url."), "{summary}");
        assert!(summary.contains("<li>Another.</li>"), "{summary}");
    }

    #[test]
    fn a_time_that_is_none_stays_as_it_was_entered() {
        let field = |value| Text { name: "since", kind: "datetime-local", value, ..Text::default() }.show();
        let html = field("yesterday").into_string();
        assert!(html.contains("type=\"text\" value=\"yesterday\""), "{html}");
        assert!(field("2026-01-22T10:30").into_string().contains("type=\"datetime-local\""));
    }

    #[test]
    fn a_field_is_tied_to_its_label_and_its_notes() {
        let field = Text {
            name: "url",
            label: "URL",
            hint: "h",
            faults: vec!["f"],
            required: true,
            ..Text::default()
        };
        let html = field.show().into_string();
        assert!(html.contains("<label for=\"url\">URL</label>"), "{html}");
        assert!(html.contains("aria-describedby=\"url-hint url-fault\" aria-invalid=\"true\""), "{html}");
    }
}
