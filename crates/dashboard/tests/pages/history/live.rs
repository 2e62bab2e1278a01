//! Parts of pages that are kept up to date: what the stream of each says, and when it ends.

use std::time::Duration;

use postrider_world::{Act, World};
use serde_json::json;

use super::HOOK;
use crate::browser::{Browser, text_of};
use crate::world;

/// What a stream said until it ended: the name of each event and the text of its part.
async fn followed(browser: &Browser<'_>, path: &str) -> Vec<(String, String)> {
    let answer = browser.open(path).await.expect(200);
    assert_eq!(answer.headers["content-type"], "text/event-stream");
    let line = |block: &str, name: &str| {
        let lines = block.lines().filter_map(|line| line.strip_prefix(name)).map(str::trim);
        lines.collect::<Vec<_>>().join("\n")
    };
    let blocks = answer.text.split("\n\n").filter(|block| block.contains("event:"));
    blocks.map(|block| (line(block, "event:"), text_of(&line(block, "data:")))).collect()
}

/// An endpoint whose first attempt fails, and its only delivery; its path below a face.
async fn retried(world: &World) -> String {
    world.receivers.act(HOOK, [Act::Answer(500), Act::Answer(200)]);
    let endpoint = json!({"url": HOOK, "name": "One", "retry": {"schedule_seconds": [20]}});
    let endpoint = world.endpoint(endpoint).await;
    let event = world.event("invoice.paid", json!({})).await;
    world.pass(Duration::from_secs(1)).await;
    format!("/events/{event}/deliveries/{}", endpoint.rsplit('/').next().unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_delivery_is_followed_until_it_has_ended() {
    let world = world("standard").await;
    let delivery = retried(&world).await;
    let portal = Browser::customer(&world, "t1").await;
    let said = followed(&portal, &format!("/portal{delivery}/live")).await;
    let names: Vec<_> = said.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["part", "last"], "{said:?}");
    assert!(said[0].1.contains("… pending") && said[0].1.contains("Attempt 1 500"), "{said:?}");
    assert!(said[1].1.contains("✓ delivered") && said[1].1.contains("Attempt 2 200 OK"), "{said:?}");
    // What it offers then can be done: its forms are of this session.
    assert!(said[1].1.contains("Send again") && !said[0].1.contains("Send again"), "{said:?}");
}

#[tokio::test(start_paused = true)]
async fn an_event_is_followed_until_its_deliveries_have_ended() {
    let world = world("standard").await;
    let delivery = retried(&world).await;
    let event = delivery.split("/deliveries").next().unwrap();
    let portal = Browser::customer(&world, "t1").await;
    let said = followed(&portal, &format!("/portal{event}/live")).await;
    assert_eq!(said.last().unwrap().0, "last", "{said:?}");
    assert!(said.last().unwrap().1.contains("Status: 200 OK"), "{said:?}");
    assert!(said[0].1.contains("Next retry:"), "{said:?}");
}

#[tokio::test(start_paused = true)]
async fn the_list_of_deliveries_shows_what_comes_while_it_is_open() {
    let world = world("standard").await;
    retried(&world).await;
    let operator = Browser::operator(&world, "sk_live_all").await;
    let said = followed(&operator, "/dashboard/p/acme/live/deliveries/live").await;
    assert!(said[0].1.contains("Next retry:"), "{said:?}");
    assert!(said.last().unwrap().1.contains("Status: 200 OK"), "{said:?}");
    assert!(said.iter().all(|(name, _)| name == "part"), "such a list never comes to its end: {said:?}");
}

#[tokio::test(start_paused = true)]
async fn a_replay_is_followed_to_its_end() {
    let world = world("standard").await;
    let delivery = retried(&world).await;
    world.pass(Duration::from_secs(60)).await;
    for _ in 0..4 {
        world.event("invoice.paid", json!({})).await;
    }
    world.pass(Duration::from_secs(1)).await;
    let endpoint = delivery.rsplit('/').next().unwrap();
    let path = format!("/v1/tenants/t1/endpoints/{endpoint}/replay");
    let body = json!({"status": ["delivered"], "per_second": 1});
    let replay = world.post(&path, body).await.expect(202).id();
    let portal = Browser::customer(&world, "t1").await;
    let said = followed(&portal, &format!("/portal/replays/{replay}/live")).await;
    assert!(said.len() > 2, "no progress was shown: {said:?}");
    assert!(said[0].1.contains("… running"), "{said:?}");
    assert_eq!(said.last().unwrap().0, "last");
    assert!(said.last().unwrap().1.contains("✓ done 100 %"), "{said:?}");
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_with_its_session() {
    let world = world("standard").await;
    let portal = Browser::customer(&world, "t1").await;
    world.endpoint(json!({"url": HOOK})).await;
    let ends = async {
        world.pass(Duration::from_secs(10)).await;
        world.delete("/v1/tenants/t1").await.expect(204);
    };
    let began = tokio::time::Instant::now();
    let (said, ()) = tokio::join!(followed(&portal, "/portal/deliveries/live"), ends);
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}: {said:?}", began.elapsed());
    assert_eq!(portal.open("/portal/deliveries").await.status.as_u16(), 401);
}
