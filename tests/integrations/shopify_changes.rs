//! Notes and addresses through Shopify, which overwrites both whole.

use deskhand::domain::customer::Address;
use deskhand::domain::id::EffectId;
use deskhand::domain::order::OrderId;
use deskhand::integrations::commerce::CommerceReader;
use deskhand::integrations::commerce::changes::{AddressDraft, ChangeReader, ChangeWriter, NoteDraft, Place};
use deskhand::integrations::{Urgency, VendorError, WriteError};
use deskhand::sandbox::Effect;
use serde_json::json;

use crate::counter::Counter;
use crate::server::{Server, answer, hasty, transport};
use crate::shopify::settings_at;
use crate::writes::permit;

const UPDATE: &str = "OrderUpdate";

async fn note(counter: &Counter, effect: &str, text: &str) -> Result<(), WriteError> {
    let draft = NoteDraft { effect: EffectId::new(effect), order: counter.id(1003), text: text.to_owned() };
    counter.client.add_note(permit(effect), &counter.client.note_request(&draft)).await
}

async fn staff_writes(counter: &Counter, note: &str) {
    let note = note.to_owned();
    counter
        .sandbox
        .change(|world| world.orders.iter_mut().find(|order| order.number == 1003).unwrap().note = Some(note))
        .await;
}

async fn noted(counter: &Counter, effect: &str) -> bool {
    counter.client.is_noted(&counter.id(1003), &EffectId::new(effect), Urgency::Shopper).await.unwrap()
}

#[tokio::test]
async fn a_line_is_added_below_what_staff_wrote_and_once() {
    let counter = Counter::open().await;
    staff_writes(&counter, "Fragile, double box").await;
    note(&counter, "eff_1", "Asked for\ngift wrap").await.unwrap();
    let whole = "Fragile, double box\nAsked for gift wrap [deskhand eff_1]";
    assert_eq!(counter.order(1003).note.as_deref(), Some(whole));
    staff_writes(&counter, &format!("{whole}\nRosa: wrapped")).await;
    note(&counter, "eff_1", "Asked for\ngift wrap").await.unwrap();
    assert_eq!(counter.asked(UPDATE), 1, "it was there");
    note(&counter, "eff_2", "And a card").await.unwrap();
    let expected = format!("{whole}\nRosa: wrapped\nAnd a card [deskhand eff_2]");
    assert_eq!(counter.order(1003).note, Some(expected));
    assert!(noted(&counter, "eff_1").await && noted(&counter, "eff_2").await && !noted(&counter, "eff_3").await);
}

