//! What the accepting and settling path costs on a server: CPU of this program and of its server process, and bytes of
//! the write-ahead log, for a commit of sixty events with one delivery each and the settles of sixty earlier ones.
//!
//! `POSTRIDER_TEST_POSTGRES=… cargo run --profile quick -p postrider-store-postgres --example hot_path [-- <commits>]`
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use postrider_model::delivery::{Attempt, DeliveryKey};
use postrider_model::endpoint::EndpointConfig;
use postrider_model::id::{
    EndpointId, EndpointKey, IdSalt, Mode, Ordinal, OrdinalSource, ProjectKey, TenantKey, TypeKey,
};
use postrider_model::time::Millis;
use postrider_postgres::Database;
use postrider_store::{
    Append, Batch, Catalogue, Cluster, EventFlags, Fanout, Journal, NewAudit, NewDelivery, NewEndpoint,
    NewEvent, NewNode, NewProject, Next, Place, Settle,
};
use postrider_store_postgres::{PostgresOptions, PostgresStore};
use serde_json::json;

type Outcome<T> = Result<T, Box<dyn Error>>;

const EVENTS: usize = 60;
const TENANTS: usize = 100;
const ENDPOINTS: usize = 10;

/// What the commits of a run are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Appends,
    Settles,
    Both,
}

struct Tenant {
    key: TenantKey,
    routing: u64,
    endpoints: Vec<EndpointKey>,
}

struct Load {
    store: Arc<PostgresStore>,
    project: ProjectKey,
    kind: TypeKey,
    tenants: Vec<Tenant>,
    ordinals: OrdinalSource,
    now: Millis,
    data: Bytes,
    /// Appended and not yet settled.
    open: Vec<DeliveryKey>,
    made: usize,
}

fn main() -> Outcome<()> {
    let commits = std::env::args().nth(1).map_or(Ok(500), |text| text.parse())?;
    let database = Database::new().ok_or("POSTRIDER_TEST_POSTGRES names no server")?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run(&database, commits))
}

async fn run(database: &Database, commits: usize) -> Outcome<()> {
    for pooler in [false, true] {
        println!("{}", if pooler { "unnamed statements" } else { "prepared statements" });
        let mut load = Load::prepare(database, pooler).await?;
        for _ in 0..100 {
            load.commit(Kind::Both).await?;
        }
        for kind in [Kind::Both, Kind::Appends, Kind::Settles] {
            load.measure(database, kind, commits).await?;
        }
        load.store.leave().await?;
    }
    Ok(())
}

impl Load {
    async fn prepare(database: &Database, pooler: bool) -> Outcome<Self> {
        let options = PostgresOptions::new(database.url(), IdSalt(1));
        let store = PostgresStore::open(PostgresOptions { pooler, connections: 2, ..options }).await?;
        let now = Millis(1_760_000_000_000);
        let node = NewNode {
            name: "hot".to_owned(),
            address: String::new(),
            version: String::new(),
            serves: true,
            works: true,
            lease: Duration::from_secs(600),
            now,
        };
        let joined = store.join(node).await?;
        let mut ordinals = OrdinalSource::of_node(joined.highest, joined.number);
        let id = format!("hot-{pooler}");
        let new = NewProject {
            id: id.clone(),
            name: id,
            contract: "standard".to_owned(),
            settings: json!({}),
            now,
        };
        let project = store.create_project(new, audit(now)).await?.key;
        let kind = store.intern_type(project, "contact.created").await?;
        let mut tenants = Vec::new();
        for number in 0..TENANTS {
            let key = store.ensure_tenant(project, &format!("t{number}"), now).await?.key;
            let mut endpoints = Vec::new();
            for _ in 0..ENDPOINTS {
                let new = NewEndpoint {
                    id: EndpointId(ordinals.next(now).to_uuid(IdSalt(1))),
                    project,
                    mode: Mode::Live,
                    tenant: key,
                    config: EndpointConfig::default(),
                    sealed: Bytes::new(),
                    enabled: true,
                    now,
                };
                endpoints.push(store.create_endpoint(new, None, audit(now)).await?.key);
            }
            tenants.push(Tenant { key, routing: store.routes(key).await?.0, endpoints });
        }
        let data = Bytes::from(format!("{{\"text\":\"{}\"}}", "x".repeat(389)));
        Ok(Self { store, project, kind, tenants, ordinals, now, data, open: Vec::new(), made: 0 })
    }

