use proptest::prelude::*;

use super::*;

fn key() -> MasterKey {
    MasterKey::generate().expect("random numbers")
}

fn ring() -> Keyring {
    Keyring::new(&key()).expect("a key")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_sealed_is_opened_in_its_context(secret: Vec<u8>, context: Vec<u8>) {
        let ring = ring();
        let sealed = ring.seal(&secret, &context).expect("random numbers");
        let opened = ring.open(&sealed, &context);
        prop_assert_eq!(opened.as_ref().map(|opened| opened.as_slice()), Ok(secret.as_slice()));
    }

    #[test]
    fn a_sealed_secret_with_one_bit_changed_is_refused(secret: Vec<u8>, at: prop::sample::Index, bit in 0_u8..8) {
        let ring = ring();
        let mut sealed = ring.seal(&secret, b"endpoint 1").expect("random numbers");
        let at = at.index(sealed.len());
        sealed[at] ^= 1_u8 << bit;
        prop_assert!(ring.open(&sealed, b"endpoint 1").is_err());
    }

    #[test]
    fn a_sealed_secret_cut_short_is_refused(secret: Vec<u8>, length: prop::sample::Index) {
        let ring = ring();
        let sealed = ring.seal(&secret, b"").expect("random numbers");
        prop_assert!(ring.open(&sealed[..length.index(sealed.len())], b"").is_err());
    }

    #[test]
    fn bytes_from_anywhere_are_refused_without_a_panic(bytes: Vec<u8>) {
        prop_assert!(ring().open(&bytes, b"").is_err());
    }
}

#[test]
fn a_secret_moved_to_another_place_is_refused() {
    let ring = ring();
    let sealed = ring.seal(b"whsec", b"endpoint 1").expect("random numbers");
    assert_eq!(ring.open(&sealed, b"endpoint 2").expect_err("another place"), OpenError::Altered);
    assert_eq!(ring.open(&sealed, b"").expect_err("no place"), OpenError::Altered);
}

#[test]
fn the_same_secret_is_never_sealed_the_same_and_cannot_be_read() {
    let ring = ring();
    let secret = b"whsec_c2VjcmV0c2VjcmV0";
    let (one, other) = (ring.seal(secret, b"").expect("sealed"), ring.seal(secret, b"").expect("sealed"));
    assert_ne!(one, other);
    assert!(!one.windows(6).any(|window| secret.windows(6).any(|part| part == window)));
}

#[test]
fn after_a_rotation_the_newest_key_seals_and_all_open() {
    let (old, new) = (key(), key());
    let before = Keyring::new(&old).expect("a key");
    let sealed_before = before.seal(b"secret", b"").expect("sealed");
    let text = format!("{},{}", *new.to_base64(), *old.to_base64());
    let after = Keyring::from_base64(&text).expect("two keys");
    assert_eq!(after.newest(), new.id());
    assert_eq!(after.open(&sealed_before, b"").expect("an old key").as_slice(), b"secret");
    assert_eq!(after.is_outdated(&sealed_before), Ok(true));
    let sealed_after = after.seal(b"secret", b"").expect("sealed");
    assert_eq!(after.is_outdated(&sealed_after), Ok(false));
    let unknown = before.open(&sealed_after, b"").expect_err("the key is missing");
    assert_eq!(unknown, OpenError::UnknownKey(new.id()));
    assert!(unknown.to_string().contains(&new.id().to_string()));
}

#[test]
fn a_master_key_is_read_as_it_was_written() {
    let key = key();
    let written = key.to_base64();
    let unpadded = written.trim_end_matches('=');
    let url_safe = unpadded.replace('+', "-").replace('/', "_");
    for text in [written.as_str(), unpadded, url_safe.as_str(), &format!(" {}\n", *written)] {
        assert_eq!(MasterKey::from_base64(text).expect("a key").id(), key.id());
    }
}

#[test]
fn a_bad_master_key_is_refused_in_words_that_help() {
    assert_eq!(MasterKey::from_base64("!").expect_err("not base64"), MasterKeyError::NotBase64);
    assert_eq!(MasterKey::from_base64("").expect_err("empty"), MasterKeyError::Length(0));
    let short = MasterKey::from_base64("c2hvcnQ=").expect_err("too short");
    assert_eq!(short, MasterKeyError::Length(5));
    assert!(short.to_string().contains("exactly 32"));
    assert!(Keyring::from_base64(" , ").is_err());
}

#[test]
fn no_key_is_shown_when_it_is_printed() {
    let key = key();
    let ring = Keyring::new(&key).expect("a key");
    assert_eq!(format!("{key:?}"), format!("MasterKey({})", key.id()));
    assert_eq!(format!("{ring:?}"), format!("[{}]", key.id()));
}
