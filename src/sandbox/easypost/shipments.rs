//! Shipments: rated when they are made, bought once, and then on their way. Labels are PDF only; a real account draws other
//! formats, too, and a picture where none is asked for.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::{answered, error, error_with, label, moment, rates, shown, unauthorised};
use crate::sandbox::Shared;
use crate::sandbox::fault::Vendor;
use crate::sandbox::world::World;
use crate::sandbox::world::shipping::{Dimensions, Place, Rate, Shipment};

/// The address of this vendor, as the client reaches it.
fn base(headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    format!("http://{host}/{}", Vendor::Easypost.name())
}

pub(super) async fn create(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    if let Some(refusal) = unauthorised(&shared, &headers) {
        return refusal;
    }
    let Ok(given) = serde_json::from_slice::<Value>(&body) else {
        return error(StatusCode::BAD_REQUEST, "BAD_REQUEST", "The request body is not valid JSON.");
    };
    let draft = match Draft::read(&given) {
        Ok(draft) => draft,
        Err(problems) => return missing(&problems),
    };
    let now = shared.clock.now();
    let id = shared.world.change(|world| draft.enter(world, now)).await;
    told(&shared, &headers, StatusCode::CREATED, &id)
}

fn missing(problems: &[(&str, &str)]) -> Response {
    let errors: Vec<Value> =
        problems.iter().map(|(field, message)| json!({"field": field, "message": message})).collect();
    let invalid = StatusCode::UNPROCESSABLE_ENTITY;
    error_with(invalid, "PARAMETER.REQUIRED", "Missing required parameter.", errors.into())
}

/// What a client asks to be shipped.
struct Draft {
    reference: Option<String>,
    is_return: bool,
    from: Place,
    to: Place,
    dimensions: Dimensions,
}

impl Draft {
    fn read(given: &Value) -> Result<Self, Vec<(&'static str, &'static str)>> {
        let Some(given) = given.get("shipment").filter(|given| given.is_object()) else {
            return Err(vec![("shipment", "cannot be blank")]);
        };
        let mut problems = Vec::new();
        let mut place = |field: &'static str| {
            let place = given.get(field).filter(|place| place.is_object());
            let place = place.and_then(|place| serde_json::from_value(place.clone()).ok());
            place.unwrap_or_else(|| {
                problems.push((field, "cannot be blank"));
                Place::default()
            })
        };
        let (from, to) = (place("from_address"), place("to_address"));
        let mut number = |field: &'static str, needed: bool| {
            let read = given.get("parcel").and_then(|parcel| number_of(parcel.get(field)?));
            if needed && read.is_none() {
                problems.push((field, "must be a number greater than zero"));
            }
            read.unwrap_or_default().normalize().to_string()
        };
        let dimensions = Dimensions {
            length: number("length", false),
            width: number("width", false),
            height: number("height", false),
            weight: number("weight", true),
        };
        if given.pointer("/options/label_format").and_then(Value::as_str) != Some("PDF") {
            problems.push(("options.label_format", "only PDF is drawn here"));
        }
        let reference = given.get("reference").and_then(Value::as_str).map(str::to_owned);
        let is_return = given.get("is_return").and_then(Value::as_bool).unwrap_or(false);
        if problems.is_empty() { Ok(Self { reference, is_return, from, to, dimensions }) } else { Err(problems) }
    }

    fn enter(self, world: &mut World, now: Timestamp) -> String {
        let id = format!("shp_{}", rates::id(&format!("shipment {} {now}", world.shipments.len())));
        let mut shipment = Shipment {
            id: id.clone(),
            reference: self.reference,
            at: now,
            is_return: self.is_return,
            from: self.from,
            to: self.to,
            dimensions: self.dimensions,
            rates: Vec::new(),
            messages: Vec::new(),
            postage: None,
        };
        rate(&mut shipment, world, 1);
        world.shipments.push(shipment);
        id
    }
}

