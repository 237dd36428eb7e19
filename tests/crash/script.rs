//! What shoppers say, across the deaths of the desk.

use std::time::Duration;

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
    /// How many of the lines another script has tried already. All of them: what is new comes after the answer.
    pub known: usize,
    /// The effects that it has, each of its kind the only one.
    pub effects: &'static [&'static str],
    /// Whose order it is about, where it does something to one.
    pub of: Of,
}

/// An order's number and the address on file.
#[derive(Clone, Copy, Debug)]
pub struct Of {
    pub order: &'static str,
    pub email: &'static str,
}

const NOBODY: Of = Of { order: "", email: "" };
const ANA: Of = Of { order: "1002", email: "ana@example.com" };
const BEN: Of = Of { order: "1003", email: "ben@example.com" };
const GIA: Of = Of { order: "1014", email: "gia@example.com" };
const HAL: Of = Of { order: "1016", email: "hal@example.com" };

pub const STATUS: Script = Script {
    name: "order status",
    lines: &["where is my order #1001? my email is ana@example.com"],
    told: "1Z61A04V0342517713",
    known: 0,
    effects: &[],
    of: NOBODY,
};

pub const PERSON: Script = Script {
    name: "a person",
    lines: &["I want to talk to a human please"],
    told: "reference",
    known: 0,
    effects: &["ticket"],
    of: NOBODY,
};

pub const LISTING: Script = Script {
    name: "a list after a code",
    lines: &["where is my order #1001? my email is ana@example.com", "now list all my orders please", "it's {code}"],
    told: "#1002",
    known: 1,
    effects: &["code"],
    of: NOBODY,
};

pub const REFUND: Script = Script {
    name: "money back",
    lines: &[
        "a mug of order #1016 arrived broken, just one of them. I want my money back. my email is hal@example.com",
    ],
    told: "$24.00",
    known: 0,
    effects: &["refund"],
    of: HAL,
};

pub const RETURN: Script = Script {
    name: "goods back",
    lines: &["the fleece from order #1002 is too small, i want to send it back. my email is ana@example.com"],
    told: "#1002-R1",
    known: 0,
    effects: &["return", "label", "return_label"],
    of: ANA,
};

/// The parcel comes at once.
pub const ARRIVAL: Script = Script {
    name: "money for goods that came back",
    known: 1,
    effects: &["return", "label", "return_label", "return_refund"],
    ..RETURN
};

/// A person grants five dollars.
pub const GOODWILL: Script = Script {
    name: "a part of a price",
    lines: &["one mug of order #1016 came with a scratch, can i get 20% off? my email is hal@example.com"],
    told: "A colleague has to approve the refund for one",
    known: 0,
    effects: &["goodwill"],
    of: HAL,
};

pub const PAYMENT: Script = Script {
    name: "money back past the platform",
    lines: &["my cup from order #1014 arrived cracked. I want my money back. my email is gia@example.com"],
    told: "$22.00",
    known: 0,
    effects: &["payment_refund"],
    of: GIA,
};

pub const CANCELLATION: Script = Script {
    name: "an order called off",
    lines: &["please cancel order #1003, i changed my mind. my email is ben@example.com", "it's {code}"],
    told: "I have cancelled order #1003, and $89.00 has been refunded",
    known: 1,
    effects: &["code", "cancellation"],
    of: BEN,
};

pub const ADDRESS: Script = Script {
    name: "another address",
    lines: &[
        "can you send #1003 to 418 Juniper Lane, Unit 7, Chicago IL 60622 instead? my email is ben@example.com",
        "it's {code}",
    ],
    told: "I have changed the delivery address of order #1003 to 418 Juniper Lane, Unit 7, Chicago IL 60622",
    known: 1,
    effects: &["code", "address_change"],
    of: BEN,
};

pub const NOTE: Script = Script {
    name: "a line in a note",
    lines: &["please put a note on order #1003 that the driver rings twice, ben@example.com"],
    told: "I have added a note to order #1003",
    known: 0,
    effects: &["note"],
    of: BEN,
};

