//! What vendors send by themselves: whether they send it here, and what of it could not be looked into.

use std::collections::HashSet;

use super::Report;
use crate::domain::effect::{Effect, EffectKind};
use crate::domain::id::{EffectId, StoreId};
use crate::integrations::clients::Clients;
use crate::integrations::hooks::Source;
use crate::storage::StorageError;
use crate::storage::deliveries::{Deliveries as _, Delivery};
use crate::storage::ledger::Ledger as _;
use crate::storage::sqlite::SqliteStorage;

/// So many are looked at.
const MOST: u32 = 500;

/// Whether a store hears of its parcels. `clients`: whom to ask; nobody is asked without them.
pub async fn parcels(
    store: &str,
    has_secret: bool,
    clients: Option<&Clients>,
    report: &mut Report<'_>,
) -> anyhow::Result<()> {
    let name = format!("{store}.webhooks");
    let path = Source::EasyPost.path(&StoreId::new(store));
    if !has_secret {
        return report.well(
            &name,
            format_args!(
                "none; returned parcels are asked about each minute. To hear of them at once, set \
                 stores.{store}.easypost.webhook_secret and register {path} at EasyPost"
            ),
        );
    }
    let Some(clients) = clients else {
        return report.well(&name, format_args!("EasyPost's events are taken at {path}"));
    };
    let known = match clients.easypost().webhooks().await {
        Ok(known) => known,
        Err(error) => return report.wrong(&name, error),
    };
    let ours: Vec<_> = known.iter().filter(|webhook| webhook.leads_to(&path)).collect();
    match (ours.iter().find(|webhook| !webhook.is_disabled()), ours.first()) {
        (Some(webhook), _) => report.well(&name, format_args!("EasyPost sends its events to {}", webhook.url)),
        (None, Some(webhook)) => report.wrong(
            &name,
            format_args!(
                "EasyPost has given up sending to {}; see that it is reached, and enable it there",
                webhook.url
            ),
        ),
        (None, None) => report.wrong(
            &name,
            format_args!(
                "EasyPost sends its events nowhere that ends in {path}; register it there under the secret \
                 stores.{store}.easypost.webhook_secret"
            ),
        ),
    }
}

/// Tells of the deliveries in this folder's database, by the name that it has in the report, where there are any.
pub async fn tell(name: &str, storage: &SqliteStorage, report: &mut Report<'_>) -> anyhow::Result<()> {
    match stuck(storage).await {
        Ok((0, dead)) if dead.is_empty() => Ok(()),
        Ok((waiting, dead)) => {
            let mut told = HashSet::new();
            for (delivery, of) in &dead {
                if let Some(of) = of
                    && told.insert(&of.id)
                {
                    report.wrong(of.conversation.as_str(), problem(delivery))?;
                }
            }
            if told.is_empty() {
                let given_up = dead.len();
                report
                    .well(name, format_args!("that wait: {waiting}, that were given up and need nobody: {given_up}"))?;
            }
            Ok(())
        }
        Err(error) => report.wrong(name, error),
    }
}

/// How many wait, and those that were given up, with the return that still waits for what they told.
async fn stuck(storage: &SqliteStorage) -> Result<(u64, Vec<(Delivery, Option<Effect>)>), StorageError> {
    let mut dead = Vec::new();
    for delivery in storage.dead_deliveries(MOST).await? {
        let label = storage.effect_called(&delivery.store, EffectKind::Label, &delivery.object).await?;
        let of = match label.as_ref().and_then(|label| label.wish.as_str()) {
            Some(of) => storage.effect(&EffectId::new(of)).await?.filter(|of| of.watched),
            None => None,
        };
        dead.push((delivery, of));
    }
    Ok((storage.waiting_deliveries().await?, dead))
}

fn problem(delivery: &Delivery) -> String {
    let Delivery { vendor, object, received_at, tries, problem, .. } = delivery;
    let since = received_at.strftime("%F %H:%M UTC");
    let problem = problem.as_deref().unwrap_or("no answer came");
    format!(
        "{vendor} told of {object}, the parcel that brings its return back, {since}, and that could not be looked into (tries: \
         {tries}): {problem}. A desk that serves asks again each minute by itself; where this stays, look at the order by hand"
    )
}
