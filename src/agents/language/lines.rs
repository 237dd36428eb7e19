//! The desk's own sentences, spoken as they stand in the file. They promise no time and tell no fact but those that
//! the desk fills in.

use std::collections::BTreeMap;

use jiff::ZonedDateTime;

use super::LanguageError;
use super::file::LineTexts;
use crate::domain::event::HandoffReason;

const REASONS: [HandoffReason; 16] = [
    HandoffReason::Asked,
    HandoffReason::Topic,
    HandoffReason::NeverArrived,
    HandoffReason::Anger,
    HandoffReason::Threat,
    HandoffReason::RepeatedFailure,
    HandoffReason::WithheldClaim,
    HandoffReason::VendorOutage,
    HandoffReason::RefundFailed,
    HandoffReason::Language,
    HandoffReason::StorePolicy,
    HandoffReason::Unsure,
    HandoffReason::Fraud,
    HandoffReason::Press,
    HandoffReason::Approval,
    HandoffReason::Operator,
];

/// A fixed line with `{name}` places; which names are allowed was checked when it was loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Place(&'static str),
}

impl Line {
    pub(super) fn parse(file: &str, key: &str, text: &str, places: &[&'static str]) -> Result<Self, LanguageError> {
        if text.trim().is_empty() {
            return Err(LanguageError::value(file, key, "is empty", "write the line that the desk shall speak"));
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after
                .split_once('}')
                .ok_or_else(|| LanguageError::value(file, key, "has a { without }", "close the placeholder"))?;
            let known = places.iter().find(|place| **place == name).ok_or_else(|| {
                let fix = match places {
                    [] => "this line has no placeholders".to_owned(),
                    places => format!("use one of {{{}}}", places.join("}, {")),
                };
                LanguageError::value(file, key, format!("has the unknown placeholder {{{name}}}"), fix)
            })?;
            pieces.push(Piece::Text(before.to_owned()));
            pieces.push(Piece::Place(known));
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        if let Some(missing) = places.iter().find(|place| !pieces.contains(&Piece::Place(place))) {
            let problem = format!("does not have the placeholder {{{missing}}}");
            return Err(LanguageError::value(file, key, problem, "add it where its value shall stand"));
        }
        Ok(Self(pieces))
    }

    pub(super) fn fill(&self, values: &[(&str, &str)]) -> String {
        let value = |place: &str| values.iter().find(|(name, _)| *name == place).map_or("", |(_, value)| *value);
        self.0
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => text.as_str(),
                Piece::Place(place) => value(place),
            })
            .collect()
    }
}

/// The fixed lines of a language.
#[derive(Debug)]
pub struct Lines {
    openings: BTreeMap<&'static str, Line>,
    reference: Line,
    without_reference: Line,
    silent: Line,
    staffed_now: Line,
    staffed_from: Line,
    leave_address: Line,
    date_form: Line,
    weekday_names: [String; 7],
    month_names: [String; 12],
    error: Line,
    queue: Line,
    code_subject: Line,
    code_body: Line,
    refund_made: Line,
    refund_submitted: Line,
    refund_failed: Line,
    return_open: Line,
    return_turned_down: Line,
    return_arrived: Line,
    label_ready: Line,
    order_cancelled: Line,
    cancellation_submitted: Line,
    address_changed: Line,
    not_done: Line,
    approval_denied: Line,
    approval_expired: Line,
    person: String,
}

