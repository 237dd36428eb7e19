//! Placeholders for what belongs to a person: the same one for the same value, wherever it stands.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::{Map, Value};

mod plausible;

pub use plausible::plausible;

/// What a placeholder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Kind {
    Email,
    Phone,
    Order,
    Tracking,
    Postcode,
    Address,
    City,
    Name,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Order => "order",
            Self::Tracking => "tracking",
            Self::Postcode => "postcode",
            Self::Address => "address",
            Self::City => "city",
            Self::Name => "name",
        }
    }
}

/// Keys of JSON whose values are of a kind, in events, receipts and what an opener claims.
const FIELDS: [(&str, Kind); 24] = [
    ("email", Kind::Email),
    ("emails", Kind::Email),
    ("sent_to", Kind::Email),
    ("phone", Kind::Phone),
    ("order_number", Kind::Order),
    ("order_numbers", Kind::Order),
    ("order", Kind::Order),
    ("tracking_number", Kind::Tracking),
    ("tracking_url", Kind::Tracking),
    ("postcode", Kind::Postcode),
    ("postcodes", Kind::Postcode),
    ("zip", Kind::Postcode),
    ("address", Kind::Address),
    ("address1", Kind::Address),
    ("address2", Kind::Address),
    ("line1", Kind::Address),
    ("line2", Kind::Address),
    ("street", Kind::Address),
    ("city", Kind::City),
    ("name", Kind::Name),
    ("first_name", Kind::Name),
    ("last_name", Kind::Name),
    ("full_name", Kind::Name),
    ("company", Kind::Name),
];

/// Keys whose values are ours and name nobody.
const OURS: [&str; 13] = [
    "type",
    "conversation",
    "seq",
    "at",
    "store",
    "channel",
    "key",
    "turn",
    "call",
    "tool",
    "agent",
    "model",
    "status",
];

/// What an opener put in for its own use: nobody knows what it names.
const METADATA: &str = "metadata";
/// A whole order, with ids and notes of the platform's own. What was decided stands beside it.
const JUDGED: &str = "judged";

/// Addresses of these names are an office's, not a person's.
const OFFICES: [&str; 9] = ["info", "support", "help", "mail", "contact", "hello", "shop", "office", "test"];

macro_rules! pattern {
    ($name:ident = $text:expr) => {
        static $name: LazyLock<Regex> = LazyLock::new(|| Regex::new($text).expect("a constant pattern"));
    };
}

pattern!(EMAIL = r"(?i)[a-z0-9.!#$%&'*+/=?^_`{|}~-]+[•]*@[a-z0-9-]+(?:\.[a-z0-9-]+)+|[a-z0-9]?•+@[a-z0-9.-]+");
pattern!(ORDER = r"#[A-Za-z]{0,4}-?\d{2,}(?:-[A-Z]?\d+)?");
pattern!(PHONE = r"(?:\+|\b00)\d[\d ()./-]{6,16}\d\b|\(\d{3}\) ?\d{3}[ -]\d{4}\b|\b\d{3}[-. ]\d{3}[-. ]\d{4}\b");
pattern!(
    STREET = r"(?x)\b\d{1,5}[a-z]?\s(?:[A-Z][\w.'-]*\s){1,3}(?:St|Street|Ave|Avenue|Rd|Road|Blvd|Boulevard|Ln|Lane|Dr|Drive|Way|Court|Ct|Place|Pl|Terrace|Square)\b\.?
      |\b[A-ZÄÖÜ][a-zäöüß]+(?:straße|strasse|str\.|weg|platz|allee|gasse)\s\d{1,4}[a-z]?\b"
);
pattern!(
    INTRODUCTION = r"(?i:\b(?:my name is|my name's|i am called|this is|mein name ist|ich heiße|ich heisse|ich bin|regards,|grüße,|thanks,)\s+)((?:[A-ZÄÖÜ][\w'’-]+)(?:\s+[A-ZÄÖÜ][\w'’-]+){0,2})"
);

/// Names shorter than this are too common in other words.
const SHORTEST_NAME: usize = 3;

/// All that was found in a conversation.
#[derive(Default)]
pub struct Pseudonyms {
    /// Values as they are compared, and their placeholders.
    known: HashMap<(Kind, String), String>,
    counts: BTreeMap<Kind, usize>,
    /// Values that are looked for in every text, the longest first.
    words: Vec<(Regex, String)>,
}

impl Pseudonyms {
    /// Reads all events once, so that what is named late is replaced early, too.
    pub fn learn(events: &[Value]) -> Self {
        let mut pseudonyms = Self::default();
        let mut found = Vec::new();
        events.iter().for_each(|event| collect(event, None, &mut found));
        for (kind, value) in found {
            pseudonyms.learn_value(kind, &value);
        }
        pseudonyms.compile();
        pseudonyms
    }

    /// The event, or a part of one, with placeholders.
    pub fn replace(&mut self, value: Value) -> Value {
        self.replace_below(value, None)
    }

    fn replace_below(&mut self, value: Value, key: Option<&str>) -> Value {
        match value {
            Value::String(text) if key.is_some_and(|key| OURS.contains(&key)) => Value::String(text),
            Value::String(text) => match kind_of(key, &text).filter(|_| !text.is_empty()) {
                Some(kind) => Value::String(self.placeholder(kind, &text)),
                None => Value::String(self.replace_text(&text)),
            },
            Value::Array(items) => items.into_iter().map(|item| self.replace_below(item, key)).collect(),
            Value::Object(fields) => {
                let is_call = is_call(&fields);
                let fields = fields.into_iter().map(|(name, value)| {
                    let replaced = match name.as_str() {
                        METADATA | JUDGED => Value::Null,
                        "name" if is_call => value,
                        _ => self.replace_below(value, Some(&name)),
                    };
                    (name, replaced)
                });
                Value::Object(fields.collect())
            }
            other => other,
        }
    }

