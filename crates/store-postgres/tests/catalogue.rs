//! What two nodes do to one catalogue at once.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use futures::future::join_all;
use postrider_model::endpoint::EndpointConfig;
use postrider_model::id::{EndpointId, IdSalt, Mode, OrdinalSource, ProjectKey};
use postrider_model::time::Millis;
use postrider_postgres::Database;
use postrider_store::{
    Catalogue, Endpoint, EndpointQuery, NewAudit, NewEndpoint, NewProject, Scope, StatRow, StatSum,
    StoreError, Tenant, Upkeep,
};
use postrider_store_postgres::{PostgresOptions, PostgresStore};

const NOW: Millis = Millis(1_750_000_000_000);

struct Nodes {
    database: Database,
    stores: Vec<Arc<PostgresStore>>,
}

impl Nodes {
    async fn new() -> Option<Self> {
        let database = Database::new()?;
        let mut stores = Vec::new();
        for _ in 0..4 {
            let options = PostgresOptions::new(database.url(), IdSalt(7));
            stores.push(PostgresStore::open(PostgresOptions { connections: 3, ..options }).await.unwrap());
        }
        Some(Self { database, stores })
    }

    async fn project(&self) -> ProjectKey {
        self.stores[0].create_project(project(), audit()).await.unwrap().key
    }
}

fn audit() -> NewAudit {
    NewAudit {
        project: None,
        tenant: None,
        actor: "root".to_owned(),
        action: "test",
        target: "x".to_owned(),
        detail: serde_json::json!({}),
        at: NOW,
    }
}

fn project() -> NewProject {
    NewProject {
        id: "acme".to_owned(),
        name: "Acme".to_owned(),
        contract: "standard".to_owned(),
        settings: serde_json::json!({}),
        now: NOW,
    }
}

fn endpoint(ordinals: &mut OrdinalSource, tenant: &Tenant) -> NewEndpoint {
    let config = EndpointConfig { url: "https://example.org/".to_owned(), ..EndpointConfig::default() };
    NewEndpoint {
        id: EndpointId(ordinals.next(NOW).to_uuid(IdSalt(7))),
        project: tenant.project,
        mode: Mode::Live,
        tenant: tenant.key,
        config,
        sealed: bytes::Bytes::from_static(b"sealed"),
        enabled: true,
        now: NOW,
    }
}

#[tokio::test]
async fn a_name_that_several_nodes_take_at_once_is_taken_by_one() {
    let Some(nodes) = Nodes::new().await else { return };
    let made = join_all(nodes.stores.iter().map(|store| store.create_project(project(), audit()))).await;
    assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 1);
    assert!(made.iter().flat_map(|made| made.as_ref().err()).all(|e| matches!(e, StoreError::Exists(_))));
    let project = made.into_iter().find_map(Result::ok).unwrap().key;
    let tenants = join_all(nodes.stores.iter().map(|store| store.ensure_tenant(project, "t", NOW))).await;
    let kinds = join_all(nodes.stores.iter().map(|store| store.intern_type(project, "a.b"))).await;
    let facts = nodes.stores.iter().enumerate().map(|(number, store)| async move {
        store.set_fact_once("first", &[u8::try_from(number).unwrap()]).await.unwrap()
    });
    let facts = join_all(facts).await;
    let tenants: Vec<Tenant> = tenants.into_iter().map(Result::unwrap).collect();
    let kinds: Vec<_> = kinds.into_iter().map(Result::unwrap).collect();
    assert!(tenants.iter().all(|tenant| *tenant == tenants[0]), "{tenants:?}");
    assert!(kinds.iter().all(|kind| *kind == kinds[0]), "{kinds:?}");
    assert!(facts.iter().all(|fact| *fact == facts[0]), "{facts:?}");
}

#[tokio::test]
async fn the_limit_of_active_endpoints_holds_though_several_nodes_make_some_at_once() {
    let Some(nodes) = Nodes::new().await else { return };
    let project = nodes.project().await;
    let tenant = nodes.stores[0].ensure_tenant(project, "t", NOW).await.unwrap();
    let mut ordinals = OrdinalSource::new(postrider_model::id::Ordinal(0));
    let new: Vec<NewEndpoint> = (0..12).map(|_| endpoint(&mut ordinals, &tenant)).collect();
    let made = new.into_iter().zip(nodes.stores.iter().cycle());
    let made: Vec<Result<Endpoint, StoreError>> =
        join_all(made.map(|(new, store)| store.create_endpoint(new, Some(5), audit()))).await;
    assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 5);
    assert!(made.iter().flat_map(|made| made.as_ref().err()).all(|e| matches!(e, StoreError::Limit(_))));
    let (version, routes) = nodes.stores[3].routes(tenant.key).await.unwrap();
    assert_eq!((version, routes.len()), (6, 5), "each one made matches stale, and no other");
}

