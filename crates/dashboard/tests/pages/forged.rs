//! Forms that no page has shown: a session knows its own cookie, and so what its forms are bound by. What it may not
//! reach must not be kept from it by a form's token alone.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;

use crate::browser::Browser;

/// A form's token as a page of that session would have it.
pub(crate) fn token(browser: &Browser<'_>, action: &str, nonce: u8) -> String {
    let cookie = browser.cookie();
    let session = cookie.split_once('=').unwrap().1;
    let key = hmac::Key::new(hmac::HMAC_SHA256, session.as_bytes());
    let nonce = [nonce; 16];
    let mac = hmac::sign(&key, &[b"postrider form\0".as_slice(), &nonce, action.as_bytes()].concat());
    URL_SAFE_NO_PAD.encode([&nonce, mac.as_ref()].concat())
}
