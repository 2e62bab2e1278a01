//! Verifying a delivery as its receiver does: for `postrider listen`, the demo and tests.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use postrider_model::time::Millis;
use ring::signature::{ED25519, UnparsedPublicKey};
use subtle::ConstantTimeEq as _;

use crate::secret::{PRIVATE_KEY_PREFIX, PUBLIC_KEY_PREFIX, public_key};
use crate::sign::{AttemptContext, KeyForm, Scheme, Signature, SignatureHeader, Var};
use crate::template::{Part, capture, capture_start};
use crate::{Contract, SecretError, SigningKey};

/// Why a request is not proved to be a delivery.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The contract signs nothing: there is nothing to verify.
    #[error("the contract signs nothing")]
    Unsigned,
    /// No secret was given to verify with.
    #[error("no secret was given to verify with")]
    NoSecret,
    /// What was given is not a secret of the contract.
    #[error(transparent)]
    BadSecret(#[from] SecretError),
    /// A header that the contract promises is not there.
    #[error("the header {0} is missing")]
    MissingHeader(String),
    /// The header's value has not the contract's form.
    #[error("the header {0} has not the form of the contract")]
    BadHeader(String),
    /// The attempt is further from now than the tolerance, in seconds (negative: it lies in the past).
    #[error("the request is {0} seconds away from now")]
    Time(i64),
    /// None of the signatures was made with one of the secrets over this request.
    #[error("no signature in {0} fits the request")]
    Mismatch(String),
}

/// A receiver's secret.
enum VerifyingKey {
    Hmac(SigningKey),
    Ed25519(Vec<u8>),
}

/// What a request's headers tell of its id and time.
#[derive(Default, Clone)]
struct Told {
    id: Option<String>,
    timestamp: Option<i64>,
}

impl Contract {
    /// Verifies a request: every signature header of the contract must be there and hold a signature made with one of
    /// `secrets` (`whsec_…` and the like; for ed25519 `whpk_…`, or the private key). Where the signature covers the
    /// time of the attempt, that must be within `tolerance` of `now`. Signatures are compared in constant time.
    ///
    /// `headers` looks a header up, whatever the case of its name.
    ///
    /// # Errors
    /// [`VerifyError`] where the request is not proved.
    pub fn verify<'h, S: AsRef<str>>(
        &self,
        headers: impl Fn(&str) -> Option<&'h str>,
        body: &[u8],
        secrets: &[S],
        now: Millis,
        tolerance: Duration,
    ) -> Result<(), VerifyError> {
        if self.signatures.is_empty() {
            return Err(VerifyError::Unsigned);
        }
        let keys = secrets
            .iter()
            .map(|secret| self.verifying_key(secret.as_ref()))
            .collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() {
            return Err(VerifyError::NoSecret);
        }
        let told = self.told(&headers)?;
        for signature in &self.signatures {
            let name = signature.name.as_str();
            let value = headers(name).ok_or_else(|| VerifyError::MissingHeader(name.to_owned()))?;
            let timestamp = signature.check(value, &told, body, &keys)?;
            if let Some(timestamp) = timestamp {
                check_time(timestamp, now, tolerance)?;
            }
        }
        Ok(())
    }

    fn verifying_key(&self, secret: &str) -> Result<VerifyingKey, SecretError> {
        let forms: Vec<_> = self.key_forms().collect();
        let is_pair = secret.starts_with(PUBLIC_KEY_PREFIX) || secret.starts_with(PRIVATE_KEY_PREFIX);
        let only_pairs = forms.iter().all(|form| *form == KeyForm::Ed25519);
        if only_pairs || (is_pair && forms.contains(&KeyForm::Ed25519)) {
            return public_key(secret).map(VerifyingKey::Ed25519);
        }
        SigningKey::parse(secret, self).map(VerifyingKey::Hmac)
    }

    /// Id and time, from the headers that show them.
    fn told<'h>(&self, headers: &impl Fn(&str) -> Option<&'h str>) -> Result<Told, VerifyError> {
        let mut told = Told::default();
        for header in &self.headers {
            let name = header.name.as_str();
            let Some(value) = headers(name) else { continue };
            let found =
                capture(&header.value, value).ok_or_else(|| VerifyError::BadHeader(name.to_owned()))?;
            told.add(&found, name)?;
        }
        Ok(told)
    }
}

