//! What is left of sessions when their tenant is erased.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use postrider_model::id::{IdSalt, Mode};
use postrider_model::time::Millis;
use postrider_store::{Catalogue, NewAudit, NewPortalLink, NewProject, NewSessionKey, Sessions, Upkeep};
use postrider_store_sqlite::{Options, SqliteStore};

const NOW: Millis = Millis(1_750_000_000_000);
const HOUR: Duration = Duration::from_secs(3600);

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

fn rows(store: &SqliteStore, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    store.inspect(|conn| conn.query_row(&sql, [], |row| row.get(0)).unwrap()).unwrap()
}

#[tokio::test]
async fn an_erased_tenant_leaves_no_links_and_sessions() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open_inline(Options::new(dir.path(), IdSalt(7))).unwrap();
    let project = NewProject {
        id: "acme".to_owned(),
        name: "Acme".to_owned(),
        contract: "standard".to_owned(),
        settings: serde_json::json!({}),
        now: NOW,
    };
    let project = store.create_project(project, audit()).await.unwrap().key;
    for (n, id) in [(0_u8, "t1"), (100, "t2")] {
        let tenant = store.ensure_tenant(project, id, NOW).await.unwrap().key;
        for n in n..n + 50 {
            let (mode, created_at, expires_at) = (Mode::Live, NOW, NOW + HOUR);
            let link = NewPortalLink { hash: [n; 32], project, mode, tenant, created_at, expires_at };
            store.create_portal_link(link, audit()).await.unwrap();
            let session = NewSessionKey { hash: [n; 32], now: NOW, expires_at };
            store.open_portal_link([n; 32], session).await.unwrap();
        }
    }
    assert_eq!((rows(&store, "portal_link"), rows(&store, "session")), (100, 100));
    let tenant = store.tenant(project, "t1").await.unwrap().unwrap().key;
    store.delete_tenant(tenant, NOW, audit()).await.unwrap();
    while store.step(NOW, Duration::from_micros(1)).await.unwrap().more {}
    assert_eq!((rows(&store, "portal_link"), rows(&store, "session"), rows(&store, "tenant")), (50, 50, 1));
}
