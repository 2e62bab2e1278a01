//! Who is signed in.

use std::sync::Arc;

use postrider_model::time::Millis;
use postrider_store::TokenHash;

use crate::{Caller, KeyHolder, Rights};

/// Somebody whose session was checked just now.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// Who it is.
    pub who: Who,
    /// When the session began.
    pub created_at: Millis,
    /// When it ends by itself.
    pub expires_at: Millis,
    /// SHA-256 of its token. Nobody outside of the server knows it.
    pub hash: TokenHash,
}

/// Who a visitor is.
#[derive(Debug, Clone)]
pub enum Who {
    /// Signed in with the root key.
    Root,
    /// Signed in with a key of a project, never with a customer's.
    Key(Arc<KeyHolder>),
    /// A customer who opened a link to the portal: bound to its tenant, its actor `portal:<tenant>`.
    Customer(Caller),
}

impl Visitor {
    /// As whom a use case of a project is called; `None` with the root key, which is of no project.
    pub fn caller(&self) -> Option<&Caller> {
        match &self.who {
            Who::Root => None,
            Who::Key(holder) => Some(&holder.caller),
            Who::Customer(caller) => Some(caller),
        }
    }

    /// What the visitor may do.
    pub fn rights(&self) -> Rights {
        match &self.who {
            Who::Root => Rights::ALL,
            Who::Key(holder) => holder.rights,
            Who::Customer(_) => Rights::PORTAL,
        }
    }
}
