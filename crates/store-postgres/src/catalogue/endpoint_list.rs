//! Lists of endpoints.

use postrider_store::paging::{after_key, page_of};
use postrider_store::{Endpoint, EndpointQuery, Page};
use tokio_postgres::types::Type;

use super::endpoint_row::select;
use crate::conn::Conn;
use crate::fault::Res;
use crate::row::{limit, mode_bit};

pub(super) async fn list(conn: &Conn, query: &EndpointQuery) -> Res<Page<Endpoint>> {
    let EndpointQuery { scope, .. } = query;
    let (before, asked) = (after_key(query.cursor.as_deref())?, limit(query.limit + 1));
    let params = &[
        (&scope.project.0 as _, Type::INT8),
        (&mode_bit(scope.mode) as _, Type::INT2),
        (&before as _, Type::INT8),
        (&asked as _, Type::INT8),
        (&scope.tenant.map(|tenant| tenant.0) as _, Type::INT8),
    ];
    let rows = select(conn, &conditions(query), params).await?;
    Ok(page_of(rows, query.limit, |endpoint| endpoint.key.0.to_string()))
}

fn conditions(query: &EndpointQuery) -> String {
    let tenant = if query.scope.tenant.is_some() { "e.tenant = $5" } else { "$5 IS NULL" };
    let enabled = match query.enabled {
        Some(true) => "AND e.enabled",
        Some(false) => "AND NOT e.enabled",
        None => "",
    };
    let failing = match query.failing {
        Some(true) => "AND e.failing_since IS NOT NULL",
        Some(false) => "AND e.failing_since IS NULL",
        None => "",
    };
    format!(
        "WHERE e.project = $1 AND e.mode = $2 AND e.key < $3 AND e.deleted_at IS NULL AND {tenant} {enabled} {failing}
         ORDER BY e.key DESC LIMIT $4"
    )
}

#[cfg(test)]
mod tests {
    use postrider_model::id::{IdSalt, Mode, ProjectKey};
    use postrider_postgres::Database;
    use postrider_store::Scope;

    use super::super::endpoint_row::COLUMNS;
    use super::*;
    use crate::options::PostgresOptions;
    use crate::store::PostgresStore;

    /// The newest are well; what is looked for is old.
    const ENDPOINTS: &str = "INSERT INTO postrider.tenant (project, id, routing, created_at) VALUES (1, 't', 1, 0);
        INSERT INTO postrider.endpoint
            (id, project, mode, tenant, config, sealed, enabled, failing_since, created_at, updated_at, revision)
        SELECT gen_random_uuid(), 1, 0, (SELECT key FROM postrider.tenant), '{}', '', n > 20,
            CASE WHEN n <= 10 THEN 5 END, 0, 0, 1 FROM generate_series(1, 100000) AS n";

    #[tokio::test]
    async fn what_fails_or_is_disabled_is_found_by_index_among_a_hundred_thousand_endpoints() {
        let Some(database) = Database::new() else { return };
        PostgresStore::open(PostgresOptions::new(database.url(), IdSalt(1))).await.unwrap();
        let _ = database.ask(ENDPOINTS);
        let scope = Scope { project: ProjectKey(1), mode: Mode::Live, tenant: None };
        for (enabled, failing, index, found) in [
            (None, Some(true), "endpoint_failing", 10),
            (Some(false), Some(true), "endpoint_failing", 10),
            (Some(false), None, "endpoint_enabled", 20),
        ] {
            let query = EndpointQuery { enabled, failing, ..EndpointQuery::all(scope, None, 50) };
            let sql = format!(
                "SELECT {COLUMNS} FROM postrider.endpoint e JOIN postrider.tenant t ON t.key = e.tenant {}",
                conditions(&query)
            );
            let prepare = format!("PREPARE list (bigint, smallint, bigint, bigint, bigint) AS {sql}");
            let given = "(1, 0::smallint, 9223372036854775807, 51, NULL)";
            for (known, mode) in [
                ("", "force_generic_plan"),
                ("ANALYZE postrider.endpoint;", "force_generic_plan"),
                ("", "auto"),
            ] {
                let plan = database.ask(&format!(
                    "{known} SET plan_cache_mode = {mode}; {prepare}; EXPLAIN EXECUTE list {given}"
                ));
                let plan = plan.join("\n");
                assert!(plan.contains(index), "{known} {mode}: {plan}");
            }
            assert_eq!(database.ask(&format!("{prepare}; EXECUTE list {given}")).len(), found);
        }
    }
}
