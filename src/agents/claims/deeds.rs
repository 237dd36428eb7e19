//! What is said of deeds beside refunds: an order cancelled, an address changed, a note left, a return opened. Each needs
//! the receipt of that deed, for that order.

use super::atoms::Atom;
use super::clause::Clause;
use super::evidence::Order;
use super::judge::Bound;
use super::reading::What;
use super::refunds::{Refund, decisions};
use crate::agents::language::{Concept, Form, Marker};

mod receipts;

pub(super) use self::receipts::{Address, Deed, Kind, Label, Terms, Told};

/// Whether receipts of deeds make it true.
pub(super) fn is_about_deeds(concept: Concept) -> bool {
    use Concept as C;
    matches!(concept, C::Cancelled | C::AddressChanged | C::AddressSame | C::NoteAdded) || is_about_returns(concept)
}

pub(super) fn is_about_returns(concept: Concept) -> bool {
    use Concept as C;
    let opened = matches!(concept, C::ReturnOpen | C::ReturnRequested);
    opened
        || matches!(concept, C::ReturnLabel | C::LabelByPerson | C::LabelByStore | C::LabelByShopper | C::RestockingFee)
}

/// What a decision, or the wait for one, is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    Deed(Kind),
    Label,
    Money,
    /// *It*, *your request*.
    Unsaid,
}

