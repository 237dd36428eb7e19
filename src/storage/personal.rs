//! Which part of an event is personal: it is split off before an event is stored, and put back when it is read.

use std::io;

use serde::Serialize as _;
use serde_json::ser::Formatter;

use super::StorageError;
use crate::domain::event::{EventBody, PERSONAL_FIELDS};

/// An event as it is stored: two JSON objects which together are the event's.
#[derive(Debug)]
pub(super) struct Parts {
    /// Readable and searchable.
    pub plain: String,
    /// To be sealed. `None` where the event says nothing of a person.
    pub personal: Option<String>,
}

/// What is read in place of each personal field once its key is destroyed. Neutral where a type must be kept: no intent,
/// no call, and a proof of nothing but an order that cannot exist, at the level that only reads.
const ERASED: &str =
    r#"{"customer":"(erased)","metadata":"(erased)","content":"(erased)","text":"(erased)","calls":[],"#;
const ERASED_REST: &str = r#""analysis":{"intent":"other","confidence":0.0,"sentiment":"neutral","language":"und","entities":{}},"sentence":"(erased)","receipt":"(erased)","judged":null,"projection":"(erased)","proof":{"by":"order","order":"(erased)","name":"(erased)","matched_by":"postcode","email":null}}"#;

/// Bytes that most events fit in, and how many fields those have at most.
const USUAL: usize = 512;
const MOST_FIELDS: usize = 12;

/// Splits an event. One whose personal fields are all null has nothing to hide and stays in one piece. The fields of
/// two pieces are in the order of their names.
pub(super) fn split(body: &EventBody) -> Result<Parts, StorageError> {
    let text = in_lines(body)?;
    let mut fields = Vec::with_capacity(MOST_FIELDS);
    for line in text.split(LINE) {
        fields.push(Field::read(line).ok_or_else(not_an_object)?);
    }
    if !fields.iter().any(|field| field.is_personal && field.value != "null") {
        return Ok(Parts { plain: object(fields.iter(), text.len()), personal: None });
    }
    fields.sort_unstable_by_key(|field| field.name);
    let plain = object(fields.iter().filter(|field| !field.is_personal), text.len());
    let personal = object(fields.iter().filter(|field| field.is_personal), text.len());
    Ok(Parts { plain, personal: Some(personal) })
}

fn not_an_object() -> StorageError {
    StorageError::Corrupt("an event is not a JSON object".to_owned())
}

/// A field of an event, as it is written.
struct Field<'a> {
    whole: &'a str,
    name: &'a str,
    value: &'a str,
    is_personal: bool,
}

impl<'a> Field<'a> {
    /// Field names are ours: nothing in them is escaped.
    fn read(whole: &'a str) -> Option<Self> {
        let (name, value) = whole.strip_prefix('"')?.split_once('"')?;
        Some(Self { whole, name, value: value.strip_prefix(':')?, is_personal: PERSONAL_FIELDS.contains(&name) })
    }
}

fn object<'a>(fields: impl Iterator<Item = &'a Field<'a>>, most: usize) -> String {
    // Its braces are not in the lines.
    let mut text = String::with_capacity(most + 2);
    text.push('{');
    for field in fields {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(field.whole);
    }
    text.push('}');
    text
}

/// Stands between the fields of an event. None holds it: JSON escapes it in texts, and nothing else is spaced.
const LINE: char = '\n';

/// The fields of an event.
fn in_lines(body: &EventBody) -> Result<String, StorageError> {
    let mut bytes = Vec::with_capacity(USUAL);
    body.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, Lines { depth: 0 }))?;
    String::from_utf8(bytes).map_err(|error| StorageError::Corrupt(error.to_string()))
}

/// Writes the outermost object as lines, and everything in it as usual.
struct Lines {
    /// In how many objects the next field is.
    depth: usize,
}

impl Formatter for Lines {
    fn begin_object<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth += 1;
        if self.depth > 1 { writer.write_all(b"{") } else { Ok(()) }
    }

    fn end_object<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        if self.depth > 0 { writer.write_all(b"}") } else { Ok(()) }
    }

    fn begin_object_key<W: io::Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        match (first, self.depth) {
            (true, _) => Ok(()),
            (false, 1) => writer.write_all(b"\n"),
            (false, _) => writer.write_all(b","),
        }
    }
}

/// Puts an event together again.
pub(super) fn join(plain: &str, personal: Option<&str>) -> Result<EventBody, StorageError> {
    let Some(personal) = personal else { return Ok(serde_json::from_str(plain)?) };
    let (Some(head), Some(tail)) = (plain.strip_suffix('}'), personal.strip_prefix('{')) else {
        return Err(not_an_object());
    };
    Ok(serde_json::from_str(&format!("{head},{tail}"))?)
}

/// An event whose personal part is gone for good.
pub(super) fn join_erased(plain: &str) -> Result<EventBody, StorageError> {
    join(plain, Some(&format!("{ERASED}{ERASED_REST}")))
}

#[cfg(test)]
mod tests;