#[tokio::test]
async fn endpoints_are_deleted_once_though_a_tenant_goes_while_they_are_made_and_deleted() {
    let Some(nodes) = Nodes::new().await else { return };
    let project = nodes.project().await;
    let mut ordinals = OrdinalSource::new(postrider_model::id::Ordinal(0));
    for round in 0..10 {
        let tenant = nodes.stores[0].ensure_tenant(project, &format!("t{round}"), NOW).await.unwrap();
        let mut keys = Vec::new();
        for _ in 0..3 {
            let new = endpoint(&mut ordinals, &tenant);
            keys.push(nodes.stores[0].create_endpoint(new, None, audit()).await.unwrap().key);
        }
        let (one, late) = (keys[0], endpoint(&mut ordinals, &tenant));
        let (deleted, gone, made) = tokio::join!(
            nodes.stores[1].delete_endpoint(one, NOW, audit()),
            nodes.stores[2].delete_tenant(tenant.key, NOW, audit()),
            nodes.stores[3].create_endpoint(late, None, audit()),
        );
        let gone = gone.unwrap();
        assert_eq!(gone.contains(&one), deleted.is_err(), "by one of both: {deleted:?}");
        if let Ok(made) = made {
            assert!(gone.contains(&made.key), "made before the tenant went");
        }
        let scope = Scope { project, mode: Mode::Live, tenant: Some(tenant.key) };
        assert!(
            nodes.stores[0].endpoints(EndpointQuery::all(scope, None, 10)).await.unwrap().rows.is_empty()
        );
    }
}

#[tokio::test]
async fn minutes_that_several_nodes_count_add_up() {
    let Some(nodes) = Nodes::new().await else { return };
    let sum = StatSum { succeeded: 1, latency_ms: 2, latency_max_ms: 2, ..StatSum::default() };
    let keys = (1..=20).map(postrider_model::id::EndpointKey);
    let rows: Vec<StatRow> = keys.map(|endpoint| StatRow { endpoint, minute: 7, sum }).collect();
    let mut turned = rows.clone();
    turned.reverse();
    for _ in 0..10 {
        let added = nodes.stores.iter().zip([&rows, &turned, &rows, &turned]);
        for added in join_all(added.map(|(store, rows)| store.add_stats(rows.clone()))).await {
            added.unwrap();
        }
    }
    let all = nodes.stores[0].stats(rows[3].endpoint, Millis(0), Millis(1_000_000), 60).await.unwrap();
    assert_eq!((all.len(), all[0].succeeded, all[0].latency_max_ms), (1, 40, 2));
}

#[tokio::test]
async fn what_other_nodes_must_notice_stands_beside_it() {
    let Some(nodes) = Nodes::new().await else { return };
    let store = &nodes.stores[0];
    let project = nodes.project().await;
    let tenant = store.ensure_tenant(project, "t", NOW).await.unwrap();
    let mut ordinals = OrdinalSource::new(postrider_model::id::Ordinal(0));
    let made = store.create_endpoint(endpoint(&mut ordinals, &tenant), None, audit()).await.unwrap();
    let refused = store.create_endpoint(endpoint(&mut ordinals, &tenant), Some(1), audit()).await;
    assert!(matches!(refused, Err(StoreError::Limit(_))));
    store.delete_endpoint(made.key, NOW, audit()).await.unwrap();
    store.delete_tenant(tenant.key, NOW, audit()).await.unwrap();
    store.delete_project(project, audit()).await.unwrap();
    let signals = nodes.database.ask(
        "SELECT kind || ' ' || array_to_string(detail, ',') FROM postrider.signal WHERE writer = -1 ORDER BY xact",
    );
    let (tenant, endpoint, project) = (tenant.key.0, made.key.0, project.0);
    assert_eq!(
        signals,
        [
            format!("0 {tenant},{endpoint}"),
            format!("0 {tenant},{endpoint}"),
            format!("1 {tenant}"),
            format!("2 {project}"),
        ]
    );
}

#[tokio::test]
async fn standing_work_is_done_by_one_node_at_a_time_and_by_none_twice() {
    let Some(nodes) = Nodes::new().await else { return };
    let project = nodes.project().await;
    for number in 0..30 {
        let tenant = nodes.stores[0].ensure_tenant(project, &format!("t{number}"), NOW).await.unwrap();
        nodes.stores[0].delete_tenant(tenant.key, NOW, audit()).await.unwrap();
    }
    let budget = std::time::Duration::from_millis(2);
    let works =
        nodes.stores.iter().map(|store| async move { while store.step(NOW, budget).await.unwrap().more {} });
    join_all(works).await;
    // Who did not get the lock went home; the others did the work.
    while nodes.stores[0].step(NOW, budget).await.unwrap().more {}
    assert_eq!(nodes.database.ask("SELECT count(*) FROM postrider.tenant"), ["0"]);
    assert_eq!(nodes.database.ask("SELECT count(*) FROM postrider.erasure"), ["0"]);
}
