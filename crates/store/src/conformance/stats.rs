//! Statistics of projects.

use std::time::Duration;

use postrider_model::id::{Mode, ProjectKey};
use postrider_model::slot::NodeNumber;
use postrider_model::time::Millis;

use super::Backend;
use super::world::{World, audit};
use crate::{ProjectStatRow, ProjectSum, SeenBacklog};

const MINUTE_MS: i64 = 60_000;

fn counted(accepted: u64, latency_ms: u64, waiting: u64) -> ProjectSum {
    let mut sum = ProjectSum {
        accepted,
        succeeded: 1,
        latency_ms,
        latency_max_ms: latency_ms,
        backlog: Some(SeenBacklog::seen(waiting, 0, 1_000 * waiting)),
        ..ProjectSum::default()
    };
    sum.latencies.record(Duration::from_millis(latency_ms));
    sum
}

fn row(w: &World, minute: i64, node: u8, sum: ProjectSum) -> ProjectStatRow {
    ProjectStatRow { project: w.project, mode: Mode::Live, minute, node: NodeNumber(node), sum }
}

async fn steps(w: &World, mode: Mode, from: i64, to: i64, step_minutes: u32) -> Vec<ProjectSum> {
    let minute = |minute: i64| Millis(minute * MINUTE_MS);
    w.store().project_stats(w.project, mode, minute(from), minute(to), step_minutes).await.unwrap()
}

pub async fn what_nodes_counted_of_a_project_adds_up(backend: Box<dyn Backend>) {
    let w = World::new(backend).await;
    let first = vec![row(&w, 100, 1, counted(5, 20, 7)), row(&w, 101, 1, counted(1, 1, 1))];
    w.store().add_project_stats(first).await.unwrap();
    // The same node later in the same minute, and another node.
    let second = vec![row(&w, 100, 1, counted(3, 400, 2)), row(&w, 100, 2, counted(2, 20, 4))];
    w.store().add_project_stats(second).await.unwrap();
    let minute = steps(&w, Mode::Live, 100, 101, 1).await;
    assert_eq!(minute.len(), 1);
    let minute = &minute[0];
    assert_eq!((minute.minute, minute.accepted, minute.succeeded), (100, 10, 3));
    assert_eq!((minute.latency_ms, minute.latency_max_ms, minute.latencies.total()), (440, 400, 3));
    let backlog = SeenBacklog {
        waiting: 2 + 4,
        waiting_max: 7 + 4,
        overflowing: 0,
        oldest_wait_ms: 4_000,
        oldest_wait_max_ms: 7_000,
    };
    assert_eq!(minute.backlog, Some(backlog));
    let all = steps(&w, Mode::Live, 96, 110, 5).await;
    let seen: Vec<_> = all.iter().map(|step| (step.minute, step.accepted)).collect();
    assert_eq!(seen, [(96, 10), (101, 1)]);
}

pub async fn counts_belong_to_their_project_and_mode(backend: Box<dyn Backend>) {
    let w = World::new(backend).await;
    let mut test = row(&w, 100, 0, counted(1, 1, 0));
    test.mode = Mode::Test;
    let mut other = row(&w, 100, 0, counted(2, 1, 0));
    other.project.0 += 1;
    let own = row(&w, 100, 0, counted(4, 1, 0));
    w.store().add_project_stats(vec![test, other, own]).await.unwrap();
    let accepted = async |mode| steps(&w, mode, 0, 200, 200).await[0].accepted;
    assert_eq!((accepted(Mode::Test).await, accepted(Mode::Live).await), (1, 4));
    assert!(steps(&w, Mode::Live, 101, 200, 1).await.is_empty());
}

pub async fn minutes_become_hours_after_eight_days_and_go_after_ninety(backend: Box<dyn Backend>) {
    const DAY: i64 = 24 * 60;
    let w = World::new(backend).await;
    let hour = w.now.0.div_euclid(60 * MINUTE_MS) * 60;
    let (gone, old, late) = (hour - 91 * DAY, hour - 9 * DAY, hour - 7 * DAY);
    let mut rows = vec![row(&w, gone, 0, counted(64, 1, 1))];
    // More than one step of upkeep takes, of two nodes.
    for minute in 0..1_200 {
        rows.push(row(&w, old + minute, 1, counted(1, 5, 2)));
        rows.push(row(&w, old + minute, 2, counted(2, 9, 3)));
    }
    rows.push(row(&w, late + 7, 1, counted(4, 1, 1)));
    w.store().add_project_stats(rows).await.unwrap();
    let before = steps(&w, Mode::Live, gone, hour, 60).await;
    w.tidy().await;
    assert_eq!(steps(&w, Mode::Live, gone, hour, 60).await, before[1..], "hours are what they were");
    let by_minute = steps(&w, Mode::Live, gone, hour, 1).await;
    let minutes: Vec<i64> = by_minute.iter().map(|step| step.minute).collect();
    let hours = (0..20).map(|hour| old + 60 * hour).chain([late + 7]);
    assert_eq!(minutes, hours.collect::<Vec<_>>());
    assert_eq!((by_minute[0].accepted, by_minute[0].latencies.total()), (180, 120));
    assert_eq!(by_minute[0].backlog.map(|backlog| backlog.waiting_max), Some(5));
}

pub async fn a_deleted_projects_counts_go(backend: Box<dyn Backend>) {
    let w = World::new(backend).await;
    let minute = w.now.0.div_euclid(MINUTE_MS);
    let mut test = row(&w, minute, 0, counted(1, 1, 0));
    test.mode = Mode::Test;
    let mut other = test.clone();
    other.project.0 += 1;
    w.store().add_project_stats(vec![row(&w, minute, 0, counted(1, 1, 0)), test, other]).await.unwrap();
    w.store().delete_project(w.project, audit("project.delete", w.now)).await.unwrap();
    w.tidy().await;
    for mode in [Mode::Live, Mode::Test] {
        assert!(steps(&w, mode, minute, minute + 1, 1).await.is_empty());
    }
    let others = ProjectKey(w.project.0 + 1);
    let (since, until) = (Millis(minute * MINUTE_MS), Millis(minute * MINUTE_MS + 1));
    let kept = w.store().project_stats(others, Mode::Test, since, until, 1).await.unwrap();
    assert_eq!(kept.len(), 1);
}
