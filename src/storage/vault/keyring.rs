//! The keys that seal all others: `kid:base64,kid2:base64`. The first seals, each opens.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD};
use cipher::common::Generate as _;
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use zeroize::Zeroizing;

use super::Key;

/// People paste keys with and without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why there is no keyring. No message quotes a key.
#[derive(Debug, Error)]
pub enum KeyringError {
    #[error("the keyring is empty; write it as name:base64, the base64 of 32 random bytes")]
    Empty,
    #[error("entry {0} of the keyring is not name:base64; a name has letters, digits, - and _ only")]
    Malformed(usize),
    #[error("key {0:?} of the keyring is not the base64 of 32 bytes; `openssl rand -base64 32` makes one")]
    NotAKey(String),
    #[error("the keyring names {0:?} twice; give each key its own name")]
    Twice(String),
    #[error("{} can be read by others; run `chmod 600` on it", .0.display())]
    Exposed(PathBuf),
    #[error("cannot read or write the keyring {}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
}

/// At least one key, each with its name.
#[derive(Clone)]
pub struct Keyring {
    first: (String, Key),
    rest: Vec<(String, Key)>,
}

impl Keyring {
    /// One new key, named by its own hash so that two keys never share a name.
    pub fn generate() -> Self {
        let key = Key::generate();
        let name = hex::encode(Sha256::digest(key.bytes()).get(..4).unwrap_or_default());
        Self { first: (format!("k{name}"), key), rest: Vec::new() }
    }

    /// Reads `kid:base64,kid2:base64`; white space around entries does not count.
    pub fn parse(text: &str) -> Result<Self, KeyringError> {
        let mut keys: Vec<(String, Key)> = Vec::new();
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        for (index, entry) in entries.enumerate() {
            let (name, key) = parse_entry(index + 1, entry)?;
            if keys.iter().any(|(known, _)| *known == name) {
                return Err(KeyringError::Twice(name));
            }
            keys.push((name, key));
        }
        let mut keys = keys.into_iter();
        Ok(Self { first: keys.next().ok_or(KeyringError::Empty)?, rest: keys.collect() })
    }

    /// The keyring in this file, or a new one, on disk and readable by its owner alone before this returns.
    pub fn load_or_create(path: &Path) -> Result<Self, KeyringError> {
        let failed = |source| KeyringError::File { path: path.to_owned(), source };
        match fs::read_to_string(path) {
            Ok(text) => {
                refuse_exposed(path)?;
                Self::parse(&Zeroizing::new(text))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Self::generate().create(path).map_err(failed)?;
                // Another process may have been first: what is in the file counts.
                Self::parse(&Zeroizing::new(fs::read_to_string(path).map_err(failed)?))
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// Writes the file whole or not at all, and never over one that exists: losing a key is losing what it sealed.
    fn create(&self, path: &Path) -> io::Result<()> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let draft = path.with_extension(format!("{}.draft", hex::encode(<[u8; 8]>::generate())));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&draft)?;
        file.write_all(self.text().as_bytes())?;
        file.sync_all()?;
        let linked = fs::hard_link(&draft, path);
        fs::remove_file(&draft)?;
        match linked {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        #[cfg(unix)]
        fs::File::open(folder)?.sync_all()?;
        Ok(())
    }

    /// As it is written into the file.
    fn text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::new());
        for (index, (name, key)) in std::iter::once(&self.first).chain(&self.rest).enumerate() {
            if index > 0 {
                text.push(',');
            }
            text.push_str(name);
            text.push(':');
            STANDARD.encode_string(key.bytes(), &mut text);
        }
        text.push('\n');
        text
    }

    pub(super) fn first(&self) -> (&str, &Key) {
        (&self.first.0, &self.first.1)
    }

    pub(super) fn find(&self, kid: &str) -> Option<&Key> {
        std::iter::once(&self.first).chain(&self.rest).find(|(name, _)| name == kid).map(|(_, key)| key)
    }
}

fn parse_entry(number: usize, entry: &str) -> Result<(String, Key), KeyringError> {
    let (name, key) = entry.split_once(':').ok_or(KeyringError::Malformed(number))?;
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if !plain {
        return Err(KeyringError::Malformed(number));
    }
    let bytes = Zeroizing::new(BASE64.decode(key.trim()).map_err(|_| KeyringError::NotAKey(name.to_owned()))?);
    let key = Key::from_bytes(&bytes).ok_or_else(|| KeyringError::NotAKey(name.to_owned()))?;
    Ok((name.to_owned(), key))
}

#[cfg(unix)]
fn refuse_exposed(path: &Path) -> Result<(), KeyringError> {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = fs::metadata(path).map_err(|source| KeyringError::File { path: path.to_owned(), source })?;
    if metadata.permissions().mode() & 0o077 == 0 { Ok(()) } else { Err(KeyringError::Exposed(path.to_owned())) }
}

#[cfg(not(unix))]
fn refuse_exposed(_: &Path) -> Result<(), KeyringError> {
    Ok(())
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyring(..)")
    }
}
