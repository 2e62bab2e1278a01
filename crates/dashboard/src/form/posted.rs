//! A form that arrived.

use axum::extract::{FromRequest, OriginalUri, Request};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use postrider_http::{App, code};

use super::token::FormToken;
use super::{Fields, TOKEN_FIELD};
use crate::page::Refusal;
use crate::visit::{Face, SessionToken, cookie};

/// The most fields that a form has: that of a webhook, with every type of a large catalogue checked, has fewer.
const MOST_FIELDS: usize = 4_000;

/// A form of a page of ours, sent by the session that the page was made for.
#[derive(Debug)]
pub(crate) struct Posted {
    /// What was entered.
    pub(crate) fields: Fields,
    pub(super) app: App,
    /// The form's own token.
    pub(super) token: String,
}

impl FromRequest<App> for Posted {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refusal> {
        let original = request.extensions().get::<OriginalUri>();
        let action = original.map_or_else(|| request.uri().path().to_owned(), |uri| uri.path().to_owned());
        let face = if action.starts_with(Face::Customer.prefix()) { Face::Customer } else { Face::Operator };
        let session = cookie::token(face, request.headers()).map(SessionToken);
        let session = session.ok_or_else(|| Refusal::lost_session(face, None))?;
        from_our_pages(request.headers())?;
        let fields = read(request, app).await?;
        let token = fields.raw(TOKEN_FIELD).to_owned();
        if !FormToken::is_of(&token, &session, &action) {
            return Err(Refusal::foreign_form());
        }
        Ok(Self { fields, app: app.clone(), token })
    }
}

/// The body of a form.
///
/// # Errors
/// What is no form, is larger than `max_body_bytes`, or has more fields than any form of ours.
pub(crate) async fn read(request: Request, app: &App) -> Result<Fields, Refusal> {
    let is_form = |value: &http::HeaderValue| {
        value.as_bytes().to_ascii_lowercase().starts_with(b"application/x-www-form-urlencoded")
    };
    if !request.headers().get(CONTENT_TYPE).is_some_and(is_form) {
        return Err(Refusal::of(code::UNSUPPORTED_MEDIA_TYPE, "This address takes forms of its own pages."));
    }
    let limit = app.engine.limits().max_body_bytes;
    let body = postrider_http::body::read(request, limit, app).await?;
    let fields = Fields::parse(&body);
    if fields.len() > MOST_FIELDS {
        return Err(Refusal::of(code::TOO_LARGE, format!("A form has at most {MOST_FIELDS} fields.")));
    }
    Ok(fields)
}

/// Browsers say where a form was sent from (Fetch Metadata): another site's is refused before anything is looked at. What
/// comes without is judged by its token. (`Origin` would have to be compared with a host that proxies may have changed.)
///
/// # Errors
/// [`Refusal::foreign_form`].
pub(crate) fn from_our_pages(headers: &HeaderMap) -> Result<(), Refusal> {
    match headers.get("sec-fetch-site").map(http::HeaderValue::as_bytes) {
        None | Some(b"same-origin" | b"none") => Ok(()),
        Some(_) => Err(Refusal::foreign_form()),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_form_from_another_site_is_refused_by_what_its_browser_says() {
        let mut headers = HeaderMap::new();
        assert!(from_our_pages(&headers).is_ok());
        for (site, is_ours) in
            [("same-origin", true), ("none", true), ("same-site", false), ("cross-site", false)]
        {
            headers.insert("sec-fetch-site", HeaderValue::from_static(site));
            assert_eq!(from_our_pages(&headers).is_ok(), is_ours, "{site}");
        }
    }
}
