//! The text of a token: a prefix that says what it opens, and 256 random bits.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use postrider_engine::ports::Rng;

/// Of a session.
pub(crate) const SESSION: &str = "ses_";
/// Of a link to the portal.
pub(crate) const PORTAL_LINK: &str = "pl_";

const BYTES: usize = 32;
/// Characters that so many bytes take in base64url.
const CHARACTERS: usize = 43;

/// A new token.
pub(crate) fn make(prefix: &str, rng: &dyn Rng) -> String {
    let mut bytes = [0; BYTES];
    rng.fill(&mut bytes);
    format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// Whether it can be one: what cannot is not looked up.
pub(crate) fn is_formed(prefix: &str, token: &str) -> bool {
    token.strip_prefix(prefix).is_some_and(|rest| {
        rest.len() == CHARACTERS
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Full;

    impl Rng for Full {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(255);
        }
    }

    #[test]
    fn a_token_says_what_it_opens_and_goes_into_a_path() {
        let token = make(PORTAL_LINK, &Full);
        assert_eq!(token, format!("pl_{}8", "_".repeat(42)));
        assert!(is_formed(PORTAL_LINK, &token));
    }

    #[test]
    fn what_can_be_no_token_is_told_apart() {
        let token = make(SESSION, &Full);
        assert!(is_formed(SESSION, &token));
        let spaced = token.replacen('_', " ", 2);
        for bad in ["", "ses_", &token[..46], &format!("{token}A"), &spaced, &token.replace("ses", "pl")] {
            assert!(!is_formed(SESSION, bad), "{bad}");
        }
    }
}
