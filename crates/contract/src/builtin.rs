//! The contracts compiled in.

use std::sync::Arc;

use crate::Contract;

const FILES: [(&str, &str); 1] = [("standard", include_str!("../../../contracts/standard.toml"))];

/// The names of the contracts compiled in.
pub fn builtin_names() -> impl Iterator<Item = &'static str> {
    FILES.into_iter().map(|(name, _)| name)
}

impl Contract {
    /// The contract of that name that is compiled in.
    ///
    /// # Panics
    /// If its file is not a contract, which the tests of this crate rule out.
    pub fn builtin(name: &str) -> Option<Arc<Self>> {
        let (_, file) = FILES.into_iter().find(|(known, _)| *known == name)?;
        let contract = Self::parse(file).expect("the contracts compiled in are read by the tests");
        Some(Arc::new(contract))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_contract_compiled_in_can_be_read_and_has_its_own_name() {
        for name in builtin_names() {
            assert_eq!(Contract::builtin(name).map(|contract| contract.name.clone()).as_deref(), Some(name));
        }
        assert!(Contract::builtin("nobody").is_none());
    }
}
