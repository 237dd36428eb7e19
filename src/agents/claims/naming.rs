//! Words that no file knows: where they may stand all the same.

use super::clause::Clause;
use super::license::License;
use super::reading::{Hit, What};
use crate::agents::language::Marker;

impl Clause<'_> {
    /// A word that is not free everywhere may stand in a question, in what is only mentioned if the file lists it or the
    /// shopper used it, and as the name of the one who is spoken to.
    pub(super) fn may_stand(&self, at: usize, license: License) -> bool {
        let raw = self.raw(at);
        let listed = matches!(self.hit(at), Some(Hit { what: What::Mentioned, .. }));
        let mentioned = license >= License::Named
            && ((self.reading.question && license >= License::Mention)
                || listed
                || self.evidence.echoes(self.language, &raw));
        mentioned || (raw.starts_with(char::is_uppercase) && (self.is_greeted(at) || self.is_spoken_to(at)))
    }

    fn hit(&self, at: usize) -> Option<&Hit<'_>> {
        self.reading.hits.get(at)
    }

    fn is_greeted(&self, at: usize) -> bool {
        let before = |back: usize| at.checked_sub(back).and_then(|before| self.hit(before));
        let greets = |back: usize| before(back).is_some_and(|hit| hit.has(Marker::Greeting));
        greets(1) || (greets(2) && before(1).is_some_and(|hit| matches!(hit.what, What::Mark)))
    }

    /// `…, Mei.`: set apart by marks, beside words that are no name, and written so by the shopper.
    fn is_spoken_to(&self, at: usize) -> bool {
        let named = |at: usize| {
            matches!(self.hit(at), Some(Hit { what: What::Unknown | What::Mentioned | What::Name, .. }))
                && self.evidence.names_customer(&self.raw(at))
        };
        let boundary = |hit: Option<&Hit>| {
            hit.is_none_or(|hit| {
                let token = self.reading.tokens.get(hit.start);
                token.is_some_and(|token| token.is_mark(",.!?–—:"))
            })
        };
        let first = (0..=at).rev().take_while(|at| named(*at)).last();
        let last = (at..self.reading.hits.len()).take_while(|at| named(*at)).last();
        let (Some(first), Some(last)) = (first, last) else { return false };
        let before = first.checked_sub(1).and_then(|before| self.hit(before));
        let others = self.reading.hits.iter().any(|hit| matches!(hit.what, What::Phrase(_)));
        others && last - first < 3 && boundary(before) && boundary(self.hit(last + 1))
    }
}
