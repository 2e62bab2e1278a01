//! Renders, signs and sends.

use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use bytes::Bytes;
use postrider_contract::{AttemptContext, Contract, EventView, SigningKey};
use postrider_courier::{
    BodyKeep, Courier, CourierConfig, GuardPolicy, Outbound, StatusSet, SystemResolver, Target, Transport,
};
use postrider_model::id::{EventId, IdSalt, Ordinal};
use postrider_model::time::Millis;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How an event leaves.
pub(super) struct Forward {
    contract: Arc<Contract>,
    signing: SigningKey,
    courier: Courier,
    good: Arc<Target>,
    bad: Arc<Target>,
    made: AtomicI64,
    room: Arc<Semaphore>,
}

/// An event on its way.
pub(super) struct Parcel {
    pub public: String,
    id: EventId,
    kind: String,
    tenant: String,
    data: Bytes,
    at: Millis,
    /// Rendered once, however many want it.
    body: OnceLock<Bytes>,
}

impl Forward {
    pub(super) fn new(
        receiver: &str,
        ca_file: Option<&Path>,
        in_memory: usize,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let contract = Contract::builtin("standard").ok_or("no standard contract")?;
        let guard = GuardPolicy::dev();
        let target = |path: &str| Target::parse(&format!("{receiver}/{path}"), &guard);
        let (good, bad) = (Arc::new(target("ok")?), Arc::new(target("fail")?));
        let mut config = CourierConfig::new(Arc::new(SystemResolver::new()?));
        config.guard = guard;
        if let Some(path) = ca_file {
            config.authorities = postrider_courier::read_authorities(&std::fs::read(path)?)?;
        }
        Ok(Self {
            signing: SigningKey::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", &contract)?,
            courier: Courier::new(config)?,
            good,
            bad,
            contract,
            made: AtomicI64::new(0),
            room: Arc::new(Semaphore::new(in_memory)),
        })
    }

    /// Room for one more delivery in memory, once there is some.
    pub(super) async fn room(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.room).acquire_owned().await.ok()
    }

    /// An event with an id of its own.
    pub(super) fn parcel(&self, kind: &str, tenant: &str, data: Bytes) -> Parcel {
        let id = EventId(Ordinal(self.made.fetch_add(1, Ordering::Relaxed)).to_uuid(IdSalt(1)));
        let public = self.contract.event_id_form().show(id.0).to_string();
        let (kind, tenant) = (kind.to_owned(), tenant.to_owned());
        Parcel { public, id, kind, tenant, data, at: now(), body: OnceLock::new() }
    }

    /// Signs and sends it to an endpoint, and forgets what came of it.
    pub(super) async fn send(&self, parcel: &Parcel, endpoint: i64, fails: bool) {
        let body = parcel.body.get_or_init(|| self.contract.render(&parcel.view())).clone();
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
        headers.insert(http::header::USER_AGENT, http::HeaderValue::from_static("Postrider/0.1.0"));
        let context = AttemptContext {
            id: &parcel.public,
            timestamp_unix: now().unix_seconds(),
            event_type: &parcel.kind,
        };
        for (name, value) in self.contract.sign_headers(&context, &body, std::iter::once(&self.signing)) {
            headers.insert(name.clone(), value);
        }
        let request = Outbound {
            endpoint,
            target: Arc::clone(if fails { &self.bad } else { &self.good }),
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

impl Parcel {
    fn view(&self) -> EventView<'_> {
        EventView {
            id: self.id,
            event_type: &self.kind,
            timestamp: self.at,
            tenant: &self.tenant,
            data: &self.data,
            changes: None,
            attributes: None,
        }
    }
}

fn now() -> Millis {
    crate::report::wall_clock(Duration::ZERO)
}
