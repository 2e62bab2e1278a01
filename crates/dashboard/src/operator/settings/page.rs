//! The page: a form for each section, and at its end the one that ends the project.

use maud::{Markup, html};
use postrider_http::{App, Problem};
use postrider_service::{Fault, project};

use super::Section;
use super::held::Held;
use super::values::Values;
use crate::form::{Fields, Forms};
use crate::operator::terms::Terms;
use crate::operator::typed::Typed;
use crate::page::{Here, Page, Refusal};
use crate::view::field::Faults;
use crate::view::section;
use crate::visit::Visit;

/// Everything on the page, in plain values.
#[derive(Debug, Default)]
pub(super) struct Settings {
    pub(super) values: Values,
    pub(super) held: Held,
    pub(super) contracts: Vec<Terms>,
    /// The contract in force.
    pub(super) contract: String,
    /// The portal's name, logo and colour as they are saved.
    pub(super) saved: Values,
    pub(super) revision: u64,
    /// What was refused.
    pub(super) refused: Option<(Section, Faults)>,
    /// What was typed wrongly to end the project.
    pub(super) mistyped: Option<String>,
}

impl Settings {
    /// Reads them as they are now, not as this node last saw them.
    ///
    /// # Errors
    /// 404 for a project that was deleted meanwhile.
    pub(super) async fn read(app: &App, visit: &Visit) -> Result<Self, Refusal> {
        let project = project::find(&app.engine, &visit.project.id).await?;
        let context = app.engine.project(project.key).await.map_err(Problem::from)?;
        let contracts = app.engine.contracts();
        let settings = serde_json::from_value(project.settings.clone()).unwrap_or_default();
        let contract = contracts.get(&project.contract).unwrap_or_else(|| context.contract.clone());
        let retention_days = context.retention_days;
        let values = Values::of(&project, &settings);
        Ok(Self {
            held: Held::of(&contract, &settings, app.engine.limits(), retention_days),
            contracts: contracts
                .names()
                .iter()
                .filter_map(|name| contracts.get(name))
                .map(|contract| Terms::of(&contract))
                .collect(),
            contract: contract.title.clone(),
            saved: values.clone(),
            values,
            revision: project.revision,
            refused: None,
            mistyped: None,
        })
    }

    /// With what was entered in a section.
    pub(super) fn entered(self, section: Section, fields: &Fields) -> Self {
        Self { values: self.values.entered(section, fields), ..self }
    }

    /// With what is wrong in a section.
    pub(super) fn refused(self, section: Section, faults: Vec<Fault>) -> Self {
        let faults = faults.into_iter().map(placed).collect();
        Self { refused: Some((section, Faults::new(faults))), ..self }
    }

    /// The page in its frame.
    pub(super) fn framed(&self, app: &App, visit: &Visit) -> Page {
        let forms = Forms::new(app, &visit.token);
        Page::new("Project settings", Here::Settings, self.markup(visit, &forms))
    }

    fn markup(&self, visit: &Visit, forms: &Forms) -> Markup {
        html! {
            p.soft { "They hold for both modes. What is left blank follows the contract, then the server. A webhook's own settings go before these." }
            (self.form(Section::Name, visit, forms, &self.name_fields()))
            (self.form(Section::Delivery, visit, forms, &self.delivery_fields()))
            (self.form(Section::Storage, visit, forms, &self.storage_fields()))
            (self.form(Section::Portal, visit, forms, &self.portal_fields(visit)))
            (self.form(Section::Contract, visit, forms, &self.contract_fields()))
            (self.end(visit, forms))
        }
    }

    fn form(&self, part: Section, visit: &Visit, forms: &Forms, fields: &Markup) -> Markup {
        let action = visit.links.at(&format!("/settings/{}", part.word()));
        let body = html! {
            @if let Some((refused, faults)) = &self.refused { @if *refused == part { (faults.summary(NAMES)) } }
            (fields)
            input type="hidden" name="revision" value=(self.revision);
            // The contract's button is in the fold with the choice.
            @if part != Section::Contract { button.primary type="submit" { "Save" } }
        };
        section(part.title(), &forms.form(&action, body))
    }

    /// What is wrong at a field.
    pub(super) fn faults<'a>(&'a self, pointer: &'a str) -> Vec<&'a str> {
        self.refused.iter().flat_map(|(_, faults)| faults.at(pointer)).collect()
    }

