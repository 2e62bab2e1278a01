//! JSON Schemas of event types: compiled when they are saved, applied to every event of the type.
//!
//! A schema comes from outside, so it is held short (DESIGN 7 "Bounds"): nothing is fetched, its regular
//! expressions run in linear time, and it is bounded in size, depth and in the work it can make (see [`work`]).

mod work;

use jsonschema::{PatternOptions, Retrieve, Uri, Validator};
use postrider_model::limits::Limits;
use serde_json::Value;

/// The memory that one regular expression of a schema may take.
const PATTERN_BYTES: usize = 128 * 1024;

/// A schema that was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{pointer}: {detail}")]
pub struct SchemaError {
    /// Where in the schema (RFC 6901); empty for the whole.
    pub pointer: String,
    /// What is wrong, for people.
    pub detail: String,
}

impl SchemaError {
    fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), detail: detail.into() }
    }
}

/// A compiled schema.
#[derive(Debug)]
pub struct Schema {
    validator: Validator,
    max_faults: usize,
}

impl Schema {
    /// Compiles a schema. Its draft is what `$schema` says, else 2020-12.
    ///
    /// # Errors
    /// [`SchemaError`] where it is not a schema, refers to something outside, or is beyond the bounds.
    pub fn compile(schema: &Value, limits: &Limits) -> Result<Self, SchemaError> {
        check_bounds(schema, limits)?;
        work::check(schema, limits)?;
        let validator = jsonschema::options()
            .with_retriever(FetchNothing)
            .with_pattern_options(
                PatternOptions::regex().size_limit(PATTERN_BYTES).dfa_size_limit(PATTERN_BYTES),
            )
            .build(schema)
            .map_err(|error| refusal(schema, &error))?;
        Ok(Self { validator, max_faults: limits.max_schema_faults })
    }

    /// What of `data` breaks the schema, as pointers into `data` and details; empty if nothing does.
    /// Only so many are told (`max_schema_faults`).
    pub fn validate(&self, data: &Value) -> Vec<(String, String)> {
        if self.validator.is_valid(data) {
            return Vec::new();
        }
        let fault = |error: jsonschema::ValidationError<'_>| {
            // The value itself is left out: the sender has it, and it may be large.
            (error.instance_path().to_string(), error.masked().to_string())
        };
        self.validator.iter_errors(data).take(self.max_faults).map(fault).collect()
    }
}

/// The crate's features that fetch are off; this says so in words of ours.
struct FetchNothing;

impl Retrieve for FetchNothing {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        Err(format!("{uri} lies outside of the schema, and nothing is fetched").into())
    }
}

fn refusal(schema: &Value, error: &jsonschema::ValidationError<'_>) -> SchemaError {
    let outside = || {
        first(schema, &mut |key, value| {
            key == "$ref" && value.as_str().is_some_and(|uri| !uri.starts_with('#'))
        })
    };
    let pointer = match error.kind() {
        jsonschema::error::ValidationErrorKind::Referencing(_) => outside().unwrap_or_default(),
        _ => error.instance_path().to_string(),
    };
    SchemaError::new(pointer, error.to_string())
}

