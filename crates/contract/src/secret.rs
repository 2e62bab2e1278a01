//! Signing secrets: given, generated, and prepared as keys (DESIGN 4.4 "Secrets given").

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use postrider_model::endpoint::SignatureKind;
use ring::hmac;
use ring::signature::{Ed25519KeyPair, KeyPair as _};

use crate::sign::KeyForm;
use crate::{Contract, SecretSource};

/// What a private ed25519 key begins with (Standard Webhooks 1.0, "Signature scheme").
pub const PRIVATE_KEY_PREFIX: &str = "whsk_";
/// What a public ed25519 key begins with.
pub const PUBLIC_KEY_PREFIX: &str = "whpk_";

/// The bytes that a base64 secret may hold (Standard Webhooks 1.0; DESIGN 4.4).
pub(crate) const BASE64_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// The longest secret that is used as text, in characters (DESIGN 4.4).
const UTF8_CHARS: usize = 256;
const SEED_BYTES: usize = 32;

/// Why a text is not a secret of this contract.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The contract signs nothing.
    #[error("the contract signs nothing and has no secrets")]
    NoSecrets,
    /// The contract makes its secrets itself.
    #[error("the contract generates its secrets: none can be given")]
    NotGiven,
    /// Endpoints of the contract are unsigned unless the customer gives a secret.
    #[error("the contract generates no secrets: one must be given")]
    NotGenerated,
    /// The contract has no such signature.
    #[error("the contract does not sign with {0}")]
    KindNotOffered(&'static str),
    /// It begins otherwise.
    #[error("a secret must begin with {0:?}")]
    Prefix(String),
    /// What follows the prefix is not base64.
    #[error("what follows {0:?} must be base64 of {1} to {2} bytes (with the standard alphabet and padding)")]
    Base64(String, usize, usize),
    /// Too short, too long, or with control characters.
    #[error("a secret has 1 to 256 printable characters")]
    Text,
    /// Not a private key.
    #[error(
        "what follows \"whsk_\" must be base64 of a 32-byte ed25519 seed, or of the seed and its public key"
    )]
    PrivateKey,
    /// Not a public key.
    #[error("what follows \"whpk_\" must be base64 of a 32-byte ed25519 public key")]
    PublicKey,
}

/// A secret made ready to sign: the key schedule is done once, not for each delivery. Cheap to clone.
#[derive(Clone)]
pub struct SigningKey(Prepared);

#[derive(Clone)]
enum Prepared {
    /// A key for each form that the contract uses: nearly always one.
    Hmac(Arc<[(KeyForm, hmac::Key)]>),
    Ed25519(Arc<Ed25519KeyPair>),
}

impl SigningKey {
    /// Prepares a secret in the form its owner holds it, for all signatures of the contract that it can make.
    ///
    /// Where the contract offers both kinds, `whsk_…` is an ed25519 key, so keys of both kinds can sign one request
    /// while an endpoint goes over from one to the other.
    ///
    /// # Errors
    /// [`SecretError`] where it is not a secret of this contract.
    pub fn parse(secret: &str, contract: &Contract) -> Result<Self, SecretError> {
        let forms: Forms = contract.key_forms().collect();
        if forms.ed25519 && (secret.starts_with(PRIVATE_KEY_PREFIX) || !forms.is_hmac()) {
            return private_key(secret).map(|pair| Self(Prepared::Ed25519(Arc::new(pair))));
        }
        if !forms.is_hmac() {
            return Err(SecretError::NoSecrets);
        }
        let mut keys = Vec::with_capacity(1);
        if forms.base64 {
            keys.push((KeyForm::Base64, hmac_key(&decode(secret, prefix(contract))?)));
        }
        if forms.utf8 {
            keys.push((KeyForm::Utf8, hmac_key(text(secret)?.as_bytes())));
        }
        Ok(Self(Prepared::Hmac(keys.into())))
    }

    /// The HMAC key of that form.
    pub(crate) fn hmac(&self, form: KeyForm) -> Option<&hmac::Key> {
        let Prepared::Hmac(keys) = &self.0 else { return None };
        keys.iter().find(|(known, _)| *known == form).map(|(_, key)| key)
    }

    pub(crate) fn ed25519(&self) -> Option<&Ed25519KeyPair> {
        if let Prepared::Ed25519(pair) = &self.0 { Some(pair) } else { None }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Prepared::Hmac(_) => "SigningKey(hmac)",
            Prepared::Ed25519(_) => "SigningKey(ed25519)",
        })
    }
}

impl Contract {
    /// Checks a secret that a customer gives for a signature of this kind.
    ///
    /// # Errors
    /// [`SecretError`]: a 422 that says what would be right.
    pub fn check_given_secret(&self, kind: SignatureKind, secret: &str) -> Result<(), SecretError> {
        let terms = self.endpoint.secret.as_ref().ok_or(SecretError::NoSecrets)?;
        if terms.source == SecretSource::Generated {
            return Err(SecretError::NotGiven);
        }
        self.check_offered(kind)?;
        let key = SigningKey::parse(secret, self)?;
        match (kind, key.ed25519().is_some()) {
            (SignatureKind::Ed25519, false) => Err(SecretError::Prefix(PRIVATE_KEY_PREFIX.to_owned())),
            (SignatureKind::Hmac, true) => Err(SecretError::Prefix(prefix(self).to_owned())),
            _ => Ok(()),
        }
    }

