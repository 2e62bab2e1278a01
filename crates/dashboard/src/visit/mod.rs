//! Who looks, at whose things.
//!
//! [`Signed`] is a session of an operator, for the pages above projects. [`Visit`] is a session in a project and mode:
//! of an operator by the path, of a customer by the session itself. A page that has a `Visit` cannot name another
//! tenant: everything it reads goes through [`Visit::caller`], which the use cases narrow by (DESIGN 7 "Tenancy").

mod at;
pub(crate) mod cookie;
mod extract;
pub(crate) mod links;

use std::sync::Arc;

use postrider_contract::{Contract, Settings};
use postrider_http::{App, Problem};
use postrider_model::id::Mode;
use postrider_service::session::{Visitor, Who};
use postrider_service::{Caller, Right, Rights};
use postrider_store::Project;

pub(crate) use self::at::At;
pub(crate) use self::links::Links;
use crate::page::Refusal;

/// One of the two faces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Face {
    /// `/dashboard`: a team that sends webhooks.
    Operator,
    /// `/portal`: one of its customers.
    Customer,
}

impl Face {
    /// The path that all its pages are below.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::Operator => "/dashboard",
            Self::Customer => "/portal",
        }
    }
}

/// A session's token, the value of its cookie: what its forms are bound to.
#[derive(Clone)]
pub(crate) struct SessionToken(pub(crate) String);

impl std::fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionToken(…)")
    }
}

/// An operator who is signed in.
#[derive(Debug, Clone)]
pub(crate) struct Signed {
    /// The session.
    pub(crate) visitor: Arc<Visitor>,
    /// Its token.
    pub(crate) token: SessionToken,
}

impl Signed {
    /// Whether by the root key.
    pub(crate) fn is_root(&self) -> bool {
        matches!(self.visitor.who, Who::Root)
    }

    /// `Ok` with the root key.
    ///
    /// # Errors
    /// 403 otherwise.
    pub(crate) fn root_only(&self) -> Result<(), Refusal> {
        if self.is_root() { Ok(()) } else { Err(Refusal::forbidden("This page needs the root key.")) }
    }
}

/// A session in a project and mode.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    /// Which face.
    pub(crate) face: Face,
    /// Who asks, for the use cases.
    pub(crate) caller: Caller,
    /// What the session may do.
    pub(crate) rights: Rights,
    /// Whether an operator came with the root key, and may go to other projects.
    pub(crate) root: bool,
    /// The project.
    pub(crate) project: Project,
    /// Its contract.
    pub(crate) contract: Arc<Contract>,
    /// Its settings.
    pub(crate) settings: Settings,
    /// Every address on the page.
    pub(crate) links: Links,
    /// The session.
    pub(crate) visitor: Arc<Visitor>,
    /// Its token.
    pub(crate) token: SessionToken,
}

impl Visit {
    /// The world that is looked at.
    pub(crate) fn mode(&self) -> Mode {
        self.caller.mode
    }

    /// Whether the session may do that: what it may not do is not offered.
    pub(crate) fn may(&self, right: Right) -> bool {
        self.rights.allow(right)
    }

    /// `Ok` if the session may do that; checked before anything is done.
    ///
    /// # Errors
    /// 403.
    pub(crate) fn needs(&self, right: Right) -> Result<(), Refusal> {
        if self.may(right) { Ok(()) } else { Err(postrider_http::lacks(right).into()) }
    }

    /// `Ok` for an operator.
    ///
    /// # Errors
    /// 404: a customer has no such page.
    pub(crate) fn operator_only(&self) -> Result<(), Refusal> {
        match self.face {
            Face::Operator => Ok(()),
            Face::Customer => Err(Refusal::not_found("page")),
        }
    }

    /// The tenant whose page it is: a customer's own, an operator's by the path.
    ///
    /// # Errors
    /// 404 where an operator's path names none.
    pub(crate) fn tenant<'a>(&'a self, in_path: Option<&'a str>) -> Result<&'a str, Refusal> {
        match &self.caller.tenant {
            Some((_, own)) => Ok(own),
            None => in_path.ok_or_else(|| Refusal::not_found("tenant")),
        }
    }

    /// The name that customers know the product by.
    pub(crate) fn product(&self) -> &str {
        postrider_service::project::product_name(&self.project, &self.settings)
    }

    /// Who is there, for the page's head: a tenant's id, the key's name.
    pub(crate) fn who(&self) -> &str {
        match &self.caller.tenant {
            Some((_, tenant)) => tenant,
            None => &self.caller.actor,
        }
    }
}

impl Visit {
    /// Reads the project that a session is in.
    pub(crate) async fn of(
        app: &App,
        face: Face,
        session: Signed,
        caller: Caller,
        rights: Rights,
    ) -> Result<Self, Refusal> {
        let context = app.engine.project(caller.project).await.map_err(Problem::from)?;
        let links = match face {
            Face::Operator => Links::operator(&context.project.id, caller.mode),
            Face::Customer => Links::customer(),
        };
        Ok(Self {
            face,
            rights,
            root: session.is_root(),
            project: context.project.clone(),
            contract: Arc::clone(&context.contract),
            settings: context.settings.clone(),
            links,
            visitor: session.visitor,
            token: session.token,
            caller,
        })
    }
}
