//! `/openapi.json` and `/docs`: assertions over the served document (STYLE 21).

use std::collections::BTreeSet;

use http::Method;
use serde_json::{Value, json};

use postrider_api::router;
use postrider_world::World;

/// Every route of DESIGN 4.2 and 4.4.
const DESIGNED: [(&str, &[&str]); 38] = [
    ("/v1/projects", &["get", "post"]),
    ("/v1/projects/{}", &["delete", "get", "patch"]),
    ("/v1/projects/{}/keys", &["get", "post"]),
    ("/v1/projects/{}/keys/{}", &["delete"]),
    ("/v1/events", &["get", "post"]),
    ("/v1/events/batch", &["post"]),
    ("/v1/events/{}", &["get"]),
    ("/v1/events/{}/data", &["delete"]),
    ("/v1/event-types", &["get"]),
    ("/v1/event-types/{}", &["delete", "get", "put"]),
    ("/v1/tenants", &["get"]),
    ("/v1/tenants/{}", &["delete", "get"]),
    ("/v1/tenants/{}/endpoints", &["get", "post"]),
    ("/v1/tenants/{}/endpoints/{}", &["delete", "get", "patch"]),
    ("/v1/tenants/{}/endpoints/{}/enable", &["post"]),
    ("/v1/tenants/{}/endpoints/{}/disable", &["post"]),
    ("/v1/tenants/{}/endpoints/{}/rotate-secret", &["post"]),
    ("/v1/tenants/{}/endpoints/{}/test", &["post"]),
    ("/v1/tenants/{}/endpoints/{}/secret", &["get"]),
    ("/v1/tenants/{}/endpoints/{}/stats", &["get"]),
    ("/v1/tenants/{}/endpoints/{}/replay", &["post"]),
    ("/v1/replays", &["get"]),
    ("/v1/replays/{}", &["get"]),
    ("/v1/replays/{}/cancel", &["post"]),
    ("/v1/deliveries", &["get"]),
    ("/v1/events/{}/deliveries/{}", &["get"]),
    ("/v1/events/{}/deliveries/{}/resend", &["post"]),
    ("/v1/events/{}/deliveries/{}/cancel", &["post"]),
    ("/v1/audit", &["get"]),
    ("/v1/stats", &["get"]),
    ("/v1/endpoints", &["get"]),
    ("/v1/meta", &["get"]),
    ("/v1/search", &["get"]),
    ("/v1/verification-code", &["get"]),
    ("/v1/nodes", &["get"]),
    ("/healthz", &["get"]),
    ("/readyz", &["get"]),
    ("/metrics", &["get"]),
];

async fn document(world: &World) -> Value {
    world.get("/openapi.json").await.expect(200).json
}

fn unnamed(path: &str) -> String {
    path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }).collect::<Vec<_>>().join("/")
}

#[tokio::test(start_paused = true)]
async fn every_designed_route_is_in_the_document() {
    let world = World::new(router).await;
    let document = document(&world).await;
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in
            item.as_object().unwrap().keys().filter(|key| *key != "summary" && *key != "description")
        {
            described.insert((unnamed(path), method.clone()));
        }
    }
    for (path, methods) in DESIGNED {
        for method in methods {
            assert!(described.contains(&(path.to_owned(), (*method).to_owned())), "{method} {path}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_described_route_is_served_and_no_other_method_is() {
    let world = World::new(router).await;
    let document = document(&world).await;
    for (path, item) in document["paths"].as_object().unwrap() {
        let filled = unnamed(path).replace("{}", "x");
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let answer = world.send("", method.clone(), &filled, &[], Vec::new()).await;
            let is_described = item.get(method.as_str().to_lowercase()).is_some();
            // GET of a described page may be a 404 of its own; 405 is the router's alone.
            assert_eq!(answer.status != 405, is_described, "{method} {path}: {}", answer.text);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_operation_is_named_described_and_says_its_problems() {
    let world = World::new(router).await;
    let document = document(&world).await;
    let mut names = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap().to_owned();
            assert!(names.insert(name.clone()), "{name} twice");
            assert!(operation["summary"].is_string(), "{method} {path} has no summary");
            assert!(operation["tags"][0].is_string(), "{method} {path} has no tag");
            assert!(
                operation["responses"]["default"]["content"]["application/problem+json"].is_object(),
                "{method} {path}"
            );
            for (status, answer) in operation["responses"].as_object().unwrap() {
                let is_problem = answer["content"].get("application/problem+json").is_some();
                assert_eq!(is_problem, !status.starts_with('2'), "{method} {path} {status}");
            }
            let parameters: BTreeSet<_> = operation["parameters"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|p| p["in"] == "path")
                .map(|p| p["name"].as_str().unwrap())
                .collect();
            let in_path: BTreeSet<_> =
                path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
            assert_eq!(parameters, in_path, "{method} {path}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_reference_in_the_document_leads_somewhere() {
    let world = World::new(router).await;
    let document = document(&world).await;
    assert!(document["openapi"].as_str().unwrap().starts_with("3."));
    let mut todo = vec![&document];
    let mut count = 0;
    while let Some(value) = todo.pop() {
        if let Some(reference) = value["$ref"].as_str() {
            count += 1;
            assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
        }
        match value {
            Value::Object(map) => todo.extend(map.values()),
            Value::Array(list) => todo.extend(list),
            _ => {}
        }
    }
    assert!(count > 50, "{count}");
}

#[tokio::test(start_paused = true)]
async fn the_page_shows_every_route_and_fetches_nothing() {
    let world = World::new(router).await;
    let page = world.get("/docs").await.expect(200);
    let document = document(&world).await;
    for path in document["paths"].as_object().unwrap().keys() {
        assert!(page.text.contains(path.as_str()), "{path}");
    }
    for part in ["<script", "http://", "https://", "src=", "@import", "url("] {
        let found =
            page.text.find(part).map(|at| &page.text[at.saturating_sub(80)..(at + 80).min(page.text.len())]);
        assert!(found.is_none() || part.starts_with("http"), "{part}: {found:?}");
    }
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert_eq!(document["info"]["title"], json!("Postrider"));
}

#[tokio::test(start_paused = true)]
async fn the_documented_bounds_are_those_that_hold() {
    let world = World::new(router).await;
    let limits = world.engine.limits();
    assert_eq!(limits.max_replay_per_second, 1_000, "the text below says it with a comma");
    let document = document(&world).await;
    let replay = &document["components"]["schemas"]["ReplayBody"]["properties"]["per_second"]["description"];
    assert!(replay.as_str().unwrap().contains("1 to 1,000;"), "{replay}");
}
