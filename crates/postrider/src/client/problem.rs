//! A refusal, as the server explains it (RFC 9457).

use std::fmt;

use http::StatusCode;
use serde::Deserialize;

use super::document;
use crate::columns::clean;

/// A refusal.
#[derive(Debug)]
pub(crate) struct Problem {
    /// The status of the answer.
    status: StatusCode,
    /// The body as it came, if it was a problem.
    pub(crate) text: Option<String>,
    title: String,
    detail: String,
    faults: Vec<Fault>,
}

#[derive(Debug, Deserialize)]
struct Told {
    title: Option<String>,
    detail: String,
    #[serde(default)]
    errors: Vec<Fault>,
}

#[derive(Debug, Deserialize)]
struct Fault {
    pointer: String,
    detail: String,
}

impl Problem {
    /// Reads an answer; what is no problem document is shown as it is.
    pub(crate) fn read(status: StatusCode, body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        match serde_json::from_str::<Told>(&text) {
            Ok(told) => Self {
                status,
                text: document(&text).ok().map(|read| read.text().to_owned()),
                title: told.title.unwrap_or_default(),
                detail: told.detail,
                faults: told.errors,
            },
            Err(_) => {
                let title = status.canonical_reason().unwrap_or("refused").to_owned();
                let detail = text.chars().take(500).collect();
                Self { status, text: None, title, detail, faults: Vec::new() }
            }
        }
    }
}

impl Problem {
    /// Whether what was asked for is not, or no longer, there.
    pub(crate) fn is_gone(&self) -> bool {
        matches!(self.status, StatusCode::NOT_FOUND | StatusCode::GONE)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", clean(&self.title), self.status.as_u16())?;
        if self.faults.is_empty() && !self.detail.is_empty() {
            write!(f, "\n  {}", clean(&self.detail))?;
        }
        let width = self.faults.iter().map(|fault| fault.pointer.chars().count()).max().unwrap_or(0);
        for Fault { pointer, detail } in &self.faults {
            write!(f, "\n  {:<width$}  {}", clean(pointer), clean(detail))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_told_by_its_title_and_every_pointer() {
        let body =
            br#"{"title": "Not valid", "detail": "/url: bad (1 more)", "code": "invalid", "status": 422,
            "errors": [{"pointer": "/url", "detail": "bad"}, {"pointer": "/filter", "detail": "worse"}]}"#;
        let problem = Problem::read(StatusCode::UNPROCESSABLE_ENTITY, body);
        assert_eq!(problem.to_string(), "Not valid (422)\n  /url     bad\n  /filter  worse");
        let plain = Problem::read(StatusCode::BAD_GATEWAY, b"<html>\x1b[31m");
        assert_eq!(plain.to_string(), "Bad Gateway (502)\n  <html>\u{fffd}[31m");
        assert!(plain.text.is_none());
    }
}
