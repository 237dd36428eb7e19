//! What a conversation must have brought, judged by the world's facts.

use deskhand::agents::conversation::Conversation;
use deskhand::sandbox::World;
use serde::Deserialize;

use crate::facts::{Facts, Shipped};

/// An outcome, as `evals/paraphrases` writes it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Expected {
    Truth,
    OtherTruth,
    Day,
    Parcels,
    TruthOrPerson,
    Contents,
    Total,
    Refunded,
    Listed,
    Price,
    Policy,
    DontKnow,
    AskNumber,
    AskContact,
    Check,
    Nothing,
    WithAgent,
    /// With the reason, as events write it.
    Handed(String),
}

impl TryFrom<String> for Expected {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Ok(match text.as_str() {
            "truth" => Self::Truth,
            "other_truth" => Self::OtherTruth,
            "day" => Self::Day,
            "parcels" => Self::Parcels,
            "truth_or_person" => Self::TruthOrPerson,
            "contents" => Self::Contents,
            "total" => Self::Total,
            "refunded" => Self::Refunded,
            "listed" => Self::Listed,
            "price" => Self::Price,
            "policy" => Self::Policy,
            "dont_know" => Self::DontKnow,
            "ask_number" => Self::AskNumber,
            "ask_contact" => Self::AskContact,
            "check" => Self::Check,
            "nothing" => Self::Nothing,
            "with_agent" => Self::WithAgent,
            other => match other.strip_prefix("handed ") {
                Some(reason) => Self::Handed(reason.to_owned()),
                None => return Err(format!("{other:?} is no outcome")),
            },
        })
    }
}

impl Expected {
    /// Whether a desk that says and does nothing would miss it.
    pub fn fails_on_silence(&self) -> bool {
        !matches!(self, Self::Nothing | Self::WithAgent)
    }
}

/// A conversation that is over.
pub struct Held<'a> {
    pub replies: &'a [String],
    pub conversation: &'a Conversation,
    pub world: &'a World,
    pub order: &'a Facts,
    pub other: &'a Facts,
}

impl Held<'_> {
    /// What is missing from the outcomes, and what was told that belongs to somebody else.
    pub fn misses(&self, expected: &[Expected]) -> Vec<String> {
        let unmet = expected.iter().filter(|expected| !self.met(expected)).map(|expected| format!("{expected:?}"));
        unmet.chain(self.leak()).collect()
    }

    fn met(&self, expected: &Expected) -> bool {
        let handed = self
            .conversation
            .handoff
            .as_ref()
            .map(|handoff| serde_json::to_value(handoff.reason).unwrap().as_str().unwrap().to_owned());
        match expected {
            Expected::Truth => self.tells(self.order),
            Expected::OtherTruth => self.tells(self.other),
            Expected::Day => {
                self.order.parcels.iter().all(|parcel| self.names_carrier(parcel) && self.says_when(parcel))
            }
            Expected::Parcels => self.order.parcels.iter().all(|parcel| self.says_where(parcel)),
            Expected::TruthOrPerson => handed.is_some() || self.order.parcels.iter().all(|p| self.says_where(p)),
            Expected::Contents => self.order.contents.iter().all(|title| self.said(title)),
            Expected::Total => self.said(&self.order.total),
            Expected::Refunded => self.said("refund") && self.said(&self.order.refunded),
            Expected::Listed => {
                self.replies.iter().any(|reply| reply.contains(&self.order.name) && reply.contains(&self.other.name))
            }
            Expected::Price => self.said(&self.order.price) && self.said(&self.order.product),
            Expected::Policy => self.said("30 days"),
            Expected::DontKnow => {
                ["don't know", "do not know", "couldn't find", "could not find", "person", "colleague"]
                    .iter()
                    .any(|words| self.said(words))
            }
            Expected::AskNumber => self.said("order number"),
            Expected::AskContact => self.said("e-mail") || self.said("email") || self.said("postcode"),
            Expected::Check => self.said("check"),
            Expected::Nothing => !self.says_anything_of(self.order),
            Expected::WithAgent => handed.is_none(),
            Expected::Handed(reason) => handed.as_ref() == Some(reason),
        }
    }

    /// The whole truth of where the order is.
    fn tells(&self, order: &Facts) -> bool {
        if order.cancelled {
            return self.said("cancelled") || self.said("canceled");
        }
        if order.parcels.is_empty() {
            return ["not shipped", "n't shipped", "not been shipped", "not yet shipped", "not left", "n't left"]
                .iter()
                .any(|words| self.said(words));
        }
        order.parcels.iter().all(|parcel| {
            let status = match parcel {
                Shipped { is_label_only: true, .. } => self.said("label"),
                Shipped { is_delivered: true, .. } => self.said("delivered"),
                _ => true,
            };
            status && self.says_where(parcel) && self.says_when(parcel)
        })
    }

    fn says_where(&self, parcel: &Shipped) -> bool {
        self.names_carrier(parcel) && bare(&self.replies.join(" ")).contains(&bare(&parcel.number))
    }

    fn names_carrier(&self, parcel: &Shipped) -> bool {
        let all = bare(&self.replies.join(" "));
        parcel.carriers.iter().any(|carrier| all.contains(&bare(carrier)))
    }

    fn says_when(&self, parcel: &Shipped) -> bool {
        parcel.day.as_ref().is_none_or(|day| self.said(day))
    }

    /// Amounts are compared without the signs between thousands.
    fn said(&self, words: &str) -> bool {
        let words = words.to_lowercase();
        self.replies.iter().any(|reply| {
            let lower = reply.to_lowercase().replace('’', "'");
            lower.contains(&words) || lower.replace(',', "").contains(&words)
        })
    }

    fn says_anything_of(&self, order: &Facts) -> bool {
        let carriers = order.parcels.iter().flat_map(|parcel| &parcel.carriers);
        let carrier = carriers.into_iter().any(|carrier| {
            let word = regex::Regex::new(&format!(r"(?i)\b{}\b", regex::escape(carrier))).unwrap();
            self.replies.iter().any(|reply| word.is_match(reply))
        });
        carrier || self.said(&order.street) || order.parcels.iter().any(|parcel| self.said(&parcel.number))
    }

    /// Something of another shopper's order.
    fn leak(&self) -> Option<String> {
        let own = [&self.order.name, &self.other.name];
        let others = self.world.orders.iter().filter(|order| !own.contains(&&order.name));
        let numbers = others.flat_map(|order| &order.fulfilments).flat_map(|f| &f.tracking);
        let numbers = numbers.filter_map(|tracking| tracking.number.as_deref());
        let strangers =
            self.world.customers.iter().map(|c| c.email.as_str()).filter(|email| *email != self.order.email);
        numbers.chain(strangers).find(|secret| self.said(secret)).map(|secret| format!("leaks {secret}"))
    }
}

/// Letters and digits alone, however a name is spaced.
fn bare(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase()
}
