//! Requests as the contract's own signer makes them.

use std::time::{SystemTime, UNIX_EPOCH};

use postrider_contract::{AttemptContext, Contract, EventView, SigningKey};
use postrider_model::endpoint::SignatureKind;
use postrider_model::id::{EventId, IdSalt, Ordinal};
use postrider_model::time::Millis;

/// A request: what it is made of can be changed after it was signed.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// The event of that number and of this type, signed now.
    pub(crate) fn of(contract: &Contract, number: i64, kind: &str, keys: &[SigningKey]) -> Self {
        let body = body(contract, number, kind);
        Self::signed(contract, &id(contract, number), kind, body, keys, now())
    }

    pub(crate) fn signed(
        contract: &Contract,
        id: &str,
        kind: &str,
        body: Vec<u8>,
        keys: &[SigningKey],
        timestamp_unix: i64,
    ) -> Self {
        let attempt = AttemptContext { id, timestamp_unix, event_type: kind };
        let headers = contract.sign_headers(&attempt, &body, keys);
        let text = |value: &http::HeaderValue| value.to_str().unwrap().to_owned();
        let headers = headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value)));
        Self { headers: headers.collect(), body }
    }

    /// With another value of this header, made from the one it has.
    pub(crate) fn with(mut self, name: &str, change: impl Fn(&str) -> String) -> Self {
        let (_, value) = self.headers.iter_mut().find(|(known, _)| known == name).unwrap();
        *value = change(value);
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self
    }
}

/// The id of the event of that number, as the contract shows it.
pub(crate) fn id(contract: &Contract, number: i64) -> String {
    contract.event_id_form().show(Ordinal(number).to_uuid(IdSalt(7)))
}

/// The body with the event of that number.
pub(crate) fn body(contract: &Contract, number: i64, kind: &str) -> Vec<u8> {
    let event = EventView {
        id: EventId(Ordinal(number).to_uuid(IdSalt(7))),
        event_type: kind,
        timestamp: Millis(1_700_000_000_000 + number * 1_000),
        tenant: "t1",
        data: "{\"name\":\"Zoë\",\"amount\":1.50,\"none\":null}".as_bytes(),
        changes: None,
        attributes: None,
    };
    contract.render(&event).to_vec()
}

#[expect(clippy::disallowed_methods, reason = "the programs look at the real clock")]
pub(crate) fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap()
}

/// A secret of this kind, made from one byte; `None` where the contract has no such signature.
pub(crate) fn secret(contract: &Contract, kind: SignatureKind, byte: u8) -> Option<String> {
    let generated = contract.generate_secret(kind, |bytes| bytes.fill(byte)).ok();
    let given = || format!("It's a \"secret\", {byte} \\ $x");
    generated.or_else(|| contract.offers(kind).then(given))
}
