//! `deskhand eval tau2`, on a benchmark folder of our own: what the reference implementation made of it stands in `tau2/oracle.jsonl`.

use deskhand::evals::tau2::retail::TOOLS;
use serde_json::{Value, json};

use crate::program::{Place, Ran};
use crate::support::model_server::{ModelServer, Recorded, Reply, Said};

const DATABASE: &str = include_str!("../../src/evals/tau2/retail/tests/shop.json");
const TASKS: &str = include_str!("tau2/tasks.jsonl");
const ORACLE: &str = include_str!("tau2/oracle.jsonl");
const RECORDED: &str = include_str!("tau2/trajectories.jsonl");

fn folder() -> Place {
    Place::new()
        .file("db.json", DATABASE)
        .file("tasks.jsonl", TASKS)
        .file("oracle.jsonl", ORACLE)
        .file("trajectories.jsonl", RECORDED)
}

fn tau2(place: &Place, more: &[&str]) -> Ran {
    place.run(&[&["eval", "tau2", "--data", "."], more].concat())
}

fn rows(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn each_step_has_the_output_and_the_hash_of_the_reference() {
    let place = folder();
    let ran = tau2(&place, &["--json"]).well();
    let told: Value = serde_json::from_str(&ran.out).unwrap();
    for (ours, theirs) in told["gold"].as_array().unwrap().iter().zip(rows(ORACLE)) {
        assert_eq!((&ours["task_id"], &ours["compared"]), (&theirs["task_id"], &json!(true)));
        assert_eq!(ours["final_db_hash"], theirs["final_db_hash"]);
        let steps = ours["steps"].as_array().unwrap().iter().zip(theirs["steps"].as_array().unwrap());
        for (ours, theirs) in steps {
            for part in ["action_id", "error", "output", "db_hash_after"] {
                assert_eq!(ours[part], theirs[part], "{part} of {ours}");
            }
        }
    }
    assert!(ran.err.contains("2 of 2 equal to the reference"), "{}", ran.err);
    assert!(ran.err.contains("task cancel, c_1 get_order_details: Error: Order not found"), "by design: {}", ran.err);
}

#[test]
fn recorded_conversations_are_held_again_and_each_difference_has_its_reason() {
    let ran = tau2(&folder(), &[]).well();
    for line in [
        "Conversations of tau2: 1, 3 calls; 3 outputs equal (100.0 %), 0 more but for their form",
        "Conversations of tau1: 1, 4 calls; 1 outputs equal (25.0 %), 0 more but for their form",
        "old/cancel-0, call 1 find_user_id_by_email: the same error, with other capitals",
        "old/cancel-0, call 2 think: the benchmark has no such tool any more",
        "old/cancel-0, call 3 get_user_details: the recorded record lacks user_id",
    ] {
        assert!(ran.out.contains(line), "{line:?} is not in {}", ran.out);
    }
    let told: Value = serde_json::from_str(&tau2(&folder(), &["--json"]).well().out).unwrap();
    let held = told["conversations"].as_array().unwrap();
    assert_eq!((&held[0]["db_match"], &held[0]["reward"]), (&json!(true), &json!(1.0)));
    assert_eq!((&held[1]["db_match"], &held[1]["reward"]), (&json!(false), &json!(0.0)));
    assert_eq!(held[0]["final_db_hash"], told["gold"][0]["final_db_hash"]);
}

/// In a conversation of our own version, another output is a failure, and nobody else's.
#[test]
fn what_must_be_equal_and_is_not_fails_by_name() {
    let wrong = RECORDED.replace("\"content\": \"Error: Order not found\"", "\"content\": \"Error: order not found\"");
    let reference = ORACLE.replacen("0a1d44ea", "ffffffff", 1);
    let ran = tau2(&folder().file("trajectories.jsonl", &wrong).file("oracle.jsonl", &reference), &[]);
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    for line in [
        "1 of 2 equal to the reference",
        "DIFFERENT task cancel: c_2 cancel_pending_order, database after it: \"ffffffff",
        "DIFFERENT new/cancel-0: call 2 get_order_details: the same error, with other capitals",
    ] {
        assert!(ran.out.contains(line), "{line:?} is not in {}", ran.out);
    }
    assert!(!ran.out.contains("DIFFERENT old/cancel-0") && !ran.out.contains("DIFFERENT task swap"), "{}", ran.out);
}

/// Whatever a file has, it is a failure of that record alone, with its name, and the others come out as before.
#[test]
fn hostile_records_fail_by_themselves() {
    let huge = "9".repeat(2_000_000);
    let action = |name: &str, arguments: Value| {
        let action = json!({ "action_id": "x_0", "name": name, "arguments": arguments });
        json!({ "id": format!("task-{name}-{}", arguments.to_string().len()),
            "evaluation_criteria": { "actions": [action] } })
    };
    let hostile = [
        action("drop_tables", json!({})),
        action("get_order_details", json!("#new")),
        action("get_order_details", json!({})),
        action("get_order_details", json!({ "order_id": ["#new"] })),
        action(
            "return_delivered_order_items",
            json!({ "order_id": "#here", "item_ids": 7, "payment_method_id": null }),
        ),
        action("calculate", json!({ "expression": huge })),
        json!({ "id": "wrong-types", "evaluation_criteria": { "actions": "none" } }),
        json!({ "id": 5 }),
        json!({ "id": "elsewhere", "initial_state": { "initialization_data": {} } }),
    ];
    let tasks: Vec<String> = hostile.iter().map(Value::to_string).collect();
    let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    let tasks = format!("{TASKS}{}\n{deep}\n\u{0}\n{{\"id\": \"cut", tasks.join("\n"));
    let message = |role: &str, text: &str| json!({ "role": role, "content": text });
    let held = |id: &str, messages: Value| json!({ "id": id, "env_version": "tau2", "messages": messages });
    let conversations = [
        held(
            "result-of-nothing",
            json!([message("user", "hi"), { "role": "tool", "tool_call_id": "a", "content": "b" }]),
        ),
        held("speaks-twice", json!([message("user", "hi"), message("assistant", "a"), message("assistant", "b")])),
        held("strange-role", json!([message("robot", "hi")])),
        held("no-such-task", json!([message("user", "hi")]))
            .to_string()
            .replacen('{', "{\"tau2_task_id\": \"gone\",", 1)
            .parse()
            .unwrap(),
    ];
    let conversations: Vec<String> = conversations.iter().map(Value::to_string).collect();
    let conversations = format!("{RECORDED}{}\n{{\"id\": \"cut\", \"mess", conversations.join("\n"));
    let place = folder().file("tasks.jsonl", &tasks).file("trajectories.jsonl", &conversations);
    let ran = tau2(&place, &[]);
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    for line in [
        "DIFFERENT task task-drop_tables-2: x_0 drop_tables: Error: Tool 'drop_tables' not found.",
        "DIFFERENT task task-get_order_details-2: x_0 get_order_details: Error: RetailTools.get_order_details() missing 1 required positional argument: 'order_id'",
        "Error: the arguments should be a JSON object",
        "DIFFERENT task wrong-types: ",
        "tasks.jsonl:10: ",
        "DIFFERENT task elsewhere: it begins with another state",
        "tasks.jsonl:14: no whole JSON",
        "DIFFERENT result-of-nothing: message 2: a tool's result without a call",
        "DIFFERENT speaks-twice: message 3: the agent speaks twice",
        "trajectories.jsonl:7: no whole JSON",
        "remark on no-such-task: there is no task gone to judge it by",
        "2 of 2 equal to the reference",
        "3 outputs equal (100.0 %)",
    ] {
        assert!(ran.out.contains(line), "{line:?} is not in {}", ran.shown().chars().take(20_000).collect::<String>());
    }
    assert!(ran.out.len() < 100_000, "a huge argument fills no screen: {}", ran.out.len());
}

#[test]
fn what_is_not_there_is_said_with_what_to_do() {
    let ran = Place::new().run(&["eval", "tau2", "--data", "nowhere"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("cannot read nowhere/db.json"), "{}", ran.err);
    let ran = tau2(&folder(), &["--task", "7"]);
    assert!(ran.code == Some(2) && ran.err.contains("has no task 7"), "{}", ran.err);
    let ran = tau2(&folder(), &["--html", "x.html"]);
    assert!(ran.code == Some(2) && ran.err.contains("name one with --model"), "{}", ran.err);
    let ran = tau2(&folder(), &["--model", "offline"]);
    assert!(ran.code == Some(2) && ran.err.contains("a model that understands language"), "{}", ran.err);
}

/// Schemas as the benchmark would give them, in words of our own.
fn tools() -> String {
    let one = |tool: &deskhand::evals::tau2::retail::Tool| {
        let kind = |name: &str| {
            if name.ends_with("item_ids") {
                json!({ "type": "array", "items": { "type": "string" } })
            } else {
                json!({ "type": "string" })
            }
        };
        let properties: serde_json::Map<String, Value> =
            tool.parameters.iter().map(|name| ((*name).to_owned(), kind(name))).collect();
        json!({ "type": "function", "function": { "name": tool.name, "description": tool.name.replace('_', " "),
            "parameters": { "type": "object", "properties": properties, "required": tool.parameters } } })
    };
    Value::from(TOOLS.iter().map(one).collect::<Vec<_>>()).to_string()
}

fn live() -> Place {
    folder().file("tools.json", &tools()).file("policy.md", "# Policy\n\nBe kind, and cancel what is pending.\n")
}

fn is_customer(request: &Recorded) -> bool {
    request.body["tools"].as_array().is_none_or(Vec::is_empty)
}

fn spoken(request: &Recorded, role: &str) -> usize {
    request.body["messages"].as_array().unwrap().iter().filter(|message| message["role"] == role).count()
}

/// Knows both tasks by what the customer says.
fn agent(request: &Recorded) -> Reply {
    let swap = request.raw.contains("swap it");
    let reply = match (spoken(request, "user"), request.last_role(), swap) {
        (_, "user", true) => Said::call(
            "modify_pending_order_items",
            json!({ "order_id": "#new", "item_ids": ["mug-red"],
            "new_item_ids": ["mug-blue"], "payment_method_id": "gift-large" }),
        ),
        (_, "tool", true) => Said::text("It is done."),
        (1, "user", _) => Said::text("Between you and me.")
            .and_call("find_user_id_by_name_zip", json!({ "first_name": "Ada", "last_name": "Byron", "zip": "0042" }))
            .and_call("get_order_details", json!({ "order_id": "#new" })),
        (1, _, _) => Said::text("Shall I cancel #new?"),
        (_, "user", _) => {
            Said::call("cancel_pending_order", json!({ "order_id": "#new", "reason": "no longer needed" }))
        }
        _ => Said::text("Done: $30.05 go back to your card."),
    };
    reply.into()
}

/// Stops when the agent has done what it was asked for.
fn customer(request: &Recorded) -> Reply {
    let wants_swap = request.raw.contains("Impatient");
    let said = match (wants_swap, spoken(request, "assistant")) {
        (true, 0) => "swap it",
        (false, 0) => "cancel #new please, I am Ada Byron, 0042",
        (false, 1) => "yes",
        _ => "thank you ###STOP###",
    };
    Said::text(said).into()
}

fn run(place: &Place, server: &ModelServer, more: &[&str]) -> Ran {
    let arguments = ["eval", "tau2", "--data", ".", "--model", "m-1", "--customer-model", "m-2", "--out", "run"];
    place.command(&[&arguments, more].concat()).env("OPENAI_BASE_URL", &server.base_url()).run("")
}

fn kept(place: &Place) -> Vec<Value> {
    rows(&std::fs::read_to_string(place.path("run/trajectories.jsonl")).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_measured_with_a_customer_whom_another_one_plays() {
    let place = live();
    let server =
        ModelServer::answering(|request| if is_customer(request) { customer(request) } else { agent(request) }).await;
    let ran = run(&place, &server, &["--trials", "4", "--json", "r.json", "--html", "r.html"]).well();
    for line in ["1 of 2 cases passed, 1 failed", "pass^1 50.0 %", "pass^4 50.0 %", "reward.DB: expected the database"]
    {
        assert!(ran.out.contains(line), "{line:?} is not in {}", ran.out);
    }
    assert!(ran.err.contains("can be compared") || ran.err.contains("Published figures"), "{}", ran.err);
    let told: Value = serde_json::from_str(&std::fs::read_to_string(place.path("r.json")).unwrap()).unwrap();
    assert_eq!(told["pass_hat"].as_array().unwrap().len(), 4);
    assert!(told["pass_hat"][0]["low"].as_f64() < told["pass_hat"][0]["rate"].as_f64());
    assert!(std::fs::read_to_string(place.path("r.html")).unwrap().contains("cancel_pending_order"), "transcripts");

    let requests = server.requests();
    let (played, agents): (Vec<_>, Vec<_>) = requests.iter().partition(|request| is_customer(request));
    assert!(played.iter().all(|request| request.body["model"] == "m-2"));
    assert!(agents.iter().all(|request| request.body["model"] == "m-1" && request.raw.contains("Be kind, and cancel")));
    let hidden = ["gift-small", "Be kind", "Between you and me"];
    let peeked = played.iter().filter(|request| hidden.iter().any(|words| request.raw.contains(words)));
    assert_eq!(peeked.count(), 0, "a customer sees neither the policy, nor tools, nor what is said beside their calls");
    assert_eq!(server.violations(), [] as [String; 0]);

    // What was held is a recording like any other.
    assert_eq!(kept(&place).len(), 8);
    let again = tau2(&place, &["--recorded", "run/trajectories.jsonl"]).well();
    assert!(again.out.contains("Conversations of tau2: 8, 16 calls; 16 outputs equal (100.0 %)"), "{}", again.out);

    // Nothing is left to be held.
    let ran = run(&place, &server, &["--trials", "4", "--html", "again.html"]).well();
    let again = std::fs::read_to_string(place.path("again.html")).unwrap();
    assert!(
        again.contains("cancel_pending_order") && again.contains("Shall I cancel"),
        "the transcripts are still told"
    );
    assert_eq!(server.requests().len(), requests.len(), "nobody is asked again");
    assert!(
        ran.err.contains("8 of 8 trials are in run already") && ran.out.contains("pass^4 50.0 %"),
        "{}",
        ran.shown()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_who_never_stops_and_tools_that_always_fail_are_cut_short() {
    let place = live();
    let server = ModelServer::answering(|request| {
        let said = if is_customer(request) { "and another thing" } else { "Anything else?" };
        Said::text(said).into()
    })
    .await;
    let ran = run(&place, &server, &["--task", "cancel", "--max-steps", "11"]).well();
    assert!(ran.out.contains("termination: expected an end by the customer, but there was max_steps"), "{}", ran.out);
    let row = &kept(&place)[0];
    assert_eq!((&row["termination_reason"], &row["reward"]), (&json!("max_steps"), &json!(0.0)));
    assert_eq!(server.requests().len(), 11, "no line more than was allowed");

    let place = live();
    let server = ModelServer::answering(|request| match is_customer(request) {
        true => Said::text("cancel it").into(),
        false => Said::call("get_order_details", json!({ "order_id": "#nowhere" })).into(),
    })
    .await;
    let ran = run(&place, &server, &["--task", "cancel", "--max-errors", "3"]).well();
    assert!(ran.out.contains("there was too_many_errors"), "{}", ran.out);
    assert_eq!(kept(&place)[0]["n_tool_calls"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn rate_limits_are_waited_for_and_a_run_goes_on_where_it_was_left() {
    let place = live();
    let mut asked = 0;
    let server = ModelServer::answering(move |request| {
        asked += 1;
        if asked % 3 == 1 {
            return Reply::error(429, "rate_limit_exceeded", "slow down");
        }
        if is_customer(request) { customer(request) } else { agent(request) }
    })
    .await;
    run(&place, &server, &["--task", "cancel", "--jobs", "1"]).well();
    assert_eq!(kept(&place)[0]["reward"], 1.0);

    // One task's model is down: that trial is missing, the other is held, and what a killed run left of a line is cut off.
    let file = place.path("run/trajectories.jsonl");
    let whole = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{whole}{{\"id\": \"deskhand/ta")).unwrap();
    let down =
        ModelServer::answering(|request| match request.raw.contains("Impatient") || request.raw.contains("swap it") {
            true => Reply::error(500, "server_error", "down"),
            false => {
                if is_customer(request) {
                    customer(request)
                } else {
                    agent(request)
                }
            }
        })
        .await;
    let before = json!(kept_head(&place));
    let ran = run(&place, &down, &["--trials", "2"]);
    assert_eq!(ran.code, Some(2), "{}", ran.shown());
    assert!(ran.err.contains("another run's: its model is"), "another server's model is another run: {}", ran.err);
    // The same server under the same name goes on.
    std::fs::write(place.path("run/run.json"), before.to_string().replace(&host(&server), &host(&down))).unwrap();
    let ran = run(&place, &down, &["--trials", "2"]);
    assert_eq!(ran.code, Some(2), "{}", ran.shown());
    assert!(
        ran.err.contains("1 of 4 trials are in run already") && ran.err.contains("2 of 4 trials are missing"),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("MISSING task swap, trial 1: ") && ran.err.contains("down"), "{}", ran.err);
    assert_eq!(kept(&place).len(), 2, "what came to no end is not kept");
}

fn host(server: &ModelServer) -> String {
    let url = server.base_url();
    url.trim_start_matches("http://").split('/').next().unwrap().to_owned()
}

fn kept_head(place: &Place) -> Value {
    serde_json::from_str(&std::fs::read_to_string(place.path("run/run.json")).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_trial_begins_once_the_money_is_spent() {
    let place = live();
    let server =
        ModelServer::answering(|request| if is_customer(request) { customer(request) } else { agent(request) }).await;
    let prices = ["--max-cost", "0.000001", "--price-in", "1", "--price-out", "1", "--jobs", "1", "--trials", "2"];
    let ran = run(&place, &server, &prices);
    assert_eq!(ran.code, Some(2), "{}", ran.shown());
    assert!(ran.err.contains("3 of 4 trials are missing"), "{}", ran.err);
    assert!(ran.err.contains("not held (cost limit)"), "{}", ran.err);
    // What was spent before counts, too.
    let asked = server.requests().len();
    assert_eq!(run(&place, &server, &prices).code, Some(2));
    assert_eq!(server.requests().len(), asked, "there is nothing left to spend");
}
