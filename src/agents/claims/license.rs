//! What is asserted in a sentence, rather than asked, asked for, offered, supposed or doubted.

use std::ops::Range;

use super::reading::{Hit, Reading, What};
use crate::agents::language::{Concept, Form, Marker, Markers};

/// How much may be said at a place without evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum License {
    /// Nothing: it is asserted.
    None,
    /// What may be done is named: *let me look up the return*. No noun that claims by being mentioned is free.
    Named,
    /// A thing may be named, an event imagined; that it happened is asserted all the same.
    Mention,
    /// Whether it happened is what is asked or supposed.
    Full,
}

/// What ends a license that goes on from a word: a clause of its own, the store as the one who acts, what will be or can
/// be, and what is handed out.
const CLOSES: Markers =
    Markers::of(&[Marker::Link, Marker::Asks, Marker::FirstPlural, Marker::Future, Marker::Ability, Marker::Gain]);

/// What a wish ends at.
const ENDS_A_WISH: Markers = Markers::of(&[Marker::Asks, Marker::FirstPlural]);

/// What ends a condition.
const ENDS_A_CONDITION: Markers = Markers::of(&[Marker::Link, Marker::Future, Marker::FirstPlural]);

/// What a license can begin at.
const GRANTS: Markers = Markers::of(&[
    Marker::Hypothetical,
    Marker::Temporal,
    Marker::Reported,
    Marker::Wish,
    Marker::About,
    Marker::Seeks,
    Marker::Need,
    Marker::Looks,
    Marker::Informs,
]);

