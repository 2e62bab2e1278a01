//! One replay.

use std::time::Duration;

use serde_json::json;

use super::{HOOK, delivered, endpoint_of};
use crate::browser::Browser;
use crate::world;

#[tokio::test(start_paused = true)]
async fn a_replay_shows_its_progress_and_is_cancelled() {
    let world = world("standard").await;
    let (_, delivery) = delivered(&world, 200, b"").await;
    for _ in 0..5 {
        world.event("invoice.sent", json!({})).await;
    }
    world.pass(Duration::from_secs(1)).await;
    let body = json!({"status": ["delivered"], "types": ["invoice.sent"], "per_second": 1});
    let replay = world.post(&format!("{}/replay", endpoint_of(&delivery)), body).await.expect(202).id();
    world.pass(Duration::from_millis(2_500)).await;
    let path = format!("/portal/replays/{replay}");
    let portal = Browser::customer(&world, "t1").await;
    let page = portal.see(&path).await;
    page.shows("… running").shows("Matched 5 when it began").shows("Deliveries that were delivered");
    page.shows("Event types invoice.sent").shows("at most 1 a second");
    assert!(page.html().contains(&format!("data-live=\"{path}/live\"")));
    let cancel = page.form(&format!("{path}/cancel"));
    portal.done(&cancel).await.shows("The replay was cancelled.").shows("– cancelled");
    portal.send(&cancel).await.expect(409);
    world.pass(Duration::from_secs(60)).await;
    assert!(world.receivers.sent_to(HOOK).len() < 11, "it went on");
    let operator = Browser::operator(&world, "sk_live_all").await;
    operator.see("/dashboard/p/acme/live/replays").await.shows("– cancelled 5 ");
    operator.see("/dashboard/p/acme/live/replays?tenant=t2").await.shows("No replays yet");
    operator.open("/dashboard/p/acme/live/replays?cursor=x").await.expect(422);
    portal.open("/portal/replays").await.expect(404);
}
