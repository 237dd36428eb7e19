//! What is sent. The fields stand in a fixed order with the dialogue last, so that two requests of one agent have the
//! same bytes up to the first message in which they differ: providers cache by prefix.

use std::borrow::Cow;
use std::sync::Arc;

use serde::Serialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;

use super::extras::Extras;
use super::failure::ServerError;
use super::settings::OpenAiSettings;
use crate::domain::event::ToolCall;
use crate::model::{ChatRequest, Message, ResponseFormat};

/// A set of the parameters that some compatible servers do not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parameters(u16);

impl Parameters {
    pub const STREAM_OPTIONS: Self = Self(1);
    pub const OBFUSCATION: Self = Self(1 << 1);
    pub const TEMPERATURE: Self = Self(1 << 2);
    pub const MAX_COMPLETION_TOKENS: Self = Self(1 << 3);
    /// Its old name, sent where the new one is unknown.
    pub const MAX_TOKENS: Self = Self(1 << 4);
    pub const PARALLEL_TOOL_CALLS: Self = Self(1 << 5);
    pub const PROMPT_CACHE_KEY: Self = Self(1 << 6);
    pub const STRICT: Self = Self(1 << 7);
    pub const RESPONSE_FORMAT: Self = Self(1 << 8);

    const NAMES: [(Self, &'static str); 9] = [
        (Self::STREAM_OPTIONS, "stream_options"),
        (Self::OBFUSCATION, "include_obfuscation"),
        (Self::TEMPERATURE, "temperature"),
        (Self::MAX_COMPLETION_TOKENS, "max_completion_tokens"),
        (Self::MAX_TOKENS, "max_tokens"),
        (Self::PARALLEL_TOOL_CALLS, "parallel_tool_calls"),
        (Self::PROMPT_CACHE_KEY, "prompt_cache_key"),
        (Self::STRICT, "strict"),
        (Self::RESPONSE_FORMAT, "response_format"),
    ];

    pub fn from_bits(bits: u16) -> Self {
        Self(bits)
    }

    pub fn bits(self) -> u16 {
        self.0
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn with_if(self, condition: bool, other: Self) -> Self {
        if condition { self.with(other) } else { self }
    }

    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().filter(move |(parameter, _)| self.contains(*parameter)).map(|(_, name)| name)
    }

    /// Those of the set that the error calls unknown or not supported. A parameter with a wrong value is not meant:
    /// leaving it out would hide a mistake of ours.
    pub fn named_as_unknown(self, error: &ServerError) -> Self {
        const SAYS_UNKNOWN: [&str; 11] = [
            "unknown",
            "unrecogni",
            "unsupported",
            "not support",
            "not permitted",
            "not allowed",
            "unexpected",
            "extra input",
            "extra_forbidden",
            "extra field",
            "not available",
        ];
        let said = format!("{} {} {}", error.message, error.code, error.kind).to_lowercase();
        if !SAYS_UNKNOWN.iter().any(|words| said.contains(words)) {
            return Self::default();
        }
        let named = |name: &str| has_word(&error.param, name) || has_word(&error.message, name);
        Self::NAMES
            .into_iter()
            .filter(|(parameter, name)| self.contains(*parameter) && named(name))
            .fold(Self::default(), |set, (parameter, _)| set.with(parameter))
    }
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|mark: char| !mark.is_ascii_alphanumeric() && mark != '_').any(|part| part == word)
}

/// The body of `POST /chat/completions`.
#[derive(Debug, Serialize)]
pub struct Body<'a> {
    model: &'a str,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_cache_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parallel_tool_calls: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<WireFormat<'a>>,
    messages: Vec<WireMessage<'a>>,
}

#[derive(Debug, Serialize)]
struct StreamOptions {
    include_usage: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    include_obfuscation: Option<bool>,
}

#[derive(Debug, Serialize)]
struct WireFormat<'a> {
    r#type: &'static str,
    json_schema: WireSchema<'a>,
}

#[derive(Debug, Serialize)]
struct WireSchema<'a> {
    name: &'a str,
    strict: bool,
    schema: &'a Value,
}

#[derive(Debug, Serialize)]
#[serde(tag = "role", rename_all = "lowercase")]
enum WireMessage<'a> {
    System {
        content: Words<'a>,
    },
    User {
        content: &'a str,
    },
    Assistant {
        content: Option<&'a str>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<WireCall<'a>>,
    },
    Tool {
        tool_call_id: &'a str,
        content: &'a str,
    },
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Words<'a> {
    Plain(&'a str),
    /// As JSON already.
    Written(&'a RawValue),
}

#[derive(Debug, Serialize)]
struct WireCall<'a> {
    id: &'a str,
    r#type: &'static str,
    function: WireFunction<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extra_content: Option<Arc<RawValue>>,
}

#[derive(Debug, Serialize)]
struct WireFunction<'a> {
    name: Cow<'a, str>,
    arguments: Cow<'a, str>,
}

