//! Standing work in small steps.

pub(crate) mod erasure;

/// What standing work remembers between its steps.
#[derive(Debug, Default)]
pub(crate) struct Standing {}