/// A number that may be written as text.
fn number_of(value: &Value) -> Option<Decimal> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text.trim().parse().ok().filter(|number| *number > Decimal::ZERO)
}

fn rate(shipment: &mut Shipment, world: &World, asked: usize) {
    let (origin, destination) = shipment.way();
    let currency = world.shop.currency;
    let (rates, messages) = rates::of(&shipment.id, asked, origin, destination, &shipment.dimensions, currency);
    shipment.rates.extend(rates);
    shipment.messages = messages;
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if let Some(refusal) = unauthorised(&shared, &headers) {
        return refusal;
    }
    told(&shared, &headers, StatusCode::OK, &id)
}

pub(super) async fn rerate(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if let Some(refusal) = unauthorised(&shared, &headers) {
        return refusal;
    }
    let shown = shared.world.change(|world| {
        let mut shipment = world.shipment(&id)?.clone();
        let before = shipment.rates.len();
        rate(&mut shipment, world, before + 1);
        let fresh: Vec<Value> = shipment.rates.iter().skip(before).map(|rate| rate_shown(rate, &shipment)).collect();
        // Older prices hold as well.
        let known = world.shipments.iter_mut().find(|known| known.id == shipment.id)?;
        *known = shipment;
        Some(json!({ "rates": fresh }))
    });
    shown.await.map_or_else(not_found, |rates| answered(Json(rates).into_response()))
}

enum NotBought {
    /// There is no such shipment, or it has no such rate.
    Unknown,
    Before,
}

pub(super) async fn buy(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    if let Some(refusal) = unauthorised(&shared, &headers) {
        return refusal;
    }
    let given = serde_json::from_slice::<Value>(&body).unwrap_or_default();
    let Some(wanted) = given.pointer("/rate/id").and_then(Value::as_str) else {
        return missing(&[("rate", "cannot be blank")]);
    };
    let now = shared.clock.now();
    let bought = shared.world.change(|world| {
        let shipment = world.shipment(&id).ok_or(NotBought::Unknown)?;
        if shipment.postage.is_some() {
            return Err(NotBought::Before);
        }
        let rate = shipment.rate(wanted).cloned().ok_or(NotBought::Unknown)?;
        let id = shipment.id.clone();
        world.buy_label(now, &id, &rate);
        Ok(id)
    });
    match bought.await {
        Ok(id) => told(&shared, &headers, StatusCode::OK, &id),
        Err(NotBought::Unknown) => not_found(),
        Err(NotBought::Before) => {
            let message = "Postage already exists for this shipment.";
            error(StatusCode::UNPROCESSABLE_ENTITY, "SHIPMENT.POSTAGE.EXISTS", message)
        }
    }
}

/// The label's file, for whoever has its address.
pub(super) async fn file(State(shared): State<Arc<Shared>>, Path(name): Path<String>) -> Response {
    let world = shared.world.read();
    let found = world.shipments.iter().find_map(|shipment| {
        let postage = shipment.postage.as_ref().filter(|postage| format!("{}.pdf", postage.file) == name)?;
        Some(label::pdf(shipment, postage))
    });
    match found {
        Some(file) => ([(header::CONTENT_TYPE, "application/pdf")], file).into_response(),
        None => not_found(),
    }
}

fn not_found() -> Response {
    error(StatusCode::NOT_FOUND, "NOT_FOUND", "The requested resource could not be found.")
}

fn told(shared: &Shared, headers: &HeaderMap, status: StatusCode, id: &str) -> Response {
    let world = shared.world.read();
    let found = world.shipment(id).map(|shipment| shipment_shown(&world, shipment, shared.clock.now(), headers));
    found.map_or_else(not_found, |shown| answered((status, Json(shown)).into_response()))
}

