//! The delivery policy in force for an endpoint: endpoint over project over contract (DESIGN 4.4 "Precedence").

use std::time::Duration;

use postrider_model::endpoint::{BatchSetting, EndpointConfig, Ordering, RetrySetting};
use postrider_model::health::DisableRule;
use postrider_model::timetable::Timetable;

use crate::{Batch, Contract, Failure, RetryOn, Settings, StatusSet};

/// Attempts in flight where the endpoint says nothing (DESIGN 2.3).
pub const DEFAULT_MAX_IN_FLIGHT: u32 = 64;

/// How an endpoint's deliveries are made.
#[derive(Debug, Clone, PartialEq)]
pub struct DeliveryPolicy {
    /// The deadline of one attempt.
    pub timeout: Duration,
    /// The statuses that are a success.
    pub success: StatusSet,
    /// What is tried again.
    pub retry_on: RetryOn,
    /// When.
    pub timetable: Timetable,
    /// Requests per second; `None` for no limit.
    pub per_second: Option<f64>,
    /// Requests per second in its stead where the endpoint gets batches.
    pub batches_per_second: Option<f64>,
    /// What keeps its order.
    pub ordering: Ordering,
    /// The most attempts in flight at once.
    pub max_in_flight: u32,
    /// How events are gathered; `None` where each travels alone.
    pub batch: Option<Batch>,
    /// Whether a receiver's `Retry-After` is heeded.
    pub retry_after: bool,
    /// The statuses that disable the endpoint at once.
    pub disable_on: Vec<u16>,
    /// The statuses that narrow its window.
    pub slow_on: Vec<u16>,
    /// Whether it has a breaker.
    pub breaker: bool,
    /// When it is disabled by itself.
    pub disable: DisableRule,
}

impl DeliveryPolicy {
    /// What holds for an endpoint. The contract's rate and batch bounds are ceilings; what was saved under an older
    /// contract is brought within them.
    pub fn resolve(contract: &Contract, settings: &Settings, endpoint: &EndpointConfig) -> Self {
        let terms = &contract.delivery;
        let own_rate = endpoint.rate_limit.map(|rate| rate.per_second);
        let timeout = endpoint.timeout_seconds.or(settings.timeout_seconds).map(seconds);
        let retry = endpoint.retry.as_ref().or(settings.retry.as_ref());
        let bounded = |batch: BatchSetting| contract.endpoint.batch.map(|bounds| within(batch, bounds));
        Self {
            timeout: timeout.unwrap_or(terms.timeout),
            success: terms.success,
            retry_on: terms.retry_on,
            timetable: Timetable {
                steps: retry.map_or_else(|| terms.schedule.clone(), steps),
                jitter: terms.jitter,
            },
            per_second: least(own_rate, terms.per_second),
            batches_per_second: terms
                .batches_per_second
                .map(|most| own_rate.map_or(most, |rate| rate.min(most))),
            ordering: endpoint.ordering.unwrap_or(terms.ordering),
            max_in_flight: endpoint.max_in_flight.unwrap_or(DEFAULT_MAX_IN_FLIGHT).max(1),
            batch: endpoint.batch.and_then(bounded),
            retry_after: terms.retry_after,
            disable_on: terms.disable_on.clone(),
            slow_on: terms.slow_on.clone(),
            breaker: terms.breaker,
            disable: settings.disable.unwrap_or(contract.health.disable),
        }
    }

    /// Whether a delivery that failed so is tried again, as long as its timetable goes on.
    pub fn retries(&self, failure: Failure) -> bool {
        self.retry_on.retries(failure)
    }
}

fn least(own: Option<f64>, ceiling: Option<f64>) -> Option<f64> {
    match (own, ceiling) {
        (Some(own), Some(ceiling)) => Some(own.min(ceiling)),
        (own, ceiling) => own.or(ceiling),
    }
}

fn within(batch: BatchSetting, bounds: Batch) -> Batch {
    Batch {
        max_size: batch.max_size.clamp(1, bounds.max_size),
        max_wait: seconds(batch.max_wait_seconds).min(bounds.max_wait),
    }
}

fn steps(retry: &RetrySetting) -> Vec<Duration> {
    retry.schedule_seconds.iter().copied().map(seconds).collect()
}

/// Seconds as a duration; what is none (negative, not finite) was refused when it was saved, and is zero.
fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use postrider_model::endpoint::RateLimit;

    use super::*;

    fn resolve(settings: &Settings, endpoint: EndpointConfig) -> DeliveryPolicy {
        DeliveryPolicy::resolve(&Contract::builtin("scopien").unwrap(), settings, &endpoint)
    }

    #[test]
    fn the_contract_holds_where_nobody_says_otherwise() {
        let policy = resolve(&Settings::default(), EndpointConfig::default());
        assert_eq!(policy.timeout, Duration::from_secs(5));
        assert_eq!(policy.timetable.steps, [5, 30, 120, 600, 3_600].map(Duration::from_secs));
        assert_eq!((policy.per_second, policy.batches_per_second), (Some(100.0), Some(10.0)));
        assert_eq!((policy.batch, policy.max_in_flight, policy.breaker), (None, 64, false));
        assert_eq!(policy.disable, DisableRule::DeliveryExhausted);
    }

    #[test]
    fn the_endpoint_goes_before_the_project_and_the_project_before_the_contract() {
        let schedule = |step| Some(RetrySetting { schedule_seconds: vec![step] });
        let settings = Settings {
            retry: schedule(1.5),
            timeout_seconds: Some(2.0),
            disable: Some(DisableRule::Never),
            ..Settings::default()
        };
        let policy = resolve(&settings, EndpointConfig::default());
        assert_eq!(policy.timetable.steps, [Duration::from_millis(1_500)]);
        assert_eq!((policy.timeout, policy.disable), (Duration::from_secs(2), DisableRule::Never));

        let endpoint = EndpointConfig {
            retry: schedule(9.0),
            timeout_seconds: Some(3.0),
            ordering: Some(Ordering::Endpoint),
            max_in_flight: Some(2),
            ..EndpointConfig::default()
        };
        let policy = resolve(&settings, endpoint);
        assert_eq!(policy.timetable.steps, [Duration::from_secs(9)]);
        assert_eq!((policy.timeout, policy.max_in_flight), (Duration::from_secs(3), 2));
        assert_eq!(policy.ordering, Ordering::Endpoint);
    }

    #[test]
    fn rate_and_batch_stay_within_the_contract() {
        let endpoint = |per_second, max_size, max_wait_seconds| EndpointConfig {
            rate_limit: Some(RateLimit { per_second }),
            batch: Some(BatchSetting { max_size, max_wait_seconds }),
            ..EndpointConfig::default()
        };
        let policy = resolve(&Settings::default(), endpoint(1_000.0, 5_000, 1e9));
        assert_eq!((policy.per_second, policy.batches_per_second), (Some(100.0), Some(10.0)));
        assert_eq!(policy.batch, Some(Batch { max_size: 100, max_wait: Duration::from_secs(60) }));
        let policy = resolve(&Settings::default(), endpoint(5.0, 2, 1.0));
        assert_eq!((policy.per_second, policy.batches_per_second), (Some(5.0), Some(5.0)));
        assert_eq!(policy.batch, Some(Batch { max_size: 2, max_wait: Duration::from_secs(1) }));
    }
}
