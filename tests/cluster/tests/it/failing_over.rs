//! The primary of PostgreSQL dies, and its synchronous standby is promoted.

use std::time::{Duration, Instant};

use postrider_cluster_tests::{Cluster, Load, Shape};
use tokio::time::sleep;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_nodes_follow_a_promoted_standby_by_themselves_and_nothing_answered_202_is_lost() {
    let Some(mut primary) = super::postgres() else { return };
    let standby = primary.standby("spare");
    primary.require_standby("spare");
    let cluster = Cluster::start_on(&primary, &[primary.port(), standby.port()], 2).await;
    let shape = Shape::default();
    let mut load = Load::prepare(&cluster, shape).await;
    load.begin(&cluster.product.clone());
    sleep(Duration::from_secs(4)).await;

    let before = load.account.answers();
    let began = Instant::now();
    primary.kill();
    standby.promote();
    let promoted = began.elapsed();
    sleep(Duration::from_secs(20)).await;
    let (longest, _) = super::worst(&load.account.gaps(began, Instant::now()));
    let after = load.account.answers();
    println!(
        "standby promoted after {:.2} s: no 202 for {:.2} s at most, longest time without a delivery of an endpoint {:.2} s",
        promoted.as_secs_f64(),
        load.account.longest_refusal().as_secs_f64(),
        longest.as_secs_f64()
    );
    assert!(after > before + 100, "events are accepted again: {before}, then {after}");

    let account = load.end().await;
    println!("{} events answered 202, all received; {} duplicates", account.answers(), account.duplicates());
    let disorder = account.disorder(Shape::is_ordered);
    assert!(disorder.is_empty(), "{} out of order, the first {:?}", disorder.len(), disorder.first());
}
