//! Lists of endpoints, each by the index that leaves the fewest rows to be looked at.

use postrider_store::{Endpoint, EndpointQuery, Page};
use rusqlite::{Connection, params};

use super::endpoint_row::select_by;
use super::{after_key, page_of};
use crate::fault::Res;

pub(super) fn list(conn: &Connection, query: &EndpointQuery) -> Res<Page<Endpoint>> {
    let before = after_key(query.cursor.as_deref())?;
    let limit_and_one = i64::try_from(query.limit + 1).unwrap_or(i64::MAX);
    let EndpointQuery { scope, .. } = query;
    let tenant = scope.tenant.map(|tenant| tenant.0);
    let rows = select_by(
        conn,
        index_of(query),
        &conditions(query),
        params![scope.project.0, scope.mode.bit(), before, limit_and_one, tenant],
    )?;
    Ok(page_of(rows, query.limit, |endpoint| endpoint.key.0.to_string()))
}

/// The index that leaves the fewest rows to be looked at. Said, for without statistics SQLite can only guess.
fn index_of(query: &EndpointQuery) -> &'static str {
    match (query.scope.tenant, query.failing, query.enabled) {
        (Some(_), _, _) => "endpoint_tenant",
        (None, Some(true), _) => "endpoint_failing",
        (None, _, Some(_)) => "endpoint_enabled",
        (None, _, None) => "endpoint_project",
    }
}

fn conditions(query: &EndpointQuery) -> String {
    let tenant = if query.scope.tenant.is_some() { "e.tenant = ?5" } else { "?5 IS NULL" };
    let enabled = match query.enabled {
        Some(true) => "AND e.enabled = 1",
        Some(false) => "AND e.enabled = 0",
        None => "",
    };
    let failing = match query.failing {
        Some(true) => "AND e.failing_since IS NOT NULL",
        Some(false) => "AND e.failing_since IS NULL",
        None => "",
    };
    format!(
        "WHERE e.project = ?1 AND e.mode = ?2 AND e.key < ?3 AND e.deleted_at IS NULL AND {tenant} {enabled} {failing}
         ORDER BY e.key DESC LIMIT ?4"
    )
}

#[cfg(test)]
mod tests {
    use postrider_model::id::{Mode, ProjectKey, TenantKey};
    use postrider_store::Scope;

    use super::super::endpoint_row::by_index;
    use super::*;

    #[test]
    fn no_list_of_endpoints_looks_at_more_rows_than_it_shows_but_for_a_tenants_and_a_double_negative() {
        let conn = Connection::open_in_memory().unwrap();
        crate::schema::migrate(&conn).unwrap();
        let all = Scope { project: ProjectKey(1), mode: Mode::Live, tenant: None };
        let of_tenant = Scope { tenant: Some(TenantKey(1)), ..all };
        for (scope, enabled, failing, walk) in [
            (all, None, None, "endpoint_project (project=? AND mode=? AND key<?)"),
            (all, Some(true), None, "endpoint_enabled (project=? AND mode=? AND enabled=? AND key<?)"),
            (all, Some(false), None, "endpoint_enabled (project=? AND mode=? AND enabled=? AND key<?)"),
            (all, None, Some(true), "endpoint_failing (project=? AND mode=? AND key<?)"),
            (all, Some(false), Some(true), "endpoint_failing (project=? AND mode=? AND key<?)"),
            (of_tenant, None, Some(true), "endpoint_tenant (tenant=? AND mode=? AND key<?)"),
        ] {
            let query = EndpointQuery { enabled, failing, ..EndpointQuery::all(scope, None, 50) };
            let sql = by_index(index_of(&query), &conditions(&query));
            let mut explain = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let values = params![1, 0, i64::MAX, 51, scope.tenant.map(|tenant| tenant.0)];
            let steps = explain.query_map(values, |row| row.get::<_, String>(3)).unwrap();
            let steps: Vec<String> = steps.collect::<Result<_, _>>().unwrap();
            let tenant = "SEARCH t USING INTEGER PRIMARY KEY (rowid=?)".to_owned();
            assert_eq!(steps, [format!("SEARCH e USING INDEX {walk}"), tenant]);
        }
    }
}
