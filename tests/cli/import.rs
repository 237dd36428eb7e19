//! A conversation goes from the log to a case that passes, and nobody can tell from it whose it was.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::program::{Place, Running};
use crate::servers::{after, client};

/// All that names a person, a parcel or an order in what the test says and is told. Postcodes and towns are theirs, too.
const PERSONAL: [&str; 22] = [
    "ana@",
    "ben@",
    "hal@",
    "1001",
    "1002",
    "1003",
    "1016",
    "1Z61A04V0342517713",
    "9400136208070421533174",
    "771949388510",
    "97205",
    "60614",
    "60622",
    "Juniper Lane",
    "Chicago",
    "Hermiston",
    "Boise",
    "Ana ",
    "Whitfield",
    "Okafor",
    "Irving",
    "5550141",
];

/// A conversation with the demo's server.
pub struct Talk {
    url: String,
    key: String,
    approver: String,
    pub id: String,
}

impl Talk {
    pub async fn begin(demo: &mut Running) -> Self {
        let text = demo.read_until("Stop with Ctrl-C");
        let (url, key) = (after(&text, "is open: ").trim_end_matches('/'), after(&text, "\n  KEY="));
        let mut talk = Self {
            url: url.to_owned(),
            key: key.to_owned(),
            approver: after(&text, "  AK=").to_owned(),
            id: String::new(),
        };
        talk.another().await;
        talk
    }

    /// From here on, it is another conversation.
    pub async fn another(&mut self) {
        let opened = self.post("/v1/conversations", &self.key, json!({})).await;
        self.id = opened["conversation_id"].as_str().unwrap().to_owned();
    }

    async fn post(&self, path: &str, key: &str, body: Value) -> Value {
        let post = client().post(format!("{}{path}", self.url)).bearer_auth(key).json(&body);
        post.send().await.unwrap().json().await.unwrap()
    }

    async fn get(&self, path: &str) -> Value {
        let get = client().get(format!("{}{path}", self.url)).bearer_auth(&self.approver);
        get.send().await.unwrap().json().await.unwrap()
    }

    pub async fn say(&self, content: &str) -> String {
        let path = format!("/v1/conversations/{}/messages", self.id);
        let answer = self.post(&path, &self.key, json!({ "content": content })).await;
        answer["response"]["content"].as_str().unwrap_or_default().to_owned()
    }

