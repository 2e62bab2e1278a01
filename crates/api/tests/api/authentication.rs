//! Who may do what.

use http::Method;
use postrider_model::id::Mode;
use serde_json::{Value, json};

use postrider_api::router;
use postrider_world::World;

/// Every route that needs a key, from the served document, with a path whose parameters are filled in.
async fn routes(world: &World) -> Vec<(Method, String, Value)> {
    let document = world.get("/openapi.json").await.expect(200).json;
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
            let security = operation.get("security").unwrap_or(&document["security"]).clone();
            if security != json!([{}]) && security != json!([]) {
                let path = path.split('/').map(|part| if part.starts_with('{') { "x1" } else { part });
                routes.push((method, path.collect::<Vec<_>>().join("/"), security));
            }
        }
    }
    assert!(routes.len() > 30, "{}", routes.len());
    routes
}

#[tokio::test(start_paused = true)]
async fn every_route_needs_a_valid_key() {
    let world = World::new(router).await;
    for (method, path, _) in routes(&world).await {
        for key in ["", "sk_live_nobody"] {
            let answer = world.call_as(key, method.clone(), &path, Value::Null).await;
            assert_eq!(answer.status, 401, "{method} {path}: {}", answer.text);
            assert_eq!(answer.headers["www-authenticate"], "Bearer");
            assert_eq!(answer.json["code"], "unauthenticated");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_root_key_opens_root_routes_only_and_no_other_key_does() {
    let world = World::new(router).await;
    let mut root_routes = 0;
    for (method, path, security) in routes(&world).await {
        let is_root = security[0].get("root_key").is_some();
        assert_eq!(is_root, path.starts_with("/v1/projects") || path == "/v1/nodes", "{method} {path}");
        root_routes += usize::from(is_root);
        let answer = match is_root {
            true => world.call(method.clone(), &path, Value::Null).await,
            false => world.root(method.clone(), &path, Value::Null).await,
        };
        assert_eq!(answer.status, 403, "{method} {path}: {}", answer.text);
    }
    assert_eq!(root_routes, 9);
}

#[tokio::test(start_paused = true)]
async fn a_key_without_the_scope_that_a_route_names_is_refused() {
    let world = World::new(router).await;
    let all = ["events:write", "webhooks:read", "webhooks:write", "webhooks:admin", "project:admin"];
    // What each scope opens besides itself (DESIGN 4.2).
    let opens = |held: &str, needed: &str| {
        held == needed
            || matches!(
                (held, needed),
                ("webhooks:admin", "webhooks:write" | "webhooks:read") | ("webhooks:write", "webhooks:read")
            )
    };
    for scope in all {
        world.key(&format!("sk_live_{scope}"), Mode::Live, None, &[scope]).await;
    }
    for (method, path, security) in routes(&world).await {
        let Some(needs) = security[0].get("project_key") else { continue };
        let needed = needs[0].as_str().unwrap_or_else(|| panic!("{method} {path} names no scope"));
        for held in all {
            let answer = world.call_as(&format!("sk_live_{held}"), method.clone(), &path, Value::Null).await;
            assert_eq!(
                answer.status != 403,
                opens(held, needed),
                "{method} {path} with {held}: {}",
                answer.text
            );
        }
    }
}
