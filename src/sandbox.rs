//! The sandbox: simulated vendors as HTTP servers over one stored world.
//!
//! Shopify, EasyPost, SendGrid, Front, Gorgias, Zendesk, Intercom and Stripe answer on one listener, each under a prefix of its own that a client takes
//! as its base URL. They speak the vendors' wire, errors included, and share no types with the clients, so that a
//! client's mistake shows. Times come from the sandbox's [`Clock`]; call limits and latencies are real time.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use deskhand::sandbox::{Effect, Fault, Fixture, Sandbox, SandboxOptions, Vendor};
//!
//! let sandbox = Sandbox::start(SandboxOptions::new(Fixture::juniper_and_pine()?)).await?;
//! sandbox.fault(Fault::new(Effect::CutAfter).vendor(Vendor::Gorgias).operation("POST /api/tickets").times(1));
//! println!("{} {}", sandbox.shopify_url(), sandbox.credentials().shopify_access_token);
//! sandbox.shutdown().await;
//! # Ok(()) }
//! ```
//!
//! The same is reachable from any language over HTTP on a second, private port; [`control`] lists its routes.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tower::{Service, ServiceExt as _, service_fn};

use crate::domain::clock::Clock;

pub mod access;
pub mod control;
pub mod credentials;
mod easypost;
pub mod fault;
pub mod fixture;
mod front;
mod gate;
mod gorgias;
pub mod helpdesk;
mod intercom;
pub mod journal;
mod limit;
mod messenger;
mod sendgrid;
mod shopify;
mod stripe;
mod wire;
pub mod world;
mod zendesk;

pub use access::Access;
pub use credentials::Credentials;
pub use fault::{Effect, Fault, Faults, Vendor};
pub use fixture::{Fixture, FixtureError};
pub use helpdesk::{Act, ActError, FromCustomer};
pub use intercom::WORKSPACE as INTERCOM_WORKSPACE;
pub use journal::RecordedRequest;
pub use messenger::Carriage;
pub use world::{Mail, SlowRefunds, World};

use journal::Journal;
use limit::{CallLimit, UpdateLimit};
use shopify::Shopify;
use world::store::WorldStore;

/// How a sandbox is set up.
#[derive(Clone, Debug)]
pub struct SandboxOptions {
    pub fixture: Fixture,
    pub clock: Clock,
    /// Where the world is kept. A file that exists is the world, and the fixture is then only used by a reset.
    pub world_file: Option<PathBuf>,
    /// Where vendors listen.
    pub address: SocketAddr,
    /// Where the control routes listen. They show secrets: keep them on the loopback interface.
    pub control_address: SocketAddr,
    /// Secrets of one's own; new ones by default, or those of the world file.
    pub credentials: Option<Credentials>,
    /// Whether the vendors' own call limits hold. A load test may lift them.
    pub call_limits: bool,
}

impl SandboxOptions {
    /// On free ports of the loopback interface, by the machine's clock, in memory, with the vendors' call limits.
    pub fn new(fixture: Fixture) -> Self {
        let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
        Self {
            fixture,
            clock: Clock::system(),
            world_file: None,
            address,
            control_address: address,
            credentials: None,
            call_limits: true,
        }
    }
}

