//! What a node remembers of keys and sessions.

use std::sync::Arc;

use postrider_engine::Engine;
use postrider_model::id::{Mode, ProjectKey};
use postrider_service::authenticate::hash_key;
use postrider_service::portal::CreatePortalLink;
use postrider_service::session::{OpenPortal, SignIn, Visitor};
use postrider_service::{Authenticator, Caller, ServiceError, Sessions};
use postrider_world::{ROOT_KEY, World};

/// A node's memory; nodes of a test share the engine and the store.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) authenticator: Authenticator,
    pub(crate) sessions: Sessions,
}

impl Node {
    pub(crate) fn new() -> Self {
        Self::with_root(ROOT_KEY)
    }

    /// One that was started with this root key.
    pub(crate) fn with_root(key: &str) -> Self {
        Self { authenticator: Authenticator::new(hash_key(key)), sessions: Sessions::new() }
    }

    pub(crate) async fn sign_in(&self, engine: &Engine, key: &str) -> Result<String, ServiceError> {
        Ok(SignIn { key }.run(engine, &self.authenticator).await?.token)
    }

    pub(crate) async fn visitor(&self, engine: &Engine, token: &str) -> Option<Arc<Visitor>> {
        self.sessions.visitor(engine, &self.authenticator, token).await.unwrap()
    }

    pub(crate) async fn knows(&self, engine: &Engine, token: &str) -> bool {
        self.visitor(engine, token).await.is_some()
    }
}

/// The project of every world, as the product calls it.
pub(crate) async fn product(world: &World) -> Caller {
    let project: ProjectKey = world.engine.store().project("acme").await.unwrap().unwrap().key;
    Caller { project, mode: Mode::Live, tenant: None, actor: "key:sk_live_all".to_owned() }
}

/// A link for a tenant.
pub(crate) async fn link(world: &World, tenant: &str) -> String {
    let caller = product(world).await;
    CreatePortalLink { caller: &caller, tenant }.run(&world.engine).await.unwrap().token
}

/// A session of a customer.
pub(crate) async fn customer(world: &World, tenant: &str) -> String {
    let link = link(world, tenant).await;
    OpenPortal { token: &link }.run(&world.engine).await.unwrap().token
}
