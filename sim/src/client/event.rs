//! Posting events.

use bytes::Bytes;
use postrider_engine::accept::{mark_of, mark_of_batch};
use postrider_engine::{AcceptError, Accepted, EventIn};
use postrider_model::id::EndpointKey;
use postrider_store::IdempotencyMark;
use std::time::Duration;

use super::{Desk, tenant_id};
use crate::ledger::{Event, Fate, Number, Post};
use crate::prng::Prng;

const KINDS: [&str; 3] = ["deal.won", "deal.lost", "call.ended"];
const TEST_KIND: &str = "sim.test";

/// No event is scheduled further ahead than this.
pub(crate) const LONGEST_SCHEDULE_MS: i64 = 15_000;

/// The bytes of an event's `data`.
fn data(n: Number) -> Bytes {
    let pad = "x".repeat((n % 7) as usize * 40);
    Bytes::from(format!("{{\"n\":{n},\"pad\":\"{pad}\"}}"))
}

fn incoming(n: Number, event: &Event) -> EventIn {
    let data = data(n);
    EventIn {
        tenant: tenant_id(event.tenant),
        kind: event.kind.clone(),
        size: data.len(),
        data,
        changes: None,
        attributes: None,
        timestamp: None,
        ordering_key: event.key.clone(),
        deliver_at: event.deliver_at,
        idempotency: None,
    }
}

fn random(desk: &Desk, prng: &mut Prng) -> Event {
    let scheduled = prng.chance(0.06).then(|| prng.below(LONGEST_SCHEDULE_MS as u64));
    Event {
        tenant: prng.below(desk.tenants.len() as u64) as usize,
        kind: prng.pick(&KINDS).copied().unwrap_or(KINDS[0]).to_owned(),
        key: prng.chance(0.6).then(|| format!("key-{}", prng.below(3))),
        deliver_at: scheduled.map(|after_ms| desk.now() + Duration::from_millis(after_ms)),
        deliver_at_ms: scheduled.map(|after_ms| desk.clock.true_ms() + after_ms as i64),
        issued: 0,
        answered: None,
        fate: Fate::Unknown,
        test: None,
    }
}

/// Posts new events: one, a few together, or many in a row.
pub(super) async fn post(desk: &Desk, prng: &mut Prng) {
    let many = if desk.shape.bursts && prng.chance(0.15) { prng.within(20, 120) } else { 1 };
    let together = if prng.chance(0.2) { prng.within(2, 6) } else { 1 };
    for _ in 0..many {
        let numbers = {
            let mut ledger = desk.ledger.lock();
            let issued = ledger.tick();
            let mut numbers = Vec::new();
            for _ in 0..together {
                let n = ledger.events.len() as Number + 1;
                ledger.events.insert(n, Event { issued, ..random(desk, prng) });
                numbers.push(n);
            }
            ledger.posts.push(Post { numbers: numbers.clone(), idempotent: prng.chance(0.4) });
            ledger.posts.len() - 1
        };
        send(desk, numbers).await;
    }
}

/// Posts something again: what it was must come back, and nothing new.
pub(super) async fn repeat(desk: &Desk, prng: &mut Prng) {
    let index = {
        let ledger = desk.ledger.lock();
        let idempotent: Vec<_> = ledger
            .posts
            .iter()
            .enumerate()
            .filter(|(_, post)| post.idempotent)
            .map(|(index, _)| index)
            .collect();
        prng.pick(&idempotent).copied()
    };
    if let Some(index) = index {
        send(desk, index).await;
    }
}

async fn send(desk: &Desk, index: usize) {
    let (post, events) = {
        let ledger = desk.ledger.lock();
        let post = ledger.posts[index].clone();
        let mut events: Vec<_> =
            post.numbers.iter().filter_map(|n| Some(incoming(*n, ledger.events.get(n)?))).collect();
        let key = format!("post-{index}");
        let mut mark = None;
        if post.idempotent {
            let (single, batch) = marks(&key, &events);
            match events.as_mut_slice() {
                [event] => event.idempotency = Some(single),
                _ => mark = Some(batch),
            }
        }
        (post, (events, mark))
    };
    desk.note(format_args!("post {index}: {:?}", post.numbers));
    let answer = desk.engine.accept(desk.origin(), events.0, events.1).await;
    desk.note(format_args!("post {index} answered: {answer:?}"));
    answered(desk, &post, &answer);
}

