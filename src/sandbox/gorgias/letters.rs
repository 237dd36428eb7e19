//! What Gorgias sends to integrations.

use jiff::Timestamp;

use crate::sandbox::messenger::{Letter, Of, Progress};
use crate::sandbox::world::World;

pub(in crate::sandbox) fn due(world: &World, now: Timestamp) -> impl Iterator<Item = Letter> {
    let desk = &world.helpdesk;
    desk.notices.iter().filter(move |notice| notice.due <= now).filter_map(|notice| {
        let to = desk.integrations.iter().find(|own| own.id == notice.integration)?;
        let headers = to.headers.iter().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
        Some(Letter {
            of: Of::Gorgias { event: notice.id, integration: notice.integration },
            url: to.url.clone(),
            headers: headers.collect(),
            body: notice.body.clone(),
        })
    })
}

pub(in crate::sandbox) fn settle(
    world: &mut World,
    event: u64,
    integration: u64,
    mut over: impl FnMut(Progress<'_>) -> bool,
) {
    world.helpdesk.notices.retain_mut(|notice| {
        let is_it = notice.id == event && notice.integration == integration;
        !is_it || !over(Progress { tries: &mut notice.tries, due: &mut notice.due })
    });
}
