//! Which order and which parcels a clause speaks of.

mod back;

use std::ops::Range;

use super::atoms::Atom;
use super::clause::titles;
use super::evidence::{Evidence, Order, Parcel, words};
use super::reading::{Hit, Reading, What};
use super::{Reason, Said, Withheld};
use crate::agents::language::{Language, Marker, Markers};

/// Some parcels of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Selection {
    pub indices: Vec<usize>,
    /// The order as a whole is meant.
    pub whole: bool,
}

/// What the clauses so far were about.
#[derive(Clone, Debug)]
pub(super) struct Focus<'e> {
    pub order: Option<&'e Order>,
    pub selection: Option<Selection>,
}

impl<'e> Focus<'e> {
    pub fn new(evidence: &'e Evidence, said: &Said) -> Self {
        let named = said.order.as_deref().map(|number| evidence.find(number));
        let order = named.unwrap_or_else(|| evidence.orders.last());
        let selection = said.parcels.clone().map(|indices| Selection { indices, whole: false });
        Self { order, selection }
    }

    pub fn said(&self, backed: bool) -> Said {
        let parcels =
            self.selection.as_ref().filter(|selection| !selection.whole).map(|selection| selection.indices.clone());
        Said { order: self.order.map(|order| order.order_number.clone()), parcels, backed }
    }

    /// Turns to the order that the clause names, if it names one.
    pub fn turn_to(
        &mut self,
        evidence: &'e Evidence,
        reading: &Reading,
        segment: &Range<usize>,
    ) -> Result<(), Withheld> {
        for hit in reading.hits.get(segment.clone()).unwrap_or_default() {
            let (number, explicit) = match &hit.what {
                What::Atom(Atom::Order(number)) => (number, true),
                What::Atom(Atom::Number(number) | Atom::Code(number)) => (number, false),
                _ => continue,
            };
            match evidence.find(number).or_else(|| evidence.order_of_return(number)) {
                Some(order) => {
                    if !self.order.is_some_and(|known| std::ptr::eq(known, order)) {
                        self.selection = None;
                    }
                    self.order = Some(order);
                }
                None if explicit && !evidence.quoted(number) => {
                    return Err(Withheld::new(Reason::OrderNumber, format!("no receipt has the order {number}")));
                }
                None if explicit => *self = Self { order: None, selection: None },
                None => {}
            }
        }
        Ok(())
    }

