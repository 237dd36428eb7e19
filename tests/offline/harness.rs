//! A conversation with the model, with tools that answer from a shop made up for the test.

use std::sync::{Arc, LazyLock};

use deskhand::agents::claims::{Evidence, Said, Sentences, check};
use deskhand::agents::language::Languages;
use deskhand::domain::event::ToolCall;
use deskhand::model::offline::OfflineModel;
use deskhand::model::{ChatModel, ChatRequest, Completion, Message, Piece, ResponseFormat, ToolSpec};
use futures_util::StreamExt as _;
use serde_json::{Value, json};

/// Asks the model and checks what holds for every answer: the pieces joined are the text, and the last piece is `Done`.
pub fn ask(request: &ChatRequest) -> Completion {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut answer = OfflineModel.ask(request).await.unwrap();
        let (mut text, mut done) = (String::new(), None);
        while let Some(piece) = answer.next().await {
            assert!(done.is_none(), "nothing follows the last piece");
            match piece.unwrap() {
                Piece::Text(piece) => text.push_str(&piece),
                Piece::Done(completion) => done = Some(completion),
            }
        }
        let done = done.expect("the answer has an end");
        assert_eq!(done.text, text);
        assert_eq!(done.model, "offline");
        done
    })
}

fn tool(name: &str, properties: Value) -> ToolSpec {
    let required: Vec<&String> = properties.as_object().unwrap().keys().collect();
    let parameters = json!({
        "type": "object", "properties": properties, "required": required, "additionalProperties": false,
    });
    ToolSpec { name: name.to_owned(), description: String::new(), parameters }
}

fn order_number() -> Value {
    json!({"order_number": {"type": "string", "minLength": 1, "maxLength": 64}})
}

fn people_tools(agents: &[&str]) -> Vec<ToolSpec> {
    let reasons = ["asked", "topic", "never_arrived", "anger", "threat", "repeated_failure", "other"];
    vec![
        tool(
            "transfer_to_agent",
            json!({"agent": {"type": "string", "enum": agents}, "reason": {"type": "string", "maxLength": 200}}),
        ),
        tool(
            "escalate_to_human",
            json!({
                "reason": {"type": "string", "enum": reasons}, "summary": {"type": "string", "maxLength": 400},
                "proposal": {"type": ["object", "null"]},
            }),
        ),
    ]
}

fn find_order() -> ToolSpec {
    tool(
        "find_order",
        json!({
            "order_number": {"type": "string", "maxLength": 64},
            "email": {"type": ["string", "null"]},
            "postcode": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        }),
    )
}

/// The tools of the agent for order status.
pub fn wismo() -> Arc<[ToolSpec]> {
    let mut tools = vec![
        find_order(),
        tool("get_order", order_number()),
        tool("track_shipment", order_number()),
        tool("list_orders", json!({"status": {"type": "string", "enum": ["any", "open", "closed", "cancelled"]}})),
        tool("send_verification_code", json!({})),
        tool("confirm_verification_code", json!({})),
    ];
    tools.extend(people_tools(&["general", "wismo"]));
    tools.into()
}

/// The tools of the agent for changes of orders.
pub fn orders() -> Arc<[ToolSpec]> {
    let text = || json!({"type": "string"});
    let optional = || json!({"type": ["string", "null"]});
    let address = json!({
        "order_number": text(), "line1": text(), "line2": optional(), "city": text(), "province": optional(),
        "postcode": text(), "country": text(),
    });
    let mut tools = vec![
        find_order(),
        tool("get_order", order_number()),
        tool("track_shipment", order_number()),
        tool("cancel_order", order_number()),
        tool("change_shipping_address", address),
        tool("add_order_note", json!({"order_number": text(), "text": {"type": "string", "maxLength": 500}})),
        tool("send_verification_code", json!({})),
        tool("confirm_verification_code", json!({})),
    ];
    tools.extend(people_tools(&["wismo", "returns", "refunds", "general"]));
    tools.into()
}

