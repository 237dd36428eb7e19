//! A whole house in a temporary folder, with its door open on a port of its own.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use deskhand::agents::catalog::Catalog;
use deskhand::agents::language::Languages;
use deskhand::desk::announcing::Announce;
use deskhand::desk::manners::Manners;
use deskhand::desk::{Desk, DeskParts, Pace, StoreSetup};
use deskhand::domain::clock::Clock;
use deskhand::domain::id::{ConversationId, StoreId};
use deskhand::domain::store::StoreProfile;
use deskhand::integrations::commerce::shopify::Shopify;
use deskhand::integrations::helpdesk::front::{self, Front};
use deskhand::integrations::helpdesk::gorgias::{self, Gorgias};
use deskhand::integrations::helpdesk::intercom::Intercom;
use deskhand::integrations::helpdesk::zendesk::{self, Zendesk};
use deskhand::integrations::helpdesk::{HelpdeskReader, HelpdeskWriter};
use deskhand::integrations::hooks::{Hooks, Source};
use deskhand::integrations::http::{HttpSettings, Transport};
use deskhand::integrations::messaging::letters::Letters;
use deskhand::integrations::messaging::sendgrid::SendGrid;
use deskhand::integrations::payments::stripe::Stripe;
use deskhand::integrations::shipping::easypost::EasyPost;
use deskhand::integrations::shipping::easypost::events::Events;
use deskhand::integrations::{Readers, Writers};
use deskhand::model::ChatModel;
use deskhand::policy::{Mode, Policy};
use deskhand::sandbox::world::front::{CHANNEL, id};
use deskhand::sandbox::world::intercom::IntercomEndpoint;
use deskhand::sandbox::{Fixture, INTERCOM_WORKSPACE, Sandbox, SandboxOptions, Vendor};
use deskhand::server::{self, Rate, ServerError, ServerParts, ServerSettings};
use deskhand::storage::Storage;
use deskhand::storage::log::EventLog as _;
use deskhand::storage::sqlite::{SqliteOptions, SqliteStorage};
use deskhand::storage::stores::KeyKind;
use deskhand::storage::vault::{Keyring, Vault};
use deskhand::tools::help_center::HelpCenter;
use deskhand::tools::registry::{Registry, Tools};
use jiff::tz::TimeZone;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::client::Client;
use super::held_model::HeldModel;

pub const STORE: &str = "juniper";
pub const OTHER_STORE: &str = "other";
/// With which the first store signs its customers' tokens; the other has no such secret.
pub const CUSTOMER_SECRET: &str = "the store's own secret for customer tokens";
/// With which the carrier signs what it tells the first store; the other takes nothing.
pub const CARRIER_SECRET: &str = "the carri\u{e9}r's secret";
/// By which the first store knows its helpdesk's events.
pub const HELPDESK_SECRET: &str = "the helpdesk's secret";
const TOKEN_SECRET: &str = "the server's secret for conversation tokens";

pub struct House {
    pub address: SocketAddr,
    pub private_address: SocketAddr,
    pub secret_key: String,
    pub public_key: String,
    pub approver_key: String,
    pub other_key: String,
    pub desk: Desk,
    /// The vendors, for as long as the house stands.
    pub sandbox: Sandbox,
    pub model: HeldModel,
    pub shutdown: CancellationToken,
    pub serving: JoinHandle<Result<(), ServerError>>,
    pub storage: SqliteStorage,
    /// Where the stores' people work.
    pub helpdesk: Vendor,
    _folder: Option<tempfile::TempDir>,
}

/// What a test wants otherwise.
pub struct Wishes {
    pub settings: ServerSettings,
    pub offline: bool,
    pub policy: Policy,
    /// How the stores' people work with the agent.
    pub manners: Manners,
    pub pace: Pace,
    /// A disk with so much room, in pages of 4 KiB.
    pub pages: Option<u32>,
    /// Where the stores' people work. Zendesk makes the secret of its webhook, so it is told of the house when that is built.
    pub helpdesk: Vendor,
    /// The folder of an earlier house, to be moved into again.
    pub folder: Option<PathBuf>,
}

impl Default for Wishes {
    fn default() -> Self {
        let plenty = Rate { per_second: 10_000.0, burst: 10_000 };
        let settings =
            ServerSettings { key_rate: plenty, address_rate: plenty, grace_seconds: 2, ..ServerSettings::default() };
        let policy = Policy { mode: Mode::Act, ..Policy::default() };
        let pace = Pace { sweep: Duration::from_millis(100), ..Pace::default() };
        Self {
            settings,
            offline: false,
            policy,
            manners: Manners::default(),
            pace,
            pages: None,
            helpdesk: Vendor::Gorgias,
            folder: None,
        }
    }
}

