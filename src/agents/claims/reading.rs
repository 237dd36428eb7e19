//! How a sentence is read: what each word is, and where its clauses begin.

use std::borrow::Cow;

use super::atoms::{self, Atom};
use super::evidence::{Evidence, Scan, parts};
use super::judge::Bound;
use super::license::License;
use super::text::{Kind, Token};
use crate::agents::language::{Concept, Form, Language, Marker, Markers, Role};
use crate::domain::text::{Sieve, lower};

/// What some tokens are.
#[derive(Clone, Debug)]
pub(super) enum What<'r> {
    Phrase(&'r [Role]),
    Atom(Atom),
    /// Words of an item's or a product's title.
    Title(String),
    Carrier(String),
    /// A city or a state of a scan.
    Place(String),
    Name,
    Unknown,
    /// A word that the file knows only as something to mention.
    Mentioned,
    Sign,
    Mark,
}

#[derive(Clone, Debug)]
pub(super) struct Hit<'r> {
    pub start: usize,
    pub end: usize,
    pub what: What<'r>,
    /// Of the phrase.
    pub markers: Markers,
}

impl<'r> Hit<'r> {
    fn new(start: usize, end: usize, what: What<'r>) -> Self {
        let roles = if let What::Phrase(roles) = what { roles } else { &[] };
        let marker = |role: &Role| if let Role::Marker(marker) = role { Some(*marker) } else { None };
        Self { start, end, what, markers: roles.iter().filter_map(marker).collect() }
    }
}

impl Hit<'_> {
    pub fn has(&self, marker: Marker) -> bool {
        self.markers.has(marker)
    }

    fn is_neutral(&self) -> bool {
        matches!(self.what, What::Phrase(roles) if roles.contains(&Role::Neutral))
    }

    pub fn concepts(&self) -> impl Iterator<Item = (Concept, Form)> + '_ {
        let roles = if let What::Phrase(roles) = self.what { roles } else { &[] };
        roles
            .iter()
            .filter_map(|role| if let Role::Concept(concept, form) = role { Some((*concept, *form)) } else { None })
    }
}

/// A sentence, read.
#[derive(Debug)]
pub(super) struct Reading<'r> {
    pub tokens: &'r [Token<'r>],
    pub hits: Vec<Hit<'r>>,
    /// Ranges of hits, in order, covering all.
    pub segments: Vec<std::ops::Range<usize>>,
    /// Per hit.
    pub license: Vec<License>,
    pub question: bool,
}

