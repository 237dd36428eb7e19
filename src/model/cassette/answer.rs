//! An answer's bytes as they stand in a file: an event a line, and the same bytes again.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

use super::names::Names;

/// Between two events.
const GAP: &str = "\n\n";
const DATA: &str = "data: ";
/// Fields of a stream whose texts are pieces of one text.
const PIECES: [&str; 5] = ["content", "arguments", "reasoning_content", "reasoning", "refusal"];
/// Calls are matched by it; it names nobody.
const ID: &str = "id";

/// Events whose data is an object stand there as one, all else as a text.
pub fn written(body: &str) -> Vec<Box<RawValue>> {
    body.split(GAP).filter_map(line).collect()
}

fn line(event: &str) -> Option<Box<RawValue>> {
    let data = event.strip_prefix(DATA).filter(|data| data.starts_with('{') && !data.contains(['\n', '\r']));
    // What does not stand there byte for byte stands there as a text.
    let object = data.and_then(|data| serde_json::from_str::<Box<RawValue>>(data).ok().filter(|raw| raw.get() == data));
    object.or_else(|| serde_json::value::to_raw_value(event).ok())
}

pub fn read(lines: &[Box<RawValue>]) -> String {
    let events = lines.iter().map(|line| match serde_json::from_str::<String>(line.get()) {
        Ok(text) => text,
        Err(_) => format!("{DATA}{}", line.get()),
    });
    events.collect::<Vec<_>>().join(GAP)
}

/// The answer with names in it. What has nothing to hide stays as it came.
pub fn named(body: &str, names: &mut Names) -> String {
    let mut events: Vec<Event> = body.split(GAP).map(Event::of).collect();
    let mut pieces: BTreeMap<String, Vec<&mut String>> = BTreeMap::new();
    for event in &mut events {
        match &mut event.data {
            Some(data) => walk(data, "", &mut pieces, names),
            None => event.text = names.text(&event.text),
        }
    }
    pieces.into_values().for_each(|mut pieces| names.over(&mut pieces));
    events.into_iter().map(Event::text).collect::<Vec<_>>().join(GAP)
}

struct Event {
    text: String,
    prefix: &'static str,
    /// As it came, and as it is to be.
    before: Option<Value>,
    data: Option<Value>,
}

impl Event {
    fn of(text: &str) -> Self {
        let (prefix, data) = text.strip_prefix(DATA).map_or(("", text), |data| (DATA, data));
        let data: Option<Value> = serde_json::from_str(data).ok();
        Self { text: text.to_owned(), prefix, before: data.clone(), data }
    }

    fn text(self) -> String {
        match self.data {
            Some(data) if Some(&data) != self.before.as_ref() => format!("{}{data}", self.prefix),
            _ => self.text,
        }
    }
}

fn walk<'v>(value: &'v mut Value, path: &str, pieces: &mut BTreeMap<String, Vec<&'v mut String>>, names: &mut Names) {
    match value {
        Value::String(text) => {
            let field = path.rsplit('/').next().unwrap_or_default();
            if PIECES.contains(&field) {
                pieces.entry(path.to_owned()).or_default().push(text);
            } else if field != ID {
                *text = names.text(text);
            }
        }
        Value::Array(items) => {
            items.iter_mut().enumerate().for_each(|(at, item)| walk(item, &format!("{path}/{at}"), pieces, names));
        }
        Value::Object(fields) => {
            fields.iter_mut().for_each(|(name, field)| walk(field, &format!("{path}/{name}"), pieces, names));
        }
        _ => {}
    }
}
