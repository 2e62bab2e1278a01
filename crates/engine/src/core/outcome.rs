//! What comes after an attempt: the delivery's next state, the lane's window and breaker, the endpoint's health.

use postrider_courier::BodyCut;
use postrider_model::delivery::{Attempt, DeliveryKey};
use postrider_model::endpoint::DisabledReason;
use postrider_model::health::AttemptSeen;
use postrider_model::retry_after;
use postrider_model::time::Millis;
use postrider_store::{HealthWrite, Next, Settle};

use super::Core;
use super::lane::{Item, Items, Lane};
use super::soon::SOON;
use crate::attempt::{Done, Ended, Sent};
use crate::plan::EndpointPlan;
use crate::ports::Rng;
use crate::upkeep::project_stats::Attempted;

/// The error of a delivery that could not be attempted for too long (DESIGN 2.3).
pub(crate) const ENDPOINT_UNAVAILABLE: &str = "endpoint_unavailable";
/// The error of a delivery whose history ends (DESIGN 4.4).
pub(crate) const EXPIRED: &str = "expired";

/// A record for a delivery that was given up without a request.
fn unattempted(number: u32, now: Millis, error: &str) -> Attempt {
    Attempt {
        number,
        started_at: now,
        latency_ms: 0,
        response_status: None,
        error: Some(error.to_owned()),
        success: false,
        excerpt: bytes::Bytes::new(),
        note: Some("no request was made".to_owned()),
    }
}

/// What an attempt says of its endpoint.
struct Verdict {
    success: bool,
    timed_out: bool,
    unreachable: bool,
    /// A timeout, a connection error or a status that means "too much".
    slow: bool,
    /// The contract retries this kind of failure.
    retry: bool,
    /// The status says that the endpoint is gone for good.
    gone: bool,
}

impl Core {
    /// An attempt ended.
    pub(crate) fn attempt_ended(&mut self, done: Done, now: Millis) {
        let Done { plan, slow, url_number, items, test, ended, missing } = done;
        let endpoint = plan.key;
        for mut item in missing {
            if test.is_none() {
                self.landed(&plan, &mut item);
            }
            if !item.flags.test {
                self.shared.project_stats.given_up(plan.world(), self.shared.time.shown(now));
            }
            self.settle(
                &plan,
                item.event,
                Some(unattempted(item.attempts + 1, self.shared.time.shown(now), EXPIRED)),
                Next::Failed,
                item.fresh,
                item.key,
                now,
            );
        }
        match ended {
            Ended::NotBegun { .. } if test.is_some() => self.test_not_begun(&plan, items, now),
            Ended::NotBegun { store_failed } => self.not_begun(&plan, items, url_number, store_failed, now),
            Ended::Sent(sent) => match test {
                Some(reply) => self.test_ended(&plan, items, &sent, reply, now),
                None => self.request_ended(&plan, items, &sent, url_number, now),
            },
        }
        self.place_freed(slow, now);
        self.pump(endpoint, now);
        self.vacate(now);
    }

    fn landed(&mut self, plan: &EndpointPlan, item: &mut Item) {
        if let Some(lane) = self.lanes.get_mut(&plan.key) {
            lane.landed(item);
        }
    }

    /// A test send whose event cannot be read is over: one attempt (DESIGN 4.4).
    fn test_not_begun(&mut self, plan: &EndpointPlan, items: Items, now: Millis) {
        for item in items {
            let attempt = unattempted(1, self.shared.time.shown(now), "store_unavailable");
            self.settle(plan, item.event, Some(attempt), Next::Failed, item.fresh, None, now);
        }
    }

    fn not_begun(
        &mut self,
        plan: &EndpointPlan,
        items: Items,
        url_number: u32,
        store_failed: bool,
        now: Millis,
    ) {
        let Some(lane) = self.lanes.get_mut(&plan.key) else { return };
        let dropped = lane.request_unsent(items, url_number);
        if !lane.plan.enabled {
            self.hold_queue(plan.key, now);
        } else if store_failed {
            lane.pause_until(now + std::time::Duration::from_secs(1));
        }
        for event in dropped {
            self.low_water.remove(event);
        }
        if !self.owns(plan.key) {
            self.unload(plan.key);
        }
    }

