//! Who calls a documented route: the holder of a customer's key that has the scope the document asks for.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;
use postrider_engine::ProjectContext;
use postrider_http::{App, Needs, Problem, code, lacks};
use postrider_service::{Caller, KeyHolder};

/// The key's holder and its project, as the dispatch found them.
#[derive(Debug, Clone)]
pub(crate) struct Holder {
    pub(crate) key: Arc<KeyHolder>,
    pub(crate) context: Arc<ProjectContext>,
}

/// A customer with the right `R`. Taken before the body is read, as `May` is in the native API.
#[derive(Debug)]
pub(crate) struct Customer<R> {
    holder: Holder,
    tenant: String,
    right: PhantomData<R>,
}

impl<R> Customer<R> {
    /// For the use cases.
    pub(crate) fn caller(&self) -> &Caller {
        &self.holder.key.caller
    }

    /// The customer's id.
    pub(crate) fn tenant(&self) -> &str {
        &self.tenant
    }

    /// The project and its contract.
    pub(crate) fn context(&self) -> &ProjectContext {
        &self.holder.context
    }
}

impl<R: Needs> FromRequestParts<App> for Customer<R> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let holder = parts.extensions.get::<Holder>().cloned().ok_or_else(no_dispatch)?;
        let tenant = holder.key.caller.tenant.as_ref().map(|(_, id)| id.clone()).ok_or_else(|| {
            Problem::new(code::FORBIDDEN, "This route needs the key of a customer: one that has a tenant.")
        })?;
        match R::RIGHT {
            Some(right) if !holder.key.rights.allow(right) => Err(lacks(right)),
            _ => Ok(Self { holder, tenant, right: PhantomData }),
        }
    }
}

fn no_dispatch() -> Problem {
    tracing::error!("a documented route was reached past the dispatch");
    Problem::new(code::INTERNAL, "The request failed by a fault of the server. Its log says more.")
}