    fn end(&self, visit: &Visit, forms: &Forms) -> Markup {
        let typed = Typed {
            action: &visit.links.at("/settings/delete"),
            label: "Delete project",
            warning: "Sending stops at once, in both modes; its keys, links and sessions end; its data is erased. This cannot be taken back.",
            id: &visit.project.id,
            wrong: self.mistyped.as_deref(),
        };
        section(
            "Delete",
            &html! { p { "Ends the project and erases everything in it." } (typed.show(forms)) },
        )
    }
}

/// Pointers, what their fields are called, and their ids.
const NAMES: &[(&str, &str, &str)] = &[
    ("/name", "Name", "name"),
    ("/contract", "Contract", "contract"),
    ("/settings/retry", "Retry timetable", "retry"),
    ("/settings/timeout_seconds", "Timeout", "timeout_seconds"),
    ("/settings/disable", "Disabled automatically", "disable"),
    ("/settings/retention_days", "History is kept for", "retention_days"),
    ("/settings/max_event_bytes", "Largest event", "max_event_bytes"),
    ("/settings/allowed_origins", "Pages that may embed the portal", "allowed_origins"),
    ("/settings/branding/name", "Name in the portal", "branding_name"),
    ("/settings/branding/logo", "Logo", "logo"),
    ("/settings/branding/colour", "Colour", "colour"),
];

/// A fault in a list says which of its elements is meant: the field holds all of them.
fn placed(fault: Fault) -> Fault {
    for (list, field, element) in [
        ("/settings/allowed_origins/", "/settings/allowed_origins", "Line"),
        ("/settings/retry/schedule_seconds/", "/settings/retry", "Wait"),
    ] {
        if let Some(Ok(index)) = fault.pointer.strip_prefix(list).map(str::parse::<usize>) {
            return Fault::at(field, format!("{element} {}: {}", index + 1, fault.detail));
        }
    }
    fault
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{Kind, View, check, hostile};

    impl View for Settings {
        fn sample(kind: Kind) -> Self {
            let text = |text: &str| if kind == Kind::Hostile { hostile() } else { text.to_owned() };
            if kind == Kind::Empty {
                return Self::default();
            }
            let values = Values {
                name: text("Acme"),
                contract: text("standard"),
                retry: text("5s, 30s"),
                timeout_seconds: text("5"),
                disable: text("never"),
                disable_number: text(""),
                retention_days: text("30"),
                max_event_bytes: text("1024"),
                allowed_origins: text("https://a.example"),
                branding_name: text("Acme"),
                logo: text("https://a.example/logo.png"),
                colour: text("#0a7f5b"),
            };
            let contract = postrider_contract::Contract::builtin("standard").unwrap();
            Self {
                held: Held { retry: text("Now"), ..Held::default() },
                contracts: vec![Terms::of(&contract)],
                contract: text("Standard"),
                saved: values.clone(),
                values,
                revision: 3,
                refused: None,
                mistyped: (kind == Kind::Hostile).then(hostile),
            }
            .refused(Section::Delivery, NAMES.iter().map(|(at, ..)| Fault::at(*at, text("wrong"))).collect())
        }

        fn markup(&self, visit: &Visit, forms: &Forms) -> Markup {
            self.markup(visit, forms)
        }
    }

    #[test]
    fn the_settings_are_sound_with_any_data() {
        check::<Settings>();
    }

    #[test]
    fn every_fault_leads_to_a_field() {
        let visit = crate::samples::visit(crate::visit::Face::Operator, "standard");
        let html = Settings::sample(Kind::Sample).markup(&visit, &Forms::sample()).into_string();
        for (_, label, id) in NAMES {
            assert!(html.contains(&format!("<a href=\"#{id}\">{label}</a>")), "{label}");
            assert!(html.contains(&format!(" id=\"{id}\"")), "{id}");
        }
    }

    #[test]
    fn a_fault_in_a_list_says_which_element() {
        let fault = placed(Fault::at("/settings/allowed_origins/1", "bad"));
        assert_eq!(
            (fault.pointer.as_str(), fault.detail.as_str()),
            ("/settings/allowed_origins", "Line 2: bad")
        );
    }
}
