//! Counts what happened in a project's mode.

use std::time::Duration;

use postrider_engine::Engine;
use postrider_model::time::Millis;
use postrider_store::{ProjectSum, SeenBacklog};

use super::span::Span;
use crate::{Caller, ServiceError};

const MINUTE_MS: i64 = 60_000;
/// Each node looks once a second and writes every ten: after this time every node has written something of a minute.
const WRITTEN_WITHIN: Duration = Duration::from_secs(15);

/// Which counts.
#[derive(Debug)]
pub struct CountProject<'a> {
    /// Who asks; its mode's counts.
    pub caller: &'a Caller,
    /// From here; the minute it lies in counts whole. Without it: a day before `until`.
    pub since: Option<Millis>,
    /// To here, exclusive. Without it: now.
    pub until: Option<Millis>,
    /// The length of one step. Without it: an hour.
    pub step_minutes: Option<u32>,
}

/// A project's counts.
#[derive(Debug)]
pub struct CountedProject {
    /// From here.
    pub since: Millis,
    /// To here.
    pub until: Millis,
    /// The length of one step.
    pub step_minutes: u32,
    /// All steps together.
    pub total: ProjectSum,
    /// The steps in which something happened, oldest first; see [`begins_at`].
    pub steps: Vec<ProjectSum>,
    /// What waits now, at most a quarter of a minute ago; `until` does not matter.
    pub backlog: SeenBacklog,
}

impl CountProject<'_> {
    /// Counts. What happened in the last ten seconds may not be counted yet.
    ///
    /// # Errors
    /// [`ServiceError::Forbidden`] for a customer's key; [`ServiceError::Invalid`] for a span that is empty or has too
    /// many steps.
    pub async fn run(self, engine: &Engine) -> Result<CountedProject, ServiceError> {
        let Caller { project, mode, .. } = *self.caller;
        if self.caller.is_tenant() {
            let detail = "A customer's key does not see what happens in the whole project.";
            return Err(ServiceError::Forbidden(detail.to_owned()));
        }
        let now = engine.clock().now();
        let Span { since, until, step_minutes } =
            Span::of(self.since, self.until, self.step_minutes, now, engine.limits())?;
        let store = engine.store();
        let steps = store.project_stats(project, mode, since, until, step_minutes).await?;
        let mut total = ProjectSum::default();
        steps.iter().for_each(|step| total.add_later(step));
        let looked = now - WRITTEN_WITHIN;
        let looks = store.project_stats(project, mode, looked, looked + Duration::from_millis(1), 1).await?;
        let backlog = looks.first().and_then(|minute| minute.backlog).unwrap_or_default();
        Ok(CountedProject { since, until, step_minutes, total, steps, backlog })
    }
}

/// The beginning of a step.
pub fn begins_at(step: &ProjectSum) -> Millis {
    Millis(step.minute * MINUTE_MS)
}
