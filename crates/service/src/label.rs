//! Names for people: of projects and keys.

use crate::Fault;

/// The longest name, in characters.
pub(crate) const MAX_CHARACTERS: usize = 256;

/// Notes a fault at `pointer` if `text` is too long or has control characters.
pub(crate) fn check(text: &str, pointer: &str, faults: &mut Vec<Fault>) {
    if text.chars().count() > MAX_CHARACTERS {
        faults.push(Fault::at(pointer, format!("A name has at most {MAX_CHARACTERS} characters.")));
    }
    if text.chars().any(char::is_control) {
        faults.push(Fault::at(pointer, "A name has no control characters."));
    }
}
