//! What each host answers, and what it got.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::sample::Weather;

/// What a host is told to answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Told {
    pub status: u16,
    #[serde(default)]
    pub body: String,
    #[serde(default)]
    pub after_ms: u64,
}

/// A request that a host got.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Arrived {
    pub host: String,
    pub path: String,
    pub headers: HashMap<String, String>,
    pub body: String,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Hosts {
    weather: Mutex<Weather>,
    told: Mutex<HashMap<String, Told>>,
    arrived: Mutex<Vec<Arrived>>,
    count: watch::Sender<usize>,
}

impl Hosts {
    pub(super) fn new(weather: Weather) -> Self {
        let (count, _) = watch::channel(0);
        Self { weather: Mutex::new(weather), told: Mutex::default(), arrived: Mutex::default(), count }
    }

    /// From now on it answers so.
    pub(super) fn tell(&self, host: &str, told: Told) {
        self.told.lock().insert(host.to_owned(), told);
    }

    /// Notes a request; what to answer, and when.
    pub(super) fn receive(&self, arrived: Arrived) -> (u16, String, Duration) {
        let host = arrived.host.clone();
        self.arrived.lock().push(arrived);
        self.count.send_modify(|count| *count += 1);
        if let Some(told) = self.told.lock().get(&host) {
            return (told.status, told.body.clone(), Duration::from_millis(told.after_ms));
        }
        let mut weather = self.weather.lock();
        if !weather.knows(&host) {
            return (200, "OK".to_owned(), Duration::ZERO);
        }
        weather.answer(&host, Duration::ZERO)
    }

    /// What this host got, once there is so much of it.
    pub(super) async fn arrived(&self, host: &str, count: usize) -> Vec<Arrived> {
        let mut seen = self.count.subscribe();
        loop {
            let here = self.arrived_so_far(host);
            if here.len() >= count || seen.changed().await.is_err() {
                return here;
            }
        }
    }

    fn arrived_so_far(&self, host: &str) -> Vec<Arrived> {
        self.arrived.lock().iter().filter(|arrived| arrived.host == host).cloned().collect()
    }
}
