//! Shipments as they leave and as they come.

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::domain::customer::{Address, Email};
use crate::domain::money::Money;
use crate::integrations::shipping::labels::{Label, Offer, Parcel, ParcelDraft};

#[derive(Serialize)]
pub struct Create<'a> {
    shipment: NewShipment<'a>,
}

#[derive(Serialize)]
struct NewShipment<'a> {
    /// Of a return, the goods leave from here.
    to_address: Place<'a>,
    /// And arrive here.
    from_address: Place<'a>,
    parcel: Dimensions,
    is_return: bool,
    reference: &'a str,
    options: Options,
}

#[derive(Serialize)]
struct Options {
    /// Else the label is a picture.
    label_format: &'static str,
}

#[derive(Serialize)]
struct Place<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    street1: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    street2: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    zip: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
}

/// Inches and ounces, as decimal strings.
#[derive(Serialize)]
struct Dimensions {
    length: String,
    width: String,
    height: String,
    weight: String,
}

impl<'a> Create<'a> {
    /// EasyPost turns the addresses of a return around by itself: they are given as of the parcel that went out.
    pub fn of(draft: &'a ParcelDraft) -> Self {
        let shopper = Place {
            phone: draft.phone.as_deref(),
            email: draft.email.as_ref().map(Email::as_str),
            ..place(&draft.from)
        };
        let shipment = NewShipment {
            to_address: shopper,
            from_address: place(&draft.to),
            parcel: dimensions(draft.parcel),
            is_return: true,
            reference: draft.effect.as_str(),
            options: Options { label_format: "PDF" },
        };
        Self { shipment }
    }
}

fn place(address: &Address) -> Place<'_> {
    Place {
        name: address.name.as_deref(),
        street1: address.line1.as_deref(),
        street2: address.line2.as_deref(),
        city: address.city.as_deref(),
        state: address.province.as_deref(),
        zip: address.postcode.as_deref(),
        country: address.country.as_deref(),
        phone: None,
        email: None,
    }
}

/// A parcel that is said to be smaller than it is costs a surcharge later.
fn dimensions(parcel: Parcel) -> Dimensions {
    let gram_in_an_ounce = Decimal::new(28_349_523_125, 9);
    let centimetre_in_an_inch = Decimal::new(254, 2);
    let up = |amount: u32, unit: Decimal| {
        let exact = Decimal::from(amount) / unit;
        exact.round_dp_with_strategy(1, RoundingStrategy::AwayFromZero).normalize().to_string()
    };
    Dimensions {
        length: up(parcel.length_cm, centimetre_in_an_inch),
        width: up(parcel.width_cm, centimetre_in_an_inch),
        height: up(parcel.height_cm, centimetre_in_an_inch),
        weight: up(parcel.weight_grams, gram_in_an_ounce),
    }
}

#[derive(Deserialize)]
pub struct WireShipment {
    pub id: String,
    pub reference: Option<String>,
    #[serde(default)]
    pub rates: Vec<WireRate>,
    #[serde(default)]
    messages: Vec<Value>,
    selected_rate: Option<WireRate>,
    tracking_code: Option<String>,
    postage_label: Option<PostageLabel>,
    tracker: Option<Followed>,
}

#[derive(Deserialize)]
pub struct Rates {
    pub rates: Vec<WireRate>,
}

#[derive(Deserialize)]
pub struct WireRate {
    id: String,
    carrier: String,
    service: String,
    rate: String,
    currency: String,
}

#[derive(Deserialize)]
struct PostageLabel {
    label_url: Option<String>,
    label_pdf_url: Option<String>,
}

#[derive(Deserialize)]
struct Followed {
    public_url: Option<String>,
}

impl WireRate {
    fn price(&self) -> Option<Money> {
        Money::parse(&self.rate, self.currency.parse().ok()?).ok()
    }
}

/// What can be bought. A price that cannot be read is none.
pub fn offers(shipment: &str, rates: &[WireRate]) -> Vec<Offer> {
    let offers = rates.iter().filter_map(|rate| {
        Some(Offer {
            shipment: shipment.to_owned(),
            rate: rate.id.clone(),
            carrier: rate.carrier.clone(),
            service: rate.service.clone(),
            price: rate.price()?,
        })
    });
    offers.collect()
}

impl WireShipment {
    pub fn is_bought(&self) -> bool {
        self.postage_label.is_some()
    }

    /// Why carriers gave no price: carrier and words.
    pub fn problems(&self) -> impl Iterator<Item = (&str, &str)> {
        let text = |message: &Value, field: &str| message.get(field).and_then(Value::as_str).is_some();
        let readable = self.messages.iter().filter(move |message| text(message, "carrier") && text(message, "message"));
        readable.filter_map(|message| Some((message.get("carrier")?.as_str()?, message.get("message")?.as_str()?)))
    }

    /// The label, if the shipment has one; why it cannot be used, if it lacks something.
    pub fn label(self) -> Result<Option<Label>, &'static str> {
        let Some(file) = self.postage_label else { return Ok(None) };
        let url = file.label_pdf_url.or(file.label_url).filter(|url| is_web_address(url));
        let rate = self.selected_rate.ok_or("the label has no price")?;
        Ok(Some(Label {
            shipment: self.id,
            price: rate.price().ok_or("the label's price cannot be read")?,
            carrier: rate.carrier,
            service: rate.service,
            tracking_number: self.tracking_code.ok_or("the label has no tracking number")?,
            url: url.ok_or("the label's file has no web address")?,
            tracking_url: self.tracker.and_then(|tracker| tracker.public_url).filter(|url| is_web_address(url)),
        }))
    }
}

/// It goes into mails.
fn is_web_address(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

#[cfg(test)]
mod tests;