    fn test_ended(
        &mut self,
        plan: &EndpointPlan,
        items: Items,
        sent: &Sent,
        reply: super::dispatch::TestReply,
        now: Millis,
    ) {
        let verdict = judge(plan, sent);
        if let Some(item) = items.into_iter().next() {
            let attempt = record(&item, sent, &verdict);
            let next = if verdict.success { Next::Delivered } else { Next::Failed };
            self.settle(plan, item.event, Some(attempt.clone()), next, item.fresh, None, now);
            self.pending.hurry();
            let _ = reply.send((item.event, attempt));
        }
    }

    fn request_ended(
        &mut self,
        plan: &EndpointPlan,
        items: Items,
        sent: &Sent,
        url_number: u32,
        now: Millis,
    ) {
        let mut verdict = judge(plan, sent);
        self.shared.metrics.attempt(verdict.success, sent.report.latency);
        let test = items.iter().all(|item| item.flags.test);
        let mut attempted =
            Attempted { success: verdict.success, latency: sent.report.latency, ..Attempted::default() };
        let Some(lane) = self.lanes.get_mut(&plan.key) else {
            attempted.delivered = if verdict.success { items.len() as u64 } else { 0 };
            if !test {
                self.shared.project_stats.attempted(plan.world(), sent.started_at, &attempted);
            }
            return self.ended_for_others(plan, items, sent, &verdict, now);
        };
        lane.touched_at = now;
        let here = lane.request_ended(url_number);
        if here {
            lane.slow = verdict.timed_out;
            adapt(lane, &verdict, &*self.shared.rng, now);
        } else if verdict.gone {
            // What an endpoint's old URL said of itself does not hold for its new one (DESIGN 4.4).
            (verdict.gone, verdict.retry) = (false, true);
        }
        let enabled = lane.plan.enabled;
        let mut exhausted_since = None;
        let mut exhausted_attempts = 0;
        let notice = items.iter().all(|item| item.flags.notice);
        for mut item in items {
            self.landed(plan, &mut item);
            // A test gets one attempt (DESIGN 4.4), also where it came through the lane.
            let next = if item.flags.test && !verdict.success {
                Next::Failed
            } else {
                self.next(plan, &item, sent, &verdict, enabled, now)
            };
            let attempt = record(&item, sent, &verdict);
            attempted.held += u64::from(next == Next::Held);
            if next == Next::Failed {
                attempted.exhausted += 1;
                exhausted_since = Some(item.first_attempt_at.unwrap_or(sent.started_at));
                exhausted_attempts = item.step + 1;
                self.shared.metrics.exhausted.inc();
            }
            if next == Next::Delivered {
                attempted.delivered += 1;
                self.shared.metrics.delivered.inc();
            }
            self.settle(plan, item.event, Some(attempt), next, item.fresh, item.key, now);
            if let Next::Due { at, step } = next {
                self.keep_retry(plan, item, sent.started_at, at, step, now);
            }
        }
        if test {
            return;
        }
        self.shared.project_stats.attempted(plan.world(), sent.started_at, &attempted);
        self.shared.stats.count(
            plan.key,
            sent.started_at,
            verdict.success,
            exhausted_since.is_some(),
            sent.report.latency,
        );
        if here && !notice {
            self.note_health(plan, sent, &verdict, exhausted_since, exhausted_attempts, now);
        }
    }

    /// An attempt of a lane that is gone, for others took over its slot: they need to know of a success only, so that
    /// they do not make it again.
    fn ended_for_others(
        &mut self,
        plan: &EndpointPlan,
        items: Items,
        sent: &Sent,
        verdict: &Verdict,
        now: Millis,
    ) {
        for item in items.into_iter().filter(|_| verdict.success) {
            self.shared.metrics.delivered.inc();
            let attempt = record(&item, sent, verdict);
            self.settle(plan, item.event, Some(attempt), Next::Delivered, false, item.key, now);
        }
    }

