//! What a request says of an endpoint: in our own fields, or in those of a document that a dialect puts into ours.

use std::fmt::Debug;

use serde_json::{Map, Value};

use super::FoundEndpoint;
use crate::Fault;

/// An endpoint's document (DESIGN 4.2 "Body of an endpoint"), or a merge patch of one.
#[derive(Debug, Clone, Default)]
pub struct EndpointFields {
    /// Our own fields.
    pub fields: Map<String, Value>,
    /// A filter that was given in another grammar. It stands in place of the field `filter`, and in a patch it replaces
    /// the old one whole.
    pub filter: Option<GivenFilter>,
    /// What could not be put into our fields. It is told together with all else that is wrong.
    pub faults: Vec<Fault>,
}

/// A filter that was given in another grammar than ours.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GivenFilter {
    /// The same in our grammar; `None` for no filter.
    pub compiled: Option<Value>,
    /// What the dialect keeps to show it as it was given ([`postrider_model::endpoint::EndpointConfig::dialect`]).
    pub dialect: Option<Value>,
}

impl From<Map<String, Value>> for EndpointFields {
    fn from(fields: Map<String, Value>) -> Self {
        Self { fields, ..Self::default() }
    }
}

/// A change that somebody asks for.
pub trait Changes: Debug + Send + Sync {
    /// What it comes to for the endpoint as it stands: a merge patch (RFC 7396). Asked again where somebody else changed
    /// the endpoint meanwhile.
    fn of(&self, found: &FoundEndpoint) -> EndpointFields;
}

/// A merge patch in our own fields.
impl Changes for Map<String, Value> {
    fn of(&self, _: &FoundEndpoint) -> EndpointFields {
        self.clone().into()
    }
}
