//! The request in hyper's words.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Version, header};
use http_body_util::Full;

use crate::Target;

/// A request ready for a connection.
pub(crate) type Parcel = Request<Full<Bytes>>;

/// The fields that frame a message or speak for one connection (RFC 9110, 7.6.1). They are hyper's and ours: given
/// from outside they could make the receiver see another message than the one that was signed.
static FRAMING: [HeaderName; 10] = [
    header::HOST,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
    header::UPGRADE,
    header::TE,
    header::TRAILER,
    header::EXPECT,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

pub(crate) fn parcel(mut headers: HeaderMap, body: Bytes) -> Parcel {
    for name in &FRAMING {
        headers.remove(name);
    }
    if body.is_empty() {
        // hyper would leave it out, but a POST without a body has a length too (RFC 9110, 8.6).
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    let mut parcel = Request::new(Full::new(body));
    *parcel.method_mut() = Method::POST;
    *parcel.headers_mut() = headers;
    parcel
}

/// Addresses `parcel` for HTTP/1.1: the path in the request line, the host in its header (RFC 9112, 3.2).
pub(crate) fn address_http1(parcel: &mut Parcel, target: &Target) {
    *parcel.version_mut() = Version::HTTP_11;
    *parcel.uri_mut() = target.origin_form().clone();
    parcel.headers_mut().insert(header::HOST, target.host_header().clone());
}

/// Addresses `parcel` for HTTP/2, where the URL makes the pseudo-headers (RFC 9113, 8.3.1).
pub(crate) fn address_http2(parcel: &mut Parcel, target: &Target) {
    *parcel.version_mut() = Version::HTTP_2;
    *parcel.uri_mut() = target.absolute_form().clone();
    parcel.headers_mut().remove(header::HOST);
}
