//! Whose events, deliveries and replays a session reaches, route by route (DESIGN 7 "Tenancy").

use postrider_model::id::Mode;
use serde_json::{Value, json};

use super::{delivered, endpoint_of};
use crate::browser::{Browser, Form};
use crate::forged;
use crate::world;

/// Sends a form that no page has shown this browser, with a token that its session makes itself.
async fn sent(browser: &Browser<'_>, action: &str) -> u16 {
    let fields = vec![("_form".to_owned(), forged::token(browser, action, 9))];
    browser.send(&Form { action: action.to_owned(), fields }).await.status.as_u16()
}

#[tokio::test(start_paused = true)]
async fn nobody_sees_what_is_not_theirs() {
    let world = world("standard").await;
    let (event, delivery) = delivered(&world, 500, b"no").await;
    let endpoint = endpoint_of(&delivery);
    world.post(&format!("{endpoint}/disable"), Value::Null).await.expect(200);
    world.post(&format!("{endpoint}/enable"), Value::Null).await.expect(200);
    let replay =
        world.post(&format!("{endpoint}/replay"), json!({"status": ["held"]})).await.expect(202).id();
    let pages = [
        event.clone(),
        format!("{event}/live"),
        delivery.clone(),
        format!("{delivery}/live"),
        format!("/replays/{replay}"),
        format!("/replays/{replay}/live"),
    ];
    let actions = [
        format!("{event}/erase"),
        format!("{delivery}/resend"),
        format!("{delivery}/cancel"),
        format!("/replays/{replay}/cancel"),
    ];
    // Another tenant; a key of another mode, which opens no other project either.
    let t2 = Browser::customer(&world, "t2").await;
    world.key("sk_test_all", Mode::Test, None, &["*"]).await;
    let test_mode = Browser::operator(&world, "sk_test_all").await;
    for path in &pages {
        t2.open(&format!("/portal{path}")).await.expect(404);
        test_mode.open(&format!("/dashboard/p/acme/live{path}")).await.expect(404);
        test_mode.open(&format!("/dashboard/p/acme/test{path}")).await.expect(404);
    }
    for action in &actions {
        assert_eq!(sent(&t2, &format!("/portal{action}")).await, 404, "{action}");
        for mode in ["live", "test"] {
            let action = format!("/dashboard/p/acme/{mode}{action}");
            assert_eq!(sent(&test_mode, &action).await, 404, "{action}");
        }
    }
    // Its owner sees all of it.
    let t1 = Browser::customer(&world, "t1").await;
    for path in pages.iter().filter(|path| !path.ends_with("/live")) {
        t1.see(&format!("/portal{path}")).await;
    }
}
