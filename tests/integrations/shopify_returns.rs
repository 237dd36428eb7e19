//! Returns through Shopify: opened once, labelled once, called off, and found again.

use deskhand::domain::id::EffectId;
use deskhand::integrations::commerce::returns::{
    LabelDraft, ReturnDraft, ReturnFile, ReturnReader, ReturnState, ReturnWriter, Returnable, ReturningLine,
};
use deskhand::integrations::{Urgency, VendorError, WriteError};
use deskhand::sandbox::Effect;
use deskhand::sandbox::world::order::Return;

use crate::counter::Counter;
use crate::writes::permit;

async fn returnable(counter: &Counter, number: u64) -> Vec<Returnable> {
    counter.client.returnable(&counter.id(number), Urgency::Shopper).await.unwrap()
}

async fn draft(counter: &Counter, effect: &str, ask_first: bool) -> ReturnDraft {
    let fleece = returnable(counter, 1002).await.remove(0);
    let reasons = counter.client.reasons(Urgency::Shopper).await.unwrap();
    let small = reasons.into_iter().find(|reason| reason.handle == "size-too-small").unwrap();
    let line = ReturningLine {
        content: fleece.content,
        quantity: fleece.quantity,
        reason: small.id,
        note: "Too tight\nat the shoulders".to_owned(),
    };
    ReturnDraft { effect: EffectId::new(effect), order: counter.id(1002), lines: vec![line], ask_first }
}

async fn open(counter: &Counter, draft: &ReturnDraft) -> Result<ReturnFile, WriteError> {
    let request = counter.client.opening_request(draft);
    counter.client.open_return(permit(draft.effect.as_str()), &request).await
}

fn returns(counter: &Counter) -> Vec<Return> {
    counter.order(1002).returns
}

#[tokio::test]
async fn what_was_sent_can_come_back_until_it_does() {
    let counter = Counter::open().await;
    let order = counter.order(1002);
    let found = returnable(&counter, 1002).await;
    let lines: Vec<_> = found.iter().map(|it| (it.line.clone(), it.quantity)).collect();
    let expected: Vec<_> = order.lines.iter().map(|line| (format!("gid://shopify/LineItem/{}", line.id), 1)).collect();
    assert_eq!(lines, expected);
    open(&counter, &draft(&counter, "eff_1", false).await).await.unwrap();
    assert_eq!(returnable(&counter, 1002).await.len(), 1);
    assert!(returnable(&counter, 1003).await.is_empty(), "it has not been sent");
    assert!(returnable(&counter, 1010).await.is_empty(), "it is coming back already");
}

#[tokio::test]
async fn a_return_is_opened_and_found_by_its_effect() {
    let counter = Counter::open().await;
    let file = open(&counter, &draft(&counter, "eff_1", false).await).await.unwrap();
    assert_eq!((file.name.as_str(), &file.state), ("#1002-R1", &ReturnState::Open));
    assert_eq!((file.lines.len(), file.lines[0].open, file.ways_back.len()), (1, 1, 1));
    let stored = returns(&counter).remove(0);
    assert_eq!(stored.lines[0].reason, "SIZE_TOO_SMALL");
    assert_eq!(stored.lines[0].reason_note, "[deskhand eff_1] Too tight at the shoulders");
    let (order, effect) = (counter.id(1002), EffectId::new("eff_1"));
    assert_eq!(counter.client.return_of(&order, &effect, Urgency::Shopper).await.unwrap(), Some(file.clone()));
    let other = EffectId::new("eff_11");
    assert_eq!(counter.client.return_of(&order, &other, Urgency::Shopper).await.unwrap(), None);
    let again = ReturnDraft { order: counter.id(1002), ..draft_again(&file) };
    assert_eq!(open(&counter, &again).await.unwrap(), file, "it was there");
    assert_eq!((counter.asked("ReturnCreate"), returns(&counter).len()), (1, 1));
}

/// The same effect again, by when nothing of it could be returned.
fn draft_again(file: &ReturnFile) -> ReturnDraft {
    let line = ReturningLine {
        content: file.lines[0].content.clone().unwrap(),
        quantity: 1,
        reason: "gid://shopify/ReturnReasonDefinition/6".to_owned(),
        note: String::new(),
    };
    let order = deskhand::domain::order::OrderId::new("gid://shopify/Order/1");
    ReturnDraft { effect: EffectId::new("eff_1"), order, lines: vec![line], ask_first: false }
}

#[tokio::test]
async fn a_return_may_be_asked_for_first() {
    let counter = Counter::open().await;
    let file = open(&counter, &draft(&counter, "eff_1", true).await).await.unwrap();
    assert_eq!((&file.state, file.ways_back.len()), (&ReturnState::Requested, 0));
    let stored = returns(&counter).remove(0);
    assert_eq!(stored.lines[0].customer_note.as_deref(), Some("[deskhand eff_1] Too tight at the shoulders"));
    let found = counter.client.return_of(&counter.id(1002), &EffectId::new("eff_1"), Urgency::Shopper).await.unwrap();
    assert_eq!(found, Some(file));
}

