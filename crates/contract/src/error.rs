//! What is wrong with a contract file, and where.

use std::fmt;

/// A fault in a contract file. It points to the first character of what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractError {
    /// Line in the file, from 1.
    pub line: usize,
    /// Column in the line, in characters, from 1.
    pub column: usize,
    /// The key, with its tables (`delivery.schedule[2]`); empty where the file is not TOML at all.
    pub key: String,
    /// What is wrong and what would be right.
    pub detail: String,
}

impl ContractError {
    pub(crate) fn at(source: &str, offset: usize, key: &str, detail: impl Into<String>) -> Self {
        let before = source.get(..offset).unwrap_or(source);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            key: key.to_owned(),
            detail: detail.into(),
        }
    }
}

impl fmt::Display for ContractError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: ", self.line, self.column)?;
        if !self.key.is_empty() {
            write!(f, "`{}`: ", self.key)?;
        }
        f.write_str(&self.detail)
    }
}

impl std::error::Error for ContractError {}
