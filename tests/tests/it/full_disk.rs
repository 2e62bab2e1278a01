//! A full disk: 503, and nothing is lost that was answered 202.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use postrider_tests::{Launch, OnlyEmbedded, Product, Receiver, left_out, until};
use serde_json::{Value, json};

#[tokio::test]
async fn below_the_reserve_nothing_is_accepted_while_deliveries_go_on() {
    if left_out(OnlyEmbedded::Disk) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let launch = Launch::new(dir.path());
    let server = launch.start().await;
    let product = Product::create(&server, json!({"retry": {"schedule_seconds": [1, 1, 1, 1]}})).await;
    let receiver =
        Receiver::acting(|_, number| postrider_tests::Act::Answer(if number == 0 { 503 } else { 204 })).await;
    product.endpoint(&receiver.url()).await;
    product.send(json!({"n": 1})).await;
    receiver.wait_for(1).await;
    server.stop().await;

    let server = launch.arg("--min-free-bytes=9000000000000000000").start().await;
    let product = product.at(&server);
    let event = json!({"tenant": "t1", "type": "x", "data": 1});
    let refused = until("events are refused", || async {
        let reply = product.client.post("/v1/events", event.clone()).await;
        (reply.status == 503).then_some(reply)
    })
    .await;
    assert_eq!(refused.json()["code"], "overloaded");
    let seconds: u32 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!(seconds > 0);
    assert_eq!(product.client.get("/readyz").await.status, 503);
    // The retry of what was accepted before is still made and settled.
    receiver.wait_for(2).await;
    server.stop().await;
}

/// A small file system in memory; gone with the value.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    fn mount(at: &'a Path, size: &str) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let options = format!("size={size}");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(at).output();
        mount.is_ok_and(|output| output.status.success()).then_some(Self(at))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("--lazy").arg(self.0).status();
        assert!(unmounted.is_ok_and(|status| status.success()), "{} stays mounted", self.0.display());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_runs_full_gives_503_and_loses_nothing_that_was_answered_202() {
    if left_out(OnlyEmbedded::Disk) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let mount_point = dir.path().join("disk");
    let Some(_disk) = SmallDisk::mount(&mount_point, "24m") else {
        println!("skipped: only root may mount the small disk that this test fills");
        return;
    };
    let launch = Launch::new(dir.path()).data_dir(&mount_point.join("data")).arg("--min-free-bytes=0");
    let server = launch.start().await;
    let product = Product::create(&server, json!({})).await;
    let receiver = Receiver::start().await;
    product.endpoint(&receiver.url()).await;
    let ballast = mount_point.join("ballast");
    fs::write(&ballast, vec![1; 4 << 20]).unwrap();

    let mut wire = product.client.connect().await.unwrap();
    let mut accepted = Vec::new();
    let padding = "x".repeat(100_000);
    let refused = loop {
        let number = accepted.len();
        let event = json!({"tenant": "t1", "type": "x", "data": {"n": number, "padding": padding}});
        match wire.post_event(event.to_string()).await {
            Ok(reply) if reply.status == 202 => accepted.push(number),
            Ok(reply) => break reply,
            Err(error) => panic!("the server is gone after {number} events: {error}\n{}", launch.log()),
        }
        assert!(accepted.len() < 1_000, "a disk of 24 MiB took 100 MB");
    };
    assert_eq!(refused.status, 503, "{}", String::from_utf8_lossy(&refused.body));
    assert!(refused.headers.contains_key("retry-after"));
    println!("{} events accepted before the disk was full", accepted.len());

    // With room again everything goes on, in this process or after the next start.
    fs::remove_file(&ballast).unwrap();
    let number = accepted.len();
    let event = json!({"tenant": "t1", "type": "x", "data": {"n": number}});
    until("events are accepted again", || async {
        (product.client.post("/v1/events", event.clone()).await.status == 202).then_some(())
    })
    .await;
    accepted.push(number);
    let came = |arrived: &[postrider_tests::Delivery]| {
        let numbers: HashSet<u64> = arrived
            .iter()
            .map(|delivery| {
                serde_json::from_slice::<Value>(&delivery.body).unwrap()["data"]["n"].as_u64().unwrap()
            })
            .collect();
        accepted.iter().all(|number| numbers.contains(&(*number as u64)))
    };
    receiver.wait_until(came).await;
    server.stop().await;
}
