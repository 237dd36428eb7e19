//! What shoppers say, across the deaths of the desk.

use deskhand::sandbox::Sandbox;
use serde_json::Value;

use super::child::Request;
use super::keeper::Keeper;

/// Stands for the code in the mail that came last.
const CODE: &str = "{code}";

/// A talk: what is said, and what the last answer has in it, if every mail came through.
#[derive(Clone, Copy, Debug)]
pub struct Script {
    pub name: &'static str,
    pub lines: &'static [&'static str],
    pub told: &'static str,
    /// How many of the lines another script has tried already.
    pub known: usize,
    /// The effects that it has, each of its kind the only one.
    pub effects: &'static [&'static str],
}

pub const STATUS: Script = Script {
    name: "order status",
    lines: &["where is my order #1001? my email is ana@example.com"],
    told: "1Z61A04V0342517713",
    known: 0,
    effects: &[],
};

pub const PERSON: Script = Script {
    name: "a person",
    lines: &["I want to talk to a human please"],
    told: "reference",
    known: 0,
    effects: &["ticket"],
};

pub const LISTING: Script = Script {
    name: "a list after a code",
    lines: &["where is my order #1001? my email is ana@example.com", "now list all my orders please", "it's {code}"],
    told: "#1002",
    known: 1,
    effects: &["code"],
};

pub const REFUND: Script = Script {
    name: "money back",
    lines: &[
        "a mug of order #1016 arrived broken, just one of them. I want my money back. my email is hal@example.com",
    ],
    told: "$24.00",
    known: 0,
    effects: &["refund"],
};

pub const RETURN: Script = Script {
    name: "goods back",
    lines: &["the fleece from order #1002 is too small, i want to send it back. my email is ana@example.com"],
    told: "#1002-R1",
    known: 0,
    effects: &["return", "label", "return_label"],
};

impl Script {
    /// Given the ledger's rows of its conversation.
    pub fn did_its_effects_once(&self, rows: &Value, what: &str) {
        let kinds = rows.as_array().unwrap().iter().map(|row| row["kind"].as_str().unwrap());
        // The letter about what was done has a job of its own, which may be under way yet.
        let (letters, kinds): (Vec<&str>, Vec<&str>) = kinds.partition(|kind| *kind == "letter");
        assert_eq!(kinds, self.effects, "{what}: {rows}");
        assert!(letters.len() <= 1, "{what}: {rows}");
    }
}

/// How a talk went.
pub struct Talk {
    pub conversation: String,
    pub last: Option<String>,
    /// A mail whose fate is not known did not come: the rest was not said.
    pub without_code: bool,
}

/// What a shopper hears whose ticket waits for a second look at the helpdesk.
const NO_TICKET_YET: &str = "I could not open a ticket just now";
/// What a shopper hears of an effect that the vendor has to be asked about once more.
const NOT_KNOWN_YET: &str = "it is being checked";
/// What a shopper hears whose mail may have been lost.
const PERHAPS_SENT: &str = "can't tell whether the code was sent";

impl Talk {
    /// Asks for the ledger's rows.
    pub fn effects(&self) -> Request {
        Request::Effects { conversation: self.conversation.clone() }
    }

    /// The shopper was told what the script is about, or what is true instead.
    pub fn ended_well(&self, script: Script, what: &str) {
        let last = self.last.as_deref().unwrap_or_default();
        let instead = if self.without_code { PERHAPS_SENT } else { NO_TICKET_YET };
        let told = [script.told, instead, NOT_KNOWN_YET].iter().any(|words| last.contains(words));
        assert!(told, "{what}: {last}");
    }

    /// Waits until it is known what became of its money and goods, what follows from them included.
    pub async fn deeds_are_settled(&self, keeper: &Keeper, script: Script) {
        for _ in 0..100 {
            let rows = keeper.ask(self.effects()).await;
            let others = ["code", "letter", "ticket"];
            let is_deed = |row: &&Value| !others.contains(&row["kind"].as_str().unwrap());
            let mut deeds = rows.as_array().unwrap().iter().filter(is_deed);
            let due = script.effects.iter().filter(|kind| !others.contains(kind)).count();
            if deeds.clone().count() >= due && deeds.all(|row| row["state"] == "confirmed" || row["state"] == "failed")
            {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    }
}

pub async fn talk(keeper: &Keeper, sandbox: &Sandbox, script: Script) -> Talk {
    let opened = keeper.ask(Request::Open).await;
    talk_in(opened.as_str().unwrap(), keeper, sandbox, script).await
}

/// In a conversation that is open.
pub async fn talk_in(conversation: &str, keeper: &Keeper, sandbox: &Sandbox, script: Script) -> Talk {
    let conversation = conversation.to_owned();
    let mut talk = Talk { conversation, last: None, without_code: false };
    for (index, line) in script.lines.iter().enumerate() {
        let mut text = (*line).to_owned();
        if text.contains(CODE) {
            let Some(code) = code_of(keeper, sandbox, &talk.conversation).await else {
                talk.without_code = true;
                return talk;
            };
            text = text.replace(CODE, &code);
        }
        let (conversation, client_message_id) = (talk.conversation.clone(), format!("line-{index}"));
        let answer = keeper.ask(Request::Say { conversation, client_message_id, text }).await;
        talk.last = answer["content"].as_str().map(str::to_owned);
        assert!(talk.last.is_some(), "{}: nothing was answered to {line:?}: {answer}", script.name);
    }
    talk
}

/// The code in the mail to this conversation's shopper. `None` where no mail came, which only a row that nobody can
/// settle excuses.
async fn code_of(keeper: &Keeper, sandbox: &Sandbox, conversation: &str) -> Option<String> {
    let effects = keeper.ask(Request::Effects { conversation: conversation.to_owned() }).await;
    let rows = effects.as_array().unwrap();
    let row = rows.iter().rfind(|row| row["kind"] == "code").unwrap_or_else(|| panic!("no code was sent: {effects}"));
    let mail = mails_of(sandbox, row["id"].as_str().unwrap()).pop();
    assert!(mail.is_some() || row["state"] != "confirmed", "the ledger says that a mail left: {row}");
    let text = mail?["text"].as_str().unwrap().to_owned();
    let digits = regex::Regex::new(r"\b(\d{6})\b").unwrap();
    Some(digits.captures(&text).expect("the mail has a code")[1].to_owned())
}

/// The mails that carry an effect's id.
pub fn mails_of(sandbox: &Sandbox, effect: &str) -> Vec<Value> {
    let mails = serde_json::to_value(sandbox.world().mails).unwrap();
    let of_effect = |mail: &&Value| mail["custom_args"]["deskhand_effect"] == effect;
    mails.as_array().unwrap().iter().filter(of_effect).cloned().collect()
}
