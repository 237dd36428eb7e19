//! What goes wrong on users' machines: each a clear sentence and an exit code.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use crate::program::Place;

const STORE: &str = "[stores.main]\nname = \"A\"\n";
const VENDORS: &str = "\
[stores.main.shopify]\nshop = \"a.myshopify.com\"\naccess_token = \"shpat_1\"\n\
[stores.main.easypost]\napi_key = \"k\"\n[stores.main.sendgrid]\napi_key = \"SG.1\"\nfrom = \"a@example.com\"\n\
[stores.main.gorgias]\ndomain = \"a\"\nuser = \"a@example.com\"\napi_key = \"k\"\n";

#[test]
fn an_unknown_key_in_the_configuration() {
    let place = Place::new().file("deskhand.toml", "[server]\nadress = \"127.0.0.1:1\"\n");
    insta::assert_snapshot!(place.run(&["chat"]).shown());
}

#[test]
fn a_malformed_configuration() {
    let place = Place::new().file("deskhand.toml", "[server\naddress = 1\n");
    insta::assert_snapshot!(place.run(&["serve"]).shown());
}

#[test]
fn a_configuration_that_is_not_there() {
    insta::assert_snapshot!(Place::new().run(&["serve", "--config", "nowhere.toml"]).shown());
}

#[test]
fn a_value_in_the_environment_that_does_not_fit() {
    let place = Place::new();
    insta::assert_snapshot!(place.command(&["demo"]).env("DESKHAND_ADDRESS", "here").run("").shown());
}

#[test]
fn a_server_that_would_close_every_connection() {
    for seconds in ["0", "86401", "4294967295"] {
        let ran = Place::new().command(&["demo", "--port", "0"]).env("DESKHAND_IDLE_SECONDS", seconds).run("");
        assert!(ran.err.contains("server.idle_seconds: it must be at least 1 and at most 86400"), "{}", ran.shown());
        assert_eq!(ran.code, Some(2), "{}", ran.shown());
    }
}

#[test]
fn a_secret_that_is_given_twice_and_one_whose_file_is_missing() {
    let place = Place::new();
    let twice = place.command(&["chat"]).env("OPENAI_API_KEY", "sk-1").env("OPENAI_API_KEY_FILE", "key");
    insta::assert_snapshot!(twice.run("").shown());
    insta::assert_snapshot!(place.command(&["chat"]).env("OPENAI_API_KEY_FILE", "key").run("").shown());
}

#[test]
fn a_model_without_a_name() {
    let place = Place::new();
    let nameless = place.command(&["chat"]).env("OPENAI_BASE_URL", "http://127.0.0.1:9/v1");
    insta::assert_snapshot!(nameless.run("").shown());
}

const KEYLESS: &str = "[model]\nmodel = \"gpt-9\"\n";
const HELLO: &str = "cases:\n  - name: hello\n    conversation: [{ say: \"hello\" }]\n";

#[test]
fn a_model_without_a_key_stops_only_what_asks_it() {
    let place = Place::new().file("deskhand.toml", KEYLESS).file("own.yaml", HELLO);
    let asks_none: [&[&str]; 5] = [
        &["eval", "own.yaml", "--check"],
        &["eval", "own.yaml"],
        &["policy", "explain", "1002"],
        &["tools", "check"],
        &["stores", "list"],
    ];
    for command in asks_none {
        place.run(command).well();
    }
    let cassette = place.run(&["eval", "own.yaml", "--model", "cassette"]);
    assert!(cassette.out.contains("nothing is recorded of it"), "{}", cassette.shown());
    let missing = "deskhand.toml:2: model.api_key is missing; set OPENAI_API_KEY, or OPENAI_BASE_URL for a server that \
                   needs no key";
    let asks: [&[&str]; 5] = [
        &["chat"],
        &["demo", "--port", "0"],
        &["serve", "--address", "127.0.0.1:0"],
        &["eval", "own.yaml", "--model", "configured"],
        &["eval", "own.yaml", "--record"],
    ];
    let place = place.file("deskhand.toml", &format!("{KEYLESS}{STORE}{VENDORS}"));
    for command in asks {
        let ran = place.run(command);
        assert!(ran.code == Some(2) && ran.err.contains(missing), "{command:?}: {}", ran.shown());
    }
    let doctor = place.run(&["doctor", "--quick"]);
    assert!(doctor.out.contains(missing), "{}", doctor.shown());
}

#[test]
fn serving_without_a_store() {
    insta::assert_snapshot!(Place::new().command(&["serve", "--address", "127.0.0.1:0"]).run("").shown());
}

#[test]
fn serving_a_store_whose_vendors_are_not_described() {
    let place = Place::new().file("deskhand.toml", STORE);
    insta::assert_snapshot!(place.run(&["serve", "--address", "127.0.0.1:0"]).shown());
}

#[test]
fn serving_without_a_model() {
    let text = format!("{STORE}{VENDORS}");
    let place = Place::new().file("deskhand.toml", &text);
    insta::assert_snapshot!(place.run(&["serve", "--address", "127.0.0.1:0"]).shown());
    let bad = place.file("deskhand.toml", &text.replace("a.myshopify.com", "https://a.example"));
    insta::assert_snapshot!(bad.run(&["serve", "--address", "127.0.0.1:0"]).shown());
}