impl Clause<'_> {
    /// Whether what the clause asserts of a deed is so.
    pub(super) fn deed_holds(&self, at: usize, bound: Bound) -> bool {
        use Concept as C;
        let Some(order) = self.order.filter(|_| !self.has(Marker::Gain)) else { return self.is_undone(bound) };
        let possible = self.has(Marker::Ability);
        let open = bound.form == Form::Open && !(possible && bound.concept == C::ReturnOpen);
        if (bound.future && !possible)
            || open
            || !self.reading.is_of_deed(self.segment, bound, self.evidence.names_address)
        {
            return false;
        }
        // `Both orders`, where only one was seen; and nobody knows what a carrier did or heard.
        let unseen = self.has(Marker::OrdersNoun) && self.evidence.orders.len() < 2;
        if unseen || (!is_about_returns(bound.concept) && self.has(Marker::CarrierNoun)) {
            return false;
        }
        match bound.concept {
            C::Cancelled => self.is_cancelled(at, order, bound),
            // `The address and the name`: the receipt has one of them only.
            C::AddressChanged if self.moves_money_or_goods() || self.has(Marker::Joins) => false,
            C::AddressChanged => self.is_done(order, Kind::Address, bound),
            C::AddressSame => {
                !bound.negated && self.latest(order, Kind::Address).is_some_and(|deed| deed.is("unchanged"))
            }
            C::NoteAdded => self.is_done(order, Kind::Note, bound),
            _ => self.return_holds(at, order, bound),
        }
    }

    /// `I haven't changed anything`, where no order is in view: true as long as nothing was done.
    fn is_undone(&self, bound: Bound) -> bool {
        let kind = match bound.concept {
            Concept::Cancelled => Kind::Cancellation,
            Concept::AddressChanged => Kind::Address,
            Concept::NoteAdded => Kind::Note,
            Concept::ReturnOpen => Kind::Return,
            _ => return false,
        };
        let done = self.evidence.deeds.iter().any(|deed| deed.kind == kind && deed.may_be_done());
        let own = self.has(Marker::FirstSingular) && !self.has(Marker::Ability);
        bound.negated && own && !bound.future && bound.form == Form::Done && !done && self.evidence.orders.is_empty()
    }

    pub(super) fn deeds<'c>(&'c self, order: &'c Order) -> impl DoubleEndedIterator<Item = &'c Deed> {
        self.evidence.deeds.iter().filter(|deed| order.is_called(&deed.told.order_number))
    }

    fn latest<'c>(&'c self, order: &'c Order, kind: Kind) -> Option<&'c Deed> {
        self.deeds(order).rfind(|deed| deed.kind == kind)
    }

    fn is_done(&self, order: &Order, kind: Kind, bound: Bound) -> bool {
        let mut deeds = self.deeds(order).filter(|deed| deed.kind == kind).peekable();
        if self.has(Marker::Ability) {
            let latest = deeds.last();
            return bound.negated && bound.form == Form::Done && latest.is_some_and(|deed| deed.is("not_possible"));
        }
        match bound.negated {
            true => !deeds.any(Deed::may_be_done),
            // Another one is not the one that was done.
            false if self.speaks_of_another() => false,
            false => deeds.any(Deed::is_done),
        }
    }

    fn is_cancelled(&self, at: usize, order: &Order, bound: Bound) -> bool {
        let latest = self.latest(order, Kind::Cancellation);
        let decided = |decision: &str| latest.is_some_and(|deed| deed.is(decision));
        if self.has(Marker::Ability) {
            return bound.negated && bound.form == Form::Done && decided("not_possible");
        }
        // An order is cancelled whole: what is named in its place is not.
        let part = self.titles().next().is_some() && !self.names_order();
        match bound.negated {
            true => self.claim(bound).holds(self.evidence) && !latest.is_some_and(Deed::may_be_done),
            false if self.is_own_deed(at) => decided("cancelled") && !part && !self.speaks_of_another(),
            false => self.claim(bound).holds(self.evidence) && !part,
        }
    }

    /// The store has refused because goods have left: that they have left may be said.
    pub(super) fn left_already(&self, bound: Bound) -> bool {
        let refused = |deed: &Deed| deed.is("not_possible") && deed.is_for("already_fulfilled");
        let told = |order: &Order| self.deeds(order).any(refused);
        bound.concept == Concept::Shipped
            && (bound.form, bound.negated, bound.future) == (Form::Done, false, false)
            && self.whole
            && self.titles().next().is_none()
            && self.order.is_some_and(told)
    }

    // Where a wish stands

    /// Whether a wish stands as it is said, where the clause is not about money. `None`: it is.
    pub(super) fn deed_stands(&self, order: &Order, bound: Bound) -> Option<bool> {
        let needed = bound.concept == Concept::RefundNeedsApproval;
        let now = (needed || (!bound.future && bound.form != Form::Open)) && !bound.negated;
        let wanted = decisions(bound.concept);
        let stands = |deed: &Deed| now && (wanted.contains(&deed.told.decision.as_str()) || asks(deed, bound));
        match self.subject() {
            Subject::Money => None,
            Subject::Label => {
                Some(now && bound.concept == Concept::RefundChecked && self.label_is(order, "being_checked"))
            }
            Subject::Deed(kind) => {
                let latest = self.latest(order, kind).filter(|deed| stands(deed));
                Some(latest.is_some_and(|deed| self.fits_deed(deed, order, bound)))
            }
            Subject::Unsaid => {
                let latest = self.deeds(order).next_back()?;
                let paid = self.evidence.refunds.iter().filter(|refund| order.is_called(&refund.order_number));
                let paid = paid.filter(|refund| refund.refund.is_some()).count() > 0;
                // Beside what is done only money can still stand so.
                if paid && latest.is_done() && !stands(latest) {
                    return None;
                }
                let named = self.names_order() || self.has(Marker::ParcelNoun) || self.titles().next().is_some();
                Some(stands(latest) && !paid && !named)
            }
        }
    }

    /// Amounts and goods beside what a deed is said to wait for must be the deed's.
    fn fits_deed(&self, deed: &Deed, order: &Order, bound: Bound) -> bool {
        let outline = Refund::outline(&deed.told.order_number, &deed.told.decision);
        let amount = deed.told.amount.or_else(|| deed.told.refund.as_ref().and_then(|refund| refund.amount));
        let told = Refund { items: deed.told.items.clone(), amount, ..outline };
        let titles = self.titles().next().is_some();
        (deed.kind == Kind::Return || !titles) && !self.speaks_of_another() && self.fits_goods(bound, &told, order)
    }

    fn subject(&self) -> Subject {
        use Concept as C;
        let hits = self.reading.hits.get(self.segment.clone()).unwrap_or_default();
        let names = |wanted: C| hits.iter().any(|hit| hit.concepts().any(|(concept, _)| concept == wanted));
        let amount = hits.iter().any(|hit| matches!(hit.what, What::Atom(Atom::Money(_))));
        let money = names(C::Refunded) || (amount && !names(C::Cancelled));
        if names(C::Cancelled) {
            Subject::Deed(Kind::Cancellation)
        } else if self.has(Marker::AddressNoun) || names(C::AddressChanged) || self.evidence.names_address {
            Subject::Deed(Kind::Address)
        } else if money {
            Subject::Money
        } else if self.has(Marker::LabelNoun) {
            Subject::Label
        } else if self.has(Marker::ReturnNoun) {
            Subject::Deed(Kind::Return)
        } else if self.has(Marker::NoteNoun) && !self.has(Marker::Request) {
            Subject::Deed(Kind::Note)
        } else {
            Subject::Unsaid
        }
    }

    /// `It goes to …`, said of money or of a parcel that left, is about no address of the order.
    fn moves_money_or_goods(&self) -> bool {
        let hits = self.reading.hits.get(self.segment.clone()).unwrap_or_default();
        hits.iter().any(|hit| {
            matches!(hit.what, What::Atom(Atom::Money(_)))
                || hit.concepts().any(|(concept, form)| concept == Concept::Refunded && form != Form::Topic)
        })
    }
}

/// Whether a person has to say yes before the deed, whatever else its receipt tells.
fn asks(deed: &Deed, bound: Bound) -> bool {
    bound.concept == Concept::RefundNeedsApproval && (deed.is("requested") || deed.is("needs_approval"))
}
