//! The verdict over a sentence: every claim in it, clause by clause.

use std::ops::Range;

use super::atoms::Atom;
use super::clause::Clause;
use super::deeds::{Deed, Kind};
use super::evidence::Evidence;
use super::license::License;
use super::reading::{Reading, What};
use super::scope::{Focus, Selection};
use super::{Reason, Said, Withheld, source, text};
use crate::agents::language::{Concept, Form, Language, Marker};

/// More tokens than a sentence that a shopper would read.
const MOST_TOKENS: usize = 140;

pub(super) fn sentence(
    language: &Language,
    evidence: &Evidence,
    said: &Said,
    sentence: &str,
) -> Result<Said, Withheld> {
    let plain = text::readable(sentence, &evidence.characters)?;
    let plain = text::with_whole_numbers(plain, evidence.parted_numbers());
    let tokens = text::tokens(&plain);
    if tokens.len() > MOST_TOKENS {
        return Err(Withheld::new(Reason::TooLong, format!("{} words and signs in one sentence", tokens.len())));
    }
    let reading = Reading::new(language, evidence, &tokens);
    let mut focus = Focus::new(evidence, said);
    if source::repeats(language, evidence, &reading) {
        return Ok(focus.said(true));
    }
    let mut verified = 0;
    let mut last = None;
    for segment in &reading.segments {
        focus.turn_to(evidence, &reading, segment)?;
        for_each_order(language, evidence, &reading, segment, last)?;
        let (selection, found) = clause(language, evidence, &reading, segment, &focus, last)?;
        verified += found;
        if selection.is_some() {
            focus.selection = selection;
        }
        last = reading.last_concept(segment).or(last);
    }
    names_an_address(&reading, evidence, verified)?;
    leans_on_a_claim(&reading, verified, said.backed)?;
    speaks_of_goods(evidence, &reading, verified)?;
    Ok(focus.said(verified > 0))
}

/// The address of a change that was not made may stand beside what is said of the change, or in a question.
fn names_an_address(reading: &Reading, evidence: &Evidence, verified: usize) -> Result<(), Withheld> {
    let made = |deed: &Deed| deed.kind != Kind::Address || deed.is_done() || deed.is("unchanged");
    if !evidence.names_address || verified > 0 || reading.question || evidence.deeds.iter().all(made) {
        return Ok(());
    }
    Err(Withheld::new(Reason::Address, "nothing shows that this address was taken over"))
}

/// A claim about *your orders* must hold for each of them.
fn for_each_order(
    language: &Language,
    evidence: &Evidence,
    reading: &Reading,
    segment: &Range<usize>,
    last: Option<Bound>,
) -> Result<(), Withheld> {
    let named = reading
        .hits
        .get(segment.clone())
        .unwrap_or_default()
        .iter()
        .any(|hit| matches!(hit.what, What::Atom(Atom::Order(_))));
    if named || !reading.has(segment, Marker::OrdersNoun) {
        return Ok(());
    }
    for order in &evidence.orders {
        let focus = Focus { order: Some(order), selection: None };
        clause(language, evidence, reading, segment, &focus, last)?;
    }
    Ok(())
}

/// Judges a clause in each of its readings. Returns the parcels it speaks of and how many claims were verified.
fn clause(
    language: &Language,
    evidence: &Evidence,
    reading: &Reading,
    segment: &Range<usize>,
    focus: &Focus,
    before: Option<Bound>,
) -> Result<(Option<Selection>, usize), Withheld> {
    let mut first_failure = None;
    let selections = match focus.selections(language, reading, segment) {
        Ok(selections) => selections,
        Err(withheld) => return supported(language, evidence, reading, segment, withheld),
    };
    for selection in selections {
        let parcels = focus.parcels(&selection);
        let clause = Clause {
            language,
            evidence,
            reading,
            segment,
            order: focus.order,
            parcels: &parcels,
            whole: selection.whole,
            before,
            markers: reading.markers(segment),
        };
        match clause.judge() {
            Ok(verified) => return Ok((Some(selection), verified)),
            Err(withheld) => first_failure = first_failure.or(Some(withheld)),
        }
    }
    let withheld =
        first_failure.unwrap_or_else(|| Withheld::new(Reason::Status, "it is about no parcel that a receipt has"));
    supported(language, evidence, reading, segment, withheld)
}

