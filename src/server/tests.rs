use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use axum::routing::get;
use serde_json::Value;
use tower::ServiceExt as _;

use super::{ServerError, ServerSettings, dressed};

async fn fetch(routes: Router) -> (StatusCode, String) {
    let request = Request::get("/").header("X-Request-Id", "mine").body(Body::empty()).unwrap();
    let response = dressed(routes, &ServerSettings::default()).unwrap().oneshot(request).await.unwrap();
    assert_eq!(response.headers()["x-request-id"], "mine");
    let status = response.status();
    let bytes = to_bytes(response.into_body(), 10_000).await.unwrap();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn a_panic_is_an_internal_error_without_internals() {
    async fn breaks() {
        panic!("the secret reason");
    }
    let (status, text) = fetch(Router::new().route("/", get(breaks))).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    let body: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(body["error"]["code"], "internal_error");
    assert_eq!(body["request_id"], "mine");
    assert!(!text.contains("secret"), "{text}");
}

#[test]
fn an_origin_is_no_address() {
    for origin in ["https://shop.example/", "https://shop.example/path", "shop.example", "*", "null", "https://"] {
        let settings = ServerSettings { allowed_origins: vec![origin.to_owned()], ..ServerSettings::default() };
        let refused = dressed(Router::new(), &settings).err();
        assert!(matches!(refused, Some(ServerError::Setting { key: "server.allowed_origins", .. })), "{origin}");
    }
}
