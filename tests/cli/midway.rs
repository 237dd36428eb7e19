//! Cases in which a further conversation begins, or the store's people act, between the shopper's lines.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Value, json};

use crate::program::{Place, Ran};
use crate::support::mind::sensible;
use crate::support::model_server::{ModelServer, Reply, Said};

const MUG: &str = "one of my mugs from order 1016 arrived broken, i want my money back. hal@example.com";

fn played(conversation: &str, expect: &str) -> (Place, Ran) {
    let suite = format!("cases:\n  - name: one\n    conversation:\n{conversation}    expect: {expect}\n");
    let place = Place::new().file("own.yaml", &suite);
    let ran = place.run(&["eval", "own.yaml", "--json", "e.json"]);
    (place, ran)
}

fn outcome(place: &Place) -> Value {
    let told: Value = serde_json::from_str(&std::fs::read_to_string(place.path("e.json")).unwrap()).unwrap();
    told["cases"][0]["trials"][0]["outcome"].clone()
}

#[test]
fn a_further_conversation_is_another_one_and_all_of_them_are_judged_together() {
    let conversation = format!(
        "      - say: {MUG:?}\n      - say: is it the same money as before?\n      - another: {{}}\n      \
         - say: how long do refunds take?\n      - another: {{ as: ana@example.com }}\n      \
         - say: show me my orders\n        reply: {{ contains: [\"#1001\"] }}\n"
    );
    let world = "world: [{ refund: { order: \"1016\", amount: \"24.00\" } }, { mail: {} }]";
    let all = format!("{{ {world}, ledger: [{{ kind: refund }}, {{ kind: letter }}], assurance: verified }}");
    let (place, ran) = played(&conversation, &all);
    let ran = ran.well();
    assert!(ran.out.contains("1 of 1 cases passed"), "{}", ran.out);
    let outcome = outcome(&place);
    let lines: Vec<(&str, &str)> = outcome["lines"].as_array().unwrap().iter().filter_map(said).collect();
    let place_of = |text: &str| lines.iter().position(|(_, line)| line.contains(text)).unwrap();
    let (first, second) = (place_of("another conversation begins"), place_of("of ana@example.com, who is signed in"));
    assert!(place_of("$24.00") < first && first < place_of("how long"), "{lines:?}");
    assert!(place_of("how long") < second && second < place_of("show me my orders"), "{lines:?}");
    let tools: Vec<&Value> = outcome["calls"].as_array().unwrap().iter().map(|call| &call["tool"]).collect();
    assert!(tools.iter().any(|tool| *tool == "issue_refund") && tools.iter().any(|tool| *tool == "list_orders"));

    let nobody = conversation.replace(" as: ana@example.com ", "");
    let (_, ran) = played(&nobody, &format!("{{ {world} }}"));
    assert!(ran.code == Some(1) && ran.out.contains("conversation[5].reply.contains"), "{}", ran.shown());
    let (_, ran) = played(&conversation, "{ assurance: verified }");
    assert!(ran.out.contains("nothing else, but there was refund of 24.00 USD on #1016"), "{}", ran.shown());
}

fn said(line: &Value) -> Option<(&str, &str)> {
    Some((line["who"].as_str()?, line["text"].as_str()?))
}

