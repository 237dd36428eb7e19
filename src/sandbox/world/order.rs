//! Orders and those who placed them. Amounts are in the currency that the shopper saw (presentment).

use jiff::Timestamp;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde::{Deserialize, Serialize};

use super::parcel::{Parcel, Progress};
use super::{World, sum};
use crate::domain::money::{Currency, Money};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Customer {
    pub id: u64,
    pub email: String,
    pub phone: Option<String>,
    pub first_name: String,
    pub last_name: String,
    pub address: Address,
    pub created_at: Timestamp,
    pub note: Option<String>,
    pub tags: Vec<String>,
    pub locale: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    pub first_name: String,
    pub last_name: String,
    pub company: Option<String>,
    pub line1: String,
    pub line2: Option<String>,
    pub city: String,
    pub province: Option<String>,
    pub province_code: Option<String>,
    pub postcode: String,
    pub country: String,
    /// ISO 3166 alpha-2.
    pub country_code: String,
    pub phone: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    pub id: u64,
    pub number: u64,
    /// As the shopper knows it: `#1001`.
    pub name: String,
    pub confirmation_number: String,
    pub placed_at: Timestamp,
    pub updated_at: Timestamp,
    pub closed_at: Option<Timestamp>,
    pub cancellation: Option<Cancellation>,
    pub customer: Option<u64>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub shipping_address: Option<Address>,
    pub note: Option<String>,
    pub tags: Vec<String>,
    pub metafields: Vec<Metafield>,
    pub currency: Currency,
    /// How many units of `currency` one unit of the shop's currency is worth; none where they are the same.
    pub rate: Option<Rate>,
    pub lines: Vec<Line>,
    pub shipping: Option<Shipping>,
    pub on_hold: bool,
    pub transactions: Vec<Transaction>,
    pub refunds: Vec<Refund>,
    pub fulfilments: Vec<Fulfilment>,
    pub returns: Vec<Return>,
}

/// An exchange rate, stored as a decimal string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rate(Decimal);

impl TryFrom<String> for Rate {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match Decimal::from_str_exact(text.trim()) {
            Ok(rate) if rate > Decimal::ZERO => Ok(Self(rate)),
            _ => Err("an exchange rate is a positive decimal number in quotes, such as \"150.25\""),
        }
    }
}

