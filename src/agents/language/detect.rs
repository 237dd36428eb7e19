//! Which language a shopper writes in. Short messages are often undecidable: then nothing is said, and the
//! conversation keeps the language that it has.

use super::Languages;
use crate::domain::customer::Email;

/// A language that was recognised.
#[derive(Clone, Debug, PartialEq)]
pub struct Detected {
    /// ISO 639-1.
    pub code: String,
    /// From 0 to 1.
    pub confidence: f64,
}

/// Below this many letters the statistics of letters say nothing.
const ENOUGH_LETTERS: usize = 24;

impl Languages {
    /// The language of a message, where it can be told.
    pub fn detect(&self, text: &str) -> Option<Detected> {
        let words = plain_words(text);
        let letters: usize = words.iter().map(|word| word.chars().count()).sum();
        let by_words = self.by_stop_words(&words);
        let info = whatlang::detect(&words.join(" "));
        let foreign_script = info.as_ref().filter(|info| info.script() != whatlang::Script::Latin && letters >= 2);
        if let (Some(info), None) = (foreign_script, &by_words) {
            return Some(Detected { code: short_code(info.lang())?, confidence: info.confidence().max(0.6) });
        }
        let by_letters = info.filter(|info| letters >= ENOUGH_LETTERS && info.is_reliable());
        let by_letters = by_letters.and_then(|info| Some((short_code(info.lang())?, info.confidence())));
        match (by_words, by_letters) {
            (Some((code, _)), Some((other, confidence))) if code == other => {
                Some(Detected { code, confidence: confidence.max(0.9) })
            }
            (Some((code, share)), _) => Some(Detected { code, confidence: (0.5 + share / 2.0).min(0.95) }),
            (None, Some((code, confidence))) => Some(Detected { code, confidence: confidence * 0.8 }),
            (None, None) => None,
        }
    }

    /// The language most of whose small words occur, if it is clearly ahead; with their share of all words.
    fn by_stop_words(&self, words: &[String]) -> Option<(String, f64)> {
        let count = |list: &[String]| words.iter().filter(|word| list.contains(word)).count();
        let full = self.full.values().map(|language| (language.code.clone(), count(&language.stop_words)));
        let others = self.others.iter().map(|(code, other)| {
            let list: Vec<&str> = other.stop_words.split_whitespace().collect();
            (code.clone(), words.iter().filter(|word| list.contains(&word.as_str())).count())
        });
        let mut scores: Vec<(String, usize)> = full.chain(others).filter(|(_, hits)| *hits > 0).collect();
        scores.sort_by_key(|(_, hits)| std::cmp::Reverse(*hits));
        let (code, hits) = scores.first()?.clone();
        let second = scores.get(1).map_or(0, |(_, hits)| *hits);
        let share = hits as f64 / words.len().max(1) as f64;
        let clear = hits > second && (hits >= 2 || share >= 0.34);
        clear.then_some((code, share))
    }
}

/// Lower-case words without addresses, numbers and links.
fn plain_words(text: &str) -> Vec<String> {
    Email::left_out(text)
        .split_whitespace()
        .filter(|chunk| !chunk.contains("://") && !chunk.starts_with('#'))
        .flat_map(|chunk| chunk.split(|c: char| !c.is_alphabetic() && c != '\''))
        .map(|word| word.trim_matches('\'').to_lowercase())
        .filter(|word| !word.is_empty())
        .collect()
}

/// ISO 639-1 for the languages that have a code there.
fn short_code(language: whatlang::Lang) -> Option<String> {
    let code = match language.code() {
        "eng" => "en",
        "deu" => "de",
        "fra" => "fr",
        "spa" => "es",
        "ita" => "it",
        "por" => "pt",
        "nld" => "nl",
        "pol" => "pl",
        "swe" => "sv",
        "dan" => "da",
        "nob" => "nb",
        "fin" => "fi",
        "ces" => "cs",
        "slk" => "sk",
        "hun" => "hu",
        "ron" => "ro",
        "tur" => "tr",
        "rus" => "ru",
        "ukr" => "uk",
        "bul" => "bg",
        "ell" => "el",
        "heb" => "he",
        "ara" => "ar",
        "hin" => "hi",
        "jpn" => "ja",
        "kor" => "ko",
        "cmn" => "zh",
        "vie" => "vi",
        "tha" => "th",
        "ind" => "id",
        "hrv" => "hr",
        "slv" => "sl",
        "est" => "et",
        "lav" => "lv",
        "lit" => "lt",
        "cat" => "ca",
        "srp" => "sr",
        "pes" => "fa",
        "urd" => "ur",
        "ben" => "bn",
        _ => return None,
    };
    Some(code.to_owned())
}