impl House {
    pub async fn open() -> Self {
        Self::with(Wishes::default()).await
    }

    pub async fn with_settings(change: impl FnOnce(&mut ServerSettings)) -> Self {
        let mut wishes = Wishes::default();
        change(&mut wishes.settings);
        Self::with(wishes).await
    }

    pub async fn with(wishes: Wishes) -> Self {
        // A second call in the same process is refused, and that is fine.
        drop(rustls::crypto::ring::default_provider().install_default());
        let (folder, kept) = match wishes.folder {
            Some(folder) => (folder, None),
            None => {
                let kept = tempfile::tempdir().unwrap();
                (kept.path().to_owned(), Some(kept))
            }
        };
        let sandbox = Sandbox::start(SandboxOptions::new(Fixture::juniper_and_pine().unwrap())).await.unwrap();
        let keyring = Keyring::load_or_create(&folder.join("keyring")).unwrap();
        let storage = SqliteStorage::open(SqliteOptions {
            max_pages: wishes.pages,
            ..SqliteOptions::in_folder(&folder, Vault::new(keyring))
        })
        .await
        .unwrap();
        let model = HeldModel::default();
        let chosen: Arc<dyn ChatModel> = match wishes.offline {
            true => Arc::new(deskhand::model::offline::OfflineModel),
            false => Arc::new(model.clone()),
        };
        let mut policy = wishes.policy;
        if !wishes.offline {
            // The model in the test's hand reads every message.
            policy.router.sure_from = 1.0;
        }
        let listener = server::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = listener.local_addr().unwrap();
        let private = server::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let private_address = private.local_addr().unwrap();
        let easypost = Events::new(&SecretString::from(CARRIER_SECRET));
        let hooks = Hooks::default().with(Source::EasyPost, easypost);
        let hooks = match wishes.helpdesk {
            Vendor::Zendesk => {
                let path = Source::Zendesk.path(&StoreId::new(STORE));
                let url = format!("http://{address}{path}").parse().unwrap();
                let secret = zendesk(&sandbox).register(&url).await.unwrap();
                hooks.with(Source::Zendesk, zendesk::events::Events::new(&secret))
            }
            Vendor::Intercom => {
                let secret = SecretString::from(sandbox.credentials().intercom_client_secret.clone());
                hooks.with(Source::Intercom, intercom(&sandbox).events(&secret))
            }
            Vendor::Front => {
                let secret = SecretString::from(sandbox.credentials().front_app_secret.clone());
                hooks.with(Source::Front, front::events::Events::new(&secret))
            }
            _ => hooks.with(Source::Gorgias, helpdesk_events()),
        };
        let setups = [(STORE, hooks), (OTHER_STORE, Hooks::default())].map(|(store, hooks)| {
            setup(
                store,
                vendors(&sandbox, wishes.helpdesk),
                hooks,
                Arc::clone(&chosen),
                (policy.clone(), wishes.manners.clone()),
            )
        });
        let desk = Desk::start(DeskParts {
            storage: Arc::new(storage.clone()),
            clock: sandbox.clock().clone(),
            registry: Registry::load(&Tools::default(), None).unwrap(),
            languages: Languages::load(None).unwrap(),
            letters: Letters::load(None).unwrap(),
            stores: setups.into_iter().collect(),
            pace: wishes.pace,
        })
        .await
        .unwrap();
        let secret_key = key(&storage, STORE, KeyKind::Secret).await;
        let public_key = key(&storage, STORE, KeyKind::Public).await;
        let approver_key = key(&storage, STORE, KeyKind::Approver).await;
        let other_key = key(&storage, OTHER_STORE, KeyKind::Secret).await;
        let mut settings = wishes.settings;
        if let Some(page) = &mut settings.demo_page {
            page.public_key = public_key.clone();
        }
        let shutdown = CancellationToken::new();
        let parts = ServerParts {
            desk: desk.clone(),
            listener,
            private: Some(private),
            settings,
            token_secret: SecretString::from(TOKEN_SECRET),
            customer_token_secrets: HashMap::from([(StoreId::new(STORE), SecretString::from(CUSTOMER_SECRET))]),
        };
        let serving = tokio::spawn(server::serve(parts, shutdown.clone()));
        Self {
            address,
            private_address,
            secret_key,
            public_key,
            approver_key,
            other_key,
            desk,
            sandbox,
            model,
            shutdown,
            serving,
            storage,
            helpdesk: wishes.helpdesk,
            _folder: kept,
        }
    }

