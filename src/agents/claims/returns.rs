//! What is said of returns: that one is open, its label, its parcel, and the money that follows when the goods are back.

use std::ops::Range;

use jiff::civil::Date;

use super::atoms::Atom;
use super::clause::{Clause, titles};
use super::deeds::{Deed, Kind, Label, Terms, is_about_returns};
use super::evidence::Order;
use super::judge::Bound;
use super::reading::{Hit, What};
use super::refunds::{Refund, covers, is_standing};
use super::scope::title_names;
use crate::agents::language::{Concept, Form, Marker};

impl Clause<'_> {
    pub(super) fn return_holds(&self, at: usize, order: &Order, bound: Bound) -> bool {
        use Concept as C;
        let deeds = self.returns(order);
        let all = |test: &dyn Fn(&Deed) -> bool| !deeds.is_empty() && deeds.iter().all(|deed| test(deed));
        let goods = || !deeds.is_empty() && deeds.iter().any(|deed| self.has_goods(deed, order, bound));
        match (bound.concept, bound.negated) {
            (C::ReturnOpen, false) if bound.form == Form::Open => {
                self.has(Marker::Ability) && !self.speaks_of_another() && self.may_come_back(order, bound)
            }
            (_, _) if self.has(Marker::Ability) => false,
            (C::ReturnOpen, true) => {
                !order.partial
                    && order.returns.is_empty()
                    && !self.deeds(order).any(|deed| is_return(deed) && deed.may_be_done())
            }
            (C::ReturnOpen, false) if self.speaks_of_another() => false,
            (C::ReturnOpen, false) => {
                let is_so =
                    |deed: &Deed| deed.is("return_open") && !(deed.told.opened_by_staff && self.is_own_deed(at));
                let own = all(&is_so) && goods();
                own || (!self.is_own_deed(at) && deeds.is_empty() && self.order_has_return(order))
            }
            (C::ReturnRequested, false) => all(&|deed| deed.is("requested")) && goods() && !self.speaks_of_another(),
            (C::ReturnLabel, false) => self.label_is(order, "ready"),
            (C::ReturnLabel, true) => !order.labels.is_empty() && !self.label_is(order, "ready"),
            (C::LabelByPerson, false) => self.label_is(order, "a_person_sends_it"),
            (C::LabelByStore, negated) => self.label_is_paid_by(order, if negated { "shopper" } else { "store" }),
            (C::LabelByShopper, negated) => self.label_is_paid_by(order, if negated { "store" } else { "shopper" }),
            (C::RestockingFee, negated) => {
                self.fee(order).is_some_and(|fee| (fee == 0) == negated && self.tells_no_amount())
            }
            _ => false,
        }
    }

    /// The returns of an order that the sentence means: those that it names, and whose goods it names.
    fn returns<'c>(&'c self, order: &'c Order) -> Vec<&'c Deed> {
        let deeds = self.deeds(order).filter(|deed| is_return(deed) && !deed.is_outlook());
        deeds.filter(|deed| self.is_about_goods(deed) && self.is_named(deed)).collect()
    }

    fn named_returns(&self) -> Vec<&str> {
        let names = self.reading.hits.iter().filter_map(|hit| match &hit.what {
            What::Atom(Atom::Order(name)) => Some(name.as_str()),
            _ => None,
        });
        names.filter(|name| self.evidence.order_of_return(name).is_some()).collect()
    }

    /// Whether the sentence names goods of the deed, or none at all.
    fn is_about_goods(&self, deed: &Deed) -> bool {
        titles(&self.reading.hits)
            .all(|said| deed.told.items.iter().any(|units| title_names(self.language, said, &units.title)))
    }

    fn has_goods(&self, deed: &Deed, order: &Order, bound: Bound) -> bool {
        let outline = Refund::outline(&deed.told.order_number, &deed.told.decision);
        let goods = Refund { items: deed.told.items.clone(), ..outline };
        self.fits_goods(bound, &goods, order)
    }

    /// What the order itself shows, whoever opened it. It tells no goods.
    fn order_has_return(&self, order: &Order) -> bool {
        let named = self.named_returns();
        let goods = self.titles().next().is_some();
        let known = |name: &&str| order.returns.iter().any(|back| same_name(&back.name, name));
        !goods && !order.partial && !order.returns.is_empty() && named.iter().all(known)
    }

    // Labels and their terms

    pub(super) fn label_is(&self, order: &Order, state: &str) -> bool {
        let mut labels = self.returns(order).into_iter().filter_map(|deed| deed.told.label.as_ref()).peekable();
        labels.peek().is_some() && labels.all(|label| label.state == state)
    }

    fn label_is_paid_by(&self, order: &Order, payer: &str) -> bool {
        let terms = self.latest_terms(order).and_then(|terms| terms.label_paid_by.as_deref());
        terms == Some(payer)
    }

    fn latest_terms<'c>(&'c self, order: &'c Order) -> Option<&'c Terms> {
        let mut told = self.deeds(order).filter(|deed| is_return(deed) && self.is_about_goods(deed));
        told.rfind(|deed| deed.told.terms.is_some()).and_then(|deed| deed.told.terms.as_ref())
    }

    /// In percent.
    fn fee(&self, order: &Order) -> Option<u64> {
        self.latest_terms(order).map(|terms| terms.restocking_fee_percent)
    }

    fn tells_no_amount(&self) -> bool {
        let hits = self.reading.hits.get(self.segment.clone()).unwrap_or_default();
        !hits.iter().any(|hit| matches!(hit.what, What::Atom(Atom::Money(_))))
    }

    /// `A restocking fee of 10 % is kept`.
    pub(super) fn is_fee(&self, percent: &str) -> bool {
        let named = self.names(self.segment, Concept::RestockingFee);
        let fee = self.order.and_then(|order| self.fee(order));
        named && fee.is_some_and(|fee| percent.parse() == Ok(fee))
    }

    /// A link beside a label is that label's.
    pub(super) fn is_foreign_link(&self, link: &str) -> bool {
        let whole = 0..self.reading.hits.len();
        let labels =
            || self.order.into_iter().flat_map(|order| self.returns(order)).filter_map(|deed| deed.told.label.as_ref());
        self.reading.has(&whole, Marker::LabelNoun)
            && !labels().any(|label: &Label| label.url.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(link)))
    }

    // The parcel that comes back

    /// What is said of a parcel in a clause about a return is said of the return's. `None`: it is about no return.
    pub(super) fn of_return(&self, bound: Bound) -> Option<bool> {
        use Concept as C;
        let order = self.order.filter(|_| self.speaks_of_return())?;
        let deeds: Vec<&Deed> = self.returns(order);
        if deeds.is_empty() {
            return None;
        }
        let moves = matches!(
            bound.concept,
            C::Delivered
                | C::GoodsBack
                | C::InTransit
                | C::ReturnToSender
                | C::Shipped
                | C::NotShipped
                | C::LabelCreated
                | C::OutForDelivery
                | C::ReadyForPickup
                | C::Delayed
                | C::DeliveryProblem
                | C::Expected
                | C::Scanned
                | C::NotScanned
        );
        let status = |wanted: &str| {
            let is = |deed: &&Deed| deed.told.parcel.as_ref().is_some_and(|parcel| parcel.status == wanted);
            if bound.negated { !deeds.iter().any(is) } else { deeds.iter().all(is) }
        };
        let now = !bound.future && bound.form == Form::Done;
        moves.then(|| {
            now && match bound.concept {
                C::Delivered | C::GoodsBack => status("arrived"),
                C::InTransit | C::ReturnToSender | C::Shipped => status("under_way"),
                C::LabelCreated => self.label_is(order, "ready") != bound.negated,
                _ => false,
            }
        })
    }

    /// The days on which the parcels of returns arrived. `None`: the clause is about none.
    pub(super) fn days_of_return(&self) -> Option<Vec<Date>> {
        let order = self.order?;
        let told = |at: usize| self.reading.bound(self.segment, at).filter(|bound| self.of_return(*bound).is_some());
        let bound = self.segment.clone().find_map(told)?;
        let arrived = self.returns(order).into_iter().filter_map(|deed| deed.told.parcel.as_ref()?.arrived_on);
        Some(if bound.concept == Concept::Delivered && !bound.negated { arrived.collect() } else { Vec::new() })
    }

    /// A *return* of which something else is said, and an order's *cancellation*, are not said to be made; nor is a
    /// label whose payer is told.
    pub(super) fn is_a_subject(&self, concept: Concept, form: Form) -> bool {
        use Concept as C;
        if form == Form::Done {
            return false;
        }
        match concept {
            C::Cancelled => form == Form::Noun && self.asserts(|other, _| is_standing(other)),
            C::AddressChanged => {
                form == Form::Noun
                    && self
                        .asserts(|other, form| is_standing(other) || (other, form) == (C::AddressChanged, Form::Done))
            }
            C::Returned => {
                self.speaks_of_return_noun()
                    && self.asserts(|other, form| {
                        is_standing(other)
                            || is_about_returns(other)
                            || comes_back(other)
                            || (form == Form::Done && matches!(other, C::InTransit | C::Refunded))
                    })
            }
            C::ReturnLabel => self.asserts(|other, _| {
                is_standing(other)
                    || matches!(other, C::LabelByPerson | C::LabelByStore | C::LabelByShopper | C::LabelCreated)
            }),
            _ => false,
        }
    }

    fn speaks_of_return_noun(&self) -> bool {
        self.has(Marker::ReturnNoun) || self.speaks_of_return()
    }

    fn speaks_of_return(&self) -> bool {
        let of_label = |number: &String| {
            let labels = self.order.into_iter().flat_map(|order| &order.labels);
            labels.into_iter().any(|label| label.tracking_number.as_ref() == Some(number))
        };
        self.segment.clone().any(|at| {
            self.reading.hits.get(at).is_some_and(|hit| match &hit.what {
                What::Atom(Atom::Tracking(number)) => of_label(number),
                What::Atom(Atom::Order(name)) => self.evidence.order_of_return(name).is_some(),
                _ => hit.has(Marker::ReturnNoun) || hit.has(Marker::LabelNoun),
            })
        })
    }

    // Money on arrival

    /// `Once it arrives, $64.00 is refunded`: the condition in the sentence, and in a receipt the same goods and amount.
    pub(super) fn follows_arrival(&self, at: usize, order: &Order, bound: Bound, decision: &str) -> bool {
        let happened = (self.segment.start..at).any(|before| {
            let within = self.arrival().is_some_and(|condition| condition.contains(&before));
            !within && self.reading.hits.get(before).is_some_and(|hit| hit.has(Marker::Perfect))
        });
        let waits = self.arrival().is_some_and(|condition| !condition.contains(&at)) || self.says_on_arrival();
        let said = waits && !happened;
        let follows = |deed: &Deed| deed.told.refund.as_ref().is_some_and(|refund| refund.decision == decision);
        let told = self.deeds(order).filter(|deed| is_return(deed) && self.is_about_goods(deed));
        let mut told = told.filter(|deed| self.is_named(deed)).peekable();
        said && told.peek().is_some()
            && told.all(|deed| {
                follows(deed) && deed.following().is_some_and(|refund| self.fits_goods(bound, &refund, order))
            })
    }

    /// Whether the sentence makes something wait for goods that are sent back.
    pub(super) fn waits_for_arrival(&self) -> bool {
        let known = self.order.is_some_and(|order| self.deeds(order).any(is_return));
        known && (self.arrival().is_some() || self.says_on_arrival())
    }

    fn is_named(&self, deed: &Deed) -> bool {
        let named = self.named_returns();
        named.is_empty() || deed.name().is_some_and(|name| named.iter().any(|known| same_name(known, name)))
    }

    /// Whether a hit tells what is only waited for: `when it arrives`.
    pub(super) fn is_awaited(&self, at: usize) -> bool {
        let awaits = |order: &Order| self.deeds(order).any(|deed| is_return(deed) && deed.told.refund.is_some());
        self.reading.hits.get(at).is_some_and(arrives)
            && self.order.is_some_and(awaits)
            && self.arrival().is_some_and(|range| range.contains(&at))
    }

    /// Nobody knows when goods come back.
    pub(super) fn waits_for_goods(&self, at: usize) -> bool {
        self.is_awaited(at)
    }

    fn says_on_arrival(&self) -> bool {
        let whole = 0..self.reading.hits.len();
        self.reading.has(&whole, Marker::OnArrival)
    }

    /// The words of a condition that goods arrive, to the end of their clause.
    fn arrival(&self) -> Option<Range<usize>> {
        self.reading.segments.iter().find_map(|segment| {
            let start =
                segment.clone().find(|at| self.reading.hits.get(*at).is_some_and(|hit| hit.has(Marker::Upon)))?;
            let range = start..segment.end;
            let hits = self.reading.hits.get(range.clone()).unwrap_or_default();
            let comes = hits.iter().any(arrives);
            // `once the replacement arrives`, `once it arrives and you are refunded`.
            let others = hits.iter().filter(|hit| !arrives(hit)).flat_map(|hit| hit.concepts());
            let harmless = |concept| matches!(concept, Concept::Returned | Concept::Placed);
            let foreign = others.into_iter().any(|(concept, form)| form != Form::Topic && !harmless(concept));
            (comes && !foreign && self.reading.negations(&range) == 0).then_some(range)
        })
    }

    fn names(&self, range: &Range<usize>, wanted: Concept) -> bool {
        let hits = self.reading.hits.get(range.clone()).unwrap_or_default();
        hits.iter().any(|hit| hit.concepts().any(|(concept, _)| concept == wanted))
    }

    // Whether goods can come back

    /// `The pullover can be returned`, `you can send it back`: the last word on these goods.
    pub(super) fn may_come_back(&self, order: &Order, bound: Bound) -> bool {
        let mut told = self.deeds(order).filter(|deed| is_return(deed) && self.is_about_goods(deed));
        told.next_back().is_some_and(|deed| match bound.negated {
            true => deed.is("not_possible"),
            false => {
                deed.is("can_be_returned") && self.has_goods(deed, order, bound) && self.may_name_whole(deed, order)
            }
        })
    }

    /// An order can come back whole only if all of it can.
    fn may_name_whole(&self, deed: &Deed, order: &Order) -> bool {
        let outline = Refund::outline(&deed.told.order_number, &deed.told.decision);
        let goods = Refund { items: deed.told.items.clone(), ..outline };
        self.titles().next().is_some() || !self.names_order() || covers(&goods, order)
    }

    /// `Send the pullover back`: asked of the shopper, once a return is open for it.
    pub(super) fn is_to_be_sent(&self, bound: Bound) -> bool {
        let spoken = [Marker::FirstSingular, Marker::FirstPlural, Marker::Future];
        let open = |order: &Order| self.returns(order).iter().any(|deed| deed.is("return_open"));
        bound.concept == Concept::Returned
            && bound.form == Form::Open
            && !bound.negated
            && !spoken.iter().any(|marker| self.has(*marker))
            && self.order.is_some_and(open)
    }
}

fn is_return(deed: &Deed) -> bool {
    deed.kind == Kind::Return
}

fn arrives(hit: &Hit) -> bool {
    hit.concepts().any(|(concept, _)| comes_back(concept))
}

/// What tells of goods that come, or are here.
fn comes_back(concept: Concept) -> bool {
    use Concept as C;
    matches!(concept, C::Delivered | C::ReturnToSender | C::GoodsBack)
}

fn same_name(left: &str, right: &str) -> bool {
    left.trim_start_matches('#').eq_ignore_ascii_case(right.trim_start_matches('#'))
}
