//! The program.

use std::process::ExitCode;

use deskhand::tools::registry::Tools;

#[tokio::main]
async fn main() -> ExitCode {
    deskhand::cli::run(Tools::default()).await
}
