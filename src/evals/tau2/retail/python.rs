//! JSON and numbers as Python writes them.

use std::io;

use serde::Serialize;
use serde_json::ser::Formatter;
use serde_json::{Number, Serializer};

#[cfg(test)]
mod tests;

/// `json.dumps(value)`: a space after each comma and colon, everything but printable ASCII escaped, keys in their own
/// order.
///
/// A value that JSON has no form for (a map whose keys are not text) gives an empty text. Infinity and NaN, which
/// Python would write by name, become `null`.
pub fn dumps(value: &impl Serialize) -> String {
    let mut text = Vec::new();
    let written = value.serialize(&mut Serializer::with_formatter(&mut text, PythonFormatter));
    written.ok().and_then(|()| String::from_utf8(text).ok()).unwrap_or_default()
}

/// `json.dumps(value, sort_keys=True)`: keys sorted by code point at every level.
pub(super) fn dumps_sorted(value: &impl Serialize) -> String {
    serde_json::to_value(value).map_or_else(
        |_| String::new(),
        |mut value| {
            value.sort_all_objects();
            dumps(&value)
        },
    )
}

/// `round(value, 2)`: rounds the exact binary value, a tie to the even neighbour.
#[must_use]
pub fn round2(value: f64) -> f64 {
    format!("{value:.2}").parse().unwrap_or(value)
}

/// `repr(value)`: the shortest digits that read back as the same float, and of several the closest, an even one on a
/// tie.
pub(super) fn repr(value: f64) -> String {
    // The standard library changes to the exponent form at the same sizes as Python, but writes 1e16 for 1e+16. In the
    // plain form it breaks ties otherwise: serde_json does not.
    let text = format!("{value:?}");
    let Some((digits, exponent)) = text.split_once('e') else {
        return Number::from_f64(value).map_or_else(|| text.to_lowercase(), |number| number.to_string());
    };
    let (sign, size) = exponent.strip_prefix('-').map_or(('+', exponent), |size| ('-', size));
    format!("{digits}e{sign}{size:0>2}")
}

struct PythonFormatter;

impl Formatter for PythonFormatter {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        separate(writer, first)
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        separate(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        writer.write_all(repr(value).as_bytes())
    }

    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        if fragment.chars().all(is_plain) {
            return writer.write_all(fragment.as_bytes());
        }
        fragment.chars().try_for_each(|character| write_character(writer, character))
    }
}

/// Python escapes even the delete character, which JSON would let pass.
fn is_plain(character: char) -> bool {
    matches!(character, ' '..='~')
}

fn separate<W: ?Sized + io::Write>(writer: &mut W, first: bool) -> io::Result<()> {
    if first { Ok(()) } else { writer.write_all(b", ") }
}

fn write_character<W: ?Sized + io::Write>(writer: &mut W, character: char) -> io::Result<()> {
    if is_plain(character) {
        return write!(writer, "{character}");
    }
    character.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(writer, "\\u{unit:04x}"))
}
