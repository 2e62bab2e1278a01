//! What the engine knows of an endpoint: everything resolved, parsed and ready for the hot path.

use std::net::Ipv4Addr;
use std::sync::Arc;

use http::header::{HeaderName, HeaderValue};
use postrider_contract::{Contract, DeliveryPolicy, Settings, SigningKey};
use postrider_courier::{Blocked, Failure, Report, StatusSet, Target, TargetError};
use postrider_model::endpoint::{EndpointConfig, EndpointSecrets, Ordering};
use postrider_model::filter::{Filter, FilterError};
use postrider_model::health::Health;
use postrider_model::id::{EndpointId, EndpointKey, Mode, ProjectKey, TenantKey};
use postrider_model::pattern::TypeSet;
use postrider_model::time::Millis;
use postrider_store::{Endpoint, EventFlags, StoreError};
use uuid::Uuid;

use crate::project::ProjectContext;
use crate::shared::Shared;

/// An endpoint, resolved against its project and contract.
#[derive(Debug, Clone)]
pub struct EndpointPlan {
    /// Its row.
    pub key: EndpointKey,
    /// Its id.
    pub id: EndpointId,
    /// Its project.
    pub project: ProjectKey,
    /// Its world.
    pub mode: Mode,
    /// Its tenant.
    pub tenant: TenantKey,
    /// Whether it gets events.
    pub enabled: bool,
    /// The revision of its row: a plan that was read earlier never replaces one that was read later.
    pub revision: u64,
    /// The types it wants.
    pub types: TypeSet,
    /// The filter on top of them.
    pub filter: Option<Filter>,
    /// What keeps its order.
    pub ordering: Ordering,
    /// How its requests look.
    pub contract: Arc<Contract>,
    /// Timeouts, retries, rate, batch, health: endpoint over project over contract.
    pub policy: DeliveryPolicy,
    /// Which statuses are successes.
    pub success: StatusSet,
    /// Where its requests go; the reason where the URL is no longer allowed.
    pub target: Result<Arc<Target>, Failure>,
    /// Its custom headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Its health when the plan was made.
    pub health: Health,
    /// Its URL, for notices.
    pub url: String,
    /// Whether its secrets could be read. Where not, nothing is sent, not even a test: it would go out unsigned.
    pub(crate) signable: bool,
    /// What an event of its project may have, in bytes, about: it may have been accepted under another setting.
    pub(crate) largest_event_bytes: usize,
    keys: Vec<Key>,
}

#[derive(Debug, Clone)]
struct Key {
    signing: SigningKey,
    expires_at: Option<Millis>,
}

impl EndpointPlan {
    /// Its project's mode.
    pub(crate) fn world(&self) -> (ProjectKey, Mode) {
        (self.project, self.mode)
    }

    /// Resolves an endpoint. Where its secrets cannot be opened, or the one that signs now is none of its contract,
    /// its requests would go out unsigned: it is switched off and that is logged, until its row can be read.
    pub(crate) fn new(endpoint: &Endpoint, project: &ProjectContext, shared: &Shared) -> Self {
        let contract = Arc::clone(&project.contract);
        let policy = DeliveryPolicy::resolve(&contract, &project.settings, &endpoint.config);
        let opened = open(endpoint, shared);
        let keys = opened.as_ref().and_then(|secrets| keys(secrets, &contract, endpoint));
        let signable = keys.is_some();
        let secrets = opened.unwrap_or_default();
        let target = Target::parse(&endpoint.config.url, &shared.guard).map(Arc::new).map_err(refusal);
        let filter = filter(endpoint);
        Self {
            key: endpoint.key,
            id: endpoint.id,
            project: endpoint.project,
            mode: endpoint.mode,
            tenant: endpoint.tenant,
            enabled: endpoint.enabled && endpoint.deleted_at.is_none() && signable && filter.is_ok(),
            revision: endpoint.revision,
            types: types(&endpoint.config),
            filter: filter.unwrap_or_default(),
            ordering: policy.ordering,
            success: successes(&policy),
            policy,
            target,
            headers: headers(&secrets),
            health: health(endpoint),
            url: endpoint.config.url.clone(),
            signable,
            largest_event_bytes: project.max_event_bytes.max(shared.limits.max_event_bytes),
            keys: keys.unwrap_or_default(),
            contract,
        }
    }

    /// Of an endpoint that is gone, or whose project is, while deliveries for it are still to be written: nothing is
    /// ever sent by it, so nothing of it matters but its key.
    pub(crate) fn dead(
        endpoint: EndpointKey,
        tenant: TenantKey,
        shared: &Shared,
    ) -> Result<Self, StoreError> {
        let contract = shared.contracts.any().ok_or(StoreError::NotFound("contract"))?;
        let config = EndpointConfig::default();
        let policy = DeliveryPolicy::resolve(&contract, &Settings::default(), &config);
        Ok(Self {
            key: endpoint,
            id: EndpointId(Uuid::nil()),
            project: ProjectKey(0),
            mode: Mode::Live,
            tenant,
            enabled: false,
            revision: u64::MAX,
            types: TypeSet::none(),
            filter: None,
            ordering: Ordering::None,
            success: successes(&policy),
            policy,
            target: Target::parse(&config.url, &shared.guard).map(Arc::new).map_err(refusal),
            headers: Vec::new(),
            health: Health::default(),
            url: config.url,
            signable: false,
            largest_event_bytes: shared.limits.max_event_bytes,
            keys: Vec::new(),
            contract,
        })
    }

