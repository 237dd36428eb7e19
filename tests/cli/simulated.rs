//! Customers whom a model plays, in cases of `deskhand eval`: what it is shown, what it says, and how it ends.

use serde_json::{Value, json};

use crate::program::{Place, Ran};
use crate::support::mind::sensible;
use crate::support::model_server::{ModelServer, Recorded, Reply, Said};

/// Who asks: an agent, or whoever plays the customer or judges.
pub fn asker(request: &Recorded) -> &str {
    request.body["prompt_cache_key"].as_str().unwrap().rsplit(':').next().unwrap()
}

pub fn is_customer(request: &Recorded) -> bool {
    asker(request) == "simulated-customer"
}

/// The messages after the prompt, each of which is JSON.
pub fn told(request: &Recorded) -> Vec<Value> {
    let messages = request.body["messages"].as_array().unwrap().iter().skip(1);
    messages.map(|message| serde_json::from_str(message["content"].as_str().unwrap()).unwrap()).collect()
}

/// Says the lines in their order, as far as the dialogue has come, and then is done.
pub fn says(request: &Recorded, lines: &[&str]) -> Reply {
    let said = told(request).iter().filter(|message| message["say"].is_string()).count();
    let line = lines.get(said);
    let answer = json!({ "because": "my part", "done": line.is_none(), "say": line.unwrap_or(&"") });
    Said::text(answer.to_string()).into()
}

/// Agents answer as the offline model does, customers say these lines.
async fn shop(lines: &'static [&'static str]) -> ModelServer {
    ModelServer::answering(
        move |request| {
            if is_customer(request) { says(request, lines) } else { sensible(&request.body).into() }
        },
    )
    .await
}

/// The offline model answers, and the server's plays the customer, with whatever else is wished.
pub fn eval(place: &Place, server: &ModelServer, more: &[&str]) -> Ran {
    let command = place.command(&[&["eval", "shop.yaml", "--customer-model", "m-2"], more].concat());
    command.env("OPENAI_BASE_URL", &server.base_url()).run("")
}

pub fn json(place: &Place, name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(place.path(name)).unwrap()).unwrap()
}

pub const JACKET: &str = r##"
cases:
  - name: torn-jacket
    conversation:
      - customer:
          goal: wants the money back for the torn jacket of order 1005
          knows: { order: "1005", email: chloe@example.com }
          temper: impatient
          opens: "my jacket is torn!!"
        reply: { contains: ["$320.00"] }
      - approve: {}
    expect:
      world:
        - refund: { order: "1005", amount: "320.00", items: { Summit Storm Jacket: 1 } }
        - mail: { to: chloe@example.com, subject: refund }
      approvals: [{ order: "1005", kind: refund, amount: "320.00", state: approved }]
"##;
pub const JACKET_LINES: &[&str] = &["", "my jacket from order #1005 came torn, refund please. chloe@example.com"];

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_gets_the_money_back_through_a_person_s_yes() {
    let place = Place::new().file("shop.yaml", JACKET);
    let server = shop(JACKET_LINES).await;
    let command =
        place.command(&["eval", "shop.yaml", "--model", "m-1", "--customer-model", "m-2", "--json", "e.json"]);
    let ran = command.env("OPENAI_BASE_URL", &server.base_url()).run("").well();
    assert!(ran.out.contains("Customers: played by m-2 at 127.0.0.1"), "{}", ran.out);
    let requests = server.requests();
    let (customer, agent): (Vec<_>, Vec<_>) = requests.iter().partition(|request| is_customer(request));
    assert!(customer.iter().all(|request| request.body["model"] == "m-2"));
    assert!(!agent.is_empty() && agent.iter().all(|request| request.body["model"] == "m-1"));
    let seen = told(customer[0]);
    let part = json!({"goal": "wants the money back for the torn jacket of order 1005", "temper": "impatient",
        "knows": {"order": "1005", "email": "chloe@example.com"}});
    assert_eq!(
        (&seen[0], &seen[1]["say"]),
        (&part, &json!("my jacket is torn!!")),
        "its own first line is said as it is"
    );
    assert!(seen[2]["shop"][0].as_str().unwrap().contains("order number"), "{seen:?}");
    let last = told(customer.last().unwrap());
    assert!(last.last().unwrap()["shop"].to_string().contains("$320.00"), "what the shop answered is heard: {last:?}");
    let hidden = ["find_order", "issue_refund", "above_returnless_limit", "tool_call"];
    let peeked = customer.iter().flat_map(|request| hidden.iter().filter(|word| request.raw.contains(**word)));
    assert_eq!(peeked.count(), 0, "a shopper sees no tools");
    let told = json(&place, "e.json");
    assert_eq!(told["spent"]["model_calls"], requests.len(), "all of it is counted");
    let lines = told["cases"][0]["trials"][0]["outcome"]["lines"].to_string();
    assert!(lines.contains("the customer is done: my part"), "{lines}");
}

