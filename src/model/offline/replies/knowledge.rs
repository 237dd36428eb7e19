//! Answers from the help centre and the catalogue: quotations of what was found.

use std::collections::HashSet;
use std::sync::LazyLock;

use serde_json::Value;

use super::values::{money, quoted};
use super::{OFFER_PERSON, join};
use crate::model::offline::lexicon::changes::SEND_BACK;
use crate::model::offline::lexicon::everyday::STOP_WORDS;
use crate::model::offline::pattern::Phrases;
use crate::model::offline::receipts::{list, text};
use crate::model::offline::words::{Words, plain};

/// What a help centre calls goods that are sent back.
const RETURN: &str = "return";
static SEND_BACK_P: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(SEND_BACK));
static STOP: LazyLock<HashSet<&str>> = LazyLock::new(|| STOP_WORDS.split_whitespace().collect());

/// How many sentences of an article, and how many products, are quoted at most.
const SENTENCES: usize = 2;
const PRODUCTS: usize = 3;

/// The words of a question that say what it is about.
pub fn subject_words(question: &str) -> Vec<String> {
    kept_words(plain(question))
}

/// The same, with slips of the finger mended: good for words about the store, not for names of products.
pub fn mended_subject_words(question: &str) -> Vec<String> {
    let words = Words::of(question);
    let mut kept = kept_words(words.as_slice().to_vec());
    if SEND_BACK_P.is_in(&words) && !kept.iter().any(|word| word.starts_with(RETURN)) {
        kept.insert(0, RETURN.to_owned());
    }
    kept
}

fn kept_words(words: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for word in words {
        if !STOP.contains(word.as_str())
            && !kept.contains(&word)
            && (word.chars().count() > 1 || word.chars().all(|c| c.is_ascii_digit()))
        {
            kept.push(word);
        }
    }
    kept
}

/// The sentences of the article that fits the question best, and its title.
pub fn articles(result: &Value, question: &str) -> String {
    let about = mended_subject_words(question);
    let best = list(result, "articles")
        .iter()
        .filter_map(|article| {
            let title = text(article, "title").unwrap_or("");
            let body = text(article, "text")?;
            Some((2 * overlap(title, &about) + overlap(body, &about), title, body))
        })
        .max_by(|left, right| left.0.cmp(&right.0).then(std::cmp::Ordering::Greater));
    let Some((_, title, body)) = best else {
        return format!("I have no information about that. {OFFER_PERSON}");
    };
    let told = best_sentences(body, &about);
    if title.is_empty() { told } else { format!("{told}\n\nSource: “{title}”.") }
}

/// The best sentences in their order; the first ones when none stands out.
fn best_sentences(body: &str, about: &[String]) -> String {
    let body: Vec<String> = sentences(body);
    let mut ranked: Vec<(usize, usize)> =
        body.iter().enumerate().map(|(at, line)| (overlap(line, about), at)).collect();
    ranked.sort_by(|left, right| right.0.cmp(&left.0).then(left.1.cmp(&right.1)));
    let mut chosen: Vec<usize> = ranked.iter().take(SENTENCES).map(|(_, at)| *at).collect();
    chosen.sort_unstable();
    chosen.iter().filter_map(|at| body.get(*at)).map(String::as_str).collect::<Vec<_>>().join(" ")
}

fn sentences(text: &str) -> Vec<String> {
    text.split_inclusive(['.', '!', '?', '\n'])
        .fold(vec![String::new()], |mut list, piece| {
            if let Some(last) = list.last_mut() {
                last.push_str(piece);
            }
            let ends = piece.ends_with(['!', '?', '\n']) || piece.ends_with('.');
            if ends && list.last().is_some_and(|last| last.trim().chars().count() > 3) {
                list.push(String::new());
            }
            list
        })
        .into_iter()
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect()
}

/// How many of the words occur in the text, endings aside.
fn overlap(text: &str, about: &[String]) -> usize {
    let own: HashSet<String> = plain(text).iter().map(|word| stem(word)).collect();
    about.iter().filter(|word| own.contains(&stem(word))).count()
}

fn stem(word: &str) -> String {
    let mut stem = word.to_owned();
    for ending in ["ing", "ies", "ed", "es", "s", "y"] {
        if let Some(short) = word.strip_suffix(ending).filter(|short| short.chars().count() >= 3) {
            short.clone_into(&mut stem);
            break;
        }
    }
    stem
}

/// The products that were found.
pub fn products(result: &Value, question: &str) -> String {
    let about = subject_words(question);
    let found = list(result, "products");
    if found.is_empty() {
        return format!("I have no information about a product like that. {OFFER_PERSON}");
    }
    // Who names a product wants to hear of that one.
    let is_named = |product: &&Value| {
        let title = text(product, "title").map(subject_words).unwrap_or_default();
        !title.is_empty() && title.iter().all(|word| about.contains(word))
    };
    let named: Vec<&Value> = found.iter().filter(is_named).collect();
    let told = if named.is_empty() { found.iter().collect() } else { named };
    join(told.into_iter().take(PRODUCTS).filter_map(|product| one_product(product, &about)))
}

fn one_product(product: &Value, about: &[String]) -> Option<String> {
    let title = quoted(text(product, "title")?);
    let price = money(product.get("price")).map(|price| format!(" costs {price}")).unwrap_or_default();
    let stock = match product.get("available").and_then(Value::as_bool) {
        Some(true) => "is available",
        Some(false) => "is not available now",
        None => "is in the store",
    };
    let first = if price.is_empty() { format!("{title} {stock}.") } else { format!("{title}{price} and {stock}.") };
    let described = text(product, "description")
        .map(|description| best_sentences(description, about))
        .filter(|description| !description.is_empty())
        .map(|description| format!(" {description}"))
        .unwrap_or_default();
    let url = text(product, "url").map(|url| format!(" {url}")).unwrap_or_default();
    Some(format!("{first}{described}{url}"))
}