/// Why a sandbox did not start.
#[derive(Debug, Error)]
pub enum SandboxError {
    #[error(transparent)]
    Fixture(#[from] FixtureError),
    #[error("the sandbox cannot listen on {address}: {source}; choose another port, or 0 for any that is free")]
    Listen { address: SocketAddr, source: std::io::Error },
    #[error("the sandbox's world {path} cannot be read or written: {source}")]
    WorldFile { path: PathBuf, source: std::io::Error },
    #[error("the sandbox's world {path} is damaged: {source}; delete it to begin anew")]
    WorldFormat { path: PathBuf, source: serde_json::Error },
    #[error("the sandbox's world {path} has format {found}, written by another version; delete it to begin anew")]
    WorldVersion { path: PathBuf, found: u32 },
    #[error("the simulated Shopify's schema is broken: {0}")]
    Schema(String),
}

/// What all vendors share.
pub(crate) struct Shared {
    world: Arc<WorldStore>,
    clock: Clock,
    credentials: Credentials,
    journal: Journal,
    faults: Faults,
    fixture: Fixture,
    call_limits: bool,
    shopify: Shopify,
    helpdesk_limit: CallLimit,
    front_limit: CallLimit,
    zendesk_limit: CallLimit,
    intercom_limit: CallLimit,
    ticket_updates: UpdateLimit,
    tracker_list_limit: CallLimit,
    carriage: Mutex<Carriage>,
}

impl Shared {
    fn carriage(&self) -> Carriage {
        *self.carriage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn carry(&self, carriage: Carriage) {
        *self.carriage.lock().unwrap_or_else(PoisonError::into_inner) = carriage;
    }
}

/// A running sandbox. Dropping it stops accepting; [`Sandbox::shutdown`] also waits for what is under way.
pub struct Sandbox {
    shared: Arc<Shared>,
    address: SocketAddr,
    control_address: SocketAddr,
    stop: watch::Sender<bool>,
    servers: Vec<JoinHandle<()>>,
    writer: JoinHandle<()>,
    messenger: JoinHandle<()>,
}

impl Sandbox {
    /// Loads or makes the world, and listens.
    ///
    /// # Errors
    /// When the fixture or the world file is not usable, or an address is taken.
    pub async fn start(options: SandboxOptions) -> Result<Self, SandboxError> {
        let loaded = match &options.world_file {
            Some(path) => WorldStore::load(path)?,
            None => None,
        };
        let (credentials, world) = match loaded {
            Some((credentials, world)) => {
                catch_up(&options.clock, &world);
                (options.credentials.unwrap_or(credentials), world)
            }
            None => {
                let credentials = options.credentials.unwrap_or_else(Credentials::generate);
                let world = options.fixture.realise(options.clock.now(), &credentials.gorgias_email)?;
                (credentials, world)
            }
        };
        let store = WorldStore::new(world, options.clock.clone(), options.world_file, &credentials);
        store.store_now()?;
        let shared = Arc::new(Shared {
            world: Arc::new(store),
            clock: options.clock,
            credentials,
            journal: Journal::default(),
            faults: Faults::default(),
            fixture: options.fixture,
            call_limits: options.call_limits,
            shopify: Shopify::new(options.call_limits)?,
            helpdesk_limit: gorgias::call_limit(),
            front_limit: front::call_limit(),
            zendesk_limit: zendesk::call_limit(),
            intercom_limit: intercom::call_limit(),
            ticket_updates: zendesk::update_limit(),
            tracker_list_limit: easypost::list_limit(),
            carriage: Mutex::default(),
        });
        let vendors = listen(options.address).await?;
        let control = listen(options.control_address).await?;
        let (address, control_address) = (local(&vendors, options.address), local(&control, options.control_address));
        let stop = watch::Sender::new(false);
        let servers = vec![
            serve(vendors, vendor_routes(&shared), stop.subscribe()),
            serve(control, control_routes(&shared, address), stop.subscribe()),
        ];
        let writer = tokio::spawn(Arc::clone(&shared.world).keep_stored());
        let messenger = tokio::spawn(messenger::run(Arc::clone(&shared)));
        Ok(Self { shared, address, control_address, stop, servers, writer, messenger })
    }

    /// Stands in for `https://{shop}.myshopify.com`.
    pub fn shopify_url(&self) -> String {
        self.url(Vendor::Shopify)
    }

    /// Stands in for `https://api.easypost.com`; routes begin with `/v2`.
    pub fn easypost_url(&self) -> String {
        self.url(Vendor::Easypost)
    }

