//! What a key may do (DESIGN 4.2 "Scopes").

use crate::error::Fault;

/// One thing a key can be allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Right {
    /// Send events.
    EventsWrite = 1,
    /// Read endpoints, events, deliveries.
    WebhooksRead = 2,
    /// Create, change, delete, test, resend, replay, cancel.
    WebhooksWrite = 4,
    /// Secrets and the portal.
    WebhooksAdmin = 8,
    /// The catalogue and the project itself.
    ProjectAdmin = 16,
}

impl Right {
    /// Its name in requests.
    pub fn name(self) -> &'static str {
        match self {
            Self::EventsWrite => "events:write",
            Self::WebhooksRead => "webhooks:read",
            Self::WebhooksWrite => "webhooks:write",
            Self::WebhooksAdmin => "webhooks:admin",
            Self::ProjectAdmin => "project:admin",
        }
    }
}

/// The names of all scopes, `*` last.
pub const SCOPE_NAMES: [&str; 6] =
    ["events:write", "webhooks:read", "webhooks:write", "webhooks:admin", "project:admin", "*"];

/// A set of rights with everything they imply.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rights(u8);

impl Rights {
    /// Whoever has the root key may do everything.
    pub const ALL: Self = Self(31);
    /// What a customer may do in the portal, to what is its own: as a key with the scope `webhooks:admin`.
    pub const PORTAL: Self = Self(2 | 4 | 8);

    /// The rights a list of scopes gives: `webhooks:admin` implies `webhooks:write`, that implies `webhooks:read`.
    ///
    /// # Errors
    /// A [`Fault`] for each scope there is not, and one for an empty list; pointers begin with `pointer`.
    pub fn parse(scopes: &[String], pointer: &str) -> Result<Self, Vec<Fault>> {
        let mut bits = 0;
        let mut faults = Vec::new();
        for (index, scope) in scopes.iter().enumerate() {
            match Self::of(scope) {
                Some(more) => bits |= more,
                None => faults.push(Fault::at(
                    format!("{pointer}/{index}"),
                    format!("There is no scope {scope:?}; valid are {}.", SCOPE_NAMES.join(", ")),
                )),
            }
        }
        if scopes.is_empty() {
            faults.push(Fault::at(pointer, "A key needs at least one scope."));
        }
        if faults.is_empty() { Ok(Self(bits)) } else { Err(faults) }
    }

    /// The rights of scopes that a store kept; unknown names give nothing.
    pub fn of_stored(scopes: &[String]) -> Self {
        Self(scopes.iter().filter_map(|scope| Self::of(scope)).fold(0, |all, bits| all | bits))
    }

    /// Whether `right` is in the set.
    pub fn allow(self, right: Right) -> bool {
        self.0 & right as u8 != 0
    }

    fn of(scope: &str) -> Option<u8> {
        Some(match scope {
            "events:write" => 1,
            "webhooks:read" => 2,
            "webhooks:write" => 2 | 4,
            "webhooks:admin" => 2 | 4 | 8,
            "project:admin" => 16,
            "*" => 31,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rights(scopes: &[&str]) -> Rights {
        Rights::of_stored(&scopes.iter().map(|scope| (*scope).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn admin_implies_write_and_write_implies_read() {
        assert!(rights(&["webhooks:admin"]).allow(Right::WebhooksWrite));
        assert!(rights(&["webhooks:admin"]).allow(Right::WebhooksRead));
        assert!(rights(&["webhooks:write"]).allow(Right::WebhooksRead));
        assert!(!rights(&["webhooks:write"]).allow(Right::WebhooksAdmin));
        assert!(!rights(&["webhooks:read"]).allow(Right::WebhooksWrite));
    }

    #[test]
    fn other_scopes_imply_nothing_but_the_star_everything() {
        assert!(!rights(&["project:admin"]).allow(Right::WebhooksRead));
        assert!(!rights(&["events:write"]).allow(Right::WebhooksRead));
        for right in [
            Right::EventsWrite,
            Right::WebhooksRead,
            Right::WebhooksWrite,
            Right::WebhooksAdmin,
            Right::ProjectAdmin,
        ] {
            assert!(rights(&["*"]).allow(right), "{}", right.name());
            assert!(rights(&[right.name()]).allow(right), "{}", right.name());
        }
    }

    #[test]
    fn a_scope_there_is_not_is_named_with_its_place() {
        let scopes = ["*".to_owned(), "webhooks:delete".to_owned()];
        let faults = Rights::parse(&scopes, "/scopes").unwrap_err();
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].pointer, "/scopes/1");
        assert!(faults[0].detail.contains("webhooks:admin"));
        assert_eq!(Rights::parse(&[], "/scopes").unwrap_err()[0].pointer, "/scopes");
    }
}
