//! What an attempt came to, in words for whoever runs the receiving server. The stable codes stand beside them.

use http::StatusCode;

/// A status with its words: `200 OK`, `500 Internal Server Error`; only the number where it has none (RFC 9110, 15).
pub(crate) fn status(status: u16) -> String {
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    reason.map_or_else(|| status.to_string(), |reason| format!("{status} {reason}"))
}

/// An attempt's error: a few words, and what the owner of the receiving server can make of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// A few words.
    pub(crate) title: &'static str,
    /// What it means, and what to look at.
    pub(crate) advice: &'static str,
}

/// The words of a stable code (`postrider_courier::Failure::code`, and those of the engine).
pub(crate) fn trouble(code: &str) -> Trouble {
    let (title, advice) = match code {
        "http_status" => (
            "Answered with an error",
            "Your server answered, but not with a status that counts as success. Its answer may say more.",
        ),
        "timeout" => (
            "No answer in time",
            "Your server did not answer before the time for it was over. Answer first and do the work afterwards.",
        ),
        "dns_error" => {
            ("Host name not found", "The host name in the URL could not be resolved. Check the URL.")
        }
        "blocked_address" => (
            "Address not allowed",
            "The host name in the URL leads to an address that is not on the public internet. Nothing was sent.",
        ),
        "connection_refused" => (
            "Connection refused",
            "Nothing listens at that address and port. Check that the server runs and that the port is right.",
        ),
        "connection_failed" => (
            "Connection failed",
            "The server could not be reached. It may be down, or a firewall may be in the way.",
        ),
        "connection_reset" | "connection_closed" => (
            "Connection broke",
            "The connection stood and was closed before an answer came. The server may have been restarted.",
        ),
        "tls_error" => (
            "No secure connection",
            "TLS could not be agreed on. Check that the certificate is valid, complete and for this host name.",
        ),
        "response_headers_too_large" => {
            ("Answer too large", "The headers of the answer are larger than is read.")
        }
        "protocol_error" => ("Not an HTTP answer", "What came back could not be read as HTTP."),
        "bad_url" => ("URL not usable", "The URL cannot be sent to any more. Change it."),
        "proxy_error" => ("Proxy error", "The sender's own proxy could not make the connection."),
        "out_of_sockets" => {
            ("Sender too busy", "The sender could open no further connection. It is tried again.")
        }
        "endpoint_unavailable" => (
            "Not tried in time",
            "It could not be tried for too long, because earlier requests failed or were too many. No request was made.",
        ),
        "expired" => ("Too old", "It was still waiting when the time for which events are kept was over."),
        _ => ("Failed", "The code says what happened."),
    };
    Trouble { title, advice }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_told_with_its_words_where_it_has_any() {
        assert_eq!([200, 500, 599].map(status), ["200 OK", "500 Internal Server Error", "599"]);
    }

    #[test]
    fn a_code_that_is_not_known_still_has_words() {
        assert_eq!(trouble("something_new").title, "Failed");
        assert_eq!(trouble("timeout").title, "No answer in time");
    }
}
