//! Reads a message without a model: what was learnt from examples, and rules for what an example cannot tell, which is where
//! the conversation stands, which facts a message names and how it is meant. It says nothing where it is not sure.

use super::features::Features;
use super::weights::{Opinion, Weights};
use crate::domain::event::{Analysis, Intent};
use crate::model::Message;
use crate::model::offline::reading::Reading;

/// Below this share of known words nothing is decided: it may be another language, or another trade's.
const KNOWN: f64 = 0.5;
/// The language in which the classifier has learnt.
const LANGUAGE: &str = "en";
/// A wish for a person, or dissatisfaction, that is at least so likely is not passed over for something else.
const NOT_TO_BE_MISSED: f64 = 0.05;

/// What the last message of a dialogue says, if that is sure without a model. `earlier` is what was read before it.
pub fn read(messages: &[Message], earlier: Option<&Analysis>, weights: &Weights, sure_from: f64) -> Option<Analysis> {
    // At 1 nothing is sure.
    if sure_from >= 1.0 {
        return None;
    }
    let reading = Reading::of(messages);
    if reading.language() != LANGUAGE || reading.is_alarming() {
        return None;
    }
    if reading.is_only_facts() {
        return continued(&reading, earlier?);
    }
    let opinion = weights.opinion(&Features::of_read(reading.text(), reading.by_itself()));
    let agreed = opinion.intent == reading.by_words();
    let enough = if agreed { sure_from } else { f64::midpoint(sure_from, 1.0) };
    let decided = opinion.confidence >= enough
        && opinion.known >= KNOWN
        && stands_alone(&reading, &opinion, earlier)
        && misses_nothing(&reading, &opinion);
    decided.then(|| analysis(&reading, opinion.intent, opinion.confidence))
}

/// Numbers and addresses alone go on with what they were asked for.
fn continued(reading: &Reading, earlier: &Analysis) -> Option<Analysis> {
    let goes_on = reading.answers_a_question() && earlier.intent != Intent::Other && earlier.language == LANGUAGE;
    goes_on.then(|| analysis(reading, earlier.intent, earlier.confidence))
}

/// Whether what was said before cannot change the meaning, or agrees with it.
fn stands_alone(reading: &Reading, opinion: &Opinion, earlier: Option<&Analysis>) -> bool {
    if reading.depends_on_context() {
        return false;
    }
    let goes_on = earlier.is_none_or(|earlier| earlier.intent == opinion.intent);
    goes_on || !(reading.answers_a_question() || reading.refers_back())
}

/// Whether no sign of a wish for a person, nor of a complaint, is passed over.
fn misses_nothing(reading: &Reading, opinion: &Opinion) -> bool {
    let for_people = |intent| matches!(intent, Intent::HumanAgent | Intent::Complaint);
    if opinion.intent == Intent::HumanAgent {
        return true;
    }
    let person = reading.wants_person() || reading.by_words() == Intent::HumanAgent;
    let missed = |intent| intent != opinion.intent && opinion.probability(intent) >= NOT_TO_BE_MISSED;
    !person
        && !missed(Intent::HumanAgent)
        && (for_people(opinion.intent) || !missed(Intent::Complaint) && !for_people(reading.by_words()))
}

fn analysis(reading: &Reading, intent: Intent, confidence: f64) -> Analysis {
    Analysis {
        intent,
        confidence: (confidence * 100.0).round() / 100.0,
        sentiment: reading.sentiment(intent),
        language: LANGUAGE.to_owned(),
        entities: reading.entities(),
    }
}