    /// Has the helpdesk send its events here.
    pub async fn hear_the_helpdesk(&self) {
        let url = format!("http://{}{}", self.address, self.helpdesk_path());
        if self.helpdesk == Vendor::Zendesk {
            return;
        }
        if self.helpdesk == Vendor::Intercom {
            let endpoint = IntercomEndpoint { url, topics: Vec::new() };
            return self.sandbox.change(|world| world.intercom.endpoint = Some(endpoint)).await;
        }
        if self.helpdesk == Vendor::Front {
            // As somebody enters it in Front's settings: it asks there whether it is wanted.
            self.sandbox.change(|world| world.front.send_to(&url, Clock::machine())).await;
            while self.sandbox.look(|world| world.front.webhook.is_none()) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            return;
        }
        gorgias(&self.sandbox).register(&url.parse().unwrap(), &helpdesk_events()).await.unwrap();
    }

    pub fn helpdesk_path(&self) -> String {
        let store = StoreId::new(STORE);
        match self.helpdesk {
            Vendor::Front => Source::Front.path(&store),
            Vendor::Zendesk => Source::Zendesk.path(&store),
            Vendor::Intercom => Source::Intercom.path(&store),
            _ => Hooks::default().with(Source::Gorgias, helpdesk_events()).path(Source::Gorgias, &store).unwrap(),
        }
    }

    /// With the secret key.
    pub fn store(&self) -> Client {
        Client::new(self.address, Some(&self.secret_key))
    }

    /// With the public key.
    pub fn browser(&self) -> Client {
        Client::new(self.address, Some(&self.public_key))
    }

    /// With a key that may decide about approvals.
    pub fn approver(&self) -> Client {
        Client::new(self.address, Some(&self.approver_key))
    }

    /// Amounts that the order's refunds moved, in the world.
    pub fn refunds(&self, order: &str) -> Vec<String> {
        let world = serde_json::to_value(self.sandbox.world()).unwrap();
        let orders = world["orders"].as_array().unwrap();
        let order = orders.iter().find(|known| known["name"] == order).expect("the order");
        let moved = order["transactions"].as_array().unwrap().iter().filter(|moved| moved["kind"] == "REFUND");
        moved.map(|moved| moved["amount"]["amount"].as_str().unwrap().to_owned()).collect()
    }

    pub fn other_store(&self) -> Client {
        Client::new(self.address, Some(&self.other_key))
    }

    pub fn nobody(&self) -> Client {
        Client::new(self.address, None)
    }

    /// A conversation of the first store, opened with its secret key.
    pub async fn conversation(&self) -> String {
        let answer = self.store().post("/v1/conversations", &json!({})).await.expect(201);
        answer.body["conversation_id"].as_str().unwrap().to_owned()
    }

    /// The helpdesk, as the desk reads it.
    pub fn reader(&self) -> Arc<dyn HelpdeskReader> {
        Arc::clone(&self.desk.store(&StoreId::new(STORE)).unwrap().readers.helpdesk)
    }

    pub async fn revoke_public_key(&self) {
        let key = self.storage.key(&self.public_key).await.unwrap().unwrap();
        assert!(self.storage.revoke_key(&key.id, Clock::machine()).await.unwrap());
    }

    /// As if another process had the conversation's turn.
    pub async fn take_turn_away(&self, id: &str) {
        let id = ConversationId::new(id);
        self.storage.claim(&id, "another process", Duration::from_secs(60)).await.unwrap().unwrap();
    }

    pub async fn lose_the_database(&self) {
        self.storage.close().await;
    }

    /// Closes the door and the books, and keeps the folder.
    pub async fn close(self) -> Option<tempfile::TempDir> {
        self.shutdown.cancel();
        self.serving.await.unwrap().unwrap();
        drop(self.desk);
        self.storage.close().await;
        self._folder
    }
}

use deskhand::storage::stores::Stores as _;

async fn key(storage: &impl Storage, store: &str, kind: KeyKind) -> String {
    storage.create_key(&StoreId::new(store), kind, Clock::machine()).await.unwrap().1
}

fn setup(
    store: &str,
    (readers, writers): (Readers, Writers),
    hooks: Hooks,
    model: Arc<dyn ChatModel>,
    (policy, manners): (Policy, Manners),
) -> StoreSetup {
    let profile = StoreProfile {
        id: StoreId::new(store),
        name: "Juniper & Pine".to_owned(),
        zone: TimeZone::get("America/Los_Angeles").unwrap(),
        brand_voice: "Be warm.".to_owned(),
        languages: vec!["en".to_owned()],
        sandbox: true,
    };
    let registry = Registry::load(&Tools::default(), None).unwrap();
    let catalog = Catalog::load(None, &registry, &profile).unwrap();
    StoreSetup {
        profile,
        policy,
        catalog,
        help: HelpCenter::new([]),
        readers,
        writers,
        announce: Announce::default(),
        hooks,
        server: None,
        manners,
        model,
    }
}