/// The tools of the agent for goods that go back.
pub fn returns() -> Arc<[ToolSpec]> {
    let item = json!({"type": "object", "properties": {"line": {"type": "integer"}, "quantity": {"type": "integer"}},
        "required": ["line", "quantity"], "additionalProperties": false});
    let reasons = json!({"type": "string", "enum": ["changed_mind", "damaged", "wrong_item", "never_arrived"]});
    let wish =
        json!({"order_number": {"type": "string"}, "items": {"type": "array", "items": item}, "reason": reasons});
    let mut tools = vec![find_order(), tool("get_order", order_number()), tool("create_return", wish)];
    tools.extend(people_tools(&["wismo", "refunds", "orders", "general"]));
    tools.into()
}

/// The tools of the agent for everything else.
pub fn general() -> Arc<[ToolSpec]> {
    let query = || json!({"query": {"type": "string"}});
    let mut tools = vec![
        tool("search_help_center", query()),
        tool("find_product", query()),
        find_order(),
        tool("get_order", order_number()),
    ];
    tools.extend(people_tools(&["wismo", "general"]));
    tools.into()
}

pub type Script = Box<dyn FnMut(&str, &Value) -> Value>;

/// What the model did in answer to one message.
#[derive(Debug, Default)]
pub struct Reply {
    pub text: String,
    pub calls: Vec<(String, Value)>,
}

impl Reply {
    pub fn names(&self) -> Vec<&str> {
        self.calls.iter().map(|(name, _)| name.as_str()).collect()
    }

    pub fn escalated(&self) -> Option<&str> {
        let (_, arguments) = self.calls.iter().find(|(name, _)| name == "escalate_to_human")?;
        arguments["reason"].as_str()
    }

    #[track_caller]
    pub fn has(&self, parts: &[&str]) -> &Self {
        for part in parts {
            assert!(self.text.contains(part), "{part:?} is missing in {:?} after {:?}", self.text, self.calls);
        }
        self
    }

    #[track_caller]
    pub fn lacks(&self, parts: &[&str]) -> &Self {
        for part in parts {
            assert!(!self.text.contains(part), "{part:?} stands in {:?}", self.text);
        }
        self
    }
}

pub struct Chat {
    pub messages: Vec<Message>,
    pub tools: Arc<[ToolSpec]>,
    pub script: Script,
    /// For receipts without sense or of an attacker: there the claims check is what keeps sentences back.
    pub may_be_withheld: bool,
}

impl Chat {
    pub fn new(tools: Arc<[ToolSpec]>, script: impl FnMut(&str, &Value) -> Value + 'static) -> Self {
        let system = Message::System("You are the support agent of a shop.".into());
        Self { messages: vec![system], tools, script: Box::new(script), may_be_withheld: false }
    }

    fn request(&self) -> ChatRequest {
        ChatRequest {
            messages: self.messages.clone(),
            tools: self.tools.clone(),
            response_format: None,
            cache_key: "test".to_owned(),
        }
    }

    /// Says something and plays the desk until the model has nothing more to do.
    #[track_caller]
    pub fn say(&mut self, text: &str) -> Reply {
        self.messages.push(Message::User(text.to_owned()));
        let mut reply = Reply::default();
        for _ in 0..8 {
            let completion = ask(&self.request());
            assert_eq!(completion, ask(&self.request()), "the same request gets the same answer");
            self.assert_backed(&completion.text);
            if !completion.text.is_empty() {
                reply.text = [reply.text, completion.text.clone()].join(" ").trim().to_owned();
            }
            let (text, calls) = (completion.text, completion.calls.clone());
            self.messages.push(Message::Assistant { text, calls });
            if completion.calls.is_empty() {
                return reply;
            }
            for call in &completion.calls {
                self.perform(call, &mut reply);
            }
            if reply.escalated().is_some() {
                return reply;
            }
        }
        panic!("no end of calls: {:?}", reply.calls);
    }

