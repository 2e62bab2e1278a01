//! The contracts that code is written for: the shipped ones, the examples, and one like none of them.

use std::sync::Arc;

use postrider_contract::{Contract, builtin_names};

const STRIPE: &str = include_str!("../../../../contracts/examples/stripe.toml");
const GITHUB: &str = include_str!("../../../../contracts/examples/github.toml");

/// Everything a contract file may say of signatures, and texts that mean something in some language.
const ODD: &str = include_str!("odd.toml");

/// Only ed25519, and one signature to a header.
const PAIRS: &str = include_str!("pairs.toml");

/// All of them.
pub(crate) fn all() -> Vec<Arc<Contract>> {
    let shipped = builtin_names().map(|name| Contract::builtin(name).unwrap());
    let files = [STRIPE, GITHUB, ODD, PAIRS].map(|file| Arc::new(Contract::parse(file).unwrap()));
    shipped.chain(files).collect()
}
