//! What the dialogue says so far: which orders are meant, and how the shopper proves to be theirs.

use std::sync::LazyLock;

use super::dialogue::{Dialogue, Turn};
use super::entities::{self, Expecting, Named, same_order};
use super::language;
use super::lexicon::topics::{BOTH_ORDERS, CORRECTION, FIRST_OF_TWO, NO, OTHER_ORDER, SECOND_OF_TWO, YES};
use super::pattern::Phrases;
use super::words::Words;

static CORRECTION_PHRASES: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(CORRECTION));
static YES_PHRASES: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(YES));
static NO_PHRASES: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(NO));
static OTHER_PHRASES: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(OTHER_ORDER));
static BOTH_PHRASES: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(BOTH_ORDERS));
static FIRST_PHRASES: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(FIRST_OF_TWO));
static SECOND_PHRASES: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(SECOND_OF_TWO));

/// What some words of ours asked the shopper for. Read from the words, so that it holds whoever wrote them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    pub order_number: bool,
    pub proof: bool,
    pub which_email: bool,
    pub person: bool,
    pub new_code: bool,
    /// Which goods should be paid back, how many of them, and why.
    pub which_goods: bool,
    pub how_many: bool,
    pub why: bool,
    /// Where an order shall go instead.
    pub address: bool,
}

impl Asked {
    pub fn before(dialogue: &Dialogue, turn: usize) -> Self {
        Self::in_words(dialogue.words_before(turn))
    }

    /// Whether an order or its owner was asked about.
    pub fn for_identity(self) -> bool {
        self.order_number || self.proof || self.which_email
    }

    /// Whether something of a wish for money back was asked.
    pub fn about_refund(self) -> bool {
        self.which_goods || self.how_many || self.why
    }

    pub fn in_words(text: &str) -> Self {
        let text = text.to_lowercase();
        let has = |word: &str| text.contains(word);
        let asks = has("?") || has("please") || has("need") || has("tell me");
        let question = text.rsplit(['.', '!', '\n']).find(|part| part.contains('?')).unwrap_or("").to_owned();
        let address = has("new address") || has("which street and house number") || has("which city is it in");
        let person = ["person", "colleague", "human", "someone", "team"].iter().any(|word| question.contains(word));
        Self {
            order_number: asks && has("order number"),
            proof: asks && !address && ["e-mail", "email", "postcode", "zip", "postal"].iter().any(|word| has(word)),
            which_email: has("which e-mail") || has("which email"),
            person,
            new_code: question.contains("code") && !person,
            which_goods: has("which of these is it about") || has("which item is it about"),
            how_many: question.contains("how many"),
            why: question.contains("change your mind"),
            address,
        }
    }
}

/// The language of the latest message that tells one. An answer to a question for number or proof does not: it may hold a
/// name.
pub fn language(dialogue: &Dialogue) -> &'static str {
    const SHORT: usize = 6;
    let tells = |(index, turn): (usize, &Turn)| {
        let answers = Asked::before(dialogue, index).for_identity() && turn.user.split_whitespace().count() <= SHORT;
        if answers { None } else { language::of(&turn.user) }
    };
    dialogue.turns.iter().enumerate().rev().find_map(tells).unwrap_or("en")
}

/// What the shopper is expected to name in the last message, after what was `asked`.
pub fn expecting(dialogue: &Dialogue, asked: Asked) -> Expecting {
    let Asked { order_number, proof, address, .. } = asked;
    let message = &dialogue.now().user;
    // Only numbers are held against those that were named before.
    if !message.contains(char::is_numeric) {
        return Expecting { order_number, proof, address, ..Expecting::default() };
    }
    let mut known_orders: Vec<String> = Vec::new();
    for earlier in dialogue.before() {
        let named = entities::find(&earlier.user, &Expecting { order_number: true, ..Expecting::default() });
        known_orders.extend(named.order_numbers);
    }
    let corrects = corrects(&Words::of(message));
    Expecting { order_number, proof, known_orders, corrects, address }
}

pub fn is_yes(words: &Words) -> bool {
    words.len() <= 12 && YES_PHRASES.is_in(words) && !is_no(words)
}

pub fn is_no(words: &Words) -> bool {
    NO_PHRASES.is_in(words)
}

pub fn is_about_other_order(words: &Words) -> bool {
    OTHER_PHRASES.is_in(words) || BOTH_PHRASES.is_in(words)
}

fn corrects(words: &Words) -> bool {
    CORRECTION_PHRASES.is_in(words) || is_no(words)
}

/// What is known after the latest message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The orders that are talked about now, as the shopper named them.
    pub focus: Vec<String>,
    /// Every order that was named and not taken back.
    pub orders: Vec<String>,
    /// More than one only when the shopper gave several and it is not known which is right.
    pub emails: Vec<String>,
    pub postcode: Option<String>,
    /// Orders that were given with an address each: "7734 for a@example.com and 7735 for b@example.com".
    pub paired: Vec<(String, String)>,
    /// What the latest message itself names.
    pub named_now: Named,
}

