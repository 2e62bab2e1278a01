//! A webhook in few words: what lists and the heads of its pages show.

use maud::{Markup, html};
use postrider_model::endpoint::DisabledReason;
use postrider_model::time::Millis;
use postrider_service::endpoint::FoundEndpoint;

use crate::view::{shortened, shortened_text, state, time};

/// The longest name, URL or type that a list shows whole, in characters.
const MOST_CHARS: usize = 80;
/// The most types that a list names.
const MOST_TYPES: usize = 3;

/// A webhook.
#[derive(Debug, Clone, Default)]
pub(crate) struct Brief {
    /// Its public id.
    pub(crate) id: String,
    /// Its tenant.
    pub(crate) tenant: String,
    /// What its owner calls it; empty if nothing.
    pub(crate) name: String,
    /// Where its events go.
    pub(crate) url: String,
    /// Whether it gets events.
    pub(crate) enabled: bool,
    /// Since when every attempt failed.
    pub(crate) failing_since: Option<Millis>,
    /// Why it is disabled.
    pub(crate) disabled_reason: Option<DisabledReason>,
    /// Since when.
    pub(crate) disabled_at: Option<Millis>,
    /// The types and patterns it wants; none for all.
    pub(crate) types: Vec<String>,
    /// Whether a filter narrows them.
    pub(crate) filtered: bool,
    /// Start of the last attempt.
    pub(crate) last_attempt_at: Option<Millis>,
    /// The status of its answer.
    pub(crate) last_status: Option<u16>,
}

impl Brief {
    /// Of an endpoint.
    pub(crate) fn of(found: &FoundEndpoint) -> Self {
        let endpoint = &found.endpoint;
        Self {
            id: found.public_id(),
            tenant: endpoint.tenant_id.clone(),
            name: endpoint.config.name.clone().unwrap_or_default(),
            url: endpoint.config.url.clone(),
            enabled: endpoint.enabled,
            failing_since: endpoint.failing_since,
            disabled_reason: endpoint.disabled_reason,
            disabled_at: endpoint.disabled_at,
            types: endpoint.config.event_types.clone(),
            filtered: endpoint.config.filter.is_some(),
            last_attempt_at: endpoint.last_attempt_at,
            last_status: endpoint.last_status,
        }
    }

    /// What it is called: its name, or where it goes.
    pub(crate) fn title(&self) -> String {
        let title =
            if self.name.is_empty() { self.url.split("://").last().unwrap_or_default() } else { &self.name };
        shortened_text(title, MOST_CHARS)
    }

    /// Its name, a link to its page, with the URL below.
    pub(crate) fn headline(&self, address: &str) -> Markup {
        html! {
            a.strong href=(address) { bdi { (self.title()) } }
            @if !self.name.is_empty() { div.soft.mono { (shortened(&self.url, MOST_CHARS)) } }
        }
    }

    /// Whether it gets events, and why not.
    pub(crate) fn status(&self) -> Markup {
        let reason = match self.disabled_reason {
            Some(DisabledReason::Failures) => "after failures",
            Some(DisabledReason::Gone) => "answered 410 Gone",
            Some(DisabledReason::Manual) | None => "",
        };
        html! {
            (state::endpoint(self.enabled, self.failing_since.is_some()))
            @if !self.enabled && !reason.is_empty() { div.soft { (reason) } }
            @if self.enabled { @if let Some(since) = self.failing_since { div.soft { "since " (time::at(since)) } } }
        }
    }

    /// The types it wants.
    pub(crate) fn wants(&self) -> Markup {
        html! {
            @if self.types.is_empty() { "All events" }
            @for (index, name) in self.types.iter().take(MOST_TYPES).enumerate() {
                @if index > 0 { " " }
                span.piece { (shortened(name, MOST_CHARS)) @if index + 1 < self.types.len() { "," } }
            }
            @if let Some(more) = self.types.len().checked_sub(MOST_TYPES + 1) { " " span.soft { "and " (more + 1) " more" } }
            @if self.filtered { div.soft { "filtered" } }
        }
    }

    /// When it was last sent to, and what came of it.
    pub(crate) fn last_delivery(&self) -> Markup {
        match (self.last_attempt_at, self.last_status) {
            (None, _) => html! { span.none { "never" } },
            (Some(at), Some(status)) => {
                html! { (time::at(at)) div.soft { (crate::history::words::status(status)) } }
            }
            (Some(at), None) => html! { (time::at(at)) div.soft { "no answer" } },
        }
    }
}

#[cfg(test)]
pub(crate) mod samples {
    use super::*;
    use crate::samples::{Kind, hostile};

    /// Webhooks of that kind.
    pub(crate) fn briefs(kind: Kind) -> Vec<Brief> {
        let at = Some(Millis(1_769_077_800_123));
        let one = Brief {
            id: "ep_1".into(),
            tenant: "t1".into(),
            name: "Production Webhook".into(),
            url: "https://your-app.com/webhooks/scopien".into(),
            enabled: true,
            types: vec!["opportunity.updated".into(), "lead.*".into()],
            last_attempt_at: at,
            last_status: Some(200),
            ..Brief::default()
        };
        match kind {
            Kind::Empty => Vec::new(),
            Kind::Sample => vec![
                one.clone(),
                Brief {
                    id: "ep_2".into(),
                    name: String::new(),
                    failing_since: at,
                    last_status: None,
                    types: ["a.b", "c.d", "e.f", "g.h", "i.j"].map(str::to_owned).to_vec(),
                    filtered: true,
                    ..one.clone()
                },
                Brief {
                    id: "ep_3".into(),
                    enabled: false,
                    disabled_reason: Some(DisabledReason::Failures),
                    disabled_at: at,
                    types: Vec::new(),
                    last_attempt_at: None,
                    ..one
                },
            ],
            Kind::Hostile => vec![Brief {
                id: hostile(),
                tenant: hostile(),
                name: hostile(),
                url: hostile(),
                types: vec![hostile(); 4],
                last_status: Some(999),
                ..one
            }],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_without_a_name_is_called_by_where_it_goes() {
        let brief = Brief { url: "https://a.example/x".into(), ..Brief::default() };
        assert_eq!(brief.title(), "a.example/x");
        assert_eq!(Brief { name: "Main".into(), ..brief }.title(), "Main");
    }

    #[test]
    fn a_list_names_the_first_types() {
        let types = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        let wants = Brief { types, ..Brief::default() }.wants().into_string();
        assert!(wants.contains("and 1 more"), "{wants}");
        assert!(Brief::default().wants().into_string().contains("All events"));
    }
}
