//! YAML as people write it here, version 1.2: `no` and `10:30` are words, `02139` is a postcode.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_saphyr::{DefaultMessageFormatter, MessageFormatter as _, Options, budget, options};

pub use serde_saphyr::{SerializeError as Unwritten, Spanned};

/// What does not read, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// `orders[2].lines`; empty: the whole text.
    pub place: String,
    /// From 1.
    pub line: Option<usize>,
    pub what: String,
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.is_empty() {
            write!(f, "{}: ", self.place)?;
        }
        f.write_str(&self.what)?;
        self.line.map_or(Ok(()), |line| write!(f, " at line {line}"))
    }
}

impl std::error::Error for Unread {}

pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Unread> {
    let mut track = serde_path_to_error::Track::new();
    let read = serde_saphyr::with_deserializer_from_str_with_options(text, rules(), |document| {
        T::deserialize(serde_path_to_error::Deserializer::new(document, &mut track))
    });
    read.map_err(|error| {
        let error = error.without_snippet();
        let place = track.path().to_string();
        Unread {
            place: if place == "." { String::new() } else { place },
            line: error.location().and_then(|location| usize::try_from(location.line()).ok()),
            what: DefaultMessageFormatter.format_message(error).into_owned(),
        }
    })
}

/// The files are the store's own, and may be long; what aliases make of them may not.
fn rules() -> Options {
    options! {
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        with_snippet: false,
        budget: budget! { max_events: usize::MAX, max_nodes: usize::MAX, max_total_scalar_bytes: usize::MAX },
    }
}

pub fn write(value: &impl Serialize) -> Result<String, Unwritten> {
    serde_saphyr::to_string(value)
}
