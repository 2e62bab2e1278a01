//! How the customers' hosts behave.

use std::collections::HashMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::hours;

/// One host.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Host {
    latency_ms: u64,
    #[serde(default)]
    fails: Option<Fails>,
    #[serde(default)]
    down: Vec<Down>,
}

/// Now and then.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fails {
    one_in: u64,
    status: u16,
    body: String,
}

/// For a while, counted back from the history's end.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Down {
    from_hours: f64,
    to_hours: f64,
    status: u16,
    body: String,
}

/// Every host by its name, with the requests it had.
#[derive(Debug, Default)]
pub struct Weather(HashMap<String, (Host, u64)>);

impl Weather {
    pub(super) fn of<'a>(hosts: impl Iterator<Item = (&'a String, &'a Value)>) -> Self {
        let read = |(name, host): (&String, &Value)| {
            let host = serde_json::from_value(host.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
            (name.clone(), (host, 0))
        };
        Self(hosts.map(read).collect())
    }

    /// Whether this host is one of the sample's.
    #[must_use]
    pub fn knows(&self, host: &str) -> bool {
        self.0.contains_key(host)
    }

    /// What this host answers so long before the history's end, and how long it takes.
    ///
    /// # Panics
    /// When it is none of the sample's.
    pub fn answer(&mut self, host: &str, ago: Duration) -> (u16, String, Duration) {
        let (host, count) = self.0.get_mut(host).unwrap_or_else(|| panic!("{host} is not in the sample"));
        *count += 1;
        // Not quite the same each time: a triangle between 70 % and 130 %.
        let wave = (*count * 7 % 13).abs_diff(6) as f64 / 10.0 + 0.7;
        let latency = Duration::from_millis(host.latency_ms).mul_f64(wave);
        let down = host.down.iter().find(|down| ago <= hours(down.from_hours) && ago >= hours(down.to_hours));
        if let Some(down) = down {
            return (down.status, down.body.clone(), latency);
        }
        match &host.fails {
            Some(fails) if *count % fails.one_in == 0 => (fails.status, fails.body.clone(), latency),
            _ => (200, "OK".to_owned(), latency),
        }
    }
}
