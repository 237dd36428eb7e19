//! What a conversation has seen: its receipts as facts. Built receipt by receipt, asked for every sentence.

use std::collections::HashSet;

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::Value;

mod acts;
mod order;

use self::order::joined;
pub(super) use self::order::{Item, Order, Parcel, Report, Scan};
use super::atoms::compact;
use super::deeds::{Deed, Kind};
use super::refunds::Refund;
use crate::agents::language::Language;
use crate::domain::effect::{EffectKind, EffectState};
use crate::domain::money::Money;
use crate::model::colleague;

/// The receipts of a conversation, read once.
#[derive(Clone, Debug)]
pub struct Evidence {
    pub(super) today: Date,
    /// Oldest first; an order that is read again replaces what was known and moves to the end.
    pub(super) orders: Vec<Order>,
    /// How many orders a complete list held.
    pub(super) listed: Option<usize>,
    pub(super) passages: Vec<Passage>,
    pub(super) products: Vec<Product>,
    /// Oldest first; a newer receipt of the same refund stands in its place.
    pub(super) refunds: Vec<Refund>,
    /// What was done, or asked for, beside money: oldest first, each as its latest receipt has it.
    pub(super) deeds: Vec<Deed>,
    /// The sentence that is checked names the address of a receipt, which was taken out of it.
    pub(super) names_address: bool,
    pub(super) effects: Vec<(EffectKind, EffectState)>,
    pub(super) codes: Codes,
    pub(super) question: Question,
    /// The last search for an order found none.
    pub(super) not_found: bool,
    pub(super) unavailable: bool,
    /// Sentences of the store's people, without the sign at their end.
    pub(super) said_by_colleagues: HashSet<String>,
    said_by_customer: HashSet<String>,
    /// The shopper's words as they were written: what was called so may be called so again.
    words_of_customer: HashSet<String>,
    addresses: HashSet<String>,
    /// Characters of receipts that a language's own letters do not include.
    pub(super) characters: HashSet<char>,
    /// Words that are names: of the store, its brands.
    pub(super) names: HashSet<String>,
    pub(super) tracking: Vec<Tracking>,
}

/// A tracking number, and how it is recognised however it is grouped.
#[derive(Clone, Debug)]
pub(super) struct Tracking {
    pub number: String,
    /// Its letters and digits, of which there are some.
    pub compact: String,
}

/// One-time codes, as far as their tools told.
#[derive(Clone, Debug, Default)]
pub(super) struct Codes {
    pub sent: bool,
    pub verified: bool,
    pub wrong: bool,
    pub valid_minutes: Option<u64>,
    pub tries_left: Option<u64>,
}

/// What the store's people were asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Question {
    #[default]
    None,
    Waits,
    Answered,
}

#[derive(Deserialize)]
struct Answered {
    answered_by: Option<String>,
    answer: Option<String>,
}

/// A text of the store.
#[derive(Clone, Debug)]
pub(super) struct Passage {
    pub title: String,
    pub text: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Product {
    pub title: String,
    #[serde(default)]
    pub description: Option<String>,
    pub price: Option<Money>,
    #[serde(default)]
    pub available: bool,
}

impl Evidence {
    /// Nothing seen yet; `today` in the store's time zone.
    pub fn new(today: Date) -> Self {
        Self {
            today,
            orders: Vec::new(),
            listed: None,
            passages: Vec::new(),
            products: Vec::new(),
            refunds: Vec::new(),
            deeds: Vec::new(),
            names_address: false,
            effects: Vec::new(),
            codes: Codes::default(),
            question: Question::default(),
            not_found: false,
            unavailable: false,
            said_by_colleagues: HashSet::new(),
            said_by_customer: HashSet::new(),
            words_of_customer: HashSet::new(),
            addresses: HashSet::new(),
            characters: HashSet::new(),
            names: HashSet::new(),
            tracking: Vec::new(),
        }
    }

    /// Names that may be said although no receipt has them: of the store and its brands.
    pub fn allow_name(&mut self, name: &str) {
        self.characters.extend(name.chars().filter(|c| !c.is_ascii()));
        self.names.extend(words(name));
    }

