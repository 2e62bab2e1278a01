//! A project's `settings`: overrides of its contract's and the server's numbers (DESIGN 4.2).

use postrider_model::endpoint::RetrySetting;
use postrider_model::health::DisableRule;
use postrider_model::limits::Limits;
use serde::{Deserialize, Serialize};

use crate::branding::Branding;

/// What a project sets for itself; what is `None` follows the contract, then the server.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Its retry timetable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<RetrySetting>,
    /// The deadline of one attempt, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<f64>,
    /// When an endpoint is disabled by itself (DESIGN 4.4): `"never"`, `"delivery-exhausted"`,
    /// `{"consecutive_failures": 10}`, `{"failing_for_seconds": 432000}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable: Option<DisableRule>,
    /// Days that history is kept: one of [`RETENTION_DAYS`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention_days: Option<u16>,
    /// The largest event, in bytes of its JSON as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_event_bytes: Option<usize>,
    /// The origins of pages that may embed the customer portal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_origins: Option<Vec<String>>,
    /// How the customer portal looks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branding: Option<Branding>,
}

/// The classes of retention (DESIGN 2.5).
pub const RETENTION_DAYS: [u16; 5] = [1, 7, 30, 90, 365];

/// A place in the settings (a JSON pointer) and what is wrong there.
pub type SettingFault = (String, String);

impl Settings {
    /// Everything that is wrong with the settings; empty if nothing is.
    pub fn validate(&self, limits: &Limits) -> Vec<SettingFault> {
        let mut faults = Vec::new();
        let mut fault = |pointer: String, detail: String| faults.push((pointer, detail));
        if let Some(retry) = &self.retry {
            retry_faults(retry, limits, &mut fault);
        }
        let (least, most) = (limits.min_timeout.as_secs_f64(), limits.max_timeout.as_secs_f64());
        if self.timeout_seconds.is_some_and(|seconds| !(least..=most).contains(&seconds)) {
            fault("/timeout_seconds".to_owned(), format!("This lies between {least} and {most}."));
        }
        if self.retention_days.is_some_and(|days| !RETENTION_DAYS.contains(&days)) {
            fault("/retention_days".to_owned(), "This is one of 1, 7, 30, 90 and 365.".to_owned());
        }
        let (least, most) = (limits.min_settable_event_bytes, limits.max_settable_event_bytes);
        if self.max_event_bytes.is_some_and(|bytes| !(least..=most).contains(&bytes)) {
            fault("/max_event_bytes".to_owned(), format!("This lies between {least} and {most}."));
        }
        origin_faults(self.allowed_origins.as_deref().unwrap_or_default(), limits, &mut fault);
        if let Some(branding) = &self.branding {
            branding.validate(limits, &mut fault);
        }
        faults
    }
}

fn retry_faults(retry: &RetrySetting, limits: &Limits, fault: &mut impl FnMut(String, String)) {
    let pointer = "/retry/schedule_seconds";
    let steps = &retry.schedule_seconds;
    let most = limits.max_retry_steps;
    if steps.len() > most {
        fault(pointer.to_owned(), format!("A timetable has at most {most} steps."));
    }
    let longest = limits.max_retry_step.as_secs_f64();
    for (index, step) in steps.iter().enumerate() {
        if !(0.0..=longest).contains(step) {
            fault(format!("{pointer}/{index}"), format!("A step lies between 0 and {longest} seconds."));
        }
    }
    if steps.iter().sum::<f64>() > limits.max_retry_total.as_secs_f64() {
        let days = limits.max_retry_total.as_secs() / 86_400;
        fault(pointer.to_owned(), format!("The whole timetable has at most {days} days."));
    }
}

fn origin_faults(origins: &[String], limits: &Limits, fault: &mut impl FnMut(String, String)) {
    let most = limits.max_origins;
    if origins.len() > most {
        fault("/allowed_origins".to_owned(), format!("There are at most {most} origins."));
    }
    for (index, _) in origins.iter().enumerate().filter(|(_, origin)| !is_origin(origin)) {
        let detail =
            "This must be an origin such as \"https://app.example.com\": scheme, host, and port if any.";
        fault(format!("/allowed_origins/{index}"), detail.to_owned());
    }
}

/// Scheme, host and port (RFC 6454), with nothing that could end a header or a policy in which it is written.
pub(crate) fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    host.is_some_and(|host| (1..=255).contains(&host.len()) && host.bytes().all(allowed))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(value: Value) -> Result<Settings, String> {
        serde_json::from_value(value).map_err(|error| error.to_string())
    }

    #[test]
    fn settings_come_back_as_they_were_given() {
        for value in [
            json!({}),
            json!({"retry": {"schedule_seconds": [5.0, 30.0]}, "timeout_seconds": 2.5, "retention_days": 7,
                   "max_event_bytes": 1000000, "allowed_origins": ["https://a.example"], "disable": "never"}),
            json!({"branding": {"name": "Acme", "logo": "https://a.example/l.svg", "colour": "#0a7f5b"}}),
            json!({"branding": {}}),
            json!({"disable": "delivery-exhausted"}),
            json!({"disable": {"consecutive_failures": 10}}),
            json!({"disable": {"failing_for_seconds": 432000}}),
        ] {
            let settings = read(value.clone()).unwrap();
            assert_eq!(settings.validate(&Limits::default()), []);
            assert_eq!(serde_json::to_value(&settings).unwrap(), value);
        }
    }

    #[test]
    fn unknown_and_wrongly_typed_settings_are_refused() {
        assert!(read(json!({"retries": 1})).unwrap_err().contains("retries"));
        for disable in [
            json!("always"),
            json!({"consecutive_failures": -1}),
            json!({}),
            json!({"x": 1}),
            json!({"consecutive_failures": 1, "x": 1}),
            json!({"consecutive_failures": 0}),
            json!(1),
        ] {
            assert!(read(json!({"disable": disable})).is_err(), "{disable}");
        }
    }

    #[test]
    fn every_setting_out_of_bounds_is_told_with_its_pointer() {
        let settings = read(json!({
            "retry": {"schedule_seconds": [-1, 1e9]}, "timeout_seconds": 0, "retention_days": 2, "max_event_bytes": 1,
            "allowed_origins": ["https://a.example", "https://a.example/x", "ftp://a", "https://", "https://a;b"],
        }));
        let pointers: Vec<_> =
            settings.unwrap().validate(&Limits::default()).into_iter().map(|(pointer, _)| pointer).collect();
        let expected = [
            "/retry/schedule_seconds/0",
            "/retry/schedule_seconds/1",
            "/retry/schedule_seconds",
            "/timeout_seconds",
            "/retention_days",
            "/max_event_bytes",
            "/allowed_origins/1",
            "/allowed_origins/2",
            "/allowed_origins/3",
            "/allowed_origins/4",
        ];
        assert_eq!(pointers, expected);
    }
}
