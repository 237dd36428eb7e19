//! What a model holds of a conversation, sentence by sentence. It stands beside the verdict, and has no part in it.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::outcome::{Line, Outcome};
use super::play::CODE_PLACE;
use super::voices::{Silence, Voice, shortened, unreadable};
use crate::model::{ChatRequest, Message, ResponseFormat};

/// As cassettes name who asked.
pub const ASKER: &str = "rubric-judge";
/// The file of its prompt.
pub const PROMPT: &str = "judge.md";
/// Characters of a reason that are told.
const REASON: usize = 300;
/// Characters of one receipt that are shown to the judge.
const RECEIPT: usize = 3_000;

/// Who is asked, and by which words; or why nobody is.
#[derive(Clone)]
pub enum Judge {
    Asked { voice: Voice, prompt: String },
    Nobody { why: String },
}

/// One model's opinion of one conversation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Opinion {
    /// Whose it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judge: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sentences: Vec<Judged>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_judged: Option<String>,
    /// How many sentences there are to be judged.
    pub of: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    pub sentence: String,
    pub holds: bool,
    pub why: String,
}

/// Many opinions together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rubrics {
    pub hold: usize,
    /// Sentences that were judged.
    pub judged: usize,
    pub not_judged: usize,
    pub judges: BTreeSet<String>,
}

impl Rubrics {
    pub fn of(opinion: &Opinion) -> Self {
        Self {
            hold: opinion.sentences.iter().filter(|judged| judged.holds).count(),
            judged: opinion.sentences.len(),
            not_judged: if opinion.not_judged.is_some() { opinion.of } else { 0 },
            judges: opinion.judge.iter().cloned().collect(),
        }
    }

    pub fn and(mut self, other: Self) -> Self {
        self.judges.extend(other.judges);
        Self {
            hold: self.hold + other.hold,
            judged: self.judged + other.judged,
            not_judged: self.not_judged + other.not_judged,
            judges: self.judges,
        }
    }
}

#[derive(Deserialize)]
struct Answer {
    opinions: Vec<One>,
}

#[derive(Deserialize)]
struct One {
    number: usize,
    holds: bool,
    #[serde(default)]
    because: String,
}

impl Judge {
    /// `None`: there is no rubric.
    pub async fn opinion(&self, rubric: &[String], outcome: &Outcome, within: Duration) -> Option<Opinion> {
        if rubric.is_empty() {
            return None;
        }
        let (judge, judged) = match self {
            Self::Nobody { why } => (None, Err(why.clone())),
            Self::Asked { voice, prompt } => {
                let answer = voice.ask(&request(prompt, rubric, outcome), within).await;
                let judged = answer.and_then(|answer| in_order(rubric, answer)).map_err(|why| why.to_string());
                (Some(voice.name.clone()), judged)
            }
        };
        let (sentences, not_judged) = match judged {
            Ok(sentences) => (sentences, None),
            Err(why) => (Vec::new(), Some(why)),
        };
        Some(Opinion { judge, sentences, not_judged, of: rubric.len() })
    }
}

/// One opinion for each sentence, and none besides.
fn in_order(rubric: &[String], answer: Answer) -> Result<Vec<Judged>, Silence> {
    let given = answer.opinions;
    if given.len() != rubric.len() || given.iter().zip(1..).any(|(one, number)| one.number != number) {
        let numbers: Vec<String> = given.iter().map(|one| one.number.to_string()).collect();
        let problem = format!("it has to be about the sentences 1 to {}, in their order", rubric.len());
        return Err(unreadable(problem, &format!("about {}", numbers.join(", "))));
    }
    let judged = |(one, sentence): (One, &String)| Judged {
        sentence: sentence.clone(),
        holds: one.holds,
        why: shortened(&one.because, REASON),
    };
    Ok(given.into_iter().zip(rubric).map(judged).collect())
}

/// All that was said and done is a text within a text: none of it stands where instructions do.
fn request(prompt: &str, rubric: &[String], outcome: &Outcome) -> ChatRequest {
    let sentence = |(number, sentence): (usize, &String)| json!({ "number": number, "sentence": sentence });
    let quoted = json!({
        "rubric": (1..).zip(rubric).map(sentence).collect::<Vec<_>>(),
        "transcript": outcome.lines.iter().map(|line| shown(line, &outcome.codes)).collect::<Vec<_>>(),
    });
    ChatRequest {
        messages: vec![Message::System(prompt.into()), Message::User(quoted.to_string())],
        tools: [].into(),
        response_format: Some(ResponseFormat { name: "opinions".to_owned(), schema: schema() }),
        cache_key: format!("evals:{ASKER}"),
    }
}

/// A line as the report tells it, without the codes that are others each time.
fn shown(line: &Line, codes: &[String]) -> Value {
    let mut line = match line {
        Line::Tool { name, arguments, outcome, receipt } => json!({
            "who": "tool", "name": name, "arguments": arguments, "outcome": outcome,
            "receipt": shortened(&receipt.to_string(), RECEIPT),
        }),
        line => json!(line),
    };
    for text in line.as_object_mut().into_iter().flat_map(|fields| fields.values_mut()) {
        if let Value::String(text) = text {
            *text = codes.iter().fold(std::mem::take(text), |text, code| text.replace(code, CODE_PLACE));
        }
    }
    line
}

fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "opinions": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "because": {"type": "string", "description": "What in the transcript shows it."},
                        "holds": {"type": "boolean"},
                        "number": {"type": "integer", "description": "The sentence's."},
                    },
                    "required": ["because", "holds", "number"],
                    "additionalProperties": false,
                },
            },
        },
        "required": ["opinions"],
        "additionalProperties": false,
    })
}
