// Receives the webhooks of Pairs: checks that each is genuine, answers at once, takes each event once.
//
// Save it as src/main.rs, run `WEBHOOK_SECRET='…' PORT=3000 cargo run`. Edition 2024, with these crates:
//
//     axum = "0.8"
//     base64 = "0.23"
//     ring = "0.17"
//     serde_json = "1"
//     tokio = { version = "1", features = ["macros", "net", "rt-multi-thread", "sync"] }

use std::env;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

const LONGEST_BODY: usize = 32 * 1024 * 1024;

/// An older request may have been recorded by somebody and sent again.
const TOLERANCE_SECONDS: u64 = 300;

struct Receiver {
    keys: Keys,
    work: mpsc::UnboundedSender<(String, Value)>,
}

#[derive(Default)]
struct Keys {
    ed25519: Vec<Vec<u8>>,
}

impl Keys {
    /// From the webhook's secret. During a rotation the one before may stand beside it.
    fn read() -> Self {
        let mut keys = Self::default();
        let names = ["WEBHOOK_SECRET", "WEBHOOK_SECRET_BEFORE"];
        let secrets = names.into_iter().flat_map(env::var);
        for secret in secrets.filter(|secret| !secret.is_empty()) {
            // A webhook that signs with ed25519 has a public key in place of a secret.
            keys.ed25519.push(decode(&secret, "whpk_"));
        }
        let is_empty = keys.ed25519.is_empty();
        assert!(!is_empty, "WEBHOOK_SECRET is not set");
        keys
    }
}

/// The key is the base64 after the prefix.
fn decode(secret: &str, prefix: &str) -> Vec<u8> {
    let digits = secret.strip_prefix(prefix).unwrap_or_default();
    let key = BASE64.decode(digits).unwrap_or_default();
    assert!(key.len() >= 24, "a secret is {prefix} and a key in base64");
    key
}

fn is_recent(timestamp: &str) -> bool {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = since_1970.unwrap_or_default().as_secs();
    let Ok(time) = timestamp.parse::<u64>() else {
        return false;
    };
    time.abs_diff(now) <= TOLERANCE_SECONDS
}

fn ed25519_fits(keys: &[Vec<u8>], content: &[u8], signature: &[u8]) -> bool {
    keys.iter().any(|key| {
        let key = UnparsedPublicKey::new(&ED25519, key);
        key.verify(content, signature).is_ok()
    })
}

fn from_base64(digits: &str) -> Vec<u8> {
    BASE64.decode(digits).unwrap_or_default()
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    let value = headers.get(name).map(|value| value.to_str());
    value.and_then(Result::ok).unwrap_or_default()
}

fn form1(rest: &str) -> Option<&str> {
    let rest = rest.strip_prefix("at ")?;
    let (timestamp, rest) = rest.split_once(" s")?;
    rest.is_empty().then_some(timestamp)
}

/// `body` is the bytes as they came: parsed and written anew they are not what was signed.
fn is_genuine(keys: &Keys, headers: &HeaderMap, body: &[u8]) -> bool {
    let timestamp = form1(header(headers, "x-time")).unwrap_or_default();
    if !is_recent(timestamp) {
        return false;
    }
    let content = [format!("{timestamp}:").as_bytes(), body].concat();
    let signature = header(headers, "x-signature");
    let digits = signature;
    if ed25519_fits(&keys.ed25519, &content, &from_base64(digits)) {
        return true;
    }
    false
}

/// This is where your work begins. The request is answered meanwhile: take the time you need.
async fn handle(kind: String, event: Value) {
    println!("{kind} {event}");
}

impl Receiver {
    /// Takes one event, or several that came in one request.
    // An event may come again, after a retry or when somebody sends it anew, and has nothing to
    // be known by: doing the work twice must do no harm.
    fn take(&self, body: &[u8]) -> serde_json::Result<()> {
        let message: Value = serde_json::from_slice(body)?;
        let events = match message {
            Value::Array(events) => events,
            event => vec![event],
        };
        for event in events {
            let kind = event["type"].as_str().unwrap_or_default().to_owned();
            self.queue(kind, event);
        }
        Ok(())
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
    match receiver.take(&body) {
        Ok(()) => StatusCode::OK,
        Err(_) => StatusCode::BAD_REQUEST,
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let (work, mut jobs) = mpsc::unbounded_channel();
    let receiver = Receiver {
        keys: Keys::read(),
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
