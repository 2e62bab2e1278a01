//! The settings as they stand in the fields, and the change that the fields of a section ask for (RFC 7396).

use postrider_contract::Settings;
use postrider_model::health::DisableRule;
use postrider_service::Fault;
use postrider_store::Project;
use serde_json::{Map, Number, Value, json};

use super::Section;
use super::waits;
use crate::form::Fields;

/// Every field of the page.
#[derive(Debug, Clone, Default)]
pub(super) struct Values {
    pub(super) name: String,
    pub(super) contract: String,
    pub(super) retry: String,
    pub(super) timeout_seconds: String,
    /// The kind of the rule; empty for the contract's.
    pub(super) disable: String,
    /// Its number: attempts, or days.
    pub(super) disable_number: String,
    pub(super) retention_days: String,
    pub(super) max_event_bytes: String,
    /// One a line.
    pub(super) allowed_origins: String,
    pub(super) branding_name: String,
    pub(super) logo: String,
    pub(super) colour: String,
}

const DAY_SECONDS: u64 = 86_400;

impl Values {
    /// Of a project as it is.
    pub(super) fn of(project: &Project, settings: &Settings) -> Self {
        let text = |number: Option<String>| number.unwrap_or_default();
        let (disable, disable_number) = rule(settings.disable);
        let branding = settings.branding.clone().unwrap_or_default();
        Self {
            name: project.name.clone(),
            contract: project.contract.clone(),
            retry: settings
                .retry
                .as_ref()
                .map(|retry| waits::written(&retry.schedule_seconds))
                .unwrap_or_default(),
            timeout_seconds: text(settings.timeout_seconds.map(|seconds| seconds.to_string())),
            disable,
            disable_number,
            retention_days: text(settings.retention_days.map(|days| days.to_string())),
            max_event_bytes: text(settings.max_event_bytes.map(|bytes| bytes.to_string())),
            allowed_origins: settings.allowed_origins.clone().unwrap_or_default().join("\n"),
            branding_name: branding.name.unwrap_or_default(),
            logo: branding.logo.unwrap_or_default(),
            colour: branding.colour.unwrap_or_default(),
        }
    }

    /// With what was entered in a section.
    pub(super) fn entered(mut self, section: Section, fields: &Fields) -> Self {
        let text = |name: &str| fields.text(name).to_owned();
        match section {
            Section::Name => self.name = text("name"),
            Section::Contract => self.contract = text("contract"),
            Section::Delivery => {
                self.retry = text("retry");
                self.timeout_seconds = text("timeout_seconds");
                self.disable = text("disable");
                self.disable_number = text("disable_number");
            }
            Section::Storage => {
                self.retention_days = text("retention_days");
                self.max_event_bytes = text("max_event_bytes");
            }
            Section::Portal => {
                self.allowed_origins = text("allowed_origins");
                self.branding_name = text("branding_name");
                self.logo = text("logo");
                self.colour = text("colour");
            }
        }
        self
    }

    /// The merge patch of a section: what is blank is taken back.
    ///
    /// # Errors
    /// What cannot be read at all; the use case judges the rest.
    pub(super) fn patch(&self, section: Section) -> Result<Map<String, Value>, Vec<Fault>> {
        let patch = match section {
            Section::Name => json!({ "name": self.name }),
            Section::Contract => json!({ "contract": self.contract }),
            Section::Delivery => json!({ "settings": self.delivery()? }),
            Section::Storage => json!({ "settings": self.storage()? }),
            Section::Portal => json!({ "settings": {
                "allowed_origins": self.origins(),
                "branding": {
                    "name": blank(&self.branding_name), "logo": blank(&self.logo), "colour": blank(&self.colour),
                },
            } }),
        };
        match patch {
            Value::Object(patch) => Ok(patch),
            _ => Ok(Map::new()),
        }
    }

    fn delivery(&self) -> Result<Value, Vec<Fault>> {
        let mut faults = Vec::new();
        let retry = match waits::parse(&self.retry) {
            _ if self.retry.is_empty() => Value::Null,
            Ok(waits) => waits::setting(waits),
            Err(detail) => {
                faults.push(Fault::at("/settings/retry", detail));
                Value::Null
            }
        };
        let timeout = decimal(&self.timeout_seconds, "/settings/timeout_seconds", &mut faults);
        let disable = self.rule(&mut faults);
        if faults.is_empty() {
            Ok(json!({ "retry": retry, "timeout_seconds": timeout, "disable": disable }))
        } else {
            Err(faults)
        }
    }

    /// A merge would keep the member of another kind of rule, unless it is taken back by name.
    fn rule(&self, faults: &mut Vec<Fault>) -> Value {
        let number = self.disable_number.parse::<f64>().ok().filter(|number| *number > 0.0);
        let mut missing = |detail: &str| faults.push(Fault::at("/settings/disable", detail));
        match (self.disable.as_str(), number) {
            ("", _) => Value::Null,
            ("consecutive_failures", Some(number))
                if number.fract() == 0.0 && number <= f64::from(u32::MAX) =>
            {
                json!({ "consecutive_failures": number as u32, "failing_for_seconds": null })
            }
            ("consecutive_failures", _) => {
                missing("After how many failed attempts? Enter a whole number.");
                Value::Null
            }
            ("failing_for", Some(days)) if days <= 3_650.0 => {
                let seconds = (days * DAY_SECONDS as f64).round().max(1.0) as u64;
                json!({ "failing_for_seconds": seconds, "consecutive_failures": null })
            }
            ("failing_for", _) => {
                missing("After how many days? Enter a number.");
                Value::Null
            }
            (word, _) => json!(word),
        }
    }

