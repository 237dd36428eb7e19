use super::*;

#[test]
fn card_numbers_go_and_other_numbers_stay() {
    for (text, masked) in [
        ("my card is 4242 4242 4242 4242 ok?", "my card is [card number removed] ok?"),
        ("3782-822463-10005", "[card number removed]"),
        ("４２４２４２４２４２４２４２４２", "[card number removed]"),
        ("two: 5555555555554444, 4000056655665556", "two: [card number removed], [card number removed]"),
        ("tracking 1Z999AA10123456784", "tracking 1Z999AA10123456784"),
        ("tracking 9400111899223197428490", "tracking 9400111899223197428490"),
        ("4242 4242 4242 4241", "4242 4242 4242 4241"),
    ] {
        assert_eq!(mask_cards(text), masked);
    }
}

#[test]
fn a_code_is_taken_out_however_it_is_typed() {
    for (text, masked, code) in [
        ("it's 482913.", "it's [one-time code].", "482913"),
        ("482 913", "[one-time code]", "482913"),
        ("code: 48-29-13 thanks", "code: [one-time code] thanks", "482913"),
    ] {
        assert_eq!(take_code(text), Some((masked.to_owned(), code.to_owned())));
    }
    for text in ["order 1001", "4829130", "ref A482913", "zip 97205"] {
        assert_eq!(take_code(text), None, "{text}");
    }
}
