//! Reading JSON into types, with a pointer for everything that does not fit (DESIGN 4.2).
//!
//! Malformed is 400 and says the line and column; well-formed JSON that does not fit the type is 422 and says the
//! place. A request that fits is parsed once; only one that does not is parsed again, to find out where.

use postrider_service::Fault;
use serde::Deserialize;
use serde_path_to_error::{Path, Segment};

use crate::code;
use crate::problem::Problem;

/// Reads `json`, an object nested at most `max_depth` levels deep, into a `T`. Unknown fields are refused where `T` says
/// `deny_unknown_fields`.
///
/// # Errors
/// [`code::MALFORMED`] if it is not UTF-8, not JSON or nested too deeply; [`code::INVALID`] if it does not fit.
pub fn parse<'a, T: Deserialize<'a>>(json: &'a [u8], max_depth: usize) -> Result<T, Problem> {
    check_depth(json, max_depth)?;
    // Serde would read a list too: as the fields of `T` in the order they are declared in.
    if !json.trim_ascii_start().starts_with(b"{") {
        check_well_formed(json)?;
        return Err(Problem::invalid_at("", "The body must be a JSON object."));
    }
    serde_json::from_slice(json).map_err(|_| explain::<T>(json))
}

/// `Ok` if `json` is nested at most `max_depth` levels deep. Judges nothing else.
///
/// # Errors
/// [`code::MALFORMED`] with the place.
pub fn check_depth(json: &[u8], max_depth: usize) -> Result<(), Problem> {
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    for (at, byte) in json.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                if depth > max_depth {
                    return Err(malformed(format!(
                        "The body is nested deeper than {max_depth} levels at byte {at}."
                    )));
                }
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// `Ok` if `json` is UTF-8 and JSON.
///
/// # Errors
/// [`code::MALFORMED`] with the place.
pub fn check_well_formed(json: &[u8]) -> Result<(), Problem> {
    if let Err(error) = std::str::from_utf8(json) {
        return Err(malformed(format!("The body is not UTF-8 at byte {}.", error.valid_up_to())));
    }
    match serde_json::from_slice::<serde_json::Value>(json) {
        Ok(_) => Ok(()),
        Err(error) => Err(malformed(format!("The body is not JSON: {error}."))),
    }
}

fn malformed(detail: String) -> Problem {
    Problem::new(code::MALFORMED, detail)
}

fn explain<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Problem {
    if let Err(problem) = check_well_formed(json) {
        return problem;
    }
    let mut reader = serde_json::Deserializer::from_slice(json);
    match serde_path_to_error::deserialize::<_, T>(&mut reader) {
        Err(error) => Problem::invalid(vec![fault_of(error.path(), &error.inner().to_string())]),
        Ok(_) => malformed("The body goes on after its JSON value.".to_owned()),
    }
}

/// The fault that serde's `message` tells of at `path`.
pub(crate) fn fault_of(path: &Path, message: &str) -> Fault {
    let message = without_place(message);
    let mut pointer = pointer_of(path);
    // Serde gives the name of a field that is missing or doubled in its text alone; a test holds it to that.
    for prefix in ["missing field `", "duplicate field `"] {
        if let Some(name) = message.strip_prefix(prefix).and_then(|rest| rest.strip_suffix('`')) {
            pointer.push('/');
            pointer.push_str(&escape(name));
        }
    }
    Fault::at(pointer, sentence(message))
}

/// The JSON pointer of a path (RFC 6901).
pub(crate) fn pointer_of(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => pointer.push_str(&format!("/{}", escape(key))),
            // The place inside an enum is not a place in the JSON.
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

/// One reference token of a JSON pointer (RFC 6901, section 3).
pub fn escape(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}

/// The parser adds its line and column, which the pointer says better.
fn without_place(message: &str) -> &str {
    message.rfind(" at line ").map_or(message, |end| &message[..end])
}

fn sentence(message: &str) -> String {
    let mut text = message.to_owned();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text.push('.');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[expect(dead_code, reason = "only its reading is tested")]
        name: String,
        inner: Option<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        numbers: Vec<u8>,
    }

    fn parse<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, Problem> {
        super::parse(json, 64)
    }

    fn fault(json: &str) -> Fault {
        let problem = parse::<Outer>(json.as_bytes()).unwrap_err();
        assert_eq!(problem.code(), code::INVALID, "{json}: {}", problem.detail());
        problem.errors()[0].clone()
    }

    fn malformed_detail(json: &[u8]) -> String {
        let problem = parse::<Outer>(json).unwrap_err();
        assert_eq!(problem.code(), code::MALFORMED, "{}", problem.detail());
        problem.detail().to_owned()
    }

    #[test]
    fn what_fits_is_read() {
        let outer: Outer = parse(br#"{"name": "a", "inner": {"numbers": [1, 2]}}"#).unwrap();
        assert_eq!(outer.inner.unwrap().numbers, [1, 2]);
    }

    #[test]
    fn an_unknown_field_is_named_with_its_place() {
        let fault = fault(r#"{"name": "a", "inner": {"numbers": [], "nmae": 1}}"#);
        assert_eq!(fault.pointer, "/inner/nmae");
        assert!(fault.detail.contains("`nmae`"), "{}", fault.detail);
    }

    #[test]
    fn missing_and_doubled_fields_are_pointed_at() {
        assert_eq!(fault("{}"), Fault::at("/name", "Missing field `name`."));
        assert_eq!(fault(r#"{"name": "a", "inner": {}}"#).pointer, "/inner/numbers");
        assert_eq!(fault(r#"{"name": "a", "name": "b"}"#).pointer, "/name");
    }

    #[test]
    fn a_value_of_the_wrong_type_is_pointed_at() {
        assert_eq!(fault(r#"{"name": 1}"#).pointer, "/name");
        assert_eq!(fault(r#"{"name": "a", "inner": {"numbers": [1, 256]}}"#).pointer, "/inner/numbers/1");
    }

    #[test]
    fn a_body_that_is_no_object_is_refused_even_if_a_list_holds_the_fields_in_their_order() {
        for json in [r#"["a", {"numbers": [1]}]"#, "[]", " null", "1", "\"a\""] {
            assert_eq!(fault(json), Fault::at("", "The body must be a JSON object."), "{json}");
        }
        assert!(malformed_detail(b"[1").contains("not JSON"));
        assert!(parse::<Outer>(b" \r\n\t{\"name\": \"a\"}").is_ok());
    }

    #[test]
    fn malformed_json_is_told_with_its_line_and_column() {
        assert!(malformed_detail(b"{\"name\": }").contains("line 1 column 10"));
        assert!(malformed_detail(b"").contains("not JSON"));
        assert!(malformed_detail(b"{\"name\": \"a\"} x").contains("trailing"));
        assert!(malformed_detail(b"{\"name\": \"\xff\"}").contains("not UTF-8 at byte 10"));
        // A type that does not fit does not hide that the rest cannot be read.
        assert!(malformed_detail(b"{\"name\": 1, ]").contains("line 1 column 13"));
    }

    #[test]
    fn nesting_is_bounded_and_brackets_in_texts_do_not_count() {
        let deep = format!("{}{}", "[".repeat(65), "]".repeat(65));
        assert!(malformed_detail(deep.as_bytes()).contains("64 levels at byte 64"));
        let name = format!(r#"{{"name": "{}\\\""}}"#, "[".repeat(100));
        assert!(parse::<Outer>(name.as_bytes()).is_ok());
    }

    #[test]
    fn pointers_escape_tildes_and_slashes() {
        assert_eq!(escape("a/b~c"), "a~1b~0c");
    }
}
