//! A replay as pages show it.

use std::collections::HashMap;

use maud::{Markup, html};
use postrider_http::App;
use postrider_model::id::EndpointKey;
use postrider_model::time::Millis;
use postrider_service::endpoint::NameEndpoints;
use postrider_service::ids;
use postrider_store::{Endpoint, Replay, ReplayStatus};

use crate::history::named;
use crate::page::Refusal;
use crate::view::{state, time};
use crate::visit::Visit;

/// A replay.
#[derive(Debug, Clone)]
pub(super) struct ReplayView {
    /// Its public id.
    pub(super) id: String,
    /// Its page.
    pub(super) address: String,
    /// Whose deliveries it reopens: name and page, while it has one.
    pub(super) endpoint: (String, Option<String>),
    /// Its tenant's id and page; unknown where the endpoint's row is gone.
    pub(super) tenant: Option<(String, String)>,
    /// Whether it goes on.
    pub(super) status: ReplayStatus,
    /// How many deliveries matched when it was made.
    pub(super) matched: u64,
    /// Reopened so far.
    pub(super) reopened: u64,
    /// Passed over so far.
    pub(super) skipped: u64,
    /// Reopened per second.
    pub(super) per_second: u32,
    /// Of events accepted at or after.
    pub(super) since: Option<Millis>,
    /// Of events accepted before.
    pub(super) until: Option<Millis>,
    /// In these states.
    pub(super) states: Vec<&'static str>,
    /// Of these types or patterns; empty for all.
    pub(super) types: Vec<String>,
    /// When it was made.
    pub(super) created_at: Millis,
    /// When it last moved.
    pub(super) moved_at: Millis,
}

/// Replays with their endpoints.
///
/// # Errors
/// Of the store.
pub(super) async fn views(
    app: &App,
    visit: &Visit,
    replays: Vec<Replay>,
) -> Result<Vec<ReplayView>, Refusal> {
    let keys = replays.iter().map(|replay| replay.selection.endpoint).collect();
    let endpoints = NameEndpoints { caller: &visit.caller, keys }.run(&app.engine).await?;
    Ok(replays.into_iter().map(|replay| ReplayView::of(visit, replay, &endpoints)).collect())
}

impl ReplayView {
    fn of(visit: &Visit, replay: Replay, endpoints: &HashMap<EndpointKey, Endpoint>) -> Self {
        let id = ids::show_replay(replay.id);
        let endpoint_id = visit.contract.endpoint_id_form().show(replay.endpoint_id.0);
        let found = endpoints.get(&replay.selection.endpoint);
        let page = found
            .filter(|endpoint| endpoint.deleted_at.is_none())
            .map(|endpoint| visit.links.webhook(&endpoint.tenant_id, &endpoint_id));
        let tenant =
            found.map(|endpoint| (endpoint.tenant_id.clone(), visit.links.tenant(&endpoint.tenant_id)));
        Self {
            address: visit.links.replay(&id),
            id,
            endpoint: (found.map_or(endpoint_id, named::short), page),
            tenant,
            status: replay.progress.status,
            matched: replay.matched,
            reopened: replay.progress.reopened,
            skipped: replay.progress.skipped,
            per_second: replay.per_second,
            since: replay.selection.since,
            until: replay.selection.until,
            states: replay.selection.states.iter().map(|state| state.name()).collect(),
            types: replay.selection.types,
            created_at: replay.created_at,
            moved_at: replay.progress.at,
        }
    }

    /// Its status as a badge.
    pub(super) fn badge(&self) -> Markup {
        match self.status {
            ReplayStatus::Running => state::badge("wait", "…", "running"),
            ReplayStatus::Done => state::badge("good", "✓", "done"),
            ReplayStatus::Cancelled => state::badge("none", "–", "cancelled"),
        }
    }

    /// How much of what matched was looked at, in percent. One that is done is wholly done, even if deliveries ended by
    /// themselves meanwhile.
    pub(super) fn percent(&self) -> u64 {
        match (self.status, self.matched) {
            (ReplayStatus::Done, _) => 100,
            (_, 0) => 0,
            _ => ((self.reopened + self.skipped).saturating_mul(100) / self.matched).min(100),
        }
    }

    /// Which deliveries it takes, in words.
    pub(super) fn takes(&self) -> Markup {
        html! {
            "Deliveries that were "
            @match self.states.as_slice() {
                [] => "made",
                [first, rest @ ..] => { (first) @for state in rest { " or " (state) } }
            }
            @if let Some(since) = self.since { ", of events accepted from " (time::at(since)) }
            @if let Some(until) = self.until {
                @if self.since.is_none() { ", of events accepted" }
                " before " (time::at(until))
            }
        }
    }
}

#[cfg(test)]
pub(super) mod samples {
    use super::*;
    use crate::samples::{Kind, hostile};

    /// A replay of that kind.
    pub(crate) fn view(kind: Kind) -> ReplayView {
        let text = if kind == Kind::Hostile { hostile() } else { "invoice.*".into() };
        let full = kind != Kind::Empty;
        ReplayView {
            id: "rpl_1".into(),
            address: "/portal/replays/rpl_1".into(),
            endpoint: (text.clone(), full.then(|| "/portal/webhooks/ep_1".into())),
            tenant: full.then(|| (text.clone(), "/dashboard/p/acme/live/tenants/t1".into())),
            status: if full { ReplayStatus::Running } else { ReplayStatus::Done },
            matched: if full { 1_200 } else { 0 },
            reopened: if full { 400 } else { 0 },
            skipped: u64::from(full) * 3,
            per_second: 50,
            since: full.then_some(Millis(1_769_077_800_000)),
            until: full.then_some(Millis(1_769_087_800_000)),
            states: if full { vec!["failed", "held"] } else { Vec::new() },
            types: if full { vec![text; 3] } else { Vec::new() },
            created_at: Millis(1_769_077_800_000),
            moved_at: Millis(1_769_077_808_000),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::Kind;

    #[test]
    fn progress_never_passes_the_whole() {
        let mut view = samples::view(Kind::Sample);
        assert_eq!(view.percent(), 33);
        view.skipped = 5_000;
        assert_eq!(view.percent(), 100);
        view.matched = 0;
        assert_eq!(view.percent(), 0);
        view.status = ReplayStatus::Done;
        assert_eq!(view.percent(), 100);
    }
}
