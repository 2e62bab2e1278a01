//! Who is signed in, and until when.

use std::time::{Duration, Instant};

use postrider_api::router;
use postrider_model::id::Mode;
use postrider_service::authenticate::hash_key;
use postrider_service::key::RevokeKey;
use postrider_service::project::DeleteProject;
use postrider_service::session::{SignOut, Who};
use postrider_service::tenant::DeleteTenant;
use postrider_service::{Right, Rights, ServiceError};
use postrider_store::{NewSession, SessionHolder};
use postrider_world::{ROOT_KEY, World};
use serde_json::Value;

use crate::node::{Node, customer, product};

const HOUR: Duration = Duration::from_secs(3_600);
const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn operators_sign_in_with_the_root_key_or_a_key_of_a_project() {
    let world = World::new(router).await;
    let (engine, node) = (&world.engine, Node::new());
    world.key("sk_test_reads", Mode::Test, None, &["webhooks:read"]).await;
    let root = node.sign_in(engine, ROOT_KEY).await.unwrap();
    let reads = node.sign_in(engine, " sk_test_reads\n").await.unwrap();
    assert_ne!(root, reads);
    let visitor = node.visitor(engine, &root).await.unwrap();
    assert!(matches!(visitor.who, Who::Root) && visitor.caller().is_none());
    assert_eq!(visitor.rights(), Rights::ALL);
    assert_eq!(visitor.expires_at, engine.now() + 12 * HOUR);
    let visitor = node.visitor(engine, &reads).await.unwrap();
    let caller = visitor.caller().unwrap();
    assert_eq!((caller.mode, caller.tenant.as_ref()), (Mode::Test, None));
    assert!(caller.actor.starts_with("key:"), "{}", caller.actor);
    assert!(visitor.rights().allow(Right::WebhooksRead) && !visitor.rights().allow(Right::WebhooksWrite));
}

#[tokio::test(start_paused = true)]
async fn a_bad_key_is_told_what_the_api_tells_it() {
    let world = World::new(router).await;
    let node = Node::new();
    for bad in ["", "sk_live_nobody", "rk_wrong", &ROOT_KEY[1..], "ses_x", "\u{202e}"] {
        let refused = node.sign_in(&world.engine, bad).await.unwrap_err();
        assert!(matches!(refused, ServiceError::Unauthenticated(_)), "{bad}: {refused:?}");
        let answer = world.call_as("sk_live_nobody", http::Method::GET, "/v1/tenants", Value::Null);
        assert_eq!(answer.await.json["detail"], refused.to_string());
    }
}

#[tokio::test(start_paused = true)]
async fn a_customers_key_is_told_to_ask_for_a_link() {
    let world = World::new(router).await;
    world.key("sk_live_t1", Mode::Live, Some("t1"), &["*"]).await;
    let refused = Node::new().sign_in(&world.engine, "sk_live_t1").await.unwrap_err();
    let ServiceError::Forbidden(detail) = refused else { panic!("{refused:?}") };
    assert!(detail.contains("link to the portal"), "{detail}");
}

