//! `GET /v1/nodes`

use axum::extract::State;
use postrider_http::{App, List, Problem, Reply, RootCaller};
use postrider_model::slot::{NodeNumber, SLOTS};
use postrider_model::time::Millis;
use postrider_store::NodeSeen;
use serde::Serialize;
use utoipa::ToSchema;

/// A running process.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Node)]
pub struct NodeOut {
    /// Its number among the nodes of the store; another one after each start.
    number: u8,
    /// Its name (`--node-name`).
    name: String,
    /// Where it answers.
    address: String,
    /// Its version.
    version: String,
    /// Whether it accepts events and answers the API, delivers, or both.
    role: &'static str,
    /// Whether it is the one that answers here.
    this: bool,
    /// `alive`; `leaving` while it stops; `lost` where its lease has ended and others are about to take over.
    status: &'static str,
    /// When it started.
    #[schema(value_type = String, format = DateTime)]
    started_at: Millis,
    /// When it last renewed its lease.
    #[schema(value_type = String, format = DateTime)]
    last_seen_at: Millis,
    /// How many of the slots it owns.
    slots: usize,
    /// How many slots there are.
    slots_in_all: usize,
    /// Deliveries in its memory.
    queued: u64,
    /// Attempts in flight.
    in_flight: u64,
    /// Since when the oldest delivery in its memory is due; `null` where none waits.
    #[schema(value_type = Option<String>, format = DateTime)]
    oldest_due_at: Option<Millis>,
}

impl NodeOut {
    fn of(node: NodeSeen, me: NodeNumber) -> Self {
        Self {
            number: node.number.0,
            role: role(node.serves, node.works),
            this: node.number == me,
            status: match (node.fresh, node.beat.leaving) {
                (false, _) => "lost",
                (true, true) => "leaving",
                (true, false) => "alive",
            },
            started_at: node.started_at,
            last_seen_at: node.beat_at,
            slots: node.slots.len(),
            slots_in_all: SLOTS,
            queued: node.beat.queued,
            in_flight: node.beat.in_flight,
            oldest_due_at: node.beat.oldest_due,
            name: node.name,
            address: node.address,
            version: node.version,
        }
    }
}

fn role(serves: bool, works: bool) -> &'static str {
    match (serves, works) {
        (true, false) => "api",
        (false, true) => "worker",
        _ => "all",
    }
}

/// List the nodes
///
/// The processes that share the store, as of a second ago, by number; one alone where the store is embedded.
#[utoipa::path(
    get,
    path = "/v1/nodes",
    operation_id = "list_nodes",
    tag = "Meta",
    security(("root_key" = [])),
    responses((status = 200, description = "All nodes", body = List<NodeOut>)),
)]
pub async fn handler(State(app): State<App>, _: RootCaller) -> Result<Reply<List<NodeOut>>, Problem> {
    let me = app.engine.node_number();
    let data = app.engine.nodes().into_iter().map(|node| NodeOut::of(node, me)).collect();
    Ok(Reply::ok(List { data, next_cursor: None }))
}

#[cfg(test)]
mod tests {
    use super::role;

    #[test]
    fn a_role_is_what_a_node_does() {
        assert_eq!([role(true, true), role(true, false), role(false, true)], ["all", "api", "worker"]);
    }
}
