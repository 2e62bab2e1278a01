//! Signatures: proved by the published library of Standard Webhooks, by vectors, and by our own verifier.

#![expect(clippy::unwrap_used, reason = "a test may panic, in the functions it shares with others too")]

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use postrider_contract::{AttemptContext, Contract, SecretError, SigningKey, VerifyError};
use postrider_model::endpoint::SignatureKind;
use postrider_model::time::Millis;
use proptest::prelude::*;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OLD_SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
const TOLERANCE: Duration = Duration::from_secs(300);

fn builtin(name: &str) -> Arc<Contract> {
    Contract::builtin(name).unwrap()
}

fn standard() -> Arc<Contract> {
    builtin("standard")
}

fn scopien() -> Arc<Contract> {
    builtin("scopien")
}

fn keys(contract: &Contract, secrets: &[&str]) -> Vec<SigningKey> {
    secrets.iter().map(|secret| SigningKey::parse(secret, contract).unwrap()).collect()
}

fn sign(contract: &Contract, id: &str, timestamp_unix: i64, body: &[u8], secrets: &[&str]) -> HeaderMap {
    let attempt = AttemptContext { id, timestamp_unix, event_type: "a.b" };
    let signed = contract.sign_headers(&attempt, body, &keys(contract, secrets));
    signed.into_iter().map(|(name, value)| (name.clone(), value)).collect()
}

fn get<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).map(|value| value.to_str().unwrap())
}

fn verify(
    contract: &Contract,
    headers: &HeaderMap,
    body: &[u8],
    secrets: &[&str],
    now_seconds: i64,
) -> Result<(), VerifyError> {
    contract.verify(|name| get(headers, name), body, secrets, Millis(now_seconds * 1_000), TOLERANCE)
}

#[expect(clippy::disallowed_methods, reason = "the published library compares with the real clock")]
fn real_now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

