//! Which orders a query finds, and in which order they come.

use apollo_compiler::resolvers::{FieldError, ResolveInfo};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::{Comparison, Term, Wanted, same};
use crate::sandbox::shopify::object::{View, coded, number_of, string};
use crate::sandbox::shopify::order::{financial_status, fulfilment_status, return_status};
use crate::sandbox::world::{Order, World};

/// How far back an app sees without `read_all_orders`.
const SEEN_FOR: SignedDuration = SignedDuration::from_hours(60 * 24);

/// Whether the app may see this order at all.
pub fn visible(view: View<'_>, order: &Order) -> bool {
    order.placed_at >= seen_since(view)
}

fn seen_since(view: View<'_>) -> Timestamp {
    if granted(view.world, "read_all_orders") { Timestamp::MIN } else { view.now - SEEN_FOR }
}

pub fn granted(world: &World, scope: &str) -> bool {
    let writing = scope.replacen("read_", "write_", 1);
    world.shop.scopes.iter().any(|granted| granted == scope || *granted == writing)
}

/// Refuses a field for which the app has no scope, as Shopify does.
pub fn demand(view: View<'_>, scope: &str, field: &str) -> Result<(), FieldError> {
    if granted(view.world, scope) {
        return Ok(());
    }
    let needed = format!("Required access: `{scope}` access scope.");
    Err(coded("ACCESS_DENIED", format!("Access denied for {field} field. {needed}")))
}

/// The visible orders that match the field's `query` argument.
pub fn matching<'w>(
    view: View<'w>,
    info: &ResolveInfo<'_>,
    orders: impl Iterator<Item = &'w Order>,
) -> Result<Vec<&'w Order>, FieldError> {
    demand(view, "read_orders", "orders")?;
    let span = seen_since(view)..=view.now;
    let seen = orders.filter(|order| span.contains(&order.placed_at));
    let Some(query) = string(info, "query") else { return Ok(seen.collect()) };
    let query = Term::parse(query);
    Ok(seen.filter(|order| query.matches(&|term| fits(view, order, term))).collect())
}

/// By the field's `sortKey`, ascending.
pub fn sorted<'w>(
    view: View<'w>,
    info: &ResolveInfo<'_>,
    mut orders: Vec<&'w Order>,
) -> Result<Vec<&'w Order>, FieldError> {
    match string(info, "sortKey").unwrap_or("PROCESSED_AT") {
        "PROCESSED_AT" | "CREATED_AT" => orders.sort_by_key(|order| (order.placed_at, order.id)),
        "UPDATED_AT" => orders.sort_by_key(|order| (order.updated_at.min(view.now), order.id)),
        "ORDER_NUMBER" => orders.sort_by_key(|order| order.number),
        "TOTAL_PRICE" | "CURRENT_TOTAL_PRICE" => {
            let shop = view.world.shop.currency;
            orders.sort_by_key(|order| order.in_shop_money(order.total(), shop).minor());
        }
        "FINANCIAL_STATUS" => orders.sort_by_key(|order| financial_status(order)),
        "FULFILLMENT_STATUS" => orders.sort_by_key(|order| fulfilment_status(order, view.now)),
        "CUSTOMER_NAME" => orders.sort_by_key(|order| customer_name(view.world, order)),
        _ => orders.sort_by_key(|order| order.id),
    }
    Ok(orders)
}

fn customer_name(world: &World, order: &Order) -> String {
    let customer = order.customer.and_then(|id| world.customer(id));
    customer.map(|customer| format!("{} {}", customer.last_name, customer.first_name)).unwrap_or_default()
}

fn fits(view: View<'_>, order: &Order, term: &Term) -> bool {
    match term {
        Term::Field { name, comparison, value } => field(view, order, name, *comparison, value).unwrap_or_else(|| {
            let text = format!("{name}:{}", value.text);
            words(view, order, &Wanted { text, prefix: false, quoted: true })
        }),
        Term::Text(wanted) => words(view, order, wanted),
        _ => false,
    }
}

/// Whether an order fits a filter; `None` for a filter that there is not, which is searched as text.
fn field(view: View<'_>, order: &Order, name: &str, comparison: Comparison, value: &Wanted) -> Option<bool> {
    let id = |number: u64, kind: &str| {
        number_of(&value.text, kind)
            .or_else(|| value.text.parse().ok())
            .is_some_and(|wanted| comparison.holds(&number, &wanted))
    };
    Some(match name {
        "name" => same(order.name.trim_start_matches('#'), value.text.trim_start_matches('#'), value.prefix),
        "email" => order.email.as_deref().is_some_and(|email| value.is(email)),
        "id" => id(order.id, "Order"),
        "customer_id" => order.customer.is_some_and(|customer| id(customer, "Customer")),
        "confirmation_number" => value.is(&order.confirmation_number),
        "status" => status(order, &value.text.to_lowercase()),
        "financial_status" => value.is(financial_status(order)),
        "fulfillment_status" => match value.text.to_lowercase().as_str() {
            "shipped" => fulfilment_status(order, view.now) == "FULFILLED",
            "partial" => fulfilment_status(order, view.now) == "PARTIALLY_FULFILLED",
            _ => value.is(fulfilment_status(order, view.now)),
        },
        "return_status" => value.is(return_status(order)),
        "tag" => order.tags.iter().any(|tag| value.is(tag)),
        "tag_not" => !order.tags.iter().any(|tag| value.is(tag)),
        "sku" => order.lines.iter().filter_map(|line| line.sku.as_deref()).any(|sku| value.is(sku)),
        "gateway" => order.transactions.iter().any(|transaction| value.is(&transaction.gateway)),
        "created_at" | "processed_at" => at(order.placed_at, comparison, value),
        "updated_at" => at(order.updated_at.min(view.now), comparison, value),
        "test" => value.is("false"),
        _ => return None,
    })
}

fn status(order: &Order, wanted: &str) -> bool {
    let (cancelled, closed) = (order.cancellation.is_some(), order.closed_at.is_some());
    match wanted {
        "open" => !cancelled && !closed,
        "closed" => closed,
        "cancelled" => cancelled,
        "not_closed" => !closed,
        "any" | "*" => true,
        _ => false,
    }
}

/// Compares a moment with a moment, or its day with a day.
fn at(moment: Timestamp, comparison: Comparison, value: &Wanted) -> bool {
    if let Ok(wanted) = value.text.parse::<Timestamp>() {
        return comparison.holds(&moment, &wanted);
    }
    let day = moment.strftime("%Y-%m-%d").to_string().parse::<Date>();
    match (day, value.text.parse::<Date>()) {
        (Ok(day), Ok(wanted)) => comparison.holds(&day, &wanted),
        _ => false,
    }
}

fn words(view: View<'_>, order: &Order, wanted: &Wanted) -> bool {
    let customer = order.customer.and_then(|id| view.world.customer(id));
    let people = customer.into_iter().flat_map(|c| [c.first_name.as_str(), c.last_name.as_str(), c.email.as_str()]);
    let goods = order.lines.iter().flat_map(|line| std::iter::once(line.title.as_str()).chain(line.sku.as_deref()));
    let own = std::iter::once(order.name.as_str()).chain(order.email.as_deref());
    own.chain(people).chain(goods).chain(order.tags.iter().map(String::as_str)).any(|text| wanted.occurs_in(text))
}
