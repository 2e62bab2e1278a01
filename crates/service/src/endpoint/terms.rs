//! What a project's contract lets an endpoint be, gathered in one place for the rules.

use postrider_engine::ProjectContext;
use postrider_model::endpoint::SignatureKind;
use postrider_model::pattern::TypePattern;

use super::check::{listed, sentence};

/// The contract's side of the rules.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The contract's name, for people.
    pub(super) contract: String,
    /// Whether `contact.*` may be asked for.
    pub(super) wildcards: bool,
    /// Whether custom headers may be set.
    pub(super) headers: bool,
    /// Headers of the contract itself.
    pub(super) own_headers: Vec<String>,
    /// The largest batch and the longest wait in seconds; `None` where there are no batches.
    pub(super) batch: Option<(u32, f64)>,
    /// The highest rate in requests per second.
    pub(super) rate_ceiling: Option<f64>,
    /// The highest rate of batches per second.
    pub(super) batch_rate_ceiling: Option<f64>,
    /// The types there are, where the catalogue is closed.
    pub(super) closed_types: Option<Vec<String>>,
    /// Whether requests can be signed with a key pair.
    pub(super) ed25519: bool,
    /// Whether a header holds one signature only, so that an old and a new secret cannot both sign.
    pub(super) single_signature: bool,
    /// Whether a secret can be read back.
    pub(super) retrievable: bool,
}

impl Terms {
    /// Of a project.
    pub fn of(context: &ProjectContext) -> Self {
        let contract = &context.contract;
        let endpoint = &contract.endpoint;
        Self {
            contract: contract.name.clone(),
            wildcards: endpoint.wildcards,
            headers: endpoint.headers,
            own_headers: contract.own_headers().map(|name| name.as_str().to_owned()).collect(),
            batch: endpoint.batch.map(|batch| (batch.max_size, batch.max_wait.as_secs_f64())),
            rate_ceiling: contract.delivery.per_second,
            batch_rate_ceiling: contract.delivery.batches_per_second.or(contract.delivery.per_second),
            closed_types: (!contract.is_open()).then(|| context.valid_types()),
            ed25519: contract.offers(SignatureKind::Ed25519),
            single_signature: !contract.secrets_overlap(),
            retrievable: endpoint.secret.as_ref().is_some_and(|secret| secret.retrievable),
        }
    }

    /// Reads the pattern of types that a subscription or a filter names. Under a closed catalogue it must stand for a
    /// type there is (DESIGN 4.4).
    ///
    /// # Errors
    /// A sentence that says why there can be no such pattern.
    pub fn pattern(&self, text: &str) -> Result<TypePattern, String> {
        let pattern = TypePattern::parse(text).map_err(|error| sentence(&error.to_string()))?;
        if pattern.is_wildcard() && !self.wildcards {
            let valid = self.closed_types.as_deref().map(|valid| format!("; valid are {}", listed(valid)));
            let valid = valid.unwrap_or_default();
            return Err(format!("The contract {} knows no wildcards: name each type{valid}.", self.contract));
        }
        match &self.closed_types {
            Some(valid) if !valid.iter().any(|kind| pattern.matches(kind)) => {
                Err(format!("There is no event type {text:?}; valid are {}.", listed(valid)))
            }
            _ => Ok(pattern),
        }
    }

    /// Terms that allow everything, as a contract of our own might.
    #[cfg(test)]
    pub(super) fn for_tests() -> Self {
        Self {
            contract: "standard".to_owned(),
            wildcards: true,
            headers: true,
            own_headers: vec!["webhook-id".to_owned(), "webhook-signature".to_owned()],
            batch: Some((100, 60.0)),
            rate_ceiling: None,
            batch_rate_ceiling: None,
            closed_types: None,
            ed25519: true,
            single_signature: false,
            retrievable: true,
        }
    }
}
