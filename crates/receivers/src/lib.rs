//! Code for the customers of a contract: a small receiver in each of five languages that proves that a request is
//! genuine (DESIGN 10 "verification code").
//!
//! A contract is first turned into a `Recipe`, which says what a receiver checks and where it finds what. Each language
//! is one module that writes a recipe down. Pure: no I/O, no clock, no randomness.

mod body;
mod fill;
mod go;
mod language;
mod node;
mod pattern;
mod php;
mod python;
mod recipe;
mod rust;

pub use language::Language;

use postrider_contract::Contract;
use recipe::Recipe;

/// A receiver in one language: a whole program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snippet {
    /// What it is written in.
    pub language: Language,
    /// The program.
    pub code: String,
    /// What its reader should know beside it, for people: plain text of one or more sentences.
    pub note: Option<String>,
}

/// A receiver for this contract in every language, in the order of [`Language::ALL`]. `sender` is the product that sends, as
/// its customers know it.
pub fn snippets(contract: &Contract, sender: &str) -> Vec<Snippet> {
    let recipe = Recipe::of(contract, sender);
    Language::ALL.map(|language| language.write(&recipe)).into()
}

/// A receiver for this contract in this language; `sender` as for [`snippets`].
pub fn snippet(contract: &Contract, sender: &str, language: Language) -> Snippet {
    language.write(&Recipe::of(contract, sender))
}
