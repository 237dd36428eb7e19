//! Lines of an order: goods and shipping.

use apollo_compiler::resolvers::{ObjectValue, ResolveInfo};

use super::catalog::{ProductNode, VariantNode};
use super::money::bag;
use super::object::{Resolved, View, gid, leaf, maybe, maybe_object, null, text, texts};
use crate::domain::money::Money;
use crate::sandbox::world::Order;
use crate::sandbox::world::order::{Line, Shipping};

/// `LineItem`.
#[derive(Clone, Copy)]
pub struct LineNode<'w> {
    pub view: View<'w>,
    pub order: &'w Order,
    pub line: &'w Line,
}

impl ObjectValue for LineNode<'_> {
    fn type_name(&self) -> &str {
        "LineItem"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let (view, order, line) = (self.view, self.order, self.line);
        if let Some(money) = self.money(info.field_name()) {
            return bag(view, order, money);
        }
        match info.field_name() {
            "id" => text(&gid("LineItem", line.id)),
            "title" => text(&line.title),
            "name" => text(&match &line.variant_title {
                Some(variant) => format!("{} - {variant}", line.title),
                None => line.title.clone(),
            }),
            "variantTitle" => maybe(line.variant_title.as_deref()),
            "sku" => maybe(line.sku.as_deref()),
            "vendor" => maybe(line.vendor.as_deref()),
            "quantity" => leaf(line.quantity),
            "currentQuantity" | "refundableQuantity" => leaf(order.refundable_quantity(line)),
            "unfulfilledQuantity" => leaf(order.unfulfilled_quantity(line)),
            "nonFulfillableQuantity" => leaf(0),
            "isGiftCard" => leaf(line.gift_card),
            "requiresShipping" => leaf(line.requires_shipping),
            "restockable" => leaf(order.refundable_quantity(line) > 0),
            "merchantEditable" => leaf(order.unfulfilled_quantity(line) > 0),
            "taxable" => leaf(true),
            "customAttributes" => texts(Vec::<String>::new()),
            "product" => {
                let product = line.product.and_then(|id| view.world.product(id));
                maybe_object(product.map(|product| ProductNode { view, product }))
            }
            "variant" => {
                let variant = line.variant.and_then(|id| view.world.variant(id));
                maybe_object(variant.map(|(product, variant)| VariantNode { view, product, variant }))
            }
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

impl LineNode<'_> {
    fn money(&self, field: &str) -> Option<Money> {
        let line = self.line;
        let one = |total: Money| Money::from_minor(total.minor() / i64::from(line.quantity.max(1)), total.currency());
        let original = Money::from_minor(line.price.minor() * i64::from(line.quantity), line.price.currency());
        Some(match field {
            "originalUnitPriceSet" => line.price,
            "originalTotalSet" => original,
            "totalDiscountSet" => line.discount,
            "discountedTotalSet" => line.total(),
            "discountedUnitPriceSet" | "discountedUnitPriceAfterAllDiscountsSet" => one(line.total()),
            _ => return None,
        })
    }
}

/// `ShippingLine`.
pub struct ShippingNode<'w> {
    pub view: View<'w>,
    pub order: &'w Order,
    pub shipping: &'w Shipping,
}

impl ObjectValue for ShippingNode<'_> {
    fn type_name(&self) -> &str {
        "ShippingLine"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        match info.field_name() {
            "id" => text(&gid("ShippingLine", self.shipping.id)),
            "title" | "code" => text(&self.shipping.title),
            "source" => text("shopify"),
            "carrierIdentifier" => null(),
            "custom" | "isRemoved" => leaf(false),
            "originalPriceSet" | "discountedPriceSet" => bag(self.view, self.order, self.shipping.price),
            "currentDiscountedPriceSet" => {
                let left = self.shipping.price.minor() - self.order.refunded_shipping().minor();
                bag(self.view, self.order, Money::from_minor(left, self.order.currency))
            }
            _ => Err(self.unknown_field_error(info)),
        }
    }
}
