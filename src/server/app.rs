//! What every route shares.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

use super::ServerError;
use super::error::ApiError;
use super::health::LastLook;
use super::page::Page;
use super::rate::Buckets;
use super::settings::ServerSettings;
use super::tokens::ConversationTokens;
use crate::desk::Desk;
use crate::domain::id::{ConversationId, KeyId, StoreId};

const A_DAY: u64 = 24 * 60 * 60;

/// Conversations whose store is remembered.
const MOST_OWNERS: usize = 20_000;

pub struct App {
    pub desk: Desk,
    pub settings: ServerSettings,
    pub tokens: ConversationTokens,
    pub customer_token_secrets: HashMap<StoreId, SecretString>,
    pub key_limit: Buckets<KeyId>,
    pub address_limit: Buckets<IpAddr>,
    pub streams: Streams,
    /// Cancelled when no more work is taken.
    pub stopping: CancellationToken,
    /// Cancelled when streams and waiting requests must end.
    pub closing: CancellationToken,
    pub page: Page,
    pub last_look: LastLook,
    /// Of which store a conversation is never changes.
    owners: Mutex<HashMap<ConversationId, StoreId>>,
}

impl App {
    pub fn new(
        desk: Desk,
        settings: ServerSettings,
        token_secret: SecretString,
        customer_token_secrets: HashMap<StoreId, SecretString>,
    ) -> Result<Self, ServerError> {
        let rate = "per_second must be above 0 and burst at least 1";
        check("server.key_rate", settings.key_rate.is_sane(), rate)?;
        check("server.address_rate", settings.address_rate.is_sane(), rate)?;
        let idle = (1..=A_DAY).contains(&settings.idle_seconds);
        check("server.idle_seconds", idle, "it must be at least 1 and at most 86400")?;
        let short = ServerError::Setting { key: "token_secret", problem: "it must have at least 16 characters" };
        Ok(Self {
            desk,
            tokens: ConversationTokens::new(&token_secret).ok_or(short)?,
            customer_token_secrets,
            key_limit: Buckets::new(settings.key_rate),
            address_limit: Buckets::new(settings.address_rate),
            streams: Streams::new(settings.streams_per_address),
            stopping: CancellationToken::new(),
            closing: CancellationToken::new(),
            page: Page::new(settings.demo_page.as_ref()),
            last_look: LastLook::default(),
            owners: Mutex::default(),
            settings,
        })
    }

    /// `Ok` where the conversation is this store's.
    pub async fn owned(&self, conversation: &ConversationId, store: &StoreId) -> Result<(), ApiError> {
        let known = self.owners().get(conversation).cloned();
        let owner = match known {
            Some(owner) => owner,
            None => {
                let owner = self.desk.conversation(conversation).await?.store;
                self.remember(conversation, &owner);
                owner
            }
        };
        if owner == *store { Ok(()) } else { Err(ApiError::no_conversation()) }
    }

    pub fn remember(&self, conversation: &ConversationId, store: &StoreId) {
        let mut owners = self.owners();
        if owners.len() >= MOST_OWNERS {
            owners.clear();
        }
        owners.insert(conversation.clone(), store.clone());
    }

    fn owners(&self) -> std::sync::MutexGuard<'_, HashMap<ConversationId, StoreId>> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn check(key: &'static str, is_sane: bool, problem: &'static str) -> Result<(), ServerError> {
    if is_sane { Ok(()) } else { Err(ServerError::Setting { key, problem }) }
}

/// Streams that are open, counted per address.
pub struct Streams {
    most: u32,
    open: Arc<Mutex<HashMap<IpAddr, u32>>>,
}

impl Streams {
    fn new(most: u32) -> Self {
        Self { most, open: Arc::default() }
    }

    /// A place for one more, given back when it is dropped. `None`: there are as many as allowed.
    pub fn enter(&self, address: IpAddr) -> Option<StreamPlace> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(address).or_insert(0);
        (*count < self.most).then(|| {
            *count += 1;
            StreamPlace { address, open: self.open.clone() }
        })
    }
}

pub struct StreamPlace {
    address: IpAddr,
    open: Arc<Mutex<HashMap<IpAddr, u32>>>,
}

impl Drop for StreamPlace {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}
