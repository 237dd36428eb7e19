//! Customers.

use apollo_compiler::resolvers::{ObjectValue, ResolveInfo};

use super::address::AddressNode;
use super::connection::page;
use super::object::{Plain, Resolved, View, big, first_of, gid, leaf, list, maybe, maybe_object, text, texts, time};
use super::order::{OrderNode, shop_money};
use super::search::orders::{matching, sorted};
use crate::sandbox::world::{Customer, Order};

/// `Customer`.
#[derive(Clone, Copy)]
pub struct CustomerNode<'w> {
    pub view: View<'w>,
    pub customer: &'w Customer,
}

impl<'w> CustomerNode<'w> {
    fn orders(&self) -> impl Iterator<Item = &'w Order> {
        let id = self.customer.id;
        self.view.world.orders.iter().filter(move |order| order.customer == Some(id))
    }
}

impl ObjectValue for CustomerNode<'_> {
    fn type_name(&self) -> &str {
        "Customer"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let (view, customer) = (self.view, self.customer);
        let address = AddressNode { owner: customer.id, address: &customer.address };
        match info.field_name() {
            "id" => text(&gid("Customer", customer.id)),
            "legacyResourceId" => big(customer.id),
            "displayName" => text(&format!("{} {}", customer.first_name, customer.last_name)),
            "firstName" => text(&customer.first_name),
            "lastName" => text(&customer.last_name),
            "email" => text(&customer.email),
            "phone" => maybe(customer.phone.as_deref()),
            "locale" => text(&customer.locale),
            "note" => maybe(customer.note.as_deref()),
            "tags" => texts(&customer.tags),
            "state" => text("DISABLED"),
            "createdAt" | "updatedAt" => time(customer.created_at),
            "verifiedEmail" => leaf(true),
            "taxExempt" | "dataSaleOptOut" => leaf(false),
            "canDelete" => leaf(self.orders().next().is_none()),
            "numberOfOrders" => big(self.orders().count() as u64),
            "amountSpent" => shop_money(view, self.orders().map(|order| (order.received(), order))),
            "defaultAddress" => maybe_object(Some(address)),
            "addresses" => list(std::iter::once(address).take(first_of(info))),
            "addressesV2" => page("MailingAddress", info, [(customer.id, address)], |address| address),
            "defaultEmailAddress" => {
                let fields = vec![
                    ("emailAddress", customer.email.clone().into()),
                    ("marketingState", "NOT_SUBSCRIBED".into()),
                    ("validFormat", true.into()),
                ];
                maybe_object(Some(Plain("CustomerEmailAddress", fields)))
            }
            "defaultPhoneNumber" => {
                let number = customer.phone.clone();
                maybe_object(number.map(|number| Plain("CustomerPhoneNumber", vec![("phoneNumber", number.into())])))
            }
            "lastOrder" => {
                let last = self.orders().max_by_key(|order| order.placed_at);
                maybe_object(last.map(|order| OrderNode { view, order }))
            }
            "orders" => {
                let orders = sorted(view, info, matching(view, info, self.orders())?)?;
                page("Order", info, orders.into_iter().map(|order| (order.id, order)), |order| OrderNode {
                    view,
                    order,
                })
            }
            _ => Err(self.unknown_field_error(info)),
        }
    }
}
