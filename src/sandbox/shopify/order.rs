//! Orders.

use apollo_compiler::resolvers::{ObjectValue, ResolveInfo};
use jiff::Timestamp;

use super::address::AddressNode;
use super::connection::page;
use super::customer::CustomerNode;
use super::fulfilment::FulfilmentNode;
use super::line::{LineNode, ShippingNode};
use super::money::{MoneyNode, bag};
use super::object::{
    Plain, Resolved, View, argument, big, count, first_of, gid, leaf, list, maybe, maybe_object, maybe_time, null,
    object, string, text, texts, time,
};
use super::refund::{RefundNode, TransactionNode};
use super::returns::ReturnNode;
use super::suggestion::suggested_refund;
use crate::domain::money::Money;
use crate::sandbox::world::Order;
use crate::sandbox::world::order::Metafield;

/// `Order`.
#[derive(Clone, Copy)]
pub struct OrderNode<'w> {
    pub view: View<'w>,
    pub order: &'w Order,
}

impl ObjectValue for OrderNode<'_> {
    fn type_name(&self) -> &str {
        "Order"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        if let Some(money) = self.money(info.field_name()) {
            return bag(self.view, self.order, money);
        }
        self.related(info)
            .or_else(|()| self.state(info))
            .or_else(|()| self.plain(info))
            .unwrap_or_else(|()| Err(self.unknown_field_error(info)))
    }
}

/// A field that is answered, or that another group of fields may know.
type Maybe<'a> = Result<Resolved<'a>, ()>;

impl<'w> OrderNode<'w> {
    fn money(&self, field: &str) -> Option<Money> {
        let order = self.order;
        let less = |a: Money, b: Money| Money::from_minor(a.minor() - b.minor(), order.currency);
        Some(match field {
            "currentShippingPriceSet" => less(order.shipping_price(), order.refunded_shipping()),
            "currentSubtotalPriceSet" => order.current_subtotal(),
            "currentTotalDiscountsSet" | "totalDiscountsSet" => order.sum(order.lines.iter().map(|line| line.discount)),
            "currentTotalPriceSet" => {
                less(order.sum([order.current_subtotal(), order.shipping_price()]), order.refunded_shipping())
            }
            "currentTotalTaxSet" | "totalTaxSet" | "refundDiscrepancySet" => order.zero(),
            "netPaymentSet" => less(order.received(), order.refunded()),
            "originalTotalPriceSet" | "totalPriceSet" => order.total(),
            "subtotalPriceSet" => order.subtotal(),
            "totalOutstandingSet" if order.cancellation.is_some() => order.zero(),
            "totalOutstandingSet" => less(order.total(), order.received()),
            "totalReceivedSet" => order.received(),
            "totalRefundedSet" => order.refunded(),
            "totalRefundedShippingSet" => order.refunded_shipping(),
            "totalShippingPriceSet" => order.shipping_price(),
            _ => return None,
        })
    }