#[test]
fn a_policy_that_does_not_read() {
    let place = Place::new().file("policy.toml", "[caps]\nturns_per_week = 3\n");
    insta::assert_snapshot!(place.run(&["chat"]).shown());
    let place = Place::new().file("policy.toml", "[tools]\nissue_gold = \"act\"\n");
    insta::assert_snapshot!(place.run(&["chat"]).shown());
}

#[test]
fn an_occupied_port() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    insta::assert_snapshot!(Place::new().run(&["demo", "--port", &port]).shown());
}

#[test]
fn a_folder_that_cannot_be_made_or_written() {
    let place = Place::new().file("taken", "a file");
    insta::assert_snapshot!(place.run(&["chat", "--data", "taken"]).shown());
    insta::assert_snapshot!(place.run(&["doctor", "--quick", "--data", "taken/below"]).shown());
    #[cfg(target_os = "linux")]
    {
        // Nobody may write there, not even root.
        let ran = place.run(&["chat", "--data", "/proc/deskhand"]);
        assert_eq!(ran.code, Some(2));
        assert!(ran.err.contains("cannot make the folder /proc/deskhand/sandbox; choose another"), "{}", ran.err);
    }
}

/// A limit on the size of files is what a program meets on a full disk, without filling one.
#[cfg(unix)]
#[test]
fn a_disk_that_takes_no_more() {
    let place = Place::new();
    let limited = format!("trap '' XFSZ; ulimit -f 8; exec {} chat", env!("CARGO_BIN_EXE_deskhand"));
    let mut shell = std::process::Command::new("sh");
    let output = shell.args(["-c", &limited]).current_dir(place.path("")).env_clear().output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{err}");
    assert!(err.starts_with("error: ") && err.lines().count() == 1, "{err}");
    assert!(err.contains("cannot be") && !err.contains("panicked"), "{err}");
}

#[test]
fn two_programs_on_one_sandbox() {
    let place = Place::new();
    let mut first = place.command(&["sandbox"]).start();
    first.read_until("ALL_ORDERS");
    insta::assert_snapshot!(place.run(&["chat"]).shown());
    assert_eq!(first.stop(), Some(0));
}

#[test]
fn flags_that_only_the_sandbox_has() {
    let place = Place::new().file("deskhand.toml", STORE);
    insta::assert_snapshot!(place.run(&["chat", "--store", "main", "--as", "ana@example.com"]).shown());
    insta::assert_snapshot!(place.run(&["chat", "--store", "main", "--fresh"]).shown());
    insta::assert_snapshot!(place.run(&["chat", "--store", "other"]).shown());
    insta::assert_snapshot!(place.run(&["chat", "--as", "ana"]).shown());
}

#[test]
fn what_does_not_exist() {
    let place = Place::new();
    insta::assert_snapshot!(place.run(&["why", "conv_1"]).shown());
    insta::assert_snapshot!(place.run(&["chat", "--conversation", "conv_1"]).shown());
    insta::assert_snapshot!(place.run(&["export", "conv_1"]).shown());
    insta::assert_snapshot!(place.run(&["pause", "main"]).shown());
    insta::assert_snapshot!(place.run(&["stores", "rotate-key", "sandbox", "key_1"]).shown());
    insta::assert_snapshot!(Place::new().run(&["sandbox", "mail"]).shown());
}

#[test]
fn a_model_that_cannot_be_reached() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let place = Place::new();
    let base_url = format!("http://{nobody}/v1");
    let program = |arguments: &[&str]| {
        let program = place.command(arguments).env("OPENAI_BASE_URL", &base_url).env("DESKHAND_MODEL", "any");
        program.env("DESKHAND_LOG", "off").env("DESKHAND_MODEL_RETRIES", "0")
    };
    let ran = program(&["chat"]).run("Where is my order #1001?\n");
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    assert!(ran.out.contains("colleague"), "{}", ran.out);
    assert!(ran.err.contains("cannot be reached") && ran.err.contains("Check OPENAI_BASE_URL"), "{}", ran.err);
    let doctor = program(&["doctor"]).run("");
    assert_eq!(doctor.code, Some(1));
    assert!(doctor.out.contains("wrong model: ") && doctor.out.contains("Check OPENAI_BASE_URL"), "{}", doctor.out);
}

#[test]
fn a_key_that_the_model_does_not_accept() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}/v1", server.local_addr().unwrap());
    std::thread::spawn(move || {
        let body = r#"{"error":{"message":"Incorrect API key provided","type":"invalid_request_error","code":"invalid_api_key"}}"#;
        for connection in server.incoming() {
            let mut connection = connection.unwrap();
            let mut request = [0; 65_536];
            let _ = connection.read(&mut request);
            let _ = write!(
                connection,
                "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    let place = Place::new();
    let keyed = |arguments: &[&str]| {
        let program = place.command(arguments).env("OPENAI_BASE_URL", &base_url).env("DESKHAND_MODEL", "any");
        program.env("OPENAI_API_KEY", "sk-wrong").env("DESKHAND_LOG", "off")
    };
    let doctor = keyed(&["doctor"]).run("");
    assert_eq!(doctor.code, Some(1));
    assert!(doctor.out.contains("wrong model: the model's key is not accepted"), "{}", doctor.out);
    assert!(!doctor.out.contains("sk-wrong"));
    let chat = keyed(&["chat"]).run("Hello\n");
    assert_eq!(chat.code, Some(1), "{}", chat.shown());
    assert!(chat.err.contains("Check OPENAI_API_KEY"), "{}", chat.err);
}
