//! What vendors send by themselves. Each request is signed; the vendor's own module knows how, and reads of it only what has
//! happened to which of its things. That is a hint where to look: nothing that follows from it rests on its words.

use std::collections::HashMap;
use std::sync::Arc;

use reqwest::header::HeaderMap;

use crate::domain::id::StoreId;

/// A vendor that sends by itself. Another one is a variant here, its module's [`Hook`], and what the desk does with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    EasyPost,
}

impl Source {
    const ALL: [Self; 1] = [Self::EasyPost];

    /// Its name in addresses and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EasyPost => "easypost",
        }
    }

    /// Where a server takes what this vendor sends to a store.
    pub fn path(self, store: &StoreId) -> String {
        format!("/webhooks/{}/{store}", self.as_str())
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == name)
    }
}

/// What a vendor sends to one store.
pub trait Hook: Send + Sync {
    /// Whether the vendor has signed these bytes.
    fn is_signed(&self, headers: &HeaderMap, body: &[u8]) -> bool;

    /// What signed bytes say.
    fn read(&self, body: &[u8]) -> Heard;
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

/// Whose requests a store takes.
#[derive(Clone, Default)]
pub struct Hooks(HashMap<Source, Arc<dyn Hook>>);

impl Hooks {
    pub fn with(mut self, source: Source, hook: impl Hook + 'static) -> Self {
        self.0.insert(source, Arc::new(hook));
        self
    }

    pub fn get(&self, source: Source) -> Option<&dyn Hook> {
        self.0.get(&source).map(AsRef::as_ref)
    }
}
