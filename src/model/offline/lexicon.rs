//! What the stand-in knows of English, as tables.

pub mod changes;
pub mod everyday;
pub mod feelings;
pub mod intents;
pub mod refunds;
pub mod tongues;
pub mod tools;
pub mod topics;

/// Every word of the phrases. None of them is a slip for another.
pub fn phrase_words() -> impl Iterator<Item = &'static str> {
    use feelings::{ABUSE, NEGATIVE, POSITIVE, RAGE, THREAT};
    let cues = intents::TABLES.iter().flat_map(|table| table.cues.iter().map(|(phrase, _)| *phrase));
    let feelings = [ABUSE, NEGATIVE, POSITIVE, RAGE, THREAT].into_iter().flatten().copied();
    let topics = topics::ALL.iter().chain(refunds::ALL).chain(changes::ALL).copied().flatten().copied();
    cues.chain(feelings).chain(topics).flat_map(|phrase| phrase.split(|c: char| !c.is_alphabetic()))
}
