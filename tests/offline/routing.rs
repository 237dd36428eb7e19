//! The router's answers: intent, mood, language, entities.

use serde_json::json;

use super::harness::route;

#[track_caller]
fn intent(lines: &[&str], expected: &str) {
    let answer = route(lines);
    assert_eq!(answer["intent"], expected, "{lines:?}: {answer}");
}

#[test]
fn plain_questions() {
    for (text, expected) in [
        ("where is my order?", "order_status"),
        ("wheres my pakage", "order_status"),
        ("I'd like to send these boots back", "return_request"),
        ("I want my money back", "refund_request"),
        ("where is my refund, its been 2 weeks", "refund_status"),
        ("can i swap it for a larger size", "exchange"),
        ("the fleece from order #1002 is too small", "return_request"),
        ("it is too big, can i have a smaller one instead", "exchange"),
        ("its too small, i want a larger size instead", "exchange"),
        ("plz cancle my order", "cancel_order"),
        ("I typed the wrong shipping address", "modify_order_or_address"),
        ("the mug arrived broken", "damaged_or_wrong_item"),
        ("it says delivered but I got nothing", "missing_item_or_delivery_problem"),
        ("does the jacket come in green?", "product_question"),
        ("do you have any coupon codes", "discount_or_promo"),
        ("I forgot my password", "account_or_login"),
        ("I want to file a complaint", "complaint"),
        ("let me talk to a human", "human_agent"),
        ("what's the weather like", "other"),
        ("hello", "other"),
        ("I've been waiting for weeks!! This is unacceptable. Tell me where my order is.", "order_status"),
        ("did my order get cancelled?", "order_status"),
        ("this shop is a disgrace, terrible service", "complaint"),
    ] {
        intent(&[text], expected);
    }
}

#[test]
fn answers_continue_what_was_asked() {
    let ask = "Please tell me your order number, and the e-mail address of the order.";
    for answer in ["1001", "#EN-20417-A", "ana@example.net", "97205", "no, I meant 1002", "its 1001", "[one-time code]"]
    {
        intent(&["where is my stuff?", ask, answer], "order_status");
        intent(&["I want to return a hat", ask, answer], "return_request");
    }
    intent(&["where is 1001?", "Order 1001 is in transit.", "and the other one?"], "order_status");
    intent(&["hm", "Shall I bring in a person?", "yes please"], "human_agent");
    intent(&["where is 1001?", "Order 1001 is in transit.", "ok, then cancel it please"], "cancel_order");
    intent(&["4711"], "order_status");
}

#[test]
fn entities_in_every_format() {
    for (text, orders, emails, postcodes) in [
        ("#1001 ana@example.net", &["#1001"][..], &["ana@example.net"][..], &[][..]),
        ("order EN-20417-A, SW1A 1AA", &["EN-20417-A"], &[], &["SW1A 1AA"]),
        ("my order JP55021 goes to 150-0001", &["JP55021"], &[], &["150-0001"]),
        ("1001 97205", &["1001"], &[], &["97205"]),
        ("order #1007 dev@example.net 10003", &["#1007"], &["dev@example.net"], &["10003"]),
        ("order 1007 dev@example.net 10003", &["1007"], &["dev@example.net"], &["10003"]),
        ("order #1007 10003", &["#1007"], &[], &["10003"]),
        ("order dev@example.net 10003", &["10003"], &["dev@example.net"], &[]),
        ("20417 and 97205", &["20417"], &[], &["97205"]),
        ("order number is 20417", &["20417"], &[], &[]),
        ("order 1001, zip code 02139", &["1001"], &[], &["02139"]),
        ("plz 10115 order 20417", &["20417"], &[], &["10115"]),
        ("order 1001 k1a 0b1", &["1001"], &[], &["K1A 0B1"]),
        ("Where are 1001 and 1002?", &["1001", "1002"], &[], &[]),
        ("not 1001 but 1002", &["1002"], &[], &[]),
        ("I paid $120.50 on 2026-11-02 for 3 mugs at 24.00 usd", &[], &[], &[]),
        ("it has been 14 days and 2000 ml is too big", &[], &[], &[]),
        ("mail A.B+c@Shop.example.co.uk or x@y.org", &[], &["a.b+c@shop.example.co.uk", "x@y.org"], &[]),
        ("I live in Austin, TX 78704", &[], &[], &["78704"]),
        ("order732201349959", &["732201349959"], &[], &[]),
        ("113-1234567-1234567", &["113-1234567-1234567"], &[], &[]),
    ] {
        let entities = &route(&[text])["entities"];
        assert_eq!(*entities, json!({"order_numbers": orders, "emails": emails, "postcodes": postcodes}), "{text}");
    }
    let lines = ["where is 1001?", "I also need the e-mail address of the order, or the postcode.", "97205"];
    assert_eq!(route(&lines)["entities"]["postcodes"], json!(["97205"]));
    let lines = ["where is my order?", "What is the order number?", "97205"];
    assert_eq!(route(&lines)["entities"]["order_numbers"], json!(["97205"]));
}

#[test]
fn moods() {
    for (text, expected) in [
        ("where is my order", "neutral"),
        ("thanks, you are great", "positive"),
        ("I am really disappointed, where is my order", "negative"),
        ("where the fuck is my order?", "negative"),
        ("you fucking idiots, where is 7734?", "negative"),
        ("WHERE IS MY ORDER!!!", "neutral"),
        ("you bunch of thieves, go to hell", "angry"),
        ("USELESS!!! WORST SHOP EVER", "angry"),
        ("my attorney will contact you", "threat"),
        ("refund me or I do a chargeback with my bank", "threat"),
        ("my friend Sue wants to order a mug", "neutral"),
        ("I will report you to the BBB", "threat"),
    ] {
        assert_eq!(route(&[text])["sentiment"], expected, "{text}");
    }
}

#[test]
fn languages() {
    for (text, expected) in [
        ("where is my order 1001", "en"),
        ("1001", "en"),
        ("Wo ist meine Bestellung?", "de"),
        ("Hallo, ich warte noch auf mein Paket", "de"),
        ("Où est ma commande ?", "fr"),
        ("¿Dónde está mi pedido?", "es"),
        ("Dov'è il mio ordine?", "it"),
        ("Waar is mijn bestelling?", "nl"),
        ("Onde está a minha encomenda?", "pt"),
        ("Где мой заказ?", "ru"),
        ("注文はどこですか", "ja"),
        ("주문한 상품은 어디에 있나요", "ko"),
        ("Siparişim nerede?", "tr"),
        ("ok", "en"),
    ] {
        assert_eq!(route(&[text])["language"], expected, "{text}");
    }
    assert_eq!(route(&["Wo ist meine Bestellung?", "Wie lautet die Nummer?", "1001"])["language"], "de");
}
