//! What is stored of a change to a return, and the request that is made of it.

use serde::{Deserialize, Serialize};

use super::super::mark;
use crate::domain::id::EffectId;
use crate::domain::order::OrderId;
use crate::integrations::commerce::returns::ReturningLine;

/// Longest note that Shopify takes with a line, in characters.
const LONGEST_NOTE: usize = 255;

#[derive(Serialize, Deserialize)]
pub struct Opening {
    pub order: OrderId,
    pub lines: Vec<ReturningLine>,
    pub ask_first: bool,
}

#[derive(Serialize, Deserialize)]
pub struct Label {
    pub id: String,
    pub url: String,
    pub tracking_number: String,
    pub tracking_url: Option<String>,
    pub notify: bool,
}

#[derive(Serialize, Deserialize)]
pub struct Withdrawal {
    pub id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReturnInput<'a> {
    order_id: &'a str,
    return_line_items: Vec<LineInput<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LineInput<'a> {
    fulfillment_line_item_id: &'a str,
    quantity: u32,
    return_reason_definition_id: &'a str,
    /// Of a return that is opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    return_reason_note: Option<String>,
    /// Of one that is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_note: Option<String>,
}

impl Opening {
    pub fn input(&self, effect: &EffectId) -> ReturnInput<'_> {
        let lines = self.lines.iter().enumerate().map(|(index, line)| {
            let note = match index {
                0 => format!("{} {}", mark::of(effect), line.note),
                _ => line.note.clone(),
            };
            let note = Some(mark::one_line(&note, LONGEST_NOTE));
            let (return_reason_note, customer_note) = if self.ask_first { (None, note) } else { (note, None) };
            LineInput {
                fulfillment_line_item_id: &line.content,
                quantity: line.quantity,
                return_reason_definition_id: &line.reason,
                return_reason_note,
                customer_note,
            }
        });
        ReturnInput { order_id: self.order.as_str(), return_line_items: lines.collect() }
    }
}
