//! What is sent: events to one endpoint, or spread over tenants and types, or each to all endpoints of its tenant.

use std::fmt::Write as _;

use serde::Serialize;

use crate::epoch;

/// How events are spread over tenants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mix {
    /// Each tenant has as many as any other.
    Even,
    /// As Zipf's law has it, with exponent 1: the k-th tenant has about a k-th of the first one's.
    Zipf,
}

/// Which endpoints there are, and how events are spread over them.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Workload {
    /// Tenants; each event goes to one of them.
    pub tenants: u64,
    /// The number of the first.
    pub first_tenant: u64,
    /// Endpoints of each tenant, each subscribed to one type of its own.
    pub endpoints: u64,
    /// One in so many endpoints answers 500; 0 for none.
    pub failing_one_in: u64,
    /// One in so many events carries an idempotency key; 0 for none.
    pub keyed_one_in: u64,
    /// How events are spread over tenants.
    pub mix: Mix,
    /// Bytes of an event's data, about.
    pub data_bytes: usize,
    /// Every event goes to all endpoints of its tenant, instead of one of them.
    pub fan_out: bool,
}

/// Bytes of the data around the padding.
const AROUND: usize = 30;

impl Workload {
    /// One tenant with one endpoint.
    pub(crate) const ONE: Self = Self {
        tenants: 1,
        first_tenant: 0,
        endpoints: 1,
        failing_one_in: 0,
        keyed_one_in: 0,
        mix: Mix::Even,
        data_bytes: 400,
        fan_out: false,
    };
    /// 1,000 tenants with 10 endpoints each, 5 % failing, half the events with an idempotency key.
    pub(crate) const SPREAD: Self =
        Self { tenants: 1_000, endpoints: 10, failing_one_in: 20, keyed_one_in: 2, ..Self::ONE };

    /// File descriptors that a sender and its receiver need: a connection to each endpoint, often two.
    pub(crate) fn descriptors(&self) -> u64 {
        2 * self.tenants * self.endpoints
    }

    /// The tenant of an event, by a number that looks random.
    fn tenant(&self, random: u64) -> u64 {
        match self.mix {
            Mix::Even => random % self.tenants,
            // A logarithm spread evenly: the k-th of n has ln(1 + 1/k) / ln(n + 1) of all, without a table to look up.
            Mix::Zipf => {
                let share = (random >> 11) as f64 / (1_u64 << 53) as f64;
                let rank = ((self.tenants + 1) as f64).powf(share) as u64;
                rank.clamp(1, self.tenants) - 1
            }
        }
    }

    /// The type that an endpoint wants.
    pub(crate) fn kind(&self, endpoint: u64) -> u64 {
        if self.fan_out { 0 } else { endpoint }
    }

    /// Deliveries of an event to this tenant's endpoint, or to all of them: those answered 200, and all.
    pub(crate) fn deliveries(&self, tenant: u64, endpoint: u64) -> (u64, u64) {
        let wanting = if self.fan_out { 0..self.endpoints } else { endpoint..endpoint + 1 };
        let all = wanting.end - wanting.start;
        if self.failing_one_in == 0 {
            return (all, all);
        }
        (wanting.filter(|endpoint| !self.fails(tenant, *endpoint)).count() as u64, all)
    }

    /// Padding that makes the data as long as it is to be.
    pub(crate) fn pad(&self) -> String {
        "x".repeat(self.data_bytes.saturating_sub(AROUND))
    }

    /// Whether this endpoint fails.
    pub(crate) fn fails(&self, tenant: u64, endpoint: u64) -> bool {
        self.failing_one_in > 0
            && (tenant * self.endpoints + endpoint) % self.failing_one_in == self.failing_one_in - 1
    }
}

/// Makes request after request of a workload; the same seed makes the same ones.
#[derive(Debug)]
pub(crate) struct Events {
    workload: Workload,
    seed: u64,
    pad: String,
    head: String,
    body: String,
    /// Deliveries of the events made that are answered 200, and all.
    pub deliveries: (u64, u64),
}

impl Events {
    pub(crate) fn new(workload: Workload, seed: u64, key: &str) -> Self {
        let head = format!(
            "POST /v1/events HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\ncontent-length: "
        );
        Self { workload, seed, pad: workload.pad(), head, body: String::new(), deliveries: (0, 0) }
    }

