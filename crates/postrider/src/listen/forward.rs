//! Passing a delivery on to the program that is being developed.

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::{HeaderMap, Method, StatusCode};
use url::Url;

use crate::client::request;
use crate::console::complain;

/// Sends it with the headers it came with; the answer's status, or 502 where there is none.
pub(crate) async fn pass_on(url: &Url, headers: &HeaderMap, body: Bytes) -> StatusCode {
    let mut headers = headers.clone();
    for own in [HOST, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING] {
        headers.remove(own);
    }
    match request(Method::POST, url, headers, body).await {
        Ok(answer) => answer.status,
        Err(error) => {
            complain(format_args!("not forwarded: {error}"));
            StatusCode::BAD_GATEWAY
        }
    }
}