    /// Stands in for `https://api.sendgrid.com`; routes begin with `/v3`.
    pub fn sendgrid_url(&self) -> String {
        self.url(Vendor::Sendgrid)
    }

    /// Stands in for `https://api2.frontapp.com`.
    pub fn front_url(&self) -> String {
        self.url(Vendor::Front)
    }

    /// Stands in for `https://{domain}.gorgias.com`; routes begin with `/api`.
    pub fn gorgias_url(&self) -> String {
        self.url(Vendor::Gorgias)
    }

    /// Stands in for `https://{subdomain}.zendesk.com`; routes begin with `/api/v2`.
    pub fn zendesk_url(&self) -> String {
        self.url(Vendor::Zendesk)
    }

    /// Stands in for `https://api.intercom.io`.
    pub fn intercom_url(&self) -> String {
        self.url(Vendor::Intercom)
    }

    /// Stands in for `https://api.stripe.com`; routes begin with `/v1`.
    pub fn stripe_url(&self) -> String {
        self.url(Vendor::Stripe)
    }

    fn url(&self, vendor: Vendor) -> String {
        vendor_url(self.address, vendor)
    }

    /// The private control routes, [`control`].
    pub fn control_url(&self) -> String {
        format!("http://{}", self.control_address)
    }

    pub fn credentials(&self) -> &Credentials {
        &self.shared.credentials
    }

    /// Every request that came in, oldest first; the last [`journal::KEPT`] are kept.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.journal.since(0)
    }

    /// A copy of the state as it is now.
    pub fn world(&self) -> World {
        self.look(World::clone)
    }

    /// What someone sees who looks at the state as it is now. Nothing changes meanwhile.
    pub fn look<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&self.shared.world.read())
    }

    /// Changes the world as the merchant, a carrier or a person at the helpdesk would, and stores it.
    pub async fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        self.shared.world.change(change).await
    }

    /// How vendors' events come from now on.
    pub fn carry(&self, carriage: Carriage) {
        self.shared.carry(carriage);
    }

    /// A customer writes to the store, at this helpdesk: the ticket that comes of it. `None`: it is no helpdesk.
    pub async fn hear(&self, vendor: Vendor, letter: &FromCustomer) -> Option<u64> {
        helpdesk::hear(&self.shared, vendor, letter).await
    }

    /// Has somebody do something with a ticket, as they would on the helpdesk's pages.
    pub async fn act(&self, ticket: u64, act: Act) -> Result<(), ActError> {
        helpdesk::act(&self.shared, None, ticket, &act).await
    }

    /// Has people at Front merge one conversation into another, by the numbers that its pages show.
    pub async fn merge_conversations(&self, from: u64, into: u64) {
        front::merge(&self.shared, from, into).await;
    }

    /// Arms a fault. It strikes requests that come in from now on.
    pub fn fault(&self, fault: Fault) {
        self.shared.faults.arm(fault);
    }

    /// The armed faults, and the barriers at which answers are held.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// The clock of this world. Whoever holds a clone of it moves with it.
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// Why the world could not be stored last time, if it could not.
    pub fn storage_error(&self) -> Option<String> {
        self.shared.world.last_error()
    }

    /// Begins the world anew from the fixture and forgets requests and faults. Secrets and webhooks stay.
    pub async fn reset(&self) -> Result<(), SandboxError> {
        self.shared.reset().await
    }

    /// Stops accepting, lets held answers go, and waits two seconds at most for answers under way.
    pub async fn shutdown(mut self) {
        self.messenger.abort();
        self.stop.send_replace(true);
        self.shared.faults.clear();
        self.shared.faults.release_all();
        for server in std::mem::take(&mut self.servers) {
            let abort = server.abort_handle();
            if tokio::time::timeout(Duration::from_secs(2), server).await.is_err() {
                abort.abort();
            }
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        self.shared.faults.release_all();
        self.messenger.abort();
        self.writer.abort();
        self.shared.world.close();
    }
}

