use super::*;
use crate::domain::money::Money;
use crate::domain::order::{FulfilmentStatus, OrderId, PaymentStatus, ShippingCharge};

fn line(id: &str, quantity: u32, refundable: u32) -> Line {
    let usd = "USD".parse().unwrap();
    Line {
        id: id.to_owned(),
        title: "Bottle".to_owned(),
        variant: None,
        sku: None,
        quantity,
        current_quantity: refundable,
        refundable_quantity: refundable,
        unit_price: Money::from_minor(1_500, usd),
        tags: Vec::new(),
    }
}

fn order(lines: Vec<Line>) -> Order {
    let usd = "USD".parse().unwrap();
    let money = Money::from_minor(4_500, usd);
    Order {
        id: OrderId::new("o"),
        name: "#1".to_owned(),
        number: Some(1),
        placed_at: jiff::Timestamp::UNIX_EPOCH,
        cancelled_at: None,
        payment: PaymentStatus::Paid,
        fulfilment: FulfilmentStatus::Fulfilled,
        currency: usd,
        total: money,
        refunded: Money::from_minor(0, usd),
        refundable: money,
        shipping: ShippingCharge { price: Money::from_minor(0, usd), left: Money::from_minor(0, usd) },
        email: None,
        customer: None,
        ship_to: None,
        note: None,
        tags: Vec::new(),
        lines,
        fulfilments: Vec::new(),
        returns: Vec::new(),
        complete: true,
    }
}

fn unit(line: &str, number: u32) -> Piece {
    Piece::Unit(Unit { line: line.to_owned(), number })
}

fn taken(line: &str, number: u32, settled: bool) -> Taken {
    Taken { piece: unit(line, number), effect: EffectId::new(format!("eff_{number}")), settled }
}

fn want(line: &str, quantity: u32) -> Vec<LineQuantity> {
    vec![LineQuantity { line: line.to_owned(), quantity }]
}

#[test]
fn the_first_units_that_nobody_has() {
    assert_eq!(
        in_all(&order(vec![line("a", 3, 3)]), &want("a", 2), &[]),
        Choice::Free(vec![unit("a", 1), unit("a", 2)])
    );
    let one = [taken("a", 1, true)];
    assert_eq!(in_all(&order(vec![line("a", 3, 2)]), &want("a", 2), &one), Choice::Free(vec![unit("a", 2)]));
    assert_eq!(besides(&order(vec![line("a", 3, 2)]), &want("a", 1), &one), Choice::Free(vec![unit("a", 2)]));
}

#[test]
fn a_wish_made_again_is_about_the_same_units() {
    let held = Choice::Held(EffectId::new("eff_1"));
    for (refundable, settled) in [(2, true), (3, false), (2, false)] {
        let known = [taken("a", 1, settled)];
        assert_eq!(in_all(&order(vec![line("a", 3, refundable)]), &want("a", 1), &known), held);
    }
}

#[test]
fn what_staff_paid_back_is_counted() {
    let order = order(vec![line("a", 3, 2)]);
    assert_eq!(in_all(&order, &want("a", 3), &[]), Choice::Free(vec![unit("a", 1), unit("a", 2)]));
    assert_eq!(in_all(&order, &want("a", 1), &[]), Choice::Short { line: "a".to_owned(), left: 2 });
    assert_eq!(besides(&order, &want("a", 3), &[]), Choice::Short { line: "a".to_owned(), left: 2 });
}

#[test]
fn what_is_under_way_is_not_left_even_if_the_platform_has_not_heard_of_it() {
    let order = order(vec![line("a", 3, 3)]);
    let under_way = [taken("a", 1, false), taken("a", 2, false)];
    assert_eq!(besides(&order, &want("a", 2), &under_way), Choice::Short { line: "a".to_owned(), left: 1 });
    assert_eq!(in_all(&order, &want("a", 3), &under_way), Choice::Free(vec![unit("a", 3)]));
}

#[test]
fn a_line_that_was_asked_for_before_does_not_hold_up_another() {
    let order = order(vec![line("a", 1, 0), line("b", 1, 1)]);
    let both = [want("a", 1), want("b", 1)].concat();
    assert_eq!(in_all(&order, &both, &[taken("a", 1, true)]), Choice::Free(vec![unit("b", 1)]));
}

#[test]
fn nothing_of_a_line_that_is_not_there_and_nothing_at_all() {
    let order = order(vec![line("a", 1, 1)]);
    assert_eq!(in_all(&order, &want("b", 1), &[]), Choice::Short { line: "b".to_owned(), left: 0 });
    assert_eq!(in_all(&order, &[], &[]), Choice::Short { line: String::new(), left: 0 });
    assert_eq!(besides(&order, &want("a", 0), &[]), Choice::Short { line: "a".to_owned(), left: 1 });
}
