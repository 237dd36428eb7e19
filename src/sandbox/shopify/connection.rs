//! Connections: pages of a list, by Relay's rules and Shopify's limits.

use std::rc::Rc;

use apollo_compiler::resolvers::{FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::object::{Common, Resolved, boolean, coded, integer, leaf, list, maybe, object, string, text};

/// The largest page.
const LARGEST_PAGE: i64 = 250;

/// A page of nodes.
pub struct Page<'a> {
    /// Of a node: `Order` for an `OrderConnection`.
    kind: &'static str,
    nodes: Vec<(String, Rc<dyn ObjectValue + 'a>)>,
    before: bool,
    after: bool,
}

/// The page that the field's arguments ask for. Items come with the id that their cursor carries.
pub fn page<'a, T, N: ObjectValue + 'a>(
    kind: &'static str,
    info: &ResolveInfo<'_>,
    items: impl IntoIterator<Item = (u64, T)>,
    node: impl Fn(T) -> N,
) -> Resolved<'a> {
    let mut items: Vec<(u64, T)> = items.into_iter().collect();
    if boolean(info, "reverse") {
        items.reverse();
    }
    let (start, end, total) = window(info, &items)?;
    let shown = items.into_iter().skip(start).take(end - start);
    let nodes = shown.map(|(id, item)| (cursor(id), Rc::new(node(item)) as Rc<dyn ObjectValue + 'a>)).collect();
    object(Page { kind, nodes, before: start > 0, after: end < total })
}

/// Where the page begins and ends.
fn window<T>(info: &ResolveInfo<'_>, items: &[(u64, T)]) -> Result<(usize, usize, usize), FieldError> {
    let position = |name: &str| -> Result<Option<usize>, FieldError> {
        let Some(cursor) = string(info, name) else { return Ok(None) };
        let id = read_cursor(cursor);
        let found = id.and_then(|id| items.iter().position(|(item, _)| *item == id));
        found.map(Some).ok_or_else(|| coded("BAD_REQUEST", "Invalid cursor for current pagination sort."))
    };
    let mut start = position("after")?.map_or(0, |index| index + 1);
    let mut end = position("before")?.unwrap_or(items.len()).max(start);
    let size = |name: &str| -> Result<Option<usize>, FieldError> {
        match integer(info, name) {
            None => Ok(None),
            Some(size @ 0..=LARGEST_PAGE) => Ok(usize::try_from(size).ok()),
            Some(size) => Err(coded("BAD_REQUEST", format!("{name} must be between 0 and {LARGEST_PAGE}, not {size}"))),
        }
    };
    match (size("first")?, size("last")?) {
        (Some(first), None) => end = end.min(start + first),
        (None, Some(last)) => start = start.max(end.saturating_sub(last)),
        (Some(_), Some(_)) => return Err(coded("BAD_REQUEST", "providing both first and last is not supported")),
        (None, None) => return Err(coded("BAD_REQUEST", "you must provide one of first or last")),
    }
    Ok((start, end, items.len()))
}

fn cursor(id: u64) -> String {
    STANDARD.encode(format!("{{\"last_id\":{id}}}"))
}

fn read_cursor(cursor: &str) -> Option<u64> {
    let text = String::from_utf8(STANDARD.decode(cursor).ok()?).ok()?;
    text.strip_prefix("{\"last_id\":")?.strip_suffix('}')?.parse().ok()
}

impl ObjectValue for Page<'_> {
    fn type_name(&self) -> &str {
        connection_name(self.kind)
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        match info.field_name() {
            "nodes" => list(self.nodes.iter().map(|(_, node)| Common(Rc::clone(node)))),
            "edges" => list(self.nodes.iter().map(|node| Edge { kind: self.kind, node })),
            "pageInfo" => object(PageInfo(self)),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

struct Edge<'a> {
    kind: &'static str,
    node: &'a (String, Rc<dyn ObjectValue + 'a>),
}

impl ObjectValue for Edge<'_> {
    fn type_name(&self) -> &str {
        edge_name(self.kind)
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        match info.field_name() {
            "cursor" => text(&self.node.0),
            "node" => Ok(ResolvedValue::object(Common(Rc::clone(&self.node.1)))),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

struct PageInfo<'a>(&'a Page<'a>);

impl ObjectValue for PageInfo<'_> {
    fn type_name(&self) -> &str {
        "PageInfo"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        match info.field_name() {
            "hasNextPage" => leaf(self.0.after),
            "hasPreviousPage" => leaf(self.0.before),
            "startCursor" => maybe(self.0.nodes.first().map(|(cursor, _)| cursor)),
            "endCursor" => maybe(self.0.nodes.last().map(|(cursor, _)| cursor)),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

macro_rules! connections {
    ($($kind:literal),* $(,)?) => {
        fn connection_name(kind: &str) -> &'static str {
            match kind {
                $($kind => concat!($kind, "Connection"),)*
                _ => "Connection",
            }
        }

        fn edge_name(kind: &str) -> &'static str {
            match kind {
                $($kind => concat!($kind, "Edge"),)*
                _ => "Edge",
            }
        }
    };
}

connections! {
    "Customer", "FulfillmentEvent", "FulfillmentLineItem", "LineItem", "MailingAddress", "Metafield", "Order",
    "OrderTransaction", "Product", "ProductVariant", "Refund", "RefundLineItem", "RefundShippingLine", "Return",
    "ReturnLineItemType", "ReturnReasonDefinition", "ReturnableFulfillment", "ReturnableFulfillmentLineItem",
    "ReverseDelivery", "ReverseDeliveryLineItem", "ReverseFulfillmentOrder", "ReverseFulfillmentOrderLineItem",
    "ShippingLine",
}
