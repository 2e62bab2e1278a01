// Receives the webhooks of Like GitHub: checks that each is genuine, answers at once, takes each event once.
//
// Save it as src/main.rs, run `WEBHOOK_SECRET='…' PORT=3000 cargo run`. Edition 2024, with these crates:
//
//     axum = "0.8"
//     hex = "0.4"
//     ring = "0.17"
//     serde_json = "1"
//     tokio = { version = "1", features = ["macros", "net", "rt-multi-thread", "sync"] }

use std::collections::{HashSet, VecDeque};
use std::env;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, StatusCode};
use ring::hmac;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

const LONGEST_BODY: usize = 32 * 1024 * 1024;

struct Receiver {
    keys: Keys,
    seen: Mutex<Seen>,
    work: mpsc::UnboundedSender<(String, Value)>,
}

#[derive(Default)]
struct Keys {
    utf8: Vec<hmac::Key>,
}

impl Keys {
    /// From the webhook's secret. During a rotation the one before may stand beside it.
    fn read() -> Self {
        let mut keys = Self::default();
        let names = ["WEBHOOK_SECRET", "WEBHOOK_SECRET_BEFORE"];
        let secrets = names.into_iter().flat_map(env::var);
        for secret in secrets.filter(|secret| !secret.is_empty()) {
            let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
            keys.utf8.push(key);
        }
        let is_empty = keys.utf8.is_empty();
        assert!(!is_empty, "WEBHOOK_SECRET is not set");
        keys
    }
}

fn hmac_fits(keys: &[hmac::Key], content: &[u8], signature: &[u8]) -> bool {
    let fits = |key| hmac::verify(key, content, signature).is_ok();
    keys.iter().any(fits)
}

fn from_hex(digits: &str) -> Vec<u8> {
    hex::decode(digits).unwrap_or_default()
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    let value = headers.get(name).map(|value| value.to_str());
    value.and_then(Result::ok).unwrap_or_default()
}

/// `body` is the bytes as they came: parsed and written anew they are not what was signed.
fn is_genuine(keys: &Keys, headers: &HeaderMap, body: &[u8]) -> bool {
    let signature = header(headers, "x-hub-signature-256");
    if let Some(digits) = signature.strip_prefix("sha256=")
        && hmac_fits(&keys.utf8, body, &from_hex(digits))
    {
        return true;
    }
    false
}

/// This is where your work begins. The request is answered meanwhile: take the time you need.
async fn handle(kind: String, event: Value) {
    println!("{kind} {event}");
}

/// An event may come again: after a retry, or when somebody sends it anew. A table of your
/// database with the id as its key is the better memory: it outlives the process.
#[derive(Default)]
struct Seen {
    ids: HashSet<String>,
    order: VecDeque<String>,
}

impl Seen {
    fn is_new(&mut self, id: &str) -> bool {
        if !self.ids.insert(id.to_owned()) {
            return false;
        }
        self.order.push_back(id.to_owned());
        if self.order.len() > 10_000 {
            let oldest = self.order.pop_front();
            oldest.map(|id| self.ids.remove(&id));
        }
        true
    }
}

impl Receiver {
    fn take(&self, headers: &HeaderMap, body: &[u8]) -> serde_json::Result<()> {
        let event: Value = serde_json::from_slice(body)?;
        let id = header(headers, "x-github-delivery");
        if !id.is_empty() && !self.is_new(id) {
            return Ok(());
        }
        let kind = header(headers, "x-github-event").to_owned();
        self.queue(kind, event);
        Ok(())
    }

    fn is_new(&self, id: &str) -> bool {
        self.seen.lock().unwrap().is_new(id)
    }

    fn queue(&self, kind: String, event: Value) {
        // Somebody reads for as long as the program runs.
        let _ = self.work.send((kind, event));
    }
}

async fn receive(
    State(receiver): State<Arc<Receiver>>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    if method != Method::POST {
        return StatusCode::METHOD_NOT_ALLOWED;
    }
    if !is_genuine(&receiver.keys, &headers, &body) {
        return StatusCode::UNAUTHORIZED;
    }
    match receiver.take(&headers, &body) {
        Ok(()) => StatusCode::OK,
        Err(_) => StatusCode::BAD_REQUEST,
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let (work, mut jobs) = mpsc::unbounded_channel();
    let receiver = Receiver {
        keys: Keys::read(),
        seen: Mutex::default(),
        work,
    };
    tokio::spawn(async move {
        while let Some((kind, event)) = jobs.recv().await {
            // In a task of its own a panic ends the work on this event alone.
            if let Err(error) = tokio::spawn(handle(kind, event)).await {
                eprintln!("{error}");
            }
        }
    });
    let app = Router::new()
        .fallback(receive)
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .with_state(Arc::new(receiver));
    let port = env::var("PORT").unwrap_or("3000".to_owned());
    let listener = TcpListener::bind(format!("0.0.0.0:{port}")).await?;
    println!("listening on port {}", listener.local_addr()?.port());
    axum::serve(listener, app).await
}
