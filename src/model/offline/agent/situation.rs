//! Everything that the rules look at.

use std::sync::{Arc, LazyLock};

use serde_json::Value;

use super::Planned;
use crate::model::offline::arguments;
use crate::model::offline::dialogue::{Dialogue, PastCall, Turn};
use crate::model::offline::facts::{Asked, Facts, is_about_other_order, is_no, is_yes};
use crate::model::offline::lexicon::changes::ONLY_ASKS;
use crate::model::offline::lexicon::tools::{NEEDS, NEEDS_VERIFIED};
use crate::model::offline::lexicon::topics::UPDATE;
use crate::model::offline::pattern::Phrases;
use crate::model::offline::receipts::{self, error_code};
use crate::model::offline::wants::{self, Want};
use crate::model::offline::words::Words;
use crate::model::{ChatRequest, ToolSpec};

static UPDATE_PHRASES: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(UPDATE));
static NEEDS_P: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(NEEDS));
static NEEDS_VERIFIED_P: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(NEEDS_VERIFIED));
static ONLY_ASKS_P: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(ONLY_ASKS));

/// The dialogue so far and what follows from it.
pub struct Situation {
    pub dialogue: Dialogue,
    pub facts: Facts,
    pub words: Words,
    /// What our last words asked for.
    pub asked: Asked,
    pub yes: bool,
    pub no: bool,
    /// What the shopper wants now, what is carried over from earlier messages included.
    pub wants: Vec<Want>,
    /// The wants come from an earlier message: this one only answers a question of ours.
    pub continues: bool,
    tools: Arc<[ToolSpec]>,
}

impl Situation {
    pub fn of(request: &ChatRequest) -> Self {
        let dialogue = Dialogue::read(&request.messages);
        let facts = Facts::of(&dialogue);
        let words = Words::of(&dialogue.now().user);
        let asked = Asked::in_words(dialogue.last_words());
        let (yes, no) = (is_yes(&words), is_no(&words));
        let own = wants::of(&dialogue.now().user, !facts.focus.is_empty(), asked.for_identity());
        let mut situation =
            Self { dialogue, facts, words, asked, yes, no, wants: own, continues: false, tools: request.tools.clone() };
        situation.carry();
        situation
    }

    /// Adds what earlier messages wanted when this one only continues them.
    fn carry(&mut self) {
        if self.answers_about_refund() {
            return;
        }
        let named = &self.facts.named_now;
        let answers =
            !named.is_empty() || is_about_other_order(&self.words) || self.asked.which_email || self.asked.address;
        let goes_on = answers || (self.yes && !self.asked.person && !self.asked.new_code) || self.repeats();
        let own_order = self.wants.iter().any(|want| want.is_about_order() || *want == Want::ListOrders);
        if own_order || !goes_on {
            return;
        }
        let business = self.wants.iter().any(|want| want.is_business());
        if business && !(answers && self.asked.for_identity()) {
            return;
        }
        let mut carried = self.earlier_wants();
        if carried.is_empty() && !self.facts.named_now.is_empty() && !business {
            carried.push(Want::Status);
        }
        if carried.is_empty() {
            return;
        }
        self.continues = true;
        self.wants.retain(|want| want.is_business() || *want == Want::Person);
        carried.append(&mut self.wants);
        self.wants = carried;
    }

    /// An answer to what was asked about a refund goes on with the refund, whatever else its words could mean.
    fn answers_about_refund(&mut self) -> bool {
        let elsewhere = |want: &Want| matches!(want, Want::Person) || (want.is_about_order() && !is_wish(want));
        if !self.asked.about_refund() || self.wants.iter().any(elsewhere) {
            return false;
        }
        let carried = self.earlier_wants().into_iter().find(is_wish);
        if let Some(want) = carried {
            self.wants = vec![want];
            self.continues = true;
        }
        carried.is_some()
    }

    /// "Any news?" is about what was talked about.
    fn repeats(&self) -> bool {
        let asks = self.asks_for_update() || wants::says_nothing_came(&self.words);
        self.wants.is_empty() && !self.facts.focus.is_empty() && asks
    }

    /// The latest wants about orders that an earlier message had.
    pub fn earlier_wants(&self) -> Vec<Want> {
        let before = self.dialogue.turns.len().saturating_sub(1);
        let of_turn = |(index, turn): (usize, &Turn)| -> Vec<Want> {
            let mut own = wants::of(&turn.user, true, Asked::before(&self.dialogue, index).for_identity());
            own.retain(|want| want.is_about_order() || *want == Want::ListOrders);
            own
        };
        let turns = self.dialogue.turns.iter().enumerate().take(before).rev();
        let turns = turns.take_while(|(_, turn)| !super::changes::keeps(&turn.user));
        turns.map(of_turn).find(|own| !own.is_empty()).unwrap_or_default()
    }

