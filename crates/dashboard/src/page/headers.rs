//! What browsers may do with a page: run our script, use our style, send forms to us; nothing else.

use axum::body::Body;
use axum::response::Response;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use maud::Markup;

use crate::visit::{Face, Visit};

/// What a page may do beyond the strictest.
#[derive(Debug, Default)]
pub(crate) struct Allowed {
    /// Origins of pages that may embed it.
    embedded_by: Vec<String>,
    /// The origin of the project's logo, where it is on another server.
    images: Option<String>,
}

impl Allowed {
    /// A customer's pages may be embedded by the project's origins, an operator's by nobody. Both show the logo.
    pub(crate) fn of(visit: &Visit) -> Self {
        let logo = visit.settings.branding.as_ref().and_then(|branding| branding.logo.as_deref());
        let embedded_by = match visit.face {
            Face::Operator => Vec::new(),
            Face::Customer => visit.settings.allowed_origins.clone().unwrap_or_default(),
        };
        Self { embedded_by, images: logo.and_then(origin).map(str::to_owned) }
    }

    /// A refusal in the portal may stand in any page: it is of nobody, changes nothing, and where the portal is embedded
    /// a browser would show its own error in place of what happened and what to do.
    pub(crate) fn refusal(face: Face) -> Self {
        let embedded_by = match face {
            Face::Operator => Vec::new(),
            Face::Customer => vec!["*".to_owned()],
        };
        Self { embedded_by, images: None }
    }

    /// Content Security Policy Level 3.
    fn policy(&self) -> String {
        let frames = match self.embedded_by.as_slice() {
            [] => "'none'".to_owned(),
            origins => origins.join(" "),
        };
        let images = self.images.as_deref().unwrap_or_default();
        format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: {images}; connect-src 'self'; \
             form-action 'self'; base-uri 'none'; frame-ancestors {frames}"
        )
    }
}

/// Scheme, host and port of an address on another server.
fn origin(address: &str) -> Option<&str> {
    let host = address.strip_prefix("https://")?;
    let end = host.find(['/', '?', '#']).unwrap_or(host.len());
    address.get(..end + "https://".len())
}

/// A page as a response that is kept by nobody.
pub(crate) fn respond(status: StatusCode, page: Markup, allowed: &Allowed) -> Response {
    let mut response = Response::new(Body::from(page.into_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    if let Ok(policy) = HeaderValue::try_from(allowed.policy()) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    careful(headers);
    response
}

/// 303 (RFC 9110, 15.4.4).
pub(crate) fn see(address: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let headers = response.headers_mut();
    if let Ok(address) = HeaderValue::try_from(address) {
        headers.insert(LOCATION, address);
    }
    careful(headers);
    response
}

/// What holds for pages and redirects.
fn careful(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Addresses of ours are told to nobody; to ourselves, so that a form of a lost session finds its page again.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_runs_only_what_is_ours() {
        let strict = Allowed::default().policy();
        assert!(strict.starts_with("default-src 'none'; script-src 'self'; style-src 'self'; "), "{strict}");
        assert!(strict.ends_with("frame-ancestors 'none'"), "{strict}");
        assert!(!strict.contains("unsafe"));
        let embedded = Allowed {
            embedded_by: vec!["https://app.example".into()],
            images: origin("https://cdn.example:8443/logo.png").map(str::to_owned),
        };
        assert!(embedded.policy().contains("img-src 'self' data: https://cdn.example:8443;"));
        assert!(embedded.policy().ends_with("frame-ancestors https://app.example"));
    }

    #[test]
    fn only_the_origin_of_a_logo_is_allowed() {
        assert_eq!(origin("https://a.example?x;y"), Some("https://a.example"));
        assert_eq!(origin("data:image/png;base64,AAAA"), None);
        assert_eq!(origin("http://a.example/logo.png"), None);
    }
}
