//! One event: what it shows, and that it can be erased.

use postrider_model::id::Mode;

use super::delivered;
use crate::browser::Browser;
use crate::world;

#[tokio::test(start_paused = true)]
async fn an_event_shows_what_it_says_in_its_order_and_where_it_went() {
    let world = world("standard").await;
    let (event, delivery) = delivered(&world, 200, b"").await;
    let portal = Browser::customer(&world, "t1").await;
    let page = portal.see(&format!("/portal{event}")).await;
    page.shows("invoice.paid").shows("Ordering key order-7").shows("\"z\" : 1.50 \"a\" : \"ä<b>\"");
    page.shows("\"from\" : 1").shows("\"list\" : \"vip\"").shows("to One Status: 200 OK");
    page.hides("data-live").hides("Erase").hides("Tenant");
    assert!(page.html().contains(&format!("href=\"/portal{delivery}\"")));
    let operator = Browser::operator(&world, "sk_live_all").await;
    operator.see(&format!("/dashboard/p/acme/live{event}")).await.shows("Tenant t1").shows("Erase it");
    operator.see("/dashboard/p/acme/live/events?tenant=t1").await.shows("invoice.paid").shows("t1 1");
    operator.see("/dashboard/p/acme/live/events?tenant=t2").await.shows("No events match");
    operator.open("/dashboard/p/acme/live/events?since=x").await.expect(422);
    // The list of events is the operators'.
    portal.open("/portal/events").await.expect(404);
}

#[tokio::test(start_paused = true)]
async fn what_an_event_says_is_erased_by_an_operator_only() {
    let world = world("standard").await;
    let (event, delivery) = delivered(&world, 200, b"").await;
    let base = "/dashboard/p/acme/live";
    let operator = Browser::operator(&world, "sk_live_all").await;
    let action = format!("{base}{event}/erase");
    let erase = operator.see(&format!("{base}{event}")).await.form(&action);
    let page = operator.done(&erase).await;
    page.shows("The event's data was erased.").shows("What this event said was erased.").hides("order-7");
    operator.send(&erase).await.expect(409);
    operator.see(&format!("{base}{delivery}")).await.shows("it cannot be sent again");
    world.key("sk_live_reader", Mode::Live, None, &["webhooks:read"]).await;
    let reader = Browser::operator(&world, "sk_live_reader").await;
    assert!(!reader.see(&format!("{base}{event}")).await.has_form(&action));
    reader.see(&format!("{base}{delivery}")).await;
}
