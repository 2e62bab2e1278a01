use super::*;

const LOG: &str = "/live/a-wal";

fn written(honest: bool, seed: u64) -> (Disk, Inode) {
    let mut disk = Disk::new(Prng::new(seed), honest);
    let file = disk.open(Some(LOG), true).unwrap();
    disk.write(file, 0, &[1; 4_096]).unwrap();
    disk.sync(file).unwrap();
    disk.write(file, 0, &[2; 4_096]).unwrap();
    (disk, file)
}

/// What the whole file is full of; `None` where it is empty or holds several things.
fn content(disk: &mut Disk, file: Inode) -> Option<u8> {
    let sectors = sectors(disk, file);
    let first = *sectors.first()?;
    sectors.iter().all(|sector| *sector == first).then_some(first)?
}

/// What each sector is full of; `None` for garbage.
fn sectors(disk: &mut Disk, file: Inode) -> Vec<Option<u8>> {
    let mut bytes = vec![0; 4_096];
    let length = disk.read(file, 0, &mut bytes).unwrap();
    let whole = |sector: &[u8]| sector.iter().all(|byte| *byte == sector[0]).then(|| sector[0]);
    bytes[..length].chunks(512).map(whole).collect()
}

#[test]
fn a_process_that_ends_leaves_what_it_wrote() {
    let (mut disk, file) = written(true, 1);
    disk.stop();
    assert_eq!(disk.write(file, 0, &[3]), Err(Errno::Write));
    disk.process_ended();
    disk.start(None);
    assert_eq!(content(&mut disk, file), Some(2));
}

#[test]
fn a_power_loss_takes_unsynced_sectors_only() {
    let (mut old, mut new, mut garbage) = (0, 0, 0);
    for seed in 0..200 {
        let (mut disk, file) = written(true, seed);
        disk.power_lost();
        for sector in sectors(&mut disk, file) {
            match sector {
                Some(1) => old += 1,
                Some(2) => new += 1,
                _ => garbage += 1,
            }
        }
        disk.write(file, 0, &[3; 4_096]).unwrap();
        disk.sync(file).unwrap();
        disk.power_lost();
        assert_eq!(content(&mut disk, file), Some(3));
    }
    assert!(old > 0 && new > 0 && garbage > 0, "{old} old, {new} new, {garbage} garbage");
}

#[test]
fn a_lying_sync_keeps_nothing() {
    let lost = (0..50).filter(|seed| {
        let (mut disk, file) = written(false, *seed);
        disk.power_lost();
        sectors(&mut disk, file).is_empty()
    });
    assert!(lost.count() > 0);
}

#[test]
fn what_a_failed_sync_gave_up_can_be_read_until_the_process_ends() {
    let mut given_up = 0;
    for seed in 0..50 {
        let (mut disk, file) = written(true, seed);
        let plans = std::iter::repeat_with(|| Plan::of(&mut disk.prng)).flatten();
        let plan = plans
            .map(|plan| (plan.clone(), plan))
            .find_map(|(plan, mut tried)| tried.sync_fails().then_some(plan));
        disk.start(plan);
        assert_eq!(disk.sync(file), Err(Errno::Sync));
        assert_eq!(disk.fired(), Some(Fault::Sync));
        assert_eq!(content(&mut disk, file), Some(2));
        assert_eq!(disk.sync(file), Ok(()), "a second sync says nothing of what the first gave up");
        disk.process_ended();
        given_up += u32::from(content(&mut disk, file) == Some(1));
    }
    assert!(given_up > 0);
}
