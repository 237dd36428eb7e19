//! The events of a conversation. The log of them *is* the conversation: streams, transcripts, the model's context and
//! every decision are read from it.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::effect::{ApprovalState, EffectKind, EffectState};
use super::id::{ApprovalId, CallId, ConversationId, EffectId, KeyId, MessageId, StoreId, TurnId};
use super::identity::Proof;
use super::money::Money;

/// An entry of the log, numbered from 1 in its conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    pub conversation: ConversationId,
    pub seq: u64,
    pub at: Timestamp,
    #[serde(flatten)]
    pub body: EventBody,
}

/// What happened. The names are those of the streams (DESIGN §4); those that no stream carries are internal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum EventBody {
    #[serde(rename = "conversation.opened")]
    Opened {
        store: StoreId,
        channel: String,
        key: Option<KeyId>,
        /// What the opener says of the customer: a claim.
        customer: Option<Value>,
        metadata: Option<Value>,
    },
    #[serde(rename = "message.received")]
    MessageReceived {
        message: MessageId,
        client_message_id: Option<String>,
        content: String,
        /// The helpdesk's id of it, where it came in there: by mail, or in the helpdesk's own chat.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        remote: Option<String>,
    },
    #[serde(rename = "turn.started")]
    TurnStarted {
        turn: TurnId,
        /// Every message up to this number is answered by the turn.
        through: u64,
    },
    #[serde(rename = "routed")]
    Routed {
        turn: TurnId,
        agent: String,
        /// Who had the conversation before, when it was handed over.
        from: Option<String>,
        analysis: Analysis,
        /// What the agent goes by. None: a person, or a log from before it was written down.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        versions: Option<Box<Versions>>,
    },
    #[serde(rename = "model.answered")]
    /// What it said to the shopper stands in the `message.completed` before; what it asks for stands here.
    ModelAnswered { turn: TurnId, attempt: u32, calls: Vec<ToolCall>, model: String, usage: Usage },
    #[serde(rename = "message.reset")]
    MessageReset { turn: TurnId, attempt: u32, reason: String },
    #[serde(rename = "claim.withheld")]
    ClaimWithheld { turn: TurnId, attempt: u32, sentence: String, reason: String },
    #[serde(rename = "tool.started")]
    ToolStarted { turn: TurnId, call: CallId, tool: String },
    #[serde(rename = "tool.completed")]
    ToolCompleted {
        turn: TurnId,
        call: CallId,
        tool: String,
        outcome: ToolOutcome,
        /// What the model reads, and what claims are checked against. Whoever keeps it keeps this one.
        receipt: Arc<Value>,
        /// What the shopper's screen may show.
        projection: Value,
    },
    /// A one-time code was typed: what became of it. The code itself is nowhere.
    #[serde(rename = "code.checked")]
    CodeChecked { right: bool, tries_left: u32 },
    /// What the policy said to something that was asked for. Never a shopper's to see.
    #[serde(rename = "policy.decided")]
    PolicyDecided {
        turn: Option<TurnId>,
        /// Whether it was asked in order to act, and not only to tell.
        acts: bool,
        /// What was asked, the verdict and its code, in the policy's words.
        subject: String,
        verdict: String,
        code: String,
        /// The decision and all that it was made of (`policy::basis`); `null` once erased.
        judged: Value,
    },
    #[serde(rename = "identity.proved")]
    IdentityProved { turn: Option<TurnId>, proof: Proof },
    #[serde(rename = "effect")]
    EffectMoved { effect: EffectId, kind: EffectKind, state: EffectState, vendor_reference: Option<String> },
    /// An effect waits for a person's yes.
    #[serde(rename = "approval.requested")]
    ApprovalRequested {
        approval: ApprovalId,
        effect: EffectId,
        kind: EffectKind,
        /// A code of the policy.
        reason: String,
        amount: Option<Money>,
        expires_at: Timestamp,
    },
    #[serde(rename = "approval.decided")]
    ApprovalDecided {
        approval: ApprovalId,
        effect: EffectId,
        state: ApprovalState,
        /// The key of the one who decided, or `policy`.
        by: String,
        /// What was approved: it may be less than was proposed.
        amount: Option<Money>,
    },
    #[serde(rename = "message.completed")]
    MessageCompleted { turn: Option<TurnId>, message: MessageId, attempt: u32, author: Author, content: String },
    /// A colleague wrote to the shopper, in the helpdesk.
    #[serde(rename = "human.message")]
    HumanMessage {
        message: MessageId,
        /// The helpdesk's id of it.
        remote: String,
        /// Under which the shopper sees it, as far as the store gives names away.
        name: Option<String>,
        content: String,
    },
    /// What the agent would have said, in a mode in which a person speaks.
    #[serde(rename = "message.drafted")]
    Drafted { turn: TurnId, content: String },
    #[serde(rename = "handoff")]
    HandedOff { number: u32, reason: HandoffReason, ticket: Option<TicketReference> },
    /// There is to be a ticket of the conversation, though nobody has taken it over.
    #[serde(rename = "ticket.wanted")]
    TicketWanted { why: TicketCause },
    /// The ticket is there. Of one that a hand-off asked for, `handoff` says it.
    #[serde(rename = "ticket.opened")]
    TicketOpened {
        ticket: TicketReference,
        /// The customer wrote to the helpdesk: there they are answered.
        home: bool,
    },
    /// Something that colleagues are to read in the ticket.
    #[serde(rename = "ticket.note")]
    Noted {
        text: String,
        /// The helpdesk's id of the deed that it answers.
        about: Option<String>,
    },
    /// The agent puts a question to the store's people, and keeps the conversation.
    #[serde(rename = "colleague.asked")]
    ColleagueAsked { turn: TurnId, text: String },
    /// One of them has answered it, in a note of the ticket.
    #[serde(rename = "colleague.answered")]
    ColleagueAnswered {
        /// The helpdesk's id of the note.
        remote: String,
        /// Who it was, as deeds in the helpdesk are named.
        by: String,
        /// Under which the shopper may hear of them, as far as the store gives names away.
        name: Option<String>,
        text: String,
        /// Whether it is meant for the store's articles, too.
        article: bool,
    },
    /// The ticket has every message up to this number that it is to have.
    #[serde(rename = "ticket.mirrored")]
    Mirrored {
        ticket: String,
        through: u64,
        /// The helpdesk refused the last of them for good, and the ticket does not say so yet.
        missing: bool,
    },
    /// How the ticket stood when it was looked at last.
    #[serde(rename = "ticket.seen")]
    TicketSeen {
        ticket: String,
        open: bool,
        tags: Vec<String>,
        /// Whom the helpdesk names as the one who works on it.
        assignee: Option<String>,
    },
    #[serde(rename = "status")]
    StatusChanged { status: Status, by: String },
    #[serde(rename = "error")]
    Failed { turn: Option<TurnId>, code: String, message: String },
    #[serde(rename = "turn.completed")]
    TurnCompleted {
        turn: TurnId,
        through: u64,
        /// Whether it brought the shopper anything; several in a row that did not are a person's case.
        helped: bool,
    },
}

