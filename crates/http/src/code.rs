//! The stable codes of problems: what each means and whether trying again is safe (STYLE 16).
//!
//! A code, once published, keeps its name and meaning. The page of a code is `/docs/problems/{code}`, which is
//! also the `type` of its problems.

/// Whether the same request may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// It would fail again: change the request first.
    No,
    /// Nothing was done; the same request may succeed later.
    Later,
    /// It may or may not have been done: send it again with the same `Idempotency-Key`.
    WithIdempotencyKey,
}

impl Retry {
    /// For people.
    pub fn advice(self) -> &'static str {
        match self {
            Self::No => "Do not send the same request again: it would fail again.",
            Self::Later => {
                "Nothing was done. Send the same request again later, after Retry-After where it is given."
            }
            Self::WithIdempotencyKey => {
                "It may have been done. Send it again with the same Idempotency-Key: it is done at most once."
            }
        }
    }
}

/// A kind of problem.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// The stable name, the `code` of a problem.
    pub name: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// The `title` of a problem.
    pub title: &'static str,
    /// What it means and what to do.
    pub meaning: &'static str,
    /// Whether to try again.
    pub retry: Retry,
}

macro_rules! codes {
    ($($constant:ident = $name:literal, $status:literal, $title:literal, $retry:ident, $meaning:literal;)*) => {
        $(#[doc = $meaning] pub const $constant: &Code =
            &Code { name: $name, status: $status, title: $title, meaning: $meaning, retry: Retry::$retry };)*
        /// Every code.
        pub const ALL: &[&Code] = &[$($constant),*];
    };
}

codes! {
    MALFORMED = "malformed", 400, "Malformed request", No,
        "The request cannot be read: the body is not JSON, not UTF-8, or nested deeper than 64 levels. The detail says where.";
    UNAUTHENTICATED = "unauthenticated", 401, "No valid key", No,
        "The request has no key, or one that does not exist or was revoked. Send 'Authorization: Bearer <key>'.";
    FORBIDDEN = "forbidden", 403, "Not allowed", No,
        "The key is valid but may not do this: it lacks a scope, belongs to one tenant, or is of the wrong kind (root key and project keys have routes of their own).";
    NOT_FOUND = "not_found", 404, "Not found", No,
        "There is no such path or thing, or the key cannot reach it. A thing of the other mode or of another tenant is not found either.";
    METHOD_NOT_ALLOWED = "method_not_allowed", 405, "Method not allowed", No,
        "The path exists, but not with this method. The Allow header names those it has.";
    REQUEST_TIMEOUT = "request_timeout", 408, "Request too slow", Later,
        "The body of the request did not arrive in time.";
    CONFLICT = "conflict", 409, "Conflict", No,
        "The thing is in a state that does not allow this. The detail says which.";
    EXISTS = "exists", 409, "Exists already", No,
        "The id is taken.";
    CHANGED = "changed", 409, "Changed meanwhile", Later,
        "Somebody else changed the same thing at the same time.";
    PENDING = "pending", 409, "Still pending", No,
        "The delivery is still pending: it is sent without being asked again.";
    ENDPOINT_DISABLED = "endpoint_disabled", 409, "Endpoint disabled", No,
        "The endpoint is disabled. Enable it first.";
    IDEMPOTENCY_CONFLICT = "idempotency_conflict", 409, "Idempotency key used before", No,
        "The idempotency key was used with another body in the last 24 hours. Use a new key for a new request.";
    GONE = "gone", 410, "Gone", No,
        "It was there, and its retention is over.";
    PRECONDITION_FAILED = "precondition_failed", 412, "Changed since it was read", No,
        "The thing has another revision than If-Match names: somebody changed it since you read it. Read it again, and make your change to what is there now.";
    TOO_LARGE = "too_large", 413, "Too large", No,
        "The body or one of its events is larger than allowed. The detail names the limit.";
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type", 415, "Unsupported media type", No,
        "The body must be sent as 'Content-Type: application/json', without a Content-Encoding.";
    INVALID = "invalid", 422, "Not valid", No,
        "The request is well-formed but not valid. 'errors' lists each fault with a JSON pointer to its place.";
    RATE_LIMITED = "rate_limited", 429, "Too many requests", Later,
        "Too many requests. Retry-After says when to go on.";
    INTERNAL = "internal", 500, "Internal error", WithIdempotencyKey,
        "A defect or a damaged store. The server's log says more.";
    OVERLOADED = "overloaded", 503, "Overloaded", Later,
        "Too much waits to be written, or the disk is almost full. Nothing was accepted.";
    UNAVAILABLE = "unavailable", 503, "Unavailable", WithIdempotencyKey,
        "The store cannot answer now, for example while the server stops.";
}

/// The code of that name.
pub fn named(name: &str) -> Option<&'static Code> {
    ALL.iter().copied().find(|code| code.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_own_name() {
        for (index, code) in ALL.iter().enumerate() {
            assert!(ALL[index + 1..].iter().all(|other| other.name != code.name), "{}", code.name);
            assert_eq!(named(code.name), Some(*code));
        }
    }
}
