//! What is said of money back. A clause must say what one receipt says: its decision, its goods and how many, its amount.

use super::atoms::Atom;
use super::clause::{Clause, is_licensed, titles};
use super::evidence::Order;
use super::judge::Bound;
use super::reading::What;
use super::scope::title_names;
use crate::agents::language::{Concept, Form, Marker};
use crate::domain::money::Money;

mod mentions;
mod receipts;

use self::mentions::{Count, Mention};
pub(super) use self::receipts::{Excluded, Refund, Units, Window};

/// The decisions that make a claim about a refund true.
pub(super) fn decisions(concept: Concept) -> &'static [&'static str] {
    use Concept as C;
    match concept {
        C::Refunded => &["refunded"],
        C::RefundSubmitted => &["submitted"],
        C::RefundUnconfirmed => &["submitted", "being_checked"],
        C::RefundWaiting => &["waiting_for_approval"],
        C::RefundNeedsApproval => &["waiting_for_approval", "needs_approval", "a_person_decides"],
        C::RefundChecked => &["being_checked"],
        C::RefundFailed => &["failed"],
        _ => &[],
    }
}

/// Where a refund stands, apart from being made.
pub(super) fn is_standing(concept: Concept) -> bool {
    concept != Concept::Refunded && !decisions(concept).is_empty()
}

/// Whether receipts of refunds, and not those of parcels, make it true.
pub(super) fn is_about_refunds(concept: Concept) -> bool {
    use Concept as C;
    is_standing(concept) || matches!(concept, C::Refunded | C::RefundLeft | C::GoodsFirst | C::FinalSale)
}

/// The goods and amounts of a clause.
struct Told<'c> {
    amounts: Vec<&'c [Money]>,
    mentions: Vec<Mention>,
    /// The whole order is said to be paid back.
    whole: bool,
}

