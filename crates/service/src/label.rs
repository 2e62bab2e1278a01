//! Names for people: of projects and keys.

use postrider_model::limits::Limits;

use crate::Fault;

/// As [`check`], of a name that has to say something.
pub(crate) fn check_given(text: &str, pointer: &str, limits: &Limits, faults: &mut Vec<Fault>) {
    if text.trim().is_empty() {
        faults.push(Fault::at(pointer, "A name must not be empty."));
    }
    check(text, pointer, limits, faults);
}

/// Notes a fault at `pointer` if `text` is too long or has control characters.
pub(crate) fn check(text: &str, pointer: &str, limits: &Limits, faults: &mut Vec<Fault>) {
    let most = limits.max_label_chars;
    if text.chars().count() > most {
        faults.push(Fault::at(pointer, format!("A name has at most {most} characters.")));
    }
    if text.chars().any(char::is_control) {
        faults.push(Fault::at(pointer, "A name has no control characters."));
    }
}
