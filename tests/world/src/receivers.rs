//! The network of the tests: every request is remembered and answered by its path.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use postrider_courier::{BoxFuture, Failure, Outbound, Report, Stage, Transport};
use tokio::sync::Notify;
use tokio::time::Instant;

/// A request that was sent.
#[derive(Debug, Clone)]
pub struct Sent {
    pub url: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// The deadline it was sent with.
    pub timeout: Duration,
    /// When.
    pub at: Instant,
}

impl Sent {
    /// A header, empty where it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

/// What comes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// An answer with this status.
    Answer(u16),
    /// None before the deadline.
    Hang,
    /// Nobody listens.
    Refuse,
}

/// What a receiver does with a request: the answer's status and body, and how long it takes.
type Behaviour = dyn Fn(&Sent) -> (u16, Bytes, Duration) + Send + Sync;

/// Answers 200 unless told otherwise for a URL.
#[derive(Default)]
pub struct Receivers {
    sent: Mutex<Vec<Sent>>,
    answers: Mutex<HashMap<String, (u16, Bytes)>>,
    acts: Mutex<HashMap<String, VecDeque<Act>>>,
    behaviour: Mutex<Option<Box<Behaviour>>>,
    arrived: Notify,
}

impl std::fmt::Debug for Receivers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receivers").finish_non_exhaustive()
    }
}

impl Receivers {
    /// From now on all requests are answered as this says, and none is remembered.
    pub fn behave(&self, behaviour: impl Fn(&Sent) -> (u16, Bytes, Duration) + Send + Sync + 'static) {
        *self.behaviour.lock().unwrap() = Some(Box::new(behaviour));
    }

    /// From now on `url` answers with this status and body.
    pub fn answer(&self, url: &str, status: u16, body: &'static [u8]) {
        self.answers.lock().unwrap().insert(url.to_owned(), (status, Bytes::from_static(body)));
    }

    /// What comes of the next requests to `url`, one after the other, before its usual answer.
    pub fn act(&self, url: &str, acts: impl IntoIterator<Item = Act>) {
        self.acts.lock().unwrap().entry(url.to_owned()).or_default().extend(acts);
    }

    /// What was sent to `url` so far.
    pub fn sent_to(&self, url: &str) -> Vec<Sent> {
        self.sent().into_iter().filter(|sent| sent.url == url).collect()
    }

    /// What was sent so far.
    pub fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }

    /// Waits until `count` requests were sent in all, for at most an hour of virtual time.
    pub async fn wait_for(&self, count: usize) -> Vec<Sent> {
        let hour = Duration::from_secs(3_600);
        let arrived = tokio::time::timeout(hour, self.arrive(count)).await;
        arrived.unwrap_or_else(|_| panic!("{} of {count} requests were sent", self.sent().len()))
    }

    async fn arrive(&self, count: usize) -> Vec<Sent> {
        loop {
            let arrived = self.arrived.notified();
            let sent = self.sent();
            if sent.len() >= count {
                return sent;
            }
            arrived.await;
        }
    }
}

impl Transport for Receivers {
    fn send(&self, request: Outbound) -> BoxFuture<'static, Report> {
        let url = request.target.as_str().to_owned();
        let (status, body) =
            self.answers.lock().unwrap().get(&url).cloned().unwrap_or((200, Bytes::from_static(b"ok")));
        let act = self.acts.lock().unwrap().get_mut(&url).and_then(VecDeque::pop_front);
        let Outbound { headers, body: sent, timeout, .. } = request;
        let sent = Sent { url, headers, body: sent, timeout, at: Instant::now() };
        if let Some(behaviour) = &*self.behaviour.lock().unwrap() {
            let (status, excerpt, latency) = behaviour(&sent);
            return Box::pin(answered(status, excerpt, latency, timeout));
        }
        self.sent.lock().unwrap().push(sent);
        self.arrived.notify_waiters();
        Box::pin(async move {
            let latency = if act == Some(Act::Hang) { timeout } else { Duration::from_millis(3) };
            tokio::time::sleep(latency).await;
            match act {
                None => Report { excerpt: body, ..Report::answered(status, latency) },
                Some(Act::Answer(status)) => Report::answered(status, latency),
                Some(Act::Hang) => Report::failed(Failure::Timeout(Stage::Response), latency),
                Some(Act::Refuse) => Report::failed(Failure::ConnectionRefused, latency),
            }
        })
    }
}

async fn answered(status: u16, excerpt: Bytes, latency: Duration, timeout: Duration) -> Report {
    tokio::time::sleep(latency.min(timeout)).await;
    if latency > timeout {
        return Report::failed(Failure::Timeout(Stage::Response), timeout);
    }
    Report { excerpt, ..Report::answered(status, latency) }
}
