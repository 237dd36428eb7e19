//! How a sentence is read: what each word is, and where its clauses begin.

use super::atoms::{self, Atom};
use super::evidence::{Evidence, words};
use super::judge::Bound;
use super::license::License;
use super::text::{Kind, Token};
use crate::agents::language::{Concept, Form, Language, Marker, Role};

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
}

impl Hit<'_> {
    pub fn has(&self, marker: Marker) -> bool {
        matches!(self.what, What::Phrase(roles) if roles.contains(&Role::Marker(marker)))
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

fn hits<'r>(language: &'r Language, evidence: &Evidence, tokens: &'r [Token]) -> Vec<Hit<'r>> {
    let mut atoms = atoms::find(language, evidence, tokens).into_iter().peekable();
    let names = Names::new(evidence);
    let mut hits = Vec::with_capacity(tokens.len());
    let mut run: Vec<&str> = Vec::with_capacity(LONGEST_RUN);
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        if let Some(placed) = atoms.next_if(|placed| placed.start == at) {
            at = placed.end;
            hits.push(Hit { start: placed.start, end: placed.end, what: What::Atom(placed.atom) });
            continue;
        }
        let stop = atoms.peek().map_or(tokens.len(), |placed| placed.start);
        let words = tokens.get(at..stop).unwrap_or_default().iter().take(LONGEST_RUN);
        run.clear();
        run.extend(words.take_while(|token| token.is_word()).map(|token| token.text.as_ref()));
        let (length, what) = match token.kind {
            Kind::Word => {
                let ends = tokens.get(at + run.len()).is_none_or(|next| matches!(next.kind, Kind::Mark | Kind::Sign));
                word(language, &names, &run, at == 0, ends)
            }
            Kind::Sign => (1, What::Sign),
            _ => (1, What::Mark),
        };
        hits.push(Hit { start: at, end: at + length, what });
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

fn word<'r>(language: &'r Language, names: &Names, run: &[&str], starts: bool, ends: bool) -> (usize, What<'r>) {
    if let Some((length, what)) = names.whole(run) {
        return (length, what);
    }
    let known = phrase(language, run, starts, ends);
    if let Some((length, roles)) = known.filter(|(_, roles)| *roles != [Role::Mentioned]) {
        return (length, What::Phrase(roles));
    }
    let first = run.first().copied().unwrap_or_default();
    // A plural is still the title's word; a verb made of it is not.
    let same = |known: &&String| known.len().abs_diff(first.len()) <= 1 && language.lexicon.same(known, first);
    let what = if let Some(known) = names.title_words.iter().find(same) {
        What::Title(known.clone())
    } else if names.other.iter().any(|known| known == first) {
        What::Name
    } else if known.is_some() {
        What::Mentioned
    } else {
        What::Unknown
    };
    (1, what)
}

/// The names that receipts tell.
struct Names {
    titles: Vec<Vec<String>>,
    title_words: Vec<String>,
    carriers: Vec<Vec<String>>,
    places: Vec<Vec<String>>,
    other: Vec<String>,
}

impl Names {
    fn new(evidence: &Evidence) -> Self {
        let items = || {
            evidence
                .orders
                .iter()
                .flat_map(|order| order.items.iter().chain(order.shipments.iter().flat_map(|parcel| &parcel.items)))
        };
        let parcels = || evidence.orders.iter().flat_map(|order| &order.shipments);
        let scans = || parcels().flat_map(|parcel| parcel.scans());
        let named = items().flat_map(|item| std::iter::once(&item.title).chain(&item.variant));
        let titles: Vec<Vec<String>> = named
            .chain(evidence.products.iter().map(|product| &product.title))
            .map(|text| words(text))
            .filter(|words| !words.is_empty())
            .collect();
        let labels = evidence.orders.iter().flat_map(|order| &order.labels);
        let labels = labels.filter_map(|label| label.carrier.as_deref());
        let returns = evidence.orders.iter().flat_map(|order| &order.returns).flat_map(|back| words(&back.name));
        Self {
            title_words: titles.iter().flatten().filter(|word| word.chars().count() > 1).cloned().collect(),
            titles,
            carriers: parcels().filter_map(|parcel| parcel.carrier.as_deref()).chain(labels).map(words).collect(),
            places: scans().flat_map(|scan| scan.city.iter().chain(&scan.state)).map(|text| words(text)).collect(),
            other: evidence.names.iter().cloned().chain(returns).collect(),
        }
    }

    fn whole<'r>(&self, run: &[&str]) -> Option<(usize, What<'r>)> {
        let starts = |name: &&Vec<String>| {
            !name.is_empty() && name.len() <= run.len() && name.iter().zip(run).all(|(left, right)| left == right)
        };
        let longest = |list: &[Vec<String>]| list.iter().filter(starts).max_by_key(|name| name.len()).cloned();
        // A title of one common word is left to the lexicon.
        if let Some(name) = longest(&self.titles).filter(|name| name.len() > 1) {
            return Some((name.len(), What::Title(name.join(" "))));
        }
        if let Some(name) = longest(&self.carriers) {
            return Some((name.len(), What::Carrier(name.join(" "))));
        }
        longest(&self.places)
            .filter(|name| name.iter().any(|word| word.len() > 2) || run.len() == 1 || name.len() == 1)
            .map(|name| (name.len(), What::Place(name.join(" "))))
    }
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
        let verbal = [
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
        ];
        hit.concepts().any(|(_, form)| form != Form::Topic) || verbal.iter().any(|marker| hit.has(*marker))
    };
    !hits.iter().any(own)
}
