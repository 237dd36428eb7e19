//! The rules of the demo store, asked about orders like those of the demo.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::domain::customer::{Address, Customer};
use crate::domain::money::{Currency, Money};
use crate::domain::order::{
    Fulfilment, FulfilmentStatus, Line, LineQuantity, Order, OrderId, PaymentStatus, ReturnRecord, ShippingCharge,
};
use crate::policy::Policy;
use crate::policy::ask::*;
use crate::policy::decision::*;

mod orders;
mod outlook;
mod properties;
mod refunds;
mod returns;

/// Noon of November 25th in Portland.
const NOW: &str = "2026-11-25T20:00:00Z";

fn demo() -> Policy {
    toml::from_str(include_str!("../../sandbox/fixtures/juniper-and-pine.policy.toml")).unwrap()
}

/// The demo store's rules with other lines added or changed.
fn demo_with(change: impl FnOnce(&mut Policy)) -> Policy {
    let mut policy = demo();
    change(&mut policy);
    policy.validate().unwrap();
    policy
}

fn usd(text: &str) -> Money {
    Money::parse(text, "USD".parse().unwrap()).unwrap()
}

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn days_ago(days: i64) -> Timestamp {
    now().checked_sub(jiff::SignedDuration::from_hours(24 * days)).unwrap()
}

fn line(id: &str, price: Money, quantity: u32) -> Line {
    Line {
        id: id.to_owned(),
        title: format!("A {id}"),
        variant: None,
        sku: None,
        quantity,
        current_quantity: quantity,
        refundable_quantity: quantity,
        unit_price: price,
        tags: Vec::new(),
    }
}

/// Paid, packed and delivered so many days ago.
fn delivered(days: i64, lines: Vec<Line>) -> Order {
    let contents = lines.iter().map(|line| (line.id.clone(), line.quantity)).collect();
    let fulfilment = fulfilment("first", "delivered", Some(days_ago(days)), contents);
    Order { fulfilment: FulfilmentStatus::Fulfilled, fulfilments: vec![fulfilment], ..unfulfilled(lines) }
}

fn fulfilment(id: &str, status: &str, delivered_at: Option<Timestamp>, contents: Vec<(String, u32)>) -> Fulfilment {
    Fulfilment {
        id: id.to_owned(),
        status: status.to_owned(),
        created_at: days_ago(90),
        estimated_at: None,
        delivered_at,
        parcels: Vec::new(),
        contents,
    }
}

/// Paid, and still in the store.
fn unfulfilled(lines: Vec<Line>) -> Order {
    let currency = lines[0].unit_price.currency();
    let total = lines.iter().map(|line| line.unit_price.minor() * i64::from(line.quantity)).sum();
    let total = Money::from_minor(total, currency);
    Order {
        id: OrderId::new("order"),
        name: "#1".to_owned(),
        number: Some(1),
        placed_at: days_ago(95),
        cancelled_at: None,
        payment: PaymentStatus::Paid,
        fulfilment: FulfilmentStatus::Unfulfilled,
        currency,
        total,
        refunded: Money::from_minor(0, currency),
        refundable: total,
        shipping: ShippingCharge { price: Money::from_minor(0, currency), left: Money::from_minor(0, currency) },
        email: None,
        customer: None,
        ship_to: Some(address("US")),
        note: None,
        tags: Vec::new(),
        lines,
        fulfilments: Vec::new(),
        returns: Vec::new(),
        complete: true,
    }
}

fn address(country: &str) -> Address {
    let text = |text: &str| Some(text.to_owned());
    Address { line1: text("1 Main Street"), city: text("Town"), country: text(country), ..Address::default() }
}

fn pieces(line: &str, quantity: u32) -> Vec<LineQuantity> {
    vec![LineQuantity { line: line.to_owned(), quantity }]
}

/// What the platform would say for these units.
fn quote(order: &Order, pieces: &[LineQuantity]) -> Quote {
    let price = |pieces: &LineQuantity| {
        let line = order.lines.iter().find(|line| line.id == pieces.line);
        line.map_or(0, |line| line.unit_price.minor()) * i64::from(pieces.quantity)
    };
    let amount = pieces.iter().map(price).sum();
    Quote { amount: Money::from_minor(amount, order.currency), maximum: order.refundable }
}

