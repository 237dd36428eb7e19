//! One answer in the words of many servers.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::{Part, Said};

/// How a server speaks. Each renders the same text and calls; what a client makes of them must be the same, too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// Calls in pieces, told apart by index.
    #[default]
    OpenAi,
    /// Whole calls without index, with a signature to be sent back, `finish_reason: stop`.
    Gemini,
    /// Every call at index 0 with a new id.
    RepeatedIndex,
    /// Every call at index 0, in pieces, without any id.
    RepeatedIndexWithoutIds,
    /// Whole calls, the answer ends with `stop`.
    Ollama,
    /// Arguments as an object, no index, no id, no type.
    ObjectArguments,
    /// No type, `content: null` beside calls, reasoning fields, finish reason never told.
    Vllm,
    /// The last content and the finish reason in one chunk; an unknown finish reason.
    LastWordWithFinish,
    /// Chunks without choices, choices without delta, empty id and model.
    Azure,
    /// Comments between events, numbers of bytes before the id, native finish reasons.
    OpenRouter,
    /// Lines end with CR LF.
    CarriageReturns,
    /// No `[DONE]` at the end.
    Unmarked,
    /// No stream at all: one `chat.completion` document.
    Document,
    /// The same, declared as a stream of events.
    UndeclaredDocument,
    /// Every chunk on the wire is one byte.
    ByteByByte,
    /// All in one chunk on the wire.
    AllAtOnce,
}

impl Dialect {
    pub const ALL: [Self; 16] = [
        Self::OpenAi,
        Self::Gemini,
        Self::RepeatedIndex,
        Self::RepeatedIndexWithoutIds,
        Self::Ollama,
        Self::ObjectArguments,
        Self::Vllm,
        Self::LastWordWithFinish,
        Self::Azure,
        Self::OpenRouter,
        Self::CarriageReturns,
        Self::Unmarked,
        Self::Document,
        Self::UndeclaredDocument,
        Self::ByteByByte,
        Self::AllAtOnce,
    ];

    /// The content type and the parts of the answer.
    pub fn render(self, said: &Said) -> (&'static str, Vec<Part>) {
        match self {
            Self::Document => return ("application/json; charset=utf-8", vec![Part::Bytes(document(said))]),
            Self::UndeclaredDocument => return ("text/event-stream", vec![Part::Bytes(document(said))]),
            _ => {}
        }
        let mut events: Vec<Vec<u8>> = Vec::new();
        self.preamble(&mut events);
        for chunk in self.chunks(said) {
            self.event(&chunk, &mut events);
        }
        if self != Self::Unmarked {
            events.push(b"data: [DONE]\n\n".to_vec());
        }
        ("text/event-stream", self.cut(events, said))
    }