    pub fn parcels(&self, selection: &Selection) -> Vec<&'e Parcel> {
        let all = self.order.map_or(&[][..], |order| order.shipments.as_slice());
        selection.indices.iter().filter_map(|index| all.get(*index)).collect()
    }

    /// The parcels that the clause may mean; when there are several readings, one that is true is enough.
    pub fn selections(
        &self,
        language: &Language,
        reading: &Reading,
        segment: &Range<usize>,
    ) -> Result<Vec<Selection>, Withheld> {
        let mut selections = self.spoken_of(language, reading, segment)?;
        if let Some(name) = self.said_carrier(reading, segment) {
            selections.retain(|selection| self.parcels(selection).iter().all(|parcel| is_with(parcel, name)));
            if selections.is_empty() {
                return Err(Withheld::new(Reason::Carrier, "it is not the carrier of each parcel that is spoken of"));
            }
        }
        Ok(selections)
    }

    /// The name that the clause gives to the carrier of what it speaks of.
    fn said_carrier<'r>(&self, reading: &'r Reading, segment: &Range<usize>) -> Option<&'r str> {
        let order = self.order.filter(|_| reading.names_the_carrier(segment))?;
        let hits = reading.hits.get(segment.clone()).unwrap_or_default();
        hits.iter().find_map(|hit| match &hit.what {
            What::Carrier(name) if back::meant(order, reading, segment, &hit.what).is_none() => Some(name.as_str()),
            _ => None,
        })
    }

    /// The same, whatever carrier they are said to have.
    fn spoken_of(
        &self,
        language: &Language,
        reading: &Reading,
        segment: &Range<usize>,
    ) -> Result<Vec<Selection>, Withheld> {
        let parcels = self.order.map_or(&[][..], |order| order.shipments.as_slice());
        let has = |marker| reading.has(segment, marker);
        let mut chosen: Vec<usize> = (0..parcels.len()).collect();
        let mut narrowed = self.narrow_by_names(language, reading, segment, &mut chosen)?;
        if let Some(index) = ordinal(reading, segment, parcels.len()) {
            let index = index.filter(|index| chosen.contains(index));
            chosen = vec![index.ok_or_else(|| Withheld::new(Reason::Count, "there is no such parcel"))?];
            narrowed = true;
        }
        if narrowed {
            let whole = chosen.len() == parcels.len() && parcels.len() <= 1;
            return Ok(vec![Selection { indices: chosen, whole }]);
        }
        let several = parcels.len() > 1;
        if several && has(Marker::Rest) {
            let before = self.selection.as_ref().map(|selection| selection.indices.clone()).unwrap_or_default();
            chosen.retain(|index| !before.contains(index));
            return Ok(vec![Selection { indices: chosen, whole: false }]);
        }
        if several && has(Marker::OneOf) {
            return Ok(chosen.into_iter().map(|index| Selection { indices: vec![index], whole: false }).collect());
        }
        match &self.selection {
            Some(selection) if several && !has(Marker::OrderNoun) && !has(Marker::All) => Ok(vec![selection.clone()]),
            _ => Ok(vec![Selection { indices: chosen, whole: true }]),
        }
    }

    /// By tracking number, carrier and title.
    fn narrow_by_names(
        &self,
        language: &Language,
        reading: &Reading,
        segment: &Range<usize>,
        chosen: &mut Vec<usize>,
    ) -> Result<bool, Withheld> {
        let Some(order) = self.order else { return Ok(false) };
        let titles: Vec<&str> = titles(reading.hits.get(segment.clone()).unwrap_or_default()).collect();
        let together = asks_which(reading, segment) || speaks_of_the_order_alone(reading, segment);
        let holds_titles = |parcel: &Parcel| {
            let holds = |title: &&str| holds_title(language, parcel, title);
            if together { titles.iter().any(holds) } else { titles.iter().all(holds) }
        };
        let mut narrowed = false;
        let names_the_carrier = reading.names_the_carrier(segment);
        for (at, hit) in segment.clone().zip(reading.hits.get(segment.clone()).unwrap_or_default()) {
            match back::meant(order, reading, segment, &hit.what) {
                Some(true) => continue,
                Some(false) => return Err(Withheld::new(back::reason(&hit.what), "it is not that of the label")),
                None => {}
            }
            let keep: Box<dyn Fn(&Parcel) -> bool> = match &hit.what {
                What::Atom(Atom::Tracking(number)) => {
                    Box::new(move |parcel| parcel.tracking_number.as_ref() == Some(number))
                }
                What::Carrier(_) if names_the_carrier => continue,
                What::Carrier(name) => Box::new(move |parcel| is_with(parcel, name)),
                What::Title(_) if order.shipments.len() > 1 => Box::new(|parcel| holds_titles(parcel)),
                _ => continue,
            };
            chosen.retain(|index| order.shipments.get(*index).is_some_and(&keep));
            match hit.what {
                What::Carrier(_) => self.narrow_by_those_before(reading, segment, chosen),
                // `The tracking number is …`, of what was spoken of.
                What::Atom(_) if !goes_on(reading, segment, at) => self.keep_those_before(reading, segment, chosen),
                _ => {}
            }
            narrowed = true;
            let reason = match hit.what {
                What::Carrier(_) => Reason::Carrier,
                What::Title(_) => Reason::Status,
                _ => Reason::TrackingNumber,
            };
            if chosen.is_empty() {
                return Err(Withheld::new(reason, "it belongs to no parcel of this order, or to another one"));
            }
        }
        Ok(narrowed)
    }

    /// None of the others, where the clause does not say itself which parcels it means.
    fn keep_those_before(&self, reading: &Reading, segment: &Range<usize>, chosen: &mut Vec<usize>) {
        let before = self.selection.as_ref().filter(|selection| !selection.whole);
        if let Some(before) =
            before.filter(|_| !reading.markers(segment).has_any(ANEW) && !reading.has(segment, Marker::Rest))
        {
            chosen.retain(|index| before.indices.contains(index));
        }
    }

    /// Of a carrier's parcels those are meant that were spoken of before, or the others where the clause says so.
    fn narrow_by_those_before(&self, reading: &Reading, segment: &Range<usize>, chosen: &mut Vec<usize>) {
        let Some(before) = self.selection.as_ref().filter(|selection| !selection.whole) else { return };
        let is_before = |index: &usize| before.indices.contains(index);
        if reading.has(segment, Marker::Rest) {
            chosen.retain(|index| !is_before(index));
        } else if chosen.iter().any(is_before) && !reading.markers(segment).has_any(ANEW) {
            chosen.retain(is_before);
        }
    }
}

