//! A project's settings, checked before they are stored.

use postrider_contract::Settings;
use postrider_model::limits::Limits;
use serde_json::{Map, Value};

use crate::Fault;

/// Notes everything that is wrong with `settings`, with pointers that begin with `/settings`.
pub(super) fn check(settings: &Map<String, Value>, limits: &Limits, faults: &mut Vec<Fault>) {
    match serde_path_to_error::deserialize::<_, Settings>(&Value::Object(settings.clone())) {
        Ok(settings) => {
            let within = |(pointer, detail)| Fault::at(format!("/settings{pointer}"), detail);
            faults.extend(settings.validate(limits).into_iter().map(within));
        }
        Err(error) => faults.push(Fault::at(place(error.path()), format!("{}.", error.inner()))),
    }
}

/// The settings as the audit log tells of them: a picture is long, and nobody reads it there.
pub(super) fn noted(settings: &Map<String, Value>) -> Value {
    let mut noted = Value::Object(settings.clone());
    if let Some(Value::String(logo)) = noted.pointer_mut("/branding/logo")
        && let Some(kind) = logo.starts_with("data:").then(|| logo.find(',')).flatten()
    {
        *logo = format!("{},… ({} characters)", &logo[..kind], logo.len());
    }
    noted
}

fn place(path: &serde_path_to_error::Path) -> String {
    path.iter().fold("/settings".to_owned(), |pointer, segment| match segment {
        serde_path_to_error::Segment::Seq { index } => format!("{pointer}/{index}"),
        serde_path_to_error::Segment::Map { key } => {
            format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
        }
        _ => pointer,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn faults(settings: &Value) -> Vec<Fault> {
        let mut faults = Vec::new();
        check(settings.as_object().unwrap(), &Limits::default(), &mut faults);
        faults
    }

    #[test]
    fn settings_of_the_design_are_taken() {
        let settings = json!({"retry": {"schedule_seconds": [5, 30]}, "timeout_seconds": 10,
            "disable": {"consecutive_failures": 10}, "retention_days": 7, "max_event_bytes": 65536,
            "allowed_origins": ["https://app.example.com"],
            "branding": {"name": "Acme", "logo": "https://acme.example/logo.svg", "colour": "#0a7f5b"}});
        assert_eq!(faults(&settings), []);
    }

    #[test]
    fn a_setting_that_is_unknown_or_not_valid_is_pointed_at() {
        assert_eq!(faults(&json!({"retires": 1}))[0].pointer, "/settings/retires");
        assert_eq!(faults(&json!({"retention_days": 8}))[0].pointer, "/settings/retention_days");
        assert_eq!(
            faults(&json!({"retry": {"schedule_seconds": [1, -1]}}))[0].pointer,
            "/settings/retry/schedule_seconds/1"
        );
        assert_eq!(faults(&json!({"timeout_seconds": "1"}))[0].pointer, "/settings/timeout_seconds");
        let branding = json!({"branding": {"name": "", "logo": "logo.png", "colour": "red"}});
        let pointers: Vec<_> = faults(&branding).into_iter().map(|fault| fault.pointer).collect();
        assert_eq!(
            pointers,
            ["/settings/branding/name", "/settings/branding/logo", "/settings/branding/colour"]
        );
        assert_eq!(faults(&json!({"branding": {"color": "#000000"}}))[0].pointer, "/settings/branding/color");
    }

    #[test]
    fn the_audit_log_is_spared_the_picture() {
        let picture = json!({"branding": {"logo": "data:image/png;base64,iVBORw0KGgo=", "name": "Acme"}});
        assert_eq!(
            noted(picture.as_object().unwrap()),
            json!({"branding": {"logo": "data:image/png;base64,… (34 characters)", "name": "Acme"}})
        );
        let address = json!({"branding": {"logo": "https://acme.example/a,b.svg"}, "retention_days": 7});
        assert_eq!(noted(address.as_object().unwrap()), address);
    }
}
