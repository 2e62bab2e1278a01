//! Webhooks that fail.

use maud::{Markup, html};
use postrider_http::App;
use postrider_model::time::Millis;
use postrider_service::Caller;
use postrider_service::endpoint::{FoundEndpoint, ListEndpoints};

use crate::page::Refusal;
use crate::view::table::Table;
use crate::view::{section, shortened, state, time};
use crate::visit::Visit;
use crate::webhooks;

/// As many as are shown.
const MOST: usize = 10;

/// Those whose last attempt failed, newest first.
#[derive(Debug)]
pub(super) struct Failing {
    rows: Vec<Row>,
    more: bool,
}

#[derive(Debug)]
struct Row {
    id: String,
    tenant: String,
    name: String,
    enabled: bool,
    since: Option<Millis>,
    failures: u32,
    last_status: Option<u16>,
}

impl Failing {
    pub(super) async fn read(app: &App, caller: &Caller) -> Result<Self, Refusal> {
        let list = ListEndpoints {
            caller,
            tenant: None,
            enabled: None,
            failing: Some(true),
            cursor: None,
            limit: MOST,
        };
        let page = list.run(&app.engine).await?;
        Ok(Self { rows: page.rows.into_iter().map(Row::from).collect(), more: page.next.is_some() })
    }

    pub(super) fn markup(&self, visit: &Visit) -> Markup {
        if self.rows.is_empty() {
            return html! {};
        }
        let table = Table {
            caption: "Webhooks whose last attempt failed",
            columns: &["Webhook", "Tenant", "State", "Failing since", "Failures", "Last answer"],
            rows: self.rows.iter().map(|row| row.cells(visit)).collect(),
        };
        section(
            "Failing webhooks",
            &html! {
                (table.show())
                @if self.more { p.after { a href=(webhooks::all::failing(&visit.links)) { "All failing webhooks" } } }
            },
        )
    }
}

impl From<FoundEndpoint> for Row {
    fn from(found: FoundEndpoint) -> Self {
        let id = found.public_id();
        let endpoint = found.endpoint;
        Self {
            name: endpoint.config.name.filter(|name| !name.is_empty()).unwrap_or(endpoint.config.url),
            id,
            tenant: endpoint.tenant_id,
            enabled: endpoint.enabled,
            since: endpoint.failing_since,
            failures: endpoint.failure_count,
            last_status: endpoint.last_status,
        }
    }
}

impl Row {
    fn cells(&self, visit: &Visit) -> Vec<Markup> {
        let links = &visit.links;
        vec![
            html! { a href=(links.webhook(&self.tenant, &self.id)) { (shortened(&self.name, 60)) } },
            html! { a href=(links.tenant(&self.tenant)) { (shortened(&self.tenant, 30)) } },
            state::endpoint(self.enabled, true),
            time::at_if_any(self.since),
            html! { span.num { (self.failures) } },
            html! { @match self.last_status { Some(status) => (status), None => "no answer" } },
        ]
    }

    #[cfg(test)]
    fn sample(text: String) -> Self {
        Self {
            id: "ep_1".into(),
            tenant: text.clone(),
            name: text,
            enabled: true,
            since: Some(Millis(1_769_077_800_000)),
            failures: u32::MAX,
            last_status: Some(503),
        }
    }
}

#[cfg(test)]
impl Failing {
    pub(super) fn sample(kind: crate::samples::Kind) -> Self {
        use crate::samples::{Kind, hostile};
        let never = Row { last_status: None, enabled: false, ..Row::sample("t2".into()) };
        match kind {
            Kind::Sample => Self { rows: vec![Row::sample("t1".into()), never], more: true },
            Kind::Empty => Self { rows: Vec::new(), more: false },
            Kind::Hostile => Self { rows: vec![Row::sample(hostile())], more: false },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{Kind, visit};
    use crate::visit::Face;

    #[test]
    fn the_way_to_all_that_fail_is_the_list_that_shows_those() {
        let html = Failing::sample(Kind::Sample).markup(&visit(Face::Operator, "standard")).into_string();
        assert!(html.contains("/webhooks?state=failing\""), "{html}");
    }
}
