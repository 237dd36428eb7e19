//! Fulfilments. The platform hears from the carriers, so its words follow the parcels' timetables.

use apollo_compiler::resolvers::{ObjectValue, ResolveInfo};
use jiff::Timestamp;

use super::connection::page;
use super::line::LineNode;
use super::money::bag;
use super::object::{
    Resolved, View, big, coded, first_of, gid, leaf, list, maybe, maybe_time, null, object, string, text, time,
};
use super::order::OrderNode;
use crate::sandbox::world::order::{Content, Fulfilment, Tracking};
use crate::sandbox::world::{Order, Scan};

/// `Fulfillment`.
#[derive(Clone, Copy)]
pub struct FulfilmentNode<'w> {
    pub view: View<'w>,
    pub order: &'w Order,
    pub fulfilment: &'w Fulfilment,
}

impl ObjectValue for FulfilmentNode<'_> {
    fn type_name(&self) -> &str {
        "Fulfillment"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let (view, order, fulfilment) = (self.view, self.order, self.fulfilment);
        match info.field_name() {
            "id" => text(&gid("Fulfillment", fulfilment.id)),
            "legacyResourceId" => big(fulfilment.id),
            "name" => text(&fulfilment.name),
            "status" => text("SUCCESS"),
            "displayStatus" => text(self.display_status()),
            "createdAt" => time(fulfilment.at),
            "updatedAt" => time(self.last_scan().map_or(fulfilment.at, |scan| scan.at)),
            "deliveredAt" => maybe_time(self.delivered_at()),
            "inTransitAt" => maybe_time(self.moments(|progress| progress.first("in_transit")).min()),
            "estimatedDeliveryAt" => maybe_time(self.moments(|progress| progress.estimate).max()),
            "requiresShipping" => leaf(true),
            "totalQuantity" => leaf(fulfilment.contents.iter().map(|content| content.quantity).sum::<u32>()),
            "trackingInfo" => list(fulfilment.tracking.iter().take(first_of(info)).map(TrackingNode)),
            "order" => object(OrderNode { view, order }),
            "events" => self.events(info),
            "fulfillmentLineItems" => {
                let contents = fulfilment.contents.iter().map(|content| (content.id, content));
                page("FulfillmentLineItem", info, contents, |content| ContentNode { view, order, content })
            }
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

impl<'w> FulfilmentNode<'w> {
    fn moments(
        &self,
        which: impl Fn(crate::sandbox::world::parcel::Progress<'w>) -> Option<Timestamp>,
    ) -> impl Iterator<Item = Timestamp> {
        let progress = self.fulfilment.progress(self.view.world, self.view.now);
        progress.into_iter().filter_map(move |(_, progress)| which(progress))
    }

    /// Delivered once every parcel is.
    fn delivered_at(&self) -> Option<Timestamp> {
        let progress = self.fulfilment.progress(self.view.world, self.view.now);
        let delivered: Option<Vec<Timestamp>> = progress.iter().map(|(_, progress)| progress.delivered_at()).collect();
        delivered?.into_iter().max()
    }

    fn last_scan(&self) -> Option<&'w Scan> {
        let progress = self.fulfilment.progress(self.view.world, self.view.now);
        progress.into_iter().filter_map(|(_, progress)| progress.scans.last()).max_by_key(|scan| scan.at)
    }

    fn display_status(&self) -> &'static str {
        if self.delivered_at().is_some() {
            return "DELIVERED";
        }
        let progress = self.fulfilment.progress(self.view.world, self.view.now);
        let open = progress.iter().find(|(_, progress)| progress.status != "delivered");
        let Some((_, progress)) = open else { return "FULFILLED" };
        match (progress.status, progress.detail) {
            ("in_transit", "delayed" | "delivery_exception" | "weather_delay" | "transit_exception") => "DELAYED",
            ("in_transit", _) => "IN_TRANSIT",
            ("pre_transit", _) => "LABEL_PRINTED",
            ("out_for_delivery", _) => "OUT_FOR_DELIVERY",
            ("available_for_pickup", _) => "READY_FOR_PICKUP",
            ("return_to_sender", _) => "NOT_DELIVERED",
            ("failure" | "error", _) => "FAILURE",
            _ => "FULFILLED",
        }
    }

    fn events<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let mut scans: Vec<&Scan> = Vec::new();
        for (_, progress) in self.fulfilment.progress(self.view.world, self.view.now) {
            scans.extend(progress.scans);
        }
        scans.sort_by_key(|scan| scan.at);
        let numbered = scans.into_iter().enumerate().filter(|(_, scan)| event_status(scan).is_some());
        let events = numbered.map(|(index, scan)| (self.fulfilment.id + 1 + index as u64, scan));
        let events = events.map(|(id, scan)| (id, (id, scan)));
        page("FulfillmentEvent", info, events, |(id, scan)| EventNode { id, scan })
    }
}

