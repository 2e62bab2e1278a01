//! Nodes on one database.

use std::path::Path;
use std::sync::Arc;

use postrider_postgres::{Database, Server as Postgres};
use postrider_tests::{Client, Launch, Product, ROOT_KEY, Server, until};
use serde_json::{Value, json};

use crate::Proxy;

/// A node and its way to the database.
#[derive(Debug)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Its way to the database, where there is one that can be cut.
    proxy: Option<Proxy>,
    launch: Launch,
    server: Option<Server>,
}

impl Node {
    fn new(dir: &Path, name: &str, database: &Arc<Database>, url: &str, proxy: Option<Proxy>) -> Self {
        Self { launch: launch(dir, name, database, url), name: name.to_owned(), proxy, server: None }
    }

    /// Behind a way to the database that can be cut.
    async fn behind_proxy(dir: &Path, name: &str, database: &Arc<Database>, port: u16) -> Self {
        let proxy = Proxy::to(port).await;
        let through = database.url().replace(&format!(":{port}/"), &format!(":{}/", proxy.address.port()));
        assert_ne!(through, database.url(), "the port stands in the URL");
        Self::new(dir, name, database, &through, Some(proxy))
    }

    /// Its way to the database.
    ///
    /// # Panics
    /// When it has a direct one.
    #[must_use]
    pub fn proxy(&self) -> &Proxy {
        self.proxy.as_ref().expect("a way that can be cut")
    }

    /// Starts it, and waits until it is ready.
    pub async fn start(&mut self) {
        self.server = Some(self.launch.start().await);
    }

    /// Whether it runs, as far as is known here.
    #[must_use]
    pub fn runs(&self) -> bool {
        self.server.is_some()
    }

    /// The running process.
    ///
    /// # Panics
    /// When it does not run.
    #[must_use]
    pub fn server(&self) -> &Server {
        self.server.as_ref().expect("it runs")
    }

    /// SIGKILL.
    ///
    /// # Panics
    /// When it does not run.
    pub async fn kill(&mut self) {
        self.server.take().expect("it runs").kill().await;
    }

    /// SIGTERM, and waits until it has ended by itself.
    ///
    /// # Panics
    /// When it does not run, or does not end with 0.
    pub async fn stop(&mut self) {
        self.server.take().expect("it runs").stop().await;
    }

    /// All it has logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.launch.log()
    }
}

/// How a node with this name is started.
fn launch(dir: &Path, name: &str, database: &Arc<Database>, url: &str) -> Launch {
    let dir = dir.join(name);
    std::fs::create_dir_all(&dir).expect("a directory for the node");
    Launch::node(&dir, database).env("POSTRIDER_DATABASE_URL", url).env("POSTRIDER_NODE_NAME", name)
}

/// Several nodes, a product, and the database they share.
#[derive(Debug)]
pub struct Cluster {
    /// The nodes.
    pub nodes: Vec<Node>,
    /// The product, at the first node.
    pub product: Product,
    /// The database.
    pub database: Arc<Database>,
    dir: tempfile::TempDir,
}

impl Cluster {
    /// So many nodes on a database of this server, started.
    ///
    /// # Panics
    /// When they do not start.
    pub async fn start(postgres: &Postgres, nodes: usize) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let database = Arc::new(Database::on(&postgres.url()));
        let mut all = Vec::new();
        for number in 1..=nodes {
            let name = format!("node-{number}");
            all.push(Node::behind_proxy(dir.path(), &name, &database, postgres.port()).await);
        }
        Self::of(all, database, dir).await
    }

    /// So many nodes that know several servers, the primary and those that follow it.
    ///
    /// # Panics
    /// When they do not start.
    pub async fn start_on(primary: &Postgres, ports: &[u16], nodes: usize) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let database = Arc::new(Database::on(&primary.url()));
        let hosts: Vec<_> = ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
        let one = format!("127.0.0.1:{}", primary.port());
        let url = database.url().replace(&one, &hosts.join(","));
        let url = format!("{url}?target_session_attrs=read-write");
        let node = |number| Node::new(dir.path(), &format!("node-{number}"), &database, &url, None);
        let all = (1..=nodes).map(node).collect();
        Self::of(all, database, dir).await
    }

    async fn of(mut started: Vec<Node>, database: Arc<Database>, dir: tempfile::TempDir) -> Self {
        for node in &mut started {
            node.start().await;
        }
        let product = Product::create(started[0].server(), json!({})).await;
        let cluster = Self { nodes: started, product, database, dir };
        cluster.settled().await;
        cluster
    }

    /// One more node, with a direct way to the database, started.
    pub async fn add(&mut self) {
        let name = format!("node-{}", self.nodes.len() + 1);
        let mut node = Node::new(self.dir.path(), &name, &self.database, self.database.url(), None);
        node.start().await;
        self.nodes.push(node);
        self.settled().await;
    }

    /// The nodes as the first running one sees them.
    ///
    /// # Panics
    /// When none runs.
    pub async fn seen(&self) -> Vec<Value> {
        let node = self.nodes.iter().find(|node| node.runs()).expect("one runs");
        let root = Client::new(node.server().address, ROOT_KEY);
        let seen = root.get("/v1/nodes").await.expect(200);
        seen["data"].as_array().cloned().unwrap_or_default()
    }

    /// Waits until every slot has its owner among the nodes that run, evenly.
    pub async fn settled(&self) {
        let running = self.nodes.iter().filter(|node| node.runs()).count();
        until("all slots have owners", async || {
            let seen = self.seen().await;
            let slots: Vec<u64> = seen.iter().filter_map(|node| node["slots"].as_u64()).collect();
            let even = slots.iter().all(|slots| *slots >= (256 / running) as u64);
            (seen.len() == running && slots.iter().sum::<u64>() == 256 && even).then_some(())
        })
        .await;
    }
}