    /// Whether the shopper wants to know, and nothing done: in this message, or in the one whose question it answers.
    pub fn only_asks(&self) -> bool {
        let turns = &self.dialogue.turns;
        let asked_in = |(index, turn): &(usize, &Turn)| {
            wants::of(&turn.user, true, Asked::before(&self.dialogue, *index).for_identity())
                .iter()
                .any(|want| want.is_about_order())
        };
        if self.yes || !self.continues {
            return ONLY_ASKS_P.is_in(&self.words);
        }
        let earlier = turns.iter().enumerate().take(turns.len().saturating_sub(1)).rev().find(asked_in);
        earlier.is_some_and(|(_, turn)| ONLY_ASKS_P.is_in(&Words::of(&turn.user)))
    }

    pub fn tool(&self, name: &str) -> Option<&ToolSpec> {
        self.tools.iter().find(|tool| tool.name == name)
    }

    pub fn can(&self, name: &str) -> bool {
        self.tool(name).is_some()
    }

    pub fn options(&self, tool: &str, argument: &str) -> Vec<&str> {
        self.tool(tool).map(|tool| arguments::options(tool, argument)).unwrap_or_default()
    }

    /// The arguments as they will really be sent.
    fn fitted(&self, call: &Planned) -> Option<Value> {
        Some(arguments::fit(self.tool(call.tool)?, &call.arguments))
    }

    /// The latest same call, with the same arguments, whenever it was; not one whose answer may be another by now.
    pub fn made_before(&self, call: &Planned) -> Option<&PastCall> {
        let wanted = self.fitted(call)?;
        let same = |past: &&PastCall| past.name == call.tool && past.arguments == wanted && !past.outdated;
        self.dialogue.calls().rev().find(same)
    }

    /// The same call since the shopper last spoke.
    pub fn made_now(&self, call: &Planned) -> Option<&PastCall> {
        let wanted = self.fitted(call)?;
        self.dialogue.now().calls.iter().rev().find(|past| past.name == call.tool && past.arguments == wanted)
    }

    pub fn was_made_now(&self, call: &Planned) -> bool {
        self.made_now(call).is_some()
    }

    /// The latest call of a tool since the shopper last spoke.
    pub fn latest_now(&self, tool: &str) -> Option<&PastCall> {
        self.dialogue.now().calls.iter().rev().find(|past| past.name == tool)
    }

    pub fn asks_for_update(&self) -> bool {
        UPDATE_PHRASES.is_in(&self.words)
    }

    /// Stronger proof than a matched order: a confirmed code, or a customer whom the desk knows.
    pub fn is_verified(&self) -> bool {
        let says = |remark: &String| remark.to_lowercase().starts_with("the shopper is verified");
        receipts::is_verified(&self.dialogue) || self.dialogue.remarks.iter().any(says)
    }

    /// Whether the shopper has yet to type a code before this tool may be called, as its description has it, or
    /// `otherwise` where it does not tell what is needed.
    pub fn needs_code(&self, tool: &str, otherwise: bool) -> bool {
        if self.is_verified() {
            return false;
        }
        let described = self.tool(tool).map(|tool| Words::of(&tool.description));
        let needs = described.filter(|words| NEEDS_P.is_in(words)).map(|words| NEEDS_VERIFIED_P.is_in(&words));
        needs.unwrap_or(otherwise)
    }

    /// A call of this turn that failed in this way.
    pub fn failed_now(&self, code: &str) -> Option<&PastCall> {
        let failed = |call: &&PastCall| call.result.as_ref().is_some_and(|result| error_code(result) == Some(code));
        self.dialogue.now().calls.iter().rev().find(failed)
    }

    /// The shopper says the same thing a second time, after our answer to it.
    pub fn is_retold(&self) -> bool {
        let before = self.dialogue.turns.len().saturating_sub(1);
        let never = |want: &Want| matches!(want, Want::NeverArrived { .. } | Want::MissingItem);
        let mut earlier = self.dialogue.turns.iter().take(before).filter(|turn| !turn.said.is_empty());
        let told = earlier.next_back().is_some_and(|turn| wants::of(&turn.user, true, false).iter().any(never));
        told && !self.continues && self.wants.iter().any(never)
    }
}

/// Something for goods that the shopper has.
fn is_wish(want: &Want) -> bool {
    matches!(want, Want::Refund(_) | Want::Return) || want.is_granted()
}
