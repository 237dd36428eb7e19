//! How real models and real agents word things: recorded conversations that are not part of this project. What states
//! nothing should nearly always pass.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use deskhand::agents::claims::{Evidence, Reason, Said, Sentences, check};
use deskhand::agents::language::{Language, Languages};
use serde_json::{Value, json};

use super::report;

/// What a sentence does, told from its surface alone and not by the words that the check knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// A number, a status, a deed, a promise, a rule: it needs a receipt.
    Fact,
    Question,
    /// Asks the shopper for something.
    Request,
    /// Offers help, or says what is looked at next.
    Offer,
    /// Greetings, empathy, thanks, headings.
    Other,
}

/// Stems of words that state something of goods, money, rules or deeds.
const STATES: &str = "deliver ship arriv transit pending process cancel refund return exchang replac modif chang updat \
    credit charg pay paid price cost total amount balance free fee discount eligib ineligib polic allow permit availab \
    stock transfer escalat human represent supervisor colleague guarant promis ensur within day hour week month year \
    today tomorrow yesterday soon immediat success complet confirmed verified authenticated located found retrieved \
    cannot can't unable must only receiv issue submit will not no never none n't won't support'd supported swap remov \
    add adjust reflect initiat proceed finaliz finalis request-ed requested pack track label email mail status saved \
    sold out-of cheap expens less more same different match correspond belong contain includ associat approv deni \
    waiv cover reimburs compensat reserv hold team specialist department manager warehouse carrier courier store shop \
    purchas bought order-ed placed open closed active default method card paypal visa mastercard bank gift subscription \
    member premium account-has require needs permitted possible impossible applicable apply applied appl";

fn kind(sentence: &str) -> Kind {
    let text = sentence.to_lowercase().replace('’', "'");
    let listed = text.trim_start_matches(|c: char| c.is_ascii_digit() || " .)-*#".contains(c));
    let starts = |list: &[&str]| list.iter().any(|start| listed.starts_with(start));
    let has = |list: &[&str]| list.iter().any(|part| text.contains(part));
    let particular = listed.chars().any(|c| c.is_ascii_digit() || "$€£@#{|".contains(c)) || listed.contains("://");
    let counts = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "available", "unavailable"];
    let counted = listed.split(|c: char| !c.is_alphabetic()).any(|word| counts.contains(&word));
    // `Size: L` tells a particular.
    let label = listed.replace('*', "").split_once(": ").is_some_and(|(name, value)| {
        name.split_whitespace().count() <= 4 && !value.trim().is_empty() && value.split_whitespace().count() <= 12
    });
    let deeds = [
        "i can ",
        "i'll ",
        "i will ",
        "we can ",
        "we'll ",
        "we will ",
        "i could ",
        "help you ",
        "help ",
        "let me ",
        "let's ",
        "need to ",
    ];
    let acts = "proceed process cancel exchange return refund modify update change make replace remove add apply \
        transfer submit initiate start complete handle fix take resolve connect escalate place send get set issue";
    let acts: Vec<&str> = acts.split_whitespace().collect();
    let promises = deeds.iter().flat_map(|deed| text.split(deed).skip(1)).any(|after| {
        after.split_whitespace().take(2).any(|word| acts.contains(&word.trim_matches(|c: char| !c.is_alphabetic())))
    });
    let perfect =
        ["i've ", "i have ", "we've ", "we have ", "has been ", "have been ", " was ", " were ", " can only "];
    // What happened or holds is told even by a question or a request that names it.
    let states = "delivered received issued processed cancelled canceled refunded shipped updated removed damaged \
        lost pending eligibility eligible terms membership ensure arrange unavailable";
    let states: Vec<&str> = states.split_whitespace().collect();
    let stated = listed.split(|c: char| !c.is_alphabetic()).any(|word| states.contains(&word))
        || ["no further ", "cannot be", "can't be", "must be", "right away"].iter().any(|rule| text.contains(rule));
    if stated || particular || counted || label || promises {
        return Kind::Fact;
    }
    if text.trim_end().trim_end_matches(['*', '"', ')', '_']).ends_with('?') {
        return if has(&perfect) { Kind::Fact } else { Kind::Question };
    }
    let asks = starts(&["please", "could you", "can you", "kindly", "let me know", "if you", "to help", "to assist"])
        || has(&[
            "please provide",
            "please share",
            "please confirm",
            "please let me know",
            "please tell",
            "let me know",
        ]);
    if asks && !has(&perfect) && !has(&["please note", " will ", "'ll ", "within"]) {
        return Kind::Request;
    }
    let offers = starts(&["i can help", "i can assist", "i can certainly", "i can definitely", "let me", "let's"])
        || has(&["happy to", "glad to", "here to help", "here to assist", "let me check", "i need to", "i'll need"]);
    if offers && !has(&perfect) && !has(&[" will "]) {
        return Kind::Offer;
    }
    let states = text
        .split(|c: char| !c.is_alphabetic() && c != '\'')
        .filter(|word| !word.is_empty())
        .any(|word| STATES.split_whitespace().any(|stem| word.starts_with(stem) || word.ends_with("n't")));
    if states || has(&perfect) { Kind::Fact } else { Kind::Other }
}

