//! A server in this process: the real routes, engine and store, with time that stands still and nobody listening.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::BodyExt as _;
use postrider_courier::{GuardPolicy, Transport};
use postrider_engine::ports::Spawner;
use postrider_engine::{Contracts, Engine, EngineParts, Settings};
use postrider_http::{App, AppParts};
use postrider_model::id::{IdSalt, KeyId, Mode};
use postrider_model::limits::Limits;
use postrider_service::authenticate::hash_key;
use postrider_service::{Authenticator, Sessions};
use postrider_store::{Catalogue as _, NewApiKey, NewAudit, NewProject, Store, Upkeep as _};
use postrider_store_sqlite::{Options, SqliteStore};
use postrider_vault::Keyring;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tower::Service as _;

use super::event;
use super::ports::{Complain, Counted, Receivers, Tasks, VirtualClock};
use crate::Outcome;

const KEY: &str = "sk_live_counts";

/// Endpoints of the tenant `t1` that ask for a type each, `type.0` and so on; one more wants every type, but not this
/// data.
pub(super) const TYPED_ENDPOINTS: usize = 9;

/// One thread, in virtual time.
pub(super) fn runtime() -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()
}

/// As a server's, but without checkpoints: one more or less within the counted commits would be a step of the figure.
pub(super) fn store_options(dir: &Path) -> Options {
    Options { checkpoint_pages: u16::MAX, ..Options::new(dir, IdSalt(7)) }
}

/// For what is written past the API.
pub(super) fn audit() -> NewAudit {
    NewAudit {
        project: None,
        tenant: None,
        actor: "counts".to_owned(),
        action: "counts",
        target: String::new(),
        detail: Value::Null,
        at: event::NOW,
    }
}

/// A store with the tenant and its endpoints.
pub(super) struct Site {
    store: Arc<SqliteStore>,
    receivers: Arc<Receivers>,
    _dir: TempDir,
}

/// An engine on it, and its routes.
pub(super) struct Server {
    pub(super) engine: Engine,
    router: Router,
}

impl Site {
    pub(super) async fn new() -> Outcome<Self> {
        let dir = tempfile::tempdir()?;
        let store = SqliteStore::open_inline(store_options(dir.path()))?;
        let site = Self { store, receivers: Arc::default(), _dir: dir };
        let mut server = site.server(Arc::new(Tasks::default())).await?;
        site.furnish(&mut server).await?;
        server.engine.stop().await;
        Ok(site)
    }

    /// An engine whose tasks the spawner runs, or does not.
    pub(super) async fn server(&self, spawner: Arc<dyn Spawner>) -> Outcome<Server> {
        let engine = Engine::start(EngineParts {
            store: Arc::clone(&self.store) as Arc<dyn Store>,
            transport: Arc::clone(&self.receivers) as Arc<dyn Transport>,
            clock: Arc::new(VirtualClock::new()),
            rng: Arc::new(Counted::default()),
            spawner,
            fatal: Arc::new(Complain),
            keyring: Arc::new(Keyring::from_base64("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")?),
            contracts: Contracts::builtin(),
            guard: GuardPolicy::default(),
            salt: self.store.salt(),
            limits: Limits::default(),
            settings: Settings { min_free_bytes: 0, ..Settings::default() },
        })
        .await?;
        let parts = AppParts {
            engine: engine.clone(),
            authenticator: Authenticator::new(hash_key("the-root-key-of-the-counts")),
            sessions: Sessions::new(),
            egress_ips: Vec::new(),
            version: "0",
            public_url: "http://localhost".to_owned(),
            serve_metrics: true,
            stopping: tokio::sync::watch::channel(false).1,
        };
        Ok(Server { engine, router: postrider_api::router(App::new(parts)) })
    }

    async fn furnish(&self, server: &mut Server) -> Outcome {
        let new = NewProject {
            id: "counts".to_owned(),
            name: "Counts".to_owned(),
            contract: "standard".to_owned(),
            settings: json!({}),
            now: event::NOW,
        };
        let project = self.store.create_project(new, audit()).await?.key;
        let key = NewApiKey {
            id: KeyId(server.engine.new_id()),
            project,
            name: "counts".to_owned(),
            mode: Mode::Live,
            tenant: None,
            scopes: vec!["*".to_owned()],
            prefix: KEY.chars().take(12).collect(),
            hash: hash_key(KEY),
            now: event::NOW,
        };
        self.store.create_key(key, audit()).await?;
        for number in 0..TYPED_ENDPOINTS {
            let kind = [format!("type.{number}")];
            let url = format!("https://example.org/hooks/{number}");
            server.create_endpoint(&json!({"url": url, "event_types": kind})).await?;
        }
        let filter: Value = serde_json::from_str(event::REFUSING_FILTER)?;
        server.create_endpoint(&json!({"url": "https://example.org/hooks/all", "filter": filter})).await
    }

    /// How many requests the endpoints got.
    pub(super) fn received(&self) -> usize {
        self.receivers.received()
    }

    pub(super) async fn close(&self) -> Outcome {
        Ok(self.store.close().await?)
    }
}

impl Server {
    async fn create_endpoint(&mut self, body: &Value) -> Outcome {
        let body = serde_json::to_vec(body)?;
        let (status, text) = self.call(request("/v1/tenants/t1/endpoints", body.into())?).await?;
        if status == 201 { Ok(()) } else { Err(format!("an endpoint was not created: {text}").into()) }
    }

    /// Gives the request to the routes; the future's output is the status and the body of their answer.
    pub(super) fn call(
        &mut self,
        request: Request<Body>,
    ) -> impl Future<Output = Outcome<(u16, String)>> + use<> {
        let answered = self.router.call(request);
        async move {
            let response = answered.await?;
            let status = response.status().as_u16();
            let body = response.into_body().collect().await?.to_bytes();
            Ok((status, String::from_utf8_lossy(&body).into_owned()))
        }
    }
}

/// Bodies of `POST /v1/events`: each of one event that one endpoint wants.
pub(super) fn bodies() -> Vec<Bytes> {
    let body = |number| format!(r#"{{"tenant":"t1","type":"type.{number}","data":{}}}"#, event::DATA);
    (0..TYPED_ENDPOINTS).map(|number| body(number).into()).collect()
}

/// A request with a JSON body.
pub(super) fn request(path: &'static str, body: Bytes) -> Outcome<Request<Body>> {
    let request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header("host", "localhost:8080")
        .header("authorization", concat!("Bearer ", "sk_live_counts"))
        .header("content-type", "application/json")
        .header("content-length", body.len());
    Ok(request.body(Body::from(body))?)
}
