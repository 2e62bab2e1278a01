//! The contracts compiled in: the files of `contracts/`.

use std::sync::Arc;

use crate::Contract;

/// Their names and texts, sorted by name.
const FILES: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/contract_files.rs"));

/// The names of the contracts compiled in, sorted.
pub fn builtin_names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name)
}

/// The file of the contract of that name that is compiled in.
pub fn builtin_file(name: &str) -> Option<&'static str> {
    FILES.iter().find(|(known, _)| *known == name).map(|(_, file)| *file)
}

impl Contract {
    /// The contract of that name that is compiled in.
    ///
    /// # Panics
    /// If its file is not a contract, which the tests of this crate rule out.
    pub fn builtin(name: &str) -> Option<Arc<Self>> {
        let contract =
            Self::parse(builtin_file(name)?).expect("the contracts compiled in are read by the tests");
        Some(Arc::new(contract))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_contract_compiled_in_can_be_read_and_has_the_name_of_its_file() {
        for name in builtin_names() {
            assert_eq!(Contract::builtin(name).map(|contract| contract.name.clone()).as_deref(), Some(name));
        }
        assert!(Contract::builtin("nobody").is_none());
    }

    #[test]
    fn the_six_contracts_of_the_design_are_compiled_in() {
        let names: Vec<_> = builtin_names().collect();
        assert_eq!(names, ["backend", "call-center", "lead-intake", "scendcore", "scopien", "standard"]);
    }
}