    async fn until_it_says(&self, words: &str) {
        let began = Instant::now();
        loop {
            let read = client().get(format!("{}/v1/conversations/{}", self.url, self.id)).bearer_auth(&self.key);
            let read = read.send().await.unwrap().text().await.unwrap();
            if read.contains(words) {
                return;
            }
            assert!(began.elapsed() < Duration::from_secs(30), "{words:?} is not in {read}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

pub fn code(place: &Place, to: &str) -> String {
    let mail = place.run(&["sandbox", "mail", "--to", to]).well();
    regex::Regex::new(r"\b\d{6}\b").unwrap().find(&mail.out).unwrap().as_str().to_owned()
}

fn names_nobody(text: &str) {
    for personal in PERSONAL {
        assert!(!text.contains(personal), "{personal} is in {text}");
    }
}

#[tokio::test]
async fn a_conversation_that_was_held_is_a_case_that_passes() {
    let place = Place::new();
    let mut demo = place.command(&["demo", "--port", "0"]).start();
    let talk = Talk::begin(&mut demo).await;
    assert!(talk.say("Where is my order #1001? My e-mail is ana@example.com").await.contains("1Z61A04V0342517713"));
    let moved =
        talk.say("can you send #1003 to 418 Juniper Lane, Unit 7, Chicago IL 60622 instead? ben@example.com").await;
    assert!(moved.contains("code"), "{moved}");
    let moved = talk.say(&format!("the code is {}", code(&place, "ben@example.com"))).await;
    assert!(moved.contains("418 Juniper Lane"), "{moved}");
    let broken = talk.say("both mugs of order #1016 arrived broken, I want my money back. hal@example.com").await;
    assert!(broken.contains("approve"), "{broken}");
    let waiting = talk.get("/v1/approvals?state=pending").await;
    let approval = waiting["approvals"][0]["approval_id"].as_str().unwrap();
    talk.post(&format!("/v1/approvals/{approval}/approve"), &talk.approver, json!({})).await;
    talk.until_it_says("$48.00 has been refunded").await;
    let back = talk.say("The fleece from order #1002 is too small, I want to send it back. I am ana@example.com").await;
    assert!(back.contains("Here is your label"), "{back}");
    place.run(&["sandbox", "later", "10d"]).well();
    talk.until_it_says("$64.00 has been refunded").await;
    talk.say("I want to talk to a person").await;
    assert_eq!(demo.stop(), Some(0));

    let imported = place.run(&["eval", "import", &talk.id, "--name", "held"]).well();
    assert!(imported.out.contains("held/held passes."), "{}", imported.shown());
    let text = std::fs::read_to_string(place.path("evals/suites/held.yaml")).unwrap();
    names_nobody(&text);
    for told in ["approve: {}", "later: ", "{code}", "amount: \"48.00\"", "amount: \"64.00\"", "address:", "ticket: {}"]
    {
        assert!(text.contains(told), "{told:?} is not in {text}");
    }
    let played = place.run(&["eval", "evals/suites/held.yaml"]).well();
    assert!(played.out.contains("1 of 1 cases passed"), "{}", played.shown());
    // It is a case like any other: what its world does not bear out turns it red.
    std::fs::write(place.path("other.yaml"), text.replace("amount: \"48.00\"", "amount: \"47.00\"")).unwrap();
    let other = place.run(&["eval", "other.yaml"]);
    assert!(other.code == Some(1) && other.out.contains("47.00"), "{}", other.shown());

    place.run(&["export", &talk.id, "--output", "transcript.json"]).well();
    let again = place.run(&["eval", "import", "transcript.json", "--output", "again.yaml"]).well();
    assert!(again.out.contains(" passes."), "{}", again.shown());
    names_nobody(&std::fs::read_to_string(place.path("again.yaml")).unwrap());
}

#[tokio::test]
async fn a_person_s_no_and_a_vendor_out_of_order_are_parts_of_their_cases() {
    let place = Place::new();
    let mut demo = place.command(&["demo", "--port", "0"]).start();
    let mut talk = Talk::begin(&mut demo).await;
    let control = std::fs::read_to_string(place.path(".deskhand/sandbox/control-url")).unwrap();
    let fault = json!({ "vendor": "easypost", "times": 3, "effect": { "kind": "status", "code": 500 } });
    client().post(format!("{control}/faults")).json(&fault).send().await.unwrap().error_for_status().unwrap();
    let out_of_order = talk.say("Where is my order #1001? My e-mail is ana@example.com").await;
    assert!(!out_of_order.contains("in transit"), "{out_of_order}");
    let outage = talk.id.clone();
    talk.another().await;
    let broken = talk.say("both mugs of order #1016 arrived broken, I want my money back. hal@example.com").await;
    assert!(broken.contains("approve"), "{broken}");
    let waiting = talk.get("/v1/approvals?state=pending").await;
    let approval = waiting["approvals"][0]["approval_id"].as_str().unwrap();
    let no = json!({ "message": "The pictures show other mugs." });
    talk.post(&format!("/v1/approvals/{approval}/deny"), &talk.approver, no).await;
    talk.until_it_says("other mugs").await;
    assert_eq!(demo.stop(), Some(0));
    let import = |id: &str, name: &str| {
        let imported = place.run(&["eval", "import", id, "--name", name, "--without-script"]).well();
        assert!(imported.out.contains(&format!("{name}/{name} passes.")), "{}", imported.shown());
        let text = std::fs::read_to_string(place.path(&format!("evals/suites/{name}.yaml"))).unwrap();
        names_nobody(&text);
        text
    };
    let refused = import(&talk.id, "refused");
    assert!(refused.contains("message: The pictures show other mugs."), "{refused}");
    let shown = place.run(&["eval", "show", "refused/refused", "evals/suites/refused.yaml"]).well();
    assert!(shown.out.contains("other mugs"), "{}", shown.out);
    let outage = import(&outage, "outage");
    // Without the outage the carrier answers, and what was said then does not fit.
    let fault = regex::Regex::new(r"(?m)^  - fault:\n(?:      .*\n)+").unwrap();
    let told = fault.find(&outage).unwrap().as_str();
    assert!(told.contains("vendor: easypost") && told.contains("times: 3"), "{told}");
    std::fs::write(place.path("fine.yaml"), fault.replace(&outage, "").as_ref()).unwrap();
    let fine = place.run(&["eval", "fine.yaml"]);
    assert!(fine.code == Some(1), "{}", fine.shown());
}

#[test]
fn without_its_script_any_model_plays_it() {
    let place = Place::new();
    let chat = place.command(&["chat"]).run("Where is my order #1001? My e-mail is ana@example.com\n").well();
    let id = regex::Regex::new("conv_[0-9a-f]{32}").unwrap().find(&chat.out).unwrap().as_str().to_owned();
    let imported = place.run(&["eval", "import", &id, "--without-script", "--output", "late.yaml"]).well();
    assert!(imported.out.contains("late/order-status-") && imported.out.contains(" passes."), "{}", imported.shown());
    let text = std::fs::read_to_string(place.path("late.yaml")).unwrap();
    names_nobody(&text);
    assert!(!text.contains("script:") && text.contains("intent: order_status"), "{text}");
    let name = format!("late/{}", after(&imported.out, "late/").split_whitespace().next().unwrap());
    let shown = place.run(&["eval", "show", &name, "late.yaml"]).well();
    for told in ["shopper> Where is my order #7", "· find_order ", "agent>", "as expected"] {
        assert!(shown.out.contains(told), "{told:?} is not in {}", shown.out);
    }
    std::fs::write(place.path("late.yaml"), text.replace("assurance: order_matched", "assurance: verified")).unwrap();
    let missed = place.run(&["eval", "show", &name, "late.yaml"]);
    assert!(missed.code == Some(1) && missed.out.contains("✗ expect.assurance"), "{}", missed.shown());
    let none = place.run(&["eval", "show", "late/other", "late.yaml"]);
    assert!(none.code == Some(2) && none.err.contains("there is no case late/other"), "{}", none.shown());
}

#[test]
fn what_cannot_be_imported_is_said() {
    let place = Place::new().file("other.json", "{\"events\": 3}").file("held.yaml", "cases: []");
    let wrong = place.run(&["eval", "import", "other.json"]);
    assert!(
        wrong.code == Some(2) && wrong.err.contains("other.json is no transcript; `deskhand export` writes one"),
        "{}",
        wrong.shown()
    );
    let id = regex::Regex::new("conv_[0-9a-f]{32}").unwrap();
    let chat = place.command(&["chat"]).run("Hello\n").well();
    let id = id.find(&chat.out).unwrap().as_str();
    let there = place.run(&["eval", "import", id, "--output", "held.yaml"]);
    assert!(there.code == Some(2) && there.err.contains("held.yaml is there already"), "{}", there.shown());
    assert_eq!(std::fs::read_to_string(place.path("held.yaml")).unwrap(), "cases: []");
}
