//! From Shopify's words to the domain's.

use rust_decimal::Decimal;
use thiserror::Error;

use super::wire::{
    Amount, Bag, Installation, WireAddress, WireCustomer, WireFulfilment, WireLine, WireOrder, WireProduct, WireReturn,
};
use super::{API_VERSION, Acts, operations};
use crate::domain::customer::{Address, Customer, Email};
use crate::domain::money::{Currency, Money, MoneyError};
use crate::domain::order::{
    Fulfilment, FulfilmentStatus, Line, Order, OrderId, Parcel, PaymentStatus, Product, ReturnRecord, ShippingCharge,
};

/// Scopes without which an order cannot be read whole.
const NEEDED_SCOPES: [&str; 4] = ["read_orders", "read_customers", "read_products", "read_returns"];

/// The JSON reads, but does not mean anything.
#[derive(Debug, Error)]
pub enum Meaningless {
    #[error("{field}: {source}")]
    Money { field: &'static str, source: MoneyError },
    #[error("{field} is in {found}, the order in {expected}")]
    Currency { field: &'static str, found: String, expected: Currency },
}

/// The token works, but not for what it is needed for.
#[derive(Debug, Error)]
pub enum Unfit {
    #[error("the token belongs to {found}, not to {expected}; give the token of that shop")]
    OtherShop { found: String, expected: String },
    #[error("the app lacks the scopes {missing}; add them to the app and install it again")]
    Scopes { missing: String },
}

pub fn order(order: WireOrder, complete: bool) -> Result<Order, Meaningless> {
    let currency: Currency = order
        .presentment_currency_code
        .parse()
        .map_err(|source| Meaningless::Money { field: "presentmentCurrencyCode", source })?;
    let left = money("netPaymentSet", &order.net_payment_set, currency)?;
    let email = order.email.as_deref().and_then(Email::parse);
    // An address that we cannot read is still the order's own: the customer's must not stand in for it.
    let unreadable = order.email.is_some() && email.is_none();
    let customer = order.customer.map(customer).map(|known| match unreadable {
        true => Customer { email: None, ..known },
        false => known,
    });
    let refundable = if order.refundable && left.minor() > 0 { left } else { Money::from_minor(0, currency) };
    Ok(Order {
        id: OrderId::new(order.id),
        name: order.name,
        number: order.number,
        placed_at: order.processed_at,
        cancelled_at: order.cancelled_at,
        payment: PaymentStatus::from(word(order.display_financial_status.as_deref().unwrap_or("UNKNOWN"))),
        fulfilment: FulfilmentStatus::from(word(&order.display_fulfillment_status)),
        currency,
        total: money("totalPriceSet", &order.total_price_set, currency)?,
        refunded: money("totalRefundedSet", &order.total_refunded_set, currency)?,
        refundable,
        shipping: shipping(&order.total_shipping_price_set, &order.total_refunded_shipping_set, currency)?,
        email,
        customer,
        ship_to: order.shipping_address.map(address),
        note: order.note.filter(|note| !note.is_empty()),
        tags: order.tags,
        lines: order.line_items.nodes.into_iter().map(|it| line(it, currency)).collect::<Result<_, _>>()?,
        fulfilments: order.fulfillments.into_iter().map(fulfilment).collect(),
        returns: order.returns.nodes.into_iter().map(return_record).collect(),
        complete,
    })
}

fn shipping(price: &Bag, refunded: &Bag, currency: Currency) -> Result<ShippingCharge, Meaningless> {
    let price = money("totalShippingPriceSet", price, currency)?;
    let refunded = money("totalRefundedShippingSet", refunded, currency)?;
    // Shopify lets a store pay back more than it took.
    let left = Money::from_minor(price.minor().saturating_sub(refunded.minor()).max(0), currency);
    Ok(ShippingCharge { price, left })
}

/// `PARTIALLY_PAID` becomes `partially_paid`. Unknown words are kept the same way.
pub fn word(text: &str) -> String {
    text.to_ascii_lowercase()
}

pub fn money(field: &'static str, bag: &Bag, currency: Currency) -> Result<Money, Meaningless> {
    in_currency(field, &bag.presentment_money, currency)?;
    Money::parse(&bag.presentment_money.amount, currency).map_err(|source| Meaningless::Money { field, source })
}

fn in_currency(field: &'static str, amount: &Amount, expected: Currency) -> Result<(), Meaningless> {
    if amount.currency_code == expected.code() {
        return Ok(());
    }
    Err(Meaningless::Currency { field, found: amount.currency_code.clone(), expected })
}

/// Shopify calls this price approximate: a discount spread over several pieces may leave fractions of a cent. They are
/// dropped, so that no sum of pieces exceeds what was paid.
fn unit_price(bag: &Bag, currency: Currency) -> Result<Money, Meaningless> {
    let field = "discountedUnitPriceAfterAllDiscountsSet";
    in_currency(field, &bag.presentment_money, currency)?;
    let amount = &bag.presentment_money.amount;
    let whole = Decimal::from_str_exact(amount).map(|exact| exact.trunc_with_scale(currency.exponent()).to_string());
    Money::parse(whole.as_deref().unwrap_or(amount), currency).map_err(|source| Meaningless::Money { field, source })
}

fn customer(customer: WireCustomer) -> Customer {
    let email = customer.default_email_address.and_then(|address| address.email_address);
    Customer {
        id: customer.id,
        name: customer.display_name,
        email: email.as_deref().and_then(Email::parse),
        tags: customer.tags,
    }
}

pub fn address(address: WireAddress) -> Address {
    Address {
        name: address.name,
        line1: address.address1,
        line2: address.address2,
        city: address.city,
        province: address.province_code,
        postcode: address.zip,
        country: address.country_code_v2,
    }
}

fn line(line: WireLine, currency: Currency) -> Result<Line, Meaningless> {
    Ok(Line {
        unit_price: unit_price(&line.discounted_unit_price_after_all_discounts_set, currency)?,
        id: line.id,
        title: line.title,
        variant: line.variant_title,
        sku: line.sku,
        quantity: line.quantity,
        current_quantity: line.current_quantity,
        refundable_quantity: line.refundable_quantity,
        tags: line.product.map(|product| product.tags).unwrap_or_default(),
    })
}

fn fulfilment(fulfilment: WireFulfilment) -> Fulfilment {
    // The display status goes on about the parcel after a success only; a cancelled one keeps its last.
    let status = match (fulfilment.status.as_str(), fulfilment.display_status) {
        ("SUCCESS", Some(display)) => display,
        _ => fulfilment.status,
    };
    let parcels = fulfilment.tracking_info.into_iter().map(|parcel| Parcel {
        carrier: parcel.company.filter(|company| names_a_carrier(company)),
        tracking_number: parcel.number,
        tracking_url: parcel.url,
    });
    let contents = fulfilment.fulfillment_line_items.nodes.into_iter();
    Fulfilment {
        id: fulfilment.id,
        status: word(&status),
        created_at: fulfilment.created_at,
        estimated_at: fulfilment.estimated_delivery_at,
        delivered_at: fulfilment.delivered_at,
        parcels: parcels.collect(),
        contents: contents.map(|content| (content.line_item.id, content.quantity.unwrap_or(0))).collect(),
    }
}

/// `Other` is what a merchant chooses for a carrier that Shopify does not list, and nobody's name.
fn names_a_carrier(company: &str) -> bool {
    let company = company.trim();
    !company.is_empty() && !company.eq_ignore_ascii_case("other")
}

fn return_record(record: WireReturn) -> ReturnRecord {
    ReturnRecord { id: record.id, name: record.name, status: word(&record.status), created_at: record.created_at }
}

pub fn product(product: WireProduct) -> Result<Product, Meaningless> {
    let field = "minVariantPrice";
    let price = &product.price_range_v2.min_variant_price;
    let currency = price.currency_code.parse().map_err(|source| Meaningless::Money { field, source })?;
    let price_from = Money::parse(&price.amount, currency).map_err(|source| Meaningless::Money { field, source })?;
    Ok(Product {
        available: product.variants.nodes.iter().any(|variant| variant.available_for_sale),
        id: product.id,
        title: product.title,
        description: product.description,
        price_from: Some(price_from),
        url: product.online_store_url,
    })
}

/// What `doctor` says. `served` is the version that Shopify really answered with, where it was another.
pub fn installation(answer: &Installation, shop: &str, acts: Acts, served: Option<&str>) -> Result<String, Unfit> {
    let found = &answer.shop.myshopify_domain;
    if !found.eq_ignore_ascii_case(shop) {
        return Err(Unfit::OtherShop { found: found.clone(), expected: shop.to_owned() });
    }
    let granted: Vec<&str> =
        answer.current_app_installation.access_scopes.iter().map(|scope| scope.handle.as_str()).collect();
    // Who may write may read.
    let has = |needed: &str| {
        let writing = needed.strip_prefix("read_").map(|what| format!("write_{what}"));
        granted.iter().any(|scope| *scope == needed || Some(*scope) == writing.as_deref())
    };
    let acting = [(acts.orders, "write_orders"), (acts.returns, "write_returns")];
    let acting = acting.into_iter().filter_map(|(acts, scope)| acts.then_some(scope));
    let missing: Vec<&str> = NEEDED_SCOPES.into_iter().chain(acting).filter(|scope| !has(scope)).collect();
    if !missing.is_empty() {
        return Err(Unfit::Scopes { missing: missing.join(", ") });
    }
    let version = match served {
        None => format!("API {API_VERSION}"),
        Some(served) => format!("asked for API {API_VERSION} but was served {served}: update Deskhand"),
    };
    let history = if has("read_all_orders") { "all orders" } else { "orders of the last 60 days" };
    let operations = operations::all().len();
    Ok(format!(
        "shop {} ({found}), {version}, {operations} operations, {history}, scopes {}",
        answer.shop.name,
        granted.join(", ")
    ))
}
