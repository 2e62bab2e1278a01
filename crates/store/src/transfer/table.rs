//! The tables that move, in the order in which they do.

use serde::{Deserialize, Serialize};

/// A table as two stores exchange it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// What the installation remembers by name; not what a store keeps of a move.
    Fact,
    /// Projects, deleted ones too until they are erased.
    Project,
    /// Tenants.
    Tenant,
    /// Names of event types.
    TypeName,
    /// What is known of event types.
    EventType,
    /// API keys.
    ApiKey,
    /// Endpoints.
    Endpoint,
    /// Replays.
    Replay,
    /// The audit log.
    Audit,
    /// Statistics of endpoints.
    Stat,
    /// Statistics of projects.
    ProjectStat,
    /// What is being erased.
    Erasure,
    /// Events that are shown longer than their class.
    Late,
    /// Idempotency keys of events and requests.
    Idempotency,
    /// Events. `endpoints` is the packed match set of all deliveries: those written, then those of an unfinished set.
    Event,
    /// Deliveries; the columns from `due` on are of pending ones only. `place` is 0 of a key's head; of those parked
    /// behind it, it grows in their order.
    Delivery,
    /// Match sets that are not written out.
    Fanout,
    /// How far retention has come. After the events, as a store may make a class known with its first event.
    Retention,
}

impl Table {
    /// All of them, in their order: what others name comes first.
    pub const ALL: [Self; 18] = [
        Self::Fact,
        Self::Project,
        Self::Tenant,
        Self::TypeName,
        Self::EventType,
        Self::ApiKey,
        Self::Endpoint,
        Self::Replay,
        Self::Audit,
        Self::Stat,
        Self::ProjectStat,
        Self::Erasure,
        Self::Late,
        Self::Idempotency,
        Self::Event,
        Self::Delivery,
        Self::Fanout,
        Self::Retention,
    ];

    /// The one after it.
    pub fn next(self) -> Option<Self> {
        Self::ALL.into_iter().find(|table| *table > self)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fact => "fact",
            Self::Project => "project",
            Self::Tenant => "tenant",
            Self::TypeName => "type_name",
            Self::EventType => "event_type",
            Self::ApiKey => "api_key",
            Self::Endpoint => "endpoint",
            Self::Replay => "replay",
            Self::Audit => "audit",
            Self::Stat => "stat",
            Self::ProjectStat => "project_stat",
            Self::Retention => "retention",
            Self::Erasure => "erasure",
            Self::Late => "late",
            Self::Idempotency => "idempotency",
            Self::Event => "event",
            Self::Delivery => "delivery",
            Self::Fanout => "fanout",
        }
    }

    /// What its rows consist of.
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Fact => &["name", "value"],
            Self::Project => &[
                "key",
                "id",
                "name",
                "contract",
                "settings",
                "created_at",
                "updated_at",
                "deleted_at",
                "routing",
                "revision",
            ],
            Self::Tenant => &["key", "project", "id", "routing", "created_at", "deleted_at"],
            Self::TypeName => &["key", "project", "name"],
            Self::EventType => {
                &["key", "description", "schema", "example", "created_at", "updated_at", "archived_at"]
            }
            Self::ApiKey => &[
                "key",
                "id",
                "project",
                "name",
                "mode",
                "tenant",
                "scopes",
                "prefix",
                "hash",
                "created_at",
                "revoked_at",
            ],
            Self::Endpoint => &[
                "key",
                "id",
                "project",
                "mode",
                "tenant",
                "config",
                "sealed",
                "enabled",
                "disabled_at",
                "disabled_reason",
                "failure_count",
                "failing_since",
                "last_success_at",
                "last_attempt_at",
                "last_status",
                "created_at",
                "updated_at",
                "deleted_at",
                "revision",
            ],
            Self::Replay => &[
                "key",
                "id",
                "project",
                "mode",
                "tenant",
                "endpoint",
                "selection",
                "per_second",
                "matched",
                "status",
                "cursor",
                "reopened",
                "skipped",
                "at",
                "created_at",
            ],
            Self::Audit => &["key", "project", "tenant", "actor", "action", "target", "detail", "at"],
            Self::Stat => {
                &["endpoint", "minute", "succeeded", "failed", "exhausted", "latency_ms", "latency_max_ms"]
            }
            Self::ProjectStat => &["world", "minute", "node", "counts"],
            Self::Retention => &["class", "mark"],
            // Not how far an erasure has come: each store walks in its own way, and begins anew.
            Self::Erasure => &["kind", "key"],
            Self::Late => &["event", "class", "until"],
            Self::Idempotency => &["world", "hash", "body", "at", "whole", "events", "deliveries"],
            Self::Event => &[
                "id",
                "world",
                "tenant",
                "kind",
                "timestamp",
                "deliver_at",
                "deliveries",
                "class",
                "flags",
                "endpoints",
                "ordering_key",
                "attributes",
                "changes",
                "data",
            ],
            Self::Delivery => &[
                "event",
                "endpoint",
                "tenant",
                "class",
                "state",
                "attempts",
                "log",
                "due",
                "first_attempt_at",
                "okey",
                "place",
                "step",
                "flags",
                "parked",
                "scheduled",
            ],
            Self::Fanout => &["event", "class", "tenant", "total", "done", "ordered", "endpoints"],
        }
    }

    /// Where a column stands.
    pub fn column(self, name: &str) -> Option<usize> {
        self.columns().iter().position(|column| *column == name)
    }

    /// Whether its rows have numbers of their own, in the column `key`.
    pub fn is_numbered(self) -> bool {
        self != Self::EventType && self.columns()[0] == "key"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_follow_each_other_until_all_were_there() {
        let mut walked = vec![Table::ALL[0]];
        while let Some(next) = walked[walked.len() - 1].next() {
            walked.push(next);
        }
        assert_eq!(walked, Table::ALL);
        assert_eq!(Table::ALL.into_iter().filter(|table| table.is_numbered()).count(), 7);
    }
}
