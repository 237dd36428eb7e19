//! The store: as many orders as wanted, each on its way, in the simulated vendors' world.

use std::path::{Path, PathBuf};

use deskhand::domain::clock::Clock;
use deskhand::sandbox::{Fixture, Sandbox, SandboxOptions};
use jiff::civil::Weekday;
use jiff::{ToSpan as _, ZonedDateTime};
use serde_json::{Value, json};

/// The first order's number.
pub const FIRST: usize = 100_000;

pub struct Shop {
    pub sandbox: Sandbox,
    pub orders: usize,
    folder: tempfile::TempDir,
}

impl Shop {
    pub async fn open(orders: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("world.yaml");
        std::fs::write(&path, world(orders).to_string()).unwrap();
        let fixture = Fixture::from_file(&path).unwrap();
        let options = SandboxOptions { call_limits: false, ..SandboxOptions::new(fixture) };
        let sandbox = Sandbox::start(options).await.unwrap();
        std::fs::write(folder.path().join("policy.toml"), POLICY).unwrap();
        Self { sandbox, orders, folder }
    }

    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// What `deskhand serve` must be told to work for this store.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let (sandbox, credentials) = (&self.sandbox, self.sandbox.credentials());
        vec![
            ("DESKHAND_STORE_NAME", "Linen & Co".to_owned()),
            ("DESKHAND_STORE_POLICY", text(&self.folder.path().join("policy.toml"))),
            ("DESKHAND_SHOPIFY_SHOP", "linen.myshopify.com".to_owned()),
            ("DESKHAND_SHOPIFY_BASE_URL", sandbox.shopify_url()),
            ("DESKHAND_SHOPIFY_ACCESS_TOKEN", credentials.shopify_access_token.clone()),
            ("DESKHAND_SHOPIFY_ALL_ORDERS", "true".to_owned()),
            ("DESKHAND_EASYPOST_BASE_URL", sandbox.easypost_url()),
            ("DESKHAND_EASYPOST_API_KEY", credentials.easypost_api_key.clone()),
            ("DESKHAND_EASYPOST_SEARCHES_PER_SECOND", "100000".to_owned()),
            ("DESKHAND_SENDGRID_BASE_URL", sandbox.sendgrid_url()),
            ("DESKHAND_SENDGRID_API_KEY", credentials.sendgrid_api_key.clone()),
            ("DESKHAND_SENDGRID_FROM", "help@linen.example".to_owned()),
            ("DESKHAND_GORGIAS_DOMAIN", "linen".to_owned()),
            ("DESKHAND_GORGIAS_BASE_URL", sandbox.gorgias_url()),
            ("DESKHAND_GORGIAS_USER", credentials.gorgias_email.clone()),
            ("DESKHAND_GORGIAS_API_KEY", credentials.gorgias_api_key.clone()),
            ("DESKHAND_KEY_RATE_PER_SECOND", "100000".to_owned()),
            ("DESKHAND_KEY_RATE_BURST", "100000".to_owned()),
        ]
    }
}

/// All shoppers come from one address here, and more of them than a store has in a day.
const POLICY: &str = "\
mode = \"act\"
[caps]
turns_per_day = 10000000
[identity]
tries_per_address = 1000000
tries_per_key = 1000000
";

pub fn email(order: usize) -> String {
    format!("shopper{order}@example.com")
}

/// Every order left on the last Wednesday, is due on the next, and was seen last in Newark: what the models of this
/// benchmark and of the shared one say.
fn world(orders: usize) -> Value {
    let now = Clock::machine().to_zoned_datetime(jiff::tz::TimeZone::UTC);
    let noon = now.with().hour(12).minute(0).second(0).subsec_nanosecond(0).build().unwrap();
    let [left, due] = [-1, 1].map(|nth| noon.nth_weekday(nth, Weekday::Wednesday).unwrap());
    let moment = |of: &ZonedDateTime| of.timestamp().to_string();
    let after = |hours: i64| moment(&left.checked_add(hours.hours()).unwrap());
    let numbers = FIRST..FIRST + orders;
    json!({
        "store": {
            "name": "Linen & Co", "domain": "linen.myshopify.com", "url": "https://linen.example",
            "email": "help@linen.example", "currency": "USD",
        },
        "products": [{"title": "Linen shirt", "variants": [{"sku": "TS-01", "price": "49.00", "stock": 100}]}],
        "customers": numbers.clone().map(|number| json!({
            "email": email(number), "first_name": "Sam", "last_name": "Reed",
            "address": {"line1": "1 Main St", "city": "Hoboken", "province": "New Jersey", "province_code": "NJ",
                "postcode": "07030", "country": "US"},
        })).collect::<Vec<_>>(),
        "orders": numbers.map(|number| json!({
            "number": number, "customer": email(number), "placed": moment(&left.checked_sub(1.day()).unwrap()),
            "lines": [{"sku": "TS-01"}],
            "parcels": [{
                "carrier": "UPS", "number": format!("TRK{number}"), "shipped": moment(&left), "estimate": moment(&due),
                "scans": [
                    {"at": after(3), "status": "in_transit", "message": "Departed facility", "city": "Louisville",
                        "state": "KY"},
                    {"at": after(20), "status": "in_transit", "message": "Arrived at hub", "city": "Newark",
                        "state": "NJ"},
                ],
            }],
        })).collect::<Vec<_>>(),
    })
}

pub fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}
