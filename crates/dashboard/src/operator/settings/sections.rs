//! The fields of each section.

use maud::{Markup, html};

use super::page::Settings;
use super::preview;
use crate::view::field::{Select, Text};
use crate::visit::Visit;

impl Settings {
    pub(super) fn name_fields(&self) -> Markup {
        let name = Text {
            name: "name",
            label: "Name",
            hint: "What people call the product.",
            value: &self.values.name,
            required: true,
            faults: self.faults("/name"),
            ..Text::default()
        };
        name.show()
    }

    pub(super) fn contract_fields(&self) -> Markup {
        html! {
            p { "Now: " strong { bdi { (self.contract) } } ". A change holds for everything that is sent from then on, retries too: the body, the signature, the headers, the timetable. The documented routes of the old contract no longer answer, and ids look as the new one says." }
            p { "It is refused as long as an enabled webhook has no secret that the new contract can sign with." }
            details.fold open[!self.faults("/contract").is_empty()] {
                summary { "Compare the contracts" }
                fieldset #contract .wide {
                    legend { "Contract" }
                    @for fault in self.faults("/contract") { div.fault { p { (fault) } } }
                    div.choices { @for terms in &self.contracts { (terms.choice(terms.name == self.values.contract)) } }
                }
                button.primary type="submit" { "Change contract" }
            }
        }
    }

    pub(super) fn delivery_fields(&self) -> Markup {
        let values = &self.values;
        let retry_hint = format!(
            "{} The wait after each failed attempt, such as 5s, 2m, 1h, 1d; none for a single attempt.",
            self.held.retry
        );
        let retry = Text {
            name: "retry",
            label: "Retry timetable",
            hint: &retry_hint,
            value: &values.retry,
            faults: self.faults("/settings/retry"),
            ..Text::default()
        };
        let timeout_hint = format!("{} Seconds until an attempt counts as failed.", self.held.timeout);
        let timeout = Text {
            name: "timeout_seconds",
            label: "Timeout",
            hint: &timeout_hint,
            value: &values.timeout_seconds,
            faults: self.faults("/settings/timeout_seconds"),
            ..Text::default()
        };
        let disable = Select {
            name: "disable",
            label: "Disabled automatically",
            hint: &self.held.disable,
            value: &values.disable,
            options: vec![
                ("", "As the contract says"),
                ("never", "Never"),
                (
                    "delivery-exhausted",
                    "When a delivery used up its attempts and nothing succeeded meanwhile",
                ),
                ("consecutive_failures", "After a number of failed attempts in a row"),
                ("failing_for", "After a number of days of nothing but failures"),
            ],
            faults: self.faults("/settings/disable"),
        };
        let number = Text {
            name: "disable_number",
            label: "Number",
            hint: "Of attempts, or of days, where the choice above needs one.",
            value: &values.disable_number,
            ..Text::default()
        };
        html! { (retry.show()) (timeout.show()) (disable.show()) (number.show()) }
    }

    pub(super) fn storage_fields(&self) -> Markup {
        let retention_hint =
            format!("{} Then events, deliveries and their attempts are erased.", self.held.retention);
        let retention = Select {
            name: "retention_days",
            label: "History is kept for",
            hint: &retention_hint,
            value: &self.values.retention_days,
            options: vec![
                ("", "As the server says"),
                ("1", "1 day"),
                ("7", "7 days"),
                ("30", "30 days"),
                ("90", "90 days"),
                ("365", "365 days"),
            ],
            faults: self.faults("/settings/retention_days"),
        };
        let largest_hint = format!(
            "{} In bytes of its JSON as it is sent; a larger one is refused with 413.",
            self.held.largest
        );
        let largest = Text {
            name: "max_event_bytes",
            label: "Largest event",
            hint: &largest_hint,
            value: &self.values.max_event_bytes,
            faults: self.faults("/settings/max_event_bytes"),
            ..Text::default()
        };
        html! { (retention.show()) (largest.show()) }
    }

    pub(super) fn portal_fields(&self, visit: &Visit) -> Markup {
        let values = &self.values;
        let text = |name, label, hint, value, example, at| {
            Text { name, label, hint, value, example, faults: self.faults(at), ..Text::default() }.show()
        };
        html! {
            (preview::show(&self.saved, &visit.project.name))
            (text("branding_name", "Name in the portal", "Blank: the project's name.", &values.branding_name, "", "/settings/branding/name"))
            (text("logo", "Logo", "An https:// address, or a picture as a data: URL (PNG, JPEG, WebP, SVG) of at most 64 KiB.", &values.logo, "https://…/logo.svg", "/settings/branding/logo"))
            (text("colour", "Colour", "As #rrggbb. The portal darkens or lightens it until it can be read.", &values.colour, "#0a7f5b", "/settings/branding/colour"))
            (Text {
                name: "allowed_origins",
                label: "Pages that may embed the portal",
                hint: "Origins, one a line: scheme, host, and port if any. Blank: none; customers open the portal in a window of its own.",
                value: &values.allowed_origins,
                rows: Some(3),
                example: "https://app.example.com",
                faults: self.faults("/settings/allowed_origins"),
                ..Text::default()
            }.show())
        }
    }
}
