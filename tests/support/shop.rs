//! A whole shop in a test: the sandbox's vendors over TCP, SQLite in a folder, a desk, and a shopper who talks to it.

use std::path::Path;
use std::sync::{Arc, Once};
use std::time::Duration;

use deskhand::agents::catalog::Catalog;
use deskhand::agents::conversation::Conversation;
use deskhand::agents::language::Languages;
use deskhand::desk::announcing::Announce;
use deskhand::desk::manners::Manners;
use deskhand::desk::{Answer, Desk, DeskParts, NewMessage, Opening, Pace, StoreSetup};
use deskhand::domain::clock::Clock;
use deskhand::domain::customer::Email;
use deskhand::domain::id::{ConversationId, StoreId};
use deskhand::domain::store::StoreProfile;
use deskhand::integrations::commerce::shopify::{Shopify, ShopifySettings};
use deskhand::integrations::helpdesk::gorgias::{Gorgias, GorgiasSettings};
use deskhand::integrations::hooks::Hooks;
use deskhand::integrations::http::{HttpSettings, Transport};
use deskhand::integrations::messaging::letters::Letters;
use deskhand::integrations::messaging::sendgrid::{SendGrid, SendGridSettings};
use deskhand::integrations::payments::stripe::{Stripe, StripeSettings};
use deskhand::integrations::shipping::easypost::{EasyPost, EasyPostSettings};
use deskhand::integrations::{Readers, Writers};
use deskhand::model::ChatModel;
use deskhand::model::offline::OfflineModel;
use deskhand::policy::{Mode, Policy, Router};
use deskhand::sandbox::{Credentials, Fixture, Sandbox, SandboxOptions};
use deskhand::storage::Storage;
use deskhand::storage::sqlite::{SqliteOptions, SqliteStorage};
use deskhand::storage::vault::{Keyring, Vault};
use deskhand::tools::help_center::{Article, HelpCenter};
use deskhand::tools::registry::{Registry, Tools};
use serde_json::{Value, json};

pub const STORE: &str = "shop";

/// For models that play a part: they are asked about every message, so that what they read is what counts.
pub const MODEL_READS_ALL: Router = Router { sure_from: 1.0 };

pub fn install_tls() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
}

/// What a test may want otherwise.
pub struct Setting {
    pub fixture: Fixture,
    pub policy: Policy,
    pub model: Arc<dyn ChatModel>,
    /// When the model is asked what a message is about.
    pub router: Router,
    pub pace: Pace,
    pub http: HttpSettings,
    pub announce: Announce,
    pub manners: Manners,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            fixture: Fixture::juniper_and_pine().unwrap(),
            policy: Policy { mode: Mode::Act, ..demo_policy() },
            model: Arc::new(OfflineModel),
            router: Router::default(),
            pace: Pace { lease: Duration::from_millis(900), sweep: Duration::from_millis(100), ..Pace::default() },
            http: HttpSettings { first_pause_ms: 20, ..HttpSettings::default() },
            announce: Announce::default(),
            manners: Manners::default(),
        }
    }
}

/// The rules of the demo store.
pub fn demo_policy() -> Policy {
    toml::from_str(Fixture::juniper_and_pine_policy()).unwrap()
}

pub struct Shop {
    pub sandbox: Sandbox,
    pub desk: Desk,
    pub folder: tempfile::TempDir,
    setting: Setting,
}

impl Shop {
    pub async fn open() -> Self {
        Self::with(Setting::default()).await
    }

    pub async fn with(setting: Setting) -> Self {
        install_tls();
        let folder = tempfile::tempdir().unwrap();
        let options = SandboxOptions { call_limits: false, ..SandboxOptions::new(setting.fixture.clone()) };
        let sandbox = Sandbox::start(options).await.unwrap();
        let desk = desk(&sandbox, folder.path(), &setting).await;
        Self { sandbox, desk, folder, setting }
    }

    /// The same shop after its desk has stopped and started again.
    pub async fn restart(self) -> Self {
        let Self { sandbox, folder, desk: old, setting } = self;
        old.shutdown(Duration::ZERO).await;
        drop(old);
        let desk = desk(&sandbox, folder.path(), &setting).await;
        Self { sandbox, desk, folder, setting }
    }

