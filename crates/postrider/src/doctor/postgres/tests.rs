use postrider_model::time::Millis;

use super::*;
use crate::doctor::report::Level;

fn healthy() -> Inspection {
    Inspection {
        server_version: "15.4".to_owned(),
        server_number: 150_004,
        database: "d".to_owned(),
        user: "u".to_owned(),
        encoding: "UTF8".to_owned(),
        is_standby: false,
        synchronous_commit: "on".to_owned(),
        synchronous_standby_names: String::new(),
        fsync: "on".to_owned(),
        full_page_writes: "on".to_owned(),
        max_connections: 97,
        connections: 1,
        may_create: true,
        schema_version: Some(1),
        oldest_reader: 1,
        known_version: 1,
        master_key_proof: None,
        now: Millis(0),
        notifies: Some(true),
    }
}

#[test]
fn a_server_that_will_do_is_told_so() {
    let seen = healthy();
    let found = [server(&seen), encoding(&seen), schema(&seen), connections(&seen, 18), skew(900)];
    assert!(found.iter().all(|finding| finding.level() == Level::Ok), "{found:?}");
    assert!(durability(&seen).iter().all(|finding| finding.level() == Level::Ok));
    assert_eq!(doorbell(&seen).unwrap().level(), Level::Ok);
}

#[test]
fn what_stands_in_the_way_is_told_with_what_to_do() {
    let with = |change: fn(&mut Inspection)| {
        let mut seen = healthy();
        change(&mut seen);
        seen
    };
    let failures = [
        server(&with(|seen| seen.server_number = 140_009)),
        server(&with(|seen| seen.is_standby = true)),
        encoding(&with(|seen| seen.encoding = "LATIN1".to_owned())),
        connections(&healthy(), 98),
        skew(-5_001),
        schema(&with(|seen| (seen.schema_version, seen.may_create) = (None, false))),
        schema(&with(|seen| (seen.schema_version, seen.oldest_reader) = (Some(3), 2))),
        durability(&with(|seen| seen.synchronous_commit = "off".to_owned())).remove(0),
    ];
    assert!(failures.iter().all(|finding| finding.level() == Level::Fail), "{failures:?}");
    let warnings = [
        connections(&with(|seen| seen.connections = 90), 18),
        skew(1_500),
        doorbell(&with(|seen| seen.notifies = Some(false))).unwrap(),
        durability(&with(|seen| seen.fsync = "off".to_owned())).remove(0),
        durability(&with(|seen| seen.full_page_writes = "off".to_owned())).remove(0),
        schema(&with(|seen| (seen.known_version, seen.schema_version) = (2, Some(1)))),
    ];
    assert!(warnings.iter().all(|finding| finding.level() == Level::Warn), "{warnings:?}");
}