impl From<Rate> for String {
    fn from(rate: Rate) -> Self {
        rate.0.to_string()
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cancellation {
    pub at: Timestamp,
    /// Shopify's word: `CUSTOMER`, `INVENTORY`, …
    pub reason: String,
    #[serde(default)]
    pub staff_note: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metafield {
    pub id: u64,
    pub namespace: String,
    pub key: String,
    pub kind: String,
    pub value: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub id: u64,
    pub product: Option<u64>,
    pub variant: Option<u64>,
    pub title: String,
    pub variant_title: Option<String>,
    pub sku: Option<String>,
    pub vendor: Option<String>,
    pub quantity: u32,
    /// Of one piece, before discounts.
    pub price: Money,
    /// Off the whole line.
    pub discount: Money,
    pub requires_shipping: bool,
    pub gift_card: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shipping {
    pub id: u64,
    pub title: String,
    pub price: Money,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transaction {
    pub id: u64,
    /// Shopify's words: `SALE`, `AUTHORIZATION`, `REFUND`.
    pub kind: String,
    /// `SUCCESS`, `PENDING`, `FAILURE`.
    pub status: String,
    pub gateway: String,
    /// Paid outside the platform: the platform cannot give it back.
    pub manual: bool,
    pub amount: Money,
    pub at: Timestamp,
    pub parent: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refund {
    pub id: u64,
    pub at: Timestamp,
    pub note: Option<String>,
    pub lines: Vec<RefundLine>,
    pub shipping: Money,
    /// Ids of the transactions that moved the money.
    pub transactions: Vec<u64>,
    /// Id of the return of which it came.
    #[serde(default)]
    pub returned: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RefundLine {
    pub id: u64,
    pub line: u64,
    pub quantity: u32,
    /// `RETURN`, `CANCEL`, `NO_RESTOCK`.
    pub restock: String,
    pub subtotal: Money,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fulfilment {
    pub id: u64,
    /// `#1001-F1`.
    pub name: String,
    pub at: Timestamp,
    pub contents: Vec<Content>,
    pub tracking: Vec<Tracking>,
}

/// Some pieces of a line within a fulfilment, a return or a parcel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Content {
    pub id: u64,
    pub line: u64,
    pub quantity: u32,
}

/// A parcel as the store's platform names it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tracking {
    pub company: Option<String>,
    pub number: Option<String>,
    pub url: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Return {
    pub id: u64,
    /// `#1010-R1`.
    pub name: String,
    pub at: Timestamp,
    pub closed_at: Option<Timestamp>,
    /// `REQUESTED`, `OPEN`, `CLOSED`, `DECLINED`, `CANCELED`.
    pub status: String,
    pub lines: Vec<ReturnLine>,
    /// The order to take the goods back, with its own id, and the parcels that bring them.
    pub reverse_order: u64,
    pub deliveries: Vec<ReverseDelivery>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReturnLine {
    pub id: u64,
    /// Id of the fulfilment's content.
    pub content: u64,
    pub quantity: u32,
    pub reason: String,
    pub reason_note: String,
    pub customer_note: Option<String>,
    /// Pieces already refunded through this return.
    pub refunded: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReverseDelivery {
    pub id: u64,
    pub tracking: Tracking,
    pub label_url: Option<String>,
    pub at: Timestamp,
}

impl Line {
    pub fn total(&self) -> Money {
        Money::from_minor(self.price.minor() * i64::from(self.quantity) - self.discount.minor(), self.price.currency())
    }

    /// What `quantity` pieces cost after discounts. The pieces' shares add up to the line's total: the first ones carry
    /// the odd cents.
    pub fn value_of(&self, already: u32, quantity: u32) -> Money {
        let upto = |count: u32| {
            let (total, all) = (self.total().minor(), i64::from(self.quantity.max(1)));
            let count = i64::from(count);
            total / all * count + (total % all).min(count)
        };
        Money::from_minor(upto(already + quantity) - upto(already), self.price.currency())
    }
}

impl Order {
    pub fn line(&self, id: u64) -> Option<&Line> {
        self.lines.iter().find(|line| line.id == id)
    }

    pub fn content(&self, id: u64) -> Option<(&Fulfilment, &Content)> {
        self.fulfilments
            .iter()
            .find_map(|fulfilment| fulfilment.contents.iter().find(|c| c.id == id).map(|c| (fulfilment, c)))
    }

    pub fn refunded_quantity(&self, line: u64) -> u32 {
        self.refunds.iter().flat_map(|refund| &refund.lines).filter(|r| r.line == line).map(|r| r.quantity).sum()
    }

    fn unshipped_and_taken_back(&self, line: u64) -> u32 {
        let lines = self.refunds.iter().flat_map(|refund| &refund.lines);
        lines.filter(|refunded| refunded.line == line && refunded.restock == "CANCEL").map(|r| r.quantity).sum()
    }

    pub fn fulfilled_quantity(&self, line: u64) -> u32 {
        self.fulfilments.iter().flat_map(|f| &f.contents).filter(|c| c.line == line).map(|c| c.quantity).sum()
    }

    pub fn unfulfilled_quantity(&self, line: &Line) -> u32 {
        line.quantity
            .saturating_sub(self.fulfilled_quantity(line.id))
            .saturating_sub(self.unshipped_and_taken_back(line.id))
    }

    pub fn refundable_quantity(&self, line: &Line) -> u32 {
        line.quantity.saturating_sub(self.refunded_quantity(line.id))
    }

    /// What of a return's line can still be paid back: what is open of it, less what was paid back past the return.
    pub fn refundable_return(&self, line: &ReturnLine) -> u32 {
        let sold = self.content(line.content).and_then(|(_, content)| self.line(content.line));
        let left = sold.map_or(0, |sold| self.refundable_quantity(sold));
        line.quantity.saturating_sub(line.refunded).min(left)
    }

    pub fn zero(&self) -> Money {
        Money::from_minor(0, self.currency)
    }

    pub fn sum(&self, amounts: impl IntoIterator<Item = Money>) -> Money {
        sum(self.currency, amounts)
    }

    pub fn subtotal(&self) -> Money {
        self.sum(self.lines.iter().map(Line::total))
    }

    pub fn shipping_price(&self) -> Money {
        self.shipping.as_ref().map_or(self.zero(), |shipping| shipping.price)
    }

    pub fn total(&self) -> Money {
        self.sum([self.subtotal(), self.shipping_price()])
    }

    pub fn refunded_shipping(&self) -> Money {
        self.sum(self.refunds.iter().map(|refund| refund.shipping))
    }

    pub fn transaction(&self, id: u64) -> Option<&Transaction> {
        self.transactions.iter().find(|transaction| transaction.id == id)
    }

    fn successful(&self, kinds: &'static [&'static str]) -> impl Iterator<Item = &Transaction> {
        self.transactions.iter().filter(|t| t.status == "SUCCESS" && kinds.contains(&t.kind.as_str()))
    }

    pub fn received(&self) -> Money {
        self.sum(self.successful(&["SALE", "CAPTURE"]).map(|t| t.amount))
    }

    pub fn refunded(&self) -> Money {
        self.sum(self.successful(&["REFUND"]).map(|t| t.amount))
    }

    /// Payments in the order in which a refund draws on them: cards and the like first, gift cards last.
    pub fn payments_for_refunds(&self) -> impl Iterator<Item = &Transaction> {
        let cards = self.successful(&["SALE", "CAPTURE"]).filter(|t| t.gateway != "gift_card");
        cards.chain(self.successful(&["SALE", "CAPTURE"]).filter(|t| t.gateway == "gift_card"))
    }

    /// What one payment can still give back. What is on its way is not there any more.
    pub fn refundable_of(&self, payment: &Transaction) -> Money {
        let of_payment = |t: &&Transaction| t.kind == "REFUND" && t.parent == Some(payment.id);
        let under_way = |t: &&Transaction| matches!(t.status.as_str(), "SUCCESS" | "PENDING");
        let given_back = self.transactions.iter().filter(of_payment).filter(under_way).map(|t| t.amount.minor());
        let paid = if matches!(payment.kind.as_str(), "SALE" | "CAPTURE") && payment.status == "SUCCESS" {
            payment.amount.minor()
        } else {
            0
        };
        Money::from_minor((paid - given_back.sum::<i64>()).max(0), self.currency)
    }

    /// The current value: what was sold less what was refunded.
    pub fn current_subtotal(&self) -> Money {
        let taken = self.refunds.iter().flat_map(|refund| &refund.lines).map(|line| line.subtotal.minor());
        Money::from_minor(self.subtotal().minor() - taken.sum::<i64>(), self.currency)
    }

    /// An amount of this order in the shop's currency, rounded half to even.
    pub fn in_shop_money(&self, amount: Money, shop: Currency) -> Money {
        let Some(Rate(rate)) = self.rate else { return amount };
        let units = Decimal::new(amount.minor(), self.currency.exponent());
        let converted = units.checked_div(rate).unwrap_or_default().round_dp(shop.exponent());
        let minor = converted * Decimal::from(10_i64.pow(shop.exponent()));
        Money::from_minor(minor.round().to_i64().unwrap_or(i64::MAX), shop)
    }
}

impl Fulfilment {
    /// The parcels that carriers know of, with what they know now.
    pub fn progress<'w>(&self, world: &'w World, now: Timestamp) -> Vec<(&'w Parcel, Progress<'w>)> {
        let numbers = self.tracking.iter().filter_map(|tracking| tracking.number.as_deref());
        numbers.filter_map(|number| world.parcel(number, None)).map(|parcel| (parcel, parcel.progress(now))).collect()
    }
}
