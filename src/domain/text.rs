//! Text as it is compared.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use foldhash::fast::FixedState;
use serde::Serialize;
use serde::ser::Error as _;

/// By words that are ours. They are hashed for speed alone: nobody else adds any, so nobody can make them collide.
pub type WordMap<V, W = String> = HashMap<W, V, FixedState>;
/// Words that are ours.
pub type WordSet<W = String> = HashSet<W, FixedState>;

/// In lower case. Most words are written so already.
pub fn lower(text: &str) -> Cow<'_, str> {
    let is_lower = text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    if is_lower { Cow::Borrowed(text) } else { Cow::Owned(text.to_lowercase()) }
}

/// As JSON of mostly no more than so many bytes: where text grows, it is copied.
pub fn written(value: &impl Serialize, usual: usize) -> serde_json::Result<String> {
    let mut bytes = Vec::with_capacity(usual);
    serde_json::to_writer(&mut bytes, value)?;
    String::from_utf8(bytes).map_err(serde_json::Error::custom)
}