    /// Makes a secret from random bytes: `fill` fills all that it is handed.
    ///
    /// # Errors
    /// [`SecretError`] where the contract has no secrets, generates none, or has no such signature.
    pub fn generate_secret(
        &self,
        kind: SignatureKind,
        fill: impl FnOnce(&mut [u8]),
    ) -> Result<String, SecretError> {
        let terms = self.endpoint.secret.as_ref().ok_or(SecretError::NoSecrets)?;
        if terms.source == SecretSource::Given {
            return Err(SecretError::NotGenerated);
        }
        self.check_offered(kind)?;
        let (prefix, bytes) = match kind {
            SignatureKind::Hmac => (terms.prefix.as_str(), terms.bytes),
            SignatureKind::Ed25519 => (PRIVATE_KEY_PREFIX, SEED_BYTES),
        };
        let mut random = vec![0; bytes];
        fill(&mut random);
        Ok(format!("{prefix}{}", STANDARD.encode(random)))
    }

    /// What the customer verifies with: the secret itself, or the public half (`whpk_…`) of an ed25519 key, whose
    /// private half is never shown.
    ///
    /// # Errors
    /// [`SecretError`] where it is not a secret of this contract.
    pub fn verifying_secret(&self, secret: &str) -> Result<String, SecretError> {
        let key = SigningKey::parse(secret, self)?;
        let public =
            |pair: &Ed25519KeyPair| format!("{PUBLIC_KEY_PREFIX}{}", STANDARD.encode(pair.public_key()));
        Ok(key.ed25519().map_or_else(|| secret.to_owned(), public))
    }

    fn check_offered(&self, kind: SignatureKind) -> Result<(), SecretError> {
        let name = match kind {
            SignatureKind::Hmac => "hmac",
            SignatureKind::Ed25519 => "ed25519",
        };
        if self.offers(kind) { Ok(()) } else { Err(SecretError::KindNotOffered(name)) }
    }
}

/// Which forms of key a contract uses.
#[derive(Default)]
struct Forms {
    utf8: bool,
    base64: bool,
    ed25519: bool,
}

impl Forms {
    fn is_hmac(&self) -> bool {
        self.utf8 || self.base64
    }
}

impl FromIterator<KeyForm> for Forms {
    fn from_iter<I: IntoIterator<Item = KeyForm>>(forms: I) -> Self {
        forms.into_iter().fold(Self::default(), |mut found, form| {
            match form {
                KeyForm::Utf8 => found.utf8 = true,
                KeyForm::Base64 => found.base64 = true,
                KeyForm::Ed25519 => found.ed25519 = true,
            }
            found
        })
    }
}

pub(crate) fn prefix(contract: &Contract) -> &str {
    contract.endpoint.secret.as_ref().map_or("", |terms| &terms.prefix)
}

fn hmac_key(bytes: &[u8]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, bytes)
}

fn text(secret: &str) -> Result<&str, SecretError> {
    let printable = !secret.is_empty() && !secret.chars().any(char::is_control);
    if printable && secret.chars().count() <= UTF8_CHARS { Ok(secret) } else { Err(SecretError::Text) }
}

fn decode(secret: &str, prefix: &str) -> Result<Vec<u8>, SecretError> {
    let digits = secret.strip_prefix(prefix).ok_or_else(|| SecretError::Prefix(prefix.to_owned()))?;
    let bytes = STANDARD.decode(digits).ok().filter(|bytes| BASE64_BYTES.contains(&bytes.len()));
    bytes.ok_or_else(|| SecretError::Base64(prefix.to_owned(), *BASE64_BYTES.start(), *BASE64_BYTES.end()))
}

fn private_key(secret: &str) -> Result<Ed25519KeyPair, SecretError> {
    let digits = secret
        .strip_prefix(PRIVATE_KEY_PREFIX)
        .ok_or_else(|| SecretError::Prefix(PRIVATE_KEY_PREFIX.to_owned()))?;
    let bytes = STANDARD.decode(digits).map_err(|_| SecretError::PrivateKey)?;
    let pair = match bytes.split_at_checked(SEED_BYTES) {
        Some((seed, [])) => Ed25519KeyPair::from_seed_unchecked(seed),
        Some((seed, public)) => Ed25519KeyPair::from_seed_and_public_key(seed, public),
        None => return Err(SecretError::PrivateKey),
    };
    pair.map_err(|_| SecretError::PrivateKey)
}

/// The public half of an ed25519 key, given as `whpk_…` or by its private half.
pub(crate) fn public_key(secret: &str) -> Result<Vec<u8>, SecretError> {
    let Some(digits) = secret.strip_prefix(PUBLIC_KEY_PREFIX) else {
        return private_key(secret).map(|pair| pair.public_key().as_ref().to_vec());
    };
    let bytes = STANDARD.decode(digits).ok().filter(|bytes| bytes.len() == SEED_BYTES);
    bytes.ok_or(SecretError::PublicKey)
}
