//! What would stay pending for ever if a crash, a lost answer or two that write at once were not reckoned with.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use postrider_model::slot::SlotSet;
use postrider_postgres::Database;
use postrider_store::{
    Batch, Cluster, Journal, NewsCursor, NewsQuery, Next, Place, Sweep, SweepInto, Upkeep,
};

use crate::end_lease;
use crate::nodes::{LEASE, NOW, Node, another, first, new_node, settle, settling};

fn query(after: Option<NewsCursor>, limit: usize) -> NewsQuery {
    NewsQuery { after, slots: SlotSet::ALL, limit, body_bytes: 0 }
}

/// Everything new for a node, and where to go on.
async fn news(node: &Node, after: NewsCursor) -> (Vec<i64>, NewsCursor) {
    let news = node.store.news(query(Some(after), 100)).await.unwrap();
    (news.deliveries.iter().map(|(_, delivery)| delivery.event.0).collect(), news.next)
}

#[tokio::test]
async fn news_of_which_a_part_was_read_come_again_where_the_reader_forgot_them() {
    let Some(database) = Database::new() else { return };
    let mut a = first(&database).await;
    let b = another(&database, &a).await;
    let endpoint = a.endpoint().await;
    b.claim_all().await;
    let start = b.store.news(query(None, 1)).await.unwrap().next;
    let mut written = Vec::new();
    for _ in 0..3 {
        written.push(a.deliver(endpoint, Place::Due(NOW)).await.event.0);
    }
    let some = b.store.news(query(Some(start), 1)).await.unwrap();
    assert!(some.more && some.deliveries[0].1.event.0 == written[0]);
    // As after an error in the middle of them: the cursor is all that is left.
    b.store.news(query(None, 1)).await.unwrap();
    let (rest, next) = news(&b, some.next).await;
    assert!(written[1..].iter().all(|event| rest.contains(event)), "{rest:?} of {written:?}");
    assert!(news(&b, next).await.0.is_empty());
}

#[tokio::test]
async fn a_follower_that_a_dead_node_left_parked_in_anothers_slot_goes_on_when_it_is_buried() {
    let Some(database) = Database::new() else { return };
    let mut a = first(&database).await;
    let b = another(&database, &a).await;
    let endpoint = a.endpoint().await;
    b.claim_all().await;
    let start = b.store.news(query(None, 1)).await.unwrap().next;
    let ordered = Place::Ordered { key: 1, due: NOW };
    let (head, follower) = (a.deliver(endpoint, ordered).await, a.deliver(endpoint, ordered).await);
    let (told, next) = news(&b, start).await;
    assert_eq!(told, [head.event.0]);
    // The head ended before the follower was to be seen, and the follower's node before it looked.
    let ended = database.ask(&format!(
        "WITH gone AS (DELETE FROM postrider.pending WHERE event = {} RETURNING *)
         INSERT INTO postrider.delivery (event, endpoint, tenant, class, state, attempts)
         SELECT event, endpoint, tenant, class, 1, 1 FROM gone RETURNING event",
        head.event.0
    ));
    assert_eq!(ended.len(), 1);
    end_lease(&database, a.joined.number);
    assert!(b.store.bury(a.joined.number, NOW).await.unwrap().is_some());
    assert_eq!(news(&b, next).await.0, [follower.event.0], "its owner hears of it");
}

/// Deliveries that are pending and have ended.
fn torn(database: &Database) -> usize {
    database.ask("SELECT event FROM postrider.pending JOIN postrider.delivery USING (endpoint, event)").len()
}

#[tokio::test]
async fn a_success_that_is_told_while_its_node_is_buried_ends_the_delivery() {
    let Some(database) = Database::new() else { return };
    let mut a = first(&database).await;
    let b = another(&database, &a).await;
    let c = another(&database, &a).await;
    let endpoint = a.endpoint().await;
    for _ in 0..40 {
        let mut told = Vec::new();
        for _ in 0..8 {
            told.push(settle(a.deliver(endpoint, Place::Lane).await, Next::Delivered, false));
        }
        end_lease(&database, a.joined.number);
        let (buried, settled) =
            tokio::join!(b.store.bury(a.joined.number, NOW), c.store.commit(settling(told)));
        buried.unwrap().unwrap();
        settled.unwrap();
        assert_eq!(torn(&database), 0);
        assert!(b.due(endpoint).await.is_empty(), "it was delivered");
        a.joined = a.store.join(new_node("a", LEASE)).await.unwrap();
    }
}

#[tokio::test]
async fn a_retry_that_is_written_while_its_endpoint_is_swept_is_not_ended_as_well() {
    let Some(database) = Database::new() else { return };
    let mut a = first(&database).await;
    let endpoint = a.endpoint().await;
    for _ in 0..40 {
        let mut failed = Vec::new();
        for _ in 0..8 {
            let key = a.deliver(endpoint, Place::Lane).await;
            failed.push(settle(key, Next::Due { at: NOW + Duration::from_secs(5), step: 1 }, true));
        }
        let sweep = Sweep { endpoint, into: SweepInto::Held, up_to: failed[7].delivery.event, now: NOW };
        let (swept, settled) = tokio::join!(a.store.sweep(sweep, 1_000), a.store.commit(settling(failed)));
        swept.unwrap();
        settled.unwrap();
        assert_eq!(torn(&database), 0);
        assert!(database.ask("SELECT event FROM postrider.pending").is_empty(), "all is held");
    }
}

#[tokio::test]
async fn one_delivery_that_is_both_pending_and_ended_does_not_keep_a_node_from_committing() {
    let Some(database) = Database::new() else { return };
    let mut a = first(&database).await;
    let endpoint = a.endpoint().await;
    let key = a.deliver(endpoint, Place::Due(NOW)).await;
    let torn = database.ask(
        "INSERT INTO postrider.delivery (event, endpoint, tenant, class, state, attempts)
         SELECT event, endpoint, tenant, class, 3, 0 FROM postrider.pending RETURNING event",
    );
    assert_eq!(torn.len(), 1);
    let batch = Batch { settles: vec![settle(key, Next::Delivered, false)], ..Batch::default() };
    assert_eq!(a.commit(batch).await.settles[0].state.name(), "delivered");
    assert!(a.due(endpoint).await.is_empty());
    let states = database.ask("SELECT state FROM postrider.delivery");
    assert_eq!(states, ["1"]);
}
