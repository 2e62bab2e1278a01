//! A server with deliveries in every state, and what becomes of them.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::Method;
use postrider_tests::{Act, Client, Endpoint, Product, ROOT_KEY, Receiver, Server, until};
use serde_json::{Value, json};

/// Paths of the receiver.
pub(super) const FINE: &str = "/fine";
pub(super) const NEVER: &str = "/never";
pub(super) const LATER: &str = "/later";
pub(super) const LINE: &str = "/line";
pub(super) const HELD: &str = "/held";
pub(super) const REPLAYED: &str = "/replayed";
pub(super) const SECOND: &str = "/second";
pub(super) const FAN: &str = "/fan/";
/// Endpoints of the event that is for very many.
const WIDE: usize = 150;

/// See the module.
pub(super) struct Stock {
    receiver: Receiver,
    healed: Arc<AtomicBool>,
    live: Client,
    test: Client,
    /// Endpoints by path.
    endpoints: HashMap<&'static str, Endpoint>,
    /// The events of the ordered line, in the order they were accepted.
    pub(super) line: Vec<String>,
    /// Attempts that a delivery must have had in the end, where it is not one.
    attempts: HashMap<(&'static str, String), usize>,
}

impl Stock {
    /// Makes it, and waits until nothing moves.
    pub(super) async fn make(server: &Server) -> Self {
        let healed = Arc::new(AtomicBool::new(false));
        let is_healed = Arc::clone(&healed);
        let receiver = Receiver::acting(move |delivery, _| {
            let fails = [NEVER, LATER, LINE].contains(&delivery.path.as_str());
            Act::Answer(if fails && !is_healed.load(Ordering::Relaxed) { 500 } else { 204 })
        })
        .await;
        let product = Product::create(server, json!({"retry": {"schedule_seconds": [3600]}})).await;
        let key = json!({"name": "test", "mode": "test", "scopes": ["*"]});
        let made = product.root.post("/v1/projects/acme/keys", key).await.expect(201);
        let test = Client::new(server.address, made["key"].as_str().unwrap());
        let mut stock = Self {
            receiver,
            healed,
            live: product.client.clone(),
            test,
            endpoints: HashMap::new(),
            line: Vec::new(),
            attempts: HashMap::new(),
        };
        stock.configure().await;
        stock.send(&product).await;
        stock
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.receiver.address)
    }

    async fn configure(&mut self) {
        let put = |name: &str, body: Value| {
            let (client, path) = (self.live.clone(), format!("/v1/event-types/{name}"));
            async move { client.call(Method::PUT, &path, body.to_string()).await }
        };
        let schema = json!({"description": "A thing", "schema": {"type": "object"}, "example": {"n": 1}});
        assert!(put("thing.happened", schema).await.status.is_success());
        for (path, more) in [
            (FINE, json!({"headers": {"x-some": "thing"}, "metadata": {"a": "b"}})),
            (NEVER, json!({"retry": {"schedule_seconds": []}})),
            (LATER, json!({})),
            (LINE, json!({"ordering": "key"})),
            (HELD, json!({"enabled": false})),
        ] {
            let mut body = more;
            body["url"] = json!(self.url(path));
            body["event_types"] = json!([format!("to{}", path.replace('/', "."))]);
            let endpoint = self.endpoint("t1", body).await;
            self.endpoints.insert(path, endpoint);
        }
        let body = json!({"url": self.url(REPLAYED), "event_types": ["to.replayed"]});
        let endpoint = self.endpoint("t3", body).await;
        self.endpoints.insert(REPLAYED, endpoint);
        let body = json!({"url": self.url(SECOND), "event_types": ["to.second"]});
        let endpoint = self.endpoint("t2", body).await;
        self.endpoints.insert(SECOND, endpoint);
        for number in 0..WIDE {
            let body = json!({"url": self.url(&format!("{FAN}{number}")), "event_types": ["to.many"]});
            self.endpoint("t3", body).await;
        }
        let body = json!({"url": self.url("/test"), "event_types": ["to.test"]});
        let _ = self.test.post("/v1/tenants/t1/endpoints", body).await.expect(201);
    }

    async fn endpoint(&self, tenant: &str, body: Value) -> Endpoint {
        let made = self.live.post(&format!("/v1/tenants/{tenant}/endpoints"), body).await.expect(201);
        let text = |name: &str| made[name].as_str().unwrap_or_default().to_owned();
        Endpoint { id: text("id"), tenant: tenant.to_owned(), secret: text("secret") }
    }

    async fn post(&self, client: &Client, tenant: &str, path: &str, more: Value) -> String {
        let mut event = more;
        event["tenant"] = json!(tenant);
        event["type"] = json!(format!("to{}", path.replace('/', ".")));
        if event["data"].is_null() {
            event["data"] = json!({"n": 1});
        }
        let accepted = client.post("/v1/events", event).await.expect(202);
        accepted["id"].as_str().unwrap().to_owned()
    }

