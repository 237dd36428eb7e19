use super::*;

fn offer(carrier: &str, price: &str) -> LabelOffer {
    let price = Money::parse(price, "USD".parse().unwrap()).unwrap();
    LabelOffer { id: format!("{carrier}-{price}"), carrier: carrier.to_owned(), price }
}

fn labels(toml: &str) -> Labels {
    toml::from_str(toml).unwrap()
}

#[test]
fn the_most_preferred_carrier_goes_before_the_cheapest() {
    let labels = labels("carriers = [\"USPS\", \"UPS\"]\nhighest_price = { USD = \"12.00\" }");
    let offers = [offer("FedEx", "4.00"), offer("UPS", "9.00"), offer("ups", "8.00")];
    let (chosen, verdict) = labels.choose(&offers);
    assert_eq!((chosen, verdict), (Some(&offers[2]), Verdict::Allow), "USPS has none; the cheaper one of UPS");
}

#[test]
fn any_other_carrier_will_do_only_where_the_policy_says_so() {
    let offers = [offer("FedEx", "12.00"), offer("DHL", "11.00")];
    let open = labels("carriers = [\"USPS\"]\nhighest_price = { USD = \"12.00\" }");
    assert_eq!(open.choose(&offers), (Some(&offers[1]), Verdict::Allow));
    let closed = Labels { any_other_carrier: false, ..open };
    assert_eq!(closed.choose(&offers), (None, Verdict::Person(Reason::NoLabel)));
}

#[test]
fn a_dear_label_needs_a_yes_and_so_does_one_without_a_limit() {
    let offers = [offer("USPS", "12.01")];
    let limited = labels("highest_price = { USD = \"12.00\" }");
    assert_eq!(limited.choose(&offers).1, Verdict::NeedsApproval(Reason::LabelTooDear));
    let unlimited = labels("highest_price = { EUR = \"12.00\" }");
    assert_eq!(unlimited.choose(&offers).1, Verdict::NeedsApproval(Reason::NoLimitForCurrency));
    assert_eq!(limited.choose(&[]), (None, Verdict::Person(Reason::NoLabel)));
}
