//! A delivery's envelope and its signed headers, under each contract that is shipped.

use std::hint::black_box;
use std::sync::Arc;

use postrider_contract::{AttemptContext, Contract, EventView, SecretSource, SigningKey, builtin_names};
use postrider_model::endpoint::SignatureKind;
use postrider_model::id::{EventId, IdSalt, Ordinal};

use super::{Run, Workload, event};
use crate::Outcome;

const COUNT: usize = 200;

/// One workload for each contract, and one for each other kind of signature it offers.
pub(super) fn all() -> Outcome<Vec<Workload>> {
    let mut all = Vec::new();
    for name in builtin_names() {
        let contract = Contract::builtin(name).ok_or("a contract is missing")?;
        let key = key(&contract, SignatureKind::Hmac)?;
        all.push(workload(format!("sign-{name}"), &contract, key));
        if contract.offers(SignatureKind::Ed25519) {
            let key = self::key(&contract, SignatureKind::Ed25519)?;
            all.push(workload(format!("sign-{name}-ed25519"), &contract, key));
        }
    }
    Ok(all)
}

/// A secret of the contract, if it has any.
fn key(contract: &Contract, kind: SignatureKind) -> Outcome<Option<SigningKey>> {
    let Some(terms) = &contract.endpoint.secret else { return Ok(None) };
    let secret = match terms.source {
        SecretSource::Given => "a secret of the customer's own".to_owned(),
        SecretSource::GivenOrGenerated | SecretSource::Generated => {
            contract.generate_secret(kind, |bytes| bytes.fill(7))?
        }
    };
    Ok(Some(SigningKey::parse(&secret, contract)?))
}

fn workload(name: String, contract: &Arc<Contract>, key: Option<SigningKey>) -> Workload {
    let contract = Arc::clone(contract);
    Workload::new(name, COUNT, move |run| sign(run, &contract, key.as_ref()))
}

fn sign(run: Run, contract: &Contract, key: Option<&SigningKey>) -> Outcome {
    let id = EventId(Ordinal::at(event::NOW).to_uuid(IdSalt(7)));
    let view = EventView {
        id,
        event_type: "opportunity.stage_changed",
        timestamp: event::NOW,
        tenant: "t1",
        data: event::DATA.as_bytes(),
        changes: None,
        attributes: None,
    };
    for _ in 0..run.count {
        let view = black_box(view);
        let body = contract.render(&view);
        let public = contract.event_id_form().show(view.id.0);
        let attempt = AttemptContext {
            id: &public,
            timestamp_unix: view.timestamp.unix_seconds(),
            event_type: view.event_type,
        };
        let headers = contract.sign_headers(&attempt, &body, key);
        if key.is_some() && headers.is_empty() {
            return Err("nothing was signed".into());
        }
        black_box((body, headers));
    }
    Ok(())
}
