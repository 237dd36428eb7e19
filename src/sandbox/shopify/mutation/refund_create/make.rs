//! A refund that is made: money, stock, mail.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::draft::{Draft, Repayment};
use crate::domain::money::Money;
use crate::sandbox::shopify::mutation::keys::Done;
use crate::sandbox::world::order::{Refund, RefundLine, Transaction};
use crate::sandbox::world::{Mail, MailVia, Settlement, World};

pub fn refund(world: &mut World, now: Timestamp, draft: Draft) -> Done {
    let id = world.new_id();
    let transactions: Vec<Transaction> = draft.repayments.iter().map(|it| repay(world, now, draft.order, it)).collect();
    let lines: Vec<RefundLine> =
        draft.lines.into_iter().map(|line| RefundLine { id: world.new_id(), ..line }).collect();
    restock(world, draft.order, &lines);
    if draft.notify {
        notify(world, now, id, draft.order, &transactions);
    }
    if let Some(order) = world.order_mut(draft.order) {
        let moved = transactions.iter().map(|transaction| transaction.id).collect();
        order.transactions.extend(transactions);
        let (note, shipping) = (draft.note, draft.shipping);
        order.refunds.push(Refund { id, at: now, note, lines, shipping, transactions: moved });
        order.updated_at = now;
    }
    Done { order: draft.order, refund: id }
}

/// Passes the repayment to its gateway, which decides at once or later.
fn repay(world: &mut World, now: Timestamp, order: u64, repayment: &Repayment) -> Transaction {
    let id = world.new_id();
    let slow = world.shop.slow_refunds.iter().find(|slow| slow.gateway == repayment.gateway).cloned();
    if let Some(slow) = &slow {
        let at = now + SignedDuration::from_secs(i64::from(slow.after_seconds));
        world.settlements.push(Settlement { at, order, transaction: id, end: slow.end });
    }
    Transaction {
        id,
        kind: "REFUND".to_owned(),
        status: if slow.is_some() { "PENDING" } else { "SUCCESS" }.to_owned(),
        gateway: repayment.gateway.clone(),
        manual: repayment.manual,
        amount: repayment.amount,
        at: now,
        parent: Some(repayment.parent),
    }
}

fn restock(world: &mut World, order: u64, lines: &[RefundLine]) {
    for line in lines.iter().filter(|line| line.restock != "NO_RESTOCK") {
        let variant = world.order(order).and_then(|order| order.line(line.line)).and_then(|line| line.variant);
        let variants = world.products.iter_mut().flat_map(|product| &mut product.variants);
        if let Some(variant) = variants.into_iter().find(|it| Some(it.id) == variant) {
            variant.stock += i64::from(line.quantity);
        }
    }
}

/// The platform mails the shopper.
fn notify(world: &mut World, now: Timestamp, id: u64, order: u64, transactions: &[Transaction]) {
    let Some(order) = world.order(order) else { return };
    let amount: Money = order.sum(transactions.iter().map(|transaction| transaction.amount));
    let mail = Mail {
        id: format!("shopify-refund-{id}"),
        at: now,
        via: MailVia::Shopify,
        from: world.shop.email.clone(),
        to: order.email.iter().cloned().collect(),
        subject: "Refund notification".to_owned(),
        text: Some(format!("Total amount refunded for order {}: {amount}", order.name)),
        html: None,
        custom_args: json!({}),
    };
    world.mails.push(mail);
}
