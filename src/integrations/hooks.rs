//! What vendors send by themselves. Each request is signed, or holds what only the vendor was told; the vendor's own module knows how, and reads of it only what has
//! happened to which of its things. That is a hint where to look: nothing that follows from it rests on its words.

use std::collections::HashMap;
use std::sync::Arc;

use reqwest::header::HeaderMap;
use serde_json::Value;
use url::Url;

use crate::domain::id::StoreId;

/// A vendor that sends by itself. Another one is a variant here, its module's [`Hook`], and what the desk does with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    EasyPost,
    Front,
    Gorgias,
    Zendesk,
    Intercom,
}

impl Source {
    pub const ALL: [Self; 5] = [Self::EasyPost, Self::Front, Self::Gorgias, Self::Zendesk, Self::Intercom];

    /// Its name in addresses and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EasyPost => "easypost",
            Self::Front => "front",
            Self::Gorgias => "gorgias",
            Self::Zendesk => "zendesk",
            Self::Intercom => "intercom",
        }
    }

    /// Where a server takes what this vendor sends to a store, up to what only the vendor is told ([`Hook::tail`]).
    pub fn path(self, store: &StoreId) -> String {
        format!("/webhooks/{}/{store}", self.as_str())
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == name)
    }
}

/// What a vendor sends to one store.
pub trait Hook: Send + Sync {
    /// What the address ends in that only the vendor was told. Empty for a vendor that signs.
    fn tail(&self) -> &str {
        ""
    }

    /// Whether these bytes are the vendor's, sent to an address that ends so.
    fn is_signed(&self, tail: &str, headers: &HeaderMap, body: &[u8]) -> bool;

    /// What signed bytes say.
    fn read(&self, body: &[u8]) -> Heard;

    /// What signed bytes, sent to this address of the server's, are answered with, each time they come. `None`: that they were
    /// taken, which is enough for most vendors.
    fn acknowledge(&self, _address: &str, _headers: &HeaderMap, _body: &[u8]) -> Option<Value> {
        None
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    Hint(Hint),
    /// Nothing that anybody here waits for.
    Nothing,
    /// Why it does not read, without quoting it.
    Unreadable(String),
}

/// Where to look. Nothing personal is part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The vendor's id of the event: it comes again with every repetition.
    pub event: String,
    /// What the vendor says has happened.
    pub kind: String,
    /// The vendor's id of what it is about.
    pub object: String,
}

/// An address to which a vendor sends, as it has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    pub id: String,
    pub url: String,
    /// The vendor has given it up: nothing is sent there any more.
    pub disabled: bool,
}

impl Registered {
    /// Whether it leads to this path, wherever the server is.
    pub fn leads_to(&self, path: &str) -> bool {
        Url::parse(&self.url).is_ok_and(|url| url.path().ends_with(path))
    }

    /// Whether it leads to the same place below this one, under whatever secret.
    pub fn leads_below(&self, base: &Url) -> bool {
        let below = |url: Url| {
            let rest = url.path().strip_prefix(base.path()).map(str::to_owned);
            url.origin() == base.origin() && rest.is_some_and(|rest| rest.starts_with('/'))
        };
        Url::parse(&self.url).is_ok_and(below)
    }
}

/// Whose requests a store takes.
#[derive(Clone, Default)]
pub struct Hooks(HashMap<Source, Arc<dyn Hook>>);

impl Hooks {
    pub fn with(mut self, source: Source, hook: impl Hook + 'static) -> Self {
        self.0.insert(source, Arc::new(hook));
        self
    }

    /// Where a server takes what this vendor sends to a store, if it takes any.
    pub fn path(&self, source: Source, store: &StoreId) -> Option<String> {
        let (path, tail) = (source.path(store), self.get(source)?.tail());
        Some(if tail.is_empty() { path } else { format!("{path}/{tail}") })
    }

    pub fn get(&self, source: Source) -> Option<&dyn Hook> {
        self.0.get(&source).map(AsRef::as_ref)
    }
}

/// Longest id or description that is taken, in bytes.
const LONGEST: usize = 128;

/// Whether it can be a vendor's id, or its name of what has happened.
pub fn is_plain(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A header that is there once.
pub fn only<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut given = headers.get_all(name).iter();
    let (Some(given), None) = (given.next(), given.next()) else { return None };
    given.to_str().ok()
}