    /// Ends a delivery without an attempt.
    pub(crate) fn give_up(&mut self, plan: &EndpointPlan, item: &Item, error: &str, now: Millis) {
        let shown = self.shared.time.shown(now);
        let attempt = unattempted(item.attempts + 1, shown, error);
        self.settle(plan, item.event, Some(attempt), Next::Failed, item.fresh, item.key, now);
        self.shared.metrics.exhausted.inc();
        self.shared.stats.given_up(plan.key, shown);
        if !item.flags.test {
            self.shared.project_stats.given_up(plan.world(), shown);
        }
        let Some(lane) = self.lanes.get_mut(&plan.key) else { return };
        let counts = error == ENDPOINT_UNAVAILABLE && !item.flags.notice && !item.flags.test;
        let since = item.first_attempt_at.unwrap_or(item.due);
        if counts && lane.plan.enabled && lane.health.after_giving_up(&lane.plan.policy.disable, since) {
            lane.last_failure = Some((item.attempts, "Endpoint unavailable".to_owned()));
            let write = lane.health_write(Some((DisabledReason::Failures, shown)));
            self.pending.push_health(write, now);
        }
    }

    /// The delivery's next state.
    fn next(
        &self,
        plan: &EndpointPlan,
        item: &Item,
        sent: &Sent,
        verdict: &Verdict,
        enabled: bool,
        now: Millis,
    ) -> Next {
        if verdict.success {
            return Next::Delivered;
        }
        if verdict.gone || !enabled {
            return Next::Held;
        }
        if !verdict.retry {
            return Next::Failed;
        }
        let step = item.step + 1;
        let Some(delay) = plan.policy.timetable.next_delay(step, self.shared.rng.fraction()) else {
            return Next::Failed;
        };
        let asked = asked_delay(plan, sent).unwrap_or_default();
        Next::Due { at: now + delay.max(asked), step }
    }

