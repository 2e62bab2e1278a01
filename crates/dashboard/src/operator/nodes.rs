//! `GET /dashboard/nodes` and `GET /dashboard/nodes/live`: the processes that share the store (DESIGN 6).

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};
use postrider_http::App;
use postrider_model::slot::SLOTS;
use postrider_model::time::Millis;
use postrider_store::NodeSeen;

use crate::live;
use crate::page::{Here, Page, Refusal};
use crate::view::table::Table;
use crate::view::{empty, shortened, state, time};
use crate::visit::{Links, Signed};

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/nodes", get(show)).route("/nodes/live", get(follow))
}

async fn show(State(app): State<App>, session: Signed) -> Result<Response, Refusal> {
    session.root_only()?;
    let part = Nodes::of(&app).markup();
    let body = html! {
        p.soft { "A node is a running process. Each owns some of the " (SLOTS) " slots, into which all webhooks fall, and delivers what is for those." }
        (live::region(&Links::above().at("/nodes/live"), &part))
    };
    Ok(Page::new("Nodes", Here::Nodes, body).show_above(&app, &session))
}

async fn follow(State(app): State<App>, session: Signed) -> Result<Response, Refusal> {
    session.root_only()?;
    let seen = app.clone();
    let render = move || {
        let markup = Nodes::of(&seen).markup();
        async { Ok(live::Part { markup, last: false }) }
    };
    Ok(live::follow_every(live::PAUSE, app, &session.token, render))
}

/// The nodes, as of a second ago.
#[derive(Debug)]
struct Nodes(Vec<Node>);

#[derive(Debug)]
struct Node {
    number: u8,
    name: String,
    address: String,
    version: String,
    role: &'static str,
    is_this: bool,
    status: Status,
    started_at: Millis,
    slots: usize,
    queued: u64,
    in_flight: u64,
    oldest_due_at: Option<Millis>,
}

#[derive(Debug, Clone, Copy)]
enum Status {
    Alive,
    Leaving,
    Lost,
}

impl Nodes {
    fn of(app: &App) -> Self {
        let me = app.engine.node_number();
        Self(app.engine.nodes().into_iter().map(|node| Node::of(node, me.0)).collect())
    }

    fn markup(&self) -> Markup {
        if self.0.is_empty() {
            return empty(
                "No nodes are known yet",
                &html! { p { "The first look at the store takes a second." } },
            );
        }
        let table = Table {
            caption: "Nodes, by number",
            columns: &["Node", "State", "Does", "Slots", "In memory", "In flight", "Oldest due", "Started"],
            rows: self.0.iter().map(Node::cells).collect(),
        };
        table.show()
    }
}

impl Node {
    fn of(node: NodeSeen, me: u8) -> Self {
        Self {
            number: node.number.0,
            is_this: node.number.0 == me,
            role: match (node.serves, node.works) {
                (true, false) => "answers the API",
                (false, true) => "delivers",
                _ => "answers the API, delivers",
            },
            status: match (node.fresh, node.beat.leaving) {
                (false, _) => Status::Lost,
                (true, true) => Status::Leaving,
                (true, false) => Status::Alive,
            },
            started_at: node.started_at,
            slots: node.slots.len(),
            queued: node.beat.queued,
            in_flight: node.beat.in_flight,
            oldest_due_at: node.beat.oldest_due,
            name: node.name,
            address: node.address,
            version: node.version,
        }
    }

    fn cells(&self) -> Vec<Markup> {
        vec![
            html! {
                strong { (shortened(&self.name, 60)) } @if self.is_this { " " span.badge { "this one" } }
                div.soft { "no. " (self.number) " · " (shortened(&self.address, 60)) " · " (shortened(&self.version, 30)) }
            },
            self.status.badge(),
            html! { (self.role) },
            html! { span.num { (self.slots) " of " (SLOTS) } },
            html! { span.num { (self.queued) } },
            html! { span.num { (self.in_flight) } },
            time::at_if_any(self.oldest_due_at),
            time::at(self.started_at),
        ]
    }
}

impl Status {
    fn badge(self) -> Markup {
        match self {
            Self::Alive => state::badge("good", "✓", "alive"),
            Self::Leaving => state::badge("wait", "…", "leaving"),
            Self::Lost => {
                html! { (state::badge("bad", "✗", "lost")) div.soft { "its lease has ended; others take over" } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::Forms;
    use crate::samples::{Kind, View, check, hostile};
    use crate::visit::Visit;

    impl View for Nodes {
        fn sample(kind: Kind) -> Self {
            let node = |number: u8, status| Node {
                number,
                name: if kind == Kind::Hostile { hostile() } else { format!("node-{number}") },
                address: if kind == Kind::Hostile { hostile() } else { "10.0.0.7:8080".to_owned() },
                version: "1.0.0".to_owned(),
                role: "delivers",
                is_this: number == 1,
                status,
                started_at: Millis(1_769_077_800_000),
                slots: 86,
                queued: 1_234,
                in_flight: u64::MAX,
                oldest_due_at: (number == 1).then_some(Millis(1_769_077_800_000)),
            };
            match kind {
                Kind::Empty => Self(Vec::new()),
                _ => Self(vec![node(1, Status::Alive), node(2, Status::Leaving), node(3, Status::Lost)]),
            }
        }

        fn markup(&self, _: &Visit, _: &Forms) -> Markup {
            self.markup()
        }
    }

    #[test]
    fn the_list_of_nodes_is_sound_with_any_data() {
        check::<Nodes>();
    }
}
