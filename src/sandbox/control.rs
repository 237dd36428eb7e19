//! The sandbox's control routes, for tests in any language. They lie on a port of their own and show secrets: it
//! belongs on the loopback interface.
//!
//! | route | does |
//! |---|---|
//! | `GET /` | base URLs of the vendors, the credentials that they take, and who the agent is at Intercom |
//! | `GET /requests?vendor=gorgias&since=12` | requests that came in, oldest first ([`RecordedRequest`](super::RecordedRequest)); both parameters may be left out |
//! | `GET /world` | the whole state |
//! | `GET /mail?to=ana@example.com` | mails that were sent, oldest first |
//! | `GET /faults` | what is armed |
//! | `POST /faults` | arms a [`Fault`]: `{"vendor":"gorgias","operation":"POST /api/tickets","times":1,"effect":{"kind":"cut_after"}}` |
//! | `DELETE /faults` | disarms all |
//! | `POST /faults/release` | `{"barrier":"name"}` lets held answers go; `{"released": 1}` |
//! | `GET /clock` | `{"now":"2026-11-23T15:00:00Z"}` |
//! | `POST /clock` | `{"advance_seconds":3600}` moves the world forward; never back |
//! | `GET /tickets?vendor=zendesk` | the helpdesks' tickets, oldest first ([`TicketShown`]); of all where the parameter is left out |
//! | `POST /tickets?vendor=gorgias` | a customer writes to that helpdesk ([`FromCustomer`](super::FromCustomer)): `{"email":"ana@example.com","subject":"Where is it?","text":"#1001"}`, in its own chat with `"chat":true`; `{"id":82000001}` |
//! | `POST /tickets/{id}?vendor=zendesk` | has somebody do something with one ([`Act`]): `{"act":"reply","text":"I am on it.","by":"rosa@juniperandpine.example"}`; also `note`, `close`, `reopen`, `assign`, `tag`, `untag` (`name`), `bot`, `rule`, `mail`. Without the parameter it is the ticket of the helpdesk that has it |
//! | `GET /people` | a page on which one plays the people at the helpdesk, and their customers |
//! | `POST /webhooks` | how the vendors' events come from now on: `{"copies":2,"late_milliseconds":500,"reversed":true}`; `{}` as usual |
//! | `PUT /intercom/endpoint` | `{"url":"https://…","topics":[]}` sets up in the Developer Hub where Intercom sends its events; all of them, where no topics are named |
//! | `POST /helpdesks/front/webhook` | `{"url":"https://…"}` enters the address that Front sends to, as its settings do; it asks there first |
//! | `POST /reset` | begins the world anew, and forgets requests and faults |
//!
//! Effects: `latency` (`milliseconds`), `rate_limited` (`retry_after_seconds`), `throttled`, `status` (`code`),
//! `garbage`, `cut_before`, `cut_after`, `hold` (`barrier`). Everything is JSON; an error is `{"error":"…"}`.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};

use super::helpdesk::{self, FromCustomer, TicketShown};
use super::world::intercom::IntercomEndpoint;
use super::{Act, Carriage, Fault, INTERCOM_WORKSPACE, Shared, Vendor, vendor_url};

pub(super) fn routes(shared: &Arc<Shared>, vendors: SocketAddr) -> Router {
    let about = Arc::clone(shared);
    Router::new()
        .route("/", get(move || async move { Json(overview(&about, vendors)) }))
        .route("/requests", get(requests))
        .route("/world", get(world))
        .route("/mail", get(mail))
        .route("/faults", get(faults).post(arm).delete(disarm))
        .route("/faults/release", post(release))
        .route("/clock", get(clock).post(advance))
        .route("/tickets", get(tickets).post(hear))
        .route("/tickets/{id}", post(act))
        .route("/people", get(|| async { Html(include_str!("people.html")) }))
        .route("/webhooks", post(send_events))
        .route("/intercom/endpoint", put(set_up_intercom))
        .route("/helpdesks/front/webhook", post(webhook))
        .route("/reset", post(reset))
        .fallback(|| async { error(StatusCode::NOT_FOUND, "there is no such control route; GET / lists URLs") })
        .with_state(Arc::clone(shared))
}

fn overview(shared: &Shared, vendors: SocketAddr) -> Value {
    let urls: serde_json::Map<String, Value> =
        Vendor::ALL.into_iter().map(|vendor| (vendor.name().to_owned(), vendor_url(vendors, vendor).into())).collect();
    let agent = shared.world.read().helpdesk.users.first().map(|own| own.id);
    let intercom = json!({"app_id": INTERCOM_WORKSPACE, "admin": agent});
    json!({"urls": urls, "credentials": shared.credentials, "intercom": intercom, "now": shared.clock.now()})
}

fn error(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "error": message }))).into_response()
}

#[derive(Deserialize)]
struct Which {
    vendor: Option<Vendor>,
    #[serde(default)]
    since: u64,
}

async fn requests(State(shared): State<Arc<Shared>>, Query(which): Query<Which>) -> Response {
    let mut requests = shared.journal.since(which.since);
    requests.retain(|request| which.vendor.is_none_or(|vendor| vendor == request.vendor));
    Json(requests).into_response()
}

async fn world(State(shared): State<Arc<Shared>>) -> Response {
    Json(&*shared.world.read()).into_response()
}