/// The optional parameters that a request wants to carry.
pub fn wanted(settings: &OpenAiSettings, request: &ChatRequest, is_openai: bool) -> Parameters {
    let has_tools = !request.tools.is_empty();
    Parameters::STREAM_OPTIONS
        .with(Parameters::MAX_COMPLETION_TOKENS)
        // An extension of OpenAI's that saves bytes; others never heard of it.
        .with_if(is_openai, Parameters::OBFUSCATION)
        .with_if(settings.temperature.is_some(), Parameters::TEMPERATURE)
        .with_if(has_tools, Parameters::PARALLEL_TOOL_CALLS)
        .with_if(has_tools && settings.strict_tools, Parameters::STRICT)
        .with_if(!request.cache_key.is_empty(), Parameters::PROMPT_CACHE_KEY)
        .with_if(request.response_format.is_some(), Parameters::RESPONSE_FORMAT)
}

/// What a body is made of.
pub struct Parts<'a> {
    pub model: &'a str,
    pub settings: &'a OpenAiSettings,
    pub request: &'a ChatRequest,
    /// The messages that fit the budget.
    pub messages: &'a [Message],
    /// The first of them in its wire form, where it is a prompt.
    pub prompt: Option<&'a RawValue>,
    pub tools: Option<&'a RawValue>,
    pub sent: Parameters,
    pub extras: &'a Extras,
}

impl<'a> Parts<'a> {
    pub fn body(&self) -> Body<'a> {
        let if_sent = |parameter: Parameters| self.sent.contains(parameter);
        let output = self.settings.max_output_tokens;
        Body {
            model: self.model,
            stream: true,
            stream_options: if_sent(Parameters::STREAM_OPTIONS).then(|| StreamOptions {
                include_usage: true,
                include_obfuscation: if_sent(Parameters::OBFUSCATION).then_some(false),
            }),
            temperature: self.settings.temperature.filter(|_| if_sent(Parameters::TEMPERATURE)),
            max_completion_tokens: if_sent(Parameters::MAX_COMPLETION_TOKENS).then_some(output),
            max_tokens: if_sent(Parameters::MAX_TOKENS).then_some(output),
            prompt_cache_key: if_sent(Parameters::PROMPT_CACHE_KEY).then_some(self.request.cache_key.as_str()),
            parallel_tool_calls: if_sent(Parameters::PARALLEL_TOOL_CALLS).then_some(self.settings.parallel_tool_calls),
            tools: self.tools,
            response_format: self
                .request
                .response_format
                .as_ref()
                .filter(|_| if_sent(Parameters::RESPONSE_FORMAT))
                .map(wire_format),
            messages: self.messages(),
        }
    }

    fn messages(&self) -> Vec<WireMessage<'a>> {
        let prompt = self.prompt.map(|prompt| WireMessage::System { content: Words::Written(prompt) });
        let rest = self.messages.iter().skip(usize::from(prompt.is_some()));
        prompt.into_iter().chain(rest.map(|message| wire_message(message, self.extras))).collect()
    }
}

fn wire_format(format: &ResponseFormat) -> WireFormat<'_> {
    WireFormat {
        r#type: "json_schema",
        json_schema: WireSchema { name: &format.name, strict: true, schema: &format.schema },
    }
}

fn wire_message<'a>(message: &'a Message, extras: &Extras) -> WireMessage<'a> {
    match message {
        Message::System(content) => WireMessage::System { content: Words::Plain(content) },
        Message::User(content) => WireMessage::User { content },
        Message::Assistant { text, calls } => WireMessage::Assistant {
            content: (!text.is_empty() || calls.is_empty()).then_some(text),
            tool_calls: calls.iter().map(|call| wire_call(call, extras)).collect(),
        },
        Message::Tool { call, content } => WireMessage::Tool { tool_call_id: call.as_str(), content },
    }
}

fn wire_call<'a>(call: &'a ToolCall, extras: &Extras) -> WireCall<'a> {
    WireCall {
        id: call.id.as_str(),
        r#type: "function",
        function: WireFunction { name: acceptable_name(&call.name), arguments: acceptable_arguments(&call.arguments) },
        extra_content: extras.find(&call.id),
    }
}

/// A model may have made up any name; the server takes back only what a tool may be called (64 of `A-Za-z0-9_-`).
fn acceptable_name(name: &str) -> Cow<'_, str> {
    const LONGEST: usize = 64;
    let is_allowed = |mark: char| mark.is_ascii_alphanumeric() || matches!(mark, '_' | '-');
    if name.len() <= LONGEST && name.chars().all(is_allowed) {
        return Cow::Borrowed(name);
    }
    name.chars().take(LONGEST).map(|mark| if is_allowed(mark) { mark } else { '_' }).collect()
}

/// Servers that build their prompt from parsed arguments (vLLM's templates) fail on broken ones for ever after, so these
/// go back as an object that holds the text.
fn acceptable_arguments(arguments: &str) -> Cow<'_, str> {
    let is_object = arguments.trim_start().starts_with('{') && serde_json::from_str::<IgnoredAny>(arguments).is_ok();
    if is_object {
        Cow::Borrowed(arguments)
    } else {
        Cow::Owned(serde_json::json!({ "unreadable": arguments }).to_string())
    }
}

#[cfg(test)]
mod tests;
