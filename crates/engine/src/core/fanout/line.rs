//! The fan-outs of one tenant, one after the other.

use std::collections::VecDeque;
use std::sync::Arc;

use postrider_model::id::{EndpointKey, Ordinal, TenantKey};
use postrider_model::time::Millis;
use postrider_store::{EventFlags, FanoutQuery};

use super::super::body::{BodyBudget, EventBody};
use crate::accept::Match;
use crate::plan::EndpointPlan;
use crate::upkeep::fanout::Planned;

/// Events whose match sets are read at once.
const EVENTS: usize = 32;

/// An event of which not everything is in memory.
#[derive(Debug)]
struct Waiting {
    event: Ordinal,
    /// How many of its match set are written, or in memory.
    done: u32,
    total: u32,
}

/// The next endpoints of an event.
#[derive(Debug)]
pub(super) struct Part {
    pub event: Ordinal,
    pub flags: EventFlags,
    pub deliver_at: Option<Millis>,
    pub body: Option<Arc<EventBody>>,
    /// How many of the match set come before.
    pub done: u32,
    pub total: u32,
    pub matches: VecDeque<Match>,
}

/// See the module. Pure: it is told what was read and written, and says what to read.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// In the order of acceptance.
    waiting: VecDeque<Waiting>,
    /// Read, and not in a commit yet; before everything that waits.
    loaded: VecDeque<Part>,
    /// Endpoints in `loaded`.
    matches: usize,
    loading: bool,
    /// What is being read is not to be used.
    stale: bool,
    /// Endpoints that changed while match sets are read.
    changed: Vec<(EndpointKey, Option<Arc<EndpointPlan>>)>,
    /// Parts in the commit that is on its way.
    busy: usize,
    /// The event of which the last part was read, for its next one.
    body: Option<(Ordinal, Arc<EventBody>)>,
}

impl Line {
    pub(super) fn push(&mut self, event: Ordinal, done: u32, total: u32) {
        self.waiting.push_back(Waiting { event, done, total });
    }

    /// A part of which nothing was written waits again, first of all.
    pub(super) fn back(&mut self, event: Ordinal, done: u32, total: u32) {
        match self.waiting.front_mut() {
            Some(first) if first.event == event => first.done = done,
            _ => self.waiting.push_front(Waiting { event, done, total }),
        }
    }

    /// Whether nothing of it is in memory, on its way there or to the disk.
    pub(super) fn is_at_rest(&self) -> bool {
        self.loaded.is_empty() && !self.loading && self.busy == 0
    }

    /// Whether nothing more waits in the store.
    pub(super) fn has_ended(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether there is nothing to write now.
    pub(super) fn is_empty(&self) -> bool {
        self.loaded.is_empty()
    }

    pub(super) fn wants_more(&self, chunk: usize) -> bool {
        !self.loading && !self.waiting.is_empty() && self.matches < chunk
    }

    pub(super) fn begin_load(&mut self, tenant: TenantKey, limit: usize) -> FanoutQuery {
        self.loading = true;
        let events = self.waiting.iter().take(EVENTS).map(|one| (one.event, one.done)).collect();
        let known = self.body.as_ref().map(|(event, _)| *event);
        FanoutQuery { tenant, events, known, limit }
    }

    fn end_load(&mut self) -> bool {
        self.loading = false;
        std::mem::take(&mut self.stale)
    }

    /// Takes in what was read; returns of each event that turned out to be gone how many deliveries it still had.
    pub(super) fn loaded(&mut self, parts: Vec<Planned>, budget: &Arc<BodyBudget>) -> Vec<u32> {
        let changed = std::mem::take(&mut self.changed);
        if self.end_load() {
            return Vec::new();
        }
        let mut gone = Vec::new();
        for Planned { part, matches } in parts {
            let Some(first) = self.waiting.front_mut().filter(|first| first.event == part.event) else {
                break;
            };
            let (total, left) = (first.total, first.total.saturating_sub(first.done));
            first.done += matches.len() as u32;
            if first.done >= total || matches.is_empty() {
                self.waiting.pop_front();
            }
            if matches.is_empty() {
                gone.push(left);
                continue;
            }
            if let Some(content) = part.content.filter(|_| budget.left() > 0) {
                self.body = Some((part.event, EventBody::new(content, budget)));
            }
            let body = self.body.as_ref().filter(|(event, _)| *event == part.event);
            self.matches += matches.len();
            self.loaded.push_back(Part {
                event: part.event,
                flags: part.flags,
                deliver_at: part.deliver_at,
                body: body.map(|(_, body)| Arc::clone(body)),
                done: part.done,
                total,
                matches: matches.into(),
            });
        }
        for (endpoint, plan) in &changed {
            self.replan(*endpoint, plan.as_ref());
        }
        gone
    }

    /// The events asked for could not be read: they are asked for again.
    pub(super) fn unread(&mut self) {
        self.changed.clear();
        self.end_load();
    }

    /// Another line's turn has come.
    pub(super) fn rest(&mut self) {
        self.body = None;
    }

    /// The next endpoints of one event, at most so many; they are on their way to the disk now.
    pub(super) fn take(&mut self, most: usize) -> Option<Part> {
        let first = self.loaded.front_mut()?;
        self.busy += 1;
        if first.matches.len() <= most {
            self.matches -= first.matches.len();
            return self.loaded.pop_front();
        }
        self.matches -= most;
        let matches: VecDeque<_> = first.matches.drain(..most).collect();
        let part = Part { body: first.body.clone(), matches, ..*first };
        first.done += most as u32;
        Some(part)
    }

    /// A part of it is on disk, or was not written after all.
    pub(super) fn landed(&mut self) {
        self.busy = self.busy.saturating_sub(1);
    }

    pub(super) fn replan(&mut self, endpoint: EndpointKey, plan: Option<&Arc<EndpointPlan>>) {
        for one in self.loaded.iter_mut().flat_map(|part| &mut part.matches) {
            if one.plan.key == endpoint {
                one.plan = match plan {
                    Some(plan) if plan.revision >= one.plan.revision => Arc::clone(plan),
                    Some(_) => continue,
                    None => Arc::new(one.plan.deleted()),
                };
            }
        }
        if self.loading {
            self.changed.push((endpoint, plan.cloned()));
        }
    }

    /// What is in memory goes back to the store: it is read anew.
    pub(super) fn unload(&mut self) {
        while let Some(part) = self.loaded.pop_back() {
            self.back(part.event, part.done, part.total);
        }
        self.matches = 0;
        self.stale = self.loading;
    }
}
