//! What vendors send by themselves: whether they send it here, and what of it could not be looked into.

use std::collections::HashSet;

use url::Url;

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

/// What a store misses whose vendor sends nothing, and how it comes to hear of it.
fn missed(source: Source) -> &'static str {
    match source {
        Source::EasyPost => "returned parcels are asked about each minute. To hear of them at once",
        Source::Front => "what people answer in Front reaches no chat. To hear of it",
        Source::Gorgias => "what people answer in Gorgias reaches no chat. To hear of it",
        Source::Zendesk => "what people answer in Zendesk reaches no chat. To hear of it",
        Source::Intercom => "what people answer in Intercom reaches no chat. To hear of it",
    }
}

/// How a vendor's events come to be taken, with the command that has them sent.
fn remedy(source: Source, store: &str, connect: &str) -> String {
    let secret = format!("stores.{store}.{}.webhook_secret", source.as_str());
    match source {
        Source::EasyPost | Source::Gorgias => format!("set {secret} and run {connect}"),
        Source::Front => format!("do what {connect} prints"),
        Source::Zendesk => format!("run {connect} and set {secret} to what it prints"),
        Source::Intercom => format!("run {connect} and do what it prints"),
    }
}

/// Whether a store hears what its vendors send. `clients`: whom to ask; nobody is asked if not `ask`.
pub async fn heard(store: &str, clients: &Clients, ask: bool, report: &mut Report<'_>) -> anyhow::Result<()> {
    let id = StoreId::new(store);
    for source in clients.sources() {
        let vendor = source.as_str();
        let name = format!("{store}.{vendor}.webhooks");
        let connect = format!("`deskhand stores connect {vendor} --store {store} --url https://YOUR-SERVER`");
        let Some(path) = clients.hooks().path(source, &id) else {
            let missed = missed(source);
            report.well(&name, format_args!("none; {missed}, {}", remedy(source, store, &connect)))?;
            continue;
        };
        if !ask {
            report.well(&name, "its events are taken")?;
            continue;
        }
        let known = match clients.registered(source).await {
            Ok(Some(known)) => known,
            Ok(None) => {
                let told = format!(
                    "its events are taken; {vendor} does not tell where it sends them. {connect} says what to set there"
                );
                report.well(&name, told)?;
                continue;
            }
            Err(error) => {
                report.wrong(&name, error)?;
                continue;
            }
        };
        let ours: Vec<_> = known.iter().filter(|webhook| webhook.leads_to(&path)).collect();
        match (ours.iter().find(|webhook| !webhook.disabled), ours.first()) {
            (Some(webhook), _) => report.well(&name, format_args!("they are sent to {}", host(&webhook.url)))?,
            (None, Some(webhook)) => report.wrong(
                &name,
                format_args!(
                    "{vendor} has given up sending to {}; see that it is reached, and run {connect}",
                    host(&webhook.url)
                ),
            )?,
            (None, None) => report.wrong(
                &name,
                format_args!("{vendor} sends its events nowhere that belongs to this store; run {connect}"),
            )?,
        }
    }
    Ok(())
}

/// An address without its path, which may be a secret.
fn host(url: &str) -> String {
    Url::parse(url).map_or_else(|_| "an address that is none".to_owned(), |url| url.origin().ascii_serialization())
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