    fn storage(&self) -> Result<Value, Vec<Fault>> {
        let mut faults = Vec::new();
        let days = whole(&self.retention_days, "/settings/retention_days", &mut faults);
        let bytes = whole(&self.max_event_bytes, "/settings/max_event_bytes", &mut faults);
        if faults.is_empty() {
            Ok(json!({ "retention_days": days, "max_event_bytes": bytes }))
        } else {
            Err(faults)
        }
    }

    fn origins(&self) -> Value {
        let origins: Vec<_> =
            self.allowed_origins.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        if origins.is_empty() { Value::Null } else { json!(origins) }
    }
}

fn rule(rule: Option<DisableRule>) -> (String, String) {
    let (kind, number) = match rule {
        None => ("", String::new()),
        Some(DisableRule::Never) => ("never", String::new()),
        Some(DisableRule::DeliveryExhausted) => ("delivery-exhausted", String::new()),
        Some(DisableRule::ConsecutiveFailures(number)) => ("consecutive_failures", number.to_string()),
        Some(DisableRule::FailingFor(time)) => {
            ("failing_for", (time.as_secs_f64() / DAY_SECONDS as f64).to_string())
        }
    };
    (kind.to_owned(), number)
}

fn blank(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { json!(text) }
}

fn decimal(text: &str, pointer: &str, faults: &mut Vec<Fault>) -> Value {
    let number = text.parse::<f64>().ok().and_then(Number::from_f64).map(Value::Number);
    read(text, number, pointer, faults)
}

fn whole(text: &str, pointer: &str, faults: &mut Vec<Fault>) -> Value {
    read(text, text.parse::<u32>().ok().map(Value::from), pointer, faults)
}

fn read(text: &str, number: Option<Value>, pointer: &str, faults: &mut Vec<Fault>) -> Value {
    if number.is_none() && !text.is_empty() {
        faults.push(Fault::at(pointer, "This is not a number."));
    }
    number.unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(value: Value) -> Settings {
        serde_json::from_value(value).unwrap()
    }

    fn values(value: Value) -> Values {
        let project = crate::samples::visit(crate::visit::Face::Operator, "standard").project;
        Values::of(&project, &settings(value))
    }

    /// What the project's settings are after the form was sent as it stands.
    fn sent_again(value: &Value) -> Value {
        let values = values(value.clone());
        let mut target = value.as_object().cloned().unwrap();
        for section in [Section::Delivery, Section::Storage, Section::Portal] {
            let mut patch = values.patch(section).unwrap();
            let Some(Value::Object(patch)) = patch.remove("settings") else { panic!("no settings") };
            postrider_service::merge_patch::merge(&mut target, patch);
        }
        Value::Object(target)
    }

    #[test]
    fn a_form_that_was_not_touched_changes_nothing() {
        for value in [
            json!({"retry": {"schedule_seconds": [5.0, 90.5, 3600.0]}, "timeout_seconds": 2.5, "disable": "never",
                   "retention_days": 7, "max_event_bytes": 65536, "allowed_origins": ["https://a.example", "https://b.example"],
                   "branding": {"name": "Acme", "logo": "https://a.example/x.png", "colour": "#0a7f5b"}}),
            json!({"retry": {"schedule_seconds": []}, "disable": {"consecutive_failures": 10}, "branding": {}}),
            json!({"disable": {"failing_for_seconds": 432_000}, "branding": {}}),
            json!({"disable": "delivery-exhausted", "branding": {}}),
        ] {
            assert_eq!(settings(sent_again(&value)), settings(value));
        }
    }

    #[test]
    fn another_rule_leaves_nothing_of_the_one_before() {
        let mut target = json!({"disable": {"failing_for_seconds": 432_000}}).as_object().cloned().unwrap();
        let changed = Values {
            disable: "consecutive_failures".into(),
            disable_number: "3".into(),
            ..Values::default()
        };
        let mut patch = changed.patch(Section::Delivery).unwrap();
        let Some(Value::Object(patch)) = patch.remove("settings") else { panic!("no settings") };
        postrider_service::merge_patch::merge(&mut target, patch);
        assert_eq!(target["disable"], json!({"consecutive_failures": 3}));
    }

    #[test]
    fn what_cannot_be_read_is_told_at_its_field() {
        let wrong = Values {
            retry: "soon".into(),
            timeout_seconds: "long".into(),
            disable: "failing_for".into(),
            retention_days: "1.5".into(),
            ..Values::default()
        };
        let pointers = |section| {
            wrong.patch(section).unwrap_err().into_iter().map(|fault| fault.pointer).collect::<Vec<_>>()
        };
        assert_eq!(
            pointers(Section::Delivery),
            ["/settings/retry", "/settings/timeout_seconds", "/settings/disable"]
        );
        assert_eq!(pointers(Section::Storage), ["/settings/retention_days"]);
    }
}
