//! Phrases to look for in a list of words.
//!
//! A phrase is words with spaces between them. `a|b` is either; `@name` any word of a class in the lexicon; `deliver~` any
//! word that begins so; `*` up to four words of any kind; `^` and `$` the first and the last place.

use super::lexicon::everyday::CLASSES;
use super::words::{Beginnings, Words};

/// How many words a `*` may stand for.
const GAP: usize = 4;

#[derive(Debug)]
pub struct Pattern {
    parts: Vec<Part>,
    /// For each place of a word, how that word may begin; what tells most comes first.
    needs: Vec<Beginnings>,
}

#[derive(Debug)]
enum Part {
    Start,
    End,
    Gap,
    OneOf(Vec<Form>),
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
        Self { parts, needs }
    }

    pub fn is_in(&self, words: &Words) -> bool {
        self.end_in(words).is_some()
    }

    /// Words of which one must occur wherever it matches; `None` where that cannot be said.
    pub fn needs_one_of(&self) -> Option<Vec<&'static str>> {
        self.parts.iter().find_map(|part| match part {
            Part::OneOf(forms) => forms.iter().map(Form::word).collect(),
            _ => None,
        })
    }

    /// Where the first match ends: the number of words up to and with it.
    pub fn end_in(&self, words: &Words) -> Option<usize> {
        // Most patterns are in few texts, and most texts show at once that they are not.
        let known = words.beginnings();
        if !self.needs.iter().all(|need| need.meets(known)) {
            return None;
        }
        (0..=words.len()).find_map(|start| follow(&self.parts, words.as_slice(), start))
    }
}

impl Part {
    /// How a word in this place may begin; `None` where there need be no word.
    fn beginnings(&self) -> Option<Beginnings> {
        let Self::OneOf(forms) = self else { return None };
        Some(forms.iter().fold(Beginnings::default(), |all, form| all.and(form.beginnings())))
    }
}

impl Form {
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
        _ => Part::OneOf(text.split('|').flat_map(forms).collect()),
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

fn follow(parts: &[Part], words: &[String], at: usize) -> Option<usize> {
    let Some((part, rest)) = parts.split_first() else { return Some(at) };
    match part {
        Part::Start if at == 0 => follow(rest, words, at),
        Part::End if at == words.len() => follow(rest, words, at),
        Part::Start | Part::End => None,
        Part::Gap => (at..=(at + GAP).min(words.len())).find_map(|next| follow(rest, words, next)),
        Part::OneOf(forms) => {
            let word = words.get(at)?;
            let fits = forms.iter().any(|form| match form {
                Form::Word(own) => word == own,
                Form::Beginning(beginning) => word.starts_with(beginning),
            });
            if fits { follow(rest, words, at + 1) } else { None }
        }
    }
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