impl Reading<'_> {
    pub(super) fn grant(&mut self) {
        let segments = self.segments.clone();
        let whole = 0..self.hits.len();
        let presupposes = self.has(&whole, Marker::Presupposes);
        for segment in &segments {
            if self.question && !presupposes {
                self.grant_question(segment);
            }
            let said = self.markers(segment);
            if said.has_any(GRANTS) {
                self.grant_words(segment);
            }
            if said.has(Marker::FirstSingular) && said.has(Marker::Negation) && said.has(Marker::Ability) {
                segment.clone().for_each(|at| self.raise(at, License::Mention));
            }
        }
        self.grant_purposes();
        self.go_on();
        self.grant_doubt();
    }

    fn grant_words(&mut self, segment: &Range<usize>) {
        self.grant_after(segment, Marker::Hypothetical, License::Full, ENDS_A_CONDITION);
        self.grant_after(segment, Marker::Temporal, License::Mention, Markers::of(&[Marker::Future]));
        self.grant_after(segment, Marker::Reported, License::Full, Markers::default());
        self.grant_from(segment, Marker::Wish, ENDS_A_WISH);
        self.grant_about(segment);
        self.grant_from(segment, Marker::Seeks, CLOSES);
        self.grant_need(segment);
        self.grant_looks(segment);
        self.grant_informs(segment);
    }

    fn raise(&mut self, at: usize, license: License) {
        if let Some(known) = self.license.get_mut(at) {
            *known = license.max(*known);
        }
    }

    fn grant_question(&mut self, segment: &Range<usize>) {
        let asks = self.opens_with(segment, Marker::Asks);
        // `The refund is on your card, can you see it?`
        let states = self.has(segment, Marker::Asks) || self.has(segment, Marker::Shows);
        if states && !asks && !self.opens_with(segment, Marker::AsksOpen) {
            return;
        }
        let mut license = if asks { License::Full } else { License::Mention };
        for (offset, at) in segment.clone().enumerate() {
            // What a second verb says is not what is asked, and the store does not ask what it did.
            let ends = [Marker::Link, Marker::Asks, Marker::FirstPlural];
            if offset > 0 && self.hits.get(at).is_some_and(|hit| ends.iter().any(|end| hit.has(*end))) {
                license = License::Mention;
            }
            self.raise(at, license);
        }
    }

    /// From a marker to the end of its clause, or to one of `ends`.
    fn grant_after(&mut self, segment: &Range<usize>, marker: Marker, license: License, ends: Markers) {
        let mut open = false;
        for at in segment.clone() {
            let Some(hit) = self.hits.get(at) else { continue };
            if hit.has(marker) {
                open = true;
            } else if hit.markers.has_any(ends) {
                open = false;
            }
            if open {
                self.raise(at, license);
            }
        }
    }

    fn grant_about(&mut self, segment: &Range<usize>) {
        let starts: Vec<usize> =
            segment.clone().filter(|at| self.hits.get(*at).is_some_and(|hit| hit.has(Marker::About))).collect();
        for start in starts {
            self.raise(start, License::Mention);
            self.raise_until_closed(start + 1..segment.end.min(start + 10));
        }
    }

    /// `I need your order number`, `I need to confirm the return`; but `I need to refund you` says what will be done.
    fn grant_need(&mut self, segment: &Range<usize>) {
        let has = |at: usize, marker| self.hits.get(at).is_some_and(|hit| hit.has(marker));
        let Some(need) = segment.clone().find(|at| has(*at, Marker::Need)) else { return };
        if !has(need + 1, Marker::Purpose) {
            self.raise_until_closed(need + 1..segment.end);
        } else if self.hits.get(need + 2).is_some_and(only_informs) {
            let license = if has(need + 2, Marker::Looks) { License::Named } else { License::Mention };
            self.raise_up_to(need + 2..segment.end, CLOSES, license);
        }
    }

    /// `Let me look up the return`: what is looked for is not said to be.
    fn grant_looks(&mut self, segment: &Range<usize>) {
        let has = |at: usize, marker| self.hits.get(at).is_some_and(|hit| hit.has(marker));
        let opens = |at: usize| has(at, Marker::Offer) || has(at, Marker::Need) || has(at, Marker::Future);
        let looks = segment
            .clone()
            .find(|at| has(*at, Marker::Looks) && (at.saturating_sub(3).max(segment.start)..=*at).any(opens));
        if let Some(start) = looks {
            self.raise(start, License::Named);
            self.raise_up_to(start + 1..segment.end, CLOSES, License::Named);
        }
    }

    /// `Please also confirm the return`.
    fn grant_informs(&mut self, segment: &Range<usize>) {
        let has = |at: usize, marker| self.hits.get(at).is_some_and(|hit| hit.has(marker));
        let informs = segment.clone().find(|at| {
            let asked = |before: usize| has(before, Marker::Request) && !has(before, Marker::Seeks);
            let imperative = *at == 0 && !self.question;
            let please = (at.saturating_sub(3).max(segment.start)..*at).any(asked);
            has(*at, Marker::Informs) && (imperative || please)
        });
        if let Some(start) = informs {
            self.raise(start, License::Mention);
            self.raise_until_closed(start + 1..segment.end);
        }
    }

    /// A license goes on over a word that joins (`the return and exchange`) or that asks (`to find which one …`).
    fn go_on(&mut self) {
        for pair in self.segments.clone().windows(2) {
            let [before, segment] = pair else { continue };
            let last = before.end.checked_sub(1);
            let licensed = last.and_then(|last| self.license.get(last)).copied().unwrap_or(License::None);
            if licensed < License::Named {
                continue;
            }
            let has = |at: usize, marker| self.hits.get(at).is_some_and(|hit| hit.has(marker));
            let opened = last.and_then(|last| self.hits.get(last)).and_then(|hit| self.tokens.get(hit.start));
            let joins = has(segment.start, Marker::Joins);
            if has(segment.start, Marker::Which) || (joins && has(segment.start + 1, Marker::Which)) {
                self.raise_up_to(segment.start + 1..segment.end, CLOSES, licensed.min(License::Mention));
            } else if opened.is_some_and(|token| token.is_mark("(")) {
                self.raise_up_to(segment.clone(), CLOSES, License::Named);
            } else if joins && licensed == License::Named {
                let listed = self.hits.get(segment.start + 1).is_some_and(|hit| matches!(hit.what, What::Mentioned));
                if listed {
                    self.raise(segment.start + 1, License::Named);
                }
            } else if joins {
                self.join(before, segment);
            }
        }
    }

    fn join(&mut self, before: &Range<usize>, segment: &Range<usize>) {
        let at = segment.start + 1;
        let Some(next) = self.hits.get(at) else { return };
        let form = |wanted: Form| next.concepts().any(|(_, form)| form == wanted);
        let one_word = next.end == next.start + 1;
        if form(Form::Noun) {
            // `and refunds follow`: a noun may be the subject of what comes.
            if self.is_last(segment, at) {
                self.raise(at, License::Mention);
            }
            return;
        }
        let verb = matches!(next.what, What::Mentioned) || (one_word && form(Form::Open)) || next.has(Marker::Informs);
        if verb && !self.does_something(before) {
            self.raise_until_closed(at..segment.end);
        }
    }

    /// `I need to confirm …`: what `and` joins to it is done, not asked for.
    fn does_something(&self, segment: &Range<usize>) -> bool {
        let has = |at: usize, marker| self.hits.get(at).is_some_and(|hit| hit.has(marker));
        segment.clone().any(|at| has(at, Marker::Need) && has(at + 1, Marker::Purpose))
    }

    fn is_last(&self, segment: &Range<usize>, at: usize) -> bool {
        let after = self.hits.get(at + 1..segment.end).unwrap_or_default();
        after.iter().all(|hit| matches!(hit.what, What::Mark))
    }

    /// What something is asked for: `To start the return, I need …`, `Please provide your name and zip code to start`.
    fn grant_purposes(&mut self) {
        let looks = |hit: &Hit| hit.has(Marker::Looks) && !hit.concepts().any(|_| true);
        let offers = self.hits.iter().any(|hit| hit.has(Marker::Offer) || hit.has(Marker::Future));
        let asks = |hit: &Hit| hit.has(Marker::Seeks) || hit.has(Marker::Need) || (offers && looks(hit));
        if !(self.question || self.hits.iter().any(asks)) {
            return;
        }
        let mut asked = false;
        for segment in self.segments.clone() {
            let lead = |at: &usize| {
                self.hits.get(*at).is_some_and(|hit| {
                    matches!(hit.what, What::Mark) || (hit.has(Marker::Break) && !hit.has(Marker::Purpose))
                })
            };
            let purposes: Vec<usize> =
                segment.clone().filter(|at| self.hits.get(*at).is_some_and(|hit| hit.has(Marker::Purpose))).collect();
            let first = segment.clone().find(|at| !lead(at));
            for start in purposes {
                let before = self.hits.get(segment.start..start).unwrap_or_default();
                let verb = self.hits.get(start + 1).is_some_and(|hit| {
                    matches!(hit.what, What::Mentioned)
                        || hit.has(Marker::Looks)
                        || hit.concepts().any(|(_, form)| form == Form::Open)
                });
                let directly = before.last().is_some_and(|hit| hit.has(Marker::Need));
                let asked = asked || (!directly && before.iter().any(asks));
                if Some(start) == first || (asked && verb) {
                    self.raise_until_closed(start + 1..segment.end);
                }
            }
            asked |= self.hits.get(segment.clone()).unwrap_or_default().iter().any(asks);
        }
    }

    fn grant_from(&mut self, segment: &Range<usize>, marker: Marker, closes: Markers) {
        let opens = |at: &usize| self.hits.get(*at).is_some_and(|hit| hit.has(marker));
        let starts: Vec<usize> = segment.clone().filter(opens).collect();
        for start in starts {
            self.raise(start, License::Mention);
            self.raise_up_to(start + 1..segment.end, closes, License::Mention);
        }
    }

    fn raise_until_closed(&mut self, range: Range<usize>) {
        self.raise_up_to(range, CLOSES, License::Mention);
    }

    /// Up to a hit that closes. `… the refund shows on your card`: with a verb of its own it is a statement, not a wish.
    fn raise_up_to(&mut self, range: Range<usize>, closes: Markers, license: License) {
        let has = |at: usize, marker| self.hits.get(at).is_some_and(|hit| hit.has(marker));
        let closes = |hit: &Hit| !hit.has(Marker::Which) && hit.markers.has_any(closes);
        let closed = |at: &usize| self.hits.get(*at).is_some_and(closes);
        let end = range.clone().find(closed).unwrap_or(range.end);
        if !(range.start..end).any(|at| has(at, Marker::Shows)) {
            (range.start..end).for_each(|at| self.raise(at, license));
        }
    }

    /// Doubt goes over the links of its sentence (`I don't know whether …`) up to the next clause of its own.
    fn grant_doubt(&mut self) {
        let mut license = License::None;
        for at in 0..self.hits.len() {
            let Some(hit) = self.hits.get(at) else { continue };
            let mark = matches!(hit.what, What::Mark);
            if hit.has(Marker::Doubt) {
                license = License::Full;
            } else if mark || hit.has(Marker::Break) {
                license = License::None;
            } else if license == License::Full && hit.has(Marker::AsksOpen) {
                license = License::Mention;
            }
            self.raise(at, license);
        }
    }
}

/// A verb that does nothing to goods or money.
fn only_informs(hit: &Hit) -> bool {
    let harmless = |concept| matches!(concept, Concept::Verified | Concept::Found);
    let known = matches!(hit.what, What::Phrase(_)) || hit.has(Marker::Looks);
    known && hit.concepts().all(|(concept, _)| harmless(concept))
}
