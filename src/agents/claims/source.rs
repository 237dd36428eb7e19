//! Rules of the store and facts about products: a clause may say what one sentence of a help-center article or of a
//! product's description says.

use std::ops::Range;

use super::atoms::{self, Atom};
use super::evidence::{Evidence, words};
use super::reading::{Hit, Reading, What};
use super::text::{self, Token};
use crate::agents::language::{Concept, Form, Language, Marker, Role};

/// What of a clause must stand in its source.
struct Wanted {
    words: Vec<String>,
    /// Words of the clause that claim nothing themselves; the title of the source may have them.
    subjects: Vec<String>,
    /// All words of the sentence.
    small: Vec<String>,
    atoms: Vec<Atom>,
    negated: bool,
    future: bool,
    conditional: bool,
    /// *All*, *everything*.
    all: bool,
}

/// Whether some passage says what the clause says.
pub(super) fn states(language: &Language, evidence: &Evidence, reading: &Reading, segment: &Range<usize>) -> bool {
    let Some(wanted) = wanted(language, reading, segment) else { return false };
    evidence.passages.iter().any(|passage| {
        let title = words(&passage.title);
        let mut sentences = split(&passage.text);
        sentences.any(|sentence| sentence_states(language, evidence, &wanted, &title, sentence))
    })
}

/// Whether the sentence is, word for word, one of the store's own: then its numbers stand where the store put them.
pub(super) fn repeats(language: &Language, evidence: &Evidence, reading: &Reading) -> bool {
    if evidence.passages.is_empty() {
        return false;
    }
    let spelled = |tokens: &[Token]| {
        let said = tokens.iter().filter(|token| !token.is_mark(".,;:!\"'"));
        said.map(|token| token.text.to_string()).collect::<Vec<String>>()
    };
    let said = spelled(reading.tokens);
    let whole = 0..reading.hits.len();
    said.len() >= FEWEST_REPEATED
        && wanted(language, reading, &whole).is_some()
        && evidence
            .passages
            .iter()
            .flat_map(|passage| split(&passage.text).chain(sentences(&passage.text)))
            .any(|sentence| spelled(&text::tokens(&sentence.replace(['’', '‘'], "'"))) == said)
}

/// Words of a sentence that says something by itself; `Yes, it is.` is not one.
const FEWEST_REPEATED: usize = 5;

/// `None` where no text of the store could ever say it: deeds, orders, and the speaker himself.
fn wanted(language: &Language, reading: &Reading, segment: &Range<usize>) -> Option<Wanted> {
    let hits = reading.hits.get(segment.clone())?;
    let mut found = Wanted {
        words: Vec::new(),
        subjects: Vec::new(),
        small: reading.tokens.iter().filter(|token| token.is_word()).map(|token| token.text.to_string()).collect(),
        atoms: Vec::new(),
        negated: reading.negations(segment) % 2 == 1,
        future: reading.has(segment, Marker::Future),
        all: reading.has(segment, Marker::All),
        conditional: reading.hits.iter().any(|hit| hit.has(Marker::Hypothetical) || hit.has(Marker::Temporal)),
    };
    if reading.has(segment, Marker::FirstSingular) || reading.negations(segment) > 1 {
        return None;
    }
    for (at, hit) in segment.clone().zip(hits) {
        let tokens = reading.tokens.get(hit.start..hit.end)?;
        match &hit.what {
            What::Atom(Atom::Order(_) | Atom::Tracking(_)) | What::Carrier(_) | What::Place(_) | What::Sign => {
                return None;
            }
            What::Atom(atom) => found.atoms.push(atom.clone()),
            What::Phrase(_) => {
                let meant = hit.concepts().filter(|(concept, _)| reading.in_context(segment, at, *concept, false));
                for (concept, form) in meant {
                    let general = matches!(
                        concept,
                        Concept::Rule
                            | Concept::Promise
                            | Concept::Unknowable
                            | Concept::Price
                            | Concept::Completion
                            | Concept::FinalSale
                            | Concept::Placed
                    );
                    // `can be returned` is what one can do; `returned` is what someone did.
                    if form == Form::Done && !general && !reading.has(segment, Marker::Ability) {
                        return None;
                    }
                }
                let claims = hit.concepts().next().is_some();
                let neutral = tokens.iter().any(|token| carries_meaning(language, token)) && is_neutral(hit);
                let list = if claims { &mut found.words } else { &mut found.subjects };
                if claims || neutral {
                    list.extend(tokens.iter().map(|token| token.text.to_string()));
                }
            }
            What::Unknown | What::Mentioned | What::Title(_) => {
                found.words.extend(tokens.iter().map(|token| token.text.to_string()))
            }
            What::Name | What::Mark => {}
        }
    }
    (!found.words.is_empty()).then_some(found)
}

fn is_neutral(hit: &Hit) -> bool {
    let noun = |role: &Role| {
        let goods = [
            Marker::OrderNoun,
            Marker::OrdersNoun,
            Marker::ParcelNoun,
            Marker::ItemNoun,
            Marker::AddressNoun,
            Marker::NoteNoun,
            Marker::Instructs,
            Marker::OptionNoun,
            Marker::Looks,
            Marker::Gain,
        ];
        matches!(role, Role::Neutral | Role::Mentioned) || goods.iter().any(|marker| *role == Role::Marker(*marker))
    };
    matches!(hit.what, What::Phrase(roles) if roles.iter().all(noun)) && hit.end == hit.start + 1
}

