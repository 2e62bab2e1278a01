use super::*;
use crate::samples::{Kind, View, check, hostile, visit};
use crate::visit::Face;
use crate::webhooks::entry::condition::Condition;
use crate::webhooks::entry::headers::{Header, Headers};
use crate::webhooks::entry::pace::Pace;
use crate::webhooks::entry::types::Types;
use postrider_service::Fault;

impl View for WebhookForm {
    fn sample(kind: Kind) -> Self {
        let action = "/portal/webhooks/new".to_owned();
        let back = "/portal/webhooks".to_owned();
        let known =
            |name: &str, description: &str| KnownType { name: name.into(), description: description.into() };
        match kind {
            Kind::Empty => Self { action, back, ..Self::default() },
            Kind::Sample => Self {
                entered: Entered {
                    name: "Production Webhook".into(),
                    url: "https://your-app.com/webhooks/scopien".into(),
                    enabled: true,
                    types: Types { all: false, chosen: vec!["lead.created".into()], other: String::new() },
                    ..Entered::default()
                },
                catalogue: vec![
                    known("lead.created", "New lead created"),
                    known("lead.updated", "Lead modified"),
                    known("case.closed", ""),
                ],
                action,
                back,
                ..Self::default()
            },
            Kind::Hostile => {
                let text = hostile();
                let row = Condition { field: text.clone(), operator: text.clone(), value: text.clone() };
                Self {
                    entered: Entered {
                        name: text.clone(),
                        url: text.clone(),
                        description: text.clone(),
                        enabled: false,
                        types: Types { all: false, chosen: vec![text.clone()], other: text.clone() },
                        filter: crate::webhooks::entry::filter::Filter {
                            kept: true,
                            fields: vec![text.clone()],
                            rows: vec![row],
                            rest: text.clone(),
                        },
                        headers: Headers(vec![Header { name: text.clone(), value: text.clone() }]),
                        pace: Pace {
                            batches: true,
                            batch_size: text.clone(),
                            batch_wait: text.clone(),
                            rate: text.clone(),
                            ordering: text.clone(),
                        },
                        ed25519: true,
                        secret: text.clone(),
                    },
                    faults: Faults::new(
                        NAMES.iter().map(|(pointer, ..)| Fault::at(*pointer, text.clone())).collect(),
                    ),
                    catalogue: vec![known(&text, &text)],
                    action,
                    back,
                    held: Some(Held {
                        revision: 3,
                        enabled: true,
                        hidden_headers: vec![text.clone()],
                        dialect_filter: Some(text),
                    }),
                }
            }
        }
    }

    fn markup(&self, visit: &Visit, forms: &Forms) -> Markup {
        self.markup(visit, forms)
    }
}

fn html(contract: &str) -> String {
    WebhookForm::sample(Kind::Sample).markup(&visit(Face::Customer, contract), &Forms::sample()).into_string()
}

#[test]
fn the_form_bears_any_data() {
    check::<WebhookForm>();
}

#[test]
fn only_what_the_contract_allows_is_offered() {
    let standard = html("standard");
    for offered in ["name=\"signature\"", "name=\"header_name\"", "name=\"other_types\""] {
        assert!(standard.contains(offered), "{offered}");
    }
    let scopien = html("scopien");
    for offered in ["name=\"batches\"", "name=\"header_name\"", "name=\"secret\"", "value=\"lead.*\""] {
        assert!(scopien.contains(offered), "{offered}");
    }
    assert!(!scopien.contains("name=\"signature\""));
    let calls = html("call-center");
    for missing in
        ["name=\"batches\"", "name=\"header_name\"", "name=\"secret\"", "name=\"other_types\"", "lead.*"]
    {
        assert!(!calls.contains(missing), "{missing}");
    }
    assert!(calls.contains("Contact lists"));
}
