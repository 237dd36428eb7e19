//! The events of the simulated vendors, sent to this process's desk.

use url::Url;

use super::super::super::config::{Config, SANDBOX_STORE};
use super::super::DataFolder;
use super::Reached;
use crate::domain::id::StoreId;
use crate::integrations::clients::{Clients, VendorSettings};
use crate::integrations::hooks::{Hooks, Source};
use crate::sandbox::Sandbox;

/// What the sandbox's store takes of its vendors.
pub fn hooks(config: &Config, sandbox: &Sandbox, folder: &DataFolder) -> anyhow::Result<Hooks> {
    Ok(clients(config, sandbox, folder)?.hooks())
}

/// Has them sent to the server at this address, and to no earlier one.
pub async fn register(config: &Config, sandbox: &Sandbox, folder: &DataFolder, server: &str) -> anyhow::Result<()> {
    let (clients, store, server) =
        (clients(config, sandbox, folder)?, StoreId::new(SANDBOX_STORE), Url::parse(server)?);
    for source in clients.sources() {
        clients.connect(source, &store, &server).await?;
    }
    Ok(())
}

/// With secrets by which events are known, each in a file of the folder.
fn clients(config: &Config, sandbox: &Sandbox, folder: &DataFolder) -> anyhow::Result<Clients> {
    Reached::here(sandbox).clients_with(config, |VendorSettings { easypost, gorgias, .. }| {
        let secret = |source: Source| folder.secret(&format!("{}-webhook-secret", source.as_str()));
        if let Some(easypost) = easypost {
            easypost.webhook_secret = Some(secret(Source::EasyPost)?);
        }
        if let Some(gorgias) = gorgias {
            gorgias.webhook_secret = Some(secret(Source::Gorgias)?);
        }
        Ok(())
    })
}