    /// Keeps a retry that is due soon in memory. Not one with a place in an order: its key decides what comes next.
    fn keep_retry(
        &mut self,
        plan: &EndpointPlan,
        item: Item,
        started_at: Millis,
        due: Millis,
        step: u32,
        now: Millis,
    ) {
        let Some(body) = item.body.as_ref().filter(|_| item.key.is_none()) else { return };
        let too_far = due.since(now) > SOON || body.content().expires_at <= due;
        // Half of the room for bodies is for events that were never attempted.
        let crowded = self.shared.bodies.left() < self.shared.bodies.limit() / 2;
        if too_far || crowded || !self.owns(plan.key) {
            return;
        }
        let first_attempt_at = if item.step == 0 { Some(started_at) } else { item.first_attempt_at };
        let attempts = item.attempts + 1;
        if let Some(lane) = self.lanes.get_mut(&plan.key) {
            let retry = Item { fresh: false, late: false, due, step, attempts, first_attempt_at, ..item };
            lane.keep_soon(retry, &self.soon_places);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of a settle, named by its fields")]
    fn settle(
        &mut self,
        plan: &EndpointPlan,
        event: postrider_model::id::Ordinal,
        attempt: Option<Attempt>,
        next: Next,
        fresh: bool,
        key: Option<u64>,
        now: Millis,
    ) {
        let delivery = DeliveryKey { event, endpoint: plan.key };
        // Somebody waits behind an ordered key's head.
        let urgent = key.is_some();
        self.pending.push_settle(Settle { delivery, attempt, next, fresh, key }, now, urgent);
    }

    fn note_health(
        &mut self,
        plan: &EndpointPlan,
        sent: &Sent,
        verdict: &Verdict,
        exhausted_since: Option<Millis>,
        attempts: u32,
        now: Millis,
    ) {
        let Some(lane) = self.lanes.get_mut(&plan.key) else { return };
        let change = lane.health.after(
            &lane.plan.policy.disable,
            &AttemptSeen {
                started_at: sent.started_at,
                success: verdict.success,
                status: sent.report.status,
                exhausted_since,
                ended_at: sent.ended_at(),
            },
        );
        let reason = if verdict.gone {
            Some(DisabledReason::Gone)
        } else {
            change.disable.then_some(DisabledReason::Failures)
        };
        let disable = reason.filter(|_| lane.plan.enabled).map(|reason| (reason, sent.ended_at()));
        if disable.is_some() {
            let failures = if attempts > 0 { attempts } else { lane.health.failure_count };
            lane.last_failure = Some((failures, failure_title(sent)));
        }
        // The last attempt's time alone waits for housekeeping, which bounds how many rows it writes in a second:
        // with ten thousand busy endpoints one write per attempt would cost more than the deliveries.
        lane.health_dirty = true;
        let turned = change.streak && (verdict.success || lane.health.failure_count == 1);
        if turned || disable.is_some() {
            let write = lane.health_write(disable);
            self.pending.push_health(write, now);
        }
    }
}

impl Lane {
    /// What the store is to know of the endpoint's health.
    pub(crate) fn health_write(&mut self, disable: Option<(DisabledReason, Millis)>) -> HealthWrite {
        self.health_dirty = false;
        HealthWrite {
            endpoint: self.plan.key,
            failure_count: self.health.failure_count,
            failing_since: self.health.failing_since,
            last_success_at: self.health.last_success_at,
            last_attempt_at: self.health.last_attempt_at,
            last_status: self.health.last_status,
            disable,
        }
    }
}

/// The window narrows on what means overload, the breaker opens on what means unreachable (DESIGN 2.3).
fn adapt(lane: &mut Lane, verdict: &Verdict, rng: &dyn Rng, now: Millis) {
    if verdict.slow {
        lane.window().on_slow();
    } else if verdict.success {
        lane.window().on_success();
    } else {
        lane.window().on_failure();
    }
    if let Some(breaker) = lane.breaker() {
        if verdict.unreachable { breaker.on_unreachable(now, rng.fraction()) } else { breaker.on_success() }
    }
}

fn judge(plan: &EndpointPlan, sent: &Sent) -> Verdict {
    let report = &sent.report;
    let timed_out = report.failure.as_ref().is_some_and(postrider_courier::Failure::is_timeout)
        || report.body_cut == Some(BodyCut::Deadline);
    let connection = report.failure.as_ref().is_some_and(postrider_courier::Failure::is_connection);
    let success =
        report.failure.is_none() && report.status.is_some_and(|status| plan.success.contains(status));
    let unreachable = report.status.is_none() && (timed_out || connection);
    Verdict {
        success,
        timed_out,
        unreachable,
        slow: timed_out
            || connection
            || report.status.is_some_and(|status| plan.policy.slow_on.contains(&status)),
        retry: plan.retries(report),
        gone: report.status.is_some_and(|status| plan.policy.disable_on.contains(&status)),
    }
}

/// How long the receiver asked to be left alone, where the contract heeds it (RFC 9110, 10.2.3; DESIGN 4.4).
fn asked_delay(plan: &EndpointPlan, sent: &Sent) -> Option<std::time::Duration> {
    let heeded = plan.policy.retry_after && matches!(sent.report.status, Some(429 | 503));
    let value = sent.report.retry_after.as_ref().filter(|_| heeded)?;
    retry_after::parse(value.to_str().ok()?, sent.ended_at())
}

fn record(item: &Item, sent: &Sent, verdict: &Verdict) -> Attempt {
    let report = &sent.report;
    let error = if verdict.success {
        None
    } else {
        Some(report.failure.as_ref().map_or("http_status", |failure| failure.code()).to_owned())
    };
    let note = match (&report.failure, report.body_cut) {
        (Some(failure), _) => Some(failure.to_string()),
        (None, Some(cut)) => Some(format!("response body cut: {}", cut.code())),
        (None, None) => None,
    };
    Attempt {
        number: item.attempts + 1,
        started_at: sent.started_at,
        latency_ms: u32::try_from(report.latency.as_millis()).unwrap_or(u32::MAX),
        response_status: report.status,
        error,
        success: verdict.success,
        excerpt: report.excerpt.clone(),
        note,
    }
}

/// A failure in words for people: `Connection timeout`, `HTTP 503`.
fn failure_title(sent: &Sent) -> String {
    match (&sent.report.failure, sent.report.status) {
        (Some(failure), _) => failure.title().to_owned(),
        (None, Some(status)) => format!("HTTP {status}"),
        (None, None) => "No answer".to_owned(),
    }
}
