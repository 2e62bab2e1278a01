//! From a documented path to the router of the key's contract (DESIGN 4.4 "Routes and objects").

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::{Router, middleware};
use http::header::AUTHORIZATION;
use http::{Extensions, HeaderMap};
use postrider_http::{App, Problem, code, fallback, key_holder, whole};
use tower::ServiceExt as _;

use crate::customer::Holder;
use crate::refusal::refuse;
use crate::{Dialect, KeyPlace};

/// Below these lie all documented paths; the native ones avoid them.
const ROOTS: [&str; 3] = ["/api/v1/webhooks", "/v1/webhooks", "/v1/backend/webhooks"];

const API_KEY: &str = "x-api-key";

#[derive(Debug)]
struct Dispatch {
    app: App,
    surfaces: Vec<(&'static Dialect, Router)>,
}

pub(crate) fn router(app: App, dialects: &'static [Dialect]) -> Router {
    let surfaces = dialects.iter().map(|dialect| (dialect, surface(dialect, app.clone()))).collect();
    let mut router = Router::new();
    for root in ROOTS {
        for path in [root.to_owned(), format!("{root}/"), format!("{root}/{{*rest}}")] {
            router = router.route(&path, any(dispatch));
        }
    }
    router.with_state(Arc::new(Dispatch { app, surfaces }))
}

fn surface(dialect: &Dialect, app: App) -> Router {
    let to_its_end = middleware::from_fn_with_state(app.clone(), whole::layer);
    (dialect.routes)()
        .layer(to_its_end)
        .fallback(fallback::unknown_path)
        .method_not_allowed_fallback(fallback::wrong_method)
        .with_state(app)
}

async fn dispatch(State(dispatch): State<Arc<Dispatch>>, request: Request) -> Response {
    match dispatch.find(request.headers()).await {
        Ok((dialect, surface, holder)) => answer(dialect, surface, holder, request).await,
        Err(problem) => refuse(&problem, &[], problem.clone().into_response()),
    }
}

/// Lets the dialect's router answer. Its problems become the refusals of the document.
async fn answer(dialect: &Dialect, surface: Router, holder: Holder, mut request: Request) -> Response {
    // What the router in front found in the path is not the inner one's business.
    *request.extensions_mut() = Extensions::new();
    request.extensions_mut().insert(holder);
    let answered: Result<Response, Infallible> = surface.oneshot(request).await;
    let mut response = answered.unwrap_or_else(|never| match never {});
    match response.extensions_mut().remove::<Problem>() {
        Some(problem) => refuse(&problem, dialect.fields, response),
        None => response,
    }
}

impl Dispatch {
    async fn find(&self, headers: &HeaderMap) -> Result<(&'static Dialect, Router, Holder), Problem> {
        let (key, place) = key(headers)?;
        let holder = key_holder(&self.app, key).await?;
        let context = self.app.engine.project(holder.caller.project).await?;
        let wanted = &context.contract.dialect;
        let found = self.surfaces.iter().find(|(dialect, _)| dialect.name == wanted);
        let (dialect, surface) = found.ok_or_else(|| {
            Problem::new(
                code::NOT_FOUND,
                format!("The contract {} documents no such path.", context.contract.name),
            )
        })?;
        if dialect.key == KeyPlace::Bearer && place == KeyPlace::BearerOrApiKey {
            return Err(Problem::new(
                code::UNAUTHENTICATED,
                "The key is not in the Authorization header: send 'Authorization: Bearer <key>'.",
            ));
        }
        Ok((dialect, surface.clone(), Holder { key: holder, context }))
    }
}

/// The key, and which place it takes to have found it.
fn key(headers: &HeaderMap) -> Result<(&str, KeyPlace), Problem> {
    if headers.contains_key(AUTHORIZATION) {
        return Ok((postrider_http::bearer(headers)?, KeyPlace::Bearer));
    }
    let value = headers.get(API_KEY).ok_or_else(|| {
        Problem::new(code::UNAUTHENTICATED, "The request has no key: send 'Authorization: Bearer <key>'.")
    })?;
    let key = value.to_str().unwrap_or_default().trim();
    Ok((key, KeyPlace::BearerOrApiKey))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn the_authorization_header_goes_before_the_other() {
        let both = headers(&[("authorization", "Bearer a"), ("x-api-key", "b")]);
        assert_eq!(key(&both).unwrap(), ("a", KeyPlace::Bearer));
        assert_eq!(key(&headers(&[("x-api-key", " b ")])).unwrap(), ("b", KeyPlace::BearerOrApiKey));
    }

    #[test]
    fn a_request_without_a_key_is_not_authenticated() {
        assert_eq!(key(&headers(&[])).unwrap_err().code(), code::UNAUTHENTICATED);
        assert_eq!(key(&headers(&[("authorization", "Basic a")])).unwrap_err().code(), code::UNAUTHENTICATED);
    }
}