impl Shared {
    async fn reset(&self) -> Result<(), SandboxError> {
        let fresh = self.fixture.realise(self.clock.now(), &self.credentials.gorgias_email)?;
        self.faults.clear();
        self.faults.release_all();
        self.journal.clear();
        // Webhooks stay, as secrets do.
        let change = |world: &mut World| {
            let hooks = std::mem::take(&mut world.hooks);
            let integrations = std::mem::take(&mut world.helpdesk.integrations);
            let webhooks = std::mem::take(&mut world.zendesk.webhooks);
            let endpoint = world.intercom.endpoint.take();
            let address = world.front.webhook.take();
            *world = World { noticed_at: Some(self.clock.now()), hooks, ..fresh };
            world.helpdesk.integrations = integrations;
            world.zendesk.webhooks = webhooks;
            world.intercom.endpoint = endpoint;
            world.front.webhook = address;
        };
        self.world.change(change).await;
        Ok(())
    }
}

/// A world that was written later than the clock says drags the clock with it: what has happened stays happened.
fn catch_up(clock: &Clock, world: &World) {
    let behind = world.latest_at.duration_since(clock.now());
    if behind.is_positive() {
        clock.advance(behind);
    }
}

fn vendor_url(address: SocketAddr, vendor: Vendor) -> String {
    format!("http://{address}/{}", vendor.name())
}

fn vendor_routes(shared: &Arc<Shared>) -> Router {
    Vendor::ALL.into_iter().fold(Router::new(), |router, vendor| {
        let shared = Arc::clone(shared);
        router.nest_service(&format!("/{}", vendor.name()), when_asked(move || gated_routes(vendor, &shared)))
    })
}

fn control_routes(shared: &Arc<Shared>, vendors: SocketAddr) -> Router {
    let shared = Arc::clone(shared);
    Router::new().fallback_service(when_asked(move || control::routes(&shared, vendors)))
}

fn gated_routes(vendor: Vendor, shared: &Arc<Shared>) -> Router {
    let routes = match vendor {
        Vendor::Shopify => shopify::routes(),
        Vendor::Easypost => easypost::routes(),
        Vendor::Sendgrid => sendgrid::routes(),
        Vendor::Front => front::routes(),
        Vendor::Gorgias => gorgias::routes(),
        Vendor::Zendesk => zendesk::routes(),
        Vendor::Intercom => intercom::routes(),
        Vendor::Stripe => stripe::routes(),
    };
    routes
        .with_state(Arc::clone(shared))
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state((vendor, Arc::clone(shared)), gate::pass))
}

/// Routes that are made with the first request: most sandboxes are asked by few vendors' clients.
fn when_asked(
    make: impl Fn() -> Router + Send + Sync + 'static,
) -> impl Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static {
    let routes = Arc::new(LazyLock::new(make));
    service_fn(move |request| Router::clone(&routes).oneshot(request))
}

async fn listen(address: SocketAddr) -> Result<TcpListener, SandboxError> {
    TcpListener::bind(address).await.map_err(|source| SandboxError::Listen { address, source })
}

fn local(listener: &TcpListener, asked: SocketAddr) -> SocketAddr {
    listener.local_addr().unwrap_or(asked)
}

fn serve(listener: TcpListener, routes: Router, mut stop: watch::Receiver<bool>) -> JoinHandle<()> {
    let service = routes.into_make_service_with_connect_info::<wire::Cutter>();
    let stopped = async move {
        // An error means that the sandbox was dropped.
        let _ = stop.wait_for(|stop| *stop).await;
    };
    tokio::spawn(async move {
        let server = axum::serve(wire::CuttableListener(listener), service).with_graceful_shutdown(stopped);
        if let Err(error) = server.await {
            tracing::error!(%error, "the sandbox stopped listening");
        }
    })
}