#[tokio::test]
async fn what_cannot_come_back_is_refused() {
    let counter = Counter::open().await;
    let good = draft(&counter, "eff_1", false).await;
    for change in [
        |draft: &mut ReturnDraft| draft.lines[0].quantity = 2,
        |draft: &mut ReturnDraft| draft.lines[0].quantity = 0,
        |draft: &mut ReturnDraft| draft.lines[0].content = "gid://shopify/FulfillmentLineItem/1".to_owned(),
        |draft: &mut ReturnDraft| draft.lines[0].reason = "gid://shopify/ReturnReasonDefinition/999".to_owned(),
        |draft: &mut ReturnDraft| draft.lines.clear(),
    ] {
        let mut bad = good.clone();
        change(&mut bad);
        let error = open(&counter, &bad).await.unwrap_err();
        assert!(matches!(error, WriteError::Refused(_)), "{error}");
    }
    assert!(returns(&counter).is_empty());
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_the_same_request_opens_it_once() {
    for (effect, done) in [
        (Effect::CutAfter, true),
        (Effect::Garbage, true),
        (Effect::CutBefore, false),
        (Effect::Status { code: 500 }, false),
    ] {
        let counter = Counter::open().await;
        let draft = draft(&counter, "eff_1", false).await;
        counter.strike("ReturnCreate", effect.clone());
        let error = open(&counter, &draft).await.unwrap_err();
        assert!(matches!(error, WriteError::Unknown(_)), "{effect:?}: {error}");
        assert_eq!(returns(&counter).len(), usize::from(done), "{effect:?}");
        open(&counter, &draft).await.unwrap();
        assert_eq!(returns(&counter).len(), 1, "{effect:?}");
    }
}

fn label(file: &ReturnFile, notify: bool) -> LabelDraft {
    LabelDraft {
        effect: EffectId::new("eff_2"),
        id: file.id.clone(),
        url: "https://labels.example/1.pdf".to_owned(),
        tracking_number: "1Z999AA10123456784".to_owned(),
        tracking_url: Some("https://ups.example/1Z".to_owned()),
        notify,
    }
}

async fn add(counter: &Counter, label: &LabelDraft) -> Result<ReturnFile, WriteError> {
    counter.client.add_label(permit("eff_2"), &counter.client.label_request(label)).await
}

#[tokio::test]
async fn a_label_is_added_once_and_mailed_where_that_is_asked_for() {
    for notify in [false, true] {
        let counter = Counter::open().await;
        let file = open(&counter, &draft(&counter, "eff_1", false).await).await.unwrap();
        counter.strike("ReturnLabel", Effect::CutAfter);
        let error = add(&counter, &label(&file, notify)).await.unwrap_err();
        assert!(matches!(error, WriteError::Unknown(_)), "{error}");
        let labelled = add(&counter, &label(&file, notify)).await.unwrap();
        assert_eq!(labelled.parcels, ["1Z999AA10123456784"]);
        assert_eq!(counter.asked("ReturnLabel"), 1, "it was there");
        let stored = returns(&counter).remove(0);
        assert_eq!(stored.deliveries.len(), 1);
        assert_eq!(stored.deliveries[0].label_url.as_deref(), Some("https://labels.example/1.pdf"));
        assert_eq!(counter.sandbox.world().mails.len(), usize::from(notify));
    }
}

#[tokio::test]
async fn a_return_that_is_not_open_gets_no_label() {
    let counter = Counter::open().await;
    let file = open(&counter, &draft(&counter, "eff_1", true).await).await.unwrap();
    let error = add(&counter, &label(&file, true)).await.unwrap_err();
    assert!(matches!(error, WriteError::Refused(_)), "{error}");
    let absent = LabelDraft { id: "gid://shopify/Return/1".to_owned(), ..label(&file, true) };
    let error = add(&counter, &absent).await.unwrap_err();
    assert!(matches!(error, WriteError::Refused(_)), "{error}");
    assert!(counter.sandbox.world().mails.is_empty());
}

#[tokio::test]
async fn a_return_is_called_off_before_anything_was_dealt_with() {
    let counter = Counter::open().await;
    let file = open(&counter, &draft(&counter, "eff_1", false).await).await.unwrap();
    let request = counter.client.withdrawal_request(&EffectId::new("eff_3"), &file.id);
    let withdrawn = counter.client.withdraw(permit("eff_3"), &request).await.unwrap();
    assert_eq!(withdrawn.state, ReturnState::Canceled);
    assert_eq!(returns(&counter)[0].status, "CANCELED");
    assert_eq!(counter.client.withdraw(permit("eff_3"), &request).await.unwrap(), withdrawn);
    assert_eq!(counter.asked("ReturnCancel"), 1, "it was called off");
    assert_eq!(returnable(&counter, 1002).await.len(), 2, "and can be opened anew");

    let again = open(&counter, &draft(&counter, "eff_4", false).await).await.unwrap();
    counter
        .sandbox
        .change(|world| {
            let order = world.orders.iter_mut().find(|order| order.number == 1002).unwrap();
            order.returns[1].lines[0].refunded = 1;
        })
        .await;
    let request = counter.client.withdrawal_request(&EffectId::new("eff_5"), &again.id);
    let error = counter.client.withdraw(permit("eff_5"), &request).await.unwrap_err();
    assert!(matches!(error, WriteError::Refused(_)), "{error}");
}

#[tokio::test]
async fn no_permit_and_no_scope_let_nothing_out() {
    let counter = Counter::with(|fixture| {
        fixture.store.scopes.retain(|scope| scope != "write_returns");
    })
    .await;
    let draft = draft(&counter, "eff_1", false).await;
    let asked = counter.sandbox.requests().len();
    let request = counter.client.opening_request(&draft);
    let error = counter.client.open_return(permit("eff_2"), &request).await.unwrap_err();
    assert!(matches!(error, WriteError::Refused(_)), "{error}");
    assert_eq!(counter.sandbox.requests().len(), asked);
    let error = open(&counter, &draft).await.unwrap_err();
    assert!(matches!(error, WriteError::Refused(VendorError::Credentials { .. })), "{error}");
    assert!(returns(&counter).is_empty());
}
