//! Amounts on the wire: decimal strings with a currency, in the shop's money and in the shopper's.

use apollo_compiler::resolvers::{ObjectValue, ResolveInfo};

use super::object::{Resolved, View, object, text};
use crate::domain::money::Money;
use crate::sandbox::world::Order;

/// `MoneyV2`.
pub struct MoneyNode(pub Money);

impl ObjectValue for MoneyNode {
    fn type_name(&self) -> &str {
        "MoneyV2"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        match info.field_name() {
            "amount" => text(&amount(self.0)),
            "currencyCode" => text(self.0.currency().code()),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

/// `MoneyBag`: one amount of an order in both currencies.
struct Bag {
    shop: Money,
    presentment: Money,
}

impl ObjectValue for Bag {
    fn type_name(&self) -> &str {
        "MoneyBag"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        match info.field_name() {
            "shopMoney" => object(MoneyNode(self.shop)),
            "presentmentMoney" => object(MoneyNode(self.presentment)),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

/// An amount of this order as a `MoneyBag`.
pub fn bag<'a>(view: View<'_>, order: &Order, presentment: Money) -> Resolved<'a> {
    object(Bag { shop: order.in_shop_money(presentment, view.world.shop.currency), presentment })
}

/// The `Decimal` of a `MoneyV2`, which Shopify writes with at least one digit after the point: `64.0`, `12800.0`,
/// `8.25`. Two forms of one amount are equal only as numbers, and a client must read them so.
pub fn amount(money: Money) -> String {
    let decimal = money.decimal();
    match decimal.split_once('.') {
        None => format!("{decimal}.0"),
        Some((whole, fraction)) => {
            let fraction = fraction.trim_end_matches('0');
            format!("{whole}.{}", if fraction.is_empty() { "0" } else { fraction })
        }
    }
}