    async fn send(&mut self, product: &Product) {
        let live = self.live.clone();
        let mut waits = Vec::new();
        for number in 0..5 {
            waits.push((FINE, self.post(&live, "t1", FINE, repeated(number)).await, "delivered"));
            waits.push((REPLAYED, self.post(&live, "t3", REPLAYED, json!({})).await, "delivered"));
            waits.push((SECOND, self.post(&live, "t2", SECOND, json!({})).await, "delivered"));
        }
        waits.push((NEVER, self.post(&live, "t1", NEVER, json!({"changes": {"n": [0, 1]}})).await, "failed"));
        for _ in 0..3 {
            let event = self.post(&live, "t1", LATER, json!({})).await;
            self.attempts.insert((LATER, event.clone()), 2);
            waits.push((LATER, event, "pending"));
        }
        waits.push((HELD, self.post(&live, "t1", HELD, json!({})).await, "held"));
        for number in 0..20 {
            let event =
                self.post(&live, "t1", LINE, json!({"ordering_key": "a", "data": {"n": number}})).await;
            self.line.push(event);
        }
        self.attempts.insert((LINE, self.line[0].clone()), 2);
        waits.push((LINE, self.line[0].clone(), "pending"));
        let test = self.test.clone();
        let tested = self.post(&test, "t1", "/test", json!({})).await;
        until("the test delivery", async || {
            let events: HashMap<_, _> = self.arrived();
            events.contains_key(&("/test".to_owned(), tested.clone())).then_some(())
        })
        .await;
        for (path, event, status) in waits {
            let attempted = usize::from(status != "held");
            until("every delivery is where it stays", async || {
                let shown = product.delivery(&event, &self.endpoints[path]).await;
                let made = shown["attempts"].as_array().map_or(0, Vec::len);
                (shown["status"] == status && made == attempted).then_some(())
            })
            .await;
        }
    }

    /// An event for very many and a replay, which the end of the server finds half done.
    pub(super) async fn begin_what_goes_on(&self, server: &Server) {
        let live = Client::new(server.address, &self.live.key);
        let path = format!("{}/replay", self.endpoints[REPLAYED].path());
        let selection = json!({"status": ["delivered"], "since": "2020-01-01T00:00:00Z", "per_second": 1});
        let _ = live.post(&path, selection).await.expect(202);
        self.post(&live, "t3", "/many", json!({})).await;
    }

    /// A repeated request gets the answer it had.
    pub(super) async fn asks_again(&self, node: &Server) {
        let live = Client::new(node.address, &self.live.key);
        let event = self.post(&live, "t1", FINE, repeated(0)).await;
        assert!(self.arrived().contains_key(&(FINE.to_owned(), event)), "it is the event of before");
        let mut other = repeated(0);
        other["tenant"] = json!("t1");
        other["type"] = json!("to.other");
        other["data"] = json!({"n": 1});
        assert_eq!(live.post("/v1/events", other).await.status.as_u16(), 409);
    }

    /// Attempts in the statistics of an endpoint that had five.
    pub(super) async fn attempts_counted(&self, node: &Server) -> u64 {
        let live = Client::new(node.address, &self.live.key);
        let stats = live.get(&format!("{}/stats", self.endpoints[FINE].path())).await.expect(200);
        stats["attempts"].as_u64().unwrap()
    }

    /// From now on the receiver takes everything.
    pub(super) fn heal(&self) {
        self.healed.store(true, Ordering::Relaxed);
    }

    /// How often each (path, event) came.
    pub(super) fn arrived(&self) -> HashMap<(String, String), usize> {
        let mut counts = HashMap::new();
        for delivery in self.receiver.arrived() {
            let event = delivery.header("webhook-id").to_owned();
            *counts.entry((delivery.path, event)).or_default() += 1;
        }
        counts
    }

    /// How often a delivery must have come in the end.
    pub(super) fn attempts_of(&self, path: &str, event: &str) -> usize {
        let known = self.attempts.iter().find(|((at, of), _)| *at == path && of == event);
        known.map_or(1, |(_, attempts)| *attempts)
    }

    /// The events in the order in which they came to a path and were taken.
    pub(super) fn order_of(&self, path: &str) -> Vec<String> {
        let arrived = self.receiver.arrived();
        let events = arrived.iter().filter(|delivery| delivery.path == path);
        let mut seen = Vec::new();
        // The first one's first attempt was refused.
        for event in events.skip(1) {
            seen.push(event.header("webhook-id").to_owned());
        }
        seen
    }

    /// Waits until everything that is pending has come.
    pub(super) async fn all_came(&self, _node: &Server) {
        self.receiver
            .wait_until(|arrived| {
                let on = |path: &str| arrived.iter().filter(|delivery| delivery.path == path).count();
                let fan: BTreeSet<_> = arrived
                    .iter()
                    .filter(|delivery| delivery.path.starts_with(FAN))
                    .map(|d| &d.path)
                    .collect();
                fan.len() == WIDE && on(LINE) == self.line.len() + 1 && on(LATER) == 6 && on(REPLAYED) >= 10
            })
            .await;
    }

    /// Waits until the node has nothing left to do.
    pub(super) async fn all_is_settled(&self, node: &Server) {
        let live = Client::new(node.address, &self.live.key);
        until("nothing is pending, and the replay is done", async || {
            let pending = live.get("/v1/deliveries?status=pending").await.expect(200);
            let replays = live.get("/v1/replays").await.expect(200);
            let done = replays["data"][0]["status"] == "done";
            (done && pending["data"].as_array().is_some_and(Vec::is_empty)).then_some(())
        })
        .await;
    }

    /// Rows that there are at least, of all tables.
    pub(super) fn rows_at_least(&self) -> u64 {
        (WIDE + 40) as u64
    }

    /// The keys that see what there is: of both modes, and the root key.
    pub(super) fn clients(&self, server: &Server) -> [Client; 3] {
        [&self.live.key, &self.test.key, ROOT_KEY].map(|key| Client::new(server.address, key))
    }
}

/// An event with an idempotency key.
fn repeated(number: u64) -> Value {
    json!({"idempotency_key": format!("key-{number}"), "attributes": {"a": ["b"]}})
}