impl Lines {
    pub(super) fn compile(file: &str, mut texts: LineTexts) -> Result<Self, LanguageError> {
        let line =
            |key: &str, text: &str, places: &[&'static str]| Line::parse(file, &format!("lines.{key}"), text, places);
        let mut openings = BTreeMap::new();
        for reason in REASONS {
            let key = format!("handoff_opening.{}", name_of(reason));
            let text = texts.handoff_opening.remove(name_of(reason)).unwrap_or_default();
            openings.insert(name_of(reason), line(&key, &text, &[])?);
        }
        if let Some(unknown) = texts.handoff_opening.keys().next() {
            let key = format!("lines.handoff_opening.{unknown}");
            let fix = format!("the reasons are {}", REASONS.map(name_of).join(", "));
            return Err(LanguageError::value(file, key, "is not a reason for a hand-off", fix));
        }
        line("person_will_answer", &texts.person_will_answer, &[])?;
        Ok(Self {
            openings,
            reference: line("handoff_reference", &texts.handoff_reference, &["reference"])?,
            without_reference: line("handoff_without_reference", &texts.handoff_without_reference, &[])?,
            silent: line("agent_silent_notice", &texts.agent_silent_notice, &[])?,
            staffed_now: line("staffed_now", &texts.staffed_now, &["minutes"])?,
            staffed_from: line("staffed_from", &texts.staffed_from, &["day_of_return", "time_of_day"])?,
            leave_address: line("leave_address", &texts.leave_address, &[])?,
            date_form: line("date_form", &texts.date_form, &["weekday", "month_name", "day_number"])?,
            weekday_names: texts.weekday_names,
            month_names: texts.month_names,
            error: line("apology_error", &texts.apology_error, &[])?,
            queue: line("queue_notice", &texts.queue_notice, &[])?,
            code_subject: line("code_mail_subject", &texts.code_mail_subject, &["store"])?,
            code_body: line("code_mail_body", &texts.code_mail_body, &["code", "minutes", "store"])?,
            refund_made: line("refund_made", &texts.refund_made, &["amount", "order"])?,
            refund_submitted: line("refund_submitted", &texts.refund_submitted, &["amount", "order"])?,
            refund_failed: line("refund_failed", &texts.refund_failed, &["order"])?,
            return_open: line("return_open", &texts.return_open, &["order"])?,
            return_turned_down: line("return_turned_down", &texts.return_turned_down, &["order"])?,
            return_arrived: line("return_arrived", &texts.return_arrived, &["order"])?,
            label_ready: line("label_ready", &texts.label_ready, &["order", "url"])?,
            order_cancelled: line("order_cancelled", &texts.order_cancelled, &["amount", "order"])?,
            cancellation_submitted: line(
                "cancellation_submitted",
                &texts.cancellation_submitted,
                &["amount", "order"],
            )?,
            address_changed: line("address_changed", &texts.address_changed, &["order"])?,
            not_done: line("not_done", &texts.not_done, &["order"])?,
            approval_denied: line("approval_denied", &texts.approval_denied, &["order"])?,
            approval_expired: line("approval_expired", &texts.approval_expired, &["order"])?,
            person: texts.person_will_answer,
        })
    }

    /// Why a person takes over, said to the shopper.
    pub fn handoff_opening(&self, reason: HandoffReason) -> String {
        self.openings.get(name_of(reason)).map(|line| line.fill(&[])).unwrap_or_default()
    }

    /// People are there, and answer within so many minutes.
    pub fn staffed_now(&self, minutes: u32) -> String {
        self.staffed_now.fill(&[("minutes", &minutes.to_string())])
    }

    /// Nobody is there before then.
    pub fn staffed_from(&self, moment: &ZonedDateTime) -> String {
        let at = |names: &[String], number: i8| {
            names.get(usize::from(number.unsigned_abs()) - 1).cloned().unwrap_or_default()
        };
        let weekday = at(&self.weekday_names, moment.weekday().to_monday_one_offset());
        let (month, number) = (at(&self.month_names, moment.month()), moment.day().to_string());
        let date = self.date_form.fill(&[("weekday", &weekday), ("month_name", &month), ("day_number", &number)]);
        self.staffed_from.fill(&[("day_of_return", &date), ("time_of_day", &moment.strftime("%H:%M %Z").to_string())])
    }

    /// Nobody knows where to reach the shopper then.
    pub fn leave_address(&self) -> String {
        self.leave_address.fill(&[])
    }

    /// The ticket is open; this is its number.
    pub fn handoff_reference(&self, reference: &str) -> String {
        self.reference.fill(&[("reference", reference)])
    }

    /// The ticket could not be opened yet.
    pub fn handoff_without_reference(&self) -> String {
        self.without_reference.fill(&[])
    }

    /// The agent hears a shopper who belongs to a person by now.
    pub fn agent_silent_notice(&self) -> String {
        self.silent.fill(&[])
    }

    pub fn apology_error(&self) -> String {
        self.error.fill(&[])
    }

    /// A message came while another is being answered.
    pub fn queue_notice(&self) -> String {
        self.queue.fill(&[])
    }

    pub fn code_mail_subject(&self, store: &str) -> String {
        self.code_subject.fill(&[("store", store)])
    }

    pub fn code_mail_body(&self, code: &str, minutes: u32, store: &str) -> String {
        self.code_body.fill(&[("code", code), ("minutes", &minutes.to_string()), ("store", store)])
    }

    /// So much was paid back for this order.
    pub fn refund_made(&self, amount: &str, order: &str) -> String {
        self.refund_made.fill(&[("amount", amount), ("order", order)])
    }

    /// The refund is on its way; the payment calls it pending.
    pub fn refund_submitted(&self, amount: &str, order: &str) -> String {
        self.refund_submitted.fill(&[("amount", amount), ("order", order)])
    }

    /// A refund that was on its way did not arrive.
    pub fn refund_failed(&self, order: &str) -> String {
        self.refund_failed.fill(&[("order", order)])
    }

    pub fn return_open(&self, order: &str) -> String {
        self.return_open.fill(&[("order", order)])
    }

    pub fn return_turned_down(&self, order: &str) -> String {
        self.return_turned_down.fill(&[("order", order)])
    }

    pub fn return_arrived(&self, order: &str) -> String {
        self.return_arrived.fill(&[("order", order)])
    }

    pub fn label_ready(&self, order: &str, url: &str) -> String {
        self.label_ready.fill(&[("order", order), ("url", url)])
    }

    /// The order is called off, and so much was paid back.
    pub fn order_cancelled(&self, amount: &str, order: &str) -> String {
        self.order_cancelled.fill(&[("amount", amount), ("order", order)])
    }

    /// The order is called off; the payment calls the refund pending.
    pub fn cancellation_submitted(&self, amount: &str, order: &str) -> String {
        self.cancellation_submitted.fill(&[("amount", amount), ("order", order)])
    }

    pub fn address_changed(&self, order: &str) -> String {
        self.address_changed.fill(&[("order", order)])
    }

    /// What was asked for about an order was not done, and a person has it now.
    pub fn not_done(&self, order: &str) -> String {
        self.not_done.fill(&[("order", order)])
    }

    pub fn approval_denied(&self, order: &str) -> String {
        self.approval_denied.fill(&[("order", order)])
    }

    /// Nobody decided in time.
    pub fn approval_expired(&self, order: &str) -> String {
        self.approval_expired.fill(&[("order", order)])
    }

    pub fn person_will_answer(&self) -> &str {
        &self.person
    }
}

/// As the log and the language files write it.
fn name_of(reason: HandoffReason) -> &'static str {
    match reason {
        HandoffReason::Asked => "asked",
        HandoffReason::Topic => "topic",
        HandoffReason::NeverArrived => "never_arrived",
        HandoffReason::Anger => "anger",
        HandoffReason::Threat => "threat",
        HandoffReason::RepeatedFailure => "repeated_failure",
        HandoffReason::WithheldClaim => "withheld_claim",
        HandoffReason::VendorOutage => "vendor_outage",
        HandoffReason::RefundFailed => "refund_failed",
        HandoffReason::Language => "language",
        HandoffReason::StorePolicy => "store_policy",
        HandoffReason::Unsure => "unsure",
        HandoffReason::Fraud => "fraud",
        HandoffReason::Press => "press",
        HandoffReason::Approval => "approval",
        HandoffReason::Operator => "operator",
    }
}