impl Told {
    fn add(&mut self, found: &[(Var, &str)], header: &str) -> Result<(), VerifyError> {
        for (var, text) in found {
            match var {
                Var::Id => self.id = Some((*text).to_owned()),
                Var::Timestamp => {
                    let seconds = text.parse().map_err(|_| VerifyError::BadHeader(header.to_owned()))?;
                    self.timestamp = Some(seconds);
                }
                Var::EventType | Var::Body | Var::Hex | Var::Base64 => {}
            }
        }
        Ok(())
    }
}

impl SignatureHeader {
    /// The Unix second that a good signature covers, if it covers one.
    fn check(
        &self,
        value: &str,
        told: &Told,
        body: &[u8],
        keys: &[VerifyingKey],
    ) -> Result<Option<i64>, VerifyError> {
        let bad = || VerifyError::BadHeader(self.name.to_string());
        let (before, signatures) = capture_start(&self.before, value).ok_or_else(bad)?;
        let mut told = told.clone();
        told.add(&before, self.name.as_str())?;
        let parts: Vec<&str> = match self.joined.as_deref() {
            Some(between) => signatures.split(between).collect(),
            None => vec![signatures],
        };
        let mut has_form = false;
        for part in parts {
            for scheme in &self.schemes {
                let Some(found) = capture(&scheme.value, part) else { continue };
                let Some(claimed) = claimed(&found) else { continue };
                has_form = true;
                let mut told = told.clone();
                told.add(&found, self.name.as_str())?;
                let attempt = scheme.attempt(&told, self.name.as_str())?;
                if keys.iter().any(|key| scheme.proves(key, &attempt, body, &claimed)) {
                    return Ok(scheme.covers(Var::Timestamp).then_some(attempt.timestamp_unix));
                }
            }
        }
        Err(if has_form { VerifyError::Mismatch(self.name.to_string()) } else { bad() })
    }
}

impl Scheme {
    fn covers(&self, var: Var) -> bool {
        self.content.contains(&Part::Var(var))
    }

    /// What the signature covers beside the body.
    fn attempt<'a>(&self, told: &'a Told, header: &str) -> Result<AttemptContext<'a>, VerifyError> {
        let missing = |var, is_told: bool| self.covers(var) && !is_told;
        if missing(Var::Id, told.id.is_some()) || missing(Var::Timestamp, told.timestamp.is_some()) {
            return Err(VerifyError::MissingHeader(format!("that {header} covers")));
        }
        let id = told.id.as_deref().unwrap_or_default();
        Ok(AttemptContext { id, timestamp_unix: told.timestamp.unwrap_or_default(), event_type: "" })
    }

    fn proves(
        &self,
        key: &VerifyingKey,
        attempt: &AttemptContext<'_>,
        body: &[u8],
        claimed: &Signature,
    ) -> bool {
        match (key, self.key) {
            (VerifyingKey::Ed25519(public), KeyForm::Ed25519) => {
                let key = UnparsedPublicKey::new(&ED25519, public);
                key.verify(&self.message(attempt, body), claimed).is_ok()
            }
            (VerifyingKey::Hmac(key), form) => key
                .hmac(form)
                .is_some_and(|key| self.tag(key, attempt, body).as_slice().ct_eq(claimed.as_slice()).into()),
            _ => false,
        }
    }
}

/// The signature in a header's value.
fn claimed(found: &[(Var, &str)]) -> Option<Signature> {
    found.iter().find_map(|(var, text)| match var {
        Var::Hex => from_hex(text),
        Var::Base64 => STANDARD.decode(text).ok().map(Signature::from_vec),
        _ => None,
    })
}

fn from_hex(text: &str) -> Option<Signature> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect();
    if rest.is_empty() { bytes } else { None }
}

fn check_time(timestamp_unix: i64, now: Millis, tolerance: Duration) -> Result<(), VerifyError> {
    let away = timestamp_unix.saturating_sub(now.unix_seconds());
    if away.unsigned_abs() > tolerance.as_secs() { Err(VerifyError::Time(away)) } else { Ok(()) }
}