    /// What a person of the store wrote to the shopper: it may be quoted, a whole sentence at a time.
    pub fn colleague_said(&mut self, name: Option<&str>, text: &str) {
        name.into_iter().for_each(|name| self.allow_name(name));
        self.said_by_colleagues.extend(colleague::sentences(text).map(str::to_owned));
    }

    /// What the shopper wrote. Order numbers and addresses in it may be repeated; it proves nothing else.
    pub fn customer_said(&mut self, text: &str) {
        let letters = text.split(|c: char| !c.is_alphabetic() && c != '\'');
        self.words_of_customer.extend(letters.filter(|word| word.chars().count() > 1).map(str::to_owned));
        // `mei.kovacs@…` is a way to write a name.
        let addresses = text.split_whitespace().filter_map(|chunk| chunk.split_once('@'));
        self.words_of_customer.extend(addresses.flat_map(|(local, _)| words(local)).map(|name| capitalised(&name)));
        for chunk in text.split_whitespace() {
            let bare = chunk.trim_matches(|c: char| !c.is_alphanumeric());
            if bare.chars().any(|c| c.is_ascii_digit() || c == '@') {
                self.said_by_customer.insert(bare.to_lowercase());
                self.said_by_customer.insert(joined(bare));
            }
            // `NO-929` may be the number 929 of a shop.
            if !bare.contains('@') {
                let digits = |part: &&str| part.len() >= 3 && part.bytes().all(|byte| byte.is_ascii_digit());
                let parts = bare.split(['-', '/', '_']);
                self.said_by_customer.extend(parts.filter(digits).map(str::to_owned));
            }
        }
    }

    /// Order numbers in parts, `EN-20417-A`: of receipts, and as the shopper wrote them. They are read as one word.
    pub(super) fn parted_numbers(&self) -> impl Iterator<Item = &str> {
        let parted = |name: &&str| {
            name.contains(['-', '/', '_']) && !name.contains('@') && name.chars().any(|c| c.is_ascii_digit())
        };
        let of_orders = self.orders.iter().map(|order| order.order_number.trim_start_matches('#'));
        let of_returns = self.deeds.iter().filter_map(Deed::name).map(|name| name.trim_start_matches('#'));
        of_orders.chain(of_returns).chain(self.said_by_customer.iter().map(String::as_str)).filter(parted)
    }

    /// An effect of this conversation moved. The latest state of a kind counts.
    pub fn effect(&mut self, kind: EffectKind, state: EffectState) {
        self.effects.retain(|(known, _)| *known != kind);
        self.effects.push((kind, state));
    }

    /// Where an effect of this conversation stands now. What a receipt says of it and is no longer so cannot be said.
    pub fn effect_stands(&mut self, effect: &str, state: &EffectState) {
        self.refunds.retain(|refund| refund.refund.as_deref() != Some(effect) || refund.agrees_with(state));
        self.deeds.retain(|deed| deed.effect() != Some(effect) || deed.agrees_with(state));
    }

    /// What a tool returned. Failed calls are receipts, too: they tell what could not be seen.
    pub fn receipt(&mut self, tool: &str, receipt: &Value) {
        self.remember_strings(receipt);
        if let Some(error) = receipt.get("error") {
            self.failed(tool, error.get("code").and_then(Value::as_str).unwrap_or_default());
            return;
        }
        match tool {
            "find_order" | "get_order" => self.order(receipt),
            "track_shipment" => self.tracked(receipt),
            "quote_refund" | "issue_refund" | "request_goodwill" => self.refund(receipt),
            "list_orders" => self.list(receipt),
            "cancel_order" => self.deed(Kind::Cancellation, receipt),
            "change_shipping_address" => self.deed(Kind::Address, receipt),
            "add_order_note" => self.deed(Kind::Note, receipt),
            "check_return_eligibility" | "create_return" => self.returned(receipt),
            "search_help_center" => self.articles(receipt),
            "ask_colleague" => self.asked(receipt),
            "find_product" => {
                let products = read_list::<Product>(receipt, "products");
                self.passages.extend(products.iter().map(|product| Passage {
                    title: product.title.clone(),
                    text: product.description.clone().unwrap_or_default(),
                }));
                self.products.extend(products);
            }
            "send_verification_code" => {
                self.codes.sent = receipt.get("sent") == Some(&Value::Bool(true));
                self.codes.valid_minutes = receipt.get("valid_minutes").and_then(Value::as_u64);
            }
            "confirm_verification_code" => {
                self.codes.verified = receipt.get("verified") == Some(&Value::Bool(true));
                self.codes.wrong = !self.codes.verified;
                self.codes.tries_left = receipt.get("tries_left").and_then(Value::as_u64);
            }
            _ => {}
        }
    }

