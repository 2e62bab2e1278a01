//! What a receiver must take and what it must refuse.

use postrider_contract::{Contract, Part, Scheme, SigningKey, Var};
use postrider_model::endpoint::SignatureKind;

use crate::request::{Request, body, id, now, secret};
use crate::trial::Trial;

/// Where the events have something to be known by; only `pairs` has nothing.
fn knows_events(contract: &Contract) -> bool {
    contract.name != "pairs"
}

pub(crate) fn try_everything(trial: &mut Trial) {
    let contract = &*std::sync::Arc::clone(&trial.contract);
    for key in trial.keys.clone() {
        trial.takes(&[key]);
    }
    if contract.is_signed() {
        what_is_altered_is_refused(trial);
        what_others_signed_is_refused(trial);
        times(trial);
    } else {
        trial.takes(&[]);
        let request = trial.request(&[]);
        for path in
            ["/hooks/0123456789abcdef0123456789abcdee", "/", "/hook", "/0123456789abcdef0123456789abcdef0"]
        {
            assert_eq!(trial.program.post(path, &request), 404, "{path}");
        }
    }
    what_comes_twice_is_handled_once(trial);
    what_is_no_event_is_refused(trial);
    several_events_in_one_request(trial);
    let last = trial.keys.first().cloned();
    trial.takes(last.as_slice());
}

fn what_is_altered_is_refused(trial: &mut Trial) {
    let newest = trial.keys[..1].to_vec();
    let good = trial.request(&newest);
    let mut altered = good.clone();
    *altered.body.last_mut().unwrap() = b' ';
    trial.refuses("another body", &altered);
    trial.refuses("an empty body", &Request { body: Vec::new(), ..good.clone() });
    for header in trial.contract.signature_headers() {
        let name = header.name.as_str();
        trial.refuses("no signature", &good.clone().without(name));
        for value in ["", "sha256=", "v1,", "t=1,v1=", "v1,AAAA", "é", "sha256=zz"] {
            trial.refuses("a bad header", &good.clone().with(name, |_| value.to_owned()));
        }
        // The last letter or digit, which belongs to a signature; of base64 one before the padding.
        trial.refuses("a digit changed", &good.clone().with(name, |value| changed(value, 40)));
        trial.refuses("cut short", &good.clone().with(name, |value| value[..value.len() - 1].to_owned()));
    }
}

/// With another letter or digit at this place from the end.
fn changed(value: &str, from_end: usize) -> String {
    let at = value.len() - from_end.min(value.len());
    let at = at + value[at..].find(|c: char| c.is_ascii_hexdigit()).unwrap();
    let other = if value[at..].starts_with('0') { "1" } else { "0" };
    format!("{}{other}{}", &value[..at], &value[at + 1..])
}

fn what_others_signed_is_refused(trial: &mut Trial) {
    let contract = &*std::sync::Arc::clone(&trial.contract);
    let kinds = [SignatureKind::Hmac, SignatureKind::Ed25519];
    let others: Vec<_> = kinds.into_iter().filter_map(|kind| secret(contract, kind, 99)).collect();
    let others: Vec<_> = others.iter().map(|text| SigningKey::parse(text, contract).unwrap()).collect();
    for other in &others {
        let request = trial.request(std::slice::from_ref(other));
        trial.refuses("another secret", &request);
    }
    // While two secrets hold, a receiver that knows one of them takes what both signed.
    if contract.secrets_overlap() {
        for key in trial.keys.clone() {
            trial.takes(&[others[0].clone(), key.clone()]);
            trial.takes(&[key, others[0].clone()]);
        }
    }
}

fn times(trial: &mut Trial) {
    let contract = &*std::sync::Arc::clone(&trial.contract);
    let keys = trial.keys[..1].to_vec();
    let covers_time = contract.signature_headers().iter().any(|header| {
        let covers = |scheme: &Scheme| scheme.content.contains(&Part::Var(Var::Timestamp));
        header.schemes.iter().all(covers)
    });
    for away in [-310, 310, -290, 290, -1_700_000_000] {
        let (number, kind) = trial.fresh();
        let body = body(contract, number, &kind);
        let request = Request::signed(contract, &id(contract, number), &kind, body, &keys, now() + away);
        if covers_time && away.abs() > 300 {
            trial.refuses("its time", &request);
        } else {
            assert_eq!(trial.program.post(trial.path, &request), trial.taken_status(), "{away}");
            trial.handled.push(kind);
        }
    }
}

fn what_comes_twice_is_handled_once(trial: &mut Trial) {
    let (number, kind) = trial.fresh();
    let keys: Vec<_> = trial.keys.iter().take(1).cloned().collect();
    let times = 3;
    for time in 0..times {
        // Each attempt is signed anew.
        let (id, body) = (id(&trial.contract, number), body(&trial.contract, number, &kind));
        let request = Request::signed(&trial.contract, &id, &kind, body, &keys, now() - time);
        assert_eq!(trial.program.post(trial.path, &request), trial.taken_status());
    }
    let handled = if knows_events(&trial.contract) { 1 } else { times };
    trial.handled.extend((0..handled).map(|_| kind.clone()));
}

fn what_is_no_event_is_refused(trial: &mut Trial) {
    let keys: Vec<_> = trial.keys.iter().take(1).cloned().collect();
    let (number, kind) = trial.fresh();
    let id = id(&trial.contract, number);
    let request = Request::signed(&trial.contract, &id, &kind, b"{\"not\": json".to_vec(), &keys, now());
    assert_eq!(trial.program.post(trial.path, &request), 400);
    // Python's server knows the methods it was written for and no other.
    assert!([405, 501].contains(&trial.program.send("PUT", trial.path, &request)));
}

fn several_events_in_one_request(trial: &mut Trial) {
    let contract = &*std::sync::Arc::clone(&trial.contract);
    if contract.endpoint.batch.is_none() {
        return;
    }
    let keys: Vec<_> = trial.keys.iter().take(1).cloned().collect();
    let events = [trial.fresh(), trial.fresh()];
    let bodies = events.clone().map(|(number, kind)| body(contract, number, &kind).into());
    let body = contract.render_batch(&bodies).to_vec();
    let request = Request::signed(contract, "bat_0Az", "", body, &keys, now());
    assert_eq!(trial.program.post(trial.path, &request), trial.taken_status());
    trial.handled.extend(events.map(|(_, kind)| kind));
}