impl<'r> Reading<'r> {
    pub fn new(language: &'r Language, evidence: &'r Evidence, tokens: &'r [Token<'r>]) -> Self {
        let hits = hits(language, evidence, tokens);
        let segments = segments(&hits, tokens);
        let last = tokens.iter().rev().find(|token| !token.is_mark("\"')*»") && token.kind != Kind::Sign);
        let question = last.is_some_and(|token| token.is_mark("?"));
        let mut reading = Self { tokens, license: vec![License::None; hits.len()], hits, segments, question };
        reading.grant();
        reading
    }

    pub fn has(&self, range: &std::ops::Range<usize>, marker: Marker) -> bool {
        self.hits.get(range.clone()).unwrap_or_default().iter().any(|hit| hit.has(marker))
    }

    /// All markers of some hits.
    pub fn markers(&self, range: &std::ops::Range<usize>) -> Markers {
        let hits = self.hits.get(range.clone()).unwrap_or_default();
        hits.iter().fold(Markers::default(), |all, hit| all.with(hit.markers))
    }

    /// Whether a word that means different deeds means this one: `opened` opens a return where a return is spoken of.
    /// `address`: the clause names one that was taken out of it.
    pub fn in_context(&self, segment: &std::ops::Range<usize>, at: usize, concept: Concept, address: bool) -> bool {
        let Some(hit) = self.hits.get(at) else { return true };
        let around = |concept: Concept| match noun_of(concept) {
            Some(Marker::AddressNoun) if address => true,
            Some(noun) => self.has(segment, noun),
            None => false,
        };
        if hit.concepts().any(|(other, _)| around(other)) {
            return around(concept);
        }
        let otherwise = hit.is_neutral() || hit.concepts().any(|(other, _)| noun_of(other).is_none());
        noun_of(concept).is_none() || !otherwise
    }

    /// Whether a deed is said where its noun stands; a noun says by itself what it means.
    pub fn is_of_deed(&self, segment: &std::ops::Range<usize>, bound: Bound, address: bool) -> bool {
        noun_of(bound.concept).is_none_or(|noun| {
            bound.form == Form::Noun || self.has(segment, noun) || (address && noun == Marker::AddressNoun)
        })
    }

    /// `The carrier of the first parcel is UPS`: the name is what the clause says, and not what it speaks of.
    pub fn names_the_carrier(&self, range: &std::ops::Range<usize>) -> bool {
        let hits = self.hits.get(range.clone()).unwrap_or_default();
        let mut verbs = hits.iter().enumerate().filter(|(_, hit)| hit.has(Marker::Asks));
        let (Some((at, _)), None) = (verbs.next(), verbs.next()) else { return false };
        let beside = [at.checked_sub(1), at.checked_add(1)].into_iter().flatten();
        let named = beside.filter_map(|at| hits.get(at)).any(|hit| matches!(hit.what, What::Carrier(_)));
        named && self.has(range, Marker::CarrierNoun) && !self.has(range, Marker::Negation)
    }

    /// Whether the clause opens as a yes-or-no question (`Asks`) or as another (`AsksOpen`), after words that only
    /// lead up to it.
    pub fn opens_with(&self, range: &std::ops::Range<usize>, marker: Marker) -> bool {
        let lead = |hit: &&Hit| {
            matches!(hit.what, What::Mark)
                || (hit.has(Marker::Break) && !hit.has(Marker::AsksOpen))
                || (hit.has(Marker::Request) && !hit.has(Marker::Asks))
                || hit.has(Marker::Answer)
        };
        let hits = self.hits.get(range.clone()).unwrap_or_default();
        let opens = |hits: &[Hit]| hits.iter().find(|hit| !lead(hit)).is_some_and(|hit| hit.has(marker));
        // `For example, do you …`: what stands before the comma claims nothing by itself.
        let comma = |hit: &Hit| {
            let token = self.tokens.get(hit.start);
            token.is_some_and(|token| matches!(hit.what, What::Mark) && token.is_mark(",:"))
        };
        let after = || hits.iter().position(comma).and_then(|at| hits.get(at + 1..)).unwrap_or_default();
        opens(hits) || opens(after())
    }
}

/// The noun beside which a word means a deed of this kind.
fn noun_of(concept: Concept) -> Option<Marker> {
    match concept {
        Concept::AddressChanged => Some(Marker::AddressNoun),
        Concept::NoteAdded => Some(Marker::NoteNoun),
        Concept::ReturnOpen | Concept::ReturnRequested => Some(Marker::ReturnNoun),
        _ => None,
    }
}

/// Words in which a phrase or a name is looked for.
pub(super) const LONGEST_RUN: usize = 8;
/// Of a state or a province, as `OR` and `NSW`.
const LONGEST_CODE: usize = 3;

/// What says something by itself: a clause with one of these waits for no other.
const VERBAL: Markers = Markers::of(&[
    Marker::Negation,
    Marker::Future,
    Marker::Hypothetical,
    Marker::Temporal,
    Marker::Doubt,
    Marker::Asks,
    Marker::AsksOpen,
    Marker::Reported,
    Marker::Wish,
    Marker::FirstSingular,
    Marker::Request,
    Marker::Seeks,
    Marker::Need,
    Marker::Shows,
    Marker::Looks,
    Marker::Offer,
    Marker::Answer,
    Marker::Greeting,
]);

fn hits<'r>(language: &'r Language, evidence: &Evidence, tokens: &'r [Token]) -> Vec<Hit<'r>> {
    let mut atoms = atoms::find(language, evidence, tokens).into_iter().peekable();
    let names = Names::new(evidence);
    let mut hits = Vec::with_capacity(tokens.len());
    let mut run: Vec<&str> = Vec::with_capacity(LONGEST_RUN);
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        if let Some(placed) = atoms.next_if(|placed| placed.start == at) {
            at = placed.end;
            hits.push(Hit::new(placed.start, placed.end, What::Atom(placed.atom)));
            continue;
        }
        let stop = atoms.peek().map_or(tokens.len(), |placed| placed.start);
        let words = tokens.get(at..stop).unwrap_or_default().iter().take(LONGEST_RUN);
        run.clear();
        run.extend(words.take_while(|token| token.is_word()).map(|token| token.text.as_ref()));
        let (length, what) = match token.kind {
            Kind::Word => {
                let ends = tokens.get(at + run.len()).is_none_or(|next| matches!(next.kind, Kind::Mark | Kind::Sign));
                word(language, &names, &run, token.raw, at == 0, ends)
            }
            Kind::Sign => (1, What::Sign),
            _ => (1, What::Mark),
        };
        hits.push(Hit::new(at, at + length, what));
        at += length;
    }
    hits
}

