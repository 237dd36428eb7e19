use serde_json::Value;

use super::*;

#[test]
fn it_says_whose_it_is_for_which_channel_and_for_ten_seconds() {
    let signer = Signer { app: "app_1".to_owned(), channel: "cha_1".to_owned(), secret: "front-app-secret".into() };
    let token = signer.token("2026-11-23T16:00:00.9Z".parse().unwrap(), "id-1").unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    let read = |part: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    assert_eq!(read(parts[0]), json!({"alg": "HS256", "typ": "JWT"}));
    assert_eq!(read(parts[1]), json!({"iss": "app_1", "sub": "cha_1", "jti": "id-1", "exp": 1_795_449_610}));
    // Computed apart from this code.
    assert_eq!(parts[2], "ZWR-cWFHCFBSPULV84XRUTunGc2EOSGoDIU_BivuG9s");
    let now = "2026-11-23T16:00:00Z".parse().unwrap();
    let header = signer.header(now).unwrap();
    assert!(header.is_sensitive() && header.to_str().unwrap().starts_with("Bearer ey"));
    assert_ne!(signer.header(now), signer.header(now), "each is used once");
}