    fn related<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Maybe<'a> {
        let (view, order) = (self.view, self.order);
        Ok(match info.field_name() {
            "billingAddress" | "shippingAddress" | "displayAddress" => {
                let address = order.shipping_address.as_ref();
                maybe_object(address.map(|address| AddressNode { owner: order.id, address }))
            }
            "customer" => {
                let customer = order.customer.and_then(|id| view.world.customer(id));
                maybe_object(customer.map(|customer| CustomerNode { view, customer }))
            }
            "lineItems" => {
                let lines = order.lines.iter().map(|line| (line.id, line));
                page("LineItem", info, lines, |line| LineNode { view, order, line })
            }
            "fulfillments" => {
                let happened = order.fulfilments.iter().filter(|fulfilment| fulfilment.at <= view.now);
                let shown = happened.take(first_of(info));
                list(shown.map(|fulfilment| FulfilmentNode { view, order, fulfilment }))
            }
            "fulfillmentsCount" => {
                count(order.fulfilments.iter().filter(|fulfilment| fulfilment.at <= view.now).count())
            }
            "refunds" => {
                list(order.refunds.iter().take(first_of(info)).map(|refund| RefundNode { view, order, refund }))
            }
            "returns" => {
                let returns = order.returns.iter().map(|returned| (returned.id, returned));
                page("Return", info, returns, |returned| ReturnNode { view, order, returned })
            }
            "transactions" => {
                let shown = order.transactions.iter().take(first_of(info));
                list(shown.map(|transaction| TransactionNode { view, order, transaction }))
            }
            "transactionsCount" => count(order.transactions.len()),
            "shippingLine" => {
                maybe_object(order.shipping.as_ref().map(|shipping| ShippingNode { view, order, shipping }))
            }
            "shippingLines" => {
                let lines = order.shipping.iter().map(|shipping| (shipping.id, shipping));
                page("ShippingLine", info, lines, |shipping| ShippingNode { view, order, shipping })
            }
            "metafield" => metafield(info, order),
            "metafields" => metafields(info, order),
            "suggestedRefund" => suggested_refund(view, order, info),
            "cancellation" => maybe_object(order.cancellation.as_ref().map(|cancellation| {
                Plain("OrderCancellation", vec![("staffNote", cancellation.staff_note.clone().into())])
            })),
            _ => return Err(()),
        })
    }

    fn state<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Maybe<'a> {
        let order = self.order;
        let open = order.cancellation.is_none();
        let left: u32 = order.lines.iter().map(|line| order.unfulfilled_quantity(line)).sum();
        Ok(match info.field_name() {
            "displayFinancialStatus" => text(financial_status(order)),
            "displayFulfillmentStatus" => text(fulfilment_status(order, self.view.now)),
            "returnStatus" => text(return_status(order)),
            "canMarkAsPaid" | "unpaid" => leaf(open && order.received().minor() < order.total().minor()),
            "fullyPaid" => leaf(order.received().minor() >= order.total().minor()),
            "capturable" => leaf(false),
            "closed" => leaf(order.closed_at.is_some()),
            "fulfillable" => leaf(open && left > 0 && !order.on_hold),
            "refundable" => leaf(order.payments_for_refunds().any(|payment| !order.refundable_of(payment).is_zero())),
            "restockable" => leaf(order.lines.iter().any(|line| order.refundable_quantity(line) > 0)),
            "merchantEditable" => leaf(open),
            "requiresShipping" => leaf(order.lines.iter().any(|line| line.requires_shipping)),
            "currentSubtotalLineItemsQuantity" => {
                leaf(order.lines.iter().map(|line| order.refundable_quantity(line)).sum::<u32>())
            }
            "subtotalLineItemsQuantity" => leaf(order.lines.iter().map(|line| line.quantity).sum::<u32>()),
            _ => return Err(()),
        })
    }

    fn plain<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Maybe<'a> {
        let (order, shop) = (self.order, &self.view.world.shop);
        let cancellation = order.cancellation.as_ref().filter(|cancellation| cancellation.at <= self.view.now);
        Ok(match info.field_name() {
            "id" => text(&gid("Order", order.id)),
            "legacyResourceId" => big(order.id),
            "name" => text(&order.name),
            "number" => leaf(order.number),
            "confirmationNumber" => text(&order.confirmation_number),
            "createdAt" | "processedAt" => time(order.placed_at),
            "updatedAt" => time(order.updated_at.min(self.view.now)),
            "closedAt" => maybe_time(order.closed_at),
            "cancelledAt" => maybe_time(cancellation.map(|cancellation| cancellation.at)),
            "cancelReason" => maybe(cancellation.map(|cancellation| &cancellation.reason)),
            "email" => maybe(order.email.as_deref()),
            "phone" => maybe(order.phone.as_deref()),
            "note" => maybe(order.note.as_deref()),
            "tags" => texts(&order.tags),
            "currencyCode" => text(shop.currency.code()),
            "presentmentCurrencyCode" => text(order.currency.code()),
            "customerLocale" => {
                maybe(order.customer.and_then(|id| self.view.world.customer(id)).map(|customer| &customer.locale))
            }
            "paymentGatewayNames" => {
                let mut names: Vec<&str> = order.transactions.iter().map(|t| t.gateway.as_str()).collect();
                names.dedup();
                texts(names)
            }
            "statusPageUrl" => text(&format!("{}/orders/{}/authenticate", shop.url, order.confirmation_number)),
            "sourceName" => text("web"),
            "billingAddressMatchesShippingAddress" | "canNotifyCustomer" | "confirmed" => leaf(true),
            "edited" | "taxesIncluded" | "test" => leaf(false),
            "customAttributes" | "discountCodes" | "merchantEditableErrors" => texts(Vec::<String>::new()),
            "discountCode" | "poNumber" => null(),
            "netPayment" => text(&self.in_shop_money("netPaymentSet").decimal()),
            "subtotalPrice" => text(&self.in_shop_money("subtotalPriceSet").decimal()),
            "totalPrice" => text(&self.in_shop_money("totalPriceSet").decimal()),
            "totalRefunded" => text(&self.in_shop_money("totalRefundedSet").decimal()),
            _ => return Err(()),
        })
    }

    fn in_shop_money(&self, set: &str) -> Money {
        let money = self.money(set).unwrap_or(self.order.zero());
        self.order.in_shop_money(money, self.view.world.shop.currency)
    }
}

