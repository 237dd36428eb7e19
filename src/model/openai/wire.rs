//! What servers answer, read leniently: every field may be missing or null, unknown ones are skipped, enums are open.
//! Texts are borrowed from the bytes that came, since one is read per token.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::domain::event::Usage;

/// A `chat.completion.chunk`, or a whole `chat.completion` where a server does not stream.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Chunk<'a> {
    #[serde(borrow)]
    pub model: Text<'a>,
    #[serde(borrow)]
    pub choices: Option<Vec<Choice<'a>>>,
    #[serde(borrow)]
    pub usage: Option<&'a RawValue>,
    #[serde(borrow)]
    pub error: Option<&'a RawValue>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Choice<'a> {
    pub index: Index,
    #[serde(borrow)]
    pub delta: Option<Delta<'a>>,
    #[serde(borrow)]
    pub message: Option<Delta<'a>>,
    #[serde(borrow)]
    pub finish_reason: Text<'a>,
    #[serde(borrow)]
    pub error: Option<&'a RawValue>,
}

/// Reasoning fields (`reasoning`, `reasoning_content`, `reasoning_details`) are left out on purpose: no shopper reads them.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Delta<'a> {
    #[serde(borrow)]
    pub content: Text<'a>,
    #[serde(borrow)]
    pub refusal: Text<'a>,
    #[serde(borrow)]
    pub tool_calls: Option<Vec<CallDelta<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CallDelta<'a> {
    pub index: Index,
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(borrow)]
    pub function: Option<FunctionDelta<'a>>,
    /// Gemini's signature of its thought, which it wants back with the call.
    #[serde(borrow)]
    pub extra_content: Option<&'a RawValue>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct FunctionDelta<'a> {
    #[serde(borrow)]
    pub name: Text<'a>,
    /// A string with a piece of JSON, or (Ollama, some gateways) the whole object.
    #[serde(borrow)]
    pub arguments: Option<&'a RawValue>,
}

impl FunctionDelta<'_> {
    /// The piece of arguments, and whether it is the whole of them.
    pub fn arguments(&self) -> Option<(Cow<'_, str>, bool)> {
        let raw = self.arguments?.get();
        if raw.starts_with('"') {
            serde_json::from_str::<Text<'_>>(raw).ok()?.0.map(|piece| (piece, false))
        } else {
            raw.starts_with('{').then_some((Cow::Borrowed(raw), true))
        }
    }
}

/// A text, or nothing: numbers become text, lists of text parts are joined, anything else is nothing.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Text<'a>(pub Option<Cow<'a, str>>);

impl Text<'_> {
    /// The text, where there is any.
    pub fn filled(&self) -> Option<&str> {
        self.0.as_deref().filter(|text| !text.is_empty())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or nothing")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Borrowed(text))))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Owned(text.to_owned()))))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Owned(number.to_string()))))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Owned(number.to_string()))))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Owned(number.to_string()))))
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Text(None))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Text(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Self::Value, A::Error> {
        let mut joined = String::new();
        while let Some(Text(part)) = parts.next_element::<Text<'de>>()? {
            joined.push_str(part.as_deref().unwrap_or_default());
        }
        Ok(Text(Some(Cow::Owned(joined))))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut part: A) -> Result<Self::Value, A::Error> {
        let mut text = Text(None);
        while let Some(key) = part.next_key::<Cow<'de, str>>()? {
            if key == "text" {
                text = part.next_value()?;
            } else {
                part.next_value::<IgnoredAny>()?;
            }
        }
        Ok(text)
    }
}

/// A position, where the server gives a usable one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Index(pub Option<u64>);

impl<'de> Deserialize<'de> for Index {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        if let Ok(number) = raw.parse() {
            return Ok(Self(Some(number)));
        }
        let text: Text<'_> = serde_json::from_str(raw).map_err(de::Error::custom)?;
        Ok(Self(text.0.and_then(|digits| digits.parse().ok())))
    }
}

/// The tokens that a server counted; `None` where it says nothing that can be read.
pub fn usage(raw: &RawValue) -> Option<Usage> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Fields {
        prompt_tokens: Option<u64>,
        completion_tokens: Option<u64>,
        prompt_tokens_details: Option<Details>,
        /// DeepSeek's name for the cached ones.
        prompt_cache_hit_tokens: Option<u64>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Details {
        cached_tokens: Option<u64>,
    }
    let fields: Fields = serde_json::from_str(raw.get()).ok()?;
    let cached = fields.prompt_tokens_details.and_then(|details| details.cached_tokens);
    Some(Usage {
        input_tokens: fields.prompt_tokens?,
        cached_tokens: cached.or(fields.prompt_cache_hit_tokens).unwrap_or(0),
        output_tokens: fields.completion_tokens.unwrap_or(0),
    })
}