#[test]
fn a_published_vector_is_met() {
    let headers = sign(
        &standard(),
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1_614_265_330,
        br#"{"test": 2432232314}"#,
        &[SECRET],
    );
    assert_eq!(get(&headers, "webhook-id"), Some("msg_p5jXN8AQM9LWM0D4loKWxJek"));
    assert_eq!(get(&headers, "webhook-timestamp"), Some("1614265330"));
    assert_eq!(get(&headers, "webhook-signature"), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
}

proptest! {
    #[test]
    fn the_published_library_accepts_what_is_signed(body in "\\PC{0,500}", id in "[A-Za-z0-9_]{1,40}", key in prop::collection::vec(any::<u8>(), 32)) {
        let contract = standard();
        let secret = contract.generate_secret(SignatureKind::Hmac, |bytes| bytes.copy_from_slice(&key)).unwrap();
        let now = real_now();
        let headers = sign(&contract, &id, now, body.as_bytes(), &[&secret]);
        let library = standardwebhooks::Webhook::new(&secret).unwrap();
        prop_assert!(library.verify(body.as_bytes(), &headers).is_ok());
        prop_assert_eq!(library.sign(&id, now, body.as_bytes()).unwrap(), get(&headers, "webhook-signature").unwrap());
        prop_assert_eq!(verify(&contract, &headers, body.as_bytes(), &[&secret], now), Ok(()));
    }

    #[test]
    fn a_changed_body_is_not_verified(body in prop::collection::vec(any::<u8>(), 1..200), at in any::<prop::sample::Index>(), flip in 1u8..) {
        for (contract, secret) in [(&*standard(), SECRET), (&*scopien(), "s")] {
            let headers = sign(contract, "evt_1", 1_000, &body, &[secret]);
            prop_assert_eq!(verify(contract, &headers, &body, &[secret], 1_000), Ok(()));
            let mut changed = body.clone();
            changed[at.index(body.len())] ^= flip;
            let refused = verify(contract, &headers, &changed, &[secret], 1_000);
            prop_assert!(matches!(refused, Err(VerifyError::Mismatch(_))), "{refused:?}");
        }
    }

    #[test]
    fn headers_of_any_text_are_refused_without_a_panic(signature in "\\PC{0,80}", id in "\\PC{0,20}", timestamp in "\\PC{0,12}") {
        for value in [signature.clone(), format!("v1,{signature}"), format!("sha256={signature}"), format!("v1a,{signature} v1,")] {
            let headers = |name: &str| match name {
                "webhook-id" => Some(id.as_str()),
                "webhook-timestamp" => Some(timestamp.as_str()),
                _ => Some(value.as_str()),
            };
            let refused = standard().verify(headers, b"{}", &[SECRET], Millis(0), TOLERANCE);
            prop_assert!(refused.is_err());
            let refused = scopien().verify(headers, b"{}", &["s"], Millis(0), TOLERANCE);
            prop_assert!(refused.is_err());
        }
    }
}

#[test]
fn after_a_rotation_every_secret_signs_newest_first() {
    let contract = standard();
    let headers = sign(&contract, "evt_1", 1_000, b"{}", &[SECRET, OLD_SECRET]);
    let [new, old] = [SECRET, OLD_SECRET].map(|secret| {
        let headers = sign(&contract, "evt_1", 1_000, b"{}", &[secret]);
        get(&headers, "webhook-signature").unwrap().to_owned()
    });
    assert_eq!(get(&headers, "webhook-signature"), Some(format!("{new} {old}").as_str()));
    for secret in [SECRET, OLD_SECRET] {
        assert_eq!(verify(&contract, &headers, b"{}", &[secret], 1_000), Ok(()));
    }
}

#[test]
fn a_header_that_holds_one_signature_is_signed_with_the_newest_secret() {
    let contract = scopien();
    let both = sign(&contract, "evt_1", 1_000, b"{}", &["new", "old"]);
    let new = sign(&contract, "evt_1", 1_000, b"{}", &["new"]);
    assert_eq!(get(&both, "x-scopien-signature"), get(&new, "x-scopien-signature"));
    assert!(verify(&contract, &both, b"{}", &["old"], 1_000).is_err());
    assert_eq!(verify(&contract, &both, b"{}", &["old", "new"], 1_000), Ok(()));
}

#[test]
fn ed25519_signatures_are_verified_with_the_public_half() {
    let contract = standard();
    let private = contract.generate_secret(SignatureKind::Ed25519, |bytes| bytes.fill(9)).unwrap();
    let public = contract.verifying_secret(&private).unwrap();
    assert!(private.starts_with("whsk_") && public.starts_with("whpk_"));
    let headers = sign(&contract, "evt_1", 1_000, b"{}", &[&private]);
    let signature = get(&headers, "webhook-signature").unwrap();
    assert!(signature.starts_with("v1a,") && signature.len() == 4 + 88);
    assert_eq!(verify(&contract, &headers, b"{}", &[&public], 1_000), Ok(()));
    assert_eq!(verify(&contract, &headers, b"{}", &[&private], 1_000), Ok(()));
    for (body, secret) in [("{ }", public.as_str()), ("{}", SECRET)] {
        assert!(verify(&contract, &headers, body.as_bytes(), &[secret], 1_000).is_err());
    }
    let other = contract.generate_secret(SignatureKind::Ed25519, |bytes| bytes.fill(8)).unwrap();
    assert!(verify(&contract, &headers, b"{}", &[&other], 1_000).is_err());
}

#[test]
fn ed25519_meets_the_first_vector_of_rfc_8032() {
    use base64::Engine as _;
    let base64 = &base64::engine::general_purpose::STANDARD;
    let seed = hex::decode("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60").unwrap();
    let public = hex::decode("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a").unwrap();
    let signature = hex::decode("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b").unwrap();
    let contract = ed25519_over_the_body_alone();
    let private = format!("whsk_{}", base64.encode(&seed));
    assert_eq!(contract.verifying_secret(&private), Ok(format!("whpk_{}", base64.encode(&public))));
    let headers = sign(&contract, "", 0, b"", &[&private]);
    assert_eq!(get(&headers, "x-signature"), Some(hex::encode(signature).as_str()));
    // The seed with its public half behind it is the same key; with another's it is none.
    let whole = [seed.as_slice(), &public].concat();
    let headers_of_whole = sign(&contract, "", 0, b"", &[&format!("whsk_{}", base64.encode(&whole))]);
    assert_eq!(headers_of_whole, headers);
    let wrong = format!("whsk_{}", base64.encode([seed.as_slice(), &seed].concat()));
    assert_eq!(SigningKey::parse(&wrong, &contract).unwrap_err(), SecretError::PrivateKey);
}

fn ed25519_over_the_body_alone() -> Contract {
    let file = "name = \"x\"\n[endpoint]\nsecret = \"generated\"\n[payload]\nroot = \"event.data\"\n\
        [[signature]]\nheader = \"x-signature\"\ncontent = \"{body}\"\nvalue = \"{hex}\"\nkey = \"ed25519\"\n\
        [delivery]\ntimeout = \"1s\"\nschedule = []\n";
    Contract::parse(file).unwrap()
}

#[test]
fn an_endpoint_that_goes_over_to_ed25519_is_signed_both_ways_for_a_while() {
    let contract = standard();
    let private = contract.generate_secret(SignatureKind::Ed25519, |bytes| bytes.fill(9)).unwrap();
    let headers = sign(&contract, "evt_1", 1_000, b"{}", &[&private, SECRET]);
    let signatures: Vec<_> = get(&headers, "webhook-signature").unwrap().split(' ').collect();
    assert!(signatures.len() == 2 && signatures[0].starts_with("v1a,") && signatures[1].starts_with("v1,"));
    assert_eq!(verify(&contract, &headers, b"{}", &[SECRET], 1_000), Ok(()));
    assert_eq!(
        verify(&contract, &headers, b"{}", &[&contract.verifying_secret(&private).unwrap()], 1_000),
        Ok(())
    );
}

#[test]
fn an_old_request_is_not_verified_again() {
    let contract = standard();
    let headers = sign(&contract, "evt_1", 10_000, b"{}", &[SECRET]);
    assert_eq!(verify(&contract, &headers, b"{}", &[SECRET], 10_300), Ok(()));
    assert_eq!(verify(&contract, &headers, b"{}", &[SECRET], 10_301), Err(VerifyError::Time(-301)));
    assert_eq!(verify(&contract, &headers, b"{}", &[SECRET], 9_699), Err(VerifyError::Time(301)));
}

#[test]
fn id_and_time_are_signed_too() {
    let contract = standard();
    for (name, value) in [("webhook-id", "evt_2"), ("webhook-timestamp", "1001")] {
        let mut headers = sign(&contract, "evt_1", 1_000, b"{}", &[SECRET]);
        headers.insert(name, value.parse().unwrap());
        assert!(
            matches!(verify(&contract, &headers, b"{}", &[SECRET], 1_000), Err(VerifyError::Mismatch(_))),
            "{name}"
        );
    }
}

#[test]
fn what_is_missing_is_named() {
    let contract = standard();
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        let mut headers = sign(&contract, "evt_1", 1_000, b"{}", &[SECRET]);
        headers.remove(name);
        assert!(
            matches!(
                verify(&contract, &headers, b"{}", &[SECRET], 1_000),
                Err(VerifyError::MissingHeader(_))
            ),
            "{name}"
        );
    }
    let headers = sign(&contract, "evt_1", 1_000, b"{}", &[SECRET]);
    assert_eq!(verify(&contract, &headers, b"{}", &[], 1_000), Err(VerifyError::NoSecret));
    let unsigned = builtin("call-center");
    assert_eq!(verify(&unsigned, &headers, b"{}", &["s"], 1_000), Err(VerifyError::Unsigned));
}

