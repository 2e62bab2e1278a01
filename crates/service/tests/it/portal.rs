//! Links to the portal.

use std::time::Duration;

use futures::future::join_all;
use postrider_api::router;
use postrider_model::id::Mode;
use postrider_service::portal::CreatePortalLink;
use postrider_service::session::{OpenPortal, OpenRefused, Who};
use postrider_service::tenant::DeleteTenant;
use postrider_service::{Caller, Rights, ServiceError};
use postrider_world::World;

use crate::node::{Node, link, product};

#[tokio::test(start_paused = true)]
async fn a_link_lets_its_customer_in_for_eight_hours() {
    let world = World::new(router).await;
    let (engine, node) = (&world.engine, Node::new());
    let token = link(&world, "t1").await;
    assert!(token.starts_with("pl_") && token.len() == 46);
    let opened = OpenPortal { token: &token }.run(engine).await.unwrap();
    assert_eq!(opened.expires_at, engine.now() + Duration::from_secs(8 * 3_600));
    let visitor = node.visitor(engine, &opened.token).await.unwrap();
    let Who::Customer(caller) = &visitor.who else { panic!("{visitor:?}") };
    let tenant = engine.store().tenant(caller.project, "t1").await.unwrap().unwrap();
    assert_eq!(caller.tenant, Some((tenant.key, "t1".to_owned())));
    assert_eq!((caller.mode, caller.actor.as_str()), (Mode::Live, "portal:t1"));
    assert_eq!((visitor.rights(), visitor.expires_at), (Rights::PORTAL, opened.expires_at));
    // Neither is the other.
    assert!(!node.knows(engine, &token).await);
    let refused = OpenPortal { token: &opened.token }.run(engine).await;
    assert!(matches!(refused, Err(OpenRefused::Unknown)));
}

#[tokio::test]
async fn a_link_that_is_opened_many_times_at_once_lets_one_in() {
    let world = World::on_threads(router, "standard").await;
    for _ in 0..5 {
        let token = link(&world, "t1").await;
        let opened = join_all((0..8).map(|_| OpenPortal { token: &token }.run(&world.engine))).await;
        let used = opened.iter().filter(|opened| matches!(opened, Err(OpenRefused::Used))).count();
        assert_eq!((used, opened.iter().filter(|opened| opened.is_ok()).count()), (7, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_link_that_opens_nothing_says_why() {
    let world = World::new(router).await;
    let engine = &world.engine;
    let (late, gone, used) = (link(&world, "t1").await, link(&world, "t2").await, link(&world, "t1").await);
    let open = |token: String| async move { OpenPortal { token: &token }.run(engine).await };
    open(used.clone()).await.unwrap();
    let caller = product(&world).await;
    let node = Node::new();
    DeleteTenant { caller: &caller, tenant: "t2" }.run(engine, &node.authenticator).await.unwrap();
    world.pass(Duration::from_secs(300)).await;
    assert!(matches!(open(late.clone()).await, Err(OpenRefused::Expired)));
    assert!(matches!(open(used).await, Err(OpenRefused::Used)));
    let altered = format!("{}{}", &late[..45], if late.ends_with('A') { 'B' } else { 'A' });
    for unknown in [gone, altered, String::new(), "pl_".into(), late[3..].into(), format!("{late}A")] {
        assert!(matches!(open(unknown.clone()).await, Err(OpenRefused::Unknown)), "{unknown}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_customer_that_was_deleted_meanwhile_is_not_made_anew_by_a_link_for_itself() {
    let world = World::new(router).await;
    let engine = &world.engine;
    let product = product(&world).await;
    let tenant = engine.store().ensure_tenant(product.project, "t1", engine.now()).await.unwrap();
    let own =
        Caller { tenant: Some((tenant.key, tenant.id)), actor: "key:sk_live_t1".into(), ..product.clone() };
    CreatePortalLink { caller: &own, tenant: "t1" }.run(engine).await.unwrap();
    DeleteTenant { caller: &product, tenant: "t1" }.run(engine, &Node::new().authenticator).await.unwrap();
    let refused = CreatePortalLink { caller: &own, tenant: "t1" }.run(engine).await.unwrap_err();
    assert!(matches!(refused, ServiceError::NotFound("tenant")), "{refused:?}");
    assert_eq!(engine.store().tenant(product.project, "t1").await.unwrap(), None);
}
