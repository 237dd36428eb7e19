//! A clause and what it asserts: each of its words against the receipts.

use std::ops::Range;

use super::deeds::is_about_deeds;
use super::evidence::{Evidence, Order, Parcel};
use super::judge::Bound;
use super::license::License;
use super::reading::{Hit, Reading, What};
use super::refunds::is_about_refunds;
use super::scope::title_names;
use super::truth::Claim;
use super::{Reason, Withheld};
use crate::agents::language::{Concept, Form, Language, Marker, Markers};

/// A clause with what it is about.
pub(super) struct Clause<'c> {
    pub language: &'c Language,
    pub evidence: &'c Evidence,
    pub reading: &'c Reading<'c>,
    pub segment: &'c Range<usize>,
    pub order: Option<&'c Order>,
    pub parcels: &'c [&'c Parcel],
    pub whole: bool,
    pub before: Option<Bound>,
    /// All of the segment.
    pub markers: Markers,
}

impl Clause<'_> {
    pub(super) fn judge(&self) -> Result<usize, Withheld> {
        let mut verified = usize::from(self.echo()?);
        for at in self.segment.clone() {
            let Some(hit) = self.reading.hits.get(at) else { continue };
            let license = self.license(at);
            match &hit.what {
                What::Phrase(_) => {
                    for (concept, form) in hit.concepts().filter(|(concept, _)| self.means(at, *concept)) {
                        verified += usize::from(self.concept(at, concept, form, license)?);
                    }
                    self.person(at, license)?;
                }
                What::Atom(atom) => verified += usize::from(self.atom(at, atom, license)?),
                What::Place(name) => self.place(name)?,
                What::Carrier(_) if self.order.is_none() => {
                    return Err(Withheld::new(Reason::Carrier, "no order is in view that it could carry"));
                }
                What::Unknown | What::Mentioned if !self.may_stand(at, license) => {
                    return Err(Withheld::new(
                        Reason::Word,
                        format!("the word {:?} is not one that can be checked", self.raw(at)),
                    ));
                }
                What::Unknown | What::Mentioned | What::Carrier(_) | What::Title(_) => {}
                What::Name | What::Sign | What::Mark => {}
            }
        }
        Ok(verified)
    }

    /// `…, the other one was too`: a clause that names parcels and no claim repeats the claim before it.
    fn echo(&self) -> Result<bool, Withheld> {
        let names = [Marker::Rest, Marker::First, Marker::Second, Marker::Third, Marker::All];
        let own = || self.segment.clone().any(|at| self.reading.bound(self.segment, at).is_some());
        let some = self.parcels.len() < self.order.map_or(0, |order| order.shipments.len());
        let Some(before) = self.before.filter(|_| some && !own()) else { return Ok(false) };
        if !names.iter().any(|marker| self.has(*marker)) || self.license(self.segment.start) >= License::Mention {
            return Ok(false);
        }
        let bound = Bound { negated: self.reading.negations(self.segment) % 2 == 1, ..before };
        if self.claim(bound).holds(self.evidence) {
            Ok(true)
        } else {
            Err(Withheld::new(Reason::Status, "said of another parcel, it is not true"))
        }
    }

    pub(super) fn license(&self, at: usize) -> License {
        self.reading.license.get(at).copied().unwrap_or(License::None)
    }

    pub(super) fn has(&self, marker: Marker) -> bool {
        self.markers.has(marker)
    }

    pub(super) fn raw(&self, at: usize) -> String {
        let range = self.reading.hits.get(at).map_or(0..0, |hit| hit.start..hit.end);
        let tokens = self.reading.tokens.get(range).unwrap_or_default();
        tokens.iter().map(|token| token.raw).collect::<Vec<_>>().join(" ")
    }

    /// A word may be one of movement (`left`, `arrived`): beside a place it tells of a scan, otherwise of the parcel.
    pub(super) fn means(&self, at: usize, concept: Concept) -> bool {
        let Some(hit) = self.reading.hits.get(at) else { return true };
        if !self.reading.in_context(self.segment, at, concept, self.evidence.names_address) {
            return false;
        }
        let several = hit.concepts().count() > 1;
        if !several || !hit.concepts().any(|(known, _)| known == Concept::Scanned) {
            return true;
        }
        let following = self.reading.hits.get(at + 1..(at + 4).min(self.segment.end)).unwrap_or_default();
        let facility = |(concept, form)| (concept, form) == (Concept::Scanned, Form::Topic);
        let place = following.iter().any(|next| matches!(next.what, What::Place(_)) || next.concepts().any(facility));
        (concept == Concept::Scanned) == place
    }

    /// A person who will do something, or does it already, is promised; one who can be reached is offered.
    fn person(&self, at: usize, license: License) -> Result<(), Withheld> {
        let person = self.reading.hits.get(at).is_some_and(|hit| hit.has(Marker::Person));
        let excused = [Marker::Ability, Marker::Negation, Marker::Request, Marker::Seeks];
        let acts = self.has(Marker::Future) || !excused.iter().any(|marker| self.has(*marker));
        let promised = person && license == License::None && acts && !self.has(Marker::Offer);
        if promised && !self.evidence.somebody_answers() {
            return Err(Withheld::new(
                Reason::Promise,
                "no ticket is open, and no question, that a person would answer",
            ));
        }
        Ok(())
    }

    /// Whether a concept is asserted and true. `Ok(false)`: it claims nothing here.
    fn concept(&self, at: usize, concept: Concept, form: Form, license: License) -> Result<bool, Withheld> {
        let priced = matches!(concept, Concept::Price | Concept::Total) && license == License::None;
        if priced && self.reading.negations(self.segment) > 0 && !self.has(Marker::FirstSingular) {
            return Err(Withheld::new(Reason::Rule, "it says what is not to be paid"));
        }
        let idle = form == Form::Topic || is_licensed(license, concept, form) || concept == Concept::Completion;
        let idle = idle || self.is_awaited(at);
        if idle || self.is_free(concept, form) || self.is_only_named(at, concept, form) {
            return Ok(false);
        }
        let negations = self.reading.negations(self.segment);
        if negations > 1 {
            return Err(Withheld::new(Reason::Status, "it is negated twice"));
        }
        let bound = Bound { concept, form, negated: negations == 1, future: self.has(Marker::Future) };
        let holds = match concept {
            Concept::InStock | Concept::SoldOut => self.product(concept, bound.negated),
            concept if is_about_refunds(concept) => self.refund_holds(at, bound),
            concept if is_about_deeds(concept) => self.deed_holds(at, bound),
            concept if self.moves_money(concept) => concept == Concept::InTransit && self.is_submitted(bound),
            _ => self.goods_hold(bound),
        };
        if !holds {
            let text = format!(
                "{:?} says {concept:?}{}, which no receipt shows",
                self.raw(at),
                if bound.negated { " (negated)" } else { "" }
            );
            return Err(Withheld::new(reason_of(concept), text));
        }
        Ok(form != Form::Open && !matches!(concept, Concept::Found))
    }

    /// What may be said of a concept without any receipt: what the speaker cannot do or has not done, what the shopper is
    /// asked to do, and the two things that can always be offered.
    fn is_free(&self, concept: Concept, form: Form) -> bool {
        use Concept as C;
        let first = self.has(Marker::FirstSingular);
        let negated = self.reading.negations(self.segment) == 1;
        let future = self.has(Marker::Future);
        let undone = first && negated && !future && matches!(concept, C::Action | C::Escalated | C::Asked);
        let asked = self.has(Marker::Request)
            && !future
            && form == Form::Open
            && matches!(concept, C::Action | C::CodeSent | C::Delivered | C::Verified);
        let offered = self.has(Marker::Offer)
            && !negated
            && form != Form::Done
            && matches!(concept, C::Escalated | C::Asked | C::CodeSent | C::Verified);
        undone || asked || offered
    }

    /// What is said of goods: on their way to the shopper, or back.
    fn goods_hold(&self, bound: Bound) -> bool {
        let back = self.of_return(bound).or_else(|| self.returnable(bound));
        back.unwrap_or_else(|| {
            self.claim(bound).holds(self.evidence) || self.left_already(bound) || self.is_to_be_sent(bound)
        })
    }

    pub(super) fn claim(&self, bound: Bound) -> Claim<'_> {
        let Bound { concept, form, negated, future } = bound;
        Claim { concept, form, negated, future, order: self.order, parcels: self.parcels, whole: self.whole }
    }

    /// Whether a product named in the clause is to be had, or not.
    fn product(&self, concept: Concept, negated: bool) -> bool {
        let titles: Vec<&str> = self.titles().collect();
        let named = |product: &&super::evidence::Product| {
            titles.iter().all(|title| title_names(self.language, title, &product.title))
        };
        let mut products = self.evidence.products.iter().filter(named).peekable();
        let available = (concept == Concept::InStock) != negated;
        let enough = products.peek().is_some() && (!titles.is_empty() || self.evidence.products.len() == 1);
        enough && products.all(|product| product.available == available)
    }

    pub(super) fn titles(&self) -> impl Iterator<Item = &str> {
        titles(self.reading.hits.get(self.segment.clone()).unwrap_or_default())
    }
}

pub(super) fn titles<'h>(hits: &'h [Hit<'_>]) -> impl Iterator<Item = &'h str> {
    hits.iter().filter_map(|hit| if let What::Title(title) = &hit.what { Some(title.as_str()) } else { None })
}

/// Whether nothing is asserted by a concept under a license.
pub(super) fn is_licensed(license: License, concept: Concept, form: Form) -> bool {
    match license {
        License::Full => true,
        License::Mention => form != Form::Done || concept == Concept::Placed,
        License::Named => form == Form::Open,
        License::None => false,
    }
}

fn reason_of(concept: Concept) -> Reason {
    use Concept as C;
    match concept {
        C::Action | C::Asked | C::Escalated | C::CodeSent | C::AddressChanged | C::NoteAdded | C::ReturnOpen => {
            Reason::Action
        }
        C::Promise => Reason::Promise,
        C::Rule | C::FinalSale => Reason::Rule,
        C::InStock | C::SoldOut => Reason::Product,
        C::Completion => Reason::Answer,
        _ => Reason::Status,
    }
}