#[test]
fn a_time_in_the_signature_header_itself_is_read_from_there() {
    let file = "name = \"x\"\n[endpoint]\nsecret = \"given\"\n[payload]\nroot = \"event.data\"\n\
        [[signature]]\nheader = \"x-signature\"\ncontent = \"{timestamp}.{body}\"\nvalue = \"t={timestamp},v1={hex}\"\nkey = \"utf8\"\n\
        [delivery]\ntimeout = \"1s\"\nschedule = []\n";
    let contract = Contract::parse(file).unwrap();
    let headers = sign(&contract, "evt_1", 1_000, b"{}", &["s"]);
    assert!(get(&headers, "x-signature").unwrap().starts_with("t=1000,v1="));
    assert_eq!(verify(&contract, &headers, b"{}", &["s"], 1_000), Ok(()));
    assert_eq!(verify(&contract, &headers, b"{}", &["s"], 9_000), Err(VerifyError::Time(-8_000)));
    assert!(!contract.secrets_overlap());
}

#[test]
fn given_secrets_are_checked() {
    let contract = standard();
    let check = |kind, secret: &str| contract.check_given_secret(kind, secret);
    assert_eq!(check(SignatureKind::Hmac, SECRET), Ok(()));
    for secret in ["", "secret", "whsec_", "whsec_AAAA", "whsec_!!!!", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
        assert!(check(SignatureKind::Hmac, secret).is_err(), "{secret}");
    }
    let base64_of = |bytes: usize| {
        format!("whsec_{}", "A".repeat(bytes.div_ceil(3) * 4 - 4) + ["AAAA", "AA==", "AAA="][bytes % 3])
    };
    assert_eq!(check(SignatureKind::Hmac, &base64_of(24)), Ok(()));
    assert_eq!(check(SignatureKind::Hmac, &base64_of(64)), Ok(()));
    assert!(check(SignatureKind::Hmac, &base64_of(23)).is_err());
    assert!(check(SignatureKind::Hmac, &base64_of(65)).is_err());
    assert_eq!(check(SignatureKind::Ed25519, SECRET), Err(SecretError::Prefix("whsk_".to_owned())));
    let private = contract.generate_secret(SignatureKind::Ed25519, |bytes| bytes.fill(1)).unwrap();
    assert_eq!(check(SignatureKind::Ed25519, &private), Ok(()));
    assert_eq!(check(SignatureKind::Hmac, &private), Err(SecretError::Prefix("whsec_".to_owned())));

    let scopien = scopien();
    let check = |secret: &str| scopien.check_given_secret(SignatureKind::Hmac, secret);
    assert_eq!((check("whsec_abc123def456"), check("x"), check(&"é".repeat(256))), (Ok(()), Ok(()), Ok(())));
    for secret in [String::new(), "a\nb".to_owned(), "é".repeat(257)] {
        assert_eq!(check(&secret), Err(SecretError::Text));
    }
    assert_eq!(
        scopien.check_given_secret(SignatureKind::Ed25519, "x"),
        Err(SecretError::KindNotOffered("ed25519"))
    );
}

#[test]
fn who_chooses_the_secret_is_the_contracts_to_say() {
    let generated = builtin("backend");
    assert_eq!(generated.check_given_secret(SignatureKind::Hmac, SECRET), Err(SecretError::NotGiven));
    let given = builtin("scendcore");
    assert_eq!(given.generate_secret(SignatureKind::Hmac, |_| ()), Err(SecretError::NotGenerated));
    let none = builtin("call-center");
    assert_eq!(none.check_given_secret(SignatureKind::Hmac, "x"), Err(SecretError::NoSecrets));
    assert_eq!(none.generate_secret(SignatureKind::Hmac, |_| ()), Err(SecretError::NoSecrets));
}

#[test]
fn a_key_does_not_show_its_secret() {
    let shown = format!("{:?}", keys(&standard(), &[SECRET]));
    assert_eq!(shown, "[SigningKey(hmac)]");
}

#[test]
fn headers_that_show_the_type_are_left_out_where_there_is_none() {
    let contract = scopien();
    let attempt = AttemptContext { id: "bat_1", timestamp_unix: 0, event_type: "" };
    let headers = contract.sign_headers(&attempt, b"{}", &keys(&contract, &["s"]));
    assert_eq!(headers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["x-scopien-signature"]);
}
