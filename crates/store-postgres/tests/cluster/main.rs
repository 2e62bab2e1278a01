//! Two nodes on one database.

mod nodes;
mod repairs;
mod unknown;

use std::time::{Duration, Instant};

use nodes::{LEASE, NOW, another, another_on, appending, first, first_on, new_node, settle, settling};
use postrider_model::endpoint::Ordering;
use postrider_model::slot::{NodeNumber, Slot, SlotSet};
use postrider_postgres::Database;
use postrider_store::{
    Backlog, Batch, Beat, Change, ChangeOutcome, Cluster, Fanout, FanoutChunk, Journal, NewDelivery,
    NewsQuery, Next, Place, Signal, StoreError,
};

#[tokio::test]
async fn nodes_get_numbers_of_their_own_and_see_each_other() {
    let Some(database) = Database::new() else { return };
    let a = first(&database).await;
    let b = another(&database, &a).await;
    assert_eq!((a.joined.number, b.joined.number), (NodeNumber(0), NodeNumber(1)));
    let beat = Beat { queued: 7, in_flight: 2, oldest_due: Some(NOW), ..Beat::default() };
    a.store.beat(beat).await.unwrap();
    let view = b.store.beat(Beat::default()).await.unwrap();
    assert_eq!(view.nodes.len(), 2);
    let seen = &view.nodes[0];
    assert_eq!((seen.name.as_str(), seen.beat.queued, seen.fresh), ("a", 7, true));
    assert_eq!(seen.beat.oldest_due, Some(NOW));
    assert_eq!(view.free, SlotSet::ALL);
    assert!(view.clock_ahead_ms.abs() < 5_000, "both clocks are this machine's: {}", view.clock_ahead_ms);
}

#[tokio::test]
async fn a_slot_has_one_owner_until_it_is_given_up() {
    let Some(database) = Database::new() else { return };
    let mut a = first(&database).await;
    let b = another(&database, &a).await;
    let endpoint = a.endpoint().await;
    a.deliver(endpoint, Place::Due(NOW)).await;
    let claimed = a.store.claim(SlotSet::ALL, NOW).await.unwrap();
    assert_eq!((claimed.slots, claimed.backlog), (SlotSet::ALL, vec![(endpoint, NOW)]));
    assert!(b.claim_all().await.is_empty());
    assert_eq!(a.claim_all().await, SlotSet::ALL, "what is its own already");
    let given: SlotSet = [Slot::of(endpoint)].into_iter().collect();
    a.store.release(given).await.unwrap();
    let claimed = b.store.claim(SlotSet::ALL, NOW).await.unwrap();
    assert_eq!((claimed.slots, claimed.backlog), (given, vec![(endpoint, NOW)]));
}

#[tokio::test]
async fn what_a_dead_node_had_in_lanes_is_due_and_nothing_else_and_it_writes_no_more() {
    let Some(database) = Database::new() else { return };
    let mut a = first(&database).await;
    let mut b = another(&database, &a).await;
    let endpoints = [a.endpoint().await, a.endpoint().await, a.endpoint().await];
    a.claim_all().await;
    let lost = a.deliver(endpoints[0], Place::Lane).await;
    let settled = a.deliver(endpoints[0], Place::Lane).await;
    a.commit(settling(vec![settle(settled, Next::Delivered, true)])).await;
    let due = a.deliver(endpoints[0], Place::Due(NOW)).await;
    // Of a fan-out one delivery was written, to a lane.
    let mut event = a.event(Vec::new()).await;
    let set = endpoints.iter().map(|endpoint| (*endpoint, Ordering::None)).collect();
    event.fanout = Fanout { endpoints: set, ordered: false };
    let wide = event.ordinal;
    a.commit(appending(vec![event])).await;
    let deliveries = vec![NewDelivery { endpoint: endpoints[0], place: Place::Lane }];
    let chunk = FanoutChunk { event: wide, deliveries, done: 1, last: false };
    a.commit(Batch { fanouts: vec![chunk], ..Batch::default() }).await;
    let other = b.deliver(endpoints[0], Place::Lane).await;

    assert!(b.store.bury(a.joined.number, NOW).await.unwrap().is_none(), "its lease has not ended");
    end_lease(&database, a.joined.number);
    let buried = b.store.bury(a.joined.number, NOW).await.unwrap().unwrap();
    assert_eq!((buried.moved, buried.fanouts.len()), (2, 1));
    assert_eq!((buried.fanouts[0].event, buried.fanouts[0].done), (wide, 1));
    assert_eq!(b.due(endpoints[0]).await, [lost.event.0, due.event.0, wide.0]);
    assert!(!b.due(endpoints[0]).await.contains(&other.event.0), "that is in the other's lane");
    assert!(b.store.bury(a.joined.number, NOW).await.unwrap().is_none(), "once");
    assert_eq!(b.store.unfinished_fanouts(Default::default(), 9).await.unwrap(), buried.fanouts);

    let refused = a.store.commit(settling(vec![settle(lost, Next::Failed, true)])).await;
    assert!(matches!(refused, Err(StoreError::Fenced)), "{refused:?}");
    let event = a.event(Vec::new()).await;
    let refused = a.store.commit(appending(vec![event])).await;
    assert!(matches!(refused, Err(StoreError::Fenced)), "{refused:?}");
    assert!(matches!(a.store.beat(Beat::default()).await, Err(StoreError::Fenced)));
    assert_eq!(b.due(endpoints[0]).await.len(), 3, "nothing of it was written");
    let again = a.store.join(new_node("a", LEASE)).await.unwrap();
    assert_eq!(again.number, a.joined.number);
    let late = a.store.commit(settling(vec![settle(lost, Next::Delivered, false)])).await.unwrap();
    assert_eq!(late.settles[0].state.name(), "delivered", "a success is taken from anybody");
}

