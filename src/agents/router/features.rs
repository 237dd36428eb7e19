//! What the local classifier sees of a text: hashes of words, of pairs of words and of pieces of words, and what the rules'
//! phrases say. No text can be read back from them.

use crate::model::offline::reading::Text;

/// Hashes are below this: wide enough that few features share one.
const BUCKETS: u64 = 1 << 20;
/// Lengths of the pieces of a word, its ends marked.
const PIECES: std::ops::RangeInclusive<usize> = 3..=5;
/// Scores of the rules are told in units of a phrase that decides twice over, and at most so many of them.
const CUE_UNIT: f64 = 4.0;
const CUE_MOST: f64 = 1.5;
/// How much the side facts weigh beside the words, which together have the length 1.
const SIDE: f32 = 0.3;
const GUESS: f32 = 0.7;
/// A number of so many digits is some order's, and not a word.
const DIGITS: usize = 3;

/// A text as the classifier sees it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Features {
    /// Hash and value, by hash.
    pub values: Vec<(u32, f32)>,
    /// The hashes of the single words.
    pub words: Vec<u32>,
}

impl Features {
    pub fn of(text: &str) -> Self {
        Self::of_read(text, &Text::of(text))
    }

    /// The same, where it was read already.
    pub fn of_read(text: &str, read: &Text) -> Self {
        let words: Vec<&str> = read.words().iter().map(|word| shown(word)).collect();
        let mut features = Self { values: Vec::new(), words: words.iter().map(|word| hash("w", [*word])).collect() };
        features.add_group(features.words.iter().copied().chain(pairs(&words)).collect());
        features.add_group(pieces(read.written().iter().map(|word| shown(word))));
        features.add_cues(read);
        features.add_side_facts(text, &words);
        features.settle();
        features
    }

    /// Features of one kind weigh the same together, in a long text and in a short one.
    fn add_group(&mut self, mut hashes: Vec<u32>) {
        hashes.sort_unstable();
        hashes.dedup();
        let value = 1.0 / (hashes.len().max(1) as f32).sqrt();
        self.values.extend(hashes.into_iter().map(|hash| (hash, value)));
    }

    fn add_cues(&mut self, read: &Text) {
        let told = read.cues().iter().filter(|(_, score)| *score > 0.0);
        self.values.extend(
            told.map(|(intent, score)| (hash("cue", [intent.as_str()]), (score / CUE_UNIT).min(CUE_MOST) as f32)),
        );
        let (intent, confidence) = read.guess();
        let sure = if confidence > 0.5 { "sure" } else { "unsure" };
        self.values.push((hash("guess", [intent.as_str(), sure]), GUESS));
    }

    fn add_side_facts(&mut self, text: &str, words: &[&str]) {
        let length = match words.len() {
            0 => "none",
            1 => "one",
            2..=3 => "few",
            4..=7 => "some",
            8..=15 => "many",
            _ => "lots",
        };
        self.values.push((hash("bias", [""]), 1.0));
        self.values.push((hash("length", [length]), SIDE));
        if text.contains('?') {
            self.values.push((hash("question", [""]), SIDE));
        }
        if let Some(first) = words.first() {
            self.values.push((hash("first", [*first]), SIDE));
        }
    }

    /// By hash, each once.
    fn settle(&mut self) {
        self.values.sort_by_key(|(hash, _)| *hash);
        self.values.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += next.1;
            }
            same
        });
    }
}

/// Words as they are; numbers and addresses only as such.
fn shown(word: &str) -> &str {
    if word.contains('@') {
        return "@";
    }
    if word.chars().filter(char::is_ascii_digit).count() >= DIGITS { "0" } else { word }
}

/// Neighbours, the ends of the text among them.
fn pairs<'a>(words: &'a [&'a str]) -> impl Iterator<Item = u32> + 'a {
    let before = std::iter::once("^").chain(words.iter().copied());
    let after = words.iter().copied().chain(std::iter::once("$"));
    before.zip(after).map(|(left, right)| hash("pair", [left, right]))
}

/// Longer pieces go on where shorter ones end.
fn pieces<'a>(words: impl Iterator<Item = &'a str>) -> Vec<u32> {
    let begun = taken(BASIS, "piece");
    let (mut hashes, mut marked) = (Vec::new(), String::new());
    for word in words {
        marked.clear();
        marked.extend(["<", word, ">"]);
        hashes.reserve(marked.len() * PIECES.count());
        for (start, _) in marked.char_indices() {
            let letters = marked.get(start..).unwrap_or_default();
            let mut state = begun;
            for (before, letter) in letters.chars().take(*PIECES.end()).enumerate() {
                state = letter.encode_utf8(&mut [0; 4]).bytes().fold(state, with_byte);
                if PIECES.contains(&(before + 1)) {
                    hashes.push(stirred(with_byte(state, END)));
                }
            }
        }
    }
    hashes
}

const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
/// Follows each text that is hashed: no text holds it.
const END: u8 = 0xff;

/// FNV-1a with a last stir, of a kind and its parts.
fn hash<const N: usize>(kind: &str, parts: [impl AsRef<str>; N]) -> u32 {
    stirred(parts.iter().fold(taken(BASIS, kind), |state, part| taken(state, part.as_ref())))
}

fn taken(state: u64, text: &str) -> u64 {
    with_byte(text.bytes().fold(state, with_byte), END)
}

fn with_byte(state: u64, byte: u8) -> u64 {
    (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
}

fn stirred(mut state: u64) -> u32 {
    state ^= state >> 29;
    state = state.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state ^= state >> 32;
    u32::try_from(state % BUCKETS).unwrap_or_default()
}