#[test]
fn what_staff_do_is_found_by_the_agent_and_is_none_of_its_changes() {
    let paid = |staff: &str| {
        let conversation = format!(
            "      - say: \"where is my order 1016? hal@example.com\"\n{staff}      \
             - say: both mugs in order 1016 are smashed, refund both\n"
        );
        let refund = "{ refund: { order: \"1016\", amount: \"24.00\", items: { Stoneware Trail Mug: 1 } } }";
        played(&conversation, &format!("{{ world: [{refund}, {{ mail: {{}} }}] }}"))
    };
    let (place, ran) = paid("      - staff: { refund: { order: \"1016\", items: { Stoneware Trail Mug: 1 } } }\n");
    ran.well();
    assert!(outcome(&place)["lines"].to_string().contains("staff pay back 24.00 USD on 1016"));
    let (_, ran) = paid("");
    assert!(ran.code == Some(1) && ran.out.contains("refund of 48.00 USD on #1016"), "{}", ran.shown());

    // What the agent had paid before is counted, though staff act after it.
    let mug = format!(
        "      - say: {MUG:?}\n      - staff: {{ refund: {{ order: \"#1016\", items: {{ Stoneware Trail Mug: 1 }} }} }}\n"
    );
    let (_, ran) = played(&mug, "{ world: [{ refund: { amount: \"24.00\" } }, { mail: { subject: refund } }] }");
    ran.well();
    let (_, ran) = played(&mug, "{}");
    assert!(ran.code == Some(1) && ran.out.matches("there was refund of 24.00").count() == 1, "{}", ran.shown());

    let cancel = "      - say: \"pls cancel order 1003. ben@example.com\"\n      - staff: { cancel: { order: \"1003\" } }\n      - say: \"{code}\"\n        reply: { contains: [already cancelled] }\n";
    let (_, ran) = played(cancel, "{ world: [{ mail: { subject: code } }] }");
    ran.well();

    let ask = "      - say: \"do you have the Trailhead Merino Socks?\"\n        reply: ";
    let sold = "      - staff: { stock: { product: Trailhead Merino Socks, pieces: 0 } }\n      - another: {}\n";
    let stock = format!("{ask}{{ contains: [is available] }}\n{sold}{ask}{{ contains: [not available now] }}\n");
    let (_, ran) = played(&stock, "{}");
    ran.well();
}

#[test]
fn what_staff_cannot_do_and_what_cannot_be_meant_is_told() {
    let after = |step: &str| played(&format!("      - say: hello\n{step}"), "{}").1;
    let refused = [
        ("      - staff: { refund: { order: \"1016\", items: { Stoneware Trail Mug: 3 } } }\n", "2 are left"),
        ("      - staff: { refund: { order: \"1016\", items: { Fine Cup: 1 } } }\n", "0 are left"),
        ("      - staff: { cancel: { order: \"1001\" } }\n", "Cannot cancel an order with fulfillments"),
        ("      - staff: { cancel: { order: \"9999\" } }\n", "there is no order 9999"),
        ("      - staff: { stock: { product: Boat, pieces: 1 } }\n", "is called \"Boat\""),
        ("      - staff: {}\n", "staff do exactly one of refund, cancel and stock"),
        ("      - staff: { refund: { order: \"1016\", items: {} } }\n", "refund.items: name titles"),
        ("      - another: {}\n", "another: nobody says anything in it"),
        ("      - another: {}\n      - answer: [{ to: \"\", say: yes }]\n", "nothing was asked yet"),
        ("      - another: { as: ana }\n      - say: hello\n", "another: as: \"ana\" is no e-mail address"),
        ("      - another: {}\n        later: 3d\n", "a step has exactly one of say, answer, customer, another"),
    ];
    for (step, told) in refused {
        let ran = after(step);
        assert!(ran.code == Some(1) && ran.out.contains(told), "{step}: {told:?} is not in {}", ran.shown());
    }
    let first = played("      - another: {}\n      - say: hello\n", "{}").1;
    assert!(first.out.contains("another: nobody has said anything in the conversation before"), "{}", first.shown());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_conversations_are_one_cassette_and_the_schema_has_both_kinds_of_steps() {
    let suite = format!(
        "cases:\n  - name: one\n    conversation:\n      - say: {MUG:?}\n      - another: {{}}\n      \
         - say: \"where is order 1001? ana@example.com\"\n        reply: {{ contains: [UPS] }}\n    \
         expect: {{ world: [{{ refund: {{}} }}, {{ mail: {{}} }}] }}\n"
    );
    let place = Place::new().file("own.yaml", &suite);
    let server = ModelServer::answering(|request| Reply::from(sensible(&request.body))).await;
    let command = place.command(&["eval", "own.yaml", "--record"]).env("OPENAI_BASE_URL", &server.base_url());
    command.env("DESKHAND_MODEL", "m-1").run("").well();
    let asked = server.requests().len();
    let played = place.run(&["eval", "own.yaml", "--model", "cassette"]).well();
    assert!(played.out.contains("1 of 1 cases passed") && server.requests().len() == asked, "{}", played.shown());

    let schema: Value = serde_json::from_str(&place.run(&["eval", "schema"]).well().out).unwrap();
    let step = &schema["$defs"]["Step"]["properties"];
    assert!(step["another"].is_object() && step["staff"].is_object(), "{step}");
    let kinds: Vec<&String> = schema["$defs"]["Staff"]["properties"].as_object().unwrap().keys().collect();
    assert_eq!(kinds, ["cancel", "refund", "stock"]);
}

static ORDER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"#\d{4}").unwrap());

