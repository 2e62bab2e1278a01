//! Custom headers: which may be set, and which values are not shown (DESIGN 7 "Secrets").

use http::{HeaderName, HeaderValue};
use postrider_model::limits::Limits;

use super::document::escape;
use super::terms::Terms;
use crate::Fault;

/// What is shown in place of a sensitive value; sent back in a PATCH it keeps the value.
pub const REDACTED: &str = "***";

/// Headers that are the sender's own: framing and routing of the request (DESIGN 7), and what the contract's
/// bodies are.
const RESERVED: [&str; 12] = [
    "host",
    "content-length",
    "content-type",
    "content-encoding",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authorization",
    "te",
    "trailer",
    "upgrade",
];

/// Words in a header's name that tell that its value is a secret.
const SENSITIVE: [&str; 9] =
    ["auth", "cookie", "token", "key", "secret", "password", "credential", "session", "signature"];

/// Checks the custom headers of an endpoint against HTTP and the contract.
pub(super) fn check(headers: &[(String, String)], terms: &Terms, limits: &Limits, faults: &mut Vec<Fault>) {
    if !headers.is_empty() && !terms.headers {
        faults.push(Fault::at("/headers", format!("The contract {} has no custom headers.", terms.contract)));
        return;
    }
    if headers.len() > limits.max_headers {
        let detail = format!("An endpoint has at most {} custom headers.", limits.max_headers);
        faults.push(Fault::at("/headers", detail));
    }
    for (index, (name, value)) in headers.iter().enumerate() {
        let mut fault = |detail: String| faults.push(Fault::at(format!("/headers/{}", escape(name)), detail));
        match HeaderName::try_from(name.as_str()) {
            Err(_) => fault("This is not the name of an HTTP header.".to_owned()),
            Ok(known) if RESERVED.contains(&known.as_str()) => {
                fault("This header is set by the sender.".to_owned())
            }
            Ok(known) if terms.own_headers.iter().any(|own| own.eq_ignore_ascii_case(known.as_str())) => {
                fault(format!("This header belongs to the contract {}.", terms.contract));
            }
            Ok(_) if headers[..index].iter().any(|(other, _)| other.eq_ignore_ascii_case(name)) => {
                fault("This header is given twice.".to_owned());
            }
            Ok(_) => {}
        }
        if name.len() + value.len() > limits.max_header_bytes {
            fault(format!("A header has at most {} bytes, name and value.", limits.max_header_bytes));
        } else if HeaderValue::from_str(value).is_err() || !value.is_ascii() {
            fault("The value holds a line break or another character that a header cannot carry.".to_owned());
        } else if value.trim() != value {
            fault("The value begins or ends with a space, which receivers drop.".to_owned());
        } else if value == REDACTED {
            fault("The value is a redacted one.".to_owned());
        }
    }
}

/// The value as answers and pages show it.
pub fn shown<'a>(name: &str, value: &'a str) -> &'a str {
    if is_sensitive(name, value) { REDACTED } else { value }
}

/// Whether the name or the value (`Bearer …`, `Basic …`) tells of a secret.
fn is_sensitive(name: &str, value: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SENSITIVE.iter().any(|word| name.contains(word))
        || value.split_once(' ').is_some_and(|(scheme, _)| {
            ["bearer", "basic", "digest"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(headers: &[(&str, &str)]) -> Vec<(String, String)> {
        let headers: Vec<_> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut faults = Vec::new();
        check(&headers, &Terms::for_tests(), &Limits::default(), &mut faults);
        faults.into_iter().map(|fault| (fault.pointer, fault.detail)).collect()
    }

    #[test]
    fn the_senders_own_headers_cannot_be_set() {
        for name in
            ["Host", "content-length", "Transfer-Encoding", "CONNECTION", "Content-Type", "Webhook-Signature"]
        {
            assert_eq!(faults(&[(name, "x")]).len(), 1, "{name}");
        }
    }

    #[test]
    fn names_and_values_that_would_break_the_request_are_refused() {
        for (name, value) in [
            ("a b", "x"),
            ("", "x"),
            ("a:b", "x"),
            ("a\r\nb", "x"),
            ("a", "x\r\nEvil: 1"),
            ("a", "x\n"),
            ("a", "\u{0}"),
            ("a", "é"),
            ("a", " x"),
        ] {
            assert_eq!(faults(&[(name, value)]).len(), 1, "{name:?}: {value:?}");
        }
        assert!(faults(&[("X-Trace", "a b; c=\"d\""), ("Authorization", "Bearer x")]).is_empty());
    }

    #[test]
    fn the_same_header_in_two_cases_is_refused() {
        let found = faults(&[("X-A", "1"), ("x-a", "2")]);
        assert_eq!(found[0].0, "/headers/x-a");
    }

    #[test]
    fn every_fault_is_told() {
        assert_eq!(faults(&[("Host", "x"), ("a/b", "x"), ("c", "\n")]).len(), 3);
    }

    #[test]
    fn secrets_are_not_shown() {
        for (name, value) in [
            ("Authorization", "x"),
            ("X-Api-Key", "x"),
            ("cookie", "x"),
            ("X-CSRF-TOKEN", "x"),
            ("X-Custom", "Bearer abc"),
            ("X-Custom", "basic abc"),
        ] {
            assert_eq!(shown(name, value), REDACTED, "{name}: {value}");
        }
        assert_eq!(shown("X-Trace", "on"), "on");
    }
}
