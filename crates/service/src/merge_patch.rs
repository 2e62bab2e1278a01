//! JSON Merge Patch (RFC 7396).

use serde_json::{Map, Value};

/// Members of the patch replace, `null` removes, objects merge.
pub fn merge(target: &mut Map<String, Value>, patch: Map<String, Value>) {
    for (name, change) in patch {
        match change {
            Value::Null => {
                target.shift_remove(&name);
            }
            Value::Object(inner) => {
                let place = target.entry(name).or_insert(Value::Null);
                if !place.is_object() {
                    *place = Value::Object(Map::new());
                }
                if let Value::Object(held) = place {
                    merge(held, inner);
                }
            }
            other => {
                target.insert(name, other);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_replace_null_removes_and_objects_merge() {
        let mut target = json!({"a": {"b": 1, "c": 2}, "d": [1], "e": 3});
        let patch = json!({"a": {"b": null, "x": {"y": null, "z": 1}}, "d": [2], "e": null, "f": null});
        merge(target.as_object_mut().unwrap(), patch.as_object().unwrap().clone());
        assert_eq!(target, json!({"a": {"c": 2, "x": {"z": 1}}, "d": [2]}));
    }
}
