//! What would be decided about an order, before anyone asked: every case, line by line.
//!
//! Amounts are the order's own prices, since the platform quotes only what is really asked; taxes that come on top of
//! them are not in it.

use serde::Serialize;

use super::Policy;
use super::ask::{AddressAsk, ArrivalAsk, CancellationAsk, Case, Outcome, Quote, RefundAsk, ReturnAsk, Situation};
use super::decision::{Decision, Verdict};
use crate::domain::customer::Address;
use crate::domain::money::Money;
use crate::domain::order::{Line, LineQuantity};

/// Everything that may be asked about an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outlook {
    pub lines: Vec<LineOutlook>,
    pub cancellation: Decision,
    /// To another address in the same country.
    pub address_change: Decision,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LineOutlook {
    pub line: String,
    /// Units that are left, by the platform's count and the agent's ledger.
    pub left: u32,
    pub forecasts: Vec<Forecast>,
}

/// One ask and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Forecast {
    pub case: Case,
    pub way: Way,
    pub quantity: u32,
    pub decision: Decision,
}

/// How a shopper may come to the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// At once, without a return.
    NoReturn,
    SendBack,
    /// Had the goods come back just now.
    OnArrival,
}

impl Policy {
    pub fn outlook(&self, at: &Situation<'_>) -> Outlook {
        let everything = Quote { amount: at.order.refundable, maximum: at.order.refundable };
        Outlook {
            lines: at.order.lines.iter().map(|line| self.line_outlook(at, line)).collect(),
            cancellation: self.cancel(at, &CancellationAsk { quote: everything }),
            address_change: self.change_address(at, &AddressAsk { address: &elsewhere(at) }),
        }
    }

    fn line_outlook(&self, at: &Situation<'_>, line: &Line) -> LineOutlook {
        let left = line.refundable_quantity.saturating_sub(at.spent.of_line(&line.id));
        let mut forecasts = Vec::new();
        for case in [Case::ChangedMind, Case::Damaged, Case::WrongItem, Case::NeverArrived] {
            let mut forecast = |way| {
                let of_way = quantities(left, way).map(|quantity| Forecast {
                    case,
                    way,
                    quantity,
                    decision: self.forecast(at, line, case, way, quantity),
                });
                forecasts.extend(of_way);
            };
            forecast(Way::NoReturn);
            if case != Case::NeverArrived {
                forecast(Way::SendBack);
            }
            // What is not taken back does not arrive.
            if self.takes_back(at, line, case) {
                forecast(Way::OnArrival);
            }
        }
        LineOutlook { line: line.id.clone(), left, forecasts }
    }

    fn takes_back(&self, at: &Situation<'_>, line: &Line, case: Case) -> bool {
        let one = self.forecast(at, line, case, Way::SendBack, 1);
        matches!(one.verdict, Verdict::Allow | Verdict::NeedsApproval(_))
    }

    fn forecast(&self, at: &Situation<'_>, line: &Line, case: Case, way: Way, quantity: u32) -> Decision {
        let pieces = [LineQuantity { line: line.id.clone(), quantity }];
        let (pieces, quote) = (&pieces[..], quote(at, line, quantity));
        match way {
            Way::NoReturn => self.refund(at, &RefundAsk { case, pieces, shipping: false, quote }),
            Way::SendBack => self.take_back(at, &ReturnAsk { case, pieces, outcome: Outcome::Money }),
            Way::OnArrival => {
                let arrived_at = Some(at.now);
                let ask = ArrivalAsk { case, pieces, shipping: false, quote, arrived_at, label_price: None };
                self.refund_on_arrival(at, &ask)
            }
        }
    }
}

/// One unit, and all of them where that makes a difference: money has limits, sending back has none.
fn quantities(left: u32, way: Way) -> impl Iterator<Item = u32> {
    let one = (left > 0 && (way != Way::SendBack || left == 1)).then_some(1);
    one.into_iter().chain((left > 1).then_some(left))
}

/// By the order's own prices, and never more than is left.
fn quote(at: &Situation<'_>, line: &Line, quantity: u32) -> Quote {
    let maximum = at.order.refundable;
    let price = line.unit_price.minor().saturating_mul(i64::from(quantity));
    let amount = if line.unit_price.currency() == maximum.currency() { price.min(maximum.minor()) } else { price };
    Quote { amount: Money::from_minor(amount, line.unit_price.currency()), maximum }
}

fn elsewhere(at: &Situation<'_>) -> Address {
    let somewhere = Some("elsewhere".to_owned());
    let country = at.order.ship_to.as_ref().and_then(|address| address.country.clone());
    Address { line1: somewhere.clone(), city: somewhere, country, ..Address::default() }
}
