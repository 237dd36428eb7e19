//! Who may come in: keys, conversation tokens, and how often.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tokio::time::Instant;
use url::form_urlencoded;

use super::address;
use super::app::App;
use super::error::ApiError;
use super::rate::Verdict;
use crate::domain::id::ConversationId;
use crate::storage::stores::{ApiKey, KeyKind};

pub const TOKEN_HEADER: HeaderName = HeaderName::from_static("x-conversation-token");

/// Who calls.
#[derive(Clone, Debug)]
pub struct Caller {
    pub key: ApiKey,
    /// The network that the call comes from.
    pub network: IpAddr,
    /// The key is the built-in page's, for which this machine's owner has opened the operator's view.
    pub demonstrates: bool,
}

impl Caller {
    pub fn is_public(&self) -> bool {
        self.key.kind == KeyKind::Public
    }

    pub fn is_operator(&self) -> bool {
        !self.is_public() || self.demonstrates
    }

    /// For what a browser's key must not do.
    pub fn secret_only(&self) -> Result<(), ApiError> {
        if self.is_public() {
            return Err(ApiError::forbidden("this needs a secret key (sk_…); a public key may not do it"));
        }
        Ok(())
    }

    /// For decisions about effects: never a shopper's, nor any server's key.
    pub fn may_decide(&self) -> Result<(), ApiError> {
        if self.key.kind != KeyKind::Approver {
            return Err(ApiError::forbidden(
                "this needs a key that may decide; `deskhand stores add-key STORE --kind approver` makes one",
            ));
        }
        Ok(())
    }

    /// What a shopper's failed tries are counted under. A server's own address says nothing of its shoppers.
    pub fn shopper_address(&self) -> Option<String> {
        self.is_public().then(|| self.network.to_string())
    }
}

/// Lets a request in that has a good key and comes not too often.
pub async fn admit(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let client = address::client(peer.ip(), request.headers(), &app.settings.trusted_proxies);
    let text = key_text(&request);
    let (verdict, caller) = identify(&app, address::network(client), text).await;
    let mut response = match caller {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(error) => error.into_response(),
    };
    if let Some(verdict) = verdict {
        verdict.write(response.headers_mut());
    }
    response
}

async fn identify(
    app: &App,
    network: IpAddr,
    text: Result<String, ApiError>,
) -> (Option<Verdict>, Result<Caller, ApiError>) {
    let secret = text.as_deref().is_ok_and(|text| text.starts_with("sk_"));
    let take_address = || app.address_limit.take(network, Instant::now());
    let of_address = (!secret).then(take_address);
    if let Some(verdict) = of_address.filter(|verdict| !verdict.allowed) {
        return (of_address, Err(too_often(verdict)));
    }
    let key = match known_key(app, &text).await {
        Ok(key) => key,
        Err(error) => return (Some(of_address.unwrap_or_else(take_address)), Err(error)),
    };
    let of_key = app.key_limit.take(key.id.clone(), Instant::now());
    let tighter = if of_key.allowed { of_key.tighter(of_address) } else { of_key };
    let demonstrates = app.settings.demo_page.as_ref().map(|page| page.public_key.as_str()) == text.as_deref().ok();
    let caller = Caller { key, network, demonstrates };
    (Some(tighter), if of_key.allowed { Ok(caller) } else { Err(too_often(of_key)) })
}

fn too_often(verdict: Verdict) -> ApiError {
    ApiError::rate_limited("too many requests; wait for Retry-After seconds", verdict.retry_after_seconds)
}

async fn known_key(app: &App, text: &Result<String, ApiError>) -> Result<ApiKey, ApiError> {
    let text = text.as_ref().map_err(Clone::clone)?;
    let unknown = || ApiError::unauthorized("this API key is not known, or was revoked");
    let key = app.desk.storage().key(text).await?.ok_or_else(unknown)?;
    if app.desk.store(&key.store).is_none() {
        return Err(ApiError::unauthorized("the store of this API key is not served here"));
    }
    Ok(key)
}

/// The key as it was sent. A browser's `EventSource` can send no header, so a public key may stand in a stream's address;
/// a secret one may not, because addresses are logged.
fn key_text(request: &Request) -> Result<String, ApiError> {
    if let Some(value) = request.headers().get(header::AUTHORIZATION) {
        let token = value.to_str().ok().and_then(|text| text.split_once(' '));
        return match token {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim().to_owned()),
            _ => Err(ApiError::unauthorized("the Authorization header must be: Bearer sk_… or Bearer pk_…")),
        };
    }
    let is_stream = request.method() == Method::GET && request.uri().path().ends_with("/events");
    match parameter(request.uri(), "key").filter(|_| is_stream) {
        Some(key) if key.starts_with("pk_") => Ok(key),
        Some(_) => Err(ApiError::unauthorized("only a public key (pk_…) may stand in an address")),
        None => Err(ApiError::unauthorized("send an API key: Authorization: Bearer sk_… or Bearer pk_…")),
    }
}

/// The first value of a parameter in the address.
pub fn parameter(uri: &Uri, name: &str) -> Option<String> {
    let query = uri.query()?;
    form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or_else(ApiError::internal)
    }
}

/// A conversation that the caller may touch.
#[derive(Clone, Debug)]
pub struct Addressed {
    pub caller: Caller,
    pub conversation: ConversationId,
}

impl FromRequestParts<Arc<App>> for Addressed {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, app).await?;
        let Path(id) = Path::<String>::from_request_parts(parts, app).await.map_err(|_| ApiError::no_conversation())?;
        let conversation = ConversationId::new(id);
        let store = &caller.key.store;
        let token = conversation_token(&parts.headers, &parts.uri);
        let holds_token = token.is_some_and(|token| app.tokens.accepts(&token, store, &conversation));
        if caller.is_public() && !holds_token {
            // The same answer whether the conversation exists or not.
            return Err(ApiError::forbidden(
                "a public key needs the conversation's token, in X-Conversation-Token; opening returned it",
            ));
        }
        if !holds_token {
            app.owned(&conversation, store).await?;
        }
        Ok(Self { caller, conversation })
    }
}

fn conversation_token(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    match headers.get(TOKEN_HEADER) {
        Some(value) => value.to_str().ok().map(str::to_owned),
        None => parameter(uri, "conversation_token"),
    }
}
