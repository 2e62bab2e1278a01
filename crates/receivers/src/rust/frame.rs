⟦signed⟧
// Receives the webhooks of ⟨title⟩: checks that each is genuine, answers at once, takes each event once.
//
// Save it as src/main.rs, run `WEBHOOK_SECRET='…' PORT=3000 cargo run`. Edition 2024, with these crates:
⟦/⟧
⟦!signed⟧
// Receives the webhooks of ⟨title⟩, which are NOT SIGNED: nothing in a request proves who sent it. So
// - keep the URL secret and let it end in a long random token (openssl rand -hex 32);
// - allow only the sender's addresses, in your firewall or proxy;
// - before you act on what matters, ask the sender's API whether it is true.
//
// Save it as src/main.rs, run `WEBHOOK_TOKEN='…' PORT=3000 cargo run`. Edition 2024, with these crates:
⟦/⟧
//
//     axum = "0.8"
⟦base64 crate⟧
//     base64 = "0.23"
⟦/⟧
⟦hex crate⟧
//     hex = "0.4"
⟦/⟧
//     ring = "0.17"
//     serde_json = "1"
//     tokio = { version = "1", features = ["macros", "net", "rt-multi-thread", "sync"] }

⟨imports⟩

const LONGEST_BODY: usize = 32 * 1024 * 1024;

⟦time⟧
/// An older request may have been recorded by somebody and sent again.
const TOLERANCE_SECONDS: u64 = ⟨tolerance⟩;

⟦/⟧
struct Receiver {
    ⟦signed⟧
    keys: Keys,
    ⟦/⟧
    ⟦!signed⟧
    token: String,
    ⟦/⟧
    ⟦once⟧
    seen: Mutex<Seen>,
    ⟦/⟧
    work: mpsc::UnboundedSender<(String, Value)>,
}

⟦signed⟧
#[derive(Default)]
struct Keys {
    ⟦utf8⟧
    utf8: Vec<hmac::Key>,
    ⟦/⟧
    ⟦base64⟧
    base64: Vec<hmac::Key>,
    ⟦/⟧
    ⟦ed25519⟧
    ed25519: Vec<Vec<u8>>,
    ⟦/⟧
}

impl Keys {
    /// From the webhook's secret. During a rotation the one before may stand beside it.
    fn read() -> Self {
        let mut keys = Self::default();
        let names = ["WEBHOOK_SECRET", "WEBHOOK_SECRET_BEFORE"];
        let secrets = names.into_iter().flat_map(env::var);
        for secret in secrets.filter(|secret| !secret.is_empty()) {
            ⟦ed25519⟧
            // A webhook that signs with ed25519 has a public key in place of a secret.
            ⟦hmac⟧
            if secret.starts_with(⟨public⟩) {
                keys.ed25519.push(decode(&secret, ⟨public⟩));
                continue;
            }
            ⟦/⟧
            ⟦!hmac⟧
            keys.ed25519.push(decode(&secret, ⟨public⟩));
            ⟦/⟧
            ⟦/⟧
            ⟦utf8⟧
            let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
            keys.utf8.push(key);
            ⟦/⟧
            ⟦base64⟧
            let key = decode(&secret, ⟨prefix⟩);
            keys.base64.push(hmac::Key::new(hmac::HMAC_SHA256, &key));
            ⟦/⟧
        }
        let is_empty = ⟨no keys⟩;
        assert!(!is_empty, "WEBHOOK_SECRET is not set");
        keys
    }
}

⟦decoded⟧
/// The key is the base64 after the prefix.
fn decode(secret: &str, prefix: &str) -> Vec<u8> {
    let digits = secret.strip_prefix(prefix).unwrap_or_default();
    let key = BASE64.decode(digits).unwrap_or_default();
    assert!(key.len() >= 24, "a secret is {prefix} and a key in base64");
    key
}

⟦/⟧
⟦/⟧
⟦time⟧
fn is_recent(timestamp: &str) -> bool {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = since_1970.unwrap_or_default().as_secs();
    let Ok(time) = timestamp.parse::<u64>() else {
        return false;
    };
    time.abs_diff(now) <= TOLERANCE_SECONDS
}