fn marks(key: &str, events: &[EventIn]) -> (IdempotencyMark, IdempotencyMark) {
    let body: Vec<u8> = events.iter().flat_map(|event| event.data.iter().copied()).collect();
    (mark_of(key, &body), mark_of_batch(key, &body))
}

fn answered(desk: &Desk, post: &Post, answer: &Result<Vec<Accepted>, AcceptError>) {
    let mut ledger = desk.ledger.lock();
    let now = ledger.tick();
    match answer {
        Ok(accepted) if accepted.len() == post.numbers.len() => {
            ledger.answered += accepted.len() as u64;
            for (n, accepted) in post.numbers.iter().zip(accepted) {
                let Some(event) = ledger.events.get_mut(n) else { continue };
                match event.fate {
                    Fate::Accepted(before) if before != *accepted => {
                        ledger.violate(
                            "a repetition gets the same answer",
                            format!("event {n}: {before:?}, then {accepted:?}"),
                        );
                    }
                    Fate::Accepted(_) => {}
                    Fate::Unknown | Fate::Refused => {
                        event.fate = Fate::Accepted(*accepted);
                        event.answered = Some(now);
                    }
                }
            }
        }
        Ok(accepted) => {
            ledger.violate("every event is answered", format!("{:?}: {accepted:?}", post.numbers))
        }
        Err(AcceptError::Overloaded { .. }) => {
            for n in &post.numbers {
                let others = post.idempotent;
                let Some(event) = ledger.events.get_mut(n) else { continue };
                // A repetition may be on its way besides.
                if event.fate == Fate::Unknown && !others {
                    event.fate = Fate::Refused;
                }
            }
        }
        Err(AcceptError::Store(_)) => {}
        Err(error) => ledger.violate("what is valid is accepted", format!("{:?}: {error}", post.numbers)),
    }
    if ledger.violation.is_some() {
        desk.kernel.die();
    }
}

/// A known key with another body.
pub(super) async fn contradict(desk: &Desk, prng: &mut Prng) {
    let chosen = {
        let ledger = desk.ledger.lock();
        let known = |post: &Post| {
            post.idempotent
                && post.numbers.len() == 1
                && post
                    .numbers
                    .iter()
                    .all(|n| matches!(ledger.events.get(n), Some(Event { fate: Fate::Accepted(_), .. })))
        };
        let posts: Vec<_> = ledger
            .posts
            .iter()
            .enumerate()
            .filter(|(_, post)| known(post))
            .map(|(index, post)| (index, post.numbers[0]))
            .collect();
        prng.pick(&posts).and_then(|(index, n)| Some((*index, incoming(*n, ledger.events.get(n)?))))
    };
    let Some((index, mut event)) = chosen else { return };
    event.idempotency = Some(mark_of(&format!("post-{index}"), b"another"));
    match desk.engine.accept(desk.origin(), vec![event], None).await {
        Err(AcceptError::Conflict { .. } | AcceptError::Overloaded { .. } | AcceptError::Store(_)) => {}
        other => desk.violate("a key with another body conflicts", format!("post {index}: {other:?}")),
    }
}

/// A test send: one attempt at one endpoint, whatever its state.
pub(super) async fn test(desk: &Desk, prng: &mut Prng) {
    let (endpoint, n, event) = {
        let mut ledger = desk.ledger.lock();
        let alive: Vec<_> = ledger
            .endpoints
            .iter()
            .filter(|(_, seen)| !seen.busy && seen.last().is_some_and(|version| version.alive))
            .map(|(key, seen)| (*key, seen.tenant))
            .collect();
        let Some((endpoint, tenant)) = prng.pick(&alive).copied() else { return };
        let issued = ledger.tick();
        let n = ledger.events.len() as Number + 1;
        let event = Event {
            tenant,
            kind: TEST_KIND.to_owned(),
            key: None,
            deliver_at: None,
            deliver_at_ms: None,
            issued,
            answered: None,
            fate: Fate::Unknown,
            test: Some(endpoint),
        };
        ledger.events.insert(n, event.clone());
        (endpoint, n, event)
    };
    let sent = desk.engine.test_send(EndpointKey(endpoint), incoming(n, &event)).await;
    desk.note(format_args!(
        "test {n} of endpoint {endpoint}: {:?}",
        sent.as_ref().map(|sent| sent.attempt.success)
    ));
    let mut ledger = desk.ledger.lock();
    let now = ledger.tick();
    if let (Ok(sent), Some(event)) = (sent, ledger.events.get_mut(&n)) {
        event.fate = Fate::Accepted(Accepted { ordinal: sent.event, deliveries: 1 });
        event.answered = Some(now);
    }
}
