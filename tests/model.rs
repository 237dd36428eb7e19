//! Chat models over real HTTP, against a scripted server.

#[cfg(test)]
#[path = "support"]
mod support {
    pub mod model_server;
}

#[cfg(test)]
#[path = "model/asking.rs"]
mod asking;
#[cfg(test)]
#[path = "model/dialects.rs"]
mod dialects;
#[cfg(test)]
#[path = "model/failures.rs"]
mod failures;
#[cfg(test)]
#[path = "model/limits.rs"]
mod limits;
#[cfg(test)]
#[path = "model/requests.rs"]
mod requests;
