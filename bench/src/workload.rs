//! What is sent: events of 400 bytes of data to one endpoint, or spread over tenants and types.

use std::fmt::Write as _;

use crate::epoch;

/// Which endpoints there are, and how events are spread over them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Workload {
    /// Tenants; each event goes to one of them.
    pub tenants: u64,
    /// Endpoints of each tenant, each subscribed to one type of its own.
    pub endpoints: u64,
    /// One in so many endpoints answers 500; 0 for none.
    pub failing_one_in: u64,
    /// One in so many events carries an idempotency key; 0 for none.
    pub keyed_one_in: u64,
}

impl Workload {
    /// One tenant with one endpoint.
    pub(crate) const ONE: Self = Self { tenants: 1, endpoints: 1, failing_one_in: 0, keyed_one_in: 0 };
    /// 1,000 tenants with 10 endpoints each, 5 % failing, half the events with an idempotency key.
    pub(crate) const SPREAD: Self =
        Self { tenants: 1_000, endpoints: 10, failing_one_in: 20, keyed_one_in: 2 };

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
    /// Events made whose endpoint answers 200.
    pub healthy: u64,
}

impl Events {
    pub(crate) fn new(workload: Workload, seed: u64, key: &str) -> Self {
        let head = format!(
            "POST /v1/events HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\ncontent-length: "
        );
        Self { workload, seed, pad: "x".repeat(370), head, body: String::new(), healthy: 0 }
    }

    /// Writes the next request, due at `due_ns`, into `out`.
    pub(crate) fn next(&mut self, due_ns: Option<u64>, out: &mut Vec<u8>) {
        let random = self.random();
        let tenant = random % self.workload.tenants;
        let endpoint = (random >> 32) % self.workload.endpoints;
        self.healthy += u64::from(!self.workload.fails(tenant, endpoint));
        let sent = due_ns.unwrap_or_else(epoch::nanos);
        self.body.clear();
        // Writing into a String cannot fail.
        let _ = write!(self.body, r#"{{"tenant":"t{tenant}","type":"type.{endpoint}","#);
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
    fn one_in_twenty_endpoints_fails() {
        let failing = (0..1_000)
            .flat_map(|t| (0..10).map(move |e| (t, e)))
            .filter(|(t, e)| Workload::SPREAD.fails(*t, *e));
        assert_eq!(failing.count(), 500);
    }
}
