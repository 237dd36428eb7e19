//! An outlook in words.

use crate::cli::terminal::{Terminal, harmless};
use crate::domain::order::{Line, Order};
use crate::policy::Policy;
use crate::policy::ask::{Case, Spent};
use crate::policy::decision::{Decision, Verdict};
use crate::policy::outlook::{Forecast, LineOutlook, Outlook, Way};

pub struct Telling<'a> {
    pub terminal: &'a Terminal,
    pub order: &'a Order,
    pub policy: &'a Policy,
}

impl Telling<'_> {
    pub fn all(&self, outlook: &Outlook, spent: &Spent) -> anyhow::Result<()> {
        let Order { name, total, refunded, refundable, payment, fulfilment, .. } = self.order;
        self.terminal.line(format_args!(
            "{} · {} · {} · {total}, of which {refunded} went back and {refundable} is left",
            self.terminal.bold(harmless(name)),
            harmless(payment.as_str()).replace('_', " "),
            harmless(fulfilment.as_str()).replace('_', " "),
        ))?;
        for (line, of_line) in self.order.lines.iter().zip(&outlook.lines) {
            self.line(line, of_line)?;
        }
        self.terminal.line("\nThe order")?;
        self.row("cancelled", &outlook.cancellation)?;
        self.row("another address, same country", &outlook.address_change)?;
        self.used(spent)
    }

    /// What the agent did counts against limits.
    fn used(&self, spent: &Spent) -> anyhow::Result<()> {
        self.terminal.line("\nPaid back by the agent, or promised")?;
        let Spent { order, pending, customer, store, .. } = spent;
        self.terminal
            .line(format_args!("  on this order: {order}, of which {pending} is not in the platform's count"))?;
        let limits = &self.policy.limits;
        let customer = customer.map_or("nobody knows who it is".to_owned(), |money| money.to_string());
        self.terminal.line(format_args!("  to its customer, in {}: {customer}", days(limits.customer.days)))?;
        Ok(self.terminal.line(format_args!("  by the store, in {}: {store}", days(limits.store.days)))?)
    }

    fn line(&self, line: &Line, outlook: &LineOutlook) -> anyhow::Result<()> {
        let variant = line.variant.as_ref().map_or_else(String::new, |variant| format!(" ({variant})"));
        let title = harmless(&format!("{}{variant}", line.title));
        self.terminal.line(format_args!(
            "\n{} × {}, {} each{}",
            line.quantity,
            self.terminal.bold(title),
            line.unit_price,
            window(outlook)
        ))?;
        if outlook.left == 0 {
            return Ok(self.terminal.line("  nothing of it is left")?);
        }
        if outlook.left < line.quantity {
            self.terminal.line(format_args!("  {} of them are left", outlook.left))?;
        }
        outlook.forecasts.iter().try_for_each(|forecast| self.row(&asked(forecast, outlook.left), &forecast.decision))
    }

    fn row(&self, asked: &str, decision: &Decision) -> anyhow::Result<()> {
        let sentence = match decision.verdict {
            Verdict::Allow => self.terminal.good(harmless(&decision.sentence())),
            _ => harmless(&decision.sentence()),
        };
        let code = self.terminal.dim(format_args!("[{}]", decision.verdict.code()));
        Ok(self.terminal.line(format_args!("  {asked:<34} {sentence} {code}"))?)
    }
}

fn days(days: u32) -> String {
    if days == 1 { "a day".to_owned() } else { format!("{days} days") }
}

/// When it came, and until when it may go back. Units of one line may have several windows.
fn window(outlook: &LineOutlook) -> String {
    let of_all = outlook.forecasts.iter().filter(|forecast| forecast.way == Way::SendBack);
    let mut told: Vec<String> = Vec::new();
    for window in of_all.flat_map(|forecast| &forecast.decision.facts.windows) {
        let until = match (window.last_day, window.open) {
            (None, _) => "no window".to_owned(),
            (Some(day), true) => format!("window open until {day}"),
            (Some(day), false) => format!("window closed since {day}"),
        };
        let text = format!("; delivered {}, {until}", window.delivered_on);
        if !told.contains(&text) {
            told.push(text);
        }
    }
    told.concat()
}

fn asked(forecast: &Forecast, left: u32) -> String {
    let case = match forecast.case {
        Case::ChangedMind => "changed mind",
        Case::Damaged => "damaged",
        Case::WrongItem => "wrong item",
        Case::NeverArrived => "never arrived",
    };
    let way = match forecast.way {
        Way::NoReturn => "money at once",
        Way::SendBack => "sent back",
        Way::OnArrival => "money on arrival",
    };
    let quantity = match (left, forecast.quantity) {
        (1, _) => String::new(),
        (_, quantity) => format!(", {quantity}"),
    };
    format!("{case}, {way}{quantity}")
}