    /// The same shop with another model, which is asked about every message.
    pub async fn with_model(self, model: Arc<dyn ChatModel>) -> Self {
        let setting = Setting { model, router: MODEL_READS_ALL, ..self.setting };
        Self { setting, ..self }.restart().await
    }

    pub async fn shopper(&self) -> Shopper<'_> {
        self.shopper_at(None, "198.51.100.7").await
    }

    pub async fn verified(&self, email: &str) -> Shopper<'_> {
        self.shopper_at(Some(email), "198.51.100.7").await
    }

    pub async fn shopper_at(&self, verified: Option<&str>, address: &str) -> Shopper<'_> {
        let opening = Opening {
            store: StoreId::new(STORE),
            channel: "test".to_owned(),
            key: None,
            customer: None,
            verified: verified.map(|email| Email::parse(email).unwrap()),
            metadata: None,
        };
        let id = self.desk.open(opening).await.unwrap();
        Shopper { shop: self, id, address: address.to_owned() }
    }

    /// The open tickets of the helpdesk, as the sandbox's world has them.
    pub fn world(&self) -> Value {
        serde_json::to_value(self.sandbox.world()).unwrap()
    }

    pub fn tickets(&self) -> Vec<Value> {
        self.world().pointer("/helpdesk/tickets").and_then(Value::as_array).cloned().unwrap_or_default()
    }

    pub fn mails(&self) -> Vec<Value> {
        self.world().pointer("/mails").and_then(Value::as_array).cloned().unwrap_or_default()
    }

    /// The code in the mail that was sent last.
    pub fn last_code(&self) -> String {
        let mail = self.mails().last().expect("a mail was sent").to_string();
        let digits = regex::Regex::new(r"\b(\d{6})\b").unwrap();
        digits.captures(&mail).expect("the mail has a code")[1].to_owned()
    }
}

pub struct Shopper<'s> {
    pub shop: &'s Shop,
    pub id: ConversationId,
    pub address: String,
}

impl Shopper<'_> {
    /// Says something and hears the answer.
    pub async fn say(&self, text: &str) -> String {
        self.ask(text).await.content.unwrap_or_default()
    }

    pub async fn ask(&self, text: &str) -> Answer {
        let message = NewMessage {
            content: text.to_owned(),
            client_message_id: None,
            address: Some(self.address.clone()),
            key: None,
        };
        let posted = self.shop.desk.post(&self.id, message).await.unwrap();
        tokio::time::timeout(Duration::from_secs(30), self.shop.desk.answer(&self.id, &posted))
            .await
            .expect("an answer")
            .unwrap()
    }

    pub async fn conversation(&self) -> Conversation {
        self.shop.desk.conversation(&self.id).await.unwrap()
    }

    /// The log as JSON, for looking at everything that was kept.
    pub async fn log(&self) -> Value {
        json!(self.shop.desk.events(&self.id, 0).await.unwrap())
    }
}

/// Where the vendors are, and what opens them: all that a desk in another process has to know of a sandbox.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Endpoints {
    pub shopify: String,
    pub easypost: String,
    pub sendgrid: String,
    pub stripe: String,
    pub gorgias: String,
    pub keys: Credentials,
}

impl Endpoints {
    pub fn of(sandbox: &Sandbox) -> Self {
        Self {
            shopify: sandbox.shopify_url(),
            easypost: sandbox.easypost_url(),
            sendgrid: sandbox.sendgrid_url(),
            stripe: sandbox.stripe_url(),
            gorgias: sandbox.gorgias_url(),
            keys: sandbox.credentials().clone(),
        }
    }
}

pub async fn desk(sandbox: &Sandbox, folder: &Path, setting: &Setting) -> Desk {
    let storage = Arc::new(storage(folder).await);
    desk_over(storage, sandbox.clock().clone(), &Endpoints::of(sandbox), setting).await
}

pub async fn storage(folder: &Path) -> SqliteStorage {
    let vault = Vault::new(Keyring::load_or_create(&folder.join("keys")).unwrap());
    SqliteStorage::open(SqliteOptions::in_folder(folder, vault)).await.unwrap()
}

