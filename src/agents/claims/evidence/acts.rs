//! What deeds change in what is known of their order.

use serde_json::Value;

use super::{Evidence, Order, joined, read};
use crate::agents::claims::deeds::{Deed, Kind, Label, Told};
use crate::agents::claims::refunds::Units;

impl Evidence {
    pub(super) fn deed(&mut self, kind: Kind, receipt: &Value) {
        let Some(told) = read::<Told>(receipt) else { return };
        let mut deed = Deed { kind, told };
        let mut order =
            self.take(&deed.told.order_number).unwrap_or_else(|| Order::only_parcels(&deed.told.order_number));
        if deed.kind == Kind::Cancellation && (deed.is("cancelled") || deed.is_for("already_cancelled")) {
            "cancelled".clone_into(&mut order.status);
            order.payment.clear();
        }
        let goods = order.items.iter().map(|item| Units { title: item.title.clone(), quantity: item.quantity });
        let money = deed.paid(goods.collect()).into_iter().chain(deed.window());
        for refund in money {
            self.refunds.retain(|known| !known.is_replaced_by(&refund));
            self.refunds.push(refund);
        }
        // The terms were told when the same goods were looked into.
        let before =
            self.deeds.iter().rfind(|known| known.is_replaced_by(&deed) && known.told.items == deed.told.items);
        deed.told.terms = deed.told.terms.or_else(|| before.and_then(|known| known.told.terms.clone()));
        self.deeds.retain(|known| !known.is_replaced_by(&deed));
        self.deeds.push(deed);
        order.labels = self.labels(&order.order_number);
        self.put(order);
    }

    /// What became of goods that may have been paid back without a return.
    pub(super) fn returned(&mut self, receipt: &Value) {
        match receipt.get("refund") {
            Some(Value::String(_)) => self.refund(receipt),
            _ => self.deed(Kind::Return, receipt),
        }
    }

    fn labels(&mut self, order: &str) -> Vec<Label> {
        let of_order = self.deeds.iter().filter(|deed| deed.told.order_number == order);
        let labels: Vec<_> = of_order.filter_map(|deed| deed.told.label.clone()).collect();
        for number in labels.iter().filter_map(|label| label.tracking_number.as_ref()) {
            self.remember_parcel(number);
        }
        labels
    }

    /// The order that a return of this name belongs to.
    pub(in crate::agents::claims) fn order_of_return(&self, name: &str) -> Option<&Order> {
        let same = |known: &str| joined(known) == joined(name);
        let told = self.deeds.iter().find(|deed| deed.name().is_some_and(same));
        let of_deed = told.and_then(|deed| self.find(&deed.told.order_number));
        of_deed.or_else(|| self.orders.iter().find(|order| order.returns.iter().any(|back| same(&back.name))))
    }
}