    /// The same endpoint, getting no events; its row was counted up by that.
    pub(crate) fn switched_off(&self) -> Self {
        Self { enabled: false, revision: self.revision + 1, ..self.clone() }
    }

    /// The same endpoint, deleted: nothing comes after that.
    pub(crate) fn deleted(&self) -> Self {
        Self { enabled: false, revision: u64::MAX, ..self.clone() }
    }

    /// Whether its endpoint was deleted.
    pub(crate) fn is_dead(&self) -> bool {
        self.revision == u64::MAX
    }

    /// Requests per second, batches where it gets batches (DESIGN 4.4).
    pub fn rate_per_second(&self) -> Option<f64> {
        if self.policy.batch.is_some() {
            self.policy.batches_per_second.or(self.policy.per_second)
        } else {
            self.policy.per_second
        }
    }

    /// Whether an event is never put into a batch: a notice that is the whole body of its request.
    pub(crate) fn sends_alone(&self, flags: EventFlags) -> bool {
        flags.notice
            && self.contract.health.notice.as_ref().is_some_and(postrider_contract::Notice::is_whole_body)
    }

    /// The most events in one request.
    pub(crate) fn batch_size(&self) -> usize {
        self.policy.batch.map_or(1, |batch| batch.max_size as usize)
    }

    /// The keys that sign at `now`, newest first.
    pub(crate) fn keys_at(&self, now: Millis) -> impl Iterator<Item = &SigningKey> + Clone {
        self.keys.iter().filter(move |key| key.expires_at.is_none_or(|at| at > now)).map(|key| &key.signing)
    }

    /// Whether the contract retries after such an outcome.
    pub(crate) fn retries(&self, report: &Report) -> bool {
        match (&report.failure, report.status) {
            (Some(failure), _) if failure.is_timeout() => self.policy.retry_on.timeout,
            (Some(_), _) => self.policy.retry_on.connection,
            (None, Some(status)) => self.policy.retry_on.status(status),
            (None, None) => self.policy.retry_on.connection,
        }
    }
}

/// An endpoint whose filter cannot be read must not get what it may keep out: it is off, and what is accepted held.
fn filter(endpoint: &Endpoint) -> Result<Option<Filter>, FilterError> {
    let filter = endpoint.config.filter.as_ref().map(Filter::parse).transpose();
    if let Err(error) = &filter {
        tracing::error!(endpoint = %endpoint.id.0, pointer = error.pointer, detail = error.detail, "an endpoint's stored filter is not readable; it is off");
    }
    filter
}

/// The policy's statuses in the sender's form.
fn successes(policy: &DeliveryPolicy) -> StatusSet {
    policy.success.ranges().fold(StatusSet::EMPTY, |set, range| set.with(*range.start(), *range.end()))
}

fn open(endpoint: &Endpoint, shared: &Shared) -> Option<EndpointSecrets> {
    let opened = shared.keyring.open(&endpoint.sealed, endpoint.id.0.as_bytes());
    match opened {
        Ok(bytes) => match serde_json::from_slice(&bytes) {
            Ok(secrets) => Some(secrets),
            Err(error) => {
                tracing::error!(endpoint = %endpoint.id.0, %error, "an endpoint's sealed secrets are not readable; it is off");
                None
            }
        },
        Err(error) => {
            tracing::error!(endpoint = %endpoint.id.0, %error, "an endpoint's secrets cannot be opened with the master key; it is off");
            None
        }
    }
}

/// What signs, newest first; `None` if the secret that signs now is none of the contract. One that only signs until
/// it expires is left out.
fn keys(secrets: &EndpointSecrets, contract: &Contract, endpoint: &Endpoint) -> Option<Vec<Key>> {
    let mut keys = Vec::new();
    if !contract.is_signed() {
        return Some(keys);
    }
    for secret in &secrets.secrets {
        match SigningKey::parse(&secret.value, contract) {
            Ok(signing) => keys.push(Key { signing, expires_at: secret.expires_at }),
            Err(error) if secret.expires_at.is_some() => {
                tracing::warn!(endpoint = %endpoint.id.0, %error, "a secret that was rotated out is not one of its contract");
            }
            Err(error) => {
                tracing::error!(endpoint = %endpoint.id.0, %error, "an endpoint's secret is not one of its contract; it is off");
                return None;
            }
        }
    }
    Some(keys)
}

fn headers(secrets: &EndpointSecrets) -> Vec<(HeaderName, HeaderValue)> {
    // They were checked when they were saved; one that is no longer legal is left out rather than stopping delivery.
    secrets
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.parse().ok()?, value.parse().ok()?)))
        .collect()
}

fn types(config: &EndpointConfig) -> TypeSet {
    TypeSet::parse(&config.event_types).unwrap_or_else(|_| TypeSet::none())
}

fn health(endpoint: &Endpoint) -> Health {
    Health {
        failure_count: endpoint.failure_count,
        failing_since: endpoint.failing_since,
        last_success_at: endpoint.last_success_at,
        last_attempt_at: endpoint.last_attempt_at,
        last_status: endpoint.last_status,
    }
}

/// How an attempt at a URL ends that was allowed when it was saved and is not any more.
fn refusal(error: TargetError) -> Failure {
    match error {
        TargetError::Blocked(address, blocked) => Failure::BlockedAddress(address, blocked),
        TargetError::Localhost => Failure::BlockedAddress(Ipv4Addr::LOCALHOST.into(), Blocked::Loopback),
        other => Failure::BadUrl(other.to_string().into()),
    }
}
