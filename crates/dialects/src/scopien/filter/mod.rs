//! The document's "Event Filtering": conditions on an event's `data`, compiled into our own filters.
//!
//! A filter is `{"event": …, "filters": {…}}`; several stand in a list. It is about the types its `event` stands for;
//! an event of another type passes it, and an event passes if it passes all of them. Each member of `filters` must hold:
//! its name is a field, a path in `data` with dots, and at its end may stand a suffix, of which the longest counts
//! (DESIGN 4.4):
//!
//! | name | holds if the field |
//! | --- | --- |
//! | `stage` | is the value, or one of a list |
//! | `stage_not` | is there and is none of them |
//! | `name_contains` | has the value in its text or among its elements, or one of a list |
//! | `amount_greater_than`, `_less_than`, `_greater_than_or_equal`, `_less_than_or_equal` | compares so: numbers by size, texts by code points |
//!
//! What holds for one element of a list holds for the list. A field that is missing meets no condition.

mod compile;
mod condition;
mod parse;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use postrider_model::filter::Filter as Native;
use postrider_model::pattern::TypePattern;
use postrider_service::Fault;
use serde_json::Value;

/// The grammar's name in contract files.
pub(super) const GRAMMAR: &str = "suffix";

/// Reads the name of an event or a wildcard, or says in a sentence why there can be none of that name.
pub(super) type ReadEvent<'a> = &'a dyn Fn(&str) -> Result<TypePattern, String>;

/// Reads what stands at the pointer `at` and puts it into our grammar.
///
/// # Errors
/// Every fault with its place.
pub(super) fn compile(given: &Value, at: &str, read_event: ReadEvent<'_>) -> Result<Value, Vec<Fault>> {
    let compiled = compile::all(&parse::filters(given, at, read_event)?);
    // What is left are the sizes of filters; a place in the compiled one would say nothing to anybody.
    match Native::parse(&compiled) {
        Ok(_) => Ok(compiled),
        Err(error) => Err(vec![Fault::at(at, format!("This is too much for one filter: {}.", error.detail))]),
    }
}
