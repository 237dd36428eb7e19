//! Phrases to look for in a list of words.
//!
//! A phrase is words with spaces between them. `a|b` is either; `@name` any word of a class in the lexicon; `deliver~` any
//! word that begins so; `*` up to four words of any kind; `^` and `$` the first and the last place.

use super::lexicon::everyday::CLASSES;
use super::words::{Beginnings, Words};

/// How many words a `*` may stand for.
const GAP: usize = 4;

/// Tables of the lexicon, each made ready when it is first looked for.
macro_rules! phrases {
    ($($name:ident = $texts:ident;)*) => {$(
        static $name: LazyLock<Phrases> = LazyLock::new(|| Phrases::new($texts));
    )*};
}
pub(in crate::model::offline) use phrases;

#[derive(Debug)]
pub struct Pattern {
    parts: Vec<Part>,
    /// How the first word may begin, where the first part is a word.
    first: Option<Beginnings>,
    /// For each place of a word, how that word may begin; what tells most comes first.
    needs: Vec<Beginnings>,
}

#[derive(Debug)]
enum Part {
    Start,
    End,
    Gap,
    /// How the words begin, and the words.
    OneOf(Beginnings, Vec<Form>),
}

#[derive(Debug)]
enum Form {
    Word(&'static str),
    Beginning(&'static str),
}

impl Pattern {
    pub fn new(text: &'static str) -> Self {
        let parts: Vec<Part> = text.split_whitespace().map(part).collect();
        let mut needs: Vec<Beginnings> = parts.iter().filter_map(Part::beginnings).collect();
        needs.sort_unstable_by_key(Beginnings::count);
        Self { first: parts.first().and_then(Part::beginnings), parts, needs }
    }

    /// Words of which one must occur wherever it matches; `None` where that cannot be said.
    pub fn needs_one_of(&self) -> Option<Vec<&'static str>> {
        self.parts.iter().find_map(|part| match part {
            Part::OneOf(_, forms) => forms.iter().map(Form::word).collect(),
            _ => None,
        })
    }

    pub fn is_in(&self, words: &Words) -> bool {
        // Most patterns are in few texts, and most texts show at once that they are not.
        let known = words.beginnings();
        let may_begin = |at: &usize| self.first.is_none_or(|first| words.beginning(*at, first).is_some());
        self.needs.iter().all(|need| need.meets(known))
            && (0..=words.len()).filter(may_begin).any(|at| is_at(&self.parts, words, at))
    }
}

impl Part {
    /// How a word in this place may begin; `None` where there need be no word.
    fn beginnings(&self) -> Option<Beginnings> {
        if let Self::OneOf(beginnings, _) = self { Some(*beginnings) } else { None }
    }
}

impl Form {
    fn fits(&self, word: &str) -> bool {
        match self {
            Self::Word(own) => word == *own,
            Self::Beginning(letters) => word.starts_with(letters),
        }
    }

    fn word(&self) -> Option<&'static str> {
        match self {
            Self::Word(word) => Some(word),
            Self::Beginning(_) => None,
        }
    }

    fn beginnings(&self) -> Beginnings {
        match self {
            Self::Word(word) => Beginnings::of_word(word),
            Self::Beginning(letters) => Beginnings::of_all_with(letters),
        }
    }
}

fn part(text: &'static str) -> Part {
    match text {
        "^" => Part::Start,
        "$" => Part::End,
        "*" => Part::Gap,
        _ => {
            let forms: Vec<Form> = text.split('|').flat_map(forms).collect();
            let beginnings = forms.iter().map(Form::beginnings).fold(Beginnings::default(), Beginnings::and);
            Part::OneOf(beginnings, forms)
        }
    }
}

fn forms(text: &'static str) -> Vec<Form> {
    if let Some(name) = text.strip_prefix('@') {
        let class = CLASSES.iter().find(|(own, _)| *own == name).map_or("", |(_, words)| words);
        return class.split_whitespace().map(form).collect();
    }
    vec![form(text)]
}

fn form(text: &'static str) -> Form {
    match text.strip_suffix('~') {
        Some(beginning) => Form::Beginning(beginning),
        None => Form::Word(text),
    }
}

fn is_at(mut parts: &[Part], words: &Words, mut at: usize) -> bool {
    while let Some((part, rest)) = parts.split_first() {
        match part {
            Part::Start if at == 0 => {}
            Part::End if at == words.len() => {}
            Part::Start | Part::End => return false,
            Part::Gap => return (at..=(at + GAP).min(words.len())).any(|next| is_at(rest, words, next)),
            Part::OneOf(beginnings, forms) => {
                let Some(word) = words.beginning(at, *beginnings) else { return false };
                if !forms.iter().any(|form| form.fits(word)) {
                    return false;
                }
                at += 1;
            }
        }
        parts = rest;
    }
    true
}

/// A group of phrases that mean the same.
#[derive(Debug)]
pub struct Phrases(Vec<Pattern>);

impl Phrases {
    pub fn new(texts: &'static [&'static str]) -> Self {
        Self(texts.iter().map(|text| Pattern::new(text)).collect())
    }

    pub fn is_in(&self, words: &Words) -> bool {
        self.0.iter().any(|pattern| pattern.is_in(words))
    }

    pub fn count_in(&self, words: &Words) -> usize {
        self.0.iter().filter(|pattern| pattern.is_in(words)).count()
    }
}
