//! What must not stand in a file, or is another one in each run: a name stands for it, and is taken back for the same thing
//! when the file is played.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use regex::{Captures, Regex};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use crate::domain::anew::{self, Pattern};
use crate::policy::masking;

/// The first that fits from the left. A group's name is the kind of what it finds.
static FOUND: Pattern = LazyLock::new(|| {
    let groups = [
        ("bearer", r"(?i:\bbearer\s+)[A-Za-z0-9._~+/=-]{8,}"),
        (
            "key",
            r"\b(?:sk|pk|rk|shp[a-z]{2}|gh[a-z]|xox[a-z]|EZ[A-Z]K|AKIA|AIza|whsec|SG)[A-Za-z0-9]*[-_.][A-Za-z0-9._-]{12,}",
        ),
        ("id", anew::ID),
        ("server", anew::SERVER),
        ("secret", anew::SECRET),
        ("email", r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"),
        ("phone", r"(?:\+|\b00)\d[\d ()./-]{6,16}\d\b|\(\d{3}\) ?\d{3}[ -]\d{4}\b|\b\d{3}[-. ]\d{3}[-. ]\d{4}\b"),
        ("card", r"\b\d(?:[ -]?\d){12,18}\b"),
    ];
    let groups = groups.map(|(kind, pattern)| format!("(?P<{kind}>{pattern})"));
    Regex::new(&groups.join("|")).ok()
});

const KINDS: [&str; 8] = ["bearer", "key", "id", "server", "secret", "email", "phone", "card"];

/// What is known by what it says, and not by how it looks.
const PERSON: &str = "person";

/// Domains and their ends that belong to nobody.
const NOBODYS: [&str; 3] = ["example.com", "example.org", "example.net"];
const NOBODYS_ENDS: [&str; 4] = [".example", ".test", ".invalid", ".localhost"];
/// A shorter secret would be found in other words.
const SHORTEST_SECRET: usize = 4;
/// The same of what people are called.
const SHORTEST_OF_PEOPLE: usize = 3;

/// What is not written, whatever it looks like.
#[derive(Debug, Default)]
pub struct Hidden {
    secrets: Vec<SecretString>,
    people: Vec<String>,
    /// Any of them, however it is capitalised.
    person: Option<Regex>,
}

impl Hidden {
    /// `people`: what people are called and where they live.
    pub fn new(secrets: Vec<SecretString>, mut people: Vec<String>) -> Self {
        people.retain(|part| part.chars().count() >= SHORTEST_OF_PEOPLE);
        let mut parts: Vec<&String> = people.iter().collect();
        // What is a part of something longer is found as that.
        parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
        let parts: Vec<String> = parts.into_iter().map(|part| regex::escape(part)).collect();
        let pattern = format!(r"(?i)(?:\b|^)(?:{})(?:\b|$)", parts.join("|"));
        let person = Regex::new(&pattern).ok().filter(|_| !parts.is_empty());
        Self { secrets, people, person }
    }

    /// Each of them with its name, which is the same wherever it is met.
    fn named_people(&self) -> impl Iterator<Item = (&str, String)> {
        self.people.iter().enumerate().map(|(at, part)| (part.as_str(), format!("[person-{}]", at + 1)))
    }

    fn name_of(&self, found: &str) -> Option<String> {
        let found = found.to_lowercase();
        self.named_people().find(|(part, _)| part.to_lowercase() == found).map(|(_, name)| name)
    }
}

/// Names by the order in which things are met.
#[derive(Clone, Debug, Default)]
pub struct Names {
    known: HashMap<String, String>,
    hidden: Arc<Hidden>,
}

impl Names {
    pub fn without(hidden: Arc<Hidden>) -> Self {
        Self { hidden, ..Self::default() }
    }

    pub fn text(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        self.over(&mut [&mut text]);
        text
    }

    /// In each text of a value.
    pub fn value(&mut self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            Value::Object(fields) => fields.values_mut().for_each(|field| self.value(field)),
            _ => {}
        }
    }

    /// In a text that comes in pieces: a name stands in the piece where the thing began.
    pub fn over(&mut self, pieces: &mut [&mut String]) {
        let whole: String = pieces.iter().map(|piece| piece.as_str()).collect();
        for (found, name) in self.found(&whole).into_iter().rev() {
            let mut begins = 0;
            let mut named = false;
            for piece in pieces.iter_mut() {
                let ends = begins + piece.len();
                let (from, to) = (found.start.clamp(begins, ends) - begins, found.end.clamp(begins, ends) - begins);
                if from < to {
                    // What follows was replaced already, and lies beyond.
                    piece.replace_range(from..to, if named { "" } else { &name });
                    named = true;
                }
                begins = ends;
                if ends >= found.end {
                    break;
                }
            }
        }
    }

    /// Things in the place of their names.
    pub fn restored(&self, text: &str) -> String {
        let known = self.known.iter().map(|(thing, name)| (thing.as_str(), name.clone()));
        known.chain(self.hidden.named_people()).fold(text.to_owned(), |text, (thing, name)| text.replace(&name, thing))
    }

    /// Where things are, from the left, with their names.
    fn found(&mut self, text: &str) -> Vec<(Range<usize>, String)> {
        let mut places: Vec<(Range<usize>, &str)> = Vec::new();
        for secret in self.hidden.secrets.iter().map(|secret| secret.expose_secret()) {
            if secret.len() >= SHORTEST_SECRET {
                places.extend(text.match_indices(secret).map(|(at, found)| (at..at + found.len(), "key")));
            }
        }
        let shapes = FOUND.iter().flat_map(|pattern| pattern.captures_iter(text));
        let shapes: Vec<_> = shapes.filter_map(|captures| kind_of(&captures)).collect();
        let people = self.hidden.person.iter().flat_map(|person| person.find_iter(text));
        for found in [shapes, people.map(|found| (found.range(), PERSON)).collect()] {
            let is_new =
                |range: &Range<usize>| !places.iter().any(|(met, _)| met.start < range.end && range.start < met.end);
            let new: Vec<_> = found.into_iter().filter(|(range, _)| is_new(range)).collect();
            places.extend(new);
        }
        places.sort_by_key(|(range, _)| range.start);
        let named = places.into_iter().filter_map(|(range, kind)| {
            let name = self.name_of(text.get(range.clone())?, kind);
            Some((range, name))
        });
        named.collect()
    }

    fn name_of(&mut self, thing: &str, kind: &str) -> String {
        if let Some(name) = self.hidden.name_of(thing).filter(|_| kind == PERSON) {
            return name;
        }
        let next = self.known.len() + 1;
        self.known.entry(thing.to_owned()).or_insert_with(|| format!("[{kind}-{next}]")).clone()
    }
}

/// What a match is; `None` where it may stay.
fn kind_of(captures: &Captures<'_>) -> Option<(Range<usize>, &'static str)> {
    let (kind, found) = KINDS.iter().find_map(|kind| Some((*kind, captures.name(kind)?)))?;
    let stays = match kind {
        "email" => is_nobodys(found.as_str()),
        "card" => masking::mask_cards(found.as_str()) == found.as_str(),
        _ => false,
    };
    (!stays).then(|| (found.range(), kind))
}

/// Whether an address is of a domain that belongs to nobody.
pub fn is_nobodys(address: &str) -> bool {
    let domain = address.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
    let is_within = |known: &str| domain == known || domain.ends_with(&format!(".{known}"));
    NOBODYS.iter().any(|known| is_within(known)) || NOBODYS_ENDS.iter().any(|end| domain.ends_with(end))
}
