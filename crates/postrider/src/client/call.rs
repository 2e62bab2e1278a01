//! A call of a route of the native API.

use http::Method;
use serde_json::Value;
use url::Url;

/// What is asked of a server.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(super) method: Method,
    segments: Vec<String>,
    query: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

impl Call {
    /// A call of the path with these segments, which may hold any character.
    pub(crate) fn new<'s>(method: Method, segments: impl IntoIterator<Item = &'s str>) -> Self {
        let segments = segments.into_iter().map(str::to_owned).collect();
        Self { method, segments, query: Vec::new(), body: Vec::new() }
    }

    /// GET.
    pub(crate) fn get<'s>(segments: impl IntoIterator<Item = &'s str>) -> Self {
        Self::new(Method::GET, segments)
    }

    /// POST without a body.
    pub(crate) fn post<'s>(segments: impl IntoIterator<Item = &'s str>) -> Self {
        Self::new(Method::POST, segments)
    }

    /// With this body.
    pub(crate) fn json(self, body: &Value) -> Self {
        self.body(body.to_string().into_bytes())
    }

    /// With this body, which is JSON already.
    pub(crate) fn body(self, body: Vec<u8>) -> Self {
        Self { body, ..self }
    }

    /// With this query parameter, in place of one of the same name.
    pub(crate) fn query(mut self, name: &'static str, value: &str) -> Self {
        self.query.retain(|(known, _)| *known != name);
        self.query.push((name, value.to_owned()));
        self
    }

    /// With this query parameter, if there is one.
    pub(crate) fn maybe(self, name: &'static str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    pub(super) fn url(&self, base: &Url) -> Url {
        let mut url = base.clone();
        // A base that cannot have a path was refused when the client was made.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(&self.segments);
        }
        url.set_fragment(None);
        url.set_query(None);
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_and_parameters_may_hold_any_character() {
        let base = Url::parse("https://example.com/hooks/").unwrap();
        let call = Call::get(["v1", "tenants", "a/b c"]).query("type", "x&y").query("type", "z=1");
        assert_eq!(call.url(&base).as_str(), "https://example.com/hooks/v1/tenants/a%2Fb%20c?type=z%3D1");
        let base = Url::parse("http://127.0.0.1:8080").unwrap();
        assert_eq!(Call::get(["v1", "meta"]).url(&base).as_str(), "http://127.0.0.1:8080/v1/meta");
    }
}
