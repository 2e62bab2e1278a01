//! A steady load: each tenant's events one after the other, to whichever node answers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use postrider_tests::{Act, Client, PATIENCE, Product, Receiver, Wire};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::{Account, Cluster, Post};

/// An answer that takes longer is not waited for: the event goes to another node, with the same idempotency key.
const ANSWER: Duration = Duration::from_secs(5);

/// What there is of everything.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Tenants.
    pub tenants: usize,
    /// Endpoints of each; those with an even number keep the order of keys.
    pub endpoints: usize,
    /// Ordering keys of each tenant.
    pub keys: usize,
    /// Between two events of a tenant.
    pub pause: Duration,
}

impl Default for Shape {
    fn default() -> Self {
        Self { tenants: 6, endpoints: 4, keys: 3, pause: Duration::from_millis(50) }
    }
}

impl Shape {
    /// Whether an endpoint keeps the order of keys.
    #[must_use]
    pub fn is_ordered(endpoint: usize) -> bool {
        endpoint.is_multiple_of(2)
    }
}

/// Posters, a receiver, and the books.
#[derive(Debug)]
pub struct Load {
    /// The books.
    pub account: Arc<Account>,
    /// Statuses other than 202 that were answered, with whether they named a time to try again.
    pub refusals: Arc<Mutex<Vec<(u16, bool)>>>,
    /// Where they post to.
    pub addresses: Arc<Mutex<Vec<SocketAddr>>>,
    shape: Shape,
    receiver: Receiver,
    posters: JoinSet<()>,
    stop: watch::Sender<bool>,
}

impl Load {
    /// Makes the endpoints.
    ///
    /// # Panics
    /// When the product refuses.
    pub async fn prepare(cluster: &Cluster, shape: Shape) -> Self {
        Self::prepare_with(cluster, shape, json!({})).await
    }

    /// With further fields of each endpoint.
    ///
    /// # Panics
    /// When the product refuses.
    pub async fn prepare_with(cluster: &Cluster, shape: Shape, fields: Value) -> Self {
        let account = Arc::new(Account::default());
        let books = Arc::clone(&account);
        let receiver = Receiver::acting(move |delivery, _| {
            books.arrived(delivery);
            Act::Answer(204)
        })
        .await;
        for tenant in 0..shape.tenants {
            for endpoint in 0..shape.endpoints {
                let mut body = fields.clone();
                body["url"] = json!(format!("http://{}/{tenant}/{endpoint}", receiver.address));
                if Shape::is_ordered(endpoint) {
                    body["ordering"] = json!("key");
                }
                let path = format!("/v1/tenants/t{tenant}/endpoints");
                let _ = cluster.product.client.post(&path, body).await.expect(201);
            }
        }
        let addresses = cluster.nodes.iter().map(|node| node.server().address).collect();
        Self {
            account,
            refusals: Arc::default(),
            addresses: Arc::new(Mutex::new(addresses)),
            shape,
            receiver,
            posters: JoinSet::new(),
            stop: watch::channel(false).0,
        }
    }

    /// Begins to post.
    pub fn begin(&mut self, product: &Product) {
        for tenant in 0..self.shape.tenants {
            let poster = Poster {
                key: product.client.key.clone(),
                tenant,
                shape: self.shape,
                account: Arc::clone(&self.account),
                refusals: Arc::clone(&self.refusals),
                addresses: Arc::clone(&self.addresses),
                turn: tenant,
                wire: None,
            };
            self.posters.spawn(poster.run(self.stop.subscribe()));
        }
    }

    /// The nodes that run are where events are posted to from now on.
    pub fn follow(&self, cluster: &Cluster) {
        let running = cluster.nodes.iter().filter(|node| node.runs());
        *self.addresses.lock() = running.map(|node| node.server().address).collect();
    }

    /// Stops posting, and waits until everything answered 202 has come.
    ///
    /// # Panics
    /// When something does not come.
    pub async fn end(mut self) -> Arc<Account> {
        self.stop.send_replace(true);
        while self.posters.join_next().await.is_some() {}
        let deadline = Instant::now() + PATIENCE;
        loop {
            let missing = self.account.missing(self.shape.endpoints);
            if missing.is_empty() {
                break;
            }
            let first = missing.first();
            assert!(
                Instant::now() < deadline,
                "{} deliveries never came, the first {first:?}",
                missing.len()
            );
            sleep(Duration::from_millis(100)).await;
        }
        drop(self.receiver);
        self.account
    }
}

struct Poster {
    key: String,
    tenant: usize,
    shape: Shape,
    account: Arc<Account>,
    refusals: Arc<Mutex<Vec<(u16, bool)>>>,
    addresses: Arc<Mutex<Vec<SocketAddr>>>,
    turn: usize,
    wire: Option<Wire>,
}

impl Poster {
    async fn run(mut self, stop: watch::Receiver<bool>) {
        let mut number = 0;
        while !*stop.borrow() {
            let (key, n) = (number % self.shape.keys, number / self.shape.keys);
            let post = Post { tenant: self.tenant, key, n };
            number += 1;
            while !self.post(post).await {
                if *stop.borrow() {
                    return;
                }
                sleep(Duration::from_millis(20)).await;
            }
            self.account.answered(post);
            // Every few events by another node, so that events of one key come by all of them.
            if number % 5 == 0 {
                self.next_node();
            }
            sleep(self.shape.pause).await;
        }
    }

    fn next_node(&mut self) {
        self.turn += 1;
        self.wire = None;
    }

    /// Whether it was answered 202.
    async fn post(&mut self, post: Post) -> bool {
        let Post { tenant, key, n } = post;
        let event = json!({
            "tenant": format!("t{tenant}"), "type": "thing.happened", "ordering_key": key.to_string(),
            "idempotency_key": format!("{tenant}-{key}-{n}"),
            "data": {"tenant": tenant, "key": key, "n": n},
        });
        match timeout(ANSWER, self.send(event.to_string())).await {
            Ok(Some(202)) => true,
            _ => {
                self.next_node();
                false
            }
        }
    }

    async fn send(&mut self, event: String) -> Option<u16> {
        if self.wire.is_none() {
            let address = {
                let addresses = self.addresses.lock();
                *addresses.get(self.turn % addresses.len().max(1))?
            };
            self.wire = Some(Client::new(address, &self.key).connect().await.ok()?);
        }
        let reply = self.wire.as_mut()?.post_event(event).await.ok()?;
        let status = reply.status.as_u16();
        if status != 202 {
            self.refusals.lock().push((status, reply.headers.contains_key("retry-after")));
        }
        Some(status)
    }
}