    /// Writes the next request, due at `due_ns`, into `out`.
    pub(crate) fn next(&mut self, due_ns: Option<u64>, out: &mut Vec<u8>) {
        let random = self.random();
        let tenant = self.workload.tenant(random);
        let endpoint = (random >> 32) % self.workload.endpoints;
        let (healthy, all) = self.workload.deliveries(tenant, endpoint);
        self.deliveries = (self.deliveries.0 + healthy, self.deliveries.1 + all);
        let kind = self.workload.kind(endpoint);
        let tenant = self.workload.first_tenant + tenant;
        let sent = due_ns.unwrap_or_else(epoch::nanos);
        self.body.clear();
        // Writing into a String cannot fail.
        let _ = write!(self.body, r#"{{"tenant":"t{tenant}","type":"type.{kind}","#);
        if self.workload.keyed_one_in > 0 && self.seed.is_multiple_of(self.workload.keyed_one_in) {
            let key = self.random();
            let _ = write!(self.body, r#""idempotency_key":"{key:016x}","#);
        }
        let _ = write!(self.body, r#""data":{{"t":{sent},"pad":"{}"}}}}"#, self.pad);
        out.clear();
        out.extend_from_slice(self.head.as_bytes());
        out.extend_from_slice(self.body.len().to_string().as_bytes());
        out.extend_from_slice(b"\r\n\r\n");
        out.extend_from_slice(self.body.as_bytes());
    }

    /// Numbers that look random (an xorshift of 64 bits).
    fn random(&mut self) -> u64 {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        self.seed.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_whole_and_its_body_json() {
        let mut out = Vec::new();
        Events::new(Workload::SPREAD, 7, "sk").next(Some(5), &mut out);
        let message = crate::wire::message(&out).unwrap();
        assert_eq!(message.len, out.len());
        let event: serde_json::Value = serde_json::from_slice(message.body).unwrap();
        assert_eq!(event["data"]["t"], 5);
    }

    #[test]
    fn half_of_the_events_have_a_key_and_one_in_twenty_goes_to_a_failing_endpoint_in_either_mix() {
        for mix in [Mix::Even, Mix::Zipf] {
            let (mut out, mut keyed, mut first) = (Vec::new(), 0, 0);
            let mut events = Events::new(Workload { mix, ..Workload::SPREAD }, 7, "sk");
            for _ in 0..100_000 {
                events.next(Some(5), &mut out);
                keyed += u32::from(memchr::memmem::find(&out, b"idempotency_key").is_some());
                first += u32::from(memchr::memmem::find(&out, br#""tenant":"t0""#).is_some());
            }
            assert!((49_000..51_000).contains(&keyed), "{mix:?}: {keyed}");
            assert!((94_500..96_000).contains(&events.deliveries.0), "{mix:?}: {}", events.deliveries.0);
            // An even mix gives each of 1,000 tenants 0.1 %; the logarithm gives the first ln 2 / ln 1,001.
            let share = if mix == Mix::Even { 50..200 } else { 9_500..10_600 };
            assert!(share.contains(&first), "{mix:?}: {first}");
        }
    }

    #[test]
    fn the_kth_tenant_of_zipf_has_a_kth_of_the_first_ones_events() {
        let workload = Workload { mix: Mix::Zipf, ..Workload::SPREAD };
        let mut counts = vec![0_u64; 1_000];
        for step in 0..1_000_000_u64 {
            let tenant = workload.tenant(step.wrapping_mul(u64::MAX / 1_000_000));
            counts[usize::try_from(tenant).unwrap()] += 1;
        }
        for k in [2_usize, 10, 100, 1_000] {
            let expected = (1.0 + 1.0 / k as f64).ln() / 2_f64.ln();
            let found = counts[k - 1] as f64 / counts[0] as f64;
            assert!((found / expected - 1.0).abs() < 0.05, "{k}: {found}, expected {expected}");
        }
    }

    #[test]
    fn an_event_that_fans_out_counts_for_every_endpoint_and_is_of_the_type_they_all_want() {
        let workload = Workload { tenants: 1, fan_out: true, ..Workload::SPREAD };
        assert_eq!((workload.deliveries(0, 3), workload.kind(3)), ((10, 10), 0));
        let failing = Workload { endpoints: 40, ..workload };
        assert_eq!(failing.deliveries(0, 3), (38, 40));
        let mut out = Vec::new();
        let mut events = Events::new(failing, 7, "sk");
        events.next(Some(5), &mut out);
        assert_eq!(events.deliveries, (38, 40));
        assert!(memchr::memmem::find(&out, br#""type":"type.0""#).is_some());
    }

    #[test]
    fn the_data_is_as_long_as_it_is_said() {
        for data_bytes in [400, 65_536] {
            let mut out = Vec::new();
            Events::new(Workload { data_bytes, ..Workload::ONE }, 7, "sk")
                .next(Some(123_456_789_012_345), &mut out);
            let event: serde_json::Value =
                serde_json::from_slice(crate::wire::message(&out).unwrap().body).unwrap();
            let len = event["data"].to_string().len();
            assert!(len.abs_diff(data_bytes) < 16, "{len}, asked for {data_bytes}");
        }
    }

    #[test]
    fn one_in_twenty_endpoints_fails() {
        let failing = (0..1_000)
            .flat_map(|t| (0..10).map(move |e| (t, e)))
            .filter(|(t, e)| Workload::SPREAD.fails(*t, *e));
        assert_eq!(failing.count(), 500);
    }
}
