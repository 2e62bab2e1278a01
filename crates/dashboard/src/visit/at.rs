//! What a page's path names. An ill-formed one is a page there is not (DESIGN 4.4).

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use postrider_http::App;
use serde::de::DeserializeOwned;

use crate::page::Refusal;

/// Parts of the path by their names; those that `T` has no field for are left alone.
#[derive(Debug)]
pub(crate) struct At<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for At<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let path = Path::<T>::from_request_parts(parts, app).await;
        path.map(|Path(path)| Self(path)).map_err(|_| Refusal::not_found("page"))
    }
}
