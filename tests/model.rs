//! Chat models over real HTTP, against a scripted server.

mod support {
    pub mod model_server;
}

#[path = "model/asking.rs"]
mod asking;
#[path = "model/dialects.rs"]
mod dialects;
#[path = "model/failures.rs"]
mod failures;
#[path = "model/limits.rs"]
mod limits;
#[path = "model/requests.rs"]
mod requests;