fn check_bounds(schema: &Value, limits: &Limits) -> Result<(), SchemaError> {
    let (max_bytes, max_depth, max_patterns) =
        (limits.max_schema_bytes, limits.json_depth, limits.max_schema_patterns);
    if !matches!(schema, Value::Object(_) | Value::Bool(_)) {
        return Err(SchemaError::new("", "A schema is an object or a boolean."));
    }
    if schema.to_string().len() > max_bytes {
        return Err(SchemaError::new("", format!("The schema is larger than {max_bytes} bytes.")));
    }
    if depth(schema) > max_depth {
        return Err(SchemaError::new("", format!("The schema is nested deeper than {max_depth} levels.")));
    }
    let mut patterns = 0;
    let beyond = first(schema, &mut |key, value| {
        patterns += match (key, value) {
            ("pattern", Value::String(_)) => 1,
            ("patternProperties", Value::Object(map)) => map.len(),
            _ => 0,
        };
        patterns > max_patterns
    });
    match beyond {
        Some(at) => {
            Err(SchemaError::new(at, format!("A schema has at most {max_patterns} regular expressions.")))
        }
        None => Ok(()),
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Object(map) => 1 + map.values().map(depth).max().unwrap_or(0),
        Value::Array(list) => 1 + list.iter().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// The pointer of the first member, at any depth, that `is` holds for.
fn first(value: &Value, is: &mut dyn FnMut(&str, &Value) -> bool) -> Option<String> {
    match value {
        Value::Object(map) => map.iter().find_map(|(key, value)| {
            let token = format!("/{}", key.replace('~', "~0").replace('/', "~1"));
            if is(key, value) { Some(token) } else { first(value, is).map(|rest| token + &rest) }
        }),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .find_map(|(at, value)| first(value, is).map(|rest| format!("/{at}{rest}"))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn compile(schema: &Value) -> Result<Schema, SchemaError> {
        Schema::compile(schema, &Limits::default())
    }

    #[test]
    fn an_event_that_breaks_its_schema_is_told_where() {
        let schema = json!({"type": "object", "required": ["id"],
            "properties": {"amount": {"type": "number", "minimum": 0}, "tags": {"items": {"type": "string"}}}});
        let schema = compile(&schema).unwrap();
        assert!(schema.validate(&json!({"id": 1, "amount": 2})).is_empty());
        let faults = schema.validate(&json!({"amount": -1, "tags": ["a", 1]}));
        let mut pointers: Vec<_> = faults.iter().map(|(pointer, _)| pointer.as_str()).collect();
        pointers.sort_unstable();
        assert_eq!(pointers, ["", "/amount", "/tags/1"]);
        assert!(faults.iter().any(|(_, detail)| detail.contains("id")));
    }

    #[test]
    fn a_reference_to_the_outside_is_refused_with_its_place() {
        for uri in ["https://example.com/schema.json", "file:///etc/passwd", "other.json"] {
            let schema = json!({"properties": {"a/b": {"$ref": uri}}});
            let error = compile(&schema).unwrap_err();
            assert_eq!(error.pointer, "/properties/a~1b/$ref", "{uri}: {error}");
        }
    }

    #[test]
    fn references_inside_are_followed() {
        let schema = json!({"$ref": "#/$defs/name", "$defs": {"name": {"type": "string"}}});
        assert_eq!(compile(&schema).unwrap().validate(&json!(1)).len(), 1);
    }

    #[test]
    fn a_regular_expression_that_needs_backtracking_is_refused() {
        let error = compile(&json!({"properties": {"a": {"pattern": "(?=x)y"}}})).unwrap_err();
        assert!(error.pointer.starts_with("/properties/a"), "{error}");
        assert!(compile(&json!({"pattern": "^(a+)+$"})).is_ok(), "linear here, whatever it looks like");
        assert!(compile(&json!({"pattern": "((a{100}){100}){100}"})).is_err(), "too large when compiled");
    }

    #[test]
    fn what_is_not_a_schema_is_refused() {
        assert!(compile(&json!([])).is_err());
        assert!(compile(&json!("string")).is_err());
        assert_eq!(
            compile(&json!({"properties": {"a": {"type": "strin"}}})).unwrap_err().pointer,
            "/properties/a/type"
        );
        assert!(compile(&json!(true)).is_ok());
    }

    #[test]
    fn size_depth_and_the_number_of_patterns_are_bounded() {
        assert!(
            compile(&json!({"description": "x".repeat(64 * 1024)})).unwrap_err().detail.contains("65536")
        );
        let deep = (0..64).fold(json!({}), |inner, _| json!({"not": inner}));
        assert!(compile(&deep).unwrap_err().detail.contains("64 levels"));
        let patterns: serde_json::Map<_, _> = (0..65).map(|n| (format!("^{n}"), json!({}))).collect();
        assert!(
            compile(&json!({"patternProperties": patterns}))
                .unwrap_err()
                .detail
                .contains("regular expressions")
        );
    }

    #[test]
    fn at_most_twenty_faults_are_told() {
        let schema = compile(&json!({"items": {"type": "string"}})).unwrap();
        assert_eq!(schema.validate(&json!(vec![1; 1_000])).len(), 20);
    }
}
