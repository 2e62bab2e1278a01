//! What ends a whole project or tenant is confirmed by typing its id: a slip of the hand does not.

use maud::{Markup, html};
use postrider_service::ServiceError;

use crate::form::{Fields, Forms};
use crate::view::field::Text;

/// The name of the field.
const FIELD: &str = "typed_id";

/// A form that deletes something for good.
#[derive(Debug)]
pub(super) struct Typed<'a> {
    /// Where it is sent.
    pub(super) action: &'a str,
    /// The button, such as `Delete tenant`.
    pub(super) label: &'a str,
    /// What it does, said before.
    pub(super) warning: &'a str,
    /// What must be typed.
    pub(super) id: &'a str,
    /// What was typed wrongly.
    pub(super) wrong: Option<&'a str>,
}

impl Typed<'_> {
    /// The form, folded until it is opened.
    pub(super) fn show(&self, forms: &Forms) -> Markup {
        let hint = format!("Type {} to confirm.", self.id);
        let field = Text {
            name: FIELD,
            label: "Id",
            hint: &hint,
            required: true,
            faults: self.wrong.into_iter().collect(),
            ..Text::default()
        };
        let body = html! {
            (field.show())
            button.danger type="submit" { (self.label) }
        };
        html! {
            details.confirm open[self.wrong.is_some()] {
                summary.button.danger { (self.label) "…" }
                div.sure { p { (self.warning) } (forms.form(self.action, body)) }
            }
        }
    }
}

/// `Ok` if the id was typed.
///
/// # Errors
/// A fault at the field.
pub(super) fn check(fields: &Fields, id: &str) -> Result<(), ServiceError> {
    if fields.text(FIELD) == id {
        return Ok(());
    }
    Err(ServiceError::invalid(format!("/{FIELD}"), "This is not the id. Nothing was deleted."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_id_itself_confirms() {
        assert!(check(&Fields::from([(FIELD, " acme ")]), "acme").is_ok());
        for wrong in ["", "acm", "ACME", "acme2"] {
            assert!(check(&Fields::from([(FIELD, wrong)]), "acme").is_err(), "{wrong}");
        }
        assert!(check(&Fields::default(), "acme").is_err());
    }
}
