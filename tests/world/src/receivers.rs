//! The network of the tests: every request is remembered and answered by its path.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use postrider_courier::{BoxFuture, Outbound, Report, Transport};
use tokio::sync::Notify;

/// A request that was sent.
#[derive(Debug, Clone)]
pub struct Sent {
    pub url: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Answers 200 unless told otherwise for a URL.
#[derive(Debug, Default)]
pub struct Receivers {
    sent: Mutex<Vec<Sent>>,
    answers: Mutex<HashMap<String, (u16, Bytes)>>,
    arrived: Notify,
}

impl Receivers {
    /// From now on `url` answers with this status and body.
    pub fn answer(&self, url: &str, status: u16, body: &'static [u8]) {
        self.answers.lock().unwrap().insert(url.to_owned(), (status, Bytes::from_static(body)));
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
        self.sent.lock().unwrap().push(Sent { url, headers: request.headers, body: request.body });
        self.arrived.notify_waiters();
        Box::pin(async move {
            let latency = Duration::from_millis(3);
            tokio::time::sleep(latency).await;
            Report { excerpt: body, ..Report::answered(status, latency) }
        })
    }
}
