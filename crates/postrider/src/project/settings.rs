//! The settings of a project as flags.

use std::ffi::OsStr;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use serde_json::{Map, Value};

use crate::body::{json, number, seconds, set, timetable};

/// What a project sets in place of its contract's and the server's numbers (DESIGN 4.2).
#[derive(Debug, Args)]
#[command(next_help_heading = "Settings, in place of the contract's and the server's")]
pub(super) struct Settings {
    /// Seconds from each failed attempt to the next, by commas: 5,300,1800
    #[arg(long, value_name = "SECONDS", value_delimiter = ',', value_parser = seconds)]
    retry: Option<Vec<f64>>,
    /// The deadline of one attempt
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<f64>,
    /// When an endpoint is disabled by itself: never, delivery-exhausted, or JSON such as {"consecutive_failures": 10}
    #[arg(long, value_name = "RULE")]
    disable: Option<String>,
    /// How long history is kept: 1, 7, 30, 90 or 365
    #[arg(long, value_name = "DAYS")]
    retention_days: Option<u32>,
    /// The largest event
    #[arg(long, value_name = "BYTES")]
    max_event_bytes: Option<u64>,
    /// An origin of pages that may embed the customer portal; repeatable
    #[arg(long, value_name = "ORIGIN")]
    allowed_origin: Option<Vec<String>>,
    /// What the customer portal calls the product
    #[arg(long, value_name = "NAME")]
    portal_name: Option<String>,
    /// The portal's logo: an https:// address, or a file (PNG, JPEG, WebP or SVG, up to 64 KiB)
    #[arg(long, value_name = "LOGO", value_parser = logo)]
    portal_logo: Option<String>,
    /// The portal's colour: #rrggbb
    #[arg(long, value_name = "COLOUR")]
    portal_colour: Option<String>,
}

impl Settings {
    /// Puts what was given into the body's `settings`.
    pub(super) fn put_into(&self, body: &mut Map<String, Value>) {
        let mut settings = match body.remove("settings") {
            Some(Value::Object(settings)) => settings,
            Some(other) => {
                // The server says what is wrong with it.
                body.insert("settings".to_owned(), other);
                return;
            }
            None => Map::new(),
        };
        set(&mut settings, "retry", self.retry.as_deref().map(timetable));
        set(&mut settings, "timeout_seconds", self.timeout.map(number));
        set(&mut settings, "disable", self.disable.as_deref().map(rule));
        set(&mut settings, "retention_days", self.retention_days);
        set(&mut settings, "max_event_bytes", self.max_event_bytes);
        set(&mut settings, "allowed_origins", self.allowed_origin.clone());
        self.put_branding(&mut settings);
        if !settings.is_empty() {
            body.insert("settings".to_owned(), Value::Object(settings));
        }
    }

    /// What a file says of it stays where no flag says otherwise.
    fn put_branding(&self, settings: &mut Map<String, Value>) {
        let mut given = Map::new();
        set(&mut given, "name", self.portal_name.clone());
        set(&mut given, "logo", self.portal_logo.clone());
        set(&mut given, "colour", self.portal_colour.clone());
        if given.is_empty() {
            return;
        }
        match settings.get_mut("branding") {
            Some(Value::Object(branding)) => branding.extend(given),
            _ => set(settings, "branding", Some(given)),
        }
    }
}

/// An address as it is, a file as a picture.
fn logo(text: &str) -> Result<String, String> {
    if ["https://", "http://", "data:"].iter().any(|scheme| text.starts_with(scheme)) {
        return Ok(text.to_owned());
    }
    let path = Path::new(text);
    let ending = path.extension().and_then(OsStr::to_str).unwrap_or_default().to_ascii_lowercase();
    let kind = match ending.as_str() {
        "png" => "png",
        "jpg" | "jpeg" => "jpeg",
        "webp" => "webp",
        "svg" => "svg+xml",
        _ => {
            return Err(
                "it is an https:// address, or a file that ends in .png, .jpg, .webp or .svg".to_owned()
            );
        }
    };
    let picture = std::fs::read(path).map_err(|error| format!("it cannot be read: {error}"))?;
    Ok(format!("data:image/{kind};base64,{}", STANDARD.encode(picture)))
}

/// A rule that is JSON, or a word.
fn rule(text: &str) -> Value {
    json(text).unwrap_or_else(|_| Value::from(text))
}
