//! Links and sessions that several nodes meet.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use postrider_model::id::{IdSalt, Mode, ProjectKey, TenantKey};
use postrider_model::time::Millis;
use postrider_postgres::Database;
use postrider_store::{
    Catalogue, FormKey, NewAudit, NewPortalLink, NewProject, NewSessionKey, OpenLink, Sessions, TakenForm,
    Upkeep,
};
use postrider_store_postgres::{PostgresOptions, PostgresStore};

const NOW: Millis = Millis(1_750_000_000_000);
const HOUR: Duration = Duration::from_secs(3600);

struct Nodes {
    database: Database,
    stores: Vec<Arc<PostgresStore>>,
    project: ProjectKey,
    tenant: TenantKey,
}

impl Nodes {
    async fn new() -> Option<Self> {
        let database = Database::new()?;
        let mut stores = Vec::new();
        for _ in 0..4 {
            let options = PostgresOptions::new(database.url(), IdSalt(7));
            stores.push(PostgresStore::open(PostgresOptions { connections: 3, ..options }).await.unwrap());
        }
        let new = NewProject {
            id: "acme".to_owned(),
            name: "Acme".to_owned(),
            contract: "standard".to_owned(),
            settings: serde_json::json!({}),
            now: NOW,
        };
        let project = stores[0].create_project(new, audit()).await.unwrap().key;
        let tenant = stores[0].ensure_tenant(project, "t1", NOW).await.unwrap().key;
        Some(Self { database, stores, project, tenant })
    }

    async fn link(&self, hash: u8) {
        let (project, tenant, created_at) = (self.project, self.tenant, NOW);
        let new = NewPortalLink {
            hash: [hash; 32],
            project,
            mode: Mode::Live,
            tenant,
            created_at,
            expires_at: NOW + HOUR,
        };
        self.stores[0].create_portal_link(new, audit()).await.unwrap();
    }
}

async fn open(store: &PostgresStore, link: u8, session: u8) -> OpenLink {
    let session = NewSessionKey { hash: [session; 32], now: NOW, expires_at: NOW + HOUR };
    store.open_portal_link([link; 32], session).await.unwrap()
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

#[tokio::test]
async fn a_link_and_a_form_that_several_nodes_get_at_once_are_taken_by_one() {
    let Some(nodes) = Nodes::new().await else { return };
    for round in 0..20 {
        nodes.link(round).await;
        let at_once = (100..).step_by(20).zip(&nodes.stores);
        let opened = join_all(at_once.map(|(n, store)| open(store, round, n + round))).await;
        let used = opened.iter().filter(|opened| **opened == OpenLink::Used).count();
        assert_eq!(used, 3, "{opened:?}");
        let form = FormKey { session: [1; 32], form: [round; 32] };
        let taken = join_all(nodes.stores.iter().map(|store| store.take_form(form, NOW + HOUR))).await;
        let first = taken.into_iter().filter(|taken| matches!(taken, Ok(TakenForm::First))).count();
        assert_eq!(first, 1);
    }
}

#[tokio::test]
async fn a_session_ends_on_all_nodes_with_whatever_ends_it_on_one() {
    let Some(nodes) = Nodes::new().await else { return };
    for n in 0..3 {
        nodes.link(n).await;
        assert!(matches!(open(&nodes.stores[1], n, n).await, OpenLink::Opened(_)));
        assert!(nodes.stores[2].session(&[n; 32]).await.unwrap().is_some());
    }
    nodes.stores[3].end_session(&[0; 32]).await.unwrap();
    assert_eq!(nodes.stores[2].session(&[0; 32]).await.unwrap(), None);
    assert!(nodes.stores[2].session(&[1; 32]).await.unwrap().is_some());
    nodes.stores[3].delete_tenant(nodes.tenant, NOW, audit()).await.unwrap();
    assert_eq!(nodes.stores[2].session(&[1; 32]).await.unwrap(), None);
}

#[tokio::test]
async fn an_erased_tenant_leaves_no_links_and_sessions() {
    let Some(nodes) = Nodes::new().await else { return };
    for n in 0..50 {
        nodes.link(n).await;
        open(&nodes.stores[1], n, n).await;
    }
    let rows = || {
        nodes
            .database
            .ask("SELECT 'link' FROM postrider.portal_link UNION ALL SELECT 'session' FROM postrider.session")
    };
    assert_eq!(rows().len(), 100);
    nodes.stores[0].delete_tenant(nodes.tenant, NOW, audit()).await.unwrap();
    while nodes.stores[0].step(NOW, Duration::from_micros(1)).await.unwrap().more {}
    assert_eq!(rows(), [""; 0]);
}
