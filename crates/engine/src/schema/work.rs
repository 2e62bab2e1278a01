//! How much work a schema can make.
//!
//! Schemas that refer to each other can make the work grow as a power of the depth of the data: `a` tries `b`
//! twice, `b` tries `c` twice, and so on. No validator can be stopped half-way, so the deadline of DESIGN 7 is
//! kept before the first event: the most schemas that one value of the data can meet is computed from the
//! schema, over all depths the data can have, and bounded.

use std::collections::HashMap;

use postrider_model::limits::Limits;
use serde_json::Value;

use super::SchemaError;

/// Keywords whose schemas apply to the value itself.
const SAME_ONE: [&str; 4] = ["not", "if", "then", "else"];
const SAME_LIST: [&str; 3] = ["allOf", "anyOf", "oneOf"];
const SAME_MAP: [&str; 2] = ["dependentSchemas", "dependencies"];
/// Keywords whose schemas apply to members or elements of the value. `contains` and `propertyNames` too.
const BELOW_ONE: [&str; 7] = [
    "additionalProperties",
    "unevaluatedProperties",
    "items",
    "additionalItems",
    "unevaluatedItems",
    "contains",
    "propertyNames",
];
const BELOW_MAP: [&str; 1] = ["patternProperties"];
/// Of these, one schema at most applies to one member or element.
const BELOW_CHOICE: [&str; 3] = ["properties", "prefixItems", "items"];
const REFERENCES: [&str; 3] = ["$ref", "$dynamicRef", "$recursiveRef"];

/// Refuses a schema that can make too much work with data as deep as it may be.
pub(super) fn check(root: &Value, limits: &Limits) -> Result<(), SchemaError> {
    let graph = Graph::of(root);
    let most = graph
        .most_per_value(limits.json_depth)
        .ok_or_else(|| SchemaError::new("", "The schema refers to itself in a circle."))?;
    let allowed = limits.max_schemas_per_value;
    if most > allowed {
        return Err(SchemaError::new(
            "",
            format!("The schema can make too much work: more than {allowed} schemas may apply to one value."),
        ));
    }
    Ok(())
}

/// The schemas of a document and which apply where. An edge names the schema applied.
#[derive(Debug, Default)]
struct Graph {
    nodes: Vec<Node>,
}

#[derive(Debug, Default)]
struct Node {
    /// Applied to the same value.
    same: Vec<usize>,
    /// All applied to one member or element.
    below: Vec<usize>,
    /// Groups of which one is applied to a member or element.
    choices: Vec<Vec<usize>>,
}

struct Builder<'a> {
    root: &'a Value,
    graph: Graph,
    seen: HashMap<*const Value, usize>,
    /// Anchors and embedded ids by the name they are referred to with.
    names: HashMap<&'a str, &'a Value>,
    todo: Vec<&'a Value>,
}

impl Graph {
    fn of(root: &Value) -> Self {
        let mut builder = Builder {
            root,
            graph: Self::default(),
            seen: HashMap::new(),
            names: HashMap::new(),
            todo: Vec::new(),
        };
        builder.name(root);
        builder.node(root);
        while let Some(schema) = builder.todo.pop() {
            builder.expand(schema);
        }
        builder.graph
    }

    /// The most schemas applied to one value, at any depth of the data; `None` for a circle at one value.
    fn most_per_value(&self, max_depth: usize) -> Option<u64> {
        let order = self.bottom_up()?;
        // `counts[node]`: the most schemas that a value some levels below meets, if `node` is applied here once.
        let mut counts: Vec<u64> = vec![0; self.nodes.len()];
        let mut most = 0;
        for level in 0..=max_depth {
            let lower = counts.clone();
            for &at in &order {
                let node = &self.nodes[at];
                let own = if level == 0 { 1 } else { self.one_below(node, &lower) };
                counts[at] = node.same.iter().fold(own, |sum, &child| sum.saturating_add(counts[child]));
            }
            most = most.max(counts.first().copied().unwrap_or(0));
        }
        Some(most)
    }

    fn one_below(&self, node: &Node, lower: &[u64]) -> u64 {
        let all = node.below.iter().fold(0u64, |sum, &child| sum.saturating_add(lower[child]));
        node.choices.iter().fold(all, |sum, group| {
            sum.saturating_add(group.iter().map(|&child| lower[child]).max().unwrap_or(0))
        })
    }

    /// The nodes so that each comes after those it applies to the same value; `None` if they form a circle.
    fn bottom_up(&self) -> Option<Vec<usize>> {
        let mut waits: Vec<usize> = self.nodes.iter().map(|node| node.same.len()).collect();
        let mut users: Vec<Vec<usize>> = vec![Vec::new(); self.nodes.len()];
        for (at, node) in self.nodes.iter().enumerate() {
            for &child in &node.same {
                users[child].push(at);
            }
        }
        let mut order: Vec<usize> = (0..self.nodes.len()).filter(|&at| waits[at] == 0).collect();
        let mut next = 0;
        while let Some(&done) = order.get(next) {
            next += 1;
            for &user in &users[done] {
                waits[user] -= 1;
                if waits[user] == 0 {
                    order.push(user);
                }
            }
        }
        (order.len() == self.nodes.len()).then_some(order)
    }
}

