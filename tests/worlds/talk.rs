//! Holds conversations, and reports those that failed with all that helps to see why.

use std::collections::HashMap;
use std::fmt;

use serde_json::Value;

use crate::facts::{State, pick};
use crate::outcomes::Held;
use crate::paraphrases::{Paraphrase, Speaker, written};
use crate::support::shop::{Shop, Shopper};

#[derive(Default)]
pub struct Report {
    pub passed: usize,
    failures: Vec<String>,
    /// Withheld sentences of conversations that went well all the same.
    withheld: Vec<String>,
}

impl Report {
    pub fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failures.extend(other.failures);
        self.withheld.extend(other.withheld);
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for failure in &self.failures {
            writeln!(out, "{failure}")?;
        }
        for withheld in &self.withheld {
            writeln!(out, "withheld, without harm: {withheld}")?;
        }
        Ok(())
    }
}

pub async fn run(shop: &Shop, place: &str, paraphrases: impl Iterator<Item = (usize, &Paraphrase)>) -> Report {
    let mut report = Report::default();
    let mut turns: HashMap<State, usize> = HashMap::new();
    for (position, paraphrase) in paraphrases {
        let turn = turns.entry(paraphrase.order).or_default();
        // Each shopper has an address, so that wrong tries of one do not count against the next.
        let address = format!("10.0.{}.{}", position / 250, position % 250);
        let result = hold(shop, paraphrase, *turn, &address).await;
        *turn += 1;
        if result.misses.is_empty() {
            report.passed += 1;
            report.withheld.extend(result.withheld);
        } else {
            report.failures.push(format!(
                "---- {place}: {}: missing {}\n{}",
                paraphrase.id,
                result.misses.join(", "),
                result.story
            ));
        }
    }
    report
}

struct Outcome {
    misses: Vec<String>,
    withheld: Vec<String>,
    story: String,
}

async fn hold(shop: &Shop, paraphrase: &Paraphrase, turn: usize, address: &str) -> Outcome {
    let (world, now) = (shop.sandbox.world(), shop.sandbox.clock().now());
    let (order, other) = pick(&world, now, paraphrase.order, turn);
    let verified = (paraphrase.speaker == Speaker::Verified).then_some(order.email.as_str());
    let shopper = shop.shopper_at(verified, address).await;
    let (mut replies, mut story) = (Vec::new(), String::new());
    for line in &paraphrase.says {
        let mut line = written(line, &order, &other);
        if line.contains("{code}") {
            let code = if shop.mails().is_empty() { "no code came".to_owned() } else { shop.last_code() };
            line = line.replace("{code}", &code);
        }
        let reply = shopper.say(&line).await;
        story.push_str(&format!("  > {line}\n  < {reply}\n"));
        replies.push(reply);
    }
    let conversation = shopper.conversation().await;
    let held = Held { replies: &replies, conversation: &conversation, world: &world, order: &order, other: &other };
    let misses = held.misses(&paraphrase.expect);
    let (behind, withheld) = behind(&shopper).await;
    story.push_str(&behind);
    if !misses.is_empty() {
        story.push_str(&format!("  (the world: {order:?})\n"));
    }
    Outcome { misses, withheld, story }
}

/// Routing, tools and withheld sentences, a line each; and the withheld ones alone.
async fn behind(shopper: &Shopper<'_>) -> (String, Vec<String>) {
    let (mut story, mut withheld) = (String::new(), Vec::new());
    for event in shopper.log().await.as_array().unwrap() {
        let text = |pointer: &str| event.pointer(pointer).map(Value::to_string).unwrap_or_default();
        match event["type"].as_str().unwrap() {
            "routed" => {
                let (intent, sure) = (text("/analysis/intent"), text("/analysis/confidence"));
                story.push_str(&format!("  routed to {} as {intent} ({sure})\n", text("/agent")));
            }
            "tool.completed" => story.push_str(&format!("  {}: {}\n", text("/tool"), text("/outcome"))),
            "claim.withheld" => {
                let line = format!("{} because {}", text("/sentence"), text("/reason"));
                story.push_str(&format!("  WITHHELD {line}\n"));
                withheld.push(line);
            }
            "handoff" => story.push_str(&format!("  handed over: {}\n", text("/reason"))),
            "error" => story.push_str(&format!("  error: {} {}\n", text("/code"), text("/message"))),
            _ => {}
        }
    }
    (story, withheld)
}
