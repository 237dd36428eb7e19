//! The verdict over a sentence: every claim in it, clause by clause.

use std::ops::Range;

use super::atoms::Atom;
use super::evidence::{Evidence, Order, Parcel};
use super::license::License;
use super::reading::{Hit, Reading, What};
use super::refunds::is_about_refunds;
use super::scope::{Focus, Selection, title_names};
use super::truth::Claim;
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
    leans_on_a_claim(&reading, verified, said.backed)?;
    speaks_of_goods(&reading, verified)?;
    Ok(focus.said(verified > 0))
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
    let beside_a_question = reading.segments.iter().any(|segment| {
        let asked = reading.opens_with(segment, Marker::Asks) || reading.opens_with(segment, Marker::AsksOpen);
        !asked && segment.clone().any(|at| reading.completes(at) && reading.license.get(at) < Some(&License::Full))
    });
    if verified > 0 || (asks && !beside_a_question) {
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
fn speaks_of_goods(reading: &Reading, verified: usize) -> Result<(), Withheld> {
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
    for segment in &reading.segments {
        let about_goods = segment.clone().any(|at| {
            let nouns = [Marker::ParcelNoun, Marker::OrderNoun, Marker::CarrierNoun, Marker::CaseNoun];
            let goods = reading.hits.get(at).is_some_and(|hit| {
                nouns.iter().any(|noun| hit.has(*noun)) || hit.concepts().any(|(concept, _)| is_deed(concept))
            });
            goods && reading.license.get(at) == Some(&License::None)
        });
        let hits = reading.hits.get(segment.clone()).unwrap_or_default();
        let particular = hits.iter().any(|hit| {
            matches!(hit.what, What::Title(_) | What::Atom(_)) || hit.concepts().any(|(_, form)| form != Form::Topic)
        });
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
        let (concept, form) = self.hits.get(at)?.concepts().find(|(concept, _)| !bare(concept))?;
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
}

impl Clause<'_> {
    fn judge(&self) -> Result<usize, Withheld> {
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
        let own = self.segment.clone().any(|at| self.reading.bound(self.segment, at).is_some());
        let Some(before) =
            self.before.filter(|_| !own && self.parcels.len() < self.order.map_or(0, |order| order.shipments.len()))
        else {
            return Ok(false);
        };
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
        self.reading.has(self.segment, marker)
    }

    pub(super) fn raw(&self, at: usize) -> String {
        let range = self.reading.hits.get(at).map_or(0..0, |hit| hit.start..hit.end);
        let tokens = self.reading.tokens.get(range).unwrap_or_default();
        tokens.iter().map(|token| token.raw.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// A word may be one of movement (`left`, `arrived`): beside a place it tells of a scan, otherwise of the parcel.
    pub(super) fn means(&self, at: usize, concept: Concept) -> bool {
        let Some(hit) = self.reading.hits.get(at) else { return true };
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
        if promised && !self.evidence.confirmed(crate::domain::effect::EffectKind::Ticket) {
            return Err(Withheld::new(Reason::Promise, "no ticket is open that a person would answer"));
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
            concept if self.moves_money(concept) => false,
            _ => self.returnable(bound).unwrap_or_else(|| self.claim(bound).holds(self.evidence)),
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
        let undone = first && negated && !future && matches!(concept, C::Action | C::Escalated);
        let asked = self.has(Marker::Request)
            && !future
            && form == Form::Open
            && matches!(concept, C::Action | C::CodeSent | C::Delivered | C::Verified);
        let offered = self.has(Marker::Offer)
            && !negated
            && form != Form::Done
            && matches!(concept, C::Escalated | C::CodeSent | C::Verified);
        undone || asked || offered
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

/// What the store does with goods and money, so that a *return request* is no less than a parcel.
fn is_deed(concept: Concept) -> bool {
    use Concept as C;
    matches!(concept, C::Action | C::Returned | C::Refunded | C::Cancelled | C::Paid)
}

fn reason_of(concept: Concept) -> Reason {
    use Concept as C;
    match concept {
        C::Action | C::Escalated | C::CodeSent => Reason::Action,
        C::Promise => Reason::Promise,
        C::Rule | C::FinalSale => Reason::Rule,
        C::InStock | C::SoldOut => Reason::Product,
        C::Completion => Reason::Answer,
        _ => Reason::Status,
    }
}
