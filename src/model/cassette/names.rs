//! What must not stand in a file, or is another one in each run: a name stands for it, and is taken back for the same thing
//! when the file is played.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

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

/// Domains and their ends that belong to nobody.
const NOBODYS: [&str; 3] = ["example.com", "example.org", "example.net"];
const NOBODYS_ENDS: [&str; 4] = [".example", ".test", ".invalid", ".localhost"];
/// A shorter secret would be found in other words.
const SHORTEST_SECRET: usize = 4;

/// Names by the order in which things are met.
#[derive(Clone, Debug, Default)]
pub struct Names {
    known: HashMap<String, String>,
    secrets: Vec<SecretString>,
}

impl Names {
    /// These are not written, whatever they look like.
    pub fn without(secrets: Vec<SecretString>) -> Self {
        Self { secrets, ..Self::default() }
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
        self.known.iter().fold(text.to_owned(), |text, (thing, name)| text.replace(name, thing))
    }

    /// Where things are, from the left, with their names.
    fn found(&mut self, text: &str) -> Vec<(Range<usize>, String)> {
        let mut places: Vec<(Range<usize>, &str)> = Vec::new();
        for secret in self.secrets.iter().map(|secret| secret.expose_secret()) {
            if secret.len() >= SHORTEST_SECRET {
                places.extend(text.match_indices(secret).map(|(at, found)| (at..at + found.len(), "key")));
            }
        }
        let secrets = places.len();
        for captures in FOUND.iter().flat_map(|pattern| pattern.captures_iter(text)) {
            let Some((range, kind)) = kind_of(&captures) else { continue };
            let is_met = places.iter().take(secrets).any(|(met, _)| met.start < range.end && range.start < met.end);
            if !is_met {
                places.push((range, kind));
            }
        }
        places.sort_by_key(|(range, _)| range.start);
        let named = places.into_iter().filter_map(|(range, kind)| {
            let name = self.name_of(text.get(range.clone())?, kind);
            Some((range, name))
        });
        named.collect()
    }

    fn name_of(&mut self, thing: &str, kind: &str) -> String {
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

fn is_nobodys(address: &str) -> bool {
    let domain = address.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
    let is_within = |known: &str| domain == known || domain.ends_with(&format!(".{known}"));
    NOBODYS.iter().any(|known| is_within(known)) || NOBODYS_ENDS.iter().any(|end| domain.ends_with(end))
}
