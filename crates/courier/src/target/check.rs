//! The checks a URL passes one after the other.

use url::Url;

use super::{LOCALHOST, MAX_URL_BYTES, TargetError};
use crate::guard::{self, GuardPolicy};

/// RFC 1035, 2.3.4, without the final dot.
const MAX_NAME_BYTES: usize = 253;
const MAX_LABEL_BYTES: usize = 63;

/// What the parser would mend in silence is refused, so that what was saved is what was meant.
pub(super) fn text(text: &str) -> Result<(), TargetError> {
    if text.len() > MAX_URL_BYTES {
        return Err(TargetError::TooLong);
    }
    if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return Err(TargetError::Characters);
    }
    Ok(())
}

/// Is it `https`?
pub(super) fn scheme(url: &Url, policy: &GuardPolicy) -> Result<bool, TargetError> {
    match url.scheme() {
        "https" => Ok(true),
        "http" if policy.allow_http => Ok(false),
        "http" => Err(TargetError::Insecure),
        _ => Err(TargetError::Scheme),
    }
}

pub(super) fn parts(url: &Url) -> Result<(), TargetError> {
    if url.as_str().len() > MAX_URL_BYTES {
        return Err(TargetError::TooLong);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(TargetError::UserInfo);
    }
    if url.fragment().is_some() {
        return Err(TargetError::Fragment);
    }
    Ok(())
}

/// The name, if it can be looked up and is not this machine's.
pub(super) fn name<'a>(name: &'a str, policy: &GuardPolicy) -> Result<&'a str, TargetError> {
    let bare = name.strip_suffix('.').unwrap_or(name);
    if bare.len() > MAX_NAME_BYTES || bare.split('.').any(|label| !is_label(label)) {
        return Err(TargetError::HostName);
    }
    let last = bare.rsplit('.').next().unwrap_or(bare);
    // RFC 6761, 6.3: every name under `localhost` is this machine.
    if last.eq_ignore_ascii_case("localhost") && guard::judge(LOCALHOST, policy).is_err() {
        return Err(TargetError::Localhost);
    }
    Ok(name)
}

/// Letters, digits, hyphens and, since hosts in use have them, underscores.
fn is_label(label: &str) -> bool {
    (1..=MAX_LABEL_BYTES).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}