/// Fields that may hold personal data. They are sealed under the conversation's customer key wherever they occur.
pub const PERSONAL_FIELDS: &[&str] = &[
    "customer",
    "metadata",
    "content",
    "text",
    "calls",
    "analysis",
    "sentence",
    "receipt",
    "projection",
    "proof",
    "judged",
];

/// What an agent goes by: the first 12 hexadecimal digits of each content's SHA-256, and who answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    pub prompt: String,
    pub policy: String,
    /// The declarations of its tools.
    pub tools: String,
    /// The store's help articles. None: a log from before it was written down, as for the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub articles: Option<String>,
    /// What the router has learnt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<String>,
    /// As it is told to people.
    pub model: String,
}

impl Versions {
    /// What is not known has none.
    pub fn named(&self) -> [(&'static str, Option<&str>); 6] {
        [
            ("prompt", Some(&self.prompt)),
            ("policy", Some(&self.policy)),
            ("tools", Some(&self.tools)),
            ("articles", self.articles.as_deref()),
            ("weights", self.weights.as_deref()),
            ("model", Some(&self.model)),
        ]
    }
}

/// What the router read in a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Analysis {
    pub intent: Intent,
    /// From 0 to 1.
    pub confidence: f64,
    pub sentiment: Sentiment,
    /// ISO 639-1, `en`.
    pub language: String,
    pub entities: Entities,
}

/// Facts that the message names, as it names them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Entities {
    pub order_numbers: Vec<String>,
    pub emails: Vec<String>,
    pub postcodes: Vec<String>,
}

/// What a shopper wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    OrderStatus,
    ReturnRequest,
    RefundRequest,
    RefundStatus,
    Exchange,
    CancelOrder,
    ModifyOrderOrAddress,
    DamagedOrWrongItem,
    MissingItemOrDeliveryProblem,
    ProductQuestion,
    DiscountOrPromo,
    AccountOrLogin,
    Complaint,
    HumanAgent,
    Other,
}

