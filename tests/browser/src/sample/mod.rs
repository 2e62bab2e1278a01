//! What pages are shown with: projects under three contracts with customers, endpoints and a history (`sample/*.json`).
//!
//! The history is lived, not written: the real engine sends the events of hours or days in virtual time to receivers
//! that answer, fail and are down as the files say; so retries wait, endpoints were disabled, and charts have shapes.

mod dice;
mod history;
mod template;
mod weather;

use std::time::Duration;

use postrider_tests::repository;
use serde::Deserialize;
use serde_json::{Map, Value};

pub use history::{Lived, LivedProject, live};
pub use weather::{Host, Weather};

/// One file of `sample/`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Project {
    /// Its id.
    pub id: String,
    name: String,
    contract: String,
    settings: Value,
    events_per_hour: f64,
    event_types: Vec<Map<String, Value>>,
    /// What placeholders stand for, one of each list at a time.
    values: Map<String, Value>,
    events: Vec<Template>,
    tenants: Vec<Tenant>,
    hosts: Map<String, Value>,
    calls: Vec<Call>,
}

/// An event, with placeholders.
#[derive(Debug, Clone, Deserialize)]
struct Template {
    share: u64,
    #[serde(flatten)]
    event: Map<String, Value>,
}

/// A customer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tenant {
    id: String,
    share: u64,
    endpoints: Vec<Value>,
}

/// What somebody does by hand.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    hours_ago: f64,
    method: String,
    path: String,
    body: Value,
}

/// Every project of `sample/`, in the order of their files' names.
///
/// # Panics
/// When a file is not what it must be.
#[must_use]
pub fn projects() -> Vec<Project> {
    let folder = repository().join("tests/browser/sample");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("it is there")
        .map(|file| file.expect("it is read").path())
        .collect();
    files.sort();
    let read = |file: &std::path::PathBuf| {
        let text = std::fs::read(file).expect("it can be read");
        serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    };
    files.iter().map(read).collect()
}

/// How the hosts of all projects behave when the history is over.
#[must_use]
pub fn weather(projects: &[Project]) -> Weather {
    Weather::of(projects.iter().flat_map(|project| &project.hosts))
}

fn hours(count: f64) -> Duration {
    Duration::from_secs_f64(count * 3_600.0)
}