⟦/⟧
⟦hmac⟧
fn hmac_fits(keys: &[hmac::Key], content: &[u8], signature: &[u8]) -> bool {
    let fits = |key| hmac::verify(key, content, signature).is_ok();
    keys.iter().any(fits)
}

⟦/⟧
⟦ed25519⟧
fn ed25519_fits(keys: &[Vec<u8>], content: &[u8], signature: &[u8]) -> bool {
    keys.iter().any(|key| {
        let key = UnparsedPublicKey::new(&ED25519, key);
        key.verify(content, signature).is_ok()
    })
}

⟦/⟧
⟦of hex⟧
fn from_hex(digits: &str) -> Vec<u8> {
    hex::decode(digits).unwrap_or_default()
}

⟦/⟧
⟦of base64⟧
fn from_base64(digits: &str) -> Vec<u8> {
    BASE64.decode(digits).unwrap_or_default()
}

⟦/⟧
⟦headers⟧
fn header<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    let value = headers.get(name).map(|value| value.to_str());
    value.and_then(Result::ok).unwrap_or_default()
}

⟦/⟧
⟨forms⟩

⟨checks⟩

/// This is where your work begins. The request is answered meanwhile: take the time you need.
async fn handle(kind: String, event: Value) {
    println!("{kind} {event}");
}

⟦once⟧
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

⟦/⟧
impl Receiver {
    ⟦batch⟧
    /// Takes one event, or several that came in one request.
    ⟦/⟧
    ⟦!once⟧
    // An event may come again, after a retry or when somebody sends it anew, and has nothing to
    // be known by: doing the work twice must do no harm.
    ⟦/⟧
    fn take(&self, ⟨headers in⟩body: &[u8]) -> serde_json::Result<()> {
        ⟦batch⟧
        let ⟨message⟩: Value = serde_json::from_slice(body)?;
        ⟨once request⟩
        ⟨events⟩
        for event in events {
            ⟨once event⟩
            let kind = ⟨type⟩;
            self.queue(kind, event);
        }
        ⟦/⟧
        ⟦!batch⟧
        let event: Value = serde_json::from_slice(body)?;
        ⟨once request⟩
        ⟨once event⟩
        let kind = ⟨type⟩;
        self.queue(kind, event);
        ⟦/⟧
        Ok(())
    }

    ⟦once⟧
    fn is_new(&self, id: &str) -> bool {
        self.seen.lock().unwrap().is_new(id)
    }

    ⟦/⟧
    fn queue(&self, kind: String, event: Value) {
        // Somebody reads for as long as the program runs.
        let _ = self.work.send((kind, event));
    }
}

async fn receive(
    State(receiver): State<Arc<Receiver>>,
    method: Method,
    ⟦!signed⟧
    uri: Uri,
    ⟦/⟧
    ⟦headers⟧
    headers: HeaderMap,
    ⟦/⟧
    body: Bytes,
) -> StatusCode {
    ⟦!signed⟧
    let given = uri.path().rsplit('/').next().unwrap_or_default();
    // Compares in constant time.
    let key = hmac::Key::new(hmac::HMAC_SHA256, receiver.token.as_bytes());
    let expected = hmac::sign(&key, receiver.token.as_bytes());
    if hmac::verify(&key, given.as_bytes(), expected.as_ref()).is_err() {
        return StatusCode::NOT_FOUND;
    }
    ⟦/⟧
    if method != Method::POST {
        return StatusCode::METHOD_NOT_ALLOWED;
    }
    ⟦signed⟧
    if !is_genuine(&receiver.keys, &headers, &body) {
        return StatusCode::UNAUTHORIZED;
    }
    ⟦/⟧
    match receiver.take(⟨headers out⟩&body) {
        Ok(()) => ⟨taken⟩,
        Err(_) => StatusCode::BAD_REQUEST,
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let (work, mut jobs) = mpsc::unbounded_channel();
    ⟦!signed⟧
    let token = env::var("WEBHOOK_TOKEN").unwrap_or_default();
    if token.len() < 32 {
        panic!("WEBHOOK_TOKEN needs 32 characters or more");
    }
    ⟦/⟧
    let receiver = Receiver {
        ⟦signed⟧
        keys: Keys::read(),
        ⟦/⟧
        ⟦!signed⟧
        token,
        ⟦/⟧
        ⟦once⟧
        seen: Mutex::default(),
        ⟦/⟧
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
