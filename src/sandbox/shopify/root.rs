//! The root of every query.

use apollo_compiler::resolvers::{FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use apollo_compiler::response::JsonValue;

use super::catalog::{ProductNode, VariantNode};
use super::connection::page;
use super::customer::CustomerNode;
use super::fulfilment::{self, id_of};
use super::object::{
    Plain, Resolved, View, argument, coded, count, gid, leaf, list, maybe_object, null, number_of, object, string, text,
};
use super::order::OrderNode;
use super::refund::{RefundNode, TransactionNode};
use super::returns::{self, reasons, returnable};
use super::search::Term;
use super::search::catalog::{customer_matches, product_matches};
use super::search::orders::{demand, matching, sorted, visible};
use super::{SERVED, line, shop};
use crate::sandbox::world::{Customer, Order, Product};

/// `QueryRoot`.
pub struct Root<'w> {
    pub view: View<'w>,
}

impl ObjectValue for Root<'_> {
    fn type_name(&self) -> &str {
        "QueryRoot"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let view = self.view;
        match info.field_name() {
            "shop" => object(shop::ShopNode { view }),
            "currentAppInstallation" => object(shop::InstallationNode { view }),
            "publicApiVersions" => list(SERVED.iter().map(|version| shop::version(version))),
            "order" => maybe_object(self.order(self.id(info, "Order")?)?),
            "orderByIdentifier" => self.order_by_identifier(info),
            "orders" => {
                let orders = sorted(view, info, matching(view, info, view.world.orders.iter())?)?;
                let numbered = orders.into_iter().map(|order| (order.id, order));
                page("Order", info, numbered, |order| OrderNode { view, order })
            }
            "ordersCount" => count(matching(view, info, view.world.orders.iter())?.len()),
            "customer" => maybe_object(self.customer(self.id(info, "Customer")?)?),
            "customerByIdentifier" => self.customer_by_identifier(info),
            "customers" => self.customers(info),
            "product" => maybe_object(self.product(self.id(info, "Product")?)?),
            "productByHandle" => self.product_by_handle(string(info, "handle").unwrap_or_default()),
            "productByIdentifier" => self.product_by_identifier(info),
            "products" => self.products(info),
            "productVariant" => {
                let variant = view.world.variant(self.id(info, "ProductVariant")?);
                maybe_object(variant.map(|(product, variant)| VariantNode { view, product, variant }))
            }
            "fulfillment" => maybe_object(fulfilment::find(view, self.id(info, "Fulfillment")?)),
            "return" => {
                demand(view, "read_returns", "return")?;
                maybe_object(returns::find(view, self.id(info, "Return")?))
            }
            "job" => {
                let id = self.id(info, "Job")?;
                let known = view.world.cancel_jobs.iter().any(|job| job.id == id);
                maybe_object(known.then(|| job(id, view)))
            }
            "reverseDelivery" => maybe_object(returns::find_delivery(view, self.id(info, "ReverseDelivery")?)),
            "refund" => maybe_object(self.refund(self.id(info, "Refund")?)),
            "returnableFulfillments" => self.returnable(info),
            "returnReasonDefinitions" => self.reasons(info),
            "node" => match string(info, "id") {
                Some(gid) => self.node(gid),
                None => null(),
            },
            "nodes" => {
                let ids = argument(info, "ids").and_then(JsonValue::as_array).map(Vec::as_slice).unwrap_or_default();
                let nodes: Result<Vec<_>, FieldError> =
                    ids.iter().map(|id| self.node(id.as_str().unwrap_or_default())).collect();
                Ok(ResolvedValue::list(nodes?))
            }
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

impl<'w> Root<'w> {
    /// The number in the `id` argument, which must be a gid of this kind.
    fn id(&self, info: &ResolveInfo<'_>, kind: &str) -> Result<u64, FieldError> {
        let asked = string(info, "id").unwrap_or_default();
        id_of(info, kind).ok_or_else(|| coded("RESOURCE_NOT_FOUND", format!("Invalid id: {asked}")))
    }

    fn order(&self, id: u64) -> Result<Option<OrderNode<'w>>, FieldError> {
        let view = self.view;
        demand(view, "read_orders", "order")?;
        let order = view.world.order(id).filter(|order| visible(view, order) && order.placed_at <= view.now);
        Ok(order.map(|order| OrderNode { view, order }))
    }

    fn order_by_identifier<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        match identifier(info)? {
            ("id", value) => {
                let id = value.as_str().and_then(|gid| number_of(gid, "Order"));
                maybe_object(id.map(|id| self.order(id)).transpose()?.flatten())
            }
            _ => null(),
        }
    }

    fn customer(&self, id: u64) -> Result<Option<CustomerNode<'w>>, FieldError> {
        demand(self.view, "read_customers", "customer")?;
        Ok(self.view.world.customer(id).map(|customer| CustomerNode { view: self.view, customer }))
    }

    fn customer_by_identifier<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let view = self.view;
        demand(view, "read_customers", "customerByIdentifier")?;
        let (name, value) = identifier(info)?;
        let wanted = value.as_str().unwrap_or_default();
        let is = |customer: &&Customer| match name {
            "id" => number_of(wanted, "Customer") == Some(customer.id),
            "emailAddress" => customer.email.eq_ignore_ascii_case(wanted),
            "phoneNumber" => customer.phone.as_deref() == Some(wanted),
            _ => false,
        };
        maybe_object(view.world.customers.iter().find(is).map(|customer| CustomerNode { view, customer }))
    }

    fn customers<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let view = self.view;
        demand(view, "read_customers", "customers")?;
        let query = Term::parse(string(info, "query").unwrap_or_default());
        let found = view.world.customers.iter().filter(|customer| customer_matches(customer, &query));
        page("Customer", info, found.map(|c| (c.id, c)), |customer| CustomerNode { view, customer })
    }

    fn product(&self, id: u64) -> Result<Option<ProductNode<'w>>, FieldError> {
        demand(self.view, "read_products", "product")?;
        Ok(self.view.world.product(id).map(|product| ProductNode { view: self.view, product }))
    }

    fn product_by_handle<'a>(&'a self, handle: &str) -> Resolved<'a> {
        demand(self.view, "read_products", "productByHandle")?;
        let found = self.view.world.products.iter().find(|product| product.handle == handle);
        maybe_object(found.map(|product| ProductNode { view: self.view, product }))
    }

    fn product_by_identifier<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        match identifier(info)? {
            ("handle", value) => self.product_by_handle(value.as_str().unwrap_or_default()),
            ("id", value) => {
                let id = value.as_str().and_then(|gid| number_of(gid, "Product"));
                maybe_object(id.map(|id| self.product(id)).transpose()?.flatten())
            }
            _ => null(),
        }
    }

    fn products<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let view = self.view;
        demand(view, "read_products", "products")?;
        let query = Term::parse(string(info, "query").unwrap_or_default());
        let mut found: Vec<&Product> =
            view.world.products.iter().filter(|product| product_matches(product, &query)).collect();
        match string(info, "sortKey") {
            Some("TITLE") => found.sort_by_key(|product| product.title.to_lowercase()),
            Some("VENDOR") => found.sort_by_key(|product| product.vendor.to_lowercase()),
            Some("PRODUCT_TYPE") => found.sort_by_key(|product| product.kind.to_lowercase()),
            Some("INVENTORY_TOTAL") => found.sort_by_key(|product| product.stock()),
            _ => {}
        }
        let found = found.into_iter().map(|product| (product.id, product));
        page("Product", info, found, |product| ProductNode { view, product })
    }

    fn refund(&self, id: u64) -> Option<RefundNode<'w>> {
        let view = self.view;
        view.world.orders.iter().find_map(|order| {
            let refund = order.refunds.iter().find(|refund| refund.id == id)?;
            Some(RefundNode { view, order, refund })
        })
    }

    fn returnable<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        demand(self.view, "read_returns", "returnableFulfillments")?;
        let id = string(info, "orderId").and_then(|gid| number_of(gid, "Order"));
        let order: Option<&'w Order> = id.and_then(|id| self.view.world.order(id));
        let nodes = order.map(|order| returnable(self.view, order)).unwrap_or_default();
        page("ReturnableFulfillment", info, nodes, |node| node)
    }

    fn reasons<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let listed = |name: &str| {
            argument(info, name)
                .and_then(JsonValue::as_array)
                .map(|values| values.iter().filter_map(JsonValue::as_str).map(str::to_owned).collect::<Vec<_>>())
        };
        let (handles, ids) = (listed("handles"), listed("ids"));
        let wanted = reasons().into_iter().filter(|(word, id, _)| {
            let handle = word.to_lowercase().replace('_', "-");
            let gid = format!("gid://shopify/ReturnReasonDefinition/{id}");
            handles.as_ref().is_none_or(|handles| handles.contains(&handle))
                && ids.as_ref().is_none_or(|ids| ids.contains(&gid))
        });
        page("ReturnReasonDefinition", info, wanted.map(|(_, id, node)| (id, node)), |node: Plain| node)
    }

    /// Any object by its gid; null for one that is not there, or of a kind that this sandbox does not know.
    fn node<'a>(&'a self, gid: &str) -> Resolved<'a> {
        let view = self.view;
        let Some((kind, _)) = gid.strip_prefix("gid://shopify/").and_then(|rest| rest.split_once('/')) else {
            return Err(coded("RESOURCE_NOT_FOUND", format!("Invalid id: {gid}")));
        };
        let Some(id) = number_of(gid, kind) else { return null() };
        match kind {
            "Order" => maybe_object(self.order(id)?),
            "Customer" => maybe_object(self.customer(id)?),
            "Product" => maybe_object(self.product(id)?),
            "ProductVariant" => {
                let found = view.world.variant(id);
                maybe_object(found.map(|(product, variant)| VariantNode { view, product, variant }))
            }
            "Fulfillment" => maybe_object(fulfilment::find(view, id)),
            "Return" => maybe_object(returns::find(view, id)),
            "Refund" => maybe_object(self.refund(id)),
            "Shop" => object(shop::ShopNode { view }),
            "LineItem" => maybe_object(
                view.world
                    .orders
                    .iter()
                    .find_map(|order| order.line(id).map(|line| line::LineNode { view, order, line })),
            ),
            "OrderTransaction" => maybe_object(view.world.orders.iter().find_map(|order| {
                order.transaction(id).map(|transaction| TransactionNode { view, order, transaction })
            })),
            _ => null(),
        }
    }
}

/// `Job`.
pub fn job(id: u64, view: View<'_>) -> JobNode<'_> {
    JobNode { id, view }
}

pub struct JobNode<'w> {
    id: u64,
    view: View<'w>,
}

impl ObjectValue for JobNode<'_> {
    fn type_name(&self) -> &str {
        "Job"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let done = self.view.world.cancel_jobs.iter().any(|job| job.id == self.id && job.done);
        match info.field_name() {
            "id" => text(&gid("Job", self.id)),
            "done" => leaf(done),
            "query" => maybe_object(done.then_some(Root { view: self.view })),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

/// The one field of an identifier input, which takes exactly one.
fn identifier<'a>(info: &ResolveInfo<'a>) -> Result<(&'a str, &'a JsonValue), FieldError> {
    let fields = argument(info, "identifier").and_then(JsonValue::as_object);
    let mut given = fields.into_iter().flatten().filter(|(_, value)| !value.is_null());
    match (given.next(), given.next()) {
        (Some((name, value)), None) => Ok((name.as_str(), value)),
        _ => Err(coded("INVALID_FIELD_ARGUMENTS", "identifier requires exactly one argument")),
    }
}