    fn event(&mut self) -> NewEvent {
        self.made += 1;
        let tenant = &self.tenants[self.made * 7 % TENANTS];
        let endpoint = tenant.endpoints[self.made % ENDPOINTS];
        NewEvent {
            ordinal: self.ordinals.next(self.now),
            project: self.project,
            mode: Mode::Live,
            tenant: tenant.key,
            routing: tenant.routing,
            kind: self.kind,
            timestamp: self.now,
            data: self.data.clone(),
            changes: None,
            attributes: None,
            ordering_key: None,
            deliver_at: None,
            idempotency: None,
            flags: EventFlags::default(),
            retention_days: 30,
            deliveries: vec![NewDelivery { endpoint, place: Place::Lane }],
            fanout: Fanout::default(),
        }
    }

    /// One commit; returns the deliveries that it appended or settled.
    async fn commit(&mut self, kind: Kind) -> Outcome<usize> {
        self.now = self.now + Duration::from_millis(6);
        let mut batch = Batch { now: self.now, low_water: Ordinal::at(self.now), ..Batch::default() };
        if kind != Kind::Appends {
            let settled: Vec<DeliveryKey> = self.open.drain(..self.open.len().min(EVENTS)).collect();
            batch.settles = settled.into_iter().map(|key| delivered(key, self.now)).collect();
        }
        if kind != Kind::Settles {
            for _ in 0..EVENTS {
                let event = self.event();
                let endpoint = event.deliveries[0].endpoint;
                self.open.push(DeliveryKey { event: event.ordinal, endpoint });
                batch.appends.push(Append { idempotency: None, events: vec![event] });
            }
        }
        batch.low_water = self.open.first().map_or(batch.low_water, |key| key.event);
        let count = batch.appends.len().max(batch.settles.len());
        self.store.commit(batch).await?;
        Ok(count)
    }

    async fn measure(&mut self, database: &Database, kind: Kind, commits: usize) -> Outcome<()> {
        let (wal, server, client, wall) =
            (wal(database), server_cpu(database)?, client_cpu()?, Instant::now());
        let mut deliveries = 0;
        for _ in 0..commits {
            deliveries += self.commit(kind).await?;
        }
        let wall = wall.elapsed().as_secs_f64() * 1e6;
        let (client, server) = (client_cpu()? - client, server_cpu(database)? - server);
        let wal = crate::wal(database) - wal;
        let each = deliveries as f64;
        println!(
            "  {kind:?}: per delivery {:.1} us CPU here, {:.1} us CPU there, {:.0} bytes of WAL; {:.2} ms for a commit",
            client * 1e6 / each,
            server * 1e6 / each,
            wal / each,
            wall / 1e3 / commits as f64
        );
        Ok(())
    }
}

fn delivered(delivery: DeliveryKey, now: Millis) -> Settle {
    let attempt = Attempt {
        number: 1,
        started_at: now,
        latency_ms: 7,
        response_status: Some(200),
        error: None,
        success: true,
        excerpt: Bytes::from_static(b"ok"),
        note: None,
    };
    Settle { delivery, attempt: Some(attempt), next: Next::Delivered, fresh: true, key: None }
}

fn audit(at: Millis) -> NewAudit {
    NewAudit {
        project: None,
        tenant: None,
        actor: "root".to_owned(),
        action: "x",
        target: "x".to_owned(),
        detail: json!({}),
        at,
    }
}

fn wal(database: &Database) -> f64 {
    let lsn = database.ask("SELECT (pg_current_wal_lsn() - '0/0')::bigint");
    lsn.first().and_then(|text| text.parse().ok()).unwrap_or(f64::NAN)
}

/// Seconds of CPU of the server's processes for this database that are there now.
fn server_cpu(database: &Database) -> Outcome<f64> {
    let mine =
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let mut sum = 0.0;
    for pid in database.ask(mine) {
        sum += cpu_of(&format!("/proc/{pid}/schedstat"))?;
    }
    Ok(sum)
}

fn client_cpu() -> Outcome<f64> {
    cpu_of("/proc/self/schedstat")
}

/// The first number is nanoseconds on a processor.
fn cpu_of(path: &str) -> Outcome<f64> {
    let text = std::fs::read_to_string(path)?;
    let first = text.split_whitespace().next().ok_or("no figure")?;
    Ok(first.parse::<f64>()? / 1e9)
}