#[tokio::test]
async fn the_rest_of_a_fan_out_that_was_taken_over_outlives_the_heir_too() {
    let Some(database) = Database::new() else { return };
    let mut a = first(&database).await;
    let b = another(&database, &a).await;
    let c = another(&database, &a).await;
    let endpoint = a.endpoint().await;
    let mut event = a.event(Vec::new()).await;
    let set = [(endpoint, Ordering::None)].into_iter().collect();
    event.fanout = Fanout { endpoints: set, ordered: false };
    let wide = event.ordinal;
    a.commit(appending(vec![event])).await;
    a.store.leave().await.unwrap();
    assert_eq!(b.store.bury(a.joined.number, NOW).await.unwrap().unwrap().fanouts.len(), 1);
    let deliveries = vec![NewDelivery { endpoint, place: Place::Lane }];
    let chunk = FanoutChunk { event: wide, deliveries, done: 1, last: true };
    b.commit(Batch { fanouts: vec![chunk], ..Batch::default() }).await;
    b.store.leave().await.unwrap();
    assert!(c.store.bury(b.joined.number, NOW).await.unwrap().is_some());
    assert_eq!(c.due(endpoint).await, [wide.0]);
    let key = postrider_model::delivery::DeliveryKey { event: wide, endpoint };
    let settled = c.commit(settling(vec![settle(key, Next::Delivered, true)])).await;
    assert_eq!(settled.settles[0].state.name(), "delivered");
    assert!(c.due(endpoint).await.is_empty());
}

pub(crate) fn end_lease(database: &Database, number: NodeNumber) {
    let sql = format!("UPDATE postrider.node SET lease = '0' WHERE number = {} RETURNING number", number.0);
    assert_eq!(database.ask(&sql).len(), 1);
}

#[tokio::test]
async fn who_leaves_frees_its_slots_at_once_and_is_taken_over() {
    let Some(database) = Database::new() else { return };
    let mut a = first(&database).await;
    let b = another(&database, &a).await;
    let endpoint = a.endpoint().await;
    a.claim_all().await;
    let lost = a.deliver(endpoint, Place::Lane).await;
    a.store.leave().await.unwrap();
    let view = b.store.beat(Beat::default()).await.unwrap();
    assert_eq!((view.free, view.nodes[0].fresh), (SlotSet::ALL, false));
    let buried = b.store.bury(a.joined.number, NOW).await.unwrap().unwrap();
    assert_eq!(buried.moved, 1);
    assert_eq!(b.due(endpoint).await, [lost.event.0]);
}

#[tokio::test]
async fn news_leave_nothing_out_that_an_older_transaction_commits_late() {
    let Some(database) = Database::new() else { return };
    let mut a = first(&database).await;
    let b = another(&database, &a).await;
    let endpoint = a.endpoint().await;
    b.claim_all().await;
    let query = |after| NewsQuery { after, slots: SlotSet::ALL, limit: 2, body_bytes: 1 << 20 };
    let start = b.store.news(query(None)).await.unwrap();
    assert!(start.deliveries.is_empty());
    // A row of an older transaction that is not committed yet, written by a third node.
    let first_key = a.deliver(endpoint, Place::Due(NOW)).await;
    let (client, connection) = tokio_postgres::connect(database.url(), tokio_postgres::NoTls).await.unwrap();
    let driver = tokio::task::JoinSet::from_iter([connection]);
    client
        .batch_execute(
            "BEGIN; INSERT INTO postrider.pending (event, endpoint, tenant, due, xact, step, attempts, class, slot,
                 writer, flags, parked, scheduled)
             SELECT event + 500, endpoint, tenant, due, pg_current_xact_id()::text::bigint, 0, 0, class, slot, 9, flags,
                 false, false FROM postrider.pending",
        )
        .await
        .unwrap();
    let mut seen = Vec::new();
    let mut after = start.next;
    let mut read = async |seen: &mut Vec<i64>| {
        loop {
            let news = b.store.news(query(Some(after))).await.unwrap();
            seen.extend(news.deliveries.iter().map(|(_, delivery)| delivery.event.0));
            after = news.next;
            if !news.more {
                return news.signals;
            }
        }
    };
    read(&mut seen).await;
    assert_eq!(seen, [first_key.event.0]);
    let mut later = Vec::new();
    for _ in 0..5 {
        later.push(a.deliver(endpoint, Place::Due(NOW)).await.event.0);
    }
    seen.clear();
    read(&mut seen).await;
    assert_eq!(seen, later, "what is newer than the open one comes, in pages");
    client.batch_execute("COMMIT").await.unwrap();
    seen.clear();
    read(&mut seen).await;
    assert_eq!(seen, [first_key.event.0 + 500], "and so does what was committed late, alone");
    let cancel = Change::Cancel { delivery: first_key };
    let done = a.commit(Batch { changes: vec![cancel], ..Batch::default() }).await;
    assert_eq!(done.changes, [ChangeOutcome::Done { released: None }]);
    assert_eq!(read(&mut seen).await, [Signal::Cancelled(first_key)]);
    assert!(read(&mut seen).await.is_empty(), "once");
    drop((client, driver));
}

