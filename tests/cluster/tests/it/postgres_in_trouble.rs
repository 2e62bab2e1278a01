//! PostgreSQL goes away and comes back under load.

use std::time::{Duration, Instant};

use postrider_cluster_tests::{Cluster, Load, Shape};
use postrider_tests::until;
use tokio::time::sleep;

const AWAY: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_postgresql_is_restarted_and_paused_for_half_a_minute_posts_are_refused_and_nothing_is_lost() {
    let Some(mut postgres) = super::postgres() else { return };
    let cluster = Cluster::start(&postgres, 2).await;
    let shape = Shape::default();
    let mut load = Load::prepare(&cluster, shape).await;
    load.begin(&cluster.product.clone());
    sleep(Duration::from_secs(2)).await;

    let began = Instant::now();
    postgres.stop();
    postgres.start();
    let restarted = began.elapsed();
    sleep(Duration::from_secs(5)).await;
    let (longest, _) = super::worst(&load.account.gaps(began, Instant::now()));
    println!(
        "PostgreSQL restarted in {:.2} s: longest time without a delivery of an endpoint {:.2} s",
        restarted.as_secs_f64(),
        longest.as_secs_f64()
    );

    let refused_before = load.refusals.lock().len();
    let began = Instant::now();
    postgres.pause();
    sleep(AWAY).await;
    let paused = load.refusals.lock().split_off(refused_before);
    let (resumed, before) = (Instant::now(), load.account.answers());
    postgres.resume();
    until("an event is accepted again", async || (load.account.answers() > before).then_some(())).await;
    let again = resumed.elapsed();
    sleep(Duration::from_secs(10)).await;
    let (longest, _) = super::worst(&load.account.gaps(began, Instant::now()));
    println!(
        "PostgreSQL paused for {} s: {} posts refused, the next 202 {:.2} s after it went on, longest time without a delivery of an endpoint {:.2} s",
        AWAY.as_secs(),
        paused.len(),
        again.as_secs_f64(),
        longest.as_secs_f64()
    );
    assert!(!paused.is_empty(), "posts are answered while the store is away");
    let wrong: Vec<_> = paused.iter().filter(|(status, retry)| *status != 503 || !retry).collect();
    assert!(wrong.is_empty(), "refused by 503 with Retry-After, and not by {wrong:?}");
    cluster.settled().await;

    let answered = load.account.answers();
    let account = load.end().await;
    println!("{answered} events answered 202, all received; {} duplicates", account.duplicates());
    let disorder = account.disorder(Shape::is_ordered);
    assert!(disorder.is_empty(), "{} out of order, the first {:?}", disorder.len(), disorder.first());
}
