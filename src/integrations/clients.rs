//! A store's vendors: their settings, and the clients made of them.

use std::collections::HashMap;
use std::sync::Arc;

use secrecy::SecretString;
use serde_json::Value;
use thiserror::Error;
use url::Url;

use super::commerce::shopify::{Shopify, ShopifySettings};
use super::commerce::{Acts, CommerceReader as _};
use super::helpdesk::front::{self, Front, FrontSettings};
use super::helpdesk::gorgias::{self, Gorgias, GorgiasSettings};
use super::helpdesk::intercom::{Intercom, IntercomSettings};
use super::helpdesk::zendesk::{self, Zendesk, ZendeskSettings};
use super::helpdesk::{HelpdeskReader, HelpdeskWriter};
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

/// The vendors of a store. A live one needs all that is not said to be for some, and one helpdesk; what is missing is told
/// when it is to be served.
#[derive(Clone, Debug, Default)]
pub struct VendorSettings {
    pub shopify: Option<ShopifySettings>,
    pub easypost: Option<EasyPostSettings>,
    pub sendgrid: Option<SendGridSettings>,
    /// Of [`HELPDESKS`] a store has one.
    pub front: Option<FrontSettings>,
    pub gorgias: Option<GorgiasSettings>,
    pub zendesk: Option<ZendeskSettings>,
    pub intercom: Option<IntercomSettings>,
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
            front: serde_json::from_value(section("front"))?,
            gorgias: serde_json::from_value(section("gorgias"))?,
            zendesk: serde_json::from_value(section("zendesk"))?,
            intercom: serde_json::from_value(section("intercom"))?,
            stripe: serde_json::from_value(section("stripe"))?,
        })
    }

    /// Those of [`HELPDESKS`] that have a section.
    fn helpdesks(&self) -> Vec<&'static str> {
        let (front, gorgias) = (self.front.is_some(), self.gorgias.is_some());
        let there = [front, gorgias, self.zendesk.is_some(), self.intercom.is_some()];
        HELPDESKS.into_iter().zip(there).filter_map(|(name, there)| there.then_some(name)).collect()
    }
}

/// The sections of which a store has one: where its people work.
pub const HELPDESKS: [&str; 4] = ["front", "gorgias", "zendesk", "intercom"];

