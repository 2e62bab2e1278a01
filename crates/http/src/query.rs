//! The query string of a request, read like a body: every fault with its place, unknown parameters refused.

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::parse::fault_of;
use crate::problem::Problem;

/// The query string as a `T`, whose fields are texts or types that are read from texts.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        read(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

fn read<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let pairs = form_urlencoded::parse(query.as_bytes());
    serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs))
        .map_err(|error| Problem::invalid(vec![fault_of(error.path(), &error.inner().to_string())]))
}

#[cfg(test)]
mod tests {
    use postrider_model::time::Millis;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct In {
        since: Option<Millis>,
        tenant: Option<String>,
    }

    #[test]
    fn parameters_are_read_and_decoded() {
        let read: In = read("since=2026-01-22T10:30:00%2B01:00&tenant=a%40b").unwrap();
        assert_eq!(read.since, Some(Millis::parse("2026-01-22T09:30:00Z").unwrap()));
        assert_eq!(read.tenant.as_deref(), Some("a@b"));
    }

    #[test]
    fn a_bad_an_unknown_and_a_doubled_parameter_are_named() {
        for (query, pointer) in
            [("since=yesterday", "/since"), ("teannt=a", "/teannt"), ("tenant=a&tenant=b", "/tenant")]
        {
            assert_eq!(read::<In>(query).unwrap_err().errors()[0].pointer, pointer, "{query}");
        }
    }
}