fn vendors(sandbox: &Sandbox, helpdesk: Vendor) -> (Readers, Writers) {
    let transport = Transport::new(HttpSettings::default()).unwrap();
    let secrets = sandbox.credentials();
    let shopify = json!({
        "shop": "juniper-and-pine.myshopify.com", "base_url": sandbox.shopify_url(), "all_orders": true,
        "access_token": secrets.shopify_access_token,
    });
    let easypost = json!({"api_key": secrets.easypost_api_key, "base_url": sandbox.easypost_url()});
    let sendgrid = json!({
        "api_key": secrets.sendgrid_api_key, "from": "help@juniper.example", "base_url": sandbox.sendgrid_url(),
    });
    let stripe = json!({"secret_key": secrets.stripe_secret_key, "base_url": sandbox.stripe_url()});
    let stripe = Arc::new(Stripe::new(from(stripe), transport.clone()).unwrap());
    let (helpdesk_reader, helpdesk_writer): (Arc<dyn HelpdeskReader>, Arc<dyn HelpdeskWriter>) = match helpdesk {
        Vendor::Front => {
            let front = Arc::new(front(sandbox));
            (front.clone(), front)
        }
        Vendor::Zendesk => {
            let zendesk = Arc::new(zendesk(sandbox));
            (zendesk.clone(), zendesk)
        }
        Vendor::Intercom => {
            let intercom = Arc::new(intercom(sandbox));
            (intercom.clone(), intercom)
        }
        _ => {
            let gorgias = Arc::new(gorgias(sandbox));
            (gorgias.clone(), gorgias)
        }
    };
    let shopify = Arc::new(Shopify::new(from(shopify), transport.clone()).unwrap());
    let easypost = Arc::new(EasyPost::new(from(easypost), transport.clone()).unwrap());
    let readers = Readers {
        commerce: shopify.clone(),
        refunds: shopify.clone(),
        cancellations: shopify.clone(),
        changes: shopify.clone(),
        returns: shopify.clone(),
        tracking: easypost.clone(),
        labels: easypost.clone(),
        payments: Some(stripe.clone()),
        helpdesk: helpdesk_reader,
    };
    let mail = Arc::new(SendGrid::new(from(sendgrid), transport).unwrap());
    (
        readers,
        Writers {
            refunds: shopify.clone(),
            cancellations: shopify.clone(),
            changes: shopify.clone(),
            returns: shopify,
            helpdesk: helpdesk_writer,
            labels: easypost,
            payments: Some(stripe),
            mail,
        },
    )
}

fn helpdesk_events() -> gorgias::events::Events {
    gorgias::events::Events::new(&SecretString::from(HELPDESK_SECRET))
}

fn zendesk(sandbox: &Sandbox) -> Zendesk {
    let secrets = sandbox.credentials();
    let settings = json!({
        "subdomain": "juniper", "user": secrets.gorgias_email, "api_token": secrets.zendesk_api_token,
        "base_url": sandbox.zendesk_url(), "calls_per_minute": 2000,
    });
    Zendesk::new(from(settings), Transport::new(HttpSettings::default()).unwrap()).unwrap()
}

fn intercom(sandbox: &Sandbox) -> Intercom {
    let agent = sandbox.look(|world| world.helpdesk.users[0].id);
    let settings = json!({
        "app_id": INTERCOM_WORKSPACE, "admin": agent, "base_url": sandbox.intercom_url(),
        "access_token": sandbox.credentials().intercom_access_token,
    });
    Intercom::new(from(settings), Transport::new(HttpSettings::default()).unwrap()).unwrap()
}

fn front(sandbox: &Sandbox) -> Front {
    let secrets = sandbox.credentials();
    let agent = sandbox.look(|world| id("tea", world.helpdesk.users[0].id));
    let settings = json!({
        "api_token": secrets.front_api_token, "app_id": secrets.front_app_id, "app_secret": secrets.front_app_secret,
        "channel": id("cha", CHANNEL), "agent": agent, "base_url": sandbox.front_url(), "calls_per_minute": 2000,
    });
    Front::new(from(settings), Transport::new(HttpSettings::default()).unwrap()).unwrap()
}

fn gorgias(sandbox: &Sandbox) -> Gorgias {
    let secrets = sandbox.credentials();
    let settings = json!({
        "domain": "juniper", "user": secrets.gorgias_email, "api_key": secrets.gorgias_api_key,
        "base_url": sandbox.gorgias_url(), "calls_in_20_seconds": 2000,
    });
    Gorgias::new(from(settings), Transport::new(HttpSettings::default()).unwrap()).unwrap()
}

fn from<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}