/// Whether something is said of what stands at `at`, behind it: `771455209984 is delayed`.
fn goes_on(reading: &Reading, segment: &Range<usize>, at: usize) -> bool {
    let behind = at + 1..segment.end;
    reading.has(&behind, Marker::Asks) || behind.into_iter().any(|at| reading.bound(segment, at).is_some())
}

/// `Is it about A or B?`: what is in several parcels may be asked for, where nothing joins it otherwise.
fn asks_which(reading: &Reading, segment: &Range<usize>) -> bool {
    let hits = reading.hits.get(segment.clone()).unwrap_or_default();
    let mut between = hits.split(|hit| matches!(hit.what, What::Title(_))).skip(1).collect::<Vec<_>>();
    // What stands behind the last title.
    between.pop();
    let offers = |hits: &&[Hit]| hits.iter().any(|hit| hit.has(Marker::Either));
    let joins = |hits: &&[Hit]| hits.iter().any(|hit| hit.has(Marker::Joins) && !hit.has(Marker::Either));
    reading.question && between.iter().any(offers) && !between.iter().any(joins)
}

/// `Your order contains A and B`: what is in several parcels may be named together where none of them is spoken of.
fn speaks_of_the_order_alone(reading: &Reading, segment: &Range<usize>) -> bool {
    let hits = reading.hits.get(segment.clone()).unwrap_or_default();
    let order = |hit: &Hit| hit.has(Marker::OrderNoun) || matches!(hit.what, What::Atom(Atom::Order(_)));
    let parcel = |hit: &Hit| matches!(hit.what, What::Carrier(_) | What::Atom(Atom::Tracking(_)));
    let markers = reading.markers(segment);
    hits.iter().any(order) && !hits.iter().any(parcel) && !markers.has_any(ORDINALS) && !markers.has(Marker::OneOf)
}

fn is_with(parcel: &Parcel, carrier: &str) -> bool {
    parcel.carrier.as_deref().is_some_and(|own| words(own).join(" ") == carrier)
}

pub(super) fn holds_title(language: &Language, parcel: &Parcel, title: &str) -> bool {
    parcel.items.iter().any(|item| title_names(language, title, &item.title))
}

/// Whether the words said are words of the title.
pub(super) fn title_names(language: &Language, said: &str, title: &str) -> bool {
    let known = words(title);
    words(said).iter().all(|word| known.iter().any(|other| language.lexicon.same(other, word)))
}

/// The number right after a word for a parcel: `parcel 2`.
pub(super) fn parcel_number(reading: &Reading, noun: usize) -> Option<usize> {
    reading.hits.get(noun).filter(|hit| hit.has(Marker::ParcelNoun))?;
    match &reading.hits.get(noun + 1)?.what {
        What::Atom(Atom::Number(number)) => number.parse().ok(),
        _ => None,
    }
}

/// A clause with one of these says itself which parcels it means.
const ANEW: Markers = Markers::of(&[Marker::ParcelNoun, Marker::OrderNoun, Marker::All, Marker::OneOf]);

/// Beside one of these a word may tell one parcel from the others.
const ORDINALS: Markers =
    Markers::of(&[Marker::ParcelNoun, Marker::First, Marker::Second, Marker::Third, Marker::Last]);

/// The parcel that an ordinal names: `Some(None)` where there is none with that number.
fn ordinal(reading: &Reading, segment: &Range<usize>, parcels: usize) -> Option<Option<usize>> {
    if !reading.markers(segment).has_any(ORDINALS) {
        return None;
    }
    let ordinals =
        [(Marker::First, 0), (Marker::Second, 1), (Marker::Third, 2), (Marker::Last, parcels.saturating_sub(1))];
    for at in segment.clone() {
        if let Some(number) = parcel_number(reading, at) {
            return Some(number.checked_sub(1).filter(|index| *index < parcels));
        }
        let Some(hit) = reading.hits.get(at) else { continue };
        let Some((_, index)) = ordinals.iter().find(|(marker, _)| hit.has(*marker)) else { continue };
        let noun = reading.hits.get(at + 1).is_some_and(|next| next.has(Marker::ParcelNoun));
        if noun || parcels > 1 {
            return Some((*index < parcels).then_some(*index));
        }
    }
    None
}