    /// What a tool returned so long ago that only what does not change is still known of it: names, numbers, and what had
    /// come to its end.
    pub fn outdated(&mut self, tool: &str, receipt: &Value) {
        self.receipt(tool, receipt);
        let told = receipt.get("order").unwrap_or(receipt).get("order_number").and_then(Value::as_str);
        let all = receipt.get("orders").is_some();
        let of_receipt = |order: &&mut Order| all || told.is_some_and(|number| order.is_called(number));
        self.orders.iter_mut().filter(of_receipt).for_each(Order::grow_old);
        if all {
            self.listed = None;
        }
    }

    fn failed(&mut self, tool: &str, code: &str) {
        match code {
            "not_found" => self.not_found = true,
            "unavailable" => self.unavailable = true,
            "attempts_used_up" if tool == "find_order" => self.not_found = true,
            _ => {}
        }
    }

    fn order(&mut self, receipt: &Value) {
        if receipt.get("found") == Some(&Value::Bool(false)) {
            self.not_found = true;
            return;
        }
        let Some(mut order) = receipt.get("order").and_then(read::<Order>) else { return };
        self.not_found = false;
        if let Some(known) = self.take(&order.order_number) {
            order.labels = known.labels;
            for parcel in &mut order.shipments {
                let before = known.shipments.iter().find(|before| before.shipment == parcel.shipment);
                parcel.report = before.and_then(|before| before.report.clone());
            }
        }
        self.put(order);
    }

    fn tracked(&mut self, receipt: &Value) {
        let Some(number) = receipt.get("order_number").and_then(Value::as_str) else { return };
        let mut order = self.take(number).unwrap_or_else(|| Order::only_parcels(number));
        for shipment in receipt.get("shipments").and_then(Value::as_array).into_iter().flatten() {
            let (Some(report), Some(seen)) = (read::<Report>(shipment), read::<Parcel>(shipment)) else { continue };
            let seen = Parcel { estimated_delivery: None, delivered_on: None, ..seen };
            let index = order.shipments.iter().position(|parcel| parcel.shipment == seen.shipment);
            match index.and_then(|index| order.shipments.get_mut(index)) {
                Some(parcel) => {
                    parcel.report = Some(report);
                    parcel.outdated = false;
                }
                None => order.shipments.push(Parcel { report: Some(report), ..seen }),
            }
        }
        self.put(order);
    }

    fn refund(&mut self, receipt: &Value) {
        // Goods that are on their way back: what becomes of their money is told beside it.
        let mut bare = receipt.clone();
        if let Some(fields) = bare.as_object_mut().filter(|fields| fields.get("refund").is_some_and(Value::is_object)) {
            fields.remove("refund");
        }
        let Some(refund) = read::<Refund>(&bare) else { return };
        if let Some(order) = self.take(&refund.order_number) {
            self.put(order);
        }
        self.refunds.retain(|known| !known.is_replaced_by(&refund));
        self.refunds.push(refund);
    }

    fn list(&mut self, receipt: &Value) {
        let orders = read_list::<Order>(receipt, "orders");
        let complete = receipt.get("more") == Some(&Value::Bool(false));
        self.listed = complete.then_some(orders.len());
        for order in orders.into_iter().rev() {
            if !self.orders.iter().any(|known| known.is_called(&order.order_number)) {
                self.put(Order { partial: true, ..order });
            }
        }
    }