#[derive(Default)]
struct Tally {
    said: BTreeMap<Kind, u32>,
    withheld: BTreeMap<Kind, u32>,
    words: HashMap<String, u32>,
}

impl Tally {
    /// Says a reply. The sentences after one that is withheld are judged, too.
    fn say(&mut self, language: &Language, evidence: &Evidence, reply: &str) {
        let mut sentences = Sentences::new(language);
        sentences.push(reply);
        let mut said = Said::default();
        for sentence in sentences.finish().iter().filter(|text| text.contains(char::is_alphabetic)) {
            let kind = kind(sentence);
            *self.said.entry(kind).or_default() += 1;
            match check(language, evidence, &said, sentence) {
                Ok(next) => {
                    said = next;
                    println!("passed\t{kind:?}\t\t{:?}", sentence.trim());
                }
                Err(withheld) => {
                    *self.withheld.entry(kind).or_default() += 1;
                    println!("withheld\t{kind:?}\t{withheld}\t{:?}", sentence.trim());
                    if withheld.reason == Reason::Word && kind != Kind::Fact {
                        *self.words.entry(withheld.text.to_lowercase()).or_default() += 1;
                    }
                }
            }
        }
    }

    fn report(&self, name: &str) -> f64 {
        let share = |part: u32, all: u32| 100.0 * f64::from(part) / f64::from(all.max(1));
        let (mut neutral, mut passed) = (0, 0);
        for (kind, said) in &self.said {
            let withheld = self.withheld.get(kind).copied().unwrap_or_default();
            report(&format!(
                "{name}: {:9} {:5} of {said:5} sentences pass ({:.1} %)",
                format!("{kind:?}"),
                said - withheld,
                share(said - withheld, *said)
            ));
            if *kind != Kind::Fact {
                neutral += said;
                passed += said - withheld;
            }
        }
        report(&format!("{name}: {passed} of {neutral} that state nothing pass ({:.1} %)", share(passed, neutral)));
        let mut words: Vec<_> = self.words.iter().collect();
        words.sort_by_key(|(word, count)| (std::cmp::Reverse(**count), (*word).clone()));
        for (word, count) in words.iter().take(25) {
            report(&format!("{name}: {count:4} times {word}"));
        }
        share(passed, neutral)
    }
}

/// A recorded tool's answer in the shape of this project's receipts, as far as it has one.
fn receipt(evidence: &mut Evidence, answer: &str) {
    let Ok(answer) = serde_json::from_str::<Value>(answer) else { return };
    if answer.get("order_id").is_some() && answer.get("items").is_some() {
        evidence.receipt("get_order", &json!({ "order": order(&answer) }));
    } else if let (Some(name), Some(variants)) = (answer["name"].as_str(), answer["variants"].as_object()) {
        let products: Vec<Value> = variants
            .values()
            .map(|variant| {
                json!({ "title": name, "description": options(variant), "price": money(variant["price"].as_f64()),
                    "available": variant["available"] })
            })
            .collect();
        evidence.receipt("find_product", &json!({ "products": products }));
    } else {
        evidence.receipt("other", &answer);
    }
}