/// The longest phrase at the start of `run`. An answer of several words (`it has`) is one only at the end of a clause,
/// an acknowledgement (`got it`) only as a clause that opens the sentence: elsewhere their words are those of a statement.
/// `starts`, `ends`: the run opens the sentence, and a mark follows it.
fn phrase<'r>(language: &'r Language, run: &[&str], starts: bool, ends: bool) -> Option<(usize, &'r [Role])> {
    let (length, roles) = language.lexicon.longest(run)?;
    let has = |marker| roles.contains(&Role::Marker(marker));
    let alone = length == run.len() && ends;
    let fits = (alone || !has(Marker::Answer)) && ((alone && starts) || !has(Marker::Acknowledges));
    if length > 1 && !fits {
        return phrase(language, run.get(..length - 1)?, starts, false);
    }
    Some((length, roles))
}

/// `raw`: the run's first word, as it is written. `starts`, `ends`: as for a phrase.
fn word<'r>(
    language: &'r Language,
    names: &Names,
    run: &[&str],
    raw: &str,
    starts: bool,
    ends: bool,
) -> (usize, What<'r>) {
    if let Some((length, what)) = names.whole(run, raw) {
        return (length, what);
    }
    let known = phrase(language, run, starts, ends);
    if let Some((length, roles)) = known.filter(|(_, roles)| *roles != [Role::Mentioned]) {
        return (length, What::Phrase(roles));
    }
    let first = run.first().copied().unwrap_or_default();
    let what = if let Some(known) = names.title_word(language, first) {
        What::Title(known)
    } else if names.has_other(first) {
        What::Name
    } else if known.is_some() {
        What::Mentioned
    } else {
        What::Unknown
    };
    (1, what)
}

/// The names that receipts tell. Most words begin none: then no name is looked at.
struct Names<'e> {
    evidence: &'e Evidence,
    /// With which words the names of several words begin.
    openings: Sieve,
}

impl<'e> Names<'e> {
    fn new(evidence: &'e Evidence) -> Self {
        let names = Self { evidence, openings: Sieve::default() };
        let all = names.titles().chain(names.carriers()).chain(names.cities()).chain(names.states());
        let openings = all.filter_map(|name| parts(name).next()).collect();
        Self { openings, ..names }
    }

    /// Of items and products.
    fn titles(&self) -> impl Iterator<Item = &'e str> + use<'e> {
        let orders = self.evidence.orders.iter();
        let items =
            orders.flat_map(|order| order.items.iter().chain(order.shipments.iter().flat_map(|parcel| &parcel.items)));
        let named = items.flat_map(|item| std::iter::once(&item.title).chain(&item.variant));
        named.chain(self.evidence.products.iter().map(|product| &product.title)).map(String::as_str)
    }

    fn carriers(&self) -> impl Iterator<Item = &'e str> + use<'e> {
        let orders = &self.evidence.orders;
        let parcels = orders.iter().flat_map(|order| &order.shipments).filter_map(|parcel| parcel.carrier.as_deref());
        let labels = orders.iter().flat_map(|order| &order.labels).filter_map(|label| label.carrier.as_deref());
        parcels.chain(labels)
    }

    fn scans(&self) -> impl Iterator<Item = &'e Scan> + use<'e> {
        let parcels = self.evidence.orders.iter().flat_map(|order| &order.shipments);
        parcels.flat_map(|parcel| parcel.scans())
    }

    fn cities(&self) -> impl Iterator<Item = &'e str> + use<'e> {
        self.scans().filter_map(|scan| scan.city.as_deref())
    }

    fn states(&self) -> impl Iterator<Item = &'e str> + use<'e> {
        self.scans().filter_map(|scan| scan.state.as_deref())
    }

