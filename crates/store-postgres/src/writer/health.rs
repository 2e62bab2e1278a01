//! Health of endpoints, and disabling by rule.

use postrider_store::HealthWrite;
use serde_json::json;
use tokio_postgres::types::Type;

use crate::conn::Param;
use crate::pipeline::Pipeline;

const WRITE: &str =
    "UPDATE postrider.endpoint e SET failure_count = u.failure_count, failing_since = u.failing_since,
        last_success_at = u.last_success_at, last_attempt_at = u.last_attempt_at, last_status = u.last_status
    FROM unnest($1::bigint[], $2::integer[], $3::bigint[], $4::bigint[], $5::bigint[], $6::smallint[])
        AS u(key, failure_count, failing_since, last_success_at, last_attempt_at, last_status)
    WHERE e.key = u.key";
/// One that is disabled already stays as it is. The others are told.
const DISABLE: &str = "WITH changed AS (
        UPDATE postrider.endpoint SET enabled = false, disabled_at = $2, disabled_reason = $3, updated_at = $2,
            revision = revision + 1
        WHERE key = $1 AND enabled AND deleted_at IS NULL RETURNING project, tenant, id
    ), routed AS (
        UPDATE postrider.tenant t SET routing = t.routing + 1 FROM changed WHERE t.key = changed.tenant RETURNING t.id
    ), told AS (
        INSERT INTO postrider.signal (xact, writer, kind, detail)
        SELECT $4, $5, $6, ARRAY[changed.tenant, $1] FROM changed
    )
    INSERT INTO postrider.audit (project, tenant, actor, action, target, detail, at)
    SELECT changed.project, routed.id, 'postrider', 'endpoint.disable', changed.id::text, $7, $2 FROM changed, routed";

/// Health, by columns.
#[derive(Default)]
pub(super) struct Columns {
    keys: Vec<i64>,
    failure_counts: Vec<i32>,
    failing_since: Vec<Option<i64>>,
    last_success_at: Vec<Option<i64>>,
    last_attempt_at: Vec<Option<i64>>,
    last_status: Vec<Option<i16>>,
    disabled: Vec<Disable>,
    /// The kind of the signal that tells of a changed endpoint.
    signal: i16,
}

struct Disable {
    key: i64,
    at: i64,
    reason: i16,
    detail: String,
}

impl Columns {
    pub(super) fn of(health: &[HealthWrite]) -> Self {
        let mut columns = Self { signal: crate::signal::ENDPOINT, ..Self::default() };
        // By endpoint, as everything that writes several of them.
        let mut sorted: Vec<&HealthWrite> = health.iter().collect();
        sorted.sort_by_key(|write| write.endpoint);
        for write in sorted {
            columns.add(write);
        }
        columns
    }

    fn add(&mut self, write: &HealthWrite) {
        self.keys.push(write.endpoint.0);
        self.failure_counts.push(write.failure_count.cast_signed());
        self.failing_since.push(write.failing_since.map(|at| at.0));
        self.last_success_at.push(write.last_success_at.map(|at| at.0));
        self.last_attempt_at.push(write.last_attempt_at.map(|at| at.0));
        self.last_status.push(write.last_status.map(u16::cast_signed));
        if let Some((reason, at)) = write.disable {
            self.disabled.push(Disable {
                key: write.endpoint.0,
                at: at.0,
                reason: reason.code(),
                detail: json!({ "reason": reason }).to_string(),
            });
        }
    }

    pub(super) fn send<'a>(&'a self, pipeline: &mut Pipeline<'a>, xact: &'a i64, writer: &'a i16) {
        let health: Vec<Param<'a>> = vec![
            (&self.keys, Type::INT8_ARRAY),
            (&self.failure_counts, Type::INT4_ARRAY),
            (&self.failing_since, Type::INT8_ARRAY),
            (&self.last_success_at, Type::INT8_ARRAY),
            (&self.last_attempt_at, Type::INT8_ARRAY),
            (&self.last_status, Type::INT2_ARRAY),
        ];
        pipeline.add_if(!self.keys.is_empty(), WRITE, health);
        for disable in &self.disabled {
            let params: Vec<Param<'a>> = vec![
                (&disable.key, Type::INT8),
                (&disable.at, Type::INT8),
                (&disable.reason, Type::INT2),
                (xact, Type::INT8),
                (writer, Type::INT2),
                (&self.signal, Type::INT2),
                (&disable.detail, Type::TEXT),
            ];
            pipeline.add(DISABLE, params);
        }
    }
}