/// Reads the order anew where it is asked to, and is sensible otherwise.
async fn diligent() -> ModelServer {
    ModelServer::answering(|request| {
        let messages = request.body["messages"].as_array().unwrap();
        let asked = messages.iter().rfind(|message| message["role"] == "user").unwrap()["content"].to_string();
        let is_agent = request.body["response_format"].is_null() && asked.contains("look again");
        let said = match messages.last().unwrap()["role"] == "tool" {
            _ if !is_agent => sensible(&request.body),
            true => Said::text("Is there anything else?"),
            false => Said::call("get_order", json!({ "order_number": ORDER.find(&asked).unwrap().as_str() })),
        };
        Reply::from(said)
    })
    .await
}

/// The case that becomes of a conversation in which an order is read twice; in between, `meanwhile` changes it.
async fn read_twice(order: &str, first: &str, meanwhile: impl FnOnce(&mut Value)) -> (Place, String) {
    let (place, server) = (Place::new(), diligent().await);
    let chat = |more: &[&str], line: &str| {
        let command = place.command(&[&["chat"], more].concat()).env("OPENAI_BASE_URL", &server.base_url());
        command.env("DESKHAND_MODEL", "m-1").run(&format!("{line}\n")).well()
    };
    let id = Regex::new("conv_[0-9a-f]{32}").unwrap();
    let begun = chat(&[], first);
    let id = id.find(&begun.out).unwrap().as_str();
    let file = place.path(".deskhand/sandbox/world.json");
    let mut kept: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let orders = kept["world"]["orders"].as_array_mut().unwrap();
    meanwhile(orders.iter_mut().find(|known| known["name"] == order).unwrap());
    std::fs::write(&file, kept.to_string()).unwrap();
    chat(&["--conversation", id], &format!("where is order {order} now? please look again"));
    assert!(place.run(&["why", id]).well().out.contains("get_order"));
    place.run(&["eval", "import", id, "--name", "held"]).well();
    let text = std::fs::read_to_string(place.path("evals/suites/held.yaml")).unwrap();
    (place, text)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_staff_did_between_two_looks_at_an_order_is_a_step_of_its_imported_case() {
    let (mugs, asks) = ("#1016", "where is order #1016? hal@example.com");
    let pays_back = |order: &mut Value| {
        let nothing = json!({ "amount": "0.00", "currency": "USD" });
        let line = json!({ "id": 2, "line": order["lines"][0]["id"], "quantity": 1, "restock": "NO_RESTOCK",
            "subtotal": { "amount": "24.00", "currency": "USD" } });
        order["refunds"] = json!([{ "id": 1, "at": order["updated_at"], "note": null, "lines": [line],
            "shipping": nothing, "transactions": [], "returned": null }]);
    };
    let (place, paid) = read_twice(mugs, asks, pays_back).await;
    let step = Regex::new(
        r##"(?s)find_order.*- staff:\n +refund:\n +items:\n +Stoneware Trail Mug: 1\n +order: "#\d+"\n.*get_order"##,
    );
    assert!(step.unwrap().is_match(&paid), "{paid}");
    let shown = place.run(&["eval", "show", "held/held"]).well();
    assert!(shown.out.contains("— staff pay back 24.00 USD on #") && shown.out.contains("all is as expected"));

    let calls_off = |order: &mut Value| {
        order["cancellation"] = json!({ "at": order["updated_at"], "reason": "STAFF", "staff_note": null });
    };
    let (_, cancelled) = read_twice("#1003", "where is order #1003? ben@example.com", calls_off).await;
    let step = Regex::new(r##"- staff:\n +cancel:\n +order: "#\d+"\n"##).unwrap();
    assert!(step.is_match(&cancelled), "{cancelled}");

    let (_, untouched) = read_twice(mugs, asks, |_| ()).await;
    let (_, own) = read_twice(mugs, MUG, |_| ()).await;
    assert!(
        own.contains("refund:") && ![untouched, own].concat().contains("staff"),
        "what the agent did is no staff's"
    );
}
