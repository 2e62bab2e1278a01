//! What a body looks like: asked of the contract's own rendering, so that it cannot differ from what is sent.

use bytes::Bytes;
use postrider_contract::{Contract, EventView};
use postrider_model::id::{EventId, IdSalt, Ordinal};
use postrider_model::time::Millis;
use serde_json::Value;

/// What a receiver finds in a body.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Body {
    /// The field with the event's id.
    pub(crate) id_field: Option<String>,
    /// The field with the event's type.
    pub(crate) type_field: Option<String>,
    /// Whether it shows when the event happened, so that equal bodies are the same event.
    pub(crate) is_dated: bool,
    /// How several events come in one body.
    pub(crate) batch: Batch,
}

/// How several events come in one body.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) enum Batch {
    /// They do not, or cannot be told from one.
    #[default]
    Never,
    /// As a list.
    List,
    /// As a list in this field.
    Field(String),
}

/// The type of the event that is rendered: nobody's event has it.
const TYPE: &str = "\u{1}type";

impl Body {
    pub(crate) fn of(contract: &Contract) -> Self {
        let ordinal = Ordinal::at(Millis(1_000));
        let id = EventId(ordinal.to_uuid(IdSalt(0)));
        let event = EventView {
            id,
            event_type: TYPE,
            timestamp: Millis(1_000),
            tenant: "",
            data: b"0",
            changes: None,
            attributes: None,
        };
        let body = contract.render(&event);
        let later = contract.render(&EventView { timestamp: Millis(100_000), ..event });
        let Ok(Value::Object(fields)) = serde_json::from_slice(&body) else { return Self::default() };
        let holding = |text: &str| {
            fields.iter().find(|(_, value)| value.as_str() == Some(text)).map(|(name, _)| name.clone())
        };
        Self {
            id_field: holding(&contract.event_id_form().show(id.0)),
            type_field: holding(TYPE),
            is_dated: body != later,
            batch: batch(contract),
        }
    }
}

fn batch(contract: &Contract) -> Batch {
    if contract.endpoint.batch.is_none() {
        return Batch::Never;
    }
    match serde_json::from_slice(&contract.render_batch(&[Bytes::from_static(b"0")])) {
        Ok(Value::Array(_)) => Batch::List,
        Ok(Value::Object(fields)) => {
            fields.keys().next().map_or(Batch::Never, |name| Batch::Field(name.clone()))
        }
        _ => Batch::Never,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(contract: &str) -> Body {
        Body::of(&Contract::builtin(contract).unwrap())
    }

    #[test]
    fn the_fields_of_a_body_are_found_by_rendering_one() {
        let scopien = Body {
            id_field: Some("id".to_owned()),
            type_field: Some("event".to_owned()),
            is_dated: true,
            batch: Batch::Field("events".to_owned()),
        };
        assert_eq!(body("scopien"), scopien);
        assert_eq!(body("scendcore").id_field, None);
        assert_eq!(body("call-center").batch, Batch::Never);
    }
}
