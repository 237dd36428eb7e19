//! The same shop behind an OpenAI-compatible server over real HTTP: in every dialect, and with a hostile mind.
#![cfg(test)]

#[path = "support"]
mod support {
    pub mod mind;
    #[expect(dead_code, reason = "the model client's own tests use the rest")]
    pub mod model_server;
    #[expect(dead_code, reason = "the conversations' tests use the rest")]
    pub mod shop;
}

#[path = "models/dialects.rs"]
mod dialects;
#[path = "models/harm.rs"]
mod harm;
#[path = "models/hostile.rs"]
mod hostile;
#[path = "models/interrupted.rs"]
mod interrupted;
#[path = "models/loot.rs"]
mod loot;
#[path = "models/mind.rs"]
mod mind;