#[tokio::test]
async fn a_note_without_room_is_left_alone() {
    let counter = Counter::open().await;
    let full = "x".repeat(4_990);
    staff_writes(&counter, &full).await;
    let error = note(&counter, "eff_1", "Asked for gift wrap").await.unwrap_err();
    assert!(matches!(error, WriteError::Refused(_)), "{error}");
    assert_eq!((counter.order(1003).note, counter.asked(UPDATE)), (Some(full), 0));
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_the_same_request_does_it_once() {
    for (effect, done) in [
        (Effect::CutAfter, true),
        (Effect::Garbage, true),
        (Effect::CutBefore, false),
        (Effect::Status { code: 503 }, false),
    ] {
        let counter = Counter::open().await;
        counter.strike(UPDATE, effect.clone());
        let error = note(&counter, "eff_1", "Asked for gift wrap").await.unwrap_err();
        assert!(matches!(error, WriteError::Unknown(_)), "{effect:?}: {error}");
        assert_eq!(noted(&counter, "eff_1").await, done, "{effect:?}");
        staff_writes(&counter, &format!("{}\nRosa was here", counter.order(1003).note.unwrap_or_default())).await;
        note(&counter, "eff_1", "Asked for gift wrap").await.unwrap();
        let note = counter.order(1003).note.unwrap();
        assert_eq!(note.matches("[deskhand eff_1]").count(), 1, "{note}");
        assert!(note.contains("Rosa was here"), "{note}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_before_is_not_sent() {
    let counter = Counter::open().await;
    counter.strike("OrderDelivery", Effect::RateLimited { retry_after_seconds: 60 });
    let error = note(&counter, "eff_1", "x").await.unwrap_err();
    assert!(matches!(error, WriteError::NotSent(VendorError::Throttled { .. })), "{error}");
    assert_eq!((counter.asked(UPDATE), counter.order(1003).note), (0, None));
}

fn place() -> Place {
    Place {
        line1: "500 W Madison Street".to_owned(),
        line2: Some("Floor 3".to_owned()),
        city: "Chicago".to_owned(),
        province: Some("IL".to_owned()),
        postcode: "60661".to_owned(),
        country: "US".to_owned(),
    }
}

async fn seen(counter: &Counter) -> Address {
    counter.client.order(&counter.id(1003), Urgency::Shopper).await.unwrap().unwrap().ship_to.unwrap()
}

async fn move_to(counter: &Counter, seen: Address, place: Place) -> Result<Address, WriteError> {
    let draft = AddressDraft { effect: EffectId::new("eff_1"), order: counter.id(1003), seen, place };
    counter.client.change_address(permit("eff_1"), &counter.client.address_request(&draft)).await
}

#[tokio::test]
async fn an_order_goes_elsewhere_and_to_the_same_person() {
    let counter = Counter::open().await;
    let before = counter.order(1003).shipping_address.unwrap();
    let changed = move_to(&counter, seen(&counter).await, place()).await.unwrap();
    assert!(place().is(&changed));
    let after = counter.order(1003).shipping_address.unwrap();
    assert_eq!((after.line1.as_str(), after.postcode.as_str()), ("500 W Madison Street", "60661"));
    assert_eq!(
        (after.first_name, after.last_name, after.phone, after.company),
        (before.first_name, before.last_name, before.phone, before.company)
    );
    assert_eq!(counter.client.address_of(&counter.id(1003), Urgency::Shopper).await.unwrap(), Some(changed.clone()));
    assert_eq!(move_to(&counter, changed.clone(), place()).await.unwrap(), changed);
    assert_eq!(counter.asked(UPDATE), 1, "it went there already");
}

#[tokio::test]
async fn an_address_that_is_not_the_one_seen_is_not_changed() {
    let counter = Counter::open().await;
    let old = seen(&counter).await;
    counter
        .sandbox
        .change(|world| {
            let order = world.orders.iter_mut().find(|order| order.number == 1003).unwrap();
            order.shipping_address.as_mut().unwrap().line1 = "1 Staff Way".to_owned();
        })
        .await;
    let error = move_to(&counter, old, place()).await.unwrap_err();
    assert!(matches!(error, WriteError::Refused(_)), "{error}");
    assert_eq!(counter.order(1003).shipping_address.unwrap().line1, "1 Staff Way");
    assert_eq!(counter.asked(UPDATE), 0);
}

#[tokio::test]
async fn a_place_that_shopify_does_not_take_is_refused() {
    let counter = Counter::open().await;
    let before = counter.order(1003).shipping_address;
    for bad in [
        Place { country: "Illinois".to_owned(), ..place() },
        Place { line1: " ".to_owned(), ..place() },
        Place { postcode: String::new(), ..place() },
    ] {
        let error = move_to(&counter, seen(&counter).await, bad).await.unwrap_err();
        assert!(matches!(error, WriteError::Refused(_)), "{error}");
    }
    assert_eq!(counter.order(1003).shipping_address, before);
}

#[tokio::test]
async fn a_lost_answer_about_an_address_is_unknown_and_read() {
    for (effect, done) in [(Effect::CutAfter, true), (Effect::CutBefore, false), (Effect::Status { code: 500 }, false)]
    {
        let counter = Counter::open().await;
        let before = seen(&counter).await;
        counter.strike(UPDATE, effect.clone());
        let error = move_to(&counter, before.clone(), place()).await.unwrap_err();
        assert!(matches!(error, WriteError::Unknown(_)), "{effect:?}: {error}");
        let now = counter.client.address_of(&counter.id(1003), Urgency::Shopper).await.unwrap().unwrap();
        assert_eq!(place().is(&now), done, "{effect:?}");
        move_to(&counter, before, place()).await.unwrap();
    }
}

#[tokio::test]
async fn an_address_that_is_withheld_is_not_overwritten() {
    let server = Server::start(|_, _| {
        let nothing = json!({"name": null, "firstName": null, "lastName": null, "company": null, "phone": null,
            "address1": null, "address2": null, "city": "Chicago", "provinceCode": "IL", "zip": null,
            "countryCodeV2": "US"});
        answer(200, json!({"data": {"order": {"note": null, "shippingAddress": nothing}}}).to_string())
    })
    .await;
    let settings = settings_at(server.base.clone());
    let client = deskhand::integrations::commerce::shopify::Shopify::new(settings, transport(hasty())).unwrap();
    let order = OrderId::new("gid://shopify/Order/1");
    assert_eq!(client.address_of(&order, Urgency::Shopper).await.unwrap(), None);
    let seen =
        Address { name: None, line1: None, line2: None, city: None, province: None, postcode: None, country: None };
    let draft = AddressDraft { effect: EffectId::new("eff_1"), order, seen, place: place() };
    let request = client.address_request(&draft);
    let error = client.change_address(permit("eff_1"), &request).await.unwrap_err();
    assert!(matches!(error, WriteError::Refused(_)), "{error}");
    for other in ["eff_2", "eff_", "eff_11"] {
        let error = client.change_address(permit(other), &request).await.unwrap_err();
        assert!(matches!(error, WriteError::Refused(_)), "{error}");
    }
    assert_eq!(server.count(), 2, "without a permit nothing is asked either");
}
