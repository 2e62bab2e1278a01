//! The OpenAPI document as a page.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::html::{escape, page as frame};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The page of `document`.
pub(super) fn page(document: &Value) -> String {
    let groups = groups(document);
    let mut body = format!(
        "<h1>Postrider {}</h1><p>{}</p><p><a href=\"/openapi.json\">openapi.json</a> · <a href=\"/docs/problems\">Problems</a></p>",
        text(document, "/info/version"),
        text(document, "/info/description")
    );
    let links = groups.keys().map(|tag| format!("<a href=\"#{}\">{}</a> ", anchor(tag), escape(tag)));
    body.push_str(&format!("<nav>{}<a href=\"#objects\">Objects</a></nav>", links.collect::<String>()));
    for (tag, operations) in &groups {
        body.push_str(&format!("<h2 id=\"{}\">{}</h2>", anchor(tag), escape(tag)));
        operations.iter().for_each(|operation| body.push_str(&operation.html()));
    }
    body.push_str("<h2 id=\"objects\">Objects</h2>");
    for (name, schema) in members(document, "/components/schemas") {
        body.push_str(&object(name, schema));
    }
    frame("API", &body)
}

struct Operation<'a> {
    method: &'a str,
    path: &'a str,
    value: &'a Value,
}

fn groups(document: &Value) -> BTreeMap<&str, Vec<Operation<'_>>> {
    let mut groups: BTreeMap<&str, Vec<Operation<'_>>> = BTreeMap::new();
    for (path, item) in members(document, "/paths") {
        for method in METHODS {
            if let Some(value) = item.get(method) {
                let tag = value.pointer("/tags/0").and_then(Value::as_str).unwrap_or("Other");
                groups.entry(tag).or_default().push(Operation { method, path, value });
            }
        }
    }
    groups
}

impl Operation<'_> {
    fn html(&self) -> String {
        let mut html = format!(
            "<details><summary><span class=\"method\">{}</span> <h3>{}</h3> {}</summary><p>{}</p><p>{}</p>",
            self.method.to_uppercase(),
            escape(self.path),
            text(self.value, "/summary"),
            text(self.value, "/description"),
            self.key()
        );
        let parameters = self.value.get("parameters").and_then(Value::as_array);
        let rows: Vec<_> = parameters.into_iter().flatten().map(parameter).collect();
        html.push_str(&table("Parameters", &["Name", "In", "Type", "Meaning"], &rows));
        for (kind, content) in members(self.value, "/requestBody/content") {
            html.push_str(&format!(
                "<h4>Body</h4><p><code>{}</code> {}</p>",
                escape(kind),
                schema_type(&content["schema"])
            ));
        }
        let rows: Vec<_> =
            members(self.value, "/responses").map(|(status, answer)| response(status, answer)).collect();
        html.push_str(&table("Answers", &["Status", "Body", "Meaning"], &rows));
        html + "</details>"
    }

    fn key(&self) -> String {
        let Some(needs) = self.value.get("security").and_then(Value::as_array) else {
            return "Needs a project's key.".to_owned();
        };
        let shown = needs.iter().filter_map(Value::as_object).flatten().map(|(scheme, scopes)| {
            let scopes: Vec<_> = scopes.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            match (scheme.as_str(), scopes.as_slice()) {
                ("root_key", _) => "Needs the root key.".to_owned(),
                (_, []) => "Needs a project's key.".to_owned(),
                (_, scopes) => {
                    format!("Needs a project's key with <code>{}</code>.", escape(&scopes.join(" ")))
                }
            }
        });
        let shown: String = shown.collect();
        if shown.is_empty() { "Needs no key.".to_owned() } else { shown }
    }
}

fn parameter(parameter: &Value) -> Vec<String> {
    vec![
        format!("<code>{}</code>", text(parameter, "/name")),
        text(parameter, "/in"),
        schema_type(&parameter["schema"]),
        text(parameter, "/description"),
    ]
}

fn response(status: &str, answer: &Value) -> Vec<String> {
    let body =
        members(answer, "/content").map(|(_, content)| schema_type(&content["schema"])).collect::<Vec<_>>();
    vec![escape(status), body.join(", "), text(answer, "/description")]
}

fn object(name: &str, schema: &Value) -> String {
    let required: Vec<_> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let row = |(field, value): (&str, &Value)| {
        let always = if required.contains(&field) { "" } else { " (optional)" };
        vec![
            format!("<code>{}</code>{always}", escape(field)),
            schema_type(value),
            text(value, "/description"),
        ]
    };
    let rows: Vec<_> = members(schema, "/properties").map(row).collect();
    let open = if rows.is_empty() { format!("<p>{}</p>", schema_type(schema)) } else { String::new() };
    format!(
        "<details id=\"object-{}\" open><summary><h3>{}</h3></summary><p>{}</p>{open}{}</details>",
        anchor(name),
        escape(name),
        text(schema, "/description"),
        table("", &["Field", "Type", "Meaning"], &rows)
    )
}

/// A schema in a few words; objects with a name are links.
fn schema_type(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|uri| uri.rsplit('/').next()) {
        return format!("<a href=\"#object-{}\">{}</a>", anchor(name), escape(name));
    }
    for key in ["oneOf", "anyOf", "allOf"] {
        if let Some(list) = schema[key].as_array() {
            return list.iter().map(schema_type).collect::<Vec<_>>().join(" or ");
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        return values
            .iter()
            .map(|value| format!("<code>{}</code>", escape(&value.to_string())))
            .collect::<Vec<_>>()
            .join(", ");
    }
    match &schema["type"] {
        Value::String(kind) if kind == "array" => format!("list of {}", schema_type(&schema["items"])),
        Value::String(kind) => escape(kind),
        Value::Array(kinds) => {
            kinds.iter().filter_map(Value::as_str).map(escape).collect::<Vec<_>>().join(" or ")
        }
        _ => "any JSON".to_owned(),
    }
}

fn table(title: &str, head: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let head: String = head.iter().map(|cell| format!("<th>{cell}</th>")).collect();
    let row = |cells: &Vec<String>| {
        let cells: String = cells.iter().map(|cell| format!("<td>{cell}</td>")).collect();
        format!("<tr>{cells}</tr>")
    };
    let title = if title.is_empty() { String::new() } else { format!("<h4>{title}</h4>") };
    let rows: String = rows.iter().map(row).collect();
    format!("{title}<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>")
}

fn members<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let map: Option<&Map<String, Value>> = value.pointer(pointer).and_then(Value::as_object);
    map.into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}

fn text(value: &Value, pointer: &str) -> String {
    escape(value.pointer(pointer).and_then(Value::as_str).unwrap_or_default())
}

fn anchor(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_document_says_is_on_its_page_and_escaped() {
        let document = json!({
            "info": {"version": "1", "description": "a < b"},
            "paths": {"/v1/things/{id}": {"get": {"tags": ["Things"], "summary": "Show", "security": [{"project_key": ["webhooks:read"]}],
                "parameters": [{"name": "id", "in": "path", "schema": {"type": "string"}, "description": "Its id"}],
                "responses": {"200": {"description": "It", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}}}}},
            "components": {"schemas": {"Thing": {"type": "object", "required": ["id"],
                "properties": {"id": {"type": "string", "description": "Its id"}, "tags": {"type": "array", "items": {"type": "string"}}}}}}
        });
        let page = page(&document);
        for part in [
            "a &lt; b",
            "/v1/things/{id}",
            "GET",
            "webhooks:read",
            "href=\"#object-thing\"",
            "list of string",
            "<code>tags</code> (optional)",
        ] {
            assert!(page.contains(part), "{part}");
        }
    }
}