#[tokio::test(start_paused = true)]
async fn a_session_is_found_by_its_whole_token_only() {
    let world = World::new(router).await;
    let (engine, node) = (&world.engine, Node::new());
    let token = node.sign_in(engine, ROOT_KEY).await.unwrap();
    assert!(token.starts_with("ses_") && token.len() == 47);
    assert!(node.knows(engine, &token).await);
    let altered = format!("{}{}", &token[..46], if token.ends_with('A') { 'B' } else { 'A' });
    for bad in ["", "ses_", &altered, &token[4..], &token.to_uppercase(), ROOT_KEY, "sk_live_all"] {
        assert!(!node.knows(engine, bad).await, "{bad}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_ends_when_it_has_expired() {
    let world = World::new(router).await;
    let (engine, node) = (&world.engine, Node::new());
    let token = format!("ses_{}", "A".repeat(43));
    let (proof, now) = (node.authenticator.root_proof(&token), engine.now());
    let new = NewSession {
        hash: hash_key(&token),
        holder: SessionHolder::Root { proof },
        created_at: now,
        expires_at: now + MINUTE,
    };
    let audit = product(&world).await.audit("session.create", None, "root".into(), Value::Null, now);
    engine.store().create_session(new, audit).await.unwrap();
    world.pass(MINUTE - Duration::from_millis(1)).await;
    assert!(node.knows(engine, &token).await);
    world.pass(Duration::from_millis(1)).await;
    assert!(!node.knows(engine, &token).await);
}

#[tokio::test(start_paused = true)]
async fn whoever_signs_out_is_signed_out_and_nobody_else() {
    let world = World::new(router).await;
    let (engine, node) = (&world.engine, Node::new());
    let (one, two) =
        (node.sign_in(engine, ROOT_KEY).await.unwrap(), node.sign_in(engine, ROOT_KEY).await.unwrap());
    assert!(node.knows(engine, &one).await && node.knows(engine, &two).await);
    SignOut { token: &one }.run(engine, &node.sessions).await.unwrap();
    assert!(!node.knows(engine, &one).await && node.knows(engine, &two).await);
    for again in [&one, "ses_", "nonsense"] {
        SignOut { token: again }.run(engine, &node.sessions).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_ends_at_once_when_its_key_is_revoked() {
    let world = World::new(router).await;
    let (engine, node) = (&world.engine, Node::new());
    world.key("sk_live_two", Mode::Live, None, &["*"]).await;
    let (one, two) = (
        node.sign_in(engine, "sk_live_all").await.unwrap(),
        node.sign_in(engine, "sk_live_two").await.unwrap(),
    );
    assert!(node.knows(engine, &one).await && node.knows(engine, &two).await);
    let project = product(&world).await.project;
    // The newest comes first.
    let newest = engine.store().keys(project, None, None, 1).await.unwrap().rows.remove(0);
    let id = postrider_service::key::show_id(newest.id);
    RevokeKey { project: "acme", key: &id }.run(engine, &node.authenticator).await.unwrap();
    assert!(node.knows(engine, &one).await && !node.knows(engine, &two).await);
}

#[tokio::test(start_paused = true)]
async fn a_session_of_the_root_key_ends_when_the_root_key_is_another() {
    let world = World::new(router).await;
    let engine = &world.engine;
    let old = Node::new();
    let token = old.sign_in(engine, ROOT_KEY).await.unwrap();
    let restarted = Node::with_root("another-root-key-of-24-characters");
    assert!(!restarted.knows(engine, &token).await);
    let of_key = restarted.sign_in(engine, "sk_live_all").await.unwrap();
    assert!(old.knows(engine, &of_key).await, "what a key opened goes on");
    assert!(Node::new().knows(engine, &token).await, "and with the same root key, over a restart");
}

#[tokio::test(start_paused = true)]
async fn a_customers_session_ends_at_once_with_its_tenant_and_not_with_another() {
    let world = World::new(router).await;
    let (engine, node) = (&world.engine, Node::new());
    let (one, two) = (customer(&world, "t1").await, customer(&world, "t2").await);
    assert!(node.knows(engine, &one).await && node.knows(engine, &two).await);
    let caller = product(&world).await;
    DeleteTenant { caller: &caller, tenant: "t1" }.run(engine, &node.authenticator).await.unwrap();
    assert!(!node.knows(engine, &one).await && node.knows(engine, &two).await);
    // A tenant of that name that comes later is another one.
    let new = customer(&world, "t1").await;
    assert!(!node.knows(engine, &one).await && node.knows(engine, &new).await);
}

#[tokio::test(start_paused = true)]
async fn sessions_of_customers_and_keys_end_at_once_with_their_project() {
    let world = World::new(router).await;
    let (engine, node) = (&world.engine, Node::new());
    let root = node.sign_in(engine, ROOT_KEY).await.unwrap();
    let ended = [customer(&world, "t1").await, node.sign_in(engine, "sk_live_all").await.unwrap()];
    for token in &ended {
        assert!(node.knows(engine, token).await);
    }
    DeleteProject { id: "acme" }.run(engine, &node.authenticator).await.unwrap();
    for token in &ended {
        assert!(!node.knows(engine, token).await);
    }
    assert!(node.knows(engine, &root).await);
}

/// In real time, for that is what answers are remembered by.
#[tokio::test]
async fn what_ends_on_one_node_ends_on_another_within_a_second() {
    let world = World::on_threads(router, "standard").await;
    let (engine, here, there) = (&world.engine, Node::new(), Node::new());
    let signed_out = here.sign_in(engine, ROOT_KEY).await.unwrap();
    let of_tenant = customer(&world, "t1").await;
    let of_key = here.sign_in(engine, "sk_live_all").await.unwrap();
    let caller = product(&world).await;
    for token in [&signed_out, &of_tenant, &of_key] {
        assert!(there.knows(engine, token).await);
    }
    let began = Instant::now();
    SignOut { token: &signed_out }.run(engine, &here.sessions).await.unwrap();
    DeleteTenant { caller: &caller, tenant: "t1" }.run(engine, &here.authenticator).await.unwrap();
    let key = engine.store().keys(caller.project, None, None, 1).await.unwrap().rows.remove(0);
    let key = postrider_service::key::show_id(key.id);
    RevokeKey { project: "acme", key: &key }.run(engine, &here.authenticator).await.unwrap();
    for token in [&signed_out, &of_tenant, &of_key] {
        assert!(!here.knows(engine, token).await);
        while there.knows(engine, token).await {
            assert!(began.elapsed() < Duration::from_secs(1), "it is still known elsewhere");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
