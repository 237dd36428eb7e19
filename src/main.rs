//! The program.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    deskhand::cli::run().await
}