impl Script {
    /// The same about another order.
    pub fn about(self, number: u64, email: &str) -> Self {
        let of = Of { order: number.to_string().leak(), email: email.to_owned().leak() };
        let other = |text: &str| -> &'static str {
            text.replace(self.of.order, of.order).replace(self.of.email, of.email).leak()
        };
        let lines: Vec<&'static str> = self.lines.iter().map(|line| other(line)).collect();
        Self { lines: lines.leak(), told: other(self.told), of, ..self }
    }

    /// What it does to an order, in the ledger's words.
    pub fn deeds(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.effects.iter().copied().filter(|kind| is_deed(kind))
    }

    fn waits_for_a_yes(&self) -> bool {
        self.effects.contains(&"goodwill")
    }

    fn goods_come_back(&self) -> bool {
        self.effects.contains(&"return_refund")
    }
}

fn is_deed(kind: &str) -> bool {
    !["code", "letter", "ticket", "ticket_entry"].contains(&kind)
}

fn kind(row: &Value) -> &str {
    row["kind"].as_str().unwrap()
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
const NOT_KNOWN_YET: &str = "is being checked";
/// What a shopper hears of what was not done: a person has it.
const NOT_DONE: &str = "did not go through";
/// What a shopper hears whose mail may have been lost.
const PERHAPS_SENT: &str = "can't tell whether the code was sent";

impl Talk {
    /// Asks for the ledger's rows.
    pub fn effects(&self) -> Request {
        Request::Effects { conversation: self.conversation.clone() }
    }

    /// Given the ledger's rows of its conversation.
    pub fn did_its_effects_once(&self, script: Script, rows: &Value, what: &str) {
        let rows = rows.as_array().unwrap();
        // The letter about what was done has a job of its own, which may be under way yet.
        let (letters, mut kinds): (Vec<&str>, Vec<&str>) = rows.iter().map(kind).partition(|kind| *kind == "letter");
        // So has what is said once there is a ticket.
        kinds.retain(|kind| *kind != "ticket_entry");
        // A person has what was not done.
        if rows.iter().any(|row| is_deed(kind(row)) && row["state"] == "failed") {
            kinds.retain(|kind| *kind != "ticket" || script.effects.contains(kind));
        }
        let due = if self.without_code { &["code"] } else { script.effects };
        assert_eq!(kinds, due, "{what}: {rows:?}");
        assert!(letters.len() <= script.deeds().count(), "{what}: {rows:?}");
    }

    /// The shopper was told what the script is about, or what is true instead.
    pub fn ended_well(&self, script: Script, what: &str) {
        let last = self.last.as_deref().unwrap_or_default();
        let instead = if self.without_code { PERHAPS_SENT } else { NO_TICKET_YET };
        let told = [script.told, instead, NOT_KNOWN_YET, NOT_DONE].iter().any(|words| last.contains(words));
        assert!(told, "{what}: {last}");
    }

    /// Waits until it is known what became of its money and goods, what follows from them included.
    pub async fn deeds_are_settled(&self, keeper: &Keeper, script: Script) {
        let due = if self.without_code { 0 } else { script.deeds().count() };
        for _ in 0..200 {
            let rows = keeper.ask(self.effects()).await;
            let mut deeds = rows.as_array().unwrap().iter().filter(|row| is_deed(kind(row)));
            if deeds.clone().count() >= due && deeds.all(|row| row["state"] == "confirmed" || row["state"] == "failed")
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// The parcel of the order's return is there at once.
async fn parcel_comes(sandbox: &Sandbox, script: Script) {
    let name = format!("#{}", script.of.order);
    for _ in 0..400 {
        let now = sandbox.clock().now();
        let come = sandbox.change(|world| {
            let order = world.orders.iter().find(|order| order.name == name)?;
            let number = order.returns.first()?.deliveries.first()?.tracking.number.clone()?;
            let parcel = world.parcels.iter_mut().find(|parcel| parcel.number == number)?;
            parcel.scans.iter_mut().for_each(|scan| scan.at = scan.at.min(now));
            Some(())
        });
        if come.await.is_some() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{}: the return never had a label", script.name);
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
    if script.waits_for_a_yes() {
        keeper.ask(Request::Approve { amount: "5.00".to_owned() }).await;
    }
    if script.goods_come_back() {
        parcel_comes(sandbox, script).await;
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
