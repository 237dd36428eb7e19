//! Which part of an event is personal: it is split off before an event is stored, and put back when it is read.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::StorageError;
use crate::domain::event::{EventBody, PERSONAL_FIELDS};
use crate::domain::text::written;

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

/// Bytes that most events fit in.
const USUAL: usize = 512;

/// Splits an event. One whose personal fields are all null has nothing to hide and stays in one piece.
pub(super) fn split(body: &EventBody) -> Result<Parts, StorageError> {
    let text = written(body, USUAL)?;
    let fields: BTreeMap<&str, &RawValue> = serde_json::from_str(&text)?;
    let is_personal = |name: &str| PERSONAL_FIELDS.contains(&name);
    if !fields.iter().any(|(name, value)| is_personal(name) && value.get() != "null") {
        return Ok(Parts { plain: text, personal: None });
    }
    let plain = object(fields.iter().filter(|(name, _)| !is_personal(name)), text.len());
    let personal = object(fields.iter().filter(|(name, _)| is_personal(name)), text.len());
    Ok(Parts { plain, personal: Some(personal) })
}

/// Field names are ours: they need no escaping.
fn object<'a>(fields: impl Iterator<Item = (&'a &'a str, &'a &'a RawValue)>, most: usize) -> String {
    let mut text = String::with_capacity(most);
    text.push('{');
    for (name, value) in fields {
        if text.len() > 1 {
            text.push(',');
        }
        text.push('"');
        text.push_str(name);
        text.push_str("\":");
        text.push_str(value.get());
    }
    text.push('}');
    text
}

/// Puts an event together again.
pub(super) fn join(plain: &str, personal: Option<&str>) -> Result<EventBody, StorageError> {
    let Some(personal) = personal else { return Ok(serde_json::from_str(plain)?) };
    let (Some(head), Some(tail)) = (plain.strip_suffix('}'), personal.strip_prefix('{')) else {
        return Err(StorageError::Corrupt("an event is not a JSON object".to_owned()));
    };
    Ok(serde_json::from_str(&format!("{head},{tail}"))?)
}

/// An event whose personal part is gone for good.
pub(super) fn join_erased(plain: &str) -> Result<EventBody, StorageError> {
    join(plain, Some(&format!("{ERASED}{ERASED_REST}")))
}

#[cfg(test)]
mod tests;