/// One policy, one order, and what the agent did so far.
#[derive(Clone, Debug)]
struct Shop {
    policy: Policy,
    order: Order,
    spent: Spent,
    carriers: Vec<CarrierWord>,
    now: Timestamp,
    zone: TimeZone,
}

impl Shop {
    fn of(order: Order) -> Self {
        Self {
            policy: demo(),
            spent: Spent::nothing(order.currency),
            order,
            carriers: Vec::new(),
            now: now(),
            zone: TimeZone::get("America/Los_Angeles").unwrap(),
        }
    }

    fn with_policy(order: Order, policy: Policy) -> Self {
        Self { policy, ..Self::of(order) }
    }

    fn tag_customer(&mut self, tags: &[&str]) {
        let tags = tags.iter().map(|&tag| tag.to_owned()).collect();
        self.order.customer = Some(Customer { id: "customer".to_owned(), name: None, email: None, tags });
    }

    fn at(&self) -> Situation<'_> {
        Situation { order: &self.order, carriers: &self.carriers, spent: &self.spent, now: self.now, zone: &self.zone }
    }

    fn refund(&self, case: Case, pieces: &[LineQuantity]) -> Decision {
        let quote = quote(&self.order, pieces);
        self.policy.refund(&self.at(), &RefundAsk { case, pieces, shipping: false, quote })
    }

    fn take_back(&self, case: Case, pieces: &[LineQuantity]) -> Decision {
        self.policy.take_back(&self.at(), &ReturnAsk { case, pieces, outcome: Outcome::Money })
    }

    fn on_arrival(&self, case: Case, pieces: &[LineQuantity]) -> Decision {
        let ask = ArrivalAsk {
            case,
            pieces,
            shipping: false,
            quote: quote(&self.order, pieces),
            arrived_at: Some(self.now),
            label_price: None,
        };
        self.policy.refund_on_arrival(&self.at(), &ask)
    }

    fn cancel(&self) -> Decision {
        let quote = Quote { amount: self.order.refundable, maximum: self.order.refundable };
        self.policy.cancel(&self.at(), &CancellationAsk { quote })
    }

    /// The agent has paid this on the order; the platform does not know of it yet.
    fn after(mut self, paid: Money, claimed: Vec<LineQuantity>) -> Self {
        self.spent =
            Spent { order: paid, pending: paid, customer: Some(paid), store: paid, claimed, returns: Vec::new() };
        self
    }
}

/// Delivered five days ago: one of 64.00, one of 18.00.
fn order_1002() -> Order {
    delivered(5, vec![line("fleece", usd("64.00"), 1), line("socks", usd("18.00"), 1)])
}

fn order_1005() -> Order {
    delivered(3, vec![line("jacket", usd("320.00"), 1)])
}

/// Final sale, two of 22.50.
fn order_1006() -> Order {
    let tags = vec!["merino".to_owned(), "Final-Sale".to_owned()];
    delivered(4, vec![Line { tags, ..line("beanie", usd("22.50"), 2) }])
}

/// Three of 15.00, one of which staff have refunded.
fn order_1008() -> Order {
    let bottles = Line { refundable_quantity: 2, current_quantity: 2, ..line("bottle", usd("15.00"), 3) };
    let order = delivered(6, vec![bottles]);
    Order { refunded: usd("15.00"), refundable: usd("30.00"), payment: PaymentStatus::PartiallyRefunded, ..order }
}

fn order_1009() -> Order {
    let yen: Currency = "JPY".parse().unwrap();
    delivered(4, vec![line("lantern", Money::parse("12800", yen).unwrap(), 1)])
}

fn order_1016() -> Order {
    delivered(2, vec![line("mug", usd("24.00"), 2)])
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn open_return(id: &str) -> ReturnRecord {
    ReturnRecord { id: id.to_owned(), name: "#1-R1".to_owned(), status: "open".to_owned(), created_at: days_ago(1) }
}