/// Whether a rule would be another one without the word.
fn carries_meaning(language: &Language, token: &Token) -> bool {
    token.is_word() && token.text.chars().count() > 3 && !language.is_stop_word(&token.text)
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    sentences(text).flat_map(|sentence| sentence.split_inclusive(';')).map(str::trim).filter(|part| !part.is_empty())
}

/// As a reader ends them.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(['\n', '!', '?'])
        .flat_map(|line| line.split(". "))
        .map(str::trim)
        .filter(|sentence| !sentence.is_empty())
}

fn sentence_states(
    language: &Language,
    evidence: &Evidence,
    wanted: &Wanted,
    title: &[String],
    sentence: &str,
) -> bool {
    let sentence = sentence.replace(['’', '‘'], "'");
    let tokens = text::tokens(&sentence);
    let found = atoms::find(language, evidence, &tokens);
    let traits = Traits::of(language, &tokens);
    let same_turn = traits.negated == wanted.negated
        && (traits.all || !wanted.all)
        && (!wanted.future || (traits.future && traits.conditional == wanted.conditional));
    if !same_turn {
        return false;
    }
    let has_word =
        |tokens: &[Token], word: &String| tokens.iter().any(|token| language.lexicon.same(&token.text, word));
    let in_title = |word: &String| title.iter().any(|known| language.lexicon.same(known, word));
    // Where a sentence has several numbers, the words must stand by their own. A clause that says less than its source
    // (without the number that limits the rule) says something else.
    clauses(language, &tokens, &found).iter().any(|clause| {
        let own = tokens.get(clause.range.clone()).unwrap_or_default();
        let words = wanted.words.iter().all(|word| has_word(own, word) || (clause.whole && in_title(word)));
        let subjects = wanted.subjects.iter().all(|word| has_word(own, word) || in_title(word));
        let stands = |atom: &Atom| clause.atoms.iter().any(|known| same_atom(language, known, atom));
        let told = own.iter().filter(|token| carries_meaning(language, token));
        let (mut all, mut repeated) = (0, 0);
        for token in told {
            all += 1;
            repeated += usize::from(
                wanted.words.iter().any(|word| language.lexicon.same(word, &token.text))
                    || wanted.small.iter().any(|word| *word == token.text),
            );
        }
        let kept = |known: &&Atom| wanted.atoms.iter().any(|atom| same_atom(language, known, atom));
        words && subjects && 3 * repeated >= 2 * all && wanted.atoms.iter().all(stands) && clause.atoms.iter().all(kept)
    })
}

struct Traits {
    all: bool,
    negated: bool,
    future: bool,
    conditional: bool,
}

impl Traits {
    fn of(language: &Language, tokens: &[Token]) -> Self {
        let mut counts = [0_usize; 4];
        let mut at = 0;
        while at < tokens.len() {
            let run: Vec<&str> = tokens
                .iter()
                .skip(at)
                .take(8)
                .take_while(|token| token.is_word())
                .map(|token| token.text.as_ref())
                .collect();
            let Some((length, roles)) = language.lexicon.longest(&run) else {
                at += 1;
                continue;
            };
            let has = |marker| usize::from(roles.contains(&Role::Marker(marker)));
            let found = [
                has(Marker::Negation),
                has(Marker::Future),
                has(Marker::Hypothetical).max(has(Marker::Temporal)),
                has(Marker::All),
            ];
            counts.iter_mut().zip(found).for_each(|(count, one)| *count += one);
            at += length;
        }
        let [negations, futures, conditions, alls] = counts;
        Self { all: alls > 0, negated: negations % 2 == 1, future: futures > 0, conditional: conditions > 0 }
    }
}

struct Clause<'f> {
    range: Range<usize>,
    atoms: Vec<&'f Atom>,
    whole: bool,
}

/// The sentence whole if it has one number at most, else its parts between commas and at words that begin a clause.
fn clauses<'f>(language: &Language, tokens: &[Token], found: &'f [atoms::Placed]) -> Vec<Clause<'f>> {
    if found.len() <= 1 {
        return vec![Clause {
            range: 0..tokens.len(),
            atoms: found.iter().map(|placed| &placed.atom).collect(),
            whole: true,
        }];
    }
    let cuts = |at: usize| {
        let Some(token) = tokens.get(at) else { return true };
        let begins = |(_, roles): (usize, &[Role])| roles.contains(&Role::Marker(Marker::Break));
        token.is_mark(",;") || language.lexicon.longest(&[token.text.as_ref()]).is_some_and(begins)
    };
    let mut clauses = Vec::new();
    let mut start = 0;
    for end in (0..=tokens.len()).filter(|at| cuts(*at)) {
        let inside = found.iter().filter(|placed| placed.start >= start && placed.end <= end);
        clauses.push(Clause { range: start..end, atoms: inside.map(|placed| &placed.atom).collect(), whole: false });
        start = end + 1;
    }
    clauses
}

fn same_atom(language: &Language, left: &Atom, right: &Atom) -> bool {
    match (left, right) {
        // A *business day* is no day, but a *day* is *days*.
        (
            Atom::Duration { numbers: left, units: of_left, .. },
            Atom::Duration { numbers: right, units: of_right, .. },
        ) => {
            let same = |(left, right): (&String, &String)| language.lexicon.same(left, right);
            left == right && of_left.len() == of_right.len() && of_left.iter().zip(of_right).all(same)
        }
        (Atom::Money(left), Atom::Money(right)) => left.iter().any(|money| right.contains(money)),
        _ => left == right,
    }
}