impl<'a> Builder<'a> {
    /// Notes every anchor and embedded id.
    fn name(&mut self, value: &'a Value) {
        match value {
            Value::Object(map) => {
                for key in ["$anchor", "$dynamicAnchor", "$id", "id"] {
                    if let Some(Value::String(name)) = map.get(key) {
                        self.names.insert(name, value);
                    }
                }
                map.values().for_each(|member| self.name(member));
            }
            Value::Array(list) => list.iter().for_each(|element| self.name(element)),
            _ => {}
        }
    }

    /// The node of a schema, made if it is new.
    fn node(&mut self, schema: &'a Value) -> usize {
        if let Some(at) = self.seen.get(&std::ptr::from_ref(schema)) {
            return *at;
        }
        let at = self.graph.nodes.len();
        self.graph.nodes.push(Node::default());
        self.seen.insert(std::ptr::from_ref(schema), at);
        self.todo.push(schema);
        at
    }

    fn expand(&mut self, schema: &'a Value) {
        let at = self.node(schema);
        let Value::Object(map) = schema else { return };
        let mut node = Node::default();
        for (key, value) in map {
            let key = key.as_str();
            if REFERENCES.contains(&key) {
                node.same.extend(self.target(value));
            } else if SAME_ONE.contains(&key) || SAME_LIST.contains(&key) || SAME_MAP.contains(&key) {
                node.same.extend(self.schemas(value, SAME_ONE.contains(&key)));
            } else if BELOW_CHOICE.contains(&key) && (key != "items" || value.is_array()) {
                node.choices.push(self.schemas(value, false));
            } else if BELOW_ONE.contains(&key) || BELOW_MAP.contains(&key) {
                node.below.extend(self.schemas(value, BELOW_ONE.contains(&key)));
            }
        }
        self.graph.nodes[at] = node;
    }

    /// The schema that `value` is (`is_one`), or those that it holds.
    fn schemas(&mut self, value: &'a Value, is_one: bool) -> Vec<usize> {
        match value {
            Value::Object(_) if is_one => vec![self.node(value)],
            Value::Object(map) => {
                map.values().filter(|v| v.is_object()).map(|schema| self.node(schema)).collect()
            }
            Value::Array(list) => {
                list.iter().filter(|v| v.is_object()).map(|schema| self.node(schema)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// What a reference refers to. One that cannot be followed here is the compiler's to refuse.
    fn target(&mut self, reference: &'a Value) -> Option<usize> {
        let uri = reference.as_str().unwrap_or("#");
        let target = match uri.strip_prefix('#') {
            Some("") => Some(self.root),
            Some(pointer) if pointer.starts_with('/') => self.root.pointer(&decoded(pointer)),
            Some(anchor) => self.names.get(anchor).copied(),
            None => self.names.get(uri).copied(),
        };
        target.map(|schema| self.node(schema))
    }
}

/// A pointer in a URI's fragment may be percent-encoded.
fn decoded(pointer: &str) -> String {
    pointer
        .replace("%25", "%")
        .replace("%22", "\"")
        .replace("%7E", "~")
        .replace("%24", "$")
        .replace("%20", " ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn most(schema: &Value) -> Option<u64> {
        Graph::of(schema).most_per_value(64)
    }

    #[test]
    fn an_ordinary_schema_applies_few_schemas_to_a_value() {
        let schema = json!({"type": "object", "properties": {"a": {"type": "string"}, "b": {"items": {"enum": [1]}}},
            "additionalProperties": {"type": "number"}});
        assert_eq!(most(&schema), Some(2));
    }

    #[test]
    fn a_tree_that_refers_to_itself_below_is_ordinary() {
        let tree =
            json!({"properties": {"value": {}, "children": {"type": "array", "items": {"$ref": "#"}}}});
        assert_eq!(most(&tree), Some(2));
        assert!(check(&tree, &Limits::default()).is_ok());
    }

    #[test]
    fn work_that_doubles_with_each_step_or_each_level_is_refused() {
        let mut defs = serde_json::Map::new();
        for step in 0..40 {
            let next = json!({"$ref": format!("#/$defs/s{}", step + 1)});
            defs.insert(format!("s{step}"), json!({"anyOf": [next, next]}));
        }
        defs.insert("s40".into(), json!({"type": "null"}));
        assert!(check(&json!({"$ref": "#/$defs/s0", "$defs": defs}), &Limits::default()).is_err());
        let levels =
            json!({"anyOf": [{"properties": {"x": {"$ref": "#"}}}, {"properties": {"x": {"$ref": "#"}}}]});
        assert!(check(&levels, &Limits::default()).is_err());
    }

    #[test]
    fn a_circle_at_one_value_is_refused() {
        let circle = json!({"$ref": "#/$defs/a", "$defs": {"a": {"allOf": [{"$ref": "#/$defs/a"}]}}});
        assert_eq!(most(&circle), None);
    }

    #[test]
    fn anchors_are_followed() {
        let schema = json!({"$ref": "#here", "$defs": {"a": {"$anchor": "here", "allOf": [{}, {}, {}]}}});
        assert_eq!(most(&schema), Some(5));
    }
}
