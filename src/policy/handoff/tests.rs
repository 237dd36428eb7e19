use super::*;
use crate::domain::event::Entities;

fn analysis(intent: Intent, sentiment: Sentiment) -> Analysis {
    Analysis { intent, confidence: 0.9, sentiment, language: "en".into(), entities: Entities::default() }
}

#[test]
fn a_rude_question_is_answered_and_rage_is_not() {
    let people = People::default();
    assert_eq!(by_message(&people, &analysis(Intent::OrderStatus, Sentiment::Angry), "where the hell is it"), None);
    assert_eq!(
        by_message(&people, &analysis(Intent::Other, Sentiment::Angry), "you are thieves"),
        Some(HandoffReason::Anger)
    );
    assert_eq!(by_message(&people, &analysis(Intent::OrderStatus, Sentiment::Threat), ""), Some(HandoffReason::Threat));
}

#[test]
fn topics_match_whole_words() {
    let people = People { topics: [("trade".to_owned(), vec!["bulk order".to_owned()])].into(), ..People::default() };
    let neutral = analysis(Intent::ProductQuestion, Sentiment::Neutral);
    assert_eq!(by_message(&people, &neutral, "Can I place a BULK order?"), Some(HandoffReason::Topic));
    assert_eq!(by_message(&people, &neutral, "Is the bulky order bag waterproof?"), None);
}
