//! What carriers take for a parcel. The prices are invented; that they grow with the weight, and that carriers refuse some
//! parcels, is not.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use sha2::{Digest as _, Sha256};

use crate::domain::money::{Currency, Money};
use crate::sandbox::world::shipping::{Dimensions, Place, Rate};

/// A carrier's service.
struct Service {
    carrier: &'static str,
    name: &'static str,
    /// In cents: of the first pound, and of each that is begun after it.
    first: i64,
    further: i64,
    days: i64,
    /// The heaviest parcel, in pounds.
    most: i64,
    abroad: bool,
}

const SERVICES: [Service; 5] = [
    Service { carrier: "USPS", name: "GroundAdvantage", first: 745, further: 62, days: 4, most: 70, abroad: false },
    Service { carrier: "USPS", name: "Priority", first: 980, further: 115, days: 2, most: 70, abroad: false },
    Service { carrier: "UPS", name: "Ground", first: 1095, further: 74, days: 4, most: 150, abroad: false },
    Service { carrier: "FedEx", name: "FEDEX_GROUND", first: 1060, further: 79, days: 3, most: 150, abroad: false },
    Service {
        carrier: "DHLExpress",
        name: "ExpressWorldwide",
        first: 5820,
        further: 640,
        days: 5,
        most: 154,
        abroad: true,
    },
];

/// Prices, and why carriers have none.
pub fn of(
    shipment: &str,
    asked: usize,
    from: &Place,
    to: &Place,
    dimensions: &Dimensions,
    currency: Currency,
) -> (Vec<Rate>, Vec<(String, String)>) {
    let (mut rates, mut messages) = (Vec::new(), Vec::new());
    let pounds = (dimensions.ounces() / Decimal::from(16)).ceil().to_i64().unwrap_or(i64::MAX).max(1);
    let abroad = from.country != to.country;
    for service in &SERVICES {
        let mut refuse = |words: &str| messages.push((service.carrier.to_owned(), words.to_owned()));
        if !from.is_whole() || !to.is_whole() {
            refuse("Unable to retrieve rates: the address is incomplete.");
        } else if service.abroad != abroad {
            refuse("No service to the requested destination.");
        } else if pounds > service.most {
            refuse("The package exceeds the maximum weight.");
        } else {
            let id = format!("rate_{}", id(&format!("{shipment} {asked} {} {}", service.carrier, service.name)));
            let price = Money::from_minor(service.first + (pounds - 1) * service.further, currency);
            let (carrier, name) = (service.carrier.to_owned(), service.name.to_owned());
            rates.push(Rate { id, carrier, service: name, price, days: service.days });
        }
    }
    (rates, messages)
}

/// 32 hexadecimal digits, the same for the same text.
pub fn id(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes())).chars().take(32).collect()
}