    fn preamble(self, events: &mut Vec<Vec<u8>>) {
        match self {
            Self::Azure => {
                let filter = json!({"id": "", "model": "", "choices": [],
                    "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {}}]});
                events.push(format!("data: {filter}\n\n").into_bytes());
            }
            Self::OpenRouter => events.push(b": OPENROUTER PROCESSING\n\n".to_vec()),
            _ => {}
        }
    }

    fn event(self, chunk: &Value, events: &mut Vec<Vec<u8>>) {
        match self {
            Self::OpenRouter => {
                events.push(b": OPENROUTER PROCESSING\n\n".to_vec());
                events.push(format!("id: 7\nretry: 10\ndata:{chunk}\n\n").into_bytes());
            }
            Self::CarriageReturns => events.push(format!("data: {chunk}\r\n\r\n").into_bytes()),
            _ => events.push(format!("data: {chunk}\n\n").into_bytes()),
        }
    }

    fn cut(self, events: Vec<Vec<u8>>, said: &Said) -> Vec<Part> {
        let whole = || events.concat();
        match self {
            Self::ByteByByte => whole().into_iter().map(|byte| Part::Bytes(vec![byte])).collect(),
            Self::AllAtOnce => vec![Part::Bytes(whole())],
            _ if said.pause.is_zero() => events.into_iter().map(Part::Bytes).collect(),
            _ => events.into_iter().flat_map(|event| [Part::Bytes(event), Part::Pause(said.pause)]).collect(),
        }
    }

    fn chunks(self, said: &Said) -> Vec<Value> {
        let mut chunks = vec![self.chunk(json!({"role": "assistant", "content": ""}), Value::Null)];
        if matches!(self, Self::Vllm | Self::OpenRouter) {
            chunks.push(self.chunk(
                json!({"reasoning_content": "SECRET THOUGHT", "reasoning": "SECRET THOUGHT",
                "reasoning_details": [{"type": "reasoning.text", "text": "SECRET THOUGHT"}]}),
                Value::Null,
            ));
        }
        for word in words(&said.text) {
            chunks.push(self.chunk(json!({"content": word}), Value::Null));
        }
        for (position, (name, arguments)) in said.calls.iter().enumerate() {
            for call in self.call(position, name, arguments) {
                let delta = match self {
                    Self::Vllm => json!({"content": null, "tool_calls": [call]}),
                    _ => json!({"tool_calls": [call]}),
                };
                chunks.push(self.chunk(delta, Value::Null));
            }
        }
        self.close(said, &mut chunks);
        chunks
    }

    fn close(self, said: &Said, chunks: &mut Vec<Value>) {
        let regular = if said.calls.is_empty() { "stop" } else { "tool_calls" };
        let reason = match self {
            Self::Gemini | Self::Ollama | Self::ObjectArguments => "stop",
            Self::LastWordWithFinish => "eos_token",
            _ => regular,
        };
        match self {
            Self::Vllm => {}
            Self::LastWordWithFinish => {
                if let Some(last) = chunks.last_mut() {
                    last["choices"][0]["finish_reason"] = json!(reason);
                }
            }
            Self::Azure => {
                chunks.push(json!({"id": "x", "choices": [{"index": 0, "finish_reason": null,
                    "content_filter_results": {"hate": {"filtered": false}}, "content_filter_offsets": {}}]}));
                chunks.push(self.chunk(json!({}), json!(reason)));
            }
            _ => chunks.push(self.chunk(json!({}), json!(reason))),
        }
        chunks.push(
            json!({"id": "c", "object": "chat.completion.chunk", "model": "mock-1", "choices": [], "usage": usage()}),
        );
    }

    fn chunk(self, delta: Value, finish: Value) -> Value {
        let mut chunk = json!({"id": "c", "object": "chat.completion.chunk", "created": 1_764_000_000, "model": "mock-1",
            "choices": [{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}], "usage": null});
        if self == Self::OpenRouter {
            chunk["provider"] = json!("Somebody");
            chunk["choices"][0]["native_finish_reason"] = json!("STOP");
            chunk["error"] = Value::Null;
        }
        chunk
    }

    /// The deltas of one call.
    fn call(self, position: usize, name: &str, arguments: &Value) -> Vec<Value> {
        let text = if arguments == &json!({}) { String::new() } else { arguments.to_string() };
        let id = format!("call_{position}_{}", next_id());
        let function = json!({"name": name, "arguments": text});
        match self {
            Self::Gemini => vec![json!({"id": id, "type": "function", "function": function,
                "extra_content": {"google": {"thought_signature": format!("signature of {name}")}}})],
            Self::RepeatedIndex => vec![json!({"index": 0, "id": id, "type": "function", "function": function})],
            Self::Ollama => vec![json!({"index": position, "id": id, "type": "function", "function": function})],
            Self::ObjectArguments => vec![json!({"function": {"name": name, "arguments": arguments}})],
            Self::RepeatedIndexWithoutIds => {
                // A server that leaves out ids leaves out nothing else.
                let whole = arguments.to_string();
                pieces(&whole, json!({"index": 0, "type": "function", "function": {"name": name, "arguments": ""}}), 0)
            }
            Self::Vllm => pieces(&text, json!({"index": position, "id": id, "function": {"name": name}}), position),
            _ => pieces(
                &text,
                json!({"index": position, "id": id, "type": "function", "function": {"name": name, "arguments": ""}}),
                position,
            ),
        }
    }
}

/// A server's ids are its own; they only have to differ.
fn next_id() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn usage() -> Value {
    json!({"prompt_tokens": 40, "completion_tokens": 9, "total_tokens": 49, "prompt_tokens_details": {"cached_tokens": 30}})
}

fn pieces(arguments: &str, first: Value, index: usize) -> Vec<Value> {
    let letters: Vec<char> = arguments.chars().collect();
    let rest = letters
        .chunks(7)
        .map(|piece| json!({"index": index, "function": {"arguments": piece.iter().collect::<String>()}}));
    std::iter::once(first).chain(rest).collect()
}

/// Words with the space before them.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for mark in text.chars() {
        match words.last_mut() {
            Some(word) if mark != ' ' => word.push(mark),
            _ => words.push(mark.to_string()),
        }
    }
    words
}

fn document(said: &Said) -> Vec<u8> {
    let calls: Vec<Value> = said
        .calls
        .iter()
        .enumerate()
        .map(|(position, (name, arguments))| {
            json!({"id": format!("call_{position}_{}", next_id()), "type": "function",
                "function": {"name": name, "arguments": arguments.to_string()}})
        })
        .collect();
    let mut message = json!({"role": "assistant", "content": said.text, "refusal": null});
    if !calls.is_empty() {
        message["tool_calls"] = json!(calls);
    }
    let document = json!({"id": "c", "object": "chat.completion", "model": "mock-1", "usage": usage(),
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]});
    serde_json::to_vec_pretty(&document).expect("JSON")
}
