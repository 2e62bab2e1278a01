//! The token of a form: a nonce under a MAC whose key is the session's token, which only the browser and, for the
//! length of a request, this server know. It holds as long as its session does.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;

use crate::visit::SessionToken;

const NONCE_BYTES: usize = 16;

/// What tells the forms of a session apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FormToken(pub(crate) [u8; NONCE_BYTES]);

impl FormToken {
    /// As it stands in the form that posts to `action`.
    pub(crate) fn write(&self, session: &SessionToken, action: &str) -> String {
        let mac = hmac::sign(&key(session), &self.signed(action));
        URL_SAFE_NO_PAD.encode([&self.0, mac.as_ref()].concat())
    }

    /// Whether the token was made for this session and this address.
    pub(crate) fn is_of(text: &str, session: &SessionToken, action: &str) -> bool {
        let Ok(bytes) = URL_SAFE_NO_PAD.decode(text) else { return false };
        let Some((nonce, mac)) = bytes.split_first_chunk::<NONCE_BYTES>() else { return false };
        hmac::verify(&key(session), &Self(*nonce).signed(action), mac).is_ok()
    }

    fn signed(&self, action: &str) -> Vec<u8> {
        [b"postrider form\0".as_slice(), &self.0, action.as_bytes()].concat()
    }
}

fn key(session: &SessionToken) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, session.0.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(text: &str) -> SessionToken {
        SessionToken(text.to_owned())
    }

    #[test]
    fn a_token_holds_for_its_session_and_address_only() {
        let written = FormToken([3; 16]).write(&session("ses_a"), "/portal/webhooks");
        assert!(FormToken::is_of(&written, &session("ses_a"), "/portal/webhooks"));
        assert!(!FormToken::is_of(&written, &session("ses_b"), "/portal/webhooks"));
        assert!(!FormToken::is_of(&written, &session("ses_a"), "/portal/webhooks/x/delete"));
    }

    #[test]
    fn an_altered_token_is_none() {
        let written = FormToken([3; 16]).write(&session("ses_a"), "/portal");
        for at in 0..written.len() {
            let mut altered = written.clone().into_bytes();
            altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(altered).unwrap();
            assert!(!FormToken::is_of(&altered, &session("ses_a"), "/portal"), "{at}");
        }
        for none in ["", &written[..20], "not base64 at all"] {
            assert!(!FormToken::is_of(none, &session("ses_a"), "/portal"));
        }
    }
}