fn supported(
    language: &Language,
    evidence: &Evidence,
    reading: &Reading,
    segment: &Range<usize>,
    withheld: Withheld,
) -> Result<(Option<Selection>, usize), Withheld> {
    if source::states(language, evidence, reading, segment) { Ok((None, 1)) } else { Err(withheld) }
}

/// *Yes*, *done* and signs like a tick say what something else says: without a checked claim beside them they are
/// withheld. So is a question that is only a heading for the answer after it.
fn leans_on_a_claim(reading: &Reading, verified: usize, backed: bool) -> Result<(), Withheld> {
    let whole = 0..reading.hits.len();
    let opens = |marker| reading.segments.iter().any(|segment| reading.opens_with(segment, marker));
    let asks = reading.question && (opens(Marker::Asks) || opens(Marker::AsksOpen));
    if reading.question && !asks && reading.hits.iter().any(|hit| hit.concepts().any(|(_, form)| form != Form::Topic)) {
        return Err(Withheld::new(Reason::Answer, "a heading in the form of a question"));
    }
    if verified > 0 {
        return Ok(());
    }
    let beside_a_question = reading.segments.iter().any(|segment| {
        let asked = reading.opens_with(segment, Marker::Asks) || reading.opens_with(segment, Marker::AsksOpen);
        !asked && segment.clone().any(|at| reading.completes(at) && reading.license.get(at) < Some(&License::Full))
    });
    if asks && !beside_a_question {
        return Ok(());
    }
    let only_signs = reading.hits.iter().all(|hit| matches!(hit.what, What::Sign | What::Mark));
    if only_signs && backed {
        return Ok(());
    }
    let signs = reading.hits.iter().any(|hit| matches!(hit.what, What::Sign));
    let unlicensed = |at: &usize| reading.license.get(*at) == Some(&License::None);
    let completion = whole.clone().filter(unlicensed).any(|at| reading.completes(at)) || (asks && beside_a_question);
    let answer = !reading.has(&whole, Marker::Offer) && reading.answers();
    if signs || completion || answer {
        return Err(Withheld::new(Reason::Answer, "it confirms something that no receipt shows"));
    }
    Ok(())
}

/// What is said of goods in words that claim nothing (`your parcel is there`) claims something all the same.
fn speaks_of_goods(evidence: &Evidence, reading: &Reading, verified: usize) -> Result<(), Withheld> {
    if verified > 0 {
        return Ok(());
    }
    let harmless = [
        Marker::Seeks,
        Marker::Ability,
        Marker::FirstSingular,
        Marker::Request,
        Marker::Offer,
        Marker::Greeting,
        Marker::Answer,
    ];
    // Beside a carrier's name nothing else may be said that is not looked at.
    let by_name = |segment| reading.names_the_carrier(segment);
    let only_by_name = reading.segments.iter().all(|segment| by_name(segment) || !reading.has(segment, Marker::Asks));
    for segment in &reading.segments {
        let about_goods = segment.clone().any(|at| {
            let nouns = [Marker::ParcelNoun, Marker::OrderNoun, Marker::CarrierNoun, Marker::CaseNoun];
            let goods = reading.hits.get(at).is_some_and(|hit| {
                nouns.iter().any(|noun| hit.has(*noun)) || hit.concepts().any(|(concept, _)| is_deed(concept))
            });
            goods && reading.license.get(at) == Some(&License::None)
        });
        let hits = reading.hits.get(segment.clone()).unwrap_or_default();
        let told = segment.clone().zip(hits).any(|(at, hit)| {
            let meant = |concept| reading.in_context(segment, at, concept, evidence.names_address);
            matches!(hit.what, What::Title(_) | What::Atom(_))
                || hit.concepts().any(|(concept, form)| form != Form::Topic && meant(concept))
        });
        let particular = told || (only_by_name && by_name(segment));
        let excused = harmless.iter().any(|marker| reading.has(segment, *marker));
        let of_the_store = segment.clone().any(|at| {
            let we = reading.hits.get(at).is_some_and(|hit| hit.has(Marker::FirstPlural));
            we && reading.license.get(at) == Some(&License::None)
        });
        // An apology for a wait is a courtesy; for that of a parcel it tells of a delay.
        let named = hits.iter().any(|hit| hit.concepts().next().is_some());
        let late = reading.has(segment, Marker::Apology) && (about_goods || particular || named);
        if late {
            return Err(Withheld::new(Reason::Status, "it apologizes for something that no receipt shows"));
        }
        // `The refund follows`, `it is being looked into`: someone else is said to be at it.
        let unlicensed = |at: usize| reading.license.get(at) == Some(&License::None);
        let says = |marker| {
            segment.clone().any(|at| unlicensed(at) && reading.hits.get(at).is_some_and(|hit| hit.has(marker)))
        };
        let worked_on = says(Marker::Looks) && reading.has(segment, Marker::Asks);
        let asked = reading.has(segment, Marker::Request) || reading.has(segment, Marker::Ability);
        if (says(Marker::Shows) && !asked) || (worked_on && !excused) {
            return Err(Withheld::new(Reason::Status, "it says what something does, which cannot be checked"));
        }
        if of_the_store {
            return Err(Withheld::new(Reason::Action, "it says something of the store that cannot be checked"));
        }
        if about_goods && !particular && !excused && reading.has(segment, Marker::Asks) {
            return Err(Withheld::new(Reason::Status, "it says something of the goods that cannot be checked"));
        }
    }
    Ok(())
}

