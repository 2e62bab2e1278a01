//! `postrider portal`: a link for a customer.

use postrider_tests::{Launch, Product};
use serde_json::json;

#[tokio::test]
async fn portal_prints_a_link_that_opens_once() {
    let dir = tempfile::tempdir().unwrap();
    let server = Launch::new(dir.path()).start().await;
    let product = Product::create(&server, json!({})).await;
    let told = product.cli().run(&["portal", "t1"]).await.expect(0).out;
    assert!(told.contains("opens once, until "), "{told}");
    let url = told.lines().next().unwrap();
    let path = url.split_once("/portal/").map(|(_, token)| format!("/portal/{token}")).unwrap();
    assert_eq!(product.client.get(&path).await.status, 303);
    let again = product.client.get(&path).await;
    assert_eq!(again.status, 410);
    assert!(String::from_utf8_lossy(&again.body).contains("This link was used before"));
    server.stop().await;
}