/// Where the money is, in Shopify's words.
pub fn financial_status(order: &Order) -> &'static str {
    let (received, refunded) = (order.received().minor(), order.refunded().minor());
    match () {
        () if refunded > 0 && refunded >= received => "REFUNDED",
        () if refunded > 0 => "PARTIALLY_REFUNDED",
        () if received >= order.total().minor() => "PAID",
        () if received > 0 => "PARTIALLY_PAID",
        () if order.cancellation.is_some() => "VOIDED",
        () => "PENDING",
    }
}

/// Where the goods are, by the store's own count at this moment.
pub fn fulfilment_status(order: &Order, now: Timestamp) -> &'static str {
    let shipped = order.fulfilments.iter().filter(|fulfilment| fulfilment.at <= now).count();
    let left: u32 = order.lines.iter().map(|line| order.unfulfilled_quantity(line)).sum();
    match () {
        () if shipped == 0 && order.on_hold => "ON_HOLD",
        () if shipped == 0 => "UNFULFILLED",
        () if left > 0 || shipped < order.fulfilments.len() => "PARTIALLY_FULFILLED",
        () => "FULFILLED",
    }
}

pub fn return_status(order: &Order) -> &'static str {
    let any = |status: &str| order.returns.iter().any(|returned| returned.status == status);
    match () {
        () if any("REQUESTED") => "RETURN_REQUESTED",
        () if any("OPEN") => "IN_PROGRESS",
        () if any("CLOSED") => "RETURNED",
        () => "NO_RETURN",
    }
}

fn metafield<'a>(info: &'a ResolveInfo<'a>, order: &'a Order) -> Resolved<'a> {
    let (namespace, key) = (string(info, "namespace").unwrap_or("custom"), string(info, "key").unwrap_or_default());
    let found = order.metafields.iter().find(|field| field.namespace == namespace && field.key == key);
    maybe_object(found.map(|field| metafield_node(order, field)))
}

fn metafields<'a>(info: &'a ResolveInfo<'a>, order: &'a Order) -> Resolved<'a> {
    let namespace = string(info, "namespace");
    let keys: Option<Vec<&str>> = argument(info, "keys")
        .and_then(|keys| keys.as_array())
        .map(|keys| keys.iter().filter_map(|k| k.as_str()).collect());
    let wanted = order.metafields.iter().filter(|field| {
        let full = format!("{}.{}", field.namespace, field.key);
        namespace.is_none_or(|namespace| namespace == field.namespace)
            && keys.as_ref().is_none_or(|keys| keys.contains(&field.key.as_str()) || keys.contains(&full.as_str()))
    });
    page("Metafield", info, wanted.map(|field| (field.id, field)), |field| metafield_node(order, field))
}

fn metafield_node(order: &Order, field: &Metafield) -> Plain {
    let at = order.placed_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let json = serde_json::from_str(&field.value).unwrap_or_else(|_| field.value.clone().into());
    Plain(
        "Metafield",
        vec![
            ("id", gid("Metafield", field.id).into()),
            ("legacyResourceId", field.id.to_string().into()),
            ("namespace", field.namespace.clone().into()),
            ("key", field.key.clone().into()),
            ("type", field.kind.clone().into()),
            ("value", field.value.clone().into()),
            ("jsonValue", json),
            ("createdAt", at.clone().into()),
            ("updatedAt", at.into()),
        ],
    )
}

/// `MoneyV2` of the shop's currency: what a customer spent.
pub fn shop_money<'r, 'o>(view: View<'_>, orders: impl Iterator<Item = (Money, &'o Order)>) -> Resolved<'r> {
    let currency = view.world.shop.currency;
    let minor = orders.map(|(money, order)| order.in_shop_money(money, currency).minor()).sum();
    object(MoneyNode(Money::from_minor(minor, currency)))
}