/// A concept as it was last asserted: what a date or an amount in a following clause may lean on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bound {
    pub concept: Concept,
    pub form: Form,
    pub negated: bool,
    pub future: bool,
}

impl Reading<'_> {
    pub(super) fn negations(&self, segment: &Range<usize>) -> usize {
        let answer = |at: usize| {
            let next = self.hits.get(at + 1).is_none_or(|next| matches!(next.what, What::Mark));
            next && self.hits.get(at).is_some_and(|hit| hit.has(Marker::Answer))
        };
        segment
            .clone()
            .filter(|at| self.hits.get(*at).is_some_and(|hit| hit.has(Marker::Negation)) && !answer(*at))
            .count()
    }

    fn last_concept(&self, segment: &Range<usize>) -> Option<Bound> {
        segment.clone().rev().find_map(|at| self.bound(segment, at))
    }

    /// The concept at a hit that gives dates and amounts beside it their meaning.
    pub(super) fn bound(&self, segment: &Range<usize>, at: usize) -> Option<Bound> {
        let bare = |concept: &Concept| matches!(concept, Concept::Found | Concept::Completion | Concept::Verified);
        let meant = |concept: &Concept| !bare(concept) && self.in_context(segment, at, *concept, false);
        let (concept, form) = self.hits.get(at)?.concepts().find(|(concept, _)| meant(concept))?;
        Some(Bound {
            concept,
            form,
            negated: self.negations(segment) % 2 == 1,
            future: self.has(segment, Marker::Future),
        })
    }

    fn completes(&self, at: usize) -> bool {
        self.hits.get(at).is_some_and(|hit| hit.concepts().any(|(concept, _)| concept == Concept::Completion))
    }

    /// Whether an answer stands alone in its clause: `Yes.`, `it has.`
    fn answers(&self) -> bool {
        let seeking = [Marker::Seeks, Marker::Need, Marker::Request];
        let asks = self.hits.iter().any(|hit| seeking.iter().any(|marker| hit.has(*marker)));
        // `Please reply "yes"`: the word that is asked for.
        let named = |at: usize| {
            let before = at.checked_sub(1).and_then(|before| self.hits.get(before));
            let token = before.and_then(|hit| self.tokens.get(hit.start));
            asks && token.is_some_and(|token| token.is_mark("\"'(/"))
        };
        self.hits.iter().enumerate().any(|(at, hit)| {
            hit.has(Marker::Answer)
                && !named(at)
                && self.license.get(at) != Some(&License::Full)
                && self.hits.get(at + 1).is_none_or(|next| matches!(next.what, What::Mark | What::Sign))
        })
    }
}

/// What the store does with goods and money, so that a *return request* is no less than a parcel.
fn is_deed(concept: Concept) -> bool {
    use Concept as C;
    matches!(
        concept,
        C::Action | C::Returned | C::Refunded | C::Cancelled | C::Paid | C::AddressChanged | C::ReturnLabel
    )
}