    /// `raw`: the run's first word, as it is written.
    fn whole<'r>(&self, run: &[&str], raw: &str) -> Option<(usize, What<'r>)> {
        if !self.openings.may_hold(run.first()?) {
            return None;
        }
        let name = |length: usize| run.get(..length).unwrap_or_default().join(" ");
        // A title of one common word is left to the lexicon.
        if let Some(length) = longest(self.titles(), run).filter(|length| *length > 1) {
            return Some((length, What::Title(name(length))));
        }
        if let Some(length) = longest(self.carriers(), run) {
            return Some((length, What::Carrier(name(length))));
        }
        // `OR` is Oregon, and `or` a word like `in`, `me` and `hi`.
        let states = self.states().filter(|state| state.len() > LONGEST_CODE || !raw.contains(char::is_lowercase));
        let length = longest(self.cities().chain(states), run)?;
        let tells = length == 1 || run.len() == 1 || run.iter().take(length).any(|word| word.len() > 2);
        tells.then(|| (length, What::Place(name(length))))
    }

    /// The word of a title that this one is. A plural is still the title's word; a verb made of it is not.
    fn title_word(&self, language: &Language, word: &str) -> Option<String> {
        let first = word.bytes().next();
        // Endings leave the first letter as it is.
        let may_be =
            |part: &&str| !part.is_ascii() || part.bytes().next().map(|byte| byte.to_ascii_lowercase()) == first;
        let mut known =
            self.titles().flat_map(parts).filter(may_be).map(lower).filter(|known| known.chars().count() > 1);
        let same = |known: &Cow<str>| known.len().abs_diff(word.len()) <= 1 && language.lexicon.same(known, word);
        known.find(same).map(Cow::into_owned)
    }

    /// Whether a word is a name of the store's or of a return.
    fn has_other(&self, word: &str) -> bool {
        let returns = self.evidence.orders.iter().flat_map(|order| &order.returns);
        self.evidence.names.contains(word)
            || returns.flat_map(|back| parts(&back.name)).any(|known| lower(known) == word)
    }
}

/// How many words the longest of the names has with which a run begins.
fn longest<'n>(names: impl Iterator<Item = &'n str>, run: &[&str]) -> Option<usize> {
    names.filter_map(|name| beginning(name, run)).max()
}

/// How many words a name has, if a run begins with all of them.
fn beginning(name: &str, run: &[&str]) -> Option<usize> {
    let mut length = 0;
    for part in parts(name) {
        let word = run.get(length)?;
        let same = if part.is_ascii() { part.eq_ignore_ascii_case(word) } else { lower(part) == *word };
        if !same {
            return None;
        }
        length += 1;
    }
    (length > 0).then_some(length)
}

/// Clauses: between marks and at words that begin one. What has neither concept nor marker of its own (`the fleece`)
/// belongs to the clause after it.
fn segments(hits: &[Hit], tokens: &[Token]) -> Vec<std::ops::Range<usize>> {
    let cuts = |hit: &Hit| {
        tokens.get(hit.start).is_some_and(|token| matches!(hit.what, What::Mark) && token.is_mark(",;:.!?–—()|…"))
    };
    let mut pieces: Vec<std::ops::Range<usize>> = Vec::new();
    let mut start = 0;
    for (at, hit) in hits.iter().enumerate() {
        let begins = hit.has(Marker::Break) && at > start;
        if begins {
            pieces.push(start..at);
            start = at;
        } else if cuts(hit) {
            pieces.push(start..at + 1);
            start = at + 1;
        }
    }
    if start < hits.len() {
        pieces.push(start..hits.len());
    }
    merge(pieces, hits)
}

fn merge(pieces: Vec<std::ops::Range<usize>>, hits: &[Hit]) -> Vec<std::ops::Range<usize>> {
    let mut merged: Vec<std::ops::Range<usize>> = Vec::new();
    let mut waiting: Option<std::ops::Range<usize>> = None;
    for piece in pieces {
        let joined = waiting.take().map_or(piece.clone(), |before: std::ops::Range<usize>| before.start..piece.end);
        if is_list_part(hits.get(joined.clone()).unwrap_or_default()) {
            waiting = Some(joined);
        } else {
            merged.push(joined);
        }
    }
    if let Some(rest) = waiting {
        match merged.last_mut() {
            Some(last) => last.end = rest.end,
            None => merged.push(rest),
        }
    }
    merged
}

fn is_list_part(hits: &[Hit]) -> bool {
    // `wird am Mittwoch, den 25. November,` still waits for its verb.
    let mut ends = hits.iter().rev().filter(|hit| !matches!(hit.what, What::Mark));
    let dated = ends.next().is_some_and(|hit| matches!(hit.what, What::Atom(Atom::Date(_))));
    let own = |hit: &Hit| {
        let auxiliary = hit.has(Marker::Future) || hit.has(Marker::Asks);
        if dated && auxiliary && !hit.has(Marker::Negation) {
            return false;
        }
        hit.markers.has_any(VERBAL) || hit.concepts().any(|(_, form)| form != Form::Topic)
    };
    !hits.iter().any(own)
}