/// Why there are no clients.
#[derive(Debug, Error)]
pub enum ClientsError {
    #[error("the section {0} is missing")]
    Missing(&'static str),
    #[error("of the sections {} there must be one", HELPDESKS.join(", "))]
    NoHelpdesk,
    /// These are set.
    #[error("of the sections {} there must be only one", .0.join(", "))]
    ManyHelpdesks(Vec<&'static str>),
    #[error(transparent)]
    Unfit(#[from] SettingsError),
}

/// Where a store's people work.
enum Helpdesk {
    Front(Arc<Front>),
    Gorgias(Arc<Gorgias>),
    Zendesk(Arc<Zendesk>),
    Intercom(Arc<Intercom>),
}

impl Helpdesk {
    /// The store's only one, with the secret by which its events are known.
    fn of(settings: &VendorSettings, transport: &Transport) -> Result<(Self, Option<SecretString>), ClientsError> {
        let set = settings.helpdesks();
        if set.len() > 1 {
            return Err(ClientsError::ManyHelpdesks(set));
        }
        if let Some(front) = settings.front.clone() {
            let secret = Some(front.app_secret.clone());
            Ok((Self::Front(Arc::new(Front::new(front, transport.clone())?)), secret))
        } else if let Some(gorgias) = settings.gorgias.clone() {
            let secret = gorgias.webhook_secret.clone();
            Ok((Self::Gorgias(Arc::new(Gorgias::new(gorgias, transport.clone())?)), secret))
        } else if let Some(zendesk) = settings.zendesk.clone() {
            let secret = zendesk.webhook_secret.clone();
            Ok((Self::Zendesk(Arc::new(Zendesk::new(zendesk, transport.clone())?)), secret))
        } else if let Some(intercom) = settings.intercom.clone() {
            let secret = intercom.client_secret.clone();
            Ok((Self::Intercom(Arc::new(Intercom::new(intercom, transport.clone())?)), secret))
        } else {
            Err(ClientsError::NoHelpdesk)
        }
    }

    /// Takes its events, known by this secret.
    fn hooked(&self, hooks: Hooks, secret: &SecretString) -> Hooks {
        let source = self.source();
        match self {
            Self::Front(_) => hooks.with(source, front::events::Events::new(secret)),
            Self::Gorgias(_) => hooks.with(source, gorgias::events::Events::new(secret)),
            Self::Zendesk(_) => hooks.with(source, zendesk::events::Events::new(secret)),
            Self::Intercom(intercom) => hooks.with(source, intercom.events(secret)),
        }
    }

    fn source(&self) -> Source {
        match self {
            Self::Front(_) => Source::Front,
            Self::Gorgias(_) => Source::Gorgias,
            Self::Zendesk(_) => Source::Zendesk,
            Self::Intercom(_) => Source::Intercom,
        }
    }

    fn reader(&self) -> Arc<dyn HelpdeskReader> {
        match self {
            Self::Front(front) => front.clone(),
            Self::Gorgias(gorgias) => gorgias.clone(),
            Self::Zendesk(zendesk) => zendesk.clone(),
            Self::Intercom(intercom) => intercom.clone(),
        }
    }

    fn writer(&self) -> Arc<dyn HelpdeskWriter> {
        match self {
            Self::Front(front) => front.clone(),
            Self::Gorgias(gorgias) => gorgias.clone(),
            Self::Zendesk(zendesk) => zendesk.clone(),
            Self::Intercom(intercom) => intercom.clone(),
        }
    }
}

/// What came of having a vendor send its events.
pub enum Connected {
    /// It sends them, known by the secret of the settings.
    Known,
    /// It sends them, signed under a secret that it has just made: the settings need it.
    Made(SecretString),
    /// Nothing: without a secret in the settings nothing that it sends could be believed.
    NoSecret,
    /// Nothing: the vendor offers no way to have it done. What somebody has to do in its settings, step by step.
    ByHand(Vec<String>),
    /// Nothing: it is none of the store's vendors.
    Elsewhere,
}

/// The clients of a store.
pub struct Clients {
    shopify: Arc<Shopify>,
    easypost: Arc<EasyPost>,
    sendgrid: Arc<SendGrid>,
    helpdesk: Helpdesk,
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
        let stripe = settings.stripe.clone().map(|stripe| Stripe::new(stripe, transport.clone())).transpose()?;
        let (helpdesk, secret) = Helpdesk::of(settings, transport)?;
        let known = [(Source::EasyPost, easypost.webhook_secret.clone()), (helpdesk.source(), secret)];
        let secrets: HashMap<Source, SecretString> =
            known.into_iter().filter_map(|(source, secret)| Some((source, secret?))).collect();
        let hooks = secrets.iter().fold(Hooks::default(), |hooks, (source, secret)| match source {
            Source::EasyPost => hooks.with(*source, easypost::events::Events::new(secret)),
            Source::Front | Source::Gorgias | Source::Zendesk | Source::Intercom => helpdesk.hooked(hooks, secret),
        });
        Ok(Self {
            hooks,
            secrets,
            shopify: Arc::new(Shopify::new(shopify, transport.clone())?),
            easypost: Arc::new(EasyPost::new(easypost, transport.clone())?),
            sendgrid: Arc::new(SendGrid::new(sendgrid, transport.clone())?),
            helpdesk,
            stripe: stripe.map(Arc::new),
        })
    }

    /// What these vendors send by themselves.
    pub fn hooks(&self) -> Hooks {
        self.hooks.clone()
    }

    /// Those of the store's vendors that send by themselves.
    pub fn sources(&self) -> [Source; 2] {
        [Source::EasyPost, self.helpdesk.source()]
    }

    /// The addresses to which a vendor sends its events, whoever registered them. Empty for a vendor that is not the store's;
    /// `None` for one that does not tell.
    pub async fn registered(&self, source: Source) -> Result<Option<Vec<Registered>>, VendorError> {
        match (source, &self.helpdesk) {
            (Source::EasyPost, _) => self.easypost.webhooks().await.map(Some),
            (Source::Front, Helpdesk::Front(_)) | (Source::Intercom, Helpdesk::Intercom(_)) => Ok(None),
            (Source::Gorgias, Helpdesk::Gorgias(gorgias)) => gorgias.integrations().await.map(Some),
            (Source::Zendesk, Helpdesk::Zendesk(zendesk)) => zendesk.webhooks().await.map(Some),
            (Source::Front | Source::Gorgias | Source::Zendesk | Source::Intercom, _) => Ok(Some(Vec::new())),
        }
    }

    /// Has a vendor send its events for this store to a server, and to no earlier address that ends so.
    pub async fn connect(&self, source: Source, store: &StoreId, server: &Url) -> Result<Connected, VendorError> {
        match (source, &self.helpdesk) {
            (Source::EasyPost, _) => {
                let Some((url, secret)) = self.address(source, store, server) else { return Ok(Connected::NoSecret) };
                for earlier in self.earlier(source, store, server, &url).await? {
                    self.easypost.unregister(&earlier.id).await?;
                }
                self.easypost.register(&url, secret).await?;
                Ok(Connected::Known)
            }
            (Source::Gorgias, Helpdesk::Gorgias(gorgias)) => {
                let Some((url, secret)) = self.address(source, store, server) else { return Ok(Connected::NoSecret) };
                for earlier in self.earlier(source, store, server, &url).await? {
                    gorgias.unregister(&earlier.id).await?;
                }
                gorgias.register(&url, &gorgias::events::Events::new(secret)).await?;
                Ok(Connected::Known)
            }
            (Source::Zendesk, Helpdesk::Zendesk(zendesk)) => {
                let url = below(server, &source.path(store));
                for earlier in self.earlier(source, store, server, &url).await? {
                    zendesk.unregister(&earlier.id).await?;
                }
                Ok(Connected::Made(zendesk.register(&url).await?))
            }
            (Source::Front, Helpdesk::Front(front)) => {
                Ok(Connected::ByHand(front.steps(&below(server, &source.path(store)))))
            }
            (Source::Intercom, Helpdesk::Intercom(intercom)) => {
                Ok(Connected::ByHand(intercom.steps(&below(server, &source.path(store)))))
            }
            (Source::Front | Source::Gorgias | Source::Zendesk | Source::Intercom, _) => Ok(Connected::Elsewhere),
        }
    }

    /// Where a vendor whose secret stands in the settings is to send its events, and that secret.
    fn address(&self, source: Source, store: &StoreId, server: &Url) -> Option<(Url, &SecretString)> {
        Some((below(server, &self.hooks.path(source, store)?), self.secrets.get(&source)?))
    }

    async fn earlier(
        &self,
        source: Source,
        store: &StoreId,
        server: &Url,
        url: &Url,
    ) -> Result<Vec<Registered>, VendorError> {
        let base = below(server, &source.path(store));
        let mut known = self.registered(source).await?.unwrap_or_default();
        known.retain(|known| known.leads_to(url.path()) || known.leads_below(&base));
        Ok(known)
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
            helpdesk: self.helpdesk.reader(),
        }
    }

    pub fn writers(&self) -> Writers {
        Writers {
            refunds: self.shopify.clone(),
            cancellations: self.shopify.clone(),
            changes: self.shopify.clone(),
            returns: self.shopify.clone(),
            helpdesk: self.helpdesk.writer(),
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
        let helpdesk = self.helpdesk.reader();
        let (shopify, easypost, sendgrid, helpdesk, stripe) = tokio::join!(
            self.shopify.check(acts),
            self.easypost.check(),
            self.sendgrid.check(),
            helpdesk.check(),
            stripe
        );
        let needed = [
            ("shopify", shopify),
            ("easypost", easypost),
            ("sendgrid", sendgrid),
            (self.helpdesk.source().as_str(), helpdesk),
        ];
        needed.into_iter().chain(stripe.map(|found| ("stripe", found))).collect()
    }
}

/// An address of a server that lies at another one.
fn below(server: &Url, path: &str) -> Url {
    let mut url = server.clone();
    url.set_path(&format!("{}{path}", server.path().trim_end_matches('/')));
    url.set_query(None);
    url
}