/// A `Shipment` as it is now.
fn shipment_shown(world: &World, shipment: &Shipment, now: Timestamp, headers: &HeaderMap) -> Value {
    let postage = shipment.postage.as_ref();
    let selected = postage.and_then(|postage| shipment.rate(&postage.rate));
    let tracker = postage.and_then(|postage| world.trackers.iter().find(|tracker| tracker.id == postage.tracker));
    let tracker = tracker.map(|tracker| shown(world, tracker, now));
    let mut fields = Map::new();
    let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    set("id", shipment.id.clone().into());
    set("object", "Shipment".into());
    set("mode", "test".into());
    set("created_at", moment(shipment.at));
    set("updated_at", moment(postage.map_or(shipment.at, |postage| postage.at)));
    set("reference", shipment.reference.clone().into());
    set("is_return", shipment.is_return.into());
    set("to_address", address_shown(&shipment.to));
    set("from_address", address_shown(&shipment.from));
    set("parcel", parcel_shown(shipment));
    set("rates", shipment.rates.iter().map(|rate| rate_shown(rate, shipment)).collect());
    set("messages", shipment.messages.iter().map(message_shown).collect());
    set("selected_rate", selected.map_or(Value::Null, |rate| rate_shown(rate, shipment)));
    set("postage_label", postage.map_or(Value::Null, |postage| label_shown(postage.at, &postage.file, headers)));
    set("tracking_code", postage.map(|postage| postage.tracking_code.clone()).into());
    set("status", tracker.as_ref().map_or("unknown".into(), |tracker| tracker["status"].clone()));
    set("tracker", tracker.unwrap_or_default());
    set("fees", selected.map(fee_shown).into_iter().collect());
    set("refund_status", Value::Null);
    set("insurance", Value::Null);
    Value::Object(fields)
}

fn rate_shown(rate: &Rate, shipment: &Shipment) -> Value {
    json!({
        "id": rate.id, "object": "Rate", "mode": "test", "service": rate.service, "carrier": rate.carrier,
        "rate": rate.price.decimal(), "currency": rate.price.currency().code(), "retail_rate": null,
        "list_rate": rate.price.decimal(), "delivery_days": rate.days, "est_delivery_days": rate.days,
        "delivery_date": null, "delivery_date_guaranteed": false, "shipment_id": shipment.id,
        "carrier_account_id": format!("ca_{}", rates::id(&rate.carrier)),
    })
}

fn fee_shown(rate: &Rate) -> Value {
    json!({"object": "Fee", "type": "PostageFee", "amount": format!("{}000", rate.price.decimal()), "charged": true,
           "refunded": false})
}

fn message_shown((carrier, words): &(String, String)) -> Value {
    let account = format!("ca_{}", rates::id(carrier));
    json!({"carrier": carrier, "carrier_account_id": account, "type": "rate_error", "message": words})
}

fn label_shown(at: Timestamp, file: &str, headers: &HeaderMap) -> Value {
    let base = base(headers);
    json!({
        "object": "PostageLabel", "id": format!("pl_{}", rates::id(file)), "created_at": moment(at),
        "label_date": moment(at), "label_resolution": 300, "label_size": "4x6", "label_type": "default",
        "label_file_type": "application/pdf", "label_url": format!("{base}/labels/{file}.pdf"), "label_pdf_url": null,
        "label_zpl_url": null, "label_epl2_url": null,
    })
}

fn address_shown(place: &Place) -> Value {
    let mut fields = serde_json::to_value(place).unwrap_or_default();
    let id = format!("adr_{}", rates::id(&fields.to_string()));
    if let Some(fields) = fields.as_object_mut() {
        fields.extend([("id".to_owned(), id.into()), ("object".to_owned(), "Address".into())]);
    }
    fields
}

fn parcel_shown(shipment: &Shipment) -> Value {
    let Dimensions { length, width, height, weight } = &shipment.dimensions;
    let number = |text: &String| serde_json::from_str::<Value>(text).unwrap_or_default();
    json!({
        "id": format!("prcl_{}", rates::id(&shipment.id)), "object": "Parcel", "length": number(length),
        "width": number(width), "height": number(height), "weight": number(weight), "predefined_package": null,
    })
}