#[tokio::test]
async fn a_ring_wakes_the_other_within_a_tenth_of_a_second() {
    let Some(database) = Database::new() else { return };
    let a = first(&database).await;
    let b = another(&database, &a).await;
    // Opens the session that listens; what rang before does not matter.
    b.store.rung().await;
    a.store.rung().await;
    for _ in 0..3 {
        let waiting = std::pin::pin!(b.store.rung());
        let begun = Instant::now();
        for _ in 0..50 {
            a.store.ring();
        }
        waiting.await;
        assert!(begun.elapsed() < Duration::from_millis(100), "{:?}", begun.elapsed());
    }
    let begun = Instant::now();
    a.store.ring();
    a.store.rung().await;
    assert!(begun.elapsed() > Duration::from_millis(500), "nobody hears himself: {:?}", begun.elapsed());
}

#[tokio::test]
async fn behind_a_pooler_it_is_time_to_look_ten_times_a_second() {
    let Some(database) = Database::new() else { return };
    let mut a = first_on(database.url(), true).await;
    let b = another_on(database.url(), true, &a).await;
    let endpoint = a.endpoint().await;
    b.claim_all().await;
    let start = b.store.news(NewsQuery::default()).await.unwrap().next;
    let key = a.deliver(endpoint, Place::Due(NOW)).await;
    a.store.ring();
    let begun = Instant::now();
    b.store.rung().await;
    assert!(begun.elapsed() < Duration::from_millis(200), "{:?}", begun.elapsed());
    let query = NewsQuery { after: Some(start), slots: SlotSet::ALL, limit: 10, body_bytes: 0 };
    let news = b.store.news(query).await.unwrap();
    assert_eq!(news.deliveries[0].1.event, key.event);
    let listening = database
        .ask("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'");
    assert!(listening.is_empty());
}

#[tokio::test]
async fn no_follower_of_an_ordered_key_waits_for_ever_whoever_writes_at_once() {
    let Some(database) = Database::new() else { return };
    let mut a = first(&database).await;
    let mut b = another(&database, &a).await;
    let endpoint = a.endpoint().await;
    a.claim_all().await;
    for round in 0..60 {
        let ordered = Place::Ordered { key: round, due: NOW };
        let head = a.deliver(endpoint, ordered).await;
        let event = b.event(vec![NewDelivery { endpoint, place: ordered }]).await;
        let follower = event.ordinal.0;
        let (ended, appended) = tokio::join!(
            a.store.commit(settling(vec![settle(head, Next::Delivered, false)])),
            b.store.commit(appending(vec![event])),
        );
        ended.unwrap();
        appended.unwrap();
        assert_eq!(a.due(endpoint).await, [follower], "round {round}");
        let key = postrider_model::delivery::DeliveryKey {
            event: postrider_model::id::Ordinal(follower),
            endpoint,
        };
        a.commit(settling(vec![settle(key, Next::Delivered, false)])).await;
    }
}

#[tokio::test]
async fn a_follower_that_a_crash_left_parked_goes_on_when_its_slot_is_claimed() {
    let Some(database) = Database::new() else { return };
    let mut a = first(&database).await;
    let endpoint = a.endpoint().await;
    let ordered = Place::Ordered { key: 1, due: NOW };
    let (head, follower) = (a.deliver(endpoint, ordered).await, a.deliver(endpoint, ordered).await);
    // As if the process had ended between the commit and the look after it.
    let gone = database
        .ask(&format!("DELETE FROM postrider.pending WHERE event = {} RETURNING event", head.event.0));
    assert_eq!(gone.len(), 1);
    assert!(a.due(endpoint).await.is_empty());
    let claimed = a.store.claim(SlotSet::ALL, NOW).await.unwrap();
    assert_eq!(claimed.backlog, [(endpoint, NOW)]);
    assert_eq!(a.due(endpoint).await, [follower.event.0]);
}