/// Shopify's word for a scan; none where it keeps no event for it.
fn event_status(scan: &Scan) -> Option<&'static str> {
    Some(match (scan.status.as_str(), scan.detail.as_str()) {
        ("pre_transit", _) => "LABEL_PRINTED",
        ("in_transit", "delayed" | "delivery_exception" | "weather_delay" | "transit_exception") => "DELAYED",
        ("in_transit", "received_at_origin_facility" | "departed_origin_facility") => "CARRIER_PICKED_UP",
        ("in_transit", _) => "IN_TRANSIT",
        ("out_for_delivery", _) => "OUT_FOR_DELIVERY",
        ("delivered", _) => "DELIVERED",
        ("available_for_pickup", _) => "READY_FOR_PICKUP",
        ("failure" | "return_to_sender" | "error", _) => "FAILURE",
        _ => return None,
    })
}

struct EventNode<'w> {
    id: u64,
    scan: &'w Scan,
}

impl ObjectValue for EventNode<'_> {
    fn type_name(&self) -> &str {
        "FulfillmentEvent"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let scan = self.scan;
        match info.field_name() {
            "id" => text(&gid("FulfillmentEvent", self.id)),
            "status" => maybe(event_status(scan)),
            "createdAt" | "happenedAt" => time(scan.at),
            "estimatedDeliveryAt" => maybe_time(scan.estimate),
            "message" => text(&scan.message),
            "address1" => null(),
            "city" => maybe(scan.city.as_deref()),
            "province" => maybe(scan.state.as_deref()),
            "country" => maybe(scan.country.as_deref()),
            "zip" => maybe(scan.zip.as_deref()),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

/// `FulfillmentTrackingInfo`.
struct TrackingNode<'w>(&'w Tracking);

impl ObjectValue for TrackingNode<'_> {
    fn type_name(&self) -> &str {
        "FulfillmentTrackingInfo"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        match info.field_name() {
            "company" => maybe(self.0.company.as_deref()),
            "number" => maybe(self.0.number.as_deref()),
            "url" => maybe(self.0.url.as_deref()),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

/// `FulfillmentLineItem`.
#[derive(Clone, Copy)]
pub struct ContentNode<'w> {
    pub view: View<'w>,
    pub order: &'w Order,
    pub content: &'w Content,
}

impl ObjectValue for ContentNode<'_> {
    fn type_name(&self) -> &str {
        "FulfillmentLineItem"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let (view, order, content) = (self.view, self.order, self.content);
        let Some(line) = order.line(content.line) else {
            return Err(coded("INTERNAL_SERVER_ERROR", "a fulfilment without its line"));
        };
        match info.field_name() {
            "id" => text(&gid("FulfillmentLineItem", content.id)),
            "quantity" => leaf(content.quantity),
            "lineItem" => object(LineNode { view, order, line }),
            "discountedTotalSet" => bag(view, order, line.value_of(0, content.quantity)),
            "originalTotalSet" => {
                let minor = line.price.minor() * i64::from(content.quantity);
                bag(view, order, crate::domain::money::Money::from_minor(minor, order.currency))
            }
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

/// The fulfilment with this id, in any order.
pub fn find<'w>(view: View<'w>, id: u64) -> Option<FulfilmentNode<'w>> {
    view.world.orders.iter().find_map(|order| {
        let fulfilment = order.fulfilments.iter().find(|fulfilment| fulfilment.id == id)?;
        Some(FulfilmentNode { view, order, fulfilment })
    })
}

/// Whether the text of an `id` argument is of this kind.
pub fn id_of(info: &ResolveInfo<'_>, kind: &str) -> Option<u64> {
    string(info, "id").and_then(|gid| super::object::number_of(gid, kind))
}