#[derive(Deserialize)]
struct Recipient {
    to: Option<String>,
}

async fn mail(State(shared): State<Arc<Shared>>, Query(recipient): Query<Recipient>) -> Response {
    let world = shared.world.read();
    let wanted = |mail: &&super::Mail| {
        recipient.to.as_ref().is_none_or(|to| mail.to.iter().any(|address| address.eq_ignore_ascii_case(to)))
    };
    Json(world.mails.iter().filter(wanted).collect::<Vec<_>>()).into_response()
}

#[derive(Deserialize)]
struct Helpdesk {
    vendor: Option<Vendor>,
}

async fn tickets(State(shared): State<Arc<Shared>>, Query(of): Query<Helpdesk>) -> Response {
    let mut tickets = TicketShown::all(&shared.world.read());
    tickets.retain(|ticket| of.vendor.is_none_or(|vendor| vendor == ticket.vendor));
    Json(tickets).into_response()
}

async fn hear(
    State(shared): State<Arc<Shared>>,
    Query(of): Query<Helpdesk>,
    letter: Result<Json<FromCustomer>, JsonRejection>,
) -> Response {
    let letter = match letter {
        Ok(Json(letter)) => letter,
        Err(rejection) => return error(rejection.status(), &rejection.body_text()),
    };
    match helpdesk::hear(&shared, of.vendor.unwrap_or(Vendor::Gorgias), &letter).await {
        Some(id) => (StatusCode::CREATED, Json(json!({ "id": id }))).into_response(),
        None => error(StatusCode::BAD_REQUEST, "this vendor is no helpdesk"),
    }
}

async fn act(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<u64>,
    Query(of): Query<Helpdesk>,
    act: Result<Json<Act>, JsonRejection>,
) -> Response {
    let act = match act {
        Ok(Json(act)) => act,
        Err(rejection) => return error(rejection.status(), &rejection.body_text()),
    };
    match helpdesk::act(&shared, of.vendor, id, &act).await {
        Ok(()) => Json(json!({"done": true})).into_response(),
        Err(reason) => error(StatusCode::NOT_FOUND, &reason.to_string()),
    }
}

async fn set_up_intercom(
    State(shared): State<Arc<Shared>>,
    endpoint: Result<Json<IntercomEndpoint>, JsonRejection>,
) -> Response {
    match endpoint {
        Ok(Json(endpoint)) => {
            shared.world.change(|world| world.intercom.endpoint = Some(endpoint.clone())).await;
            Json(endpoint).into_response()
        }
        Err(rejection) => error(rejection.status(), &rejection.body_text()),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Address {
    url: String,
}

async fn webhook(State(shared): State<Arc<Shared>>, to: Result<Json<Address>, JsonRejection>) -> Response {
    match to {
        Ok(Json(Address { url })) => {
            shared.world.change(|world| world.front.send_to(&url, super::Clock::machine())).await;
            Json(json!({"asked": true})).into_response()
        }
        Err(rejection) => error(rejection.status(), &rejection.body_text()),
    }
}

async fn faults(State(shared): State<Arc<Shared>>) -> Response {
    Json(shared.faults.list()).into_response()
}

async fn arm(State(shared): State<Arc<Shared>>, fault: Result<Json<Fault>, JsonRejection>) -> Response {
    match fault {
        Ok(Json(fault)) => {
            shared.faults.arm(fault.clone());
            (StatusCode::CREATED, Json(fault)).into_response()
        }
        Err(rejection) => error(rejection.status(), &rejection.body_text()),
    }
}

async fn disarm(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.faults.clear();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Release {
    barrier: String,
}

async fn release(State(shared): State<Arc<Shared>>, which: Result<Json<Release>, JsonRejection>) -> Response {
    match which {
        Ok(Json(which)) => Json(json!({"released": shared.faults.release(&which.barrier)})).into_response(),
        Err(rejection) => error(rejection.status(), &rejection.body_text()),
    }
}

async fn send_events(State(shared): State<Arc<Shared>>, carriage: Result<Json<Carriage>, JsonRejection>) -> Response {
    match carriage {
        Ok(Json(carriage)) => {
            shared.carry(carriage);
            Json(carriage).into_response()
        }
        Err(rejection) => error(rejection.status(), &rejection.body_text()),
    }
}

async fn clock(State(shared): State<Arc<Shared>>) -> Response {
    Json(json!({"now": shared.clock.now()})).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_seconds: i64,
}

async fn advance(State(shared): State<Arc<Shared>>, by: Result<Json<Advance>, JsonRejection>) -> Response {
    let by = match by {
        Ok(Json(by)) => by.advance_seconds,
        Err(rejection) => return error(rejection.status(), &rejection.body_text()),
    };
    if by < 0 {
        return error(StatusCode::BAD_REQUEST, "the clock does not go back; advance_seconds must not be negative");
    }
    shared.clock.advance(SignedDuration::from_secs(by));
    clock(State(shared)).await
}

async fn reset(State(shared): State<Arc<Shared>>) -> Response {
    match shared.reset().await {
        Ok(()) => Json(json!({"reset": true})).into_response(),
        Err(reason) => error(StatusCode::INTERNAL_SERVER_ERROR, &reason.to_string()),
    }
}
