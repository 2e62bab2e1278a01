//! The form that declares a type: its description, its schema and its example.

use maud::{Markup, html};
use postrider_service::event_type::PutEventType;
use postrider_service::{Fault, ServiceError};
use serde_json::Value;

use crate::form::{Fields, Forms};
use crate::view::field::{Faults, Text};
use crate::visit::Visit;

/// A type as it stands in the form.
#[derive(Debug, Default)]
pub(super) struct Declaration {
    /// Its name; entered where the type is new.
    pub(super) name: String,
    /// Whether the name is entered.
    pub(super) is_new: bool,
    /// What it means.
    pub(super) description: String,
    /// JSON Schema of `data`, as text; blank for none.
    pub(super) schema: String,
    /// An example of `data`, as text; blank for none.
    pub(super) example: String,
    /// Which state of the type the form was made from.
    pub(super) revision: String,
    /// What is wrong.
    pub(super) faults: Faults,
}

impl Declaration {
    /// As it was entered.
    pub(super) fn entered(fields: &Fields, name: &str, is_new: bool) -> Self {
        Self {
            name: name.to_owned(),
            is_new,
            description: fields.text("description").to_owned(),
            schema: fields.raw("schema").to_owned(),
            example: fields.raw("example").to_owned(),
            revision: fields.text("revision").to_owned(),
            faults: Faults::default(),
        }
    }

    /// The same with what is wrong with it.
    pub(super) fn with(self, faults: Vec<Fault>) -> Self {
        Self { faults: Faults::new(faults.into_iter().map(placed).collect()), ..self }
    }

    /// What it asks for.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] for what is no JSON.
    pub(super) fn wanted<'a>(&'a self, visit: &'a Visit) -> Result<PutEventType<'a>, ServiceError> {
        let (schema, example) = (json(&self.schema, "/schema"), json(&self.example, "/example"));
        let faults: Vec<_> = [&schema, &example].into_iter().filter_map(|read| read.clone().err()).collect();
        match (schema, example) {
            (Ok(schema), Ok(example)) => Ok(PutEventType {
                caller: &visit.caller,
                name: &self.name,
                description: self.description.clone(),
                schema,
                example,
            }),
            _ => Err(ServiceError::Invalid(faults)),
        }
    }

    /// The form.
    pub(super) fn markup(&self, action: &str, back: &str, button: &str, forms: &Forms) -> Markup {
        let names = [
            ("/name", "Name", "name"),
            ("/description", "Description", "description"),
            ("/schema", "Schema", "schema"),
            ("/example", "Example", "example"),
        ];
        let body = html! {
            (self.faults.summary(&names))
            @if self.is_new { (self.name_field().show()) }
            (self.description_field().show())
            (self.json_field("example", "Example", "An example of the event's data, as JSON. Customers see it, and test events carry it.", &self.example, 10).show())
            (self.json_field("schema", "JSON Schema", "What the event's data must keep to. An event that breaks it is refused with 422.", &self.schema, 14).show())
            input type="hidden" name="revision" value=(self.revision);
            div.buttons {
                button.primary type="submit" { (button) }
                a.button href=(back) { "Cancel" }
            }
        };
        forms.classed(action, "wide", body)
    }

    fn name_field(&self) -> Text<'_> {
        Text {
            name: "name",
            label: "Name",
            hint: "As events and subscriptions name it. Dots make groups: contact.* means all types that begin with contact.",
            value: &self.name,
            required: true,
            example: "contact.created",
            faults: self.faults.at("/name").collect(),
            ..Text::default()
        }
    }

    fn description_field(&self) -> Text<'_> {
        Text {
            name: "description",
            label: "Description",
            hint: "What it tells, for customers.",
            value: &self.description,
            rows: Some(2),
            faults: self.faults.at("/description").collect(),
            ..Text::default()
        }
    }

    fn json_field<'a>(
        &'a self,
        name: &'a str,
        label: &'a str,
        hint: &'a str,
        value: &'a str,
        rows: u8,
    ) -> Text<'a> {
        let faults = if name == "schema" { self.faults.at("/schema") } else { self.faults.at("/example") };
        Text { name, label, hint, value, rows: Some(rows), faults: faults.collect(), ..Text::default() }
    }
}

/// A document as somebody can edit it.
pub(super) fn pretty(value: Option<&Value>) -> String {
    value.and_then(|value| serde_json::to_string_pretty(value).ok()).unwrap_or_default()
}

fn json(text: &str, pointer: &str) -> Result<Option<Value>, Fault> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    serde_json::from_str(text)
        .map(Some)
        .map_err(|error| Fault::at(pointer, format!("This is not JSON: {error}.")))
}

/// A fault within a document says where: the field is all of it.
fn placed(fault: Fault) -> Fault {
    for field in ["/schema", "/example"] {
        if let Some(rest) = fault.pointer.strip_prefix(field).filter(|rest| rest.starts_with('/')) {
            return Fault::at(field, format!("At {rest}: {}", fault.detail));
        }
    }
    if fault.pointer.is_empty() { Fault::at("/name", fault.detail) } else { fault }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{Kind, View, check, hostile};

    impl View for Declaration {
        fn sample(kind: Kind) -> Self {
            let text = |text: &str| if kind == Kind::Hostile { hostile() } else { text.to_owned() };
            match kind {
                Kind::Empty => Self { is_new: true, ..Self::default() },
                _ => Self {
                    name: text("contact.created"),
                    is_new: kind == Kind::Hostile,
                    description: text("A contact was created."),
                    schema: text("{}"),
                    example: text("{}"),
                    revision: text("1"),
                    faults: Faults::default(),
                }
                .with(vec![Fault::at("/schema/type", text("wrong")), Fault::at("", text("wrong"))]),
            }
        }

        fn markup(&self, visit: &Visit, forms: &Forms) -> Markup {
            self.markup(&visit.links.at("/catalogue/new"), &visit.links.at("/catalogue"), "Save", forms)
        }
    }

    #[test]
    fn the_form_for_a_type_is_sound_with_any_data() {
        check::<Declaration>();
    }

    #[test]
    fn what_is_no_json_says_where_it_goes_wrong() {
        assert_eq!(json("  \n", "/schema"), Ok(None));
        let fault = json("{\n  \"a\": 1,\n}", "/example").unwrap_err();
        assert_eq!(fault.pointer, "/example");
        assert!(fault.detail.ends_with("at line 3 column 1."), "{}", fault.detail);
    }

    #[test]
    fn a_fault_within_a_document_is_told_at_its_field_with_its_place() {
        let fault = placed(Fault::at("/schema/properties/id", "This is no type."));
        assert_eq!(
            (fault.pointer.as_str(), fault.detail.as_str()),
            ("/schema", "At /properties/id: This is no type.")
        );
        assert_eq!(placed(Fault::at("", "bad name")).pointer, "/name");
        assert_eq!(placed(Fault::at("/description", "long")).pointer, "/description");
    }
}
