//! What the carrier says of a parcel.

use serde_json::Value;

use super::values::{date, enumerate, is_past, item, quoted};
use crate::model::offline::receipts::{list, text};

/// One parcel, with its order for what the carrier does not say.
pub struct Parcel<'a> {
    pub carrier_says: &'a Value,
    /// The store's own record of the same parcel.
    pub store_says: Option<&'a Value>,
    pub as_of: Option<&'a str>,
    /// The subject of the first sentence: `Order 7734`, `Parcel 2`.
    pub subject: String,
}

impl<'a> Parcel<'a> {
    pub fn status(&self) -> &'a str {
        text(self.carrier_says, "status").unwrap_or("unavailable")
    }

    /// Everything: status, estimate, scan, number.
    pub fn story(&self) -> String {
        let delay = self.delay().map(|delay| format!(" {delay}")).unwrap_or_default();
        let estimate = self.is_under_way().then(|| self.estimate());
        // What the carrier only heard of, nobody has scanned; the headline says so.
        let scan = (self.status() != "pre_transit").then(|| self.latest_scan()).flatten();
        let rest = [estimate, scan, self.number()].into_iter().flatten().collect::<Vec<_>>().join(" ");
        format!("{}{delay} {rest}", self.headline()).trim_end().to_owned()
    }

    /// By what the parcel is followed, without a word of where it is.
    pub fn particulars(&self) -> String {
        format!("{} {}", self.estimate(), self.link())
    }

    fn carrier(&self) -> String {
        self.field("carrier").unwrap_or("the carrier").to_owned()
    }

    fn field(&self, key: &str) -> Option<&'a str> {
        text(self.carrier_says, key).or_else(|| text(self.store_says?, key))
    }

    fn day(&self, key: &str) -> Option<String> {
        self.field(key).map(|day| date(day, self.as_of))
    }

    pub fn is_under_way(&self) -> bool {
        !matches!(
            self.status(),
            "delivered" | "return_to_sender" | "failure" | "cancelled" | "error" | "available_for_pickup"
        )
    }

    pub fn headline(&self) -> String {
        let (subject, carrier) = (&self.subject, self.carrier());
        match self.status() {
            "in_transit" => format!("{subject} is in transit with {carrier}."),
            "out_for_delivery" => format!("{subject} is out for delivery with {carrier}."),
            "delivered" => self.delivered(),
            "available_for_pickup" => format!("{subject} is available for pickup, according to {carrier}."),
            "return_to_sender" => format!("{subject} is being returned to the sender, according to {carrier}."),
            "failure" | "error" => {
                format!("{} reports a problem with the delivery of {}.", capital(&carrier), lower_first(subject))
            }
            "cancelled" => format!("The shipping label of {} was cancelled.", lower_first(subject)),
            "pre_transit" | "unknown" => {
                let subject = lower_first(subject);
                format!("A shipping label was created for {subject}, but {carrier} hasn't scanned the parcel yet.")
            }
            "unavailable" => self.without_carrier(),
            // A status of the carrier that we do not know: better none than a wrong one.
            _ => format!("I can't tell from the details of the carrier where {} is right now.", lower_first(subject)),
        }
    }

    fn delivered(&self) -> String {
        let (subject, carrier) = (&self.subject, self.carrier());
        match self.day("delivered_on") {
            Some(day) => format!("{subject} was delivered on {day}, according to {carrier}."),
            None => format!("{subject} was delivered, according to {carrier}."),
        }
    }

    fn without_carrier(&self) -> String {
        let asked = format!(
            "I couldn't get the tracking details of {} from {} just now.",
            lower_first(&self.subject),
            self.carrier()
        );
        match self
            .day("delivered_on")
            .map(|day| format!("was delivered on {day}"))
            .or_else(|| self.day("shipped_on").map(|day| format!("was shipped on {day}")))
        {
            Some(known) => format!("{asked} It {known}."),
            None => asked,
        }
    }

    fn delay(&self) -> Option<String> {
        let detail = text(self.carrier_says, "status_detail")?;
        match detail {
            "delayed" | "delay" => Some("It is delayed.".to_owned()),
            "exception" | "delivery_exception" => Some(format!("{} reports an exception.", capital(&self.carrier()))),
            _ => None,
        }
    }

    /// When the carrier expects to deliver.
    pub fn estimate(&self) -> String {
        let carrier = capital(&self.carrier());
        match self.field("estimated_delivery") {
            Some(day) if is_past(day, self.as_of) => {
                format!("The estimated delivery date was {}.", date(day, self.as_of))
            }
            Some(day) => format!("{carrier} estimates the delivery for {}.", date(day, self.as_of)),
            None => "There is no estimated delivery date yet.".to_owned(),
        }
    }

    /// Where and when the parcel was seen last, with the carrier's words when they are a plain phrase.
    fn latest_scan(&self) -> Option<String> {
        // Before the carrier has the parcel, its only entry is the store's label.
        if self.carrier_says.get("status").is_some_and(|status| status == "pre_transit") {
            return None;
        }
        let scan = self.carrier_says.get("latest_scan").filter(|scan| scan.is_object())?;
        let place = [text(scan, "city"), text(scan, "state")].into_iter().flatten().collect::<Vec<_>>().join(", ");
        let place = if place.is_empty() { place } else { format!(" in {place}") };
        let day = text(scan, "on").map(|day| format!(" on {}", date(day, self.as_of))).unwrap_or_default();
        match text(scan, "message").filter(|message| is_plain(message)) {
            Some(message) => Some(format!("The latest scan says {}{place}{day}.", quoted(message))),
            None if place.is_empty() && day.is_empty() => None,
            None => Some(format!("The latest scan was{place}{day}.")),
        }
    }

    pub fn number(&self) -> Option<String> {
        self.field("tracking_number").map(|number| format!("The tracking number is {number}."))
    }

    pub fn carrier_sentence(&self) -> String {
        match (self.field("carrier"), self.field("tracking_number")) {
            (Some(carrier), Some(number)) => {
                format!("The carrier of {} is {carrier}. The tracking number is {number}.", lower_first(&self.subject))
            }
            (Some(carrier), None) => format!("The carrier of {} is {carrier}.", lower_first(&self.subject)),
            (None, _) => format!("I do not see which carrier has {}.", lower_first(&self.subject)),
        }
    }

    pub fn link(&self) -> String {
        let carrier = self.carrier_sentence();
        match self.field("tracking_url") {
            Some(url) => format!("{carrier} You can track it here: {url}"),
            None => format!("{carrier} I have no tracking link for {}.", lower_first(&self.subject)),
        }
    }

    /// What is in it, when the receipt says.
    pub fn contents(&self) -> Option<String> {
        let own = list(self.carrier_says, "items");
        let items = if own.is_empty() { self.store_says.map_or(&[][..], |record| list(record, "items")) } else { own };
        let items: Vec<String> = items.iter().filter_map(item).collect();
        (!items.is_empty()).then(|| enumerate(&items))
    }
}

/// Whether a carrier's message is one short phrase. Anything longer is not repeated: it could speak in our name.
fn is_plain(message: &str) -> bool {
    const LONGEST: usize = 60;
    message.chars().count() <= LONGEST
        && message
            .trim_end_matches('.')
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '\'' | ',' | '/'))
}

pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// `Order 7734` inside a sentence.
fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}
