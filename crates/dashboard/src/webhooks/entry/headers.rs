//! Custom headers, a row each. Values that are secrets are never shown again: a row without one keeps it.

use maud::{Markup, html};
use postrider_model::endpoint::EndpointSecrets;
use postrider_service::Fault;
use postrider_service::endpoint::{REDACTED, shown_header};
use serde_json::{Map, Value};

use crate::form::Fields;
use crate::view::field::Faults;
use crate::view::shortened;

/// Rows that are empty, to be filled in.
const SPARE_ROWS: usize = 2;

/// One header.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Header {
    /// Its name.
    pub(crate) name: String,
    /// Its value; empty where it is not shown.
    pub(crate) value: String,
}

/// The headers that are entered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Headers(pub(crate) Vec<Header>);

impl Headers {
    /// Of an endpoint.
    pub(super) fn of(secrets: &EndpointSecrets) -> Self {
        let header = |(name, value): &(String, String)| Header {
            name: name.clone(),
            value: if shown_header(name, value) == REDACTED { String::new() } else { value.clone() },
        };
        Self(secrets.headers.iter().map(header).collect())
    }

    /// What was entered.
    pub(super) fn read(fields: &Fields) -> Self {
        let pairs = fields.every("header_name").zip(fields.every("header_value"));
        let header = |(name, value): (&str, &str)| Header { name: name.to_owned(), value: value.to_owned() };
        Self(pairs.map(header).filter(|header| *header != Header::default()).collect())
    }

    /// The field `headers`. `hidden` are the names of those whose values are there and not shown.
    pub(super) fn value(&self, hidden: &[String], faults: &mut Vec<Fault>) -> Map<String, Value> {
        let mut headers = Map::new();
        for Header { name, value } in &self.0 {
            let is_kept = value.is_empty() && hidden.iter().any(|known| known.eq_ignore_ascii_case(name));
            let mut fault = |detail: &str| faults.push(Fault::at("/headers", detail));
            if name.is_empty() {
                fault("A header needs a name.");
            } else if value.is_empty() && !is_kept {
                fault(&format!("The header {name} needs a value."));
            } else if headers.contains_key(name) {
                fault(&format!("The header {name} is given twice."));
            }
            headers.insert(name.clone(), if is_kept { REDACTED.into() } else { value.clone().into() });
        }
        headers
    }

    /// The same as a merge patch of the headers that are there (RFC 7396).
    pub(super) fn patch(
        &self,
        held: &[(String, String)],
        hidden: &[String],
        faults: &mut Vec<Fault>,
    ) -> Map<String, Value> {
        let mut patch = self.value(hidden, faults);
        for (name, _) in held {
            if !patch.keys().any(|given| given.eq_ignore_ascii_case(name)) {
                patch.insert(name.clone(), Value::Null);
            }
        }
        patch
    }

    /// The rows.
    pub(super) fn rows(&self, hidden: &[String], faults: &Faults) -> Markup {
        let spare = std::iter::repeat_n(Header::default(), SPARE_ROWS);
        let rows: Vec<_> = self.0.iter().cloned().chain(spare).collect();
        html! {
            fieldset #headers {
                legend { "Custom headers" }
                p.hint { "Sent with every request. Values that look like secrets are not shown again: leave them empty to keep them." }
                @for (name, fault) in faults.within("/headers") {
                    div.fault { p { @if !name.is_empty() { (shortened(&name, 120)) ": " } (fault) } }
                }
                div.rows #header-rows data-what="Header" {
                    @for (index, header) in rows.iter().enumerate() { (row(index, header, hidden)) }
                }
                (super::add_button("header-rows", "Add a header"))
            }
        }
    }
}

fn row(index: usize, header: &Header, hidden: &[String]) -> Markup {
    let is_hidden = hidden.iter().any(|known| known.eq_ignore_ascii_case(&header.name));
    let example = if is_hidden { "unchanged (not shown)" } else { "value" };
    html! {
        div.row role="group" aria-label={ "Header " (index + 1) } {
            input name="header_name" value=(header.name) aria-label="Name" placeholder="X-Custom-Header" autocomplete="off" spellcheck="false";
            input name="header_value" value=(header.value) aria-label="Value" placeholder=(example) autocomplete="off" spellcheck="false";
        }
    }
}

/// The names of the headers whose values are not shown.
pub(crate) fn hidden(secrets: &EndpointSecrets) -> Vec<String> {
    let is_hidden = |(name, value): &&(String, String)| shown_header(name, value) == REDACTED;
    secrets.headers.iter().filter(is_hidden).map(|(name, _)| name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn secrets() -> EndpointSecrets {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        EndpointSecrets {
            secrets: Vec::new(),
            headers: vec![header("X-Trace", "on"), header("Authorization", "Bearer abc")],
        }
    }

    #[test]
    fn a_secret_value_is_not_shown_and_stays_as_it_is() {
        let secrets = secrets();
        let shown = Headers::of(&secrets);
        assert_eq!(shown.0[1], Header { name: "Authorization".into(), value: String::new() });
        let html = shown.rows(&hidden(&secrets), &Faults::default()).into_string();
        assert!(!html.contains("abc"), "{html}");
        let mut faults = Vec::new();
        let patch = shown.patch(&secrets.headers, &hidden(&secrets), &mut faults);
        assert_eq!(Value::Object(patch), json!({"X-Trace": "on", "Authorization": "***"}));
        assert!(faults.is_empty());
    }

    #[test]
    fn a_header_that_is_gone_from_the_form_is_taken_away() {
        let secrets = secrets();
        let form = Fields::from([
            ("header_name", "authorization"),
            ("header_value", ""),
            ("header_name", ""),
            ("header_value", ""),
        ]);
        let patch = Headers::read(&form).patch(&secrets.headers, &hidden(&secrets), &mut Vec::new());
        assert_eq!(Value::Object(patch), json!({"authorization": "***", "X-Trace": null}));
    }

    #[test]
    fn half_a_header_is_a_fault() {
        let form = Fields::from([
            ("header_name", "X-A"),
            ("header_value", ""),
            ("header_name", ""),
            ("header_value", "b"),
        ]);
        let mut faults = Vec::new();
        Headers::read(&form).value(&[], &mut faults);
        let details: Vec<_> = faults.into_iter().map(|fault| fault.detail).collect();
        assert_eq!(details, ["The header X-A needs a value.", "A header needs a name."]);
    }
}
