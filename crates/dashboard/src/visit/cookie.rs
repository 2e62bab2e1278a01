//! Session cookies (RFC 6265): one for each face, so that an operator can look at a customer's portal beside.

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

use super::Face;

/// Where the page stands to which a cookie is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Jar {
    /// Which face.
    pub(crate) face: Face,
    /// Whether browsers reach this server by HTTPS (`--public-url`).
    pub(crate) secure: bool,
    /// Whether the page is in another site's iframe: the cookie must be sent there, and is kept apart for that site
    /// (CHIPS; DESIGN 10, issue "portal": `SameSite=None; Secure; Partitioned`).
    pub(crate) embedded: bool,
}

impl Jar {
    /// A `Set-Cookie` that keeps the session's token for that many seconds; none at all for zero.
    pub(crate) fn keep(self, token: &str, seconds: u64) -> Option<HeaderValue> {
        let Self { face, secure, embedded } = self;
        let scope = match (embedded, secure) {
            (true, _) => "SameSite=None; Secure; Partitioned",
            (false, true) => "SameSite=Lax; Secure",
            (false, false) => "SameSite=Lax",
        };
        let name = name(face);
        let text = format!("{name}={token}; Path={}; Max-Age={seconds}; HttpOnly; {scope}", face.prefix());
        HeaderValue::try_from(text).ok()
    }

    /// A `Set-Cookie` that ends it.
    pub(crate) fn clear(self) -> Option<HeaderValue> {
        self.keep("", 0)
    }
}

/// The token that a request carries.
pub(crate) fn token(face: Face, headers: &HeaderMap) -> Option<String> {
    let name = name(face);
    let cookies = headers.get_all(COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, value)| *key == name && !value.is_empty()).map(|(_, value)| value.to_owned())
}

fn name(face: Face) -> &'static str {
    match face {
        Face::Operator => "postrider_dashboard",
        // A customer's browser hears of the product only, not of what serves it.
        Face::Customer => "webhooks_portal",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_says_who_may_see_it() {
        let jar = Jar { face: Face::Operator, secure: true, embedded: false };
        let kept = jar.keep("ses_x", 60).unwrap();
        assert_eq!(
            kept.to_str().unwrap(),
            "postrider_dashboard=ses_x; Path=/dashboard; Max-Age=60; HttpOnly; SameSite=Lax; Secure"
        );
        let jar = Jar { face: Face::Customer, secure: false, embedded: true };
        let kept = jar.keep("ses_x", 60).unwrap();
        assert!(kept.to_str().unwrap().ends_with("; HttpOnly; SameSite=None; Secure; Partitioned"));
    }

    #[test]
    fn a_face_reads_its_own_cookie_only() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=b; webhooks_portal=ses_p"));
        headers.append(COOKIE, HeaderValue::from_static("postrider_dashboard=ses_d"));
        assert_eq!(token(Face::Customer, &headers).as_deref(), Some("ses_p"));
        assert_eq!(token(Face::Operator, &headers).as_deref(), Some("ses_d"));
        headers.clear();
        headers.append(COOKIE, HeaderValue::from_static("webhooks_portal="));
        assert_eq!(token(Face::Customer, &headers), None);
    }
}
