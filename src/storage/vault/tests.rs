use super::*;

const ONE: &str = "one:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const TWO: &str = "two:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE";

fn vault(keyring: &str) -> Vault {
    Vault::new(Keyring::parse(keyring).unwrap())
}

#[test]
fn what_is_sealed_opens_in_its_place_only() {
    let key = Key::generate();
    let sealed = key.seal("data", "conv_1/event/2", b"canary").unwrap();
    assert!(sealed.starts_with("v1.data."), "{sealed}");
    assert_eq!(key.open(&sealed, "conv_1/event/2").unwrap().as_slice(), b"canary");
    assert!(key.open(&sealed, "conv_1/event/3").is_err());
    assert!(key.open(&sealed, "conv_2/event/2").is_err());
    assert!(Key::generate().open(&sealed, "conv_1/event/2").is_err());
    assert_ne!(key.seal("data", "conv_1/event/2", b"canary").unwrap(), sealed, "each seal has its own nonce");
}

#[test]
fn a_changed_seal_does_not_open() {
    let key = Key::generate();
    let sealed = key.seal("data", "place", b"canary").unwrap();
    for index in sealed.len() - 20..sealed.len() {
        let mut bytes = sealed.clone().into_bytes();
        bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
        assert!(key.open(&String::from_utf8(bytes).unwrap(), "place").is_err(), "byte {index}");
    }
    for garbage in ["", "v1", "v1.data", "v1.data.", "v1.data.AAAA", "v2.data.AAAA", "v1.data.ä"] {
        assert!(matches!(key.open(garbage, "place"), Err(StorageError::Corrupt(_))), "{garbage}");
    }
}

/// Another library's XChaCha20-Poly1305 opens what is sealed, and what it sealed opens, whatever its length.
#[test]
fn what_is_sealed_is_xchacha20_poly1305() {
    use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
    use chacha20poly1305::{XChaCha20Poly1305, XNonce};
    for length in (0..200).chain([1000, 4096, 70_000]) {
        let key = Key::generate();
        let text: Vec<u8> = (0..length).map(|number: u32| number.to_le_bytes()[0]).collect();
        let other = XChaCha20Poly1305::new(key.bytes().into());
        let place = "conv_1/event/2";

        let sealed = key.seal("data", place, &text).unwrap();
        let bytes = STANDARD_NO_PAD.decode(sealed.strip_prefix("v1.data.").unwrap()).unwrap();
        let (nonce, body) = bytes.split_at(24);
        let payload = Payload { msg: body, aad: place.as_bytes() };
        assert_eq!(other.decrypt(&XNonce::try_from(nonce).unwrap(), payload).unwrap(), text, "{length}");

        let nonce = XNonce::from(<[u8; 24]>::generate());
        let body = other.encrypt(&nonce, Payload { msg: &text, aad: place.as_bytes() }).unwrap();
        let theirs = format!("v1.data.{}", STANDARD_NO_PAD.encode([nonce.as_slice(), &body].concat()));
        assert_eq!(key.open(&theirs, place).unwrap().as_slice(), text, "{length}");
    }
}

#[test]
fn the_first_key_wraps_and_each_unwraps() {
    let key = Key::generate();
    let old = vault(ONE).wrap(&key, "place").unwrap();
    let both = vault(&format!("{TWO}, {ONE}"));
    assert_eq!(both.unwrap(&old, "place").unwrap().bytes(), key.bytes());
    let new = both.wrap(&key, "place").unwrap();
    assert!(new.starts_with("v1.two."));
    assert!(matches!(vault(ONE).unwrap(&new, "place"), Err(StorageError::MissingKey(kid)) if kid == "two"));
}

#[test]
fn digests_are_keyed_and_kept_apart() {
    let (one, two) = (vault(ONE), vault(TWO));
    assert_eq!(one.digest("email", "ana@example.com"), one.clone().digest("email", "ana@example.com"));
    assert_ne!(one.digest("email", "ana@example.com"), two.digest("email", "ana@example.com"));
    assert_ne!(one.digest("email", "ana@example.com"), one.digest("code", "ana@example.com"));
    assert_ne!(one.digest("email", "a"), one.digest("emaila", ""));
    let digest = one.digest("email", "ana@example.com");
    assert!(one.agrees("email", "ana@example.com", &digest));
    assert!(!one.agrees("email", "ben@example.com", &digest));
    assert!(!one.agrees("email", "ana@example.com", &digest[..31]));
}

/// The expected value comes from Python's `hmac`: key of 32 ones, message `email`, NUL, `ana@example.com`.
#[test]
fn the_digest_is_hmac_sha256() {
    let key = Key::from_bytes(&[1; 32]).unwrap();
    assert_eq!(
        hex::encode(hmac(&key, "email", "ana@example.com")),
        "abbccf9130f9c51c05df4c16e9cc79b6cefd431db502cee3433285ee41f37ac8"
    );
}

#[test]
fn nothing_prints_a_key() {
    let keyring = Keyring::parse(TWO).unwrap();
    let text = format!("{keyring:?} {:?} {:?}", Vault::new(keyring.clone()), Key::generate());
    assert_eq!(text, "Keyring(..) Vault(..) Key(..)");
}

#[test]
fn a_bad_keyring_says_what_is_wrong_and_quotes_no_key() {
    let message = |text: &str| Keyring::parse(text).unwrap_err().to_string();
    assert!(message(" , ").contains("empty"));
    assert!(message("secretsecret").contains("entry 1"));
    assert!(message(&format!("{ONE},a b:AAAA")).contains("entry 2"));
    assert!(message("one:c2VjcmV0").contains("32 bytes"));
    assert!(message(&format!("{ONE},{ONE}")).contains("twice"));
    for text in ["secretsecret", "one:c2VjcmV0", "one:!!secret!!"] {
        assert!(!message(text).contains("secret") && !message(text).contains("c2Vj"), "{}", message(text));
    }
}

#[test]
fn a_keyring_file_is_made_once_and_kept_private() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("data/keyring");
    let first = Keyring::load_or_create(&path).unwrap();
    let again = Keyring::load_or_create(&path).unwrap();
    assert_eq!(first.first().0, again.first().0);
    assert_eq!(first.first().1.bytes(), again.first().1.bytes());
    assert_eq!(std::fs::read_dir(folder.path().join("data")).unwrap().count(), 1, "no draft is left behind");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(Keyring::load_or_create(&path).unwrap_err().to_string().contains("chmod 600"));
    }
}

#[test]
fn two_who_make_a_keyring_get_the_same() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("keyring");
    let names: std::collections::BTreeSet<String> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..8).map(|_| scope.spawn(|| Keyring::load_or_create(&path).unwrap().first().0.to_owned())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(names.len(), 1);
}
