//! Rules of the store and facts about products: a clause may say what one sentence of a help-center article or of a
//! product's description says.

use std::ops::Range;

use super::atoms::{self, Atom};
use super::evidence::{Evidence, words};
use super::reading::{Reading, What};
use super::text::{self, Token};
use crate::agents::language::{Concept, Form, Language, Marker, Role};

/// What of a clause must stand in its source.
struct Wanted {
    words: Vec<String>,
    atoms: Vec<Atom>,
    negated: bool,
    future: bool,
    conditional: bool,
}

/// Whether some passage says what the clause says.
pub(super) fn states(language: &Language, evidence: &Evidence, reading: &Reading, segment: &Range<usize>) -> bool {
    let Some(wanted) = wanted(reading, segment) else { return false };
    evidence.passages.iter().any(|passage| {
        let title = words(&passage.title);
        let mut sentences = split(&passage.text);
        sentences.any(|sentence| sentence_states(language, evidence, &wanted, &title, sentence))
    })
}

/// `None` where no text of the store could ever say it: deeds, orders, and the speaker himself.
fn wanted(reading: &Reading, segment: &Range<usize>) -> Option<Wanted> {
    let hits = reading.hits.get(segment.clone())?;
    let mut found = Wanted {
        words: Vec::new(),
        atoms: Vec::new(),
        negated: reading.negations(segment) % 2 == 1,
        future: reading.has(segment, Marker::Future),
        conditional: reading.hits.iter().any(|hit| hit.has(Marker::Hypothetical) || hit.has(Marker::Temporal)),
    };
    if reading.has(segment, Marker::FirstSingular) || reading.negations(segment) > 1 {
        return None;
    }
    for hit in hits {
        let tokens = reading.tokens.get(hit.start..hit.end)?;
        match &hit.what {
            What::Atom(Atom::Order(_) | Atom::Tracking(_)) | What::Carrier(_) | What::Place(_) | What::Sign => {
                return None;
            }
            What::Atom(atom) => found.atoms.push(atom.clone()),
            What::Phrase(_) => {
                for (concept, form) in hit.concepts() {
                    let general = matches!(
                        concept,
                        Concept::Rule | Concept::Promise | Concept::Unknowable | Concept::Price | Concept::Completion
                    );
                    if form == Form::Done && !general {
                        return None;
                    }
                }
                if hit.concepts().next().is_some() {
                    found.words.extend(tokens.iter().map(|token| token.text.clone()));
                }
            }
            What::Unknown | What::Title(_) => found.words.extend(tokens.iter().map(|token| token.text.clone())),
            What::Name | What::Mark => {}
        }
    }
    (!found.words.is_empty()).then_some(found)
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(['\n', '!', '?', ';'])
        .flat_map(|line| line.split(". "))
        .map(str::trim)
        .filter(|line| !line.is_empty())
}

fn sentence_states(
    language: &Language,
    evidence: &Evidence,
    wanted: &Wanted,
    title: &[String],
    sentence: &str,
) -> bool {
    let tokens = text::tokens(&sentence.replace(['’', '‘'], "'"));
    let found = atoms::find(language, evidence, &tokens);
    let traits = Traits::of(language, &tokens);
    let same_turn = traits.negated == wanted.negated
        && (!wanted.future || (traits.future && traits.conditional == wanted.conditional));
    if !same_turn {
        return false;
    }
    let has_word =
        |tokens: &[Token], word: &String| tokens.iter().any(|token| language.lexicon.same(&token.text, word));
    let in_title = |word: &String| title.iter().any(|known| language.lexicon.same(known, word));
    let all_words = |tokens: &[Token]| wanted.words.iter().all(|word| has_word(tokens, word) || in_title(word));
    if wanted.atoms.is_empty() {
        return all_words(&tokens);
    }
    // With several numbers in the sentence, the words must stand by their own.
    let clauses = clauses(&tokens, &found);
    wanted.atoms.iter().all(|atom| {
        clauses.iter().any(|(range, in_clause)| {
            in_clause.iter().any(|known| same_atom(known, atom))
                && tokens.get(range.clone()).is_some_and(|tokens| all_words(tokens))
        })
    })
}

struct Traits {
    negated: bool,
    future: bool,
    conditional: bool,
}

impl Traits {
    fn of(language: &Language, tokens: &[Token]) -> Self {
        let mut counts = [0_usize; 3];
        let mut at = 0;
        while at < tokens.len() {
            let run: Vec<&str> = tokens
                .iter()
                .skip(at)
                .take(8)
                .take_while(|token| token.is_word())
                .map(|token| token.text.as_str())
                .collect();
            let Some((length, roles)) = language.lexicon.longest(&run) else {
                at += 1;
                continue;
            };
            let has = |marker| usize::from(roles.contains(&Role::Marker(marker)));
            let found =
                [has(Marker::Negation), has(Marker::Future), has(Marker::Hypothetical).max(has(Marker::Temporal))];
            counts.iter_mut().zip(found).for_each(|(count, one)| *count += one);
            at += length;
        }
        let [negations, futures, conditions] = counts;
        Self { negated: negations % 2 == 1, future: futures > 0, conditional: conditions > 0 }
    }
}

/// The sentence whole if it has one number, else its parts between commas, each with its numbers.
fn clauses<'f>(tokens: &[Token], found: &'f [atoms::Placed]) -> Vec<(Range<usize>, Vec<&'f Atom>)> {
    if found.len() <= 1 {
        return vec![(0..tokens.len(), found.iter().map(|placed| &placed.atom).collect())];
    }
    let mut clauses = Vec::new();
    let mut start = 0;
    for end in (0..=tokens.len()).filter(|at| tokens.get(*at).is_none_or(|token| token.is_mark(",;"))) {
        let inside = found
            .iter()
            .filter(|placed| placed.start >= start && placed.end <= end)
            .map(|placed| &placed.atom)
            .collect();
        clauses.push((start..end, inside));
        start = end + 1;
    }
    clauses
}

fn same_atom(left: &Atom, right: &Atom) -> bool {
    match (left, right) {
        (Atom::Money(left), Atom::Money(right)) => left.iter().any(|money| right.contains(money)),
        _ => left == right,
    }
}
