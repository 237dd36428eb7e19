//! The domain of stores: a case is played against a store of its own in the sandbox, by the desk that live stores have.

use std::sync::Arc;

use async_trait::async_trait;

use super::case::Case;
use super::domain::{Broken, Cast, Domain};
use super::expect::{Miss, judge};
use super::outcome::Outcome;
use super::play::Play;
use super::scripted::Scripted;
use super::shop::{Kit, Shop};
use super::suite::Loaded;
use super::world::{Base, Plan};
use crate::agents::catalog::{Catalog, CatalogError};
use crate::model::ChatModel;

pub struct Store {
    pub kit: Arc<Kit>,
    pub base: Arc<Base>,
}

impl Store {
    pub fn new(kit: &Arc<Kit>, base: &Arc<Base>) -> Arc<Self> {
        Arc::new(Self { kit: Arc::clone(kit), base: Arc::clone(base) })
    }
}

/// A case, with the suite whose world it is played in.
pub struct Staged {
    pub suite: Arc<Loaded>,
    pub case: Arc<Case>,
}

#[async_trait]
impl Domain for Store {
    type Task = Staged;
    type State = Play;
    type Left = ();

    fn agents(&self) -> Result<Catalog, CatalogError> {
        self.kit.agents()
    }

    /// `model` answers, unless the case wrote what it says.
    async fn open(&self, task: &Staged, model: Arc<dyn ChatModel>, cast: Cast) -> Result<Play, Broken> {
        let Staged { suite, case } = task;
        let specs = [&suite.world, &case.world];
        let plan = Plan::new(&self.base, suite.folder.as_deref(), &specs).map_err(anyhow::Error::from)?;
        let script = Scripted::of(case);
        let model = script.clone().map_or(model, |script| Arc::new(script) as Arc<dyn ChatModel>);
        let shop = Shop::open(&self.kit, plan, model).await?;
        Play::begin(shop, case, script, cast).await
    }

    async fn hold(&self, play: &mut Play, task: &Staged) -> Result<(), Broken> {
        play.steps(&task.case).await
    }

    async fn look(&self, play: &Play) -> Result<Outcome, Broken> {
        play.look().await
    }

    fn check(&self, task: &Staged, _: &Play, outcome: &Outcome) -> Vec<Miss> {
        judge(&task.case, outcome)
    }

    async fn close(&self, play: Play) {
        play.close().await;
    }
}
