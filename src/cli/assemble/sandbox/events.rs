//! The events of the simulated EasyPost, sent to this process's desk.

use url::Url;

use super::super::super::config::{Config, SANDBOX_STORE};
use super::super::DataFolder;
use super::Reached;
use crate::domain::id::StoreId;
use crate::integrations::hooks::{Hooks, Source};
use crate::integrations::shipping::easypost::events::Events;
use crate::sandbox::Sandbox;

/// The file of the secret with which they are signed.
const SECRET: &str = "easypost-webhook-secret";

/// What the sandbox's store takes of its vendors.
pub fn hooks(folder: &DataFolder) -> anyhow::Result<Hooks> {
    Ok(Hooks::default().with(Source::EasyPost, Events::new(&folder.secret(SECRET)?)))
}

/// Has them sent to the server at this address, and to no earlier one.
pub async fn register(config: &Config, sandbox: &Sandbox, folder: &DataFolder, server: &str) -> anyhow::Result<()> {
    let clients = Reached::here(sandbox).clients(config)?;
    let easypost = clients.easypost();
    let path = Source::EasyPost.path(&StoreId::new(SANDBOX_STORE));
    for earlier in easypost.webhooks().await?.iter().filter(|known| known.leads_to(&path)) {
        easypost.unregister(&earlier.id).await?;
    }
    easypost.register(&Url::parse(&format!("{server}{path}"))?, &folder.secret(SECRET)?).await?;
    Ok(())
}
