//! Goods as a clause names and counts them: `one of the two mugs`, `all three bottles`.

use crate::agents::claims::atoms::Atom;
use crate::agents::claims::clause::Clause;
use crate::agents::claims::reading::{Hit, What};
use crate::agents::language::Marker;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mention {
    /// None: something is counted that is not named.
    pub title: Option<String>,
    /// The words have an ending that the title has not: most likely there are several.
    pub inflected: bool,
    pub count: Count,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Count {
    Unsaid,
    Some(u64),
    All,
    /// So many of so many; of all of them, however many these are.
    Of(u64, Option<u64>),
    Unclear,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Number(u64),
    All,
}

impl Count {
    fn of(steps: &[Step]) -> Self {
        match steps {
            [] => Self::Unsaid,
            [Step::Number(some)] => Self::Some(*some),
            [Step::All] => Self::All,
            [Step::All, Step::Number(all)] => Self::Of(*all, Some(*all)),
            [Step::Number(some), Step::Number(all)] => Self::Of(*some, Some(*all)),
            [Step::Number(some), Step::All] => Self::Of(*some, None),
            _ => Self::Unclear,
        }
    }
}

/// The goods of a clause. Whatever is counted after the last title is a mention without one.
pub(super) fn of(clause: &Clause) -> Vec<Mention> {
    let mut mentions: Vec<Mention> = Vec::new();
    let mut steps = Vec::new();
    let mut in_title = false;
    for at in clause.segment.clone() {
        let Some(hit) = clause.reading.hits.get(at) else { continue };
        let What::Title(title) = &hit.what else {
            in_title = false;
            steps.extend(step(clause, at, hit));
            continue;
        };
        let inflected = clause.raw(at).chars().count() > title.chars().count();
        match mentions.last_mut().filter(|_| in_title) {
            Some(last) => last.go_on(title, inflected),
            None => {
                let count = Count::of(&std::mem::take(&mut steps));
                mentions.push(Mention { title: Some(title.clone()), inflected, count });
            }
        }
        in_title = true;
    }
    if !steps.is_empty() {
        mentions.push(Mention { title: None, inflected: false, count: Count::of(&steps) });
    }
    mentions
}

impl Mention {
    fn go_on(&mut self, word: &str, inflected: bool) {
        self.title = self.title.take().map(|title| format!("{title} {word}"));
        self.inflected |= inflected;
    }
}

fn step(clause: &Clause, at: usize, hit: &Hit) -> Option<Step> {
    if let What::Atom(Atom::Number(number)) = &hit.what {
        return counts(clause, at, number).then(|| Step::Number(number.parse().unwrap_or(u64::MAX)));
    }
    if hit.has(Marker::OneOf) || says_one(clause, hit) {
        return Some(Step::Number(1));
    }
    hit.has(Marker::All).then_some(Step::All)
}

/// Whether a number counts goods: it is not that of an order.
pub(super) fn counts(clause: &Clause, at: usize, number: &str) -> bool {
    let before = at.checked_sub(1).and_then(|before| clause.reading.hits.get(before));
    let after_noun = before.is_some_and(|hit| hit.has(Marker::OrderNoun));
    clause.evidence.find(number).is_none() || (number.len() < 3 && !after_noun)
}

fn says_one(clause: &Clause, hit: &Hit) -> bool {
    let word = clause.reading.tokens.get(hit.start).map(|token| token.text.as_ref());
    let number = word.and_then(|word| clause.language.numerals.in_words(&[word]));
    matches!(hit.what, What::Phrase(_)) && number.is_some_and(|(_, value)| value == 1)
}
