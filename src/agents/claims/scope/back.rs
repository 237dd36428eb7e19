//! Carriers and tracking numbers of labels for sending goods back: they belong to no parcel of the order.

use std::ops::Range;

use crate::agents::claims::Reason;
use crate::agents::claims::atoms::Atom;
use crate::agents::claims::evidence::{Order, words};
use crate::agents::claims::reading::{Reading, What};
use crate::agents::language::{Concept, Marker};

/// Whether a carrier or a number is that of a label where one is spoken of. `None`: it is a parcel's.
pub(super) fn meant(order: &Order, reading: &Reading, segment: &Range<usize>, what: &What) -> Option<bool> {
    if order.labels.is_empty() {
        return None;
    }
    let spoken = |range: &Range<usize>| {
        [Marker::ReturnNoun, Marker::LabelNoun, Marker::Instructs].into_iter().any(|marker| reading.has(range, marker))
    };
    let hits = reading.hits.get(segment.clone()).unwrap_or_default();
    let of_parcel = hits.iter().any(|hit| hit.concepts().any(|(concept, _)| is_of_parcels(concept)));
    let own = match what {
        What::Carrier(name) => {
            let carriers = order.labels.iter().filter_map(|label| label.carrier.as_deref());
            carriers.map(|carrier| words(carrier).join(" ")).any(|carrier| carrier == *name)
        }
        What::Atom(Atom::Tracking(number)) => {
            order.labels.iter().any(|label| label.tracking_number.as_ref() == Some(number))
        }
        _ => return None,
    };
    if spoken(segment) {
        return Some(own);
    }
    let goods = reading.has(segment, Marker::OrderNoun) || reading.has(segment, Marker::ParcelNoun);
    (own && !of_parcel && (spoken(&(0..reading.hits.len())) || !goods)).then_some(true)
}

pub(super) fn reason(what: &What) -> Reason {
    if matches!(what, What::Carrier(_)) { Reason::Carrier } else { Reason::TrackingNumber }
}

fn is_of_parcels(concept: Concept) -> bool {
    use Concept as C;
    matches!(
        concept,
        C::Shipped | C::InTransit | C::OutForDelivery | C::Delivered | C::ReadyForPickup | C::Expected | C::Scanned
    )
}