impl Facts {
    pub fn of(dialogue: &Dialogue) -> Self {
        let mut facts = Self::default();
        let mut last_failed = false;
        for (index, turn) in dialogue.turns.iter().enumerate() {
            let words = Words::of(&turn.user);
            let named = entities::find(&turn.user, &expecting_with(dialogue, index, &facts, &words));
            let news = News {
                corrects: corrects(&words),
                asked: Asked::in_words(dialogue.words_before(index)),
                last_failed,
                named,
                words,
            };
            facts.hear(news);
            last_failed = lookup_failed(turn).unwrap_or(last_failed);
        }
        facts
    }

    fn hear(&mut self, news: News) {
        let changes_order = news.named.order_numbers.iter().any(|new| !contains(&self.focus, new));
        let had_order = !self.focus.is_empty();
        self.take_proof(&news, changes_order && had_order && !news.corrects);
        self.take_orders(&news);
        self.named_now = news.named;
    }

    fn take_orders(&mut self, news: &News) {
        let replaces = news.corrects && !news.named.order_numbers.is_empty();
        let denied = |number: &String| contains(&news.named.denied, number);
        self.orders.retain(|number| !denied(number));
        self.focus.retain(|number| !denied(number));
        if replaces {
            let focus = std::mem::take(&mut self.focus);
            self.orders.retain(|number| !contains(&focus, number));
        }
        for number in &news.named.order_numbers {
            if !contains(&self.orders, number) {
                self.orders.push(number.clone());
            }
        }
        if !news.named.order_numbers.is_empty() {
            // "7734... no, I meant 7735" in one message: the last is meant.
            let last = news.named.order_numbers.last().cloned();
            let single = news.self_corrects();
            self.focus = if single { last.into_iter().collect() } else { news.named.order_numbers.clone() };
        } else if BOTH_PHRASES.is_in(&news.words) && self.orders.len() > 1 {
            self.focus = self.orders.clone();
        } else if OTHER_PHRASES.is_in(&news.words) {
            let others: Vec<_> = self.orders.iter().filter(|number| !contains(&self.focus, number)).cloned().collect();
            if !others.is_empty() {
                self.focus = others;
            }
        }
    }

    fn take_proof(&mut self, news: &News, other_order: bool) {
        let named = &news.named;
        if named.emails.len() > 1 && named.emails.len() == named.order_numbers.len() && !news.self_corrects() {
            self.paired = named.order_numbers.iter().cloned().zip(named.emails.iter().cloned()).collect();
            return;
        }
        let gives = !named.emails.is_empty() || !named.postcodes.is_empty();
        if other_order && gives {
            self.emails.clear();
            self.postcode = None;
        }
        if !named.emails.is_empty() {
            let replaces = news.corrects || news.last_failed || news.asked.which_email;
            if replaces {
                self.emails.clear();
            }
            let from = if news.self_corrects() { named.emails.len() - 1 } else { 0 };
            for email in named.emails.iter().skip(from).cloned() {
                if !self.emails.contains(&email) {
                    self.emails.push(email);
                }
            }
        } else if news.asked.which_email && self.emails.len() > 1 {
            self.pick_email(&news.words);
        }
        if let Some(postcode) = named.postcodes.last() {
            self.postcode = Some(postcode.clone());
        }
    }

    /// The address that goes with an order.
    pub fn email_for(&self, number: &str) -> Option<&String> {
        let paired = self.paired.iter().find(|(own, _)| same_order(own, number)).map(|(_, email)| email);
        paired.or(self.emails.last())
    }

    fn pick_email(&mut self, words: &Words) {
        let picked = if FIRST_PHRASES.is_in(words) {
            self.emails.first()
        } else if SECOND_PHRASES.is_in(words) {
            self.emails.last()
        } else {
            None
        };
        if let Some(email) = picked.cloned() {
            self.emails = vec![email];
        }
    }
}

struct News {
    named: Named,
    words: Words,
    corrects: bool,
    asked: Asked,
    /// The last look-up found nothing, so that what comes now is another try.
    last_failed: bool,
}

impl News {
    /// The message corrects itself: "7734, sorry, 7735".
    fn self_corrects(&self) -> bool {
        static WITHIN: LazyLock<Phrases> = LazyLock::new(|| {
            Phrases::new(&["i|it meant|mean", "oops|typo|correction|mistyped", "no|sorry|wait|actually * it is|should"])
        });
        WITHIN.is_in(&self.words)
    }
}

fn expecting_with(dialogue: &Dialogue, turn: usize, facts: &Facts, words: &Words) -> Expecting {
    let asked = Asked::in_words(dialogue.words_before(turn));
    let needs_number = asked.order_number && (facts.focus.is_empty() || corrects(words));
    Expecting {
        order_number: needs_number,
        proof: asked.proof,
        known_orders: facts.orders.clone(),
        corrects: corrects(words),
        address: asked.address,
    }
}

/// Whether the latest look-up of a turn found nothing.
fn lookup_failed(turn: &Turn) -> Option<bool> {
    let last = turn.calls_of("find_order").next_back()?;
    Some(
        last.result
            .as_ref()
            .is_some_and(|result| result.get("found").and_then(serde_json::Value::as_bool) == Some(false)),
    )
}

fn contains(list: &[String], number: &str) -> bool {
    list.iter().any(|own| same_order(own, number))
}