    /// Every sentence must pass the claims check: it would never be seen otherwise.
    #[track_caller]
    fn assert_backed(&self, text: &str) {
        static LANGUAGES: LazyLock<Languages> = LazyLock::new(|| Languages::load(None).unwrap());
        let language = LANGUAGES.get("en").unwrap();
        let mut evidence = Evidence::new("2031-03-05".parse().unwrap());
        let mut names: Vec<(&str, &str)> = Vec::new();
        for message in &self.messages {
            match message {
                Message::User(text) => evidence.customer_said(text),
                Message::Assistant { calls, .. } => {
                    names.extend(calls.iter().map(|call| (call.id.as_str(), call.name.as_str())))
                }
                Message::Tool { call, content } => {
                    let tool = names.iter().rev().find(|(id, _)| *id == call.as_str()).unwrap().1;
                    evidence.receipt(tool, &serde_json::from_str(content).unwrap());
                }
                Message::System(_) => {}
            }
        }
        let mut sentences = Sentences::new(language);
        sentences.push(text);
        let mut said = Said::default();
        for sentence in sentences.finish() {
            match check(language, &evidence, &said, &sentence) {
                Ok(next) => said = next,
                Err(withheld) => assert!(self.may_be_withheld, "{withheld} <<< {sentence:?}"),
            }
        }
    }

    #[track_caller]
    fn perform(&mut self, call: &ToolCall, reply: &mut Reply) {
        let spec = self.tools.iter().find(|tool| tool.name == call.name).expect("the tool is offered");
        let arguments: Value = serde_json::from_str(&call.arguments).unwrap();
        assert_valid(&spec.parameters, &arguments);
        let earlier = (call.name.clone(), arguments.clone());
        assert!(!reply.calls.contains(&earlier), "{earlier:?} is called twice for one message");
        let result = (self.script)(&call.name, &arguments);
        reply.calls.push(earlier);
        self.messages.push(Message::Tool { call: call.id.clone(), content: result.to_string() });
    }
}

#[track_caller]
pub fn assert_valid(schema: &Value, instance: &Value) {
    let validator = jsonschema::validator_for(schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(instance).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{instance} is not valid: {errors:?}");
}

/// The router's schema.
pub fn route_schema() -> Value {
    let texts = || json!({"type": "array", "items": {"type": "string"}});
    let intents: Vec<&str> = deskhand::domain::event::Intent::ALL.iter().map(|intent| intent.as_str()).collect();
    let moods: Vec<&str> = deskhand::domain::event::Sentiment::ALL.iter().map(|mood| mood.as_str()).collect();
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["intent", "confidence", "sentiment", "language", "entities"],
        "properties": {
            "intent": {"type": "string", "enum": intents},
            "confidence": {"type": "number", "minimum": 0, "maximum": 1},
            "sentiment": {"type": "string", "enum": moods},
            "language": {"type": "string", "pattern": "^[a-z]{2}$"},
            "entities": {
                "type": "object",
                "additionalProperties": false,
                "required": ["order_numbers", "emails", "postcodes"],
                "properties": {"order_numbers": texts(), "emails": texts(), "postcodes": texts()},
            },
        },
    })
}

/// What the router answers to a dialogue that alternates between the shopper and the agent, the shopper first.
#[track_caller]
pub fn route(lines: &[&str]) -> Value {
    let mut messages = vec![Message::System("You route.".into())];
    messages.extend(lines.iter().enumerate().map(|(index, line)| match index % 2 {
        0 => Message::User((*line).to_owned()),
        _ => Message::Assistant { text: (*line).to_owned(), calls: Vec::new() },
    }));
    route_messages(messages)
}

#[track_caller]
pub fn route_messages(messages: Vec<Message>) -> Value {
    let request = ChatRequest {
        messages,
        tools: Arc::new([]),
        response_format: Some(ResponseFormat { name: "route".to_owned(), schema: route_schema() }),
        cache_key: "test".to_owned(),
    };
    let answer: Value = serde_json::from_str(&ask(&request).text).unwrap();
    assert_valid(&route_schema(), &answer);
    serde_json::from_value::<deskhand::domain::event::Analysis>(answer.clone()).unwrap();
    answer
}

pub fn usd(amount: &str) -> Value {
    json!({"amount": amount, "currency": "USD"})
}
