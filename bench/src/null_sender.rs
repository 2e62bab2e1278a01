//! The null sender: accepts, signs and forwards in memory, with no store. What it does is the limit of the machine.
//!
//! It stands on the same libraries as Postrider (axum to accept; the courier to send; the contract to render and
//! sign), so that the difference between the two is storing, matching, lanes and settling, and nothing else.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::serve::ListenerExt as _;
use bytes::Bytes;
use postrider_contract::{AttemptContext, Contract, EventView, SigningKey};
use postrider_courier::{
    BodyKeep, Courier, CourierConfig, GuardPolicy, Outbound, StatusSet, SystemResolver, Target, Transport,
};
use postrider_model::id::{EventId, IdSalt, Ordinal};
use postrider_model::time::Millis;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::Semaphore;

/// Events taken and not yet delivered at most; beyond it the next answer waits, so that the rate of answers is the
/// rate of deliveries.
const IN_MEMORY: usize = 256;

/// What the null sender is told.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Where events are taken.
    #[arg(long)]
    listen: SocketAddr,
    /// Where they go.
    #[arg(long)]
    receiver: SocketAddr,
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
}

struct Sender {
    authorization: String,
    contract: Arc<Contract>,
    signing: SigningKey,
    courier: Courier,
    good: Arc<Target>,
    bad: Arc<Target>,
    workload: crate::workload::Workload,
    made: AtomicI64,
    room: Arc<Semaphore>,
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
    let contract = Contract::builtin("standard").ok_or("no standard contract")?;
    let guard = GuardPolicy::dev();
    let target = |path: &str| Target::parse(&format!("http://{}/{path}", options.receiver), &guard);
    let sender = Sender {
        authorization: format!("Bearer {}", options.key),
        signing: SigningKey::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", &contract)?,
        courier: Courier::new(CourierConfig {
            guard: guard.clone(),
            ..CourierConfig::new(Arc::new(SystemResolver::new()?))
        })?,
        good: Arc::new(target("ok")?),
        bad: Arc::new(target("fail")?),
        contract,
        workload: crate::workload::Workload {
            tenants: options.tenants,
            endpoints: options.endpoints,
            failing_one_in: options.failing_one_in,
            keyed_one_in: 0,
            mix: crate::workload::Mix::Even,
        },
        made: AtomicI64::new(0),
        room: Arc::new(Semaphore::new(IN_MEMORY)),
    };
    let router =
        axum::Router::new().route("/v1/events", axum::routing::post(accept)).with_state(Arc::new(sender));
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
    let (Some(Ok(tenant)), Some(Ok(endpoint))) = numbers else {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    };
    let Ok(room) = Arc::clone(&sender.room).acquire_owned().await else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let id = EventId(Ordinal(sender.made.fetch_add(1, Ordering::Relaxed)).to_uuid(IdSalt(1)));
    let public = sender.contract.event_id_form().show(id.0);
    let answer = format!(r#"{{"id":"{public}","deliveries":1}}"#);
    let data = body.slice_ref(event.data.get().as_bytes());
    let (kind, tenant_id) = (event.kind.to_owned(), event.tenant.to_owned());
    let mut tasks = tokio::task::JoinSet::new();
    let sending = Arc::clone(&sender);
    tasks.spawn(async move {
        sending.send(id, &public, &kind, &tenant_id, &data, tenant, endpoint).await;
        drop(room);
    });
    tasks.detach_all();
    (StatusCode::ACCEPTED, [(CONTENT_TYPE, "application/json")], answer).into_response()
}

impl Sender {
    #[expect(clippy::too_many_arguments, reason = "the parts of one event, borrowed from its request")]
    async fn send(
        &self,
        id: EventId,
        public: &str,
        kind: &str,
        tenant_id: &str,
        data: &[u8],
        tenant: u64,
        endpoint: u64,
    ) {
        let now = now();
        let view = EventView {
            id,
            event_type: kind,
            timestamp: now,
            tenant: tenant_id,
            data,
            changes: None,
            attributes: None,
        };
        let body = self.contract.render(&view);
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
        headers.insert(http::header::USER_AGENT, http::HeaderValue::from_static("Postrider/0.1.0"));
        let context = AttemptContext { id: public, timestamp_unix: now.unix_seconds(), event_type: kind };
        for (name, value) in self.contract.sign_headers(&context, &body, std::iter::once(&self.signing)) {
            headers.insert(name.clone(), value);
        }
        let target = if self.workload.fails(tenant, endpoint) { &self.bad } else { &self.good };
        let request = Outbound {
            endpoint: i64::try_from(tenant * self.workload.endpoints + endpoint).unwrap_or(0),
            target: Arc::clone(target),
            headers,
            body,
            timeout: Duration::from_secs(20),
            keep: BodyKeep::default(),
            success: StatusSet::SUCCESSFUL,
            tls: None,
        };
        self.courier.send(request).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "a program of its own: it has no clock port")]
fn now() -> Millis {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