    /// What a colleague answers may be told as an article is, or quoted.
    fn asked(&mut self, receipt: &Value) {
        let Some(Answered { answered_by, answer: Some(text) }) = read(receipt) else {
            self.question = Question::Waits;
            return;
        };
        self.question = Question::Answered;
        self.colleague_said(answered_by.as_deref(), &text);
        self.passages.push(Passage { title: String::new(), text });
    }

    fn articles(&mut self, receipt: &Value) {
        for article in receipt.get("articles").and_then(Value::as_array).into_iter().flatten() {
            let text = |key: &str| article.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            self.passages.push(Passage { title: text("title"), text: text("text") });
        }
    }

    fn take(&mut self, number: &str) -> Option<Order> {
        let index = self.orders.iter().position(|order| order.is_called(number))?;
        Some(self.orders.remove(index))
    }

    fn put(&mut self, order: Order) {
        for number in order.shipments.iter().filter_map(|parcel| parcel.tracking_number.as_ref()) {
            self.remember_parcel(number);
        }
        self.orders.push(order);
    }

    fn remember_parcel(&mut self, number: &str) {
        let compact = compact(number);
        if !compact.is_empty() && self.tracking.iter().all(|known| known.number != *number) {
            self.tracking.push(Tracking { number: number.to_owned(), compact });
        }
    }

    /// Strings of receipts that may be repeated whole, and the letters that they use.
    fn remember_strings(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.remember(text),
            Value::Array(list) => list.iter().for_each(|value| self.remember_strings(value)),
            Value::Object(map) => map.values().for_each(|value| self.remember_strings(value)),
            _ => {}
        }
    }

    fn remember(&mut self, text: &str) {
        if !text.is_ascii() {
            self.characters.extend(text.chars().filter(|c| !c.is_ascii()));
        }
        // Few strings have an address in them.
        if !text.bytes().any(|byte| matches!(byte, b'@' | b'/')) {
            return;
        }
        for chunk in text.split_whitespace().filter(|chunk| chunk.contains("://") || chunk.contains('@')) {
            self.addresses.insert(chunk.trim_end_matches(['.', ',', ')']).to_lowercase());
        }
    }

    pub(super) fn find(&self, number: &str) -> Option<&Order> {
        self.orders.iter().find(|order| order.is_called(number))
    }

    pub(super) fn has_address(&self, text: &str) -> bool {
        self.addresses.contains(&text.to_lowercase())
    }

    pub(super) fn quoted(&self, text: &str) -> bool {
        self.said_by_customer.contains(text.trim_start_matches('#').to_lowercase().as_str())
            || self.said_by_customer.contains(&joined(text))
    }

    /// Whether the shopper used the word, in whichever letters.
    pub(super) fn echoes(&self, language: &Language, word: &str) -> bool {
        let word = word.to_lowercase();
        self.words_of_customer.iter().any(|known| language.lexicon.same(&known.to_lowercase(), &word))
    }

    /// Whether the shopper wrote the word as names are written.
    pub(super) fn names_customer(&self, word: &str) -> bool {
        word.starts_with(char::is_uppercase) && self.words_of_customer.contains(word)
    }

    /// Whether a person has the matter, or is to answer to it.
    pub(super) fn somebody_answers(&self) -> bool {
        self.question == Question::Waits || self.confirmed(EffectKind::Ticket)
    }

    pub(super) fn confirmed(&self, kind: EffectKind) -> bool {
        self.effects.iter().any(|(known, state)| *known == kind && *state == EffectState::Confirmed)
    }
}

fn read<T: for<'de> Deserialize<'de>>(value: &Value) -> Option<T> {
    T::deserialize(value).ok()
}

fn read_list<T: for<'de> Deserialize<'de>>(receipt: &Value, key: &str) -> Vec<T> {
    receipt.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(read).collect()
}

fn capitalised(word: &str) -> String {
    let letters: String = word.chars().filter(|c| c.is_alphabetic()).collect();
    let mut rest = letters.chars();
    rest.next().map_or(String::new(), |first| first.to_uppercase().chain(rest).collect())
}

/// The words of a name or title, lower case; letters with digits count.
pub(super) fn words(text: &str) -> Vec<String> {
    parts(text).map(str::to_lowercase).collect()
}

/// The words of a name or title, as they are written there.
pub(super) fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty())
}
