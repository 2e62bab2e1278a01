//! Whoever reads `/docs`.

use postrider_browser_tests::walk;
use postrider_tests::Launch;
use serde_json::json;

#[tokio::test]
async fn the_documentation_is_read_on_every_screen_and_with_the_keyboard() {
    let dir = tempfile::tempdir().unwrap();
    let server = Launch::new(dir.path()).start().await;
    walk("documentation", json!({"base": format!("http://{}", server.address)})).await;
    server.stop().await;
}
