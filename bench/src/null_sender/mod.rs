//! The null sender: accepts, signs and forwards in memory, with no store. What it does is the limit of the machine.
//!
//! It stands on the same libraries as Postrider (axum to accept; the courier to send; the contract to render and
//! sign), so that the difference between the two is storing, matching, lanes and settling, and nothing else.

mod forward;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::serve::ListenerExt as _;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::workload::{Mix, Workload};
use forward::{Forward, Parcel};

/// What the null sender is told.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Where events are taken.
    #[arg(long)]
    listen: SocketAddr,
    /// Where they go: `http://` or `https://`, and the receiver's address.
    #[arg(long)]
    receiver: String,
    /// Certificate authorities that are trusted beside the system's, PEM.
    #[arg(long)]
    ca_file: Option<PathBuf>,
    /// Deliveries in memory at most; beyond it the next answer waits, so that the rate of answers is the rate of
    /// deliveries.
    #[arg(long, default_value_t = 256)]
    in_memory: usize,
    /// The key that events must carry.
    #[arg(long)]
    key: String,
    /// Tenants of the workload.
    #[arg(long)]
    tenants: u64,
    /// Endpoints of each.
    #[arg(long)]
    endpoints: u64,
    /// One in so many of them fails; 0 for none.
    #[arg(long)]
    failing_one_in: u64,
    /// Every event goes to all endpoints of its tenant.
    #[arg(long)]
    fan_out: bool,
}

impl Options {
    fn workload(&self) -> Workload {
        Workload {
            tenants: self.tenants,
            endpoints: self.endpoints,
            failing_one_in: self.failing_one_in,
            keyed_one_in: 0,
            mix: Mix::Even,
            fan_out: self.fan_out,
            ..Workload::ONE
        }
    }
}

struct Sender {
    authorization: String,
    workload: Workload,
    forward: Forward,
    /// Fan-outs go one after the other: side by side they would need a connection each to every endpoint.
    fanning_out: tokio::sync::Mutex<()>,
}

#[derive(Deserialize)]
struct Event<'a> {
    tenant: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(borrow)]
    data: &'a RawValue,
}

/// Serves until it is ended.
pub(crate) fn run(options: &Options) -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(options))
}

async fn serve(options: &Options) -> Result<(), Box<dyn std::error::Error>> {
    let sender = Sender {
        authorization: format!("Bearer {}", options.key),
        workload: options.workload(),
        forward: Forward::new(&options.receiver, options.ca_file.as_deref(), options.in_memory)?,
        fanning_out: tokio::sync::Mutex::new(()),
    };
    // As large as Postrider takes a batch.
    let limit = axum::extract::DefaultBodyLimit::max(16 << 20);
    let router = axum::Router::new()
        .route("/v1/events", axum::routing::post(accept))
        .layer(limit)
        .with_state(Arc::new(sender));
    let listener = tokio::net::TcpListener::bind(options.listen).await?;
    crate::report::line(&format!("null sender ready on http://{}", options.listen));
    axum::serve(listener.tap_io(|stream| drop(stream.set_nodelay(true))), router).await?;
    Ok(())
}

async fn accept(
    State(sender): State<Arc<Sender>>,
    headers: HeaderMap,
    body: Bytes,
) -> axum::response::Response {
    let known =
        headers.get("authorization").is_some_and(|value| value.as_bytes() == sender.authorization.as_bytes());
    if !known {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let Ok(event) = serde_json::from_slice::<Event<'_>>(&body) else {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    };
    let numbers =
        (event.tenant.strip_prefix('t').map(str::parse), event.kind.strip_prefix("type.").map(str::parse));
    let (Some(Ok(tenant)), Some(Ok(kind))) = numbers else {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    };
    let data = body.slice_ref(event.data.get().as_bytes());
    let parcel = sender.forward.parcel(event.kind, event.tenant, data);
    let (_, deliveries) = sender.workload.deliveries(tenant, kind);
    let answer = format!(r#"{{"id":"{}","deliveries":{deliveries}}}"#, parcel.public);
    if sender.take(parcel, tenant, kind).await.is_none() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    (StatusCode::ACCEPTED, [(CONTENT_TYPE, "application/json")], answer).into_response()
}

impl Sender {
    /// Takes an event once there is room for it; its deliveries go on by themselves.
    async fn take(self: &Arc<Self>, parcel: Parcel, tenant: u64, kind: u64) -> Option<()> {
        let mut tasks = tokio::task::JoinSet::new();
        let sender = Arc::clone(self);
        if self.workload.fan_out {
            tasks.spawn(sender.fan_out(Arc::new(parcel), tenant));
        } else {
            let room = self.forward.room().await?;
            tasks.spawn(async move {
                sender.deliver(&parcel, tenant, kind).await;
                drop(room);
            });
        }
        tasks.detach_all();
        Some(())
    }

    /// One event for all endpoints of its tenant, as many at a time as there is room for.
    async fn fan_out(self: Arc<Self>, parcel: Arc<Parcel>, tenant: u64) {
        let _alone = self.fanning_out.lock().await;
        let mut tasks = tokio::task::JoinSet::new();
        for endpoint in 0..self.workload.endpoints {
            let Some(room) = self.forward.room().await else { return };
            let (sender, parcel) = (Arc::clone(&self), Arc::clone(&parcel));
            tasks.spawn(async move {
                sender.deliver(&parcel, tenant, endpoint).await;
                drop(room);
            });
            // What has ended is not kept until the last of them has.
            while tasks.try_join_next().is_some() {}
        }
        tasks.detach_all();
    }

    async fn deliver(&self, parcel: &Parcel, tenant: u64, endpoint: u64) {
        let number = i64::try_from(tenant * self.workload.endpoints + endpoint).unwrap_or(0);
        self.forward.send(parcel, number, self.workload.fails(tenant, endpoint)).await;
    }
}
