//! The event of all workloads: 400 bytes of data, as DESIGN 8 has it.

use postrider_model::time::Millis;

/// 2026-01-22T10:30:00Z.
pub(super) const NOW: Millis = Millis(1_769_077_800_000);

/// Its data.
pub(super) const DATA: &str = concat!(
    r#"{"id":"opp_7Hd2kQ9xLm","name":"Renewal 2026 \"North\"","amount":72500.50,"currency":"EUR","stage":"Negotiation","#,
    r#""probability":0.65,"owner":{"id":4711,"name":"Amélie Dubois","email":"amelie@example.com","team":"emea"},"#,
    r#""tags":["renewal","priority","q1"],"account":{"id":"acc_5102","employees":1200,"country":"FR"},"#,
    r#""closed":false,"next_step":null,"note":"Wants an offer for 3 years; call back Monday."}"#,
);

/// A filter of several operators that the event passes.
pub(super) const FILTER: &str = r#"{"type": {"$startsWith": "type."}, "data": {
    "amount": {"$gt": 50000, "$lte": 100000},
    "stage": {"$in": ["Proposal", "Negotiation", "Closed Won"]},
    "owner": {"email": {"$endsWith": "@example.com"}, "team": {"$neq": "apac"}},
    "tags": "renewal",
    "deleted_at": {"$exist": false},
    "$or": [{"currency": "USD"}, {"account": {"country": {"$nin": ["US", "CA"]}}}],
    "$not": {"closed": true}
}}"#;

/// One that looks at the data and finds it wanting.
pub(super) const REFUSING_FILTER: &str =
    r#"{"data": {"stage": "Negotiation", "amount": {"$gt": 100000}, "tags": {"$in": ["renewal"]}}}"#;

#[cfg(test)]
mod tests {
    #[test]
    fn the_data_is_400_bytes_of_json() {
        assert_eq!(super::DATA.len(), 400, "bytes");
        serde_json::from_str::<serde_json::Value>(super::DATA).unwrap();
    }
}
