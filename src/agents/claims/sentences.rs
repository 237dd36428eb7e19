//! Sentences out of a stream of pieces. A sentence is given out as soon as it is known to be complete; the
//! sentences together are the text, byte for byte.

use std::collections::VecDeque;

use crate::agents::language::Language;

/// Cuts streamed text into whole sentences.
#[derive(Debug)]
pub struct Sentences<'l> {
    language: &'l Language,
    waiting: String,
    ready: VecDeque<String>,
}

/// A text without an end is cut here, in bytes; what is longer than a sentence is withheld anyway.
const LONGEST: usize = 4_000;

impl<'l> Sentences<'l> {
    pub fn new(language: &'l Language) -> Self {
        Self { language, waiting: String::new(), ready: VecDeque::new() }
    }

    /// Takes a piece of the stream.
    pub fn push(&mut self, delta: &str) {
        self.waiting.push_str(delta);
        while let Some(end) = self.first_end() {
            let rest = self.waiting.split_off(end);
            self.ready.push_back(std::mem::replace(&mut self.waiting, rest));
        }
    }

    /// The next sentence that is complete, with the white space after it.
    pub fn next_whole(&mut self) -> Option<String> {
        self.ready.pop_front()
    }

    /// What is left when the stream has ended: the sentences not yet taken.
    pub fn finish(mut self) -> Vec<String> {
        let rest = std::mem::take(&mut self.waiting);
        let (visible, trailing) = rest.split_at(rest.trim_end().len());
        if !visible.is_empty() {
            self.ready.push_back(rest);
        } else if !trailing.is_empty() {
            match self.ready.back_mut() {
                Some(last) => last.push_str(trailing),
                None => self.ready.push_back(trailing.to_owned()),
            }
        }
        self.ready.into()
    }

    /// The byte after the first complete sentence. White space that has come already goes with it.
    fn first_end(&self) -> Option<usize> {
        let text = &self.waiting;
        let start = text.len() - text.trim_start().len();
        for (at, c) in text.char_indices().skip_while(|(at, _)| *at < start) {
            let after = at + c.len_utf8();
            let ends = match c {
                '\n' => Some(after),
                '.' | '!' | '?' | '…' | '。' | '！' | '？' => self.mark_ends(at, after, c),
                _ => None,
            };
            if ends.is_some() {
                return ends;
            }
            if after > LONGEST {
                return Some(after);
            }
        }
        None
    }

    /// Where a sentence ends whose mark stands at `at`, if it ends there.
    fn mark_ends(&self, at: usize, after: usize, mark: char) -> Option<usize> {
        let rest = self.waiting.get(after..)?;
        if matches!(mark, '。' | '！' | '？') {
            return Some(after);
        }
        let closing = rest.len()
            - rest.trim_start_matches(['"', '\'', '”', '’', ')', ']', '*', '_', '»', '“', '.', '!', '?']).len();
        let end = after + closing;
        let following = self.waiting.get(end..)?.chars().next()?;
        // `… by Wednesday .Your order`: some models put the space on the wrong side.
        let stands_apart = self.waiting.get(..at)?.ends_with(char::is_whitespace);
        if stands_apart && following.is_uppercase() {
            return Some(end);
        }
        if !following.is_whitespace() || (mark == '.' && closing == 0 && self.goes_on(at)) {
            return None;
        }
        Some(end + following.len_utf8())
    }

    /// Whether the dot at `at` belongs to an abbreviation, an initial or a number of a list or of a date.
    fn goes_on(&self, at: usize) -> bool {
        let Some(before) = self.waiting.get(..at) else { return false };
        let line = before.rsplit('\n').next().unwrap_or(before);
        let word = line.rsplit(|c: char| c.is_whitespace() || matches!(c, '(' | '*' | '"')).next().unwrap_or(line);
        if word.chars().count() == 1 && word.chars().all(char::is_uppercase) && word != "I" {
            return true;
        }
        let dotted = format!("{}.", word.to_lowercase());
        if self.language.abbreviations.contains(&dotted) {
            return true;
        }
        let short_number = !word.is_empty() && word.len() <= 2 && word.bytes().all(|b| b.is_ascii_digit());
        let dated = word.len() <= 5 && word.contains('.') && word.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        if dated && self.language.calendar.day_suffixes.contains(".") {
            return true;
        }
        short_number && (line.trim() == word || self.language.calendar.day_suffixes.contains("."))
    }
}
