//! The Rust receivers: files that `examples/receiver.rs` compiles.

use std::path::PathBuf;

use postrider_receivers::{Language, snippet};

use crate::contracts;
use crate::program::repository;

fn folder() -> PathBuf {
    repository().join("crates/receivers/tests/rust")
}

/// Renews them with `POSTRIDER_RENEW=1`.
#[test]
fn the_rust_code_that_is_compiled_is_the_code_that_is_written() {
    for contract in contracts::all() {
        let file = folder().join(format!("{}.rs", contract.name));
        let code = snippet(&contract, &contract.title, Language::Rust).code;
        if std::env::var_os("POSTRIDER_RENEW").is_some() {
            std::fs::write(&file, &code).unwrap();
        }
        assert_eq!(
            std::fs::read_to_string(&file).unwrap(),
            code,
            "POSTRIDER_RENEW=1 renews {}",
            file.display()
        );
    }
}