impl Clause<'_> {
    /// Whether what the clause asserts of a refund is so.
    pub(super) fn refund_holds(&self, at: usize, bound: Bound) -> bool {
        use Concept as C;
        let Some(order) = self.order.filter(|_| !self.has(Marker::Gain)) else { return false };
        let possible = self.has(Marker::Ability);
        let now = !bound.future && bound.form != Form::Open;
        if let Some(stands) = is_standing(bound.concept).then(|| self.deed_stands(order, bound)).flatten() {
            return stands;
        }
        match (bound.concept, bound.negated) {
            (C::FinalSale, negated) => !negated && self.is_excluded(order),
            (C::GoodsFirst, negated) => !negated && self.goods_come_first(order),
            (C::RefundLeft, negated) => self.is_left(order, negated),
            (C::Refunded, true) if possible => self.is_told(order, &["not_possible"], bound),
            (C::Refunded, false) if possible => self.is_told(order, &["can_be_refunded_now"], bound),
            (C::Refunded, true) => now && self.nothing_went_back(order),
            (C::Refunded, false) if self.waits_for_arrival() => self.follows_arrival(at, order, bound, "on_arrival"),
            (C::Refunded, false) => {
                now && (self.is_told(order, decisions(C::Refunded), bound) || self.order_tells(at, order, bound))
            }
            (C::RefundNeedsApproval, false) => {
                self.is_told(order, decisions(bound.concept), bound)
                    || self.follows_arrival(at, order, bound, "on_arrival_with_approval")
            }
            (concept, negated) => now && !negated && self.is_told(order, decisions(concept), bound),
        }
    }

    /// A *refund* that is said to wait, or to have failed, is not said to be made; and where the word could be verb or
    /// noun, the noun says what is.
    pub(super) fn is_only_named(&self, at: usize, concept: Concept, form: Form) -> bool {
        if self.is_a_subject(concept, form) {
            return true;
        }
        if concept != Concept::Refunded || form == Form::Done {
            return false;
        }
        let noun = (Concept::Refunded, Form::Noun);
        let is_noun = self.reading.hits.get(at).is_some_and(|hit| hit.concepts().any(|known| known == noun));
        let stands_for_noun = form == Form::Open && is_noun && self.reading.negations(self.segment) == 0;
        stands_for_noun || self.asserts(|concept, _| is_standing(concept) || concept == Concept::InTransit)
    }

    /// `The refund is on its way`.
    pub(super) fn is_submitted(&self, bound: Bound) -> bool {
        let now = !bound.negated && !bound.future && bound.form == Form::Done;
        now && self.order.is_some_and(|order| self.is_told(order, decisions(Concept::RefundSubmitted), bound))
    }

    /// Whether the amounts and goods of the clause are those of a receipt.
    pub(super) fn fits_goods(&self, bound: Bound, refund: &Refund, order: &Order) -> bool {
        self.fits(&self.told(bound), refund, order)
    }

    /// `Your refund is on its way`: what receipts say of parcels, they do not say of money.
    pub(super) fn moves_money(&self, concept: Concept) -> bool {
        use Concept as C;
        let moves = matches!(
            concept,
            C::Shipped | C::InTransit | C::OutForDelivery | C::Delivered | C::Expected | C::Delayed | C::ReadyForPickup
        );
        moves && self.asserts(|concept, form| concept == C::Refunded && form == Form::Noun)
    }

    /// Whether a receipt that makes the clause true had to have its amounts and numbers.
    pub(super) fn is_counted(&self, at: usize) -> bool {
        let number = match self.reading.hits.get(at).map(|hit| &hit.what) {
            Some(What::Atom(Atom::Number(number))) => mentions::counts(self, at, number),
            _ => true,
        };
        let plain = self.reading.negations(self.segment) == 0 || self.has(Marker::Ability);
        let counted = |concept| match concept {
            Concept::Refunded => plain,
            Concept::RefundLeft => true,
            Concept::ReturnOpen | Concept::ReturnRequested => plain,
            concept => is_standing(concept),
        };
        number && self.asserts(|concept, _| counted(concept))
    }

    pub(super) fn asserts(&self, means: impl Fn(Concept, Form) -> bool) -> bool {
        self.segment.clone().any(|at| {
            let license = self.license(at);
            self.reading.hits.get(at).is_some_and(|hit| {
                hit.concepts().any(|(concept, form)| {
                    let asserted = form != Form::Topic && !is_licensed(license, concept, form);
                    asserted && self.means(at, concept) && means(concept, form)
                })
            })
        })
    }

    fn refunds(&self, order: &Order) -> impl Iterator<Item = &Refund> {
        self.evidence.refunds.iter().filter(|refund| order.is_called(&refund.order_number))
    }

    /// Whether a receipt with one of these decisions has all that is said.
    fn is_told(&self, order: &Order, decisions: &[&str], bound: Bound) -> bool {
        let told = self.told(bound);
        let decided = |refund: &&Refund| decisions.contains(&refund.decision.as_str());
        let mut fitting = self.refunds(order).filter(decided);
        if is_standing(bound.concept) && !self.may_stand_so() {
            return false;
        }
        if self.speaks_of_another() {
            return self.refunds(order).filter(|refund| refund.refund.is_some()).count() > 1
                && self.refunds(order).last().filter(decided).is_some_and(|refund| self.fits(&told, refund, order));
        }
        let together = || Refund::sum(order, self.refunds(order).filter(decided));
        fitting.any(|refund| self.fits(&told, refund, order))
            || (told.amounts.is_empty() && !told.mentions.is_empty() && self.fits(&told, &together(), order))
    }

    /// What the order shows as refunded, by whomever. `I have refunded …` needs a receipt of its own.
    fn order_tells(&self, at: usize, order: &Order, bound: Bound) -> bool {
        let refunded = order.refunded.is_some_and(|money| !money.is_zero());
        let all = order.payment == "refunded" || (order.refunded.is_some() && order.refunded == order.total);
        let told = self.told(bound);
        let bare = told.amounts.is_empty() && told.mentions.is_empty();
        if self.is_own_deed(at) || self.speaks_of_another() || !(all || refunded) {
            return false;
        }
        let everything = told.mentions.iter().all(|mention| mention.title.is_none() && mention.count == Count::All);
        let whole = all && told.amounts.is_empty() && everything;
        whole || (!bare && self.fits(&told, &Refund::of_order(order), order))
    }

    /// `I have refunded`, `we refunded`: the speaker stands right before the deed.
    pub(super) fn is_own_deed(&self, at: usize) -> bool {
        let before = self.reading.hits.get(self.segment.start..at).unwrap_or_default();
        let near = before.iter().rev().take_while(|hit| matches!(hit.what, What::Phrase(_))).take(3);
        near.into_iter().any(|hit| hit.has(Marker::FirstSingular) || hit.has(Marker::FirstPlural))
    }

    fn nothing_went_back(&self, order: &Order) -> bool {
        let known = !order.partial || !order.status.is_empty();
        let untouched = order.refunded.is_none_or(Money::is_zero)
            && !order.payment.contains("refunded")
            && !order.payment.is_empty();
        let named: Vec<&str> = self.titles().collect();
        let concerned = |refund: &&Refund| {
            refund.items.is_empty()
                || refund.items.iter().any(|units| {
                    named.is_empty() || named.iter().any(|title| title_names(self.language, title, &units.title))
                })
        };
        known
            && untouched
            && !self.refunds(order).filter(|refund| refund.may_be_paid()).any(|refund| concerned(&refund))
    }

    fn told(&self, bound: Bound) -> Told<'_> {
        let hits = self.reading.hits.get(self.segment.clone()).unwrap_or_default();
        let amounts = hits.iter().filter_map(|hit| match &hit.what {
            What::Atom(Atom::Money(amounts)) => Some(amounts.as_slice()),
            _ => None,
        });
        Told {
            amounts: amounts.collect(),
            mentions: mentions::of(self),
            whole: bound.concept == Concept::Refunded && bound.form == Form::Done && self.names_order(),
        }
    }

    pub(super) fn names_order(&self) -> bool {
        let hits = self.reading.hits.get(self.segment.clone()).unwrap_or_default();
        hits.iter().any(|hit| hit.has(Marker::OrderNoun) || matches!(hit.what, What::Atom(Atom::Order(_))))
    }

    /// Orders, parcels and goods do not wait for approval: the money for them does.
    fn may_stand_so(&self) -> bool {
        let hits = self.reading.hits.get(self.segment.clone()).unwrap_or_default();
        let money = hits.iter().any(|hit| {
            hit.has(Marker::CaseNoun)
                || matches!(hit.what, What::Atom(Atom::Money(_)))
                || hit.concepts().any(|(concept, _)| concept == Concept::Refunded)
        });
        let goods = self.names_order() || self.has(Marker::ParcelNoun) || self.titles().next().is_some();
        money || !goods
    }

    pub(super) fn speaks_of_another(&self) -> bool {
        [Marker::Rest, Marker::Second, Marker::Third, Marker::Further].into_iter().any(|marker| self.has(marker))
    }

    fn fits(&self, told: &Told, refund: &Refund, order: &Order) -> bool {
        let amounts = told.amounts.iter().all(|said| refund.amount.is_some_and(|amount| said.contains(&amount)));
        let bare = told.amounts.is_empty() && told.mentions.is_empty();
        let for_goods = !(refund.goodwill && refund.may_be_paid() && told.amounts.is_empty());
        if !amounts || !for_goods || (told.whole && bare && !covers(refund, order)) {
            return false;
        }
        let named: Vec<&str> = told.mentions.iter().filter_map(|mention| mention.title.as_deref()).collect();
        // An amount for several items is not that of one.
        let all_named = told.amounts.is_empty()
            || named.is_empty()
            || refund
                .items
                .iter()
                .all(|units| named.iter().any(|title| title_names(self.language, title, &units.title)));
        all_named && told.mentions.iter().all(|mention| self.mentions(mention, refund, order))
    }

    fn mentions(&self, mention: &Mention, refund: &Refund, order: &Order) -> bool {
        let Some(title) = &mention.title else {
            let quantity = refund.items.iter().map(|units| units.quantity).sum();
            return match mention.count {
                Count::All => covers(refund, order),
                _ => is_so_many(mention, quantity, order.items.iter().map(|item| item.quantity).sum()),
            };
        };
        refund
            .items
            .iter()
            .filter(|units| title_names(self.language, title, &units.title))
            .any(|units| is_so_many(mention, units.quantity, ordered(order, &units.title)))
    }

    // Why not

    /// `It could be returned until …`, `it can't be returned`: what the days and tags of a receipt say. `None`: the clause
    /// says nothing of the kind.
    pub(super) fn returnable(&self, bound: Bound) -> Option<bool> {
        let possible = bound.concept == Concept::Returned && bound.form != Form::Noun && self.has(Marker::Ability);
        let order = self.order.filter(|_| possible)?;
        let dates = self.segment.clone().filter_map(|at| match self.reading.hits.get(at).map(|hit| &hit.what) {
            Some(What::Atom(Atom::Date(date))) => Some(*date),
            _ => None,
        });
        let dates: Vec<_> = dates.collect();
        match (bound.negated, dates.is_empty()) {
            (true, true) => {
                Some(self.is_excluded(order) || self.is_too_late(order) || self.may_come_back(order, bound))
            }
            (false, true) => Some(self.may_come_back(order, bound)),
            (false, false) => {
                let today = self.evidence.today;
                let mut windows = self.windows(order).peekable();
                // `It could be returned until …` is said of days that are over.
                let over = self.is_too_late(order) && !self.has(Marker::PastAbility);
                let told = windows.peek().is_some() && !over;
                let last = |window: &receipts::Window| window.returnable_until;
                let fits = |day| dates.iter().all(|date| date.means(day, today));
                Some(told && windows.all(|window| last(window).is_some_and(fits)))
            }
            _ => None,
        }
    }

    /// Whether the dates of the clause are those of a window, and judged with it.
    pub(super) fn tells_a_window(&self) -> bool {
        self.returns_may_be(true)
    }

    /// Whether the clause has a day until which goods are taken back, and another one than the receipts.
    pub(super) fn tells_another_window(&self) -> bool {
        self.returns_may_be(false)
    }

    /// Whether a word of the clause says of a return that it is possible, and rightly or wrongly so.
    fn returns_may_be(&self, right: bool) -> bool {
        let tells = |bound: Bound| self.returnable(bound) == Some(right);
        self.has(Marker::Ability)
            && self.segment.clone().any(|at| self.reading.bound(self.segment, at).is_some_and(tells))
    }

    fn windows(&self, order: &Order) -> impl Iterator<Item = &receipts::Window> {
        let of_latest = self.refunds(order).filter(|refund| !refund.windows.is_empty()).last();
        of_latest.into_iter().flat_map(|refund| &refund.windows).filter(|window| self.is_meant(&window.title))
    }

    fn is_too_late(&self, order: &Order) -> bool {
        let mut windows = self.windows(order).peekable();
        windows.peek().is_some() && windows.all(|window| !window.open)
    }

    fn is_excluded(&self, order: &Order) -> bool {
        let tells = |refund: &Refund| {
            let excluded = |title: &str| refund.excluded.iter().any(|excluded| excluded.title == title);
            let mut meant = refund.items.iter().filter(|units| self.is_meant(&units.title)).peekable();
            meant.peek().is_some() && meant.all(|units| excluded(&units.title))
        };
        self.refunds(order).any(tells)
    }

    /// Whether the sentence names the item, or none at all.
    fn is_meant(&self, title: &str) -> bool {
        let mut named = titles(&self.reading.hits).peekable();
        named.peek().is_none() || named.any(|said| title_names(self.language, said, title))
    }

    fn goods_come_first(&self, order: &Order) -> bool {
        self.refunds(order).any(|refund| {
            let first = refund.instead.as_deref() == Some("send_the_goods_back_first")
                || matches!(refund.reason.as_deref(), Some("goods_first" | "goods_not_arrived"));
            first && refund.items.iter().any(|units| self.is_meant(&units.title))
        })
    }

    /// `Two of them can still be refunded`.
    fn is_left(&self, order: &Order, negated: bool) -> bool {
        let last = self.refunds(order).filter_map(|refund| refund.left.as_ref()).last();
        let Some(left) = last.filter(|left| self.is_meant(&left.title)) else { return false };
        match mentions::of(self).as_slice() {
            _ if negated => left.quantity == 0,
            [Mention { count: Count::Some(said) | Count::Of(said, _), .. }] => *said == left.quantity,
            _ => false,
        }
    }
}

/// Whether all goods of the order are in the receipt.
pub(super) fn covers(refund: &Refund, order: &Order) -> bool {
    !order.items.is_empty() && order.items.iter().all(|item| ordered(order, &item.title) == repaid(refund, &item.title))
}

fn ordered(order: &Order, title: &str) -> u64 {
    order.items.iter().filter(|item| item.title == title).map(|item| item.quantity).sum()
}

fn repaid(refund: &Refund, title: &str) -> u64 {
    refund.items.iter().filter(|units| units.title == title).map(|units| units.quantity).sum()
}

fn is_so_many(mention: &Mention, quantity: u64, ordered: u64) -> bool {
    match mention.count {
        Count::Unsaid if mention.inflected => quantity > 1 && quantity == ordered,
        Count::Unsaid => quantity == 1,
        Count::Some(said) => said == quantity,
        Count::All => quantity == ordered,
        Count::Of(said, all) => said == quantity && all.map_or(ordered > 1, |all| all == ordered),
        Count::Unclear => false,
    }
}
