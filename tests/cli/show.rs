//! `deskhand eval show CASE --chat`: the world of a case, opened where its conversation ended.

use crate::program::{Place, Ran};

const SUITE: &str = r##"
cases:
  - name: in-spring
    world: { now: "2026-04-14T17:00:00Z" }
    conversation:
      - say: "Where is my order #1001? ana@example.com"
        reply: { contains: ["by pigeon"] }
  - name: before-the-code
    conversation: [{ say: "cancel order #1003, ben@example.com" }]
    expect: { world: [{ mail: { to: ben@example.com, subject: code } }] }
  - name: a-yes-in-time
    conversation: [{ say: "my jacket from order #1005 came torn, refund please. chloe@example.com" }]
    expect: { approvals: [{ order: "1005", amount: "320.00", reason: above_returnless_limit, state: pending }] }
  - name: scripted
    conversation:
      - say: "Where is my order #1001? ana@example.com"
        intent: order_status
        script:
          - { call: find_order, arguments: { order_number: "#1001", email: ana@example.com, postcode: null } }
          - { say: "Let me have a look." }
  - name: unwritten-answer
    conversation: [{ say: "hello" }, { answer: [{ to: "the moon", say: "yes" }] }]
  - name: misspelt
    conversation: [{ says: "hello" }]
"##;

fn shop() -> Place {
    Place::new().file("shop.yaml", SUITE)
}

fn chat(place: &Place, case: &str, input: &str) -> Ran {
    place.command(&["eval", "show", case, "shop.yaml", "--chat"]).run(input)
}

/// What follows the shopper's line.
fn after<'r>(ran: &'r Ran, line: &str) -> &'r str {
    ran.out.split_once(&format!("you> {line}\n")).unwrap_or_else(|| panic!("{line:?} is not in {}", ran.shown())).1
}

#[test]
fn a_failed_case_names_the_way_into_its_world_and_there_its_conversation_goes_on() {
    let place = shop();
    let failed = place.run(&["eval", "shop.yaml", "--filter", "in-spring"]);
    assert!(failed.out.contains("\n  deskhand eval show shop/in-spring shop.yaml --chat\n"), "{}", failed.out);
    let question = "and when will it arrive?";
    let ran = chat(&place, "shop/in-spring", &format!("{question}\n\nThank you\n")).well();
    assert!(ran.out.contains("✗ conversation[0].reply"), "the case is told first: {}", ran.out);
    let answer = after(&ran, question);
    assert!(answer.contains("April 16") && !answer.contains("order number"), "{}", ran.out);
    assert!(after(&ran, "Thank you").contains("agent> "), "{}", ran.out);
    assert_eq!(ran.out.matches("you> ").count(), 2, "an empty line is no message: {}", ran.out);
    assert!(!place.path(".deskhand/sandbox").exists(), "the sandbox's own world is another");
    std::fs::create_dir_all(place.path("evals/suites")).unwrap();
    let place = place.file("evals/suites/own.yaml", SUITE);
    let failed = place.run(&["eval", "--filter", "own/in-spring"]);
    assert!(failed.out.contains("\n  deskhand eval show own/in-spring --chat\n"), "{}", failed.out);
}

#[test]
fn a_mailed_code_is_at_hand() {
    let ran = chat(&shop(), "shop/before-the-code", "{code}\n").well();
    assert!(ran.out.contains("cancel_order: done") && ran.out.contains("89.00"), "{}", ran.out);
    let none = chat(&shop(), "shop/in-spring", "my code is {code}\n").well();
    assert!(none.out.contains("no code was mailed") && !none.out.contains("you> "), "{}", none.out);
}

#[test]
fn time_passes_when_one_says_so() {
    let ran = chat(&shop(), "shop/a-yes-in-time", "/later 73h\n/later soon\n").well();
    let told = ran.out.split_once("— 73h later").unwrap_or_else(|| panic!("{}", ran.out)).1;
    assert!(told.contains("write a number and a unit"), "{}", ran.out);
    assert!(told.contains("desk> "), "nobody decided in time, and that is told: {}", ran.out);
}

#[test]
fn after_a_script_another_model_goes_on() {
    let ran = chat(&shop(), "shop/scripted", "and when will it arrive?\n").well();
    assert!(ran.out.contains("agent>   Let me have a look."), "{}", ran.out);
    let answer = after(&ran, "and when will it arrive?");
    assert!(answer.contains("track_shipment: done") && answer.contains("October 8"), "{}", ran.out);
}

#[test]
fn a_case_that_broke_off_is_open_and_one_that_does_not_read_is_not() {
    let broken = chat(&shop(), "shop/unwritten-answer", "Where is my order #1001? ana@example.com\n").well();
    assert!(broken.out.contains("no answer is written for") && broken.out.contains("UPS"), "{}", broken.out);
    let unread = chat(&shop(), "shop/misspelt", "hello\n");
    assert!(unread.code == Some(2) && unread.err.contains("unknown field `says`"), "{}", unread.shown());
}
