//! Pages of several nodes on one PostgreSQL: whatever stands before them may send each request to another one.

use std::net::SocketAddr;
use std::sync::Arc;

use http::Method;
use postrider_postgres::Database;
use postrider_tests::{Client, Launch, Product, ROOT_KEY, Reply, Server};
use serde_json::json;

const FORM: &str = "application/x-www-form-urlencoded";

async fn two_nodes(database: &Arc<Database>, dirs: &[tempfile::TempDir; 2]) -> [Server; 2] {
    let launch =
        |at: usize, name| Launch::node(dirs[at].path(), database).arg(&format!("--node-name={name}"));
    [launch(0, "one").start().await, launch(1, "other").start().await]
}

/// The same browser, whose requests go to another node.
fn at(browser: &Client, address: SocketAddr) -> Client {
    Client { address, ..browser.clone() }
}

/// The fields of the form on a page that is sent to this address.
fn form(page: &Reply, action: &str) -> String {
    let page = String::from_utf8_lossy(&page.body);
    let form = page.split_once(&format!("action=\"{action}\"")).expect("the form is on the page").1;
    let token = form.split_once("name=\"_form\" value=\"").expect("it has a token").1;
    format!("_form={}", token.split_once('"').expect("the token ends").0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customers_link_session_and_forms_hold_at_every_node() {
    let Some(database) = Database::new().map(Arc::new) else { return };
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [one, other] = two_nodes(&database, &dirs).await;
    let product = Product::create(&one, json!({})).await;
    let endpoint = product.endpoint("https://customer.example/hook").await;
    let link = product.client.post("/v1/tenants/t1/portal", json!({})).await.expect(201);
    let path = link["url"].as_str().unwrap().find("/portal/").map(|at| &link["url"].as_str().unwrap()[at..]);
    let path = path.unwrap();

    let opened = Client::new(other.address, "").get(path).await;
    assert_eq!(opened.status, 303);
    assert_eq!(Client::new(one.address, "").get(path).await.status, 410, "it opens once, wherever");

    let browser = Client::with_cookie(one.address, &opened);
    let shown = browser.get(&format!("/portal/webhooks/{}", endpoint.id)).await;
    assert_eq!(shown.status, 200, "{}", String::from_utf8_lossy(&shown.body));
    let disable = format!("/portal/webhooks/{}/disable", endpoint.id);
    let fields = form(&shown, &disable);
    let elsewhere = at(&browser, other.address);
    assert_eq!(elsewhere.call_as(Method::POST, &disable, FORM, fields.clone()).await.status, 303);
    let enabled = async || product.client.get(&endpoint.path()).await.expect(200)["enabled"].clone();
    assert_eq!(enabled().await, false);

    let _ = product.client.call(Method::PATCH, &endpoint.path(), r#"{"enabled":true}"#).await.expect(200);
    let again = browser.call_as(Method::POST, &disable, FORM, fields).await;
    assert_eq!(again.status, 409, "sent before, to another node");
    assert_eq!(enabled().await, true, "and not done again");
    one.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operators_session_holds_at_every_node_until_it_is_ended_at_one() {
    let Some(database) = Database::new().map(Arc::new) else { return };
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [one, other] = two_nodes(&database, &dirs).await;
    let product = Product::create(&one, json!({})).await;
    let endpoint = product.endpoint("https://customer.example/hook").await;
    let sign_in = Client::new(one.address, "");
    let signed_in =
        sign_in.call_as(Method::POST, "/dashboard/sign-in", FORM, format!("key={ROOT_KEY}")).await;
    let browser = Client::with_cookie(one.address, &signed_in);
    let elsewhere = at(&browser, other.address);
    let project = "/dashboard/p/acme/live";
    for page in ["", "/webhooks", "/events", "/deliveries", "/tenants", "/replays", "/catalogue", "/audit"] {
        let shown = elsewhere.get(&format!("{project}{page}")).await;
        assert_eq!(shown.status, 200, "{page}: {}", String::from_utf8_lossy(&shown.body));
    }
    let shown = elsewhere.get(&format!("{project}/webhooks")).await;
    assert!(
        String::from_utf8_lossy(&shown.body).contains(&endpoint.id),
        "what one node made, the other shows"
    );
    let nodes = elsewhere.get("/dashboard/nodes").await;
    let nodes = String::from_utf8_lossy(&nodes.body).into_owned();
    assert!(nodes.contains("one") && nodes.contains("other"), "{nodes}");

    let fields = form(&shown, "/dashboard/sign-out");
    assert_eq!(elsewhere.call_as(Method::POST, "/dashboard/sign-out", FORM, fields).await.status, 303);
    let late = browser.get(project).await;
    let to = late.headers.get("location").map(|to| to.to_str().unwrap()).unwrap_or_default();
    assert!(late.status == 303 && to.starts_with("/dashboard/sign-in"), "{} {to}", late.status);
    one.stop().await;
    other.stop().await;
}
