//! A store's vendors: their settings, and the clients made of them.

use std::collections::HashMap;
use std::sync::Arc;

use secrecy::SecretString;
use serde_json::Value;
use thiserror::Error;
use url::Url;

use super::commerce::shopify::{Shopify, ShopifySettings};
use super::commerce::{Acts, CommerceReader as _};
use super::helpdesk::HelpdeskReader as _;
use super::helpdesk::gorgias::{self, Gorgias, GorgiasSettings};
use super::hooks::{Hooks, Registered, Source};
use super::http::Transport;
use super::messaging::MailWriter as _;
use super::messaging::sendgrid::{SendGrid, SendGridSettings};
use super::payments::stripe::{Stripe, StripeSettings};
use super::payments::{PaymentReader, PaymentWriter};
use super::shipping::TrackingReader as _;
use super::shipping::easypost::{self, EasyPost, EasyPostSettings};
use super::{Readers, SettingsError, VendorError, Writers};
use crate::domain::id::StoreId;

/// The vendors of a store. A live one needs all that is not said to be for some; what is missing is told when it is to be
/// served.
#[derive(Clone, Debug, Default)]
pub struct VendorSettings {
    pub shopify: Option<ShopifySettings>,
    pub easypost: Option<EasyPostSettings>,
    pub sendgrid: Option<SendGridSettings>,
    pub gorgias: Option<GorgiasSettings>,
    /// Only for a store that is paid through it.
    pub stripe: Option<StripeSettings>,
}

impl VendorSettings {
    /// Of all vendors, each read from what its section holds.
    pub fn read(section: impl Fn(&str) -> Value) -> serde_json::Result<Self> {
        Ok(Self {
            shopify: serde_json::from_value(section("shopify"))?,
            easypost: serde_json::from_value(section("easypost"))?,
            sendgrid: serde_json::from_value(section("sendgrid"))?,
            gorgias: serde_json::from_value(section("gorgias"))?,
            stripe: serde_json::from_value(section("stripe"))?,
        })
    }
}

/// Why there are no clients.
#[derive(Debug, Error)]
pub enum ClientsError {
    #[error("the section {0} is missing")]
    Missing(&'static str),
    #[error(transparent)]
    Unfit(#[from] SettingsError),
}

/// The clients of a store.
pub struct Clients {
    shopify: Arc<Shopify>,
    easypost: Arc<EasyPost>,
    sendgrid: Arc<SendGrid>,
    gorgias: Arc<Gorgias>,
    stripe: Option<Arc<Stripe>>,
    hooks: Hooks,
    /// By which vendors' events are known.
    secrets: HashMap<Source, SecretString>,
}

impl Clients {
    /// Over one transport.
    pub fn new(settings: &VendorSettings, transport: &Transport) -> Result<Self, ClientsError> {
        let missing = ClientsError::Missing;
        let shopify = settings.shopify.clone().ok_or(missing("shopify"))?;
        let easypost = settings.easypost.clone().ok_or(missing("easypost"))?;
        let sendgrid = settings.sendgrid.clone().ok_or(missing("sendgrid"))?;
        let gorgias = settings.gorgias.clone().ok_or(missing("gorgias"))?;
        let stripe = settings.stripe.clone().map(|stripe| Stripe::new(stripe, transport.clone())).transpose()?;
        let known = [(Source::EasyPost, &easypost.webhook_secret), (Source::Gorgias, &gorgias.webhook_secret)];
        let secrets: HashMap<Source, SecretString> =
            known.into_iter().filter_map(|(source, secret)| Some((source, secret.clone()?))).collect();
        let hooks = secrets.iter().fold(Hooks::default(), |hooks, (source, secret)| match source {
            Source::EasyPost => hooks.with(*source, easypost::events::Events::new(secret)),
            Source::Gorgias => hooks.with(*source, gorgias::events::Events::new(secret)),
        });
        Ok(Self {
            hooks,
            secrets,
            shopify: Arc::new(Shopify::new(shopify, transport.clone())?),
            easypost: Arc::new(EasyPost::new(easypost, transport.clone())?),
            sendgrid: Arc::new(SendGrid::new(sendgrid, transport.clone())?),
            gorgias: Arc::new(Gorgias::new(gorgias, transport.clone())?),
            stripe: stripe.map(Arc::new),
        })
    }

    /// What these vendors send by themselves.
    pub fn hooks(&self) -> Hooks {
        self.hooks.clone()
    }

    /// The addresses to which a vendor sends its events, whoever registered them.
    pub async fn registered(&self, source: Source) -> Result<Vec<Registered>, VendorError> {
        match source {
            Source::EasyPost => self.easypost.webhooks().await,
            Source::Gorgias => self.gorgias.integrations().await,
        }
    }

    /// Has a vendor send its events for this store to a server, and to no earlier address that ends so. `None`: without a
    /// secret in the settings nothing that it sends could be believed.
    pub async fn connect(&self, source: Source, store: &StoreId, server: &Url) -> Result<Option<Url>, VendorError> {
        let (Some(secret), Some(path)) = (self.secrets.get(&source), self.hooks.path(source, store)) else {
            return Ok(None);
        };
        let mut url = server.clone();
        url.set_path(&format!("{}{path}", server.path().trim_end_matches('/')));
        url.set_query(None);
        for earlier in self.registered(source).await?.iter().filter(|known| known.leads_to(url.path())) {
            match source {
                Source::EasyPost => self.easypost.unregister(&earlier.id).await?,
                Source::Gorgias => self.gorgias.unregister(&earlier.id).await?,
            }
        }
        match source {
            Source::EasyPost => drop(self.easypost.register(&url, secret).await?),
            Source::Gorgias => self.gorgias.register(&url, &gorgias::events::Events::new(secret)).await?,
        }
        Ok(Some(url))
    }

    pub fn readers(&self) -> Readers {
        Readers {
            commerce: self.shopify.clone(),
            refunds: self.shopify.clone(),
            cancellations: self.shopify.clone(),
            changes: self.shopify.clone(),
            returns: self.shopify.clone(),
            tracking: self.easypost.clone(),
            labels: self.easypost.clone(),
            payments: self.stripe.clone().map(|stripe| stripe as Arc<dyn PaymentReader>),
            helpdesk: self.gorgias.clone(),
        }
    }

    pub fn writers(&self) -> Writers {
        Writers {
            refunds: self.shopify.clone(),
            cancellations: self.shopify.clone(),
            changes: self.shopify.clone(),
            returns: self.shopify.clone(),
            helpdesk: self.gorgias.clone(),
            labels: self.easypost.clone(),
            payments: self.stripe.clone().map(|stripe| stripe as Arc<dyn PaymentWriter>),
            mail: self.sendgrid.clone(),
        }
    }

    /// Asks each vendor whether the credentials work, and suffice for what the agent may do: its section, and what it says.
    pub async fn check(&self, acts: Acts) -> Vec<(&'static str, Result<String, VendorError>)> {
        let stripe = async {
            match &self.stripe {
                Some(stripe) => Some(stripe.check().await),
                None => None,
            }
        };
        let (shopify, easypost, sendgrid, gorgias, stripe) = tokio::join!(
            self.shopify.check(acts),
            self.easypost.check(),
            self.sendgrid.check(),
            self.gorgias.check(),
            stripe
        );
        let needed = [("shopify", shopify), ("easypost", easypost), ("sendgrid", sendgrid), ("gorgias", gorgias)];
        needed.into_iter().chain(stripe.map(|found| ("stripe", found))).collect()
    }
}