const CANCEL: &str = r##"
cases:
  - name: cancel
    conversation:
      - customer: { goal: wants order 1003 cancelled, knows: { email: ben@example.com } }
    expect:
      world:
        - mail: { to: ben@example.com, subject: code }
        - cancellation: { order: "1003" }
        - refund: { order: "1003", amount: "89.00" }
        - mail: { to: ben@example.com, subject: cancelled }
      assurance: verified
  - name: a-stranger
    conversation:
      - customer: { goal: wants order 1003 cancelled, knows: { email: ben@example.com }, reads_mail: false }
    expect:
      world: [{ mail: { to: ben@example.com, subject: code } }]
      assurance: order_matched
"##;

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_types_the_code_that_was_mailed_and_a_stranger_does_not_know_it() {
    let place = Place::new().file("shop.yaml", CANCEL);
    let server = shop(&["cancel order #1003, ben@example.com", "my code is {code}"]).await;
    let ran = eval(&place, &server, &["--json", "e.json", "--html", "e.html"]).well();
    assert!(ran.out.contains("2 of 2 cases passed"), "{}", ran.out);
    let mails: Vec<Value> =
        server.requests().iter().filter_map(|request| told(request).last()?.get("mail").cloned()).collect();
    assert_eq!(mails.len(), 2, "before the code is typed and after it, in the one case of two: {mails:?}");
    assert!(mails[0].as_str().unwrap().contains("The code in the mail that you got is {code}"), "{mails:?}");
    let six_digits = regex::Regex::new(r"(?:^|[^\w.#-])\d{6}\b").unwrap();
    let written = ["e.json", "e.html"].map(|name| std::fs::read_to_string(place.path(name)).unwrap()).join("\n");
    let sent: String = server.requests().iter().map(|request| request.raw.clone()).collect();
    assert_eq!(six_digits.find(&written).map(|found| found.as_str()), None, "no code in a report");
    assert_eq!(six_digits.find(&sent).map(|found| found.as_str()), None, "nor at the model");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_who_never_stops_is_stopped_and_fails_the_case_by_name() {
    let suite = JACKET.replace("opens: \"my jacket is torn!!\"", "lines_at_most: 3");
    let place = Place::new().file("shop.yaml", &suite);
    let server = shop(&["hello"; 50]).await;
    let ran = eval(&place, &server, &["--json", "e.json"]);
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    assert!(
        ran.out.contains(
            "conversation[0].customer: expected an end of the conversation, but there was more to say: \
             the customer was not done after 3 lines"
        ),
        "{}",
        ran.out
    );
    let outcome = &json(&place, "e.json")["cases"][0]["trials"][0]["outcome"];
    let said = outcome["lines"].as_array().unwrap().iter().filter(|line| line["who"] == "shopper").count();
    assert_eq!((said, server.requests().len()), (3, 4), "it is asked once more whether it is done");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_who_leaves_too_early_fails_the_case_by_what_is_missing() {
    let place = Place::new().file("shop.yaml", JACKET);
    let server = shop(&["", "never mind"]).await;
    let ran = eval(&place, &server, &[]);
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    for told in ["FAILED shop/torn-jacket", "expect.world[0]: expected a refund", "— nothing waits for a yes"] {
        assert!(ran.out.contains(told), "{told:?} is not in {}", ran.out);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_silent_once_a_person_has_the_conversation() {
    let suite = r#"
cases:
  - name: wants-a-person
    conversation: [{ customer: { goal: wants to talk to a person } }]
    expect: { world: [{ ticket: { tag: deskhand-asked } }], status: handoff_pending }
"#;
    let place = Place::new().file("shop.yaml", suite);
    let server = shop(&["I want to talk to a human please", "are you there?"]).await;
    eval(&place, &server, &[]).well();
    assert_eq!(server.requests().len(), 1, "nobody is asked for a second line");
}

const TROUBLE: &str = r#"
cases:
  - { name: garbage, conversation: [{ customer: { goal: garbage } }] }
  - { name: speechless, conversation: [{ customer: { goal: speechless } }] }
  - { name: broken, conversation: [{ say: "hello" }, { customer: { goal: broken } }] }
  - { name: hanging, conversation: [{ customer: { goal: hanging } }] }
  - { name: greets, conversation: [{ customer: { goal: greets } }] }
  - { name: scripted, conversation: [{ say: "hello" }] }
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_that_fails_is_an_error_of_its_case_alone_and_is_named() {
    let place = Place::new().file("shop.yaml", TROUBLE);
    let server = ModelServer::answering(|request| match told(request)[0]["goal"].as_str().unwrap() {
        "garbage" => Said::text("Hi, I am a customer!").into(),
        "speechless" => Said::text(r#"{"because": "", "done": false, "say": "  "}"#).into(),
        "broken" => Reply::error(500, "server_error", "out of order"),
        "hanging" => Reply::Ignore,
        _ => says(request, &["hello"]),
    })
    .await;
    let ran = eval(&place, &server, &["--timeout", "2", "--junit", "e.xml"]);
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    let whose = "conversation[0].customer: m-2 at 127.0.0.1:[PORT], who plays the customer, gave no line:";
    for told in [
        &format!(
            "{whose} its answer is not what was asked for (expected value at line 1 column 1): \"Hi, I am a customer!\""
        ),
        &format!("{whose} its answer is not what was asked for (it says nothing and is not done)"),
        &format!("{} the model refused the request (500)", whose.replace("[0]", "[1]")),
        &format!("{whose} it hangs: no answer within 2 s"),
        "2 of 6 cases passed, 0 failed, 4 could not be played",
    ] {
        assert!(ran.shown().contains(told), "{told:?} is not in {}", ran.shown());
    }
    let junit = std::fs::read_to_string(place.path("e.xml")).unwrap();
    assert_eq!((junit.matches("<error ").count(), junit.matches("<failure ").count()), (4, 0), "{junit}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_model_that_understands_language_nobody_plays_a_customer() {
    let place = Place::new().file("shop.yaml", JACKET);
    let ran = place.run(&["eval", "shop.yaml", "--junit", "e.xml"]).well();
    assert!(ran.out.contains("0 of 0 cases passed") && ran.out.contains("1 skipped"), "{}", ran.out);
    let why = "a customer is played by a model that understands language; name one with --model or --customer-model";
    assert!(std::fs::read_to_string(place.path("e.xml")).unwrap().contains(why));
    let shown = place.run(&["eval", "show", "shop/torn-jacket", "shop.yaml"]).well();
    assert!(shown.out.contains(why), "{}", shown.out);
    let nowhere = place.run(&["eval", "shop.yaml", "--customer-model", "m-2"]);
    assert!(nowhere.code == Some(2) && nowhere.err.contains("to ask m-2, set OPENAI_API_KEY"), "{}", nowhere.shown());
    let offline = place.run(&["eval", "shop.yaml", "--customer-model", "offline"]);
    assert!(offline.code == Some(2) && offline.err.contains("--customer-model takes the name"), "{}", offline.shown());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_customer_costs_counts_against_the_limit() {
    let second = JACKET.replace("cases:", "").replace("torn-jacket", "torn-again");
    let place = Place::new().file("shop.yaml", &format!("{JACKET}{second}"));
    let server = shop(JACKET_LINES).await;
    let prices = ["--max-cost", "0.00001", "--price-in", "1", "--price-out", "4", "--jobs", "1", "--json", "e.json"];
    let ran = eval(&place, &server, &prices);
    assert_eq!(ran.code, Some(2), "{}", ran.shown());
    assert!(ran.err.contains("1 cases were not run: the cost limit is reached"), "{}", ran.err);
    let spent = &json(&place, "e.json")["spent"];
    assert_eq!(spent["model_calls"], server.requests().len(), "the stand-in costs nothing: {spent}");
    assert!(ran.out.contains(&format!(", {} USD", spent["cost"].as_str().unwrap())), "{}", ran.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_with_a_customer_is_shown_and_goes_on_in_the_terminal() {
    let place = Place::new().file("shop.yaml", JACKET);
    let server = shop(JACKET_LINES).await;
    let command =
        place.command(&["eval", "show", "shop/torn-jacket", "shop.yaml", "--chat", "--customer-model", "m-2"]);
    let ran =
        command.env("OPENAI_BASE_URL", &server.base_url()).run("Where is my order #1001? ana@example.com\n").well();
    for told in ["shopper> my jacket is torn!!", "— the customer is done: my part", "all is as expected", "UPS"] {
        assert!(ran.out.contains(told), "{told:?} is not in {}", ran.out);
    }
}

const SLIPS: &str = r#"
cases:
  - name: no-goal
    conversation: [{ customer: { goal: " ", lines_at_most: 0, opens: "" } }]
  - name: two-at-once
    conversation: [{ customer: { goal: a }, say: "hello" }]
  - name: misspelt
    conversation:
      - customer:
          goal: a
          tempers: rude
  - name: scripted
    conversation: [{ say: "hello", script: [{ say: "Hello." }] }, { customer: { goal: a } }]
  - name: nothing-to-judge
    conversation: [{ say: "hello" }]
    expect: { rubric: [""] }
"#;

#[test]
fn what_cannot_be_meant_is_told_with_its_line() {
    let place = Place::new().file("slips.yaml", SLIPS);
    let ran = place.run(&["eval", "slips.yaml", "--check"]);
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    for told in [
        "slips.yaml:3: no-goal: conversation[0].customer.goal: say what the customer wants",
        "slips.yaml:3: no-goal: conversation[0].customer.opens: write the first line, or leave it out",
        "slips.yaml:3: no-goal: conversation[0].customer.lines_at_most: write a number from 1 to 40",
        "slips.yaml:5: two-at-once: conversation[0]: a step has exactly one of say, answer, customer, another, letter,",
        "slips.yaml:11: misspelt: conversation[0].customer.tempers: unknown field `tempers`",
        "slips.yaml:12: scripted: conversation[1]: a case with a script has no customer",
        "slips.yaml:14: nothing-to-judge: expect.rubric[0]: write a sentence that holds or does not",
    ] {
        assert!(ran.out.contains(told), "{told:?} is not in {}", ran.out);
    }
    let schema: Value = serde_json::from_str(&place.run(&["eval", "schema"]).well().out).unwrap();
    let customer = &schema["$defs"]["Customer"];
    assert_eq!(customer["required"], json!(["goal"]));
    assert!(customer["properties"]["lines_at_most"]["default"] == 8, "{customer}");
    assert!(schema["$defs"]["Expectations"]["properties"]["rubric"].is_object());
}

/// What a sensible customer of each case that ships would say to the offline model.
fn shipped(request: &Recorded) -> Reply {
    let part = told(request)[0]["knows"]["order"].as_str().unwrap().to_owned();
    let lines: &[&str] = match part.as_str() {
        "1005" => JACKET_LINES,
        "1016" => &["one of my mugs arrived broken, I want my money back for it", "order 1016, hal@example.com"],
        "1003" => &["please cancel order 1003, ben@example.com", "{code}"],
        _ if request.raw.contains("zoe@example.com") => &["where is order 1001? zoe@example.com"],
        _ => &["", "order 1001, ana@example.com"],
    };
    says(request, lines)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_customers_that_ship_can_reach_what_is_expected() {
    let server = ModelServer::answering(|request| match asker(request) {
        "rubric-judge" => Reply::error(500, "server_error", "out of order"),
        _ if is_customer(request) => shipped(request),
        _ => sensible(&request.body).into(),
    })
    .await;
    let place = Place::new();
    let command = place.command(&["eval", "--model", "m-1", "--tag", "simulated"]);
    let ran = command.env("OPENAI_BASE_URL", &server.base_url()).run("").well();
    assert!(ran.out.contains("5 of 5 cases passed"), "{}", ran.out);
}