fn order(answer: &Value) -> Value {
    let status = answer["status"].as_str().unwrap_or_default();
    let of_kind = |kind: &str| {
        let payments = answer["payment_history"].as_array().into_iter().flatten();
        payments.filter(|one| one["transaction_type"] == kind).filter_map(|one| one["amount"].as_f64()).sum::<f64>()
    };
    let (paid, refunded) = (of_kind("payment"), of_kind("refund"));
    let items: Vec<Value> = answer["items"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|item| {
            json!({ "title": item["name"], "variant": options(item), "quantity": 1,
                "unit_price": money(item["price"].as_f64()) })
        })
        .collect();
    let delivered = ["delivered", "return requested", "exchange requested"].contains(&status);
    let shipments: Vec<Value> = answer["fulfillments"]
        .as_array()
        .into_iter()
        .flatten()
        .zip(1_u64..)
        .map(|(parcel, number)| {
            json!({ "shipment": number, "tracking_number": parcel["tracking_id"][0], "items": [],
                "delivered_on": delivered.then_some("2024-05-10"), "shipped_on": "2024-05-08" })
        })
        .collect();
    let state = match status {
        _ if delivered => "delivered",
        "cancelled" => "cancelled",
        "processed" => "shipped",
        _ => "not_shipped",
    };
    let returns = if status == "return requested" { json!([{ "name": "return" }]) } else { json!([]) };
    json!({ "order_number": answer["order_id"], "status": state, "items": items, "shipments": shipments,
        "payment": if refunded > 0.0 && refunded >= paid { "refunded" } else { "paid" }, "total": money(Some(paid)),
        "refunded": money(Some(refunded)), "returns": returns })
}

fn options(item: &Value) -> String {
    let options = item["options"].as_object().into_iter().flatten();
    options
        .map(|(name, value)| format!("{name} {}", value.as_str().unwrap_or_default()))
        .collect::<Vec<_>>()
        .join(" / ")
}

fn money(amount: Option<f64>) -> Value {
    json!({ "amount": format!("{:.2}", amount.unwrap_or_default()), "currency": "USD" })
}

fn models(language: &Language, folder: &Path) -> Tally {
    let rows = std::fs::read_to_string(folder.join("tau2_retail/trajectories.jsonl")).unwrap();
    let mut tally = Tally::default();
    for row in rows.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let mut evidence = Evidence::new(jiff::civil::date(2024, 5, 15));
        for message in row["messages"].as_array().unwrap() {
            let content = message["content"].as_str().unwrap_or_default();
            match message["role"].as_str().unwrap() {
                "user" => evidence.customer_said(content),
                "tool" => receipt(&mut evidence, content),
                // Some models wrap what they say in an object.
                "assistant" if !content.trim_start().starts_with(['{', '[']) => {
                    tally.say(language, &evidence, content);
                }
                _ => {}
            }
        }
    }
    tally
}

fn people(language: &Language, folder: &Path) -> Tally {
    let text = std::fs::read_to_string(folder.join("abcd/abcd_sample.json")).unwrap();
    let conversations: Vec<Value> = serde_json::from_str(&text).unwrap();
    let mut tally = Tally::default();
    for conversation in &conversations {
        let mut evidence = Evidence::new(jiff::civil::date(2024, 5, 15));
        for turn in conversation["original"].as_array().unwrap() {
            let (who, text) = (turn[0].as_str().unwrap(), turn[1].as_str().unwrap());
            match who {
                "customer" => evidence.customer_said(text),
                "agent" => tally.say(language, &evidence, text),
                _ => {}
            }
        }
    }
    tally
}

/// Skipped unless `DESKHAND_SHARED` names the folder with `data/tau2_retail` and `data/abcd`.
#[test]
#[expect(clippy::disallowed_methods, reason = "the data lies outside the project, where the environment says")]
fn recorded_wording_that_states_nothing_is_seldom_withheld() {
    let Ok(shared) = std::env::var("DESKHAND_SHARED") else {
        return report("skipped: words: DESKHAND_SHARED is not set");
    };
    let languages = Languages::load(Some(&Path::new(env!("CARGO_MANIFEST_DIR")).join("prompts/languages"))).unwrap();
    let english = languages.get("en").unwrap();
    let folder = Path::new(&shared).join("data");
    people(english, &folder).report("people");
    let share = models(english, &folder).report("models");
    assert!(share >= 95.0, "too much harmless wording is withheld");
}