pub async fn desk_over(storage: Arc<dyn Storage>, clock: Clock, endpoints: &Endpoints, setting: &Setting) -> Desk {
    let registry = Registry::load(&Tools::default(), None).unwrap();
    let profile = StoreProfile {
        id: StoreId::new(STORE),
        name: "Test Shop".to_owned(),
        zone: jiff::tz::TimeZone::get("America/Los_Angeles").unwrap(),
        brand_voice: "Be brief.".to_owned(),
        languages: vec!["en".to_owned(), "de".to_owned()],
        sandbox: true,
    };
    let (readers, writers) = vendors(endpoints, setting);
    let store = StoreSetup {
        catalog: Catalog::load(None, &registry, &profile).unwrap(),
        profile,
        policy: Policy { router: setting.router.clone(), ..setting.policy.clone() },
        help: HelpCenter::new([Article::parse(
            "# Returns\n\nUnused goods may be returned within 30 days of delivery.",
        )]),
        readers,
        writers,
        announce: setting.announce.clone(),
        hooks: Hooks::default(),
        manners: setting.manners.clone(),
        server: None,
        model: Arc::clone(&setting.model),
    };
    let parts = DeskParts {
        storage,
        clock,
        registry,
        languages: Languages::load(None).unwrap(),
        letters: Letters::load(None).unwrap(),
        stores: vec![store],
        pace: setting.pace,
    };
    Desk::start(parts).await.unwrap()
}

pub fn vendors(endpoints: &Endpoints, setting: &Setting) -> (Readers, Writers) {
    let transport = Transport::new(setting.http.clone()).unwrap();
    let keys = &endpoints.keys;
    let shopify: ShopifySettings = serde_json::from_value(json!({
        "shop": "test.myshopify.com", "base_url": endpoints.shopify, "access_token": keys.shopify_access_token,
        "payment_metafield": "payments.stripe_payment_intent",
    }))
    .unwrap();
    let easypost: EasyPostSettings = serde_json::from_value(json!({
        "api_key": keys.easypost_api_key, "base_url": endpoints.easypost, "searches_per_second": 1000,
    }))
    .unwrap();
    let sendgrid: SendGridSettings = serde_json::from_value(json!({
        "api_key": keys.sendgrid_api_key, "base_url": endpoints.sendgrid, "from": "shop@test.example",
    }))
    .unwrap();
    let gorgias: GorgiasSettings = serde_json::from_value(json!({
        "domain": "test", "user": keys.gorgias_email, "api_key": keys.gorgias_api_key, "base_url": endpoints.gorgias,
    }))
    .unwrap();
    let stripe: StripeSettings = serde_json::from_value(json!({
        "secret_key": keys.stripe_secret_key, "base_url": endpoints.stripe,
    }))
    .unwrap();
    let stripe = Arc::new(Stripe::new(stripe, transport.clone()).unwrap());
    let gorgias = Arc::new(Gorgias::new(gorgias, transport.clone()).unwrap());
    let shopify = Arc::new(Shopify::new(shopify, transport.clone()).unwrap());
    let easypost = Arc::new(EasyPost::new(easypost, transport.clone()).unwrap());
    let readers = Readers {
        commerce: shopify.clone(),
        refunds: shopify.clone(),
        cancellations: shopify.clone(),
        changes: shopify.clone(),
        returns: shopify.clone(),
        tracking: easypost.clone(),
        labels: easypost.clone(),
        payments: Some(stripe.clone()),
        helpdesk: gorgias.clone(),
    };
    let mail = Arc::new(SendGrid::new(sendgrid, transport).unwrap());
    let writers = Writers {
        refunds: shopify.clone(),
        cancellations: shopify.clone(),
        changes: shopify.clone(),
        returns: shopify,
        helpdesk: gorgias,
        labels: easypost,
        payments: Some(stripe),
        mail,
    };
    (readers, writers)
}

/// The world's clock, moved.
pub fn later(clock: &Clock, minutes: i64) {
    clock.advance(jiff::SignedDuration::from_mins(minutes));
}
