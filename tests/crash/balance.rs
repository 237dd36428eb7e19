//! What the ledger has as done, and nothing else, is what has changed in the world: to the cent, the unit and the text.

use deskhand::domain::effect::{Effect, EffectKind, EffectState};
use deskhand::domain::money::Money;
use deskhand::sandbox::World;
use deskhand::sandbox::world::order::{Address, Order};
use serde_json::json;

/// The effects on one order that are confirmed.
struct Done<'e>(Vec<&'e Effect>);

impl Done<'_> {
    fn count(&self, kinds: &[EffectKind]) -> usize {
        self.0.iter().filter(|effect| kinds.contains(&effect.kind)).count()
    }

    /// In minor units.
    fn money(&self, kinds: &[EffectKind]) -> i64 {
        let own = self.0.iter().filter(|effect| kinds.contains(&effect.kind));
        own.map(|effect| effect.amount.map_or(0, Money::minor)).sum()
    }
}

const BY_PLATFORM: [EffectKind; 4] =
    [EffectKind::Refund, EffectKind::ReturnRefund, EffectKind::Cancellation, EffectKind::Goodwill];
/// Money for units.
const FOR_UNITS: [EffectKind; 4] =
    [EffectKind::Refund, EffectKind::ReturnRefund, EffectKind::Cancellation, EffectKind::PaymentRefund];

/// Every effect of the tests is about one unit.
pub fn balanced(before: &World, after: &World, ledger: &[Effect], what: &str) {
    for order in &after.orders {
        let was = before.order(order.id).expect("orders do not come by themselves");
        let own = |effect: &&Effect| {
            let id = effect.order.as_ref().map(|id| id.as_str().rsplit('/').next() == Some(&order.id.to_string()));
            id == Some(true) && effect.state == EffectState::Confirmed
        };
        let done = Done(ledger.iter().filter(own).collect());
        let what = format!("{what}, {} by {:?}", order.name, done.0);
        let paid = order.refunded().minor() - was.refunded().minor();
        assert_eq!(paid, done.money(&BY_PLATFORM), "{what}: cents through the platform");
        assert_eq!(at_the_provider(after, order), done.money(&[EffectKind::PaymentRefund]), "{what}: cents past it");
        let moving = [BY_PLATFORM.as_slice(), &[EffectKind::PaymentRefund]].concat();
        assert_eq!(units(order) - units(was), done.count(&FOR_UNITS), "{what}: units");
        assert_eq!(order.refunds.len() - was.refunds.len(), done.count(&moving), "{what}: refunds");
        assert_eq!(order.returns.len() - was.returns.len(), done.count(&[EffectKind::Return]), "{what}: returns");
        assert_eq!(ways(order) - ways(was), done.count(&[EffectKind::ReturnLabel]), "{what}: labels at the platform");
        let called_off = usize::from(order.cancellation.is_some()) - usize::from(was.cancellation.is_some());
        assert_eq!(called_off, done.count(&[EffectKind::Cancellation]), "{what}: cancellations");
        assert_eq!(order.note, noted(was, &done), "{what}: the note");
        assert_eq!(order.shipping_address, moved(was, &done), "{what}: the address");
    }
    let labels = |world: &World| world.shipments.iter().filter(|shipment| shipment.postage.is_some()).count();
    let bought = ledger.iter().filter(|row| row.kind == EffectKind::Label && row.state == EffectState::Confirmed);
    assert_eq!(labels(after) - labels(before), bought.count(), "{what}: labels");
}

fn at_the_provider(world: &World, order: &Order) -> i64 {
    let own = world.intents.iter().filter(|intent| intent.metadata.get("order") == Some(&order.name));
    own.flat_map(|intent| &intent.refunds).map(|refund| refund.amount.minor()).sum()
}

fn units(order: &Order) -> usize {
    order.lines.iter().map(|line| order.refunded_quantity(line.id) as usize).sum()
}

fn ways(order: &Order) -> usize {
    order.returns.iter().map(|returned| returned.deliveries.len()).sum()
}

/// What staff wrote, and a marked line for each note.
fn noted(was: &Order, done: &Done<'_>) -> Option<String> {
    let lines = done.0.iter().filter(|effect| effect.kind == EffectKind::Note);
    let lines = lines.map(|effect| format!("{} [deskhand {}]", effect.wish.as_str().unwrap(), effect.id));
    let whole: Vec<String> = was.note.clone().into_iter().chain(lines).collect();
    (!whole.is_empty()).then(|| whole.join("\n"))
}

/// Another place, the same person.
fn moved(was: &Order, done: &Done<'_>) -> Option<Address> {
    let mut address = was.shipping_address.clone();
    for effect in done.0.iter().filter(|effect| effect.kind == EffectKind::AddressChange) {
        let Some(address) = &mut address else { continue };
        let text = |key: &str| effect.wish[key].as_str().map(str::to_owned);
        (address.line1, address.line2) = (text("line1").unwrap(), text("line2"));
        (address.city, address.postcode) = (text("city").unwrap(), text("postcode").unwrap());
        assert_eq!(json!(address.country_code), effect.wish["country"]);
        (address.province, address.province_code) = (text("province"), text("province"));
    }
    address
}
