//! A text as a tree, for what must look into it and cannot do with a view: schemas.

use serde_json::Value;

use super::text::{after_number, after_string};
use super::{FaultKind, JsonFault, check, place};

/// The deepest tree that the reader makes; what is accepted is flatter by far.
const MAX_DEPTH: usize = 127;

/// Reads a text into a tree. The grammar allows numbers of any size; a tree holds those in the range of a double.
///
/// # Errors
/// The [`JsonFault`] of the first number beyond that range ([`FaultKind::Range`]), or what [`check`] finds.
pub fn tree(bytes: &[u8]) -> Result<Value, JsonFault> {
    serde_json::from_slice(bytes).map_err(|_| fault(bytes))
}

/// Why there is no tree, and no view.
pub(super) fn fault(bytes: &[u8]) -> JsonFault {
    if let Err(fault) = check(bytes, MAX_DEPTH) {
        return fault;
    }
    let offset = number_beyond(bytes).unwrap_or_default();
    JsonFault { kind: FaultKind::Range, offset, pointer: place::pointer(bytes, offset) }
}

/// The offset of the first number that the reader refuses. The text is well-formed.
fn number_beyond(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        at = match byte {
            b'"' => after_string(bytes, at + 1).ok()?,
            b'-' | b'0'..=b'9' => {
                let behind = after_number(bytes, at).ok()?;
                if serde_json::from_slice::<f64>(&bytes[at..behind]).is_err() {
                    return Some(at);
                }
                behind
            }
            _ => at + 1,
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_number_beyond_a_double_is_named_with_its_place() {
        let long = "9".repeat(400);
        for (text, pointer) in [
            (r#"{"amount":1e999}"#, "/amount"),
            (r#"{"a":"1e999","b":[0,-1E+400]}"#, "/b/1"),
            ("1e999", ""),
            (&format!(r#"{{"a/b":{{"c":{long}}}}}"#), "/a~1b/c"),
        ] {
            assert_eq!(check(text.as_bytes(), 64), Ok(()), "the grammar allows {text}");
            let fault = tree(text.as_bytes()).unwrap_err();
            assert_eq!((fault.kind, fault.pointer.as_str()), (FaultKind::Range, pointer), "{text}");
        }
    }

    #[test]
    fn numbers_within_a_double_make_a_tree() {
        let text = r#"{"a":[1.5e308,-0,1e-999,123456789012345678901234567890],"b":"1e999"}"#;
        assert_eq!(tree(text.as_bytes()).unwrap()["b"], json!("1e999"));
    }

    proptest! {
        #[test]
        fn what_passes_the_check_has_a_tree_or_a_number_beyond(mantissa in -1e9..1e9f64, exponent in -500..500i32) {
            let text = format!("[[{mantissa}e{exponent}]]");
            prop_assert_eq!(check(text.as_bytes(), 64), Ok(()));
            if let Err(fault) = tree(text.as_bytes()) {
                prop_assert_eq!((fault.kind, fault.pointer), (FaultKind::Range, "/0/0".to_owned()));
            }
        }
    }
}
