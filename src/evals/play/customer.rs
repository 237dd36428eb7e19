//! The part of a shopper whom a model plays. It sees what a shopper sees, and what it says is believed as little.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{CODE_PLACE, Play};
use crate::domain::event::{Event, EventBody, Status};
use crate::evals::case::customer::Customer;
use crate::evals::domain::Broken;
use crate::evals::outcome::Said;
use crate::evals::voices::{NO_CUSTOMER, Silence, Voice, shortened, unreadable};
use crate::model::{ChatRequest, Message, ResponseFormat};

/// As cassettes name who asked. No agent is called so by chance.
pub const ASKER: &str = "simulated-customer";
/// The file of its prompt.
pub const PROMPT: &str = "customer.md";
/// Characters of a line. Nobody types more into a chat.
const LONGEST: usize = 4_000;
/// Characters of a reason that are told.
const SHOWN: usize = 160;

/// Who plays the shopper, and by which words.
#[derive(Clone)]
pub struct Player {
    pub voice: Voice,
    pub prompt: String,
}

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    because: String,
    done: bool,
    #[serde(default)]
    say: String,
}

impl Play {
    /// Line by line, until the customer is done, a person has the conversation, or enough was said.
    pub(super) async fn converse(&mut self, part: &Customer, step: usize) -> Result<Said, Broken> {
        let mut all = Said::default();
        let mut lines = 0;
        loop {
            self.rest().await?;
            if self.is_with_person().await? {
                self.note("a person has the conversation, and the customer waits for them".to_owned()).await?;
                break;
            }
            let line = self.line(part, lines, step).await?;
            let is_over = line.done && line.say.is_empty();
            if lines == part.lines_at_most && !line.done {
                all.undone =
                    Some(format!("more to say: the customer was not done after {lines} lines ({:?})", line.say));
            }
            if !is_over && lines < part.lines_at_most {
                lines += 1;
                all.add(self.type_line(part, &line, lines == 1, step).await?);
            }
            if line.done {
                self.note(format!("the customer is done: {}", shortened(&line.because, SHOWN))).await?;
            }
            if line.done || all.undone.is_some() {
                break;
            }
        }
        Ok(all)
    }

    async fn is_with_person(&self) -> Result<bool, Broken> {
        let status = self.shop.desk.conversation(&self.id).await?.status;
        Ok(matches!(status, Status::HandoffPending | Status::HumanHandling))
    }

    async fn line(&self, part: &Customer, lines: u32, step: usize) -> Result<Line, Broken> {
        if let Some(opens) = part.opens.as_ref().filter(|_| lines == 0) {
            return Ok(Line { because: String::new(), done: false, say: opens.clone() });
        }
        let Some(player) = &self.cast.customer else {
            return Err(Broken::Step { step, problem: NO_CUSTOMER.to_owned() });
        };
        let mailed = part.reads_mail && self.code().is_some();
        let request = request(&player.prompt, part, &self.shop.desk.events(&self.id, 0).await?, mailed);
        let silent = |why| Broken::Customer { step, name: player.voice.name.clone(), why };
        let mut line: Line = player.voice.ask(&request, self.cast.patience).await.map_err(silent)?;
        line.say = line.say.trim().to_owned();
        check(&line).map_err(silent)?;
        Ok(line)
    }

    async fn type_line(&mut self, part: &Customer, line: &Line, first: bool, step: usize) -> Result<Said, Broken> {
        // The case's own first line is read as its other lines are.
        if first && part.opens.is_some() {
            return self.say(&line.say, step).await;
        }
        let mailed = self.code().filter(|_| part.reads_mail && line.say.contains(CODE_PLACE));
        let content = mailed.as_ref().map_or_else(|| line.say.clone(), |code| line.say.replace(CODE_PLACE, code));
        self.codes.extend(mailed);
        self.post(content, &line.say).await
    }
}

fn check(line: &Line) -> Result<(), Silence> {
    if line.say.is_empty() && !line.done {
        return Err(unreadable("it says nothing and is not done", &line.because));
    }
    if line.say.chars().count() > LONGEST {
        return Err(unreadable(format!("a line of more than {LONGEST} characters"), &line.say));
    }
    Ok(())
}

/// The dialogue with its sides changed: what the shop says is said to the one who is asked.
fn request(prompt: &str, part: &Customer, events: &[Event], mailed: bool) -> ChatRequest {
    let mut messages = vec![Message::System(prompt.into())];
    let mut heard = json!({ "goal": part.goal, "knows": part.knows });
    part.temper.iter().for_each(|temper| set(&mut heard, "temper", json!(temper)));
    let mut shop: Vec<&str> = Vec::new();
    for event in events {
        match &event.body {
            EventBody::MessageReceived { content, .. } => {
                messages.push(told(&mut heard, &mut shop));
                let said = json!({ "because": "", "done": false, "say": content });
                messages.push(Message::Assistant { text: said.to_string(), calls: Vec::new() });
                set(&mut heard, "shop", json!([]));
            }
            EventBody::MessageCompleted { content, .. } | EventBody::HumanMessage { content, .. } => shop.push(content),
            _ => {}
        }
    }
    if mailed {
        // The code itself is another one each time, and goes to no model.
        set(&mut heard, "mail", json!(format!("The code in the mail that you got is {CODE_PLACE}. Type it just so.")));
    }
    messages.push(told(&mut heard, &mut shop));
    ChatRequest {
        messages,
        tools: [].into(),
        response_format: Some(ResponseFormat { name: "line".to_owned(), schema: schema() }),
        cache_key: format!("evals:{ASKER}"),
    }
}

/// What has come since the last line.
fn told(heard: &mut Value, shop: &mut Vec<&str>) -> Message {
    if !shop.is_empty() {
        set(heard, "shop", json!(std::mem::take(shop)));
    }
    Message::User(std::mem::replace(heard, json!({})).to_string())
}

fn set(object: &mut Value, key: &str, value: Value) {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(key.to_owned(), value);
    }
}

fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "because": {"type": "string", "description": "Why you say this, or why you are done."},
            "done": {"type": "boolean", "description": "Whether the conversation is over for you."},
            "say": {"type": "string", "description": "Your next line; empty if you are done and say no more."},
        },
        "required": ["because", "done", "say"],
        "additionalProperties": false,
    })
}
