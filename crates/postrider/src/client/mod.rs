//! A small HTTP client for the commands that talk to a server: one request, one connection.

mod call;
mod document;
mod problem;
mod wire;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::value::RawValue;
use url::Url;

pub(crate) use call::Call;
pub(crate) use document::{Document, document};
pub(crate) use problem::Problem;
pub(crate) use wire::{Answer, request};

/// Rows of one page: the most a server gives (DESIGN 4.2).
const PAGE: usize = 250;

/// Why there was no answer, or no good one.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    /// The URL cannot be called.
    #[error("{0} is not an http:// or https:// URL")]
    Url(String),
    /// The key cannot be sent.
    #[error("the key has characters that no key has")]
    Key,
    /// Nobody answered.
    #[error("{url} does not answer: {detail}")]
    NoAnswer {
        /// Who.
        url: String,
        /// Why.
        detail: String,
    },
    /// The server refused.
    #[error("{0}")]
    Refused(Problem),
    /// Somebody answered who is no Postrider.
    #[error("{url} answered with something that is not Postrider's: {detail}")]
    Strange {
        /// Who.
        url: String,
        /// What.
        detail: String,
    },
}

/// Calls the native API of one server with one key.
#[derive(Clone)]
pub(crate) struct Client {
    base: Url,
    authorization: Option<HeaderValue>,
}

impl Client {
    /// Of the server at `base`, whose path, if it has one, goes before those of the API. An empty key is not sent.
    ///
    /// # Errors
    /// [`ClientError::Url`] where `base` is no URL, [`ClientError::Key`].
    pub(crate) fn new(base: &str, key: &str) -> Result<Self, ClientError> {
        let wrong = || ClientError::Url(base.to_owned());
        let base = Url::parse(base).map_err(|_| wrong())?;
        if !matches!(base.scheme(), "http" | "https") || !base.has_host() {
            return Err(wrong());
        }
        let mut authorization =
            HeaderValue::from_str(&format!("Bearer {key}")).map_err(|_| ClientError::Key)?;
        authorization.set_sensitive(true);
        Ok(Self { base, authorization: (!key.is_empty()).then_some(authorization) })
    }

    /// Makes the call and gives what came back, whatever its status.
    ///
    /// # Errors
    /// [`ClientError::NoAnswer`].
    pub(crate) async fn ask(&self, call: &Call) -> Result<Answer, ClientError> {
        let mut headers = HeaderMap::new();
        if let Some(authorization) = &self.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        if !call.body.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let url = call.url(&self.base);
        request(call.method.clone(), &url, headers, Bytes::copy_from_slice(&call.body)).await
    }

    /// Makes the call and gives the document it answers with; an empty answer is `null`.
    ///
    /// # Errors
    /// [`ClientError::Refused`] for every status but 2xx.
    pub(crate) async fn call(&self, call: &Call) -> Result<Document, ClientError> {
        let answer = self.ask(call).await?;
        if !answer.status.is_success() {
            return Err(ClientError::Refused(Problem::read(answer.status, &answer.body)));
        }
        if answer.status == StatusCode::NO_CONTENT || answer.body.is_empty() {
            return Ok(document("null").unwrap_or_default());
        }
        document(&String::from_utf8_lossy(&answer.body))
            .map_err(|error| ClientError::Strange { url: self.base.to_string(), detail: error.to_string() })
    }

    /// The rows of a list, page by page, at most `limit`.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub(crate) async fn rows(&self, call: Call, limit: usize) -> Result<Vec<Document>, ClientError> {
        let (mut rows, mut call) = (Vec::new(), call.query("limit", &PAGE.min(limit).to_string()));
        loop {
            let (page, cursor) = self.page(&call).await?;
            rows.extend(page);
            match cursor {
                Some(cursor) if rows.len() < limit => call = call.query("cursor", &cursor),
                _ => break,
            }
        }
        rows.truncate(limit);
        Ok(rows)
    }

    /// One page of a list, and the cursor of the next.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub(crate) async fn page(&self, call: &Call) -> Result<(Vec<Document>, Option<String>), ClientError> {
        #[derive(serde::Deserialize)]
        struct Page {
            data: Vec<Box<RawValue>>,
            next_cursor: Option<String>,
        }
        let page = self.call(call).await?;
        let page: Page = serde_json::from_str(page.text()).map_err(|error| ClientError::Strange {
            url: self.base.to_string(),
            detail: format!("not a list: {error}"),
        })?;
        Ok((page.data.into_iter().map(Document::from).collect(), page.next_cursor))
    }
}
