//! An order of a fixture, made of what a model was shown of it.

use serde_json::{Map, Value, json};

use super::super::deeds::money;
use super::calendar::Calendar;
use super::goods::Goods;
use super::{Seen, address, fields, parcels};
use crate::domain::money::Money;

/// What an order holds of which only the sum was told.
const UNTOLD: &str = "Goods";
const STATUSES: [&str; 5] = ["REQUESTED", "OPEN", "CLOSED", "DECLINED", "CANCELED"];

/// None: nothing is known of it but its name.
pub fn spec(seen: &Seen<'_>, goods: &mut Goods, calendar: &Calendar, home: &str) -> Option<Value> {
    let order = seen.outline()?;
    let text = |field: &str| order.get(field).and_then(Value::as_str);
    let number: u64 = digits(text("order_number")?).parse().ok()?;
    let total = money(order.get("total")?)?;
    let items = items(order, total);
    let currency = total.currency().code();
    let lines: Vec<Value> = items.iter().map(|item| item.line(goods, currency)).collect();
    let sum = items.iter().map(Item::value).sum::<i64>();
    let left = Money::from_minor((total.minor() - sum).max(0), total.currency());
    let cancelled = text("cancelled_on").map(|on| calendar.past(Some(on)).to_string());
    let foreign = currency != home;
    let mut spec = fields([
        ("number", Some(number.into())),
        ("customer", Some(seen.email().into())),
        ("placed", Some(calendar.past(text("placed_on")).to_string().into())),
        ("lines", Some(lines.into())),
        ("shipping", (!left.is_zero()).then(|| json!({ "title": "Standard", "price": left.decimal() }))),
        ("currency", foreign.then(|| currency.into())),
        ("exchange_rate", foreign.then(|| "1".into())),
        ("payments", (text("payment") == Some("pending")).then(|| unpaid(total))),
        ("ship_to", Some(address(seen.postcode.as_deref(), seen.country.as_deref()))),
        ("refunds", refunds(order, &items, goods, calendar, cancelled.is_some())),
        ("returns", returns(order, calendar)),
        ("cancelled", cancelled.map(|at| json!({ "at": at }))),
    ]);
    spec.extend(parcels::specs(seen, &items, goods, calendar, currency).map(|all| ("parcels".to_owned(), all)));
    Some(Value::Object(spec))
}

/// A line as it was shown.
pub struct Item {
    pub title: String,
    variant: Option<String>,
    quantity: i64,
    refunded: i64,
    price: Money,
}

impl Item {
    fn of(item: &Value) -> Option<Self> {
        Some(Self {
            title: item.get("title")?.as_str()?.to_owned(),
            variant: item.get("variant").and_then(Value::as_str).map(str::to_owned),
            quantity: item.get("quantity")?.as_i64()?,
            refunded: item.get("refunded_quantity").and_then(Value::as_i64).unwrap_or(0),
            price: money(item.get("unit_price")?)?,
        })
    }

    fn value(&self) -> i64 {
        self.price.minor().saturating_mul(self.quantity)
    }

    pub fn sku(&self, goods: &mut Goods, currency: &str) -> String {
        goods.sku(&self.title, self.variant.as_deref(), &self.price.decimal(), currency)
    }

    fn line(&self, goods: &mut Goods, currency: &str) -> Value {
        json!({ "sku": self.sku(goods, currency), "quantity": self.quantity, "price": self.price.decimal() })
    }
}

fn items(order: &Value, total: Money) -> Vec<Item> {
    let shown = order.get("items").and_then(Value::as_array).into_iter().flatten();
    let items: Vec<Item> = shown.filter_map(Item::of).collect();
    if items.is_empty() {
        return vec![Item { title: UNTOLD.to_owned(), variant: None, quantity: 1, refunded: 0, price: total }];
    }
    items
}

fn unpaid(total: Money) -> Value {
    json!([{ "gateway": "manual", "amount": total.decimal(), "pending": true }])
}

/// What staff had paid back before: units, and of the shipping what is left.
fn refunds(order: &Value, items: &[Item], goods: &mut Goods, calendar: &Calendar, cancelled: bool) -> Option<Value> {
    let refunded = money(order.get("refunded")?)?;
    if refunded.is_zero() {
        return None;
    }
    let currency = refunded.currency();
    let gone = items.iter().filter(|item| item.refunded > 0);
    let units: Vec<&Item> = gone.collect();
    let of_units: i64 = units.iter().map(|item| item.price.minor().saturating_mul(item.refunded)).sum();
    let lines: Vec<Value> = units
        .iter()
        .map(|item| json!({ "sku": item.sku(goods, currency.code()), "quantity": item.refunded }))
        .collect();
    let shipping = Money::from_minor((refunded.minor() - of_units).max(0), currency);
    let mut refund = Map::new();
    refund.insert("at".to_owned(), calendar.past(None).to_string().into());
    refund.insert("lines".to_owned(), lines.into());
    refund.insert("shipping".to_owned(), shipping.decimal().into());
    refund.insert("restock".to_owned(), if cancelled { "CANCEL" } else { "NO_RESTOCK" }.into());
    Some(json!([refund]))
}

fn returns(order: &Value, calendar: &Calendar) -> Option<Value> {
    let shown = order.get("returns")?.as_array()?.iter();
    let of = |record: &Value| {
        let status = record.get("status")?.as_str()?.to_uppercase();
        let at = calendar.past(record.get("opened_on").and_then(Value::as_str));
        STATUSES.contains(&status.as_str()).then(|| json!({ "at": at.to_string(), "status": status }))
    };
    let all: Vec<Value> = shown.filter_map(of).collect();
    (!all.is_empty()).then(|| all.into())
}

fn digits(name: &str) -> String {
    name.chars().filter(char::is_ascii_digit).collect()
}