    /// Text, or JSON written as text (the arguments of a tool call).
    fn replace_text(&mut self, text: &str) -> String {
        let json = text.starts_with(['{', '[']).then(|| serde_json::from_str::<Value>(text).ok()).flatten();
        match json {
            Some(value) => self.replace_below(value, None).to_string(),
            None => self.replace_prose(text),
        }
    }

    fn replace_prose(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        for (pattern, kind) in
            [(&EMAIL, Kind::Email), (&STREET, Kind::Address), (&ORDER, Kind::Order), (&PHONE, Kind::Phone)]
        {
            text = pattern.replace_all(&text, |found: &Captures<'_>| self.placeholder(kind, &found[0])).into_owned();
        }
        for (word, placeholder) in &self.words {
            text = word.replace_all(&text, placeholder.as_str()).into_owned();
        }
        text
    }

    fn learn_value(&mut self, kind: Kind, value: &str) {
        let _ = self.placeholder(kind, value);
        if kind == Kind::Email {
            // People sign with the name that stands in their address.
            let local = value.split('@').next().unwrap_or_default();
            let names = local.split(|c: char| !c.is_alphabetic());
            let names = names.filter(|name| name.len() >= SHORTEST_NAME && !OFFICES.contains(name));
            names.for_each(|name| drop(self.placeholder(Kind::Name, name)));
        }
        if kind == Kind::Name {
            let parts = value.split_whitespace().filter(|part| part.len() >= SHORTEST_NAME);
            parts.for_each(|part| drop(self.placeholder(Kind::Name, part)));
        }
    }

    fn placeholder(&mut self, kind: Kind, value: &str) -> String {
        let value = comparable(kind, value);
        if let Some(known) = self.known.get(&(kind, value.clone())) {
            return known.clone();
        }
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        let placeholder = format!("[{}-{count}]", kind.word());
        self.known.insert((kind, value), placeholder.clone());
        placeholder
    }

    fn compile(&mut self) {
        let mut words: Vec<(&String, &String)> =
            self.known.iter().map(|((_, value), placeholder)| (value, placeholder)).collect();
        words.sort_by_key(|(value, placeholder)| (std::cmp::Reverse(value.len()), placeholder.as_str()));
        let compiled =
            words.into_iter().filter(|(value, _)| value.len() >= SHORTEST_NAME).filter_map(|(value, placeholder)| {
                let edge = |at_edge: Option<char>| if at_edge.is_some_and(char::is_alphanumeric) { r"\b" } else { "" };
                let (start, end) = (edge(value.chars().next()), edge(value.chars().next_back()));
                let pattern = Regex::new(&format!("(?i){start}#?{}{end}", regex::escape(value))).ok()?;
                Some((pattern, placeholder.clone()))
            });
        self.words = compiled.collect();
    }
}

/// The form in which two writings of one value are the same.
fn comparable(kind: Kind, value: &str) -> String {
    let value = value.trim().to_lowercase();
    match kind {
        Kind::Order => value.trim_start_matches('#').to_owned(),
        Kind::Phone => value.chars().filter(char::is_ascii_digit).collect(),
        _ => value,
    }
}

fn kind_of(key: Option<&str>, text: &str) -> Option<Kind> {
    let kind = FIELDS.iter().find(|(field, _)| Some(*field) == key).map(|(_, kind)| *kind)?;
    // Orders and returns have names, too.
    Some(if kind == Kind::Name && text.starts_with('#') { Kind::Order } else { kind })
}

/// A tool call's name is the tool's.
fn is_call(fields: &Map<String, Value>) -> bool {
    fields.contains_key("arguments")
}

/// Every value whose key, or whose form, says what it is.
fn collect(value: &Value, key: Option<&str>, found: &mut Vec<(Kind, String)>) {
    match value {
        Value::String(_) if key.is_some_and(|key| OURS.contains(&key)) => {}
        Value::String(text) if text.is_empty() => {}
        Value::String(text) => match kind_of(key, text) {
            Some(kind) => found.push((kind, text.clone())),
            None => collect_text(text, found),
        },
        Value::Array(items) => items.iter().for_each(|item| collect(item, key, found)),
        Value::Object(fields) => {
            let named = fields.iter().filter(|(name, _)| !(is_call(fields) && *name == "name") && *name != METADATA);
            named.for_each(|(name, value)| collect(value, Some(name), found));
        }
        _ => {}
    }
}

fn collect_text(text: &str, found: &mut Vec<(Kind, String)>) {
    if let Some(value) = text.starts_with(['{', '[']).then(|| serde_json::from_str(text).ok()).flatten() {
        return collect(&value, None, found);
    }
    for (pattern, kind) in
        [(&EMAIL, Kind::Email), (&STREET, Kind::Address), (&ORDER, Kind::Order), (&PHONE, Kind::Phone)]
    {
        found.extend(pattern.find_iter(text).map(|found| (kind, found.as_str().to_owned())));
    }
    let names = INTRODUCTION.captures_iter(text).filter_map(|captures| captures.get(1));
    found.extend(names.map(|name| (Kind::Name, name.as_str().to_owned())));
}
