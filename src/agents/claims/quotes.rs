//! What stands in quotation marks as a receipt has it, whole, needs no checking of its words: a carrier's latest message, or
//! the title of goods or of an article, or a sentence of a colleague's.

use super::atoms;
use super::deeds::{Deed, Kind};
use super::evidence::{Evidence, Item, Parcel};
use super::reading::LONGEST_RUN;
use super::text::{self, Token};
use crate::agents::language::{Language, Marker, Role};
use crate::model::colleague;

/// Pairs of quotation marks, as English and German texts have them.
const MARKS: [(char, char); 4] = [('“', '”'), ('"', '"'), ('„', '“'), ('»', '«')];

/// A sentence without the words that it quotes, and the evidence that goes with it. `None`: it quotes nothing that a
/// receipt has.
pub(super) fn taken_out(language: &Language, evidence: &Evidence, sentence: &str) -> Option<(Evidence, String)> {
    let quoted = quotations(sentence);
    if quoted.is_empty() {
        return None;
    }
    let mut evidence = evidence.clone();
    let mut rest = sentence.to_owned();
    let mut any = false;
    for quotation in quoted {
        let bare = bare(quotation);
        if titles(&mut evidence).any(|title| title == bare) {
            let name = if reads_as_a_name(language, &evidence, bare) { spelled(bare) } else { opaque(bare) };
            rest = rest.replace(bare, &name);
            titles(&mut evidence).filter(|title| *title == bare).for_each(|title| title.clone_from(&name));
            any = true;
        } else if evidence.said_by_colleagues.contains(colleague::bare(quotation)) {
            rest = unreported(language, &rest, quotation);
            any = true;
        } else if evidence.passages.iter().any(|passage| passage.title == bare)
            || keep_scans_that_say(&mut evidence, bare)
            || keep_notes_that_say(language, &mut evidence, sentence, bare)
        {
            rest = rest.replace(quotation, "");
            any = true;
        }
    }
    titles(&mut evidence).for_each(|title| *title = spelled(title));
    any.then_some((evidence, rest))
}

fn quotations(sentence: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (open, close) in MARKS {
        let mut rest = sentence;
        while let Some((quotation, after)) = rest.split_once(open).and_then(|(_, from)| from.split_once(close)) {
            found.extend((!bare(quotation).is_empty()).then_some(quotation));
            rest = after;
        }
    }
    found
}

/// The rest of a sentence that quotes a person, without the word that says so: `Rosa wrote: “…”`. Anywhere else that word
/// would say something of its own.
fn unreported(language: &Language, sentence: &str, quotation: &str) -> String {
    let Some((before, after)) = sentence.split_once(quotation) else { return sentence.to_owned() };
    let spoken = before.trim_end_matches(|c: char| !c.is_alphanumeric());
    let words = spoken.rsplit_once(char::is_whitespace);
    match words.filter(|(_, last)| language.is_reporting(&last.to_lowercase())) {
        Some((who, _)) => format!("{who}: {after}"),
        None => format!("{before}{after}"),
    }
}

fn bare(text: &str) -> &str {
    text.trim().trim_end_matches(['.', ','])
}

/// Leaves of each parcel's scans only a latest one that says this: what else the sentence says of a scan, where and when,
/// must be that scan's. `false`, and nothing changed, where no latest scan does.
fn keep_scans_that_say(evidence: &mut Evidence, message: &str) -> bool {
    let says = |parcel: &Parcel| parcel.latest_scan().is_some_and(|scan| bare(&scan.message) == message);
    if !evidence.orders.iter().flat_map(|order| &order.shipments).any(says) {
        return false;
    }
    for parcel in evidence.orders.iter_mut().flat_map(|order| &mut order.shipments) {
        let this = says(parcel);
        if let Some(report) = &mut parcel.report {
            let latest = report.latest_scan.take().or_else(|| report.scans.pop());
            report.latest_scan = latest.filter(|_| this);
            report.scans.clear();
        }
    }
    true
}

/// The text of a note, in a sentence that speaks of a note. Other notes are left out of what it may lean on.
fn keep_notes_that_say(language: &Language, evidence: &mut Evidence, sentence: &str, text: &str) -> bool {
    let says = |deed: &Deed| deed.told.text.as_deref().is_some_and(|own| bare(own) == text);
    let lower = sentence.replace(text, "").to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).collect();
    let is_note = |at: usize| {
        let rest = words.get(at..).unwrap_or_default();
        language.lexicon.longest(rest).is_some_and(|(_, roles)| roles.contains(&Role::Marker(Marker::NoteNoun)))
    };
    let spoken = (0..words.len()).any(is_note);
    let known = spoken && evidence.deeds.iter().any(|deed| deed.kind == Kind::Note && says(deed));
    if known {
        evidence.deeds.retain(|deed| deed.kind != Kind::Note || says(deed));
    }
    known
}

fn titles(evidence: &mut Evidence) -> impl Iterator<Item = &mut String> {
    let orders = evidence.orders.iter_mut().flat_map(|order| {
        let shipped = order.shipments.iter_mut().flat_map(|parcel| &mut parcel.items);
        order.items.iter_mut().chain(shipped).map(|item: &mut Item| &mut item.title)
    });
    let refunds = evidence.refunds.iter_mut().flat_map(|refund| refund.titles());
    let deeds = evidence.deeds.iter_mut().flat_map(|deed| deed.told.items.iter_mut().map(|units| &mut units.title));
    orders.chain(evidence.products.iter_mut().map(|product| &mut product.title)).chain(refunds).chain(deeds)
}

/// Whether the words of a title say nothing by themselves beside its being a title.
fn reads_as_a_name(language: &Language, evidence: &Evidence, title: &str) -> bool {
    let title = spelled(title);
    let tokens = text::tokens(&title);
    let words: Vec<&str> = tokens.iter().map(|token| token.text.as_ref()).collect();
    let is_known = words.len() == 1 && language.lexicon.longest(&words).is_some();
    let is_one_run = tokens.len() <= LONGEST_RUN && tokens.iter().all(Token::is_word);
    is_one_run && !is_known && atoms::find(language, evidence, &tokens).is_empty()
}

/// A name in the place of one that says something: its letters, in words that no language has.
fn opaque(title: &str) -> String {
    let letters: String = spelled(title).chars().filter(|c| c.is_alphabetic()).collect();
    format!("zz{letters} zz")
}

/// Digits as letters, each its own: the number in a title is part of its name, and counts nothing.
pub(super) fn spelled(title: &str) -> String {
    let letter = |digit: u32| char::from_u32(u32::from('a') + digit).unwrap_or('z');
    title
        .chars()
        .flat_map(|c| c.to_digit(10).map_or([Some(c), None], |digit| [Some('z'), Some(letter(digit))]))
        .flatten()
        .collect()
}
