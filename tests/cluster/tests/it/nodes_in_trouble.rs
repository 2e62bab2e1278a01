//! Nodes are killed, cut off and restarted under load.

use std::time::{Duration, Instant};

use postrider_cluster_tests::{Cluster, Load, Shape};
use tokio::time::sleep;

/// What befalls a node.
#[derive(Debug, Clone, Copy)]
enum Trouble {
    /// SIGKILL, and a start ten seconds later.
    Killed,
    /// No packet between it and the database for ten seconds.
    CutOff,
    /// SIGTERM, and a start when it has ended.
    Restarted,
}

/// How long it is watched after the trouble began.
const WATCHED: Duration = Duration::from_secs(14);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_answered_202_is_lost_and_order_holds_while_nodes_are_killed_cut_off_and_restarted() {
    let Some(postgres) = super::postgres() else { return };
    let mut cluster = Cluster::start(&postgres, 3).await;
    let shape = Shape::default();
    let mut load = Load::prepare(&cluster, shape).await;
    load.begin(&cluster.product.clone());
    sleep(Duration::from_secs(2)).await;
    let mut troubled = 0;
    for round in 1..=2 {
        for trouble in [Trouble::Killed, Trouble::CutOff, Trouble::Restarted] {
            let began = Instant::now();
            befall(&mut cluster, &load, troubled % 3, trouble).await;
            sleep(WATCHED.saturating_sub(began.elapsed())).await;
            cluster.settled().await;
            let (longest, many) = super::worst(&load.account.gaps(began, began + WATCHED));
            println!(
                "round {round}, node {} {trouble:?}: longest time without a delivery of an endpoint {:.2} s; {many} of {} waited longer than a second",
                troubled % 3 + 1,
                longest.as_secs_f64(),
                shape.tenants * shape.endpoints,
            );
            troubled += 1;
        }
    }
    let answered = load.account.answers();
    let refusal = load.account.longest_refusal();
    let account = load.end().await;
    println!(
        "{answered} events answered 202, all received by all {} endpoints of their tenants: {} deliveries, {} of them duplicates; no node answered 202 for {:.2} s at most",
        shape.endpoints,
        account.arrivals(),
        account.duplicates(),
        refusal.as_secs_f64(),
    );
    let disorder = account.disorder(Shape::is_ordered);
    assert!(disorder.is_empty(), "{} out of order, the first {:?}", disorder.len(), disorder.first());
    assert!(answered > 1_000, "{answered}");
}

async fn befall(cluster: &mut Cluster, load: &Load, node: usize, trouble: Trouble) {
    match trouble {
        Trouble::Killed => {
            cluster.nodes[node].kill().await;
            load.follow(cluster);
            sleep(Duration::from_secs(10)).await;
            cluster.nodes[node].start().await;
        }
        Trouble::CutOff => {
            cluster.nodes[node].proxy().silence();
            sleep(Duration::from_secs(10)).await;
            cluster.nodes[node].proxy().open();
        }
        Trouble::Restarted => {
            let others = cluster.nodes.iter().enumerate().filter(|(index, _)| *index != node);
            *load.addresses.lock() = others.map(|(_, other)| other.server().address).collect();
            cluster.nodes[node].stop().await;
            cluster.nodes[node].start().await;
        }
    }
    load.follow(cluster);
}
