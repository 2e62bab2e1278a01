//! Who calls: the root key, or a project key that has the right a route needs (DESIGN 4.2, 4.4).

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use postrider_service::{Caller, KeyHolder, Right, ServiceError};

use crate::app::App;
use crate::code;
use crate::problem::Problem;

/// The actor of what is done with the root key, for the audit log.
pub const ROOT_ACTOR: &str = "root";

/// The caller has the root key.
#[derive(Debug)]
pub struct RootCaller;

impl FromRequestParts<App> for RootCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let key = bearer(&parts.headers)?;
        if app.authenticator.is_root(key) {
            return Ok(Self);
        }
        // A key that is valid elsewhere is told so; one that is not valid at all learns nothing.
        key_holder(app, key).await?;
        Err(Problem::new(code::FORBIDDEN, "This route needs the root key."))
    }
}

/// A right as a type, so that a handler's signature says which one it needs.
pub trait Needs: Send + Sync + 'static {
    /// The right.
    const RIGHT: Option<Right>;
}

macro_rules! needs {
    ($($name:ident = $right:expr;)*) => {
        $(#[doc = concat!("See [`May`]: `", stringify!($right), "`.")]
        #[derive(Debug)]
        pub struct $name;
        impl Needs for $name {
            const RIGHT: Option<Right> = $right;
        })*
    };
}

needs! {
    AnyKey = None;
    EventsWrite = Some(Right::EventsWrite);
    WebhooksRead = Some(Right::WebhooksRead);
    WebhooksWrite = Some(Right::WebhooksWrite);
    WebhooksAdmin = Some(Right::WebhooksAdmin);
    ProjectAdmin = Some(Right::ProjectAdmin);
}

/// The caller has a project key with the right `R`. Taken before the body is read: a key without the right
/// learns nothing about its request.
#[derive(Debug)]
pub struct May<R> {
    holder: Arc<KeyHolder>,
    right: PhantomData<R>,
}

impl<R> May<R> {
    /// The key's holder.
    pub fn holder(&self) -> &KeyHolder {
        &self.holder
    }

    /// `Ok` if the key is not a customer's: the route belongs to the whole project (DESIGN 4.4).
    ///
    /// # Errors
    /// [`code::FORBIDDEN`].
    pub fn project_wide(&self) -> Result<&Caller, Problem> {
        if self.holder.caller.is_tenant() {
            return Err(Problem::new(code::FORBIDDEN, "A tenant's key may not do this."));
        }
        Ok(&self.holder.caller)
    }
}

impl<R> Deref for May<R> {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.holder.caller
    }
}

impl<R: Needs> FromRequestParts<App> for May<R> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let holder = key_holder(app, bearer(&parts.headers)?).await?;
        match R::RIGHT {
            Some(right) if !holder.rights.allow(right) => Err(lacks(right)),
            _ => Ok(Self { holder, right: PhantomData }),
        }
    }
}

/// The answer to a key without the scope that gives `right`.
pub fn lacks(right: Right) -> Problem {
    Problem::new(code::FORBIDDEN, format!("The key lacks the scope {}.", right.name()))
}

/// The holder of a project key.
///
/// # Errors
/// [`code::UNAUTHENTICATED`] for a key that does not exist or was revoked; [`code::FORBIDDEN`] for the root key.
pub async fn key_holder(app: &App, key: &str) -> Result<Arc<KeyHolder>, Problem> {
    if let Some(holder) = app.authenticator.holder(app.engine.store().as_ref(), key).await? {
        return Ok(holder);
    }
    if app.authenticator.is_root(key) {
        return Err(Problem::new(
            code::FORBIDDEN,
            "The root key works on root routes only: use a key of the project.",
        ));
    }
    Err(ServiceError::UNKNOWN_KEY.into())
}

/// The key in `Authorization: Bearer <key>`; the scheme in any case (RFC 9110, 11.1).
///
/// # Errors
/// [`code::UNAUTHENTICATED`].
pub fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let value = headers
        .get(AUTHORIZATION)
        .ok_or_else(|| Problem::new(code::UNAUTHENTICATED, "The request has no Authorization header."))?;
    let key = value.to_str().ok().and_then(|text| text.split_once(' ')).and_then(|(scheme, key)| {
        let key = key.trim();
        (scheme.eq_ignore_ascii_case("bearer") && !key.is_empty()).then_some(key)
    });
    key.ok_or_else(|| Problem::new(code::UNAUTHENTICATED, "The Authorization header is not 'Bearer <key>'."))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(authorization: Option<&'static str>) -> HeaderMap {
        authorization.map(|value| (AUTHORIZATION, HeaderValue::from_static(value))).into_iter().collect()
    }

    #[test]
    fn the_key_is_read_whatever_the_case_of_its_scheme() {
        assert_eq!(bearer(&headers(Some("Bearer abc"))).unwrap(), "abc");
        assert_eq!(bearer(&headers(Some("bearer  abc "))).unwrap(), "abc");
    }

    #[test]
    fn another_scheme_or_no_key_is_not_authenticated() {
        for bad in [None, Some("Basic abc"), Some("Bearer"), Some("Bearer  "), Some("abc")] {
            assert_eq!(bearer(&headers(bad)).unwrap_err().code(), code::UNAUTHENTICATED, "{bad:?}");
        }
    }
}