impl Intent {
    pub const ALL: [Self; 15] = [
        Self::OrderStatus,
        Self::ReturnRequest,
        Self::RefundRequest,
        Self::RefundStatus,
        Self::Exchange,
        Self::CancelOrder,
        Self::ModifyOrderOrAddress,
        Self::DamagedOrWrongItem,
        Self::MissingItemOrDeliveryProblem,
        Self::ProductQuestion,
        Self::DiscountOrPromo,
        Self::AccountOrLogin,
        Self::Complaint,
        Self::HumanAgent,
        Self::Other,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::OrderStatus => "order_status",
            Self::ReturnRequest => "return_request",
            Self::RefundRequest => "refund_request",
            Self::RefundStatus => "refund_status",
            Self::Exchange => "exchange",
            Self::CancelOrder => "cancel_order",
            Self::ModifyOrderOrAddress => "modify_order_or_address",
            Self::DamagedOrWrongItem => "damaged_or_wrong_item",
            Self::MissingItemOrDeliveryProblem => "missing_item_or_delivery_problem",
            Self::ProductQuestion => "product_question",
            Self::DiscountOrPromo => "discount_or_promo",
            Self::AccountOrLogin => "account_or_login",
            Self::Complaint => "complaint",
            Self::HumanAgent => "human_agent",
            Self::Other => "other",
        }
    }
}

/// How the shopper feels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sentiment {
    Positive,
    Neutral,
    Negative,
    /// Rage, or worse: no procedure helps here.
    Angry,
    /// Legal steps, the press, harm.
    Threat,
}

impl Sentiment {
    pub const ALL: [Self; 5] = [Self::Positive, Self::Neutral, Self::Negative, Self::Angry, Self::Threat];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Positive => "positive",
            Self::Neutral => "neutral",
            Self::Negative => "negative",
            Self::Angry => "angry",
            Self::Threat => "threat",
        }
    }
}

/// A model's wish to use a tool: an attacker's word until code has looked at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    pub id: CallId,
    pub name: String,
    /// As the model wrote it: perhaps not even JSON.
    pub arguments: String,
}

/// How a tool call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolOutcome {
    /// It returned data.
    Done,
    /// The arguments were not acceptable; the model is told why and may try again.
    Invalid,
    /// Identity or policy says no.
    Refused,
    /// The vendor could not be reached, or would not.
    Unavailable,
}

/// Tokens that a model call cost, as the server counted them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    pub input_tokens: u64,
    pub cached_tokens: u64,
    pub output_tokens: u64,
}

/// Who wrote a message to the shopper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// A model's words that passed the claims check.
    Agent,
    /// A fixed line of ours.
    System,
}

/// Why a person takes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandoffReason {
    /// The shopper asked for a person.
    Asked,
    /// The topic is one that the store keeps for people.
    Topic,
    /// Goods that the carrier calls delivered, or that were missing from the parcel.
    NeverArrived,
    Anger,
    Threat,
    /// The agent failed again and again.
    RepeatedFailure,
    /// The agent's words did not agree with what it had seen.
    WithheldClaim,
    /// A system that the answer depends on cannot be reached.
    VendorOutage,
    /// A refund that was told as submitted did not go through.
    RefundFailed,
    /// A language in which words cannot be checked.
    Language,
    /// The store does not let the agent answer, or all its allowances are used up.
    StorePolicy,
    /// What the shopper wants could not be read with enough confidence.
    Unsure,
    /// Words of fraud, as the store lists them.
    Fraud,
    /// The press, as the store lists its words.
    Press,
    /// A person has to decide about an effect, and the store wants that person to go on.
    Approval,
    /// Someone with a key asked for it.
    Operator,
}

/// Why a conversation that nobody has taken over has a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TicketCause {
    /// The store wants one of every conversation.
    EveryConversation,
    /// A person is to decide about an effect.
    Approval,
    /// The agent has a question.
    Question,
}

/// The conversation's twin in the helpdesk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketReference {
    pub id: String,
    pub url: Option<String>,
}

/// Whose conversation it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    AiHandling,
    HandoffPending,
    HumanHandling,
    Resolved,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AiHandling => "ai_handling",
            Self::HandoffPending => "handoff_pending",
            Self::HumanHandling => "human_handling",
            Self::Resolved => "resolved",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::AiHandling, Self::HandoffPending, Self::HumanHandling, Self::Resolved]
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}
