//! A store's vendors: clients over one transport.

use std::sync::Arc;

use super::super::config::{Config, ConfigError, Vendors};
use crate::integrations::commerce::shopify::Shopify;
use crate::integrations::commerce::{Acts, CommerceReader as _};
use crate::integrations::helpdesk::HelpdeskReader as _;
use crate::integrations::helpdesk::gorgias::Gorgias;
use crate::integrations::hooks::{Hooks, Source};
use crate::integrations::http::Transport;
use crate::integrations::messaging::MailWriter as _;
use crate::integrations::messaging::sendgrid::SendGrid;
use crate::integrations::payments::stripe::Stripe;
use crate::integrations::payments::{PaymentReader, PaymentWriter};
use crate::integrations::shipping::TrackingReader as _;
use crate::integrations::shipping::easypost::EasyPost;
use crate::integrations::shipping::easypost::events::Events;
use crate::integrations::{Readers, SettingsError, VendorError, Writers};

/// The clients of a store.
pub struct Clients {
    shopify: Arc<Shopify>,
    easypost: Arc<EasyPost>,
    sendgrid: Arc<SendGrid>,
    gorgias: Arc<Gorgias>,
    stripe: Option<Arc<Stripe>>,
    hooks: Hooks,
}

impl Clients {
    /// # Errors
    /// A vendor that is missing, or a setting that cannot work, with its place.
    pub fn new(config: &Config, store: &str, vendors: &Vendors, transport: &Transport) -> Result<Self, ConfigError> {
        let missing = |vendor: &str| {
            let key = format!("stores.{store}.{vendor}");
            ConfigError::Missing {
                place: config.place(&format!("stores.{store}.name")),
                fix: format!("a live store needs the section [{key}]; `deskhand config` lists its keys"),
                key,
            }
        };
        let unfit = |error: SettingsError| ConfigError::Unfit {
            place: config.place(&format!("stores.{store}.{}", error.key)),
            problem: format!("stores.{store}.{}: {}", error.key, error.problem),
            fix: error.fix.to_owned(),
        };
        let shopify = vendors.shopify.clone().ok_or_else(|| missing("shopify"))?;
        let easypost = vendors.easypost.clone().ok_or_else(|| missing("easypost"))?;
        let sendgrid = vendors.sendgrid.clone().ok_or_else(|| missing("sendgrid"))?;
        let gorgias = vendors.gorgias.clone().ok_or_else(|| missing("gorgias"))?;
        let stripe = vendors.stripe.clone().map(|stripe| Stripe::new(stripe, transport.clone())).transpose();
        let secret = easypost.webhook_secret.as_ref();
        let hooks = secret.map(|secret| Hooks::default().with(Source::EasyPost, Events::new(secret)));
        Ok(Self {
            hooks: hooks.unwrap_or_default(),
            shopify: Arc::new(Shopify::new(shopify, transport.clone()).map_err(unfit)?),
            easypost: Arc::new(EasyPost::new(easypost, transport.clone()).map_err(unfit)?),
            sendgrid: Arc::new(SendGrid::new(sendgrid, transport.clone()).map_err(unfit)?),
            gorgias: Arc::new(Gorgias::new(gorgias, transport.clone()).map_err(unfit)?),
            stripe: stripe.map_err(unfit)?.map(Arc::new),
        })
    }

    /// What these vendors send by themselves.
    pub fn hooks(&self) -> Hooks {
        self.hooks.clone()
    }

    pub fn easypost(&self) -> &EasyPost {
        &self.easypost
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
