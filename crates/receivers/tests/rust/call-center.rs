// Receives the webhooks of Call center, which are NOT SIGNED: nothing in a request proves who sent it. So
// - keep the URL secret and let it end in a long random token (openssl rand -hex 32);
// - allow only the sender's addresses, in your firewall or proxy;
// - before you act on what matters, ask the sender's API whether it is true.
//
// Save it as src/main.rs, run `WEBHOOK_TOKEN='…' PORT=3000 cargo run`. Edition 2024, with these crates:
//
//     axum = "0.8"
//     ring = "0.17"
//     serde_json = "1"
//     tokio = { version = "1", features = ["macros", "net", "rt-multi-thread", "sync"] }

use std::collections::{HashSet, VecDeque};
use std::env;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{Method, StatusCode, Uri};
use ring::hmac;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

const LONGEST_BODY: usize = 32 * 1024 * 1024;

struct Receiver {
    token: String,
    seen: Mutex<Seen>,
    work: mpsc::UnboundedSender<(String, Value)>,
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
    fn take(&self, body: &[u8]) -> serde_json::Result<()> {
        let event: Value = serde_json::from_slice(body)?;
        if event["id"].as_str().is_some_and(|id| !self.is_new(id)) {
            return Ok(());
        }
        let kind = event["event"].as_str().unwrap_or_default().to_owned();
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
    uri: Uri,
    body: Bytes,
) -> StatusCode {
    let given = uri.path().rsplit('/').next().unwrap_or_default();
    // Compares in constant time.
    let key = hmac::Key::new(hmac::HMAC_SHA256, receiver.token.as_bytes());
    let expected = hmac::sign(&key, receiver.token.as_bytes());
    if hmac::verify(&key, given.as_bytes(), expected.as_ref()).is_err() {
        return StatusCode::NOT_FOUND;
    }
    if method != Method::POST {
        return StatusCode::METHOD_NOT_ALLOWED;
    }
    match receiver.take(&body) {
        Ok(()) => StatusCode::OK,
        Err(_) => StatusCode::BAD_REQUEST,
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let (work, mut jobs) = mpsc::unbounded_channel();
    let token = env::var("WEBHOOK_TOKEN").unwrap_or_default();
    if token.len() < 32 {
        panic!("WEBHOOK_TOKEN needs 32 characters or more");
    }
    let receiver = Receiver {
        token,
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
