//! What is stored of a return to be processed, and the request that is made of it.

use serde::{Deserialize, Serialize};

use super::wire::Progress;
use crate::domain::money::Money;
use crate::domain::order::OrderId;
use crate::integrations::commerce::returns::{ProcessDraft, ReturnPieces};

#[derive(Serialize, Deserialize)]
pub struct Processing {
    pub order: OrderId,
    pub id: String,
    lines: Vec<ReturnPieces>,
    shares: Vec<Share>,
    restock: Option<String>,
    notify: bool,
}

#[derive(Serialize, Deserialize)]
struct Share {
    payment: String,
    amount: Money,
}

impl Processing {
    pub fn of(draft: &ProcessDraft) -> Self {
        let shares = draft.shares.iter().map(|share| Share { payment: share.payment.clone(), amount: share.amount });
        Self {
            order: draft.order.clone(),
            id: draft.id.clone(),
            lines: draft.lines.clone(),
            shares: shares.collect(),
            restock: draft.restock.clone(),
            notify: draft.notify,
        }
    }

    /// What is to be paid back in all. `None`: nothing.
    pub fn amount(&self) -> Option<Money> {
        let (first, rest) = self.shares.split_first()?;
        rest.iter().try_fold(first.amount, |sum, share| sum.checked_add(share.amount).ok())
    }

    /// # Errors
    /// Where the return has changed since it was asked about, or would be dealt with for nothing.
    pub fn input(&self, note: String, progress: &Progress) -> Result<Input<'_>, &'static str> {
        if self.lines.is_empty() || self.shares.is_empty() {
            return Err("nothing is to be paid back");
        }
        let lines = self.lines.iter().map(|pieces| self.line(pieces, progress)).collect::<Result<_, _>>()?;
        let order_transactions = self.shares.iter().map(Transaction::of).collect();
        Ok(Input {
            return_id: &self.id,
            return_line_items: lines,
            financial_transfer: Transfer { issue_refund: IssueRefund { order_transactions } },
            notify_customer: self.notify,
            note,
        })
    }

    fn line(&self, pieces: &ReturnPieces, progress: &Progress) -> Result<LineInput<'_>, &'static str> {
        let known = progress.lines.iter().find(|line| line.id == pieces.line);
        let known = known.filter(|line| pieces.quantity > 0 && pieces.quantity <= line.payable());
        let known = known.ok_or("less of the return is open than is to be paid back")?;
        let content = known.fulfillment_line_item.as_ref().map(|content| content.id.as_str());
        let content = content.ok_or("a line of the return has no goods")?;
        let is_it = |id: &Option<super::super::super::wire::Id>| id.as_ref().is_some_and(|id| id.id == content);
        let arriving = progress.arriving.iter().find(|arriving| is_it(&arriving.fulfillment_line_item));
        let arriving = arriving.ok_or("a line of the return comes back on no way")?;
        let disposition = Disposition {
            reverse_fulfillment_order_line_item_id: arriving.id.clone(),
            quantity: pieces.quantity,
            disposition_type: if self.restock.is_some() { "RESTOCKED" } else { "NOT_RESTOCKED" },
            location_id: self.restock.as_deref(),
        };
        Ok(LineInput { id: known.id.clone(), quantity: pieces.quantity, dispositions: [disposition] })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Input<'a> {
    return_id: &'a str,
    return_line_items: Vec<LineInput<'a>>,
    financial_transfer: Transfer<'a>,
    notify_customer: bool,
    /// For the store's staff.
    note: String,
}

#[derive(Serialize)]
struct LineInput<'a> {
    id: String,
    quantity: u32,
    dispositions: [Disposition<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Disposition<'a> {
    reverse_fulfillment_order_line_item_id: String,
    quantity: u32,
    disposition_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    location_id: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Transfer<'a> {
    issue_refund: IssueRefund<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct IssueRefund<'a> {
    order_transactions: Vec<Transaction<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Transaction<'a> {
    parent_id: &'a str,
    transaction_amount: Amount,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Amount {
    amount: String,
    currency_code: &'static str,
}

impl<'a> Transaction<'a> {
    fn of(share: &'a Share) -> Self {
        let (amount, currency_code) = (share.amount.decimal(), share.amount.currency().code());
        Self { parent_id: &share.payment, transaction_amount: Amount { amount, currency_code } }
    }
}
