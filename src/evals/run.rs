//! Plays many cases side by side, each in a shop of its own. Whatever happens to one, the others go on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use serde::{Deserialize, Serialize};

use super::case::Case;
use super::cassettes::{Models, Take, Trouble};
use super::domain::{self, Cast, Phases, Played};
use super::expect::Miss;
use super::outcome::Outcome;
use super::play::customer::{self, Player};
use super::rubric::{self, Judge, Opinion};
use super::scripted::Scripted;
use super::shop::Kit;
use super::spending::{Meter, NOT_RUN, Purse, Spent};
use super::spool::Spooled;
use super::store::{Staged, Store};
use super::suite::{Entry, Loaded, Problem};
use super::voices::{self, Voices};
use super::world::Base;

/// A tag of cases of which a model without language tells nothing.
pub const NEEDS_LLM: &str = "needs-llm";

/// A case with all that belongs to it.
#[derive(Clone)]
pub struct Job {
    /// `refunds/a-broken-mug`
    pub id: String,
    pub suite: Arc<Loaded>,
    pub line: usize,
    pub tags: Vec<String>,
    pub case: Result<Arc<Case>, Vec<Problem>>,
}

impl Job {
    /// Reads the case.
    pub fn of(suite: &Arc<Loaded>, entry: &Entry) -> Self {
        let unread = |error: std::io::Error| {
            let what = format!("{}: it cannot be read again: {error}", entry.name);
            vec![Problem { file: suite.file.clone(), line: Some(entry.line), what }]
        };
        let read = |case: &Spooled<Case>| case.read().map(Arc::new).map_err(unread);
        Self {
            id: suite.id_of(entry),
            suite: Arc::clone(suite),
            line: entry.line,
            tags: suite.tags_of(entry).map(str::to_owned).collect(),
            case: entry.case.as_ref().map_err(Clone::clone).and_then(read),
        }
    }
}

/// All cases of a suite, in their order.
pub fn jobs(suite: &Arc<Loaded>) -> impl Iterator<Item = Job> {
    suite.cases.iter().map(|entry| Job::of(suite, entry))
}

/// What becomes of a case, all its trials together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Passed,
    /// It was played, and something is not as expected.
    Failed,
    /// It could not be played.
    Error,
    /// What was recorded of it was an answer to something else than is asked now.
    Stale,
    Skipped,
}

impl Verdict {
    /// Whether it tells something of the agent.
    pub fn is_judged(self) -> bool {
        !matches!(self, Self::Stale | Self::Skipped)
    }

    pub fn is_unwell(self) -> bool {
        matches!(self, Self::Failed | Self::Error | Self::Stale)
    }

    /// The word in which reports write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Error => "error",
            Self::Stale => "stale",
            Self::Skipped => "skipped",
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Trial {
    pub passed: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub misses: Vec<Miss>,
    /// Why it could not be played.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What has changed since it was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stale: Option<String>,
    pub spent: Spent,
    /// Who played the customer, if one was played.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// What a model holds of it, which decides nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rubric: Option<Opinion>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// What the router read first.
    #[serde(skip)]
    pub intent: Option<String>,
    #[serde(skip)]
    pub took: Duration,
    #[serde(skip)]
    pub phases: Phases,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CaseResult {
    pub id: String,
    pub suite: String,
    pub file: String,
    pub line: Option<usize>,
    pub tags: Vec<String>,
    pub about: String,
    /// What the router read first in it, in the first trial that tells.
    pub intent: Option<String>,
    pub verdict: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
    pub trials: Vec<Trial>,
}

impl CaseResult {
    pub fn passed(&self) -> usize {
        self.trials.iter().filter(|trial| trial.passed).count()
    }

    /// The first trial that did not pass.
    pub fn telling(&self) -> Option<&Trial> {
        self.trials.iter().find(|trial| !trial.passed)
    }

    /// That one, or else the first.
    pub fn most_telling(&self) -> Option<&Trial> {
        self.telling().or(self.trials.first())
    }
}

/// How cases are played.
#[derive(Clone)]
pub struct Options {
    pub models: Models,
    /// Who plays customers and judges rubrics, where no cassette has it.
    pub voices: Voices,
    pub purse: Arc<Purse>,
    /// Whether the model understands language.
    pub offline: bool,
    pub trials: usize,
    /// Cases side by side.
    pub side_by_side: usize,
    /// How long one answer may take.
    pub patience: Duration,
    /// Whether what came of cases that passed is kept.
    pub keep_all: bool,
}

impl Options {
    fn lack_customer(&self, job: &Job) -> bool {
        let is_live = matches!(self.models, Models::One(_));
        is_live && self.voices.customer.is_none() && job.case.as_ref().is_ok_and(|case| case.has_customer())
    }

    /// The model of a trial, and who else takes part; all of it is counted.
    pub(super) fn take(&self, base: &Base, job: &Job, meter: &Meter) -> anyhow::Result<Take> {
        Ok(self.models.take(base, job, &self.voices)?.counted(meter, self.offline))
    }

    /// Who takes part beside the model that answers.
    pub(super) fn company(&self, kit: &Kit, case: &Case, voices: &Voices) -> anyhow::Result<(Cast, Judge)> {
        let own = kit.prompts.as_deref();
        let player = |voice| Ok::<_, anyhow::Error>(Player { voice, prompt: voices::prompt(own, customer::PROMPT)? });
        let customer = voices.customer.clone().filter(|_| case.has_customer()).map(player).transpose()?;
        let judge = match voices.judge.clone().filter(|_| !case.expect.rubric.is_empty()) {
            Some(voice) => Judge::Asked { voice, prompt: voices::prompt(own, rubric::PROMPT)? },
            None => Judge::Nobody { why: voices::NO_JUDGE.to_owned() },
        };
        Ok((Cast { customer, patience: self.patience }, judge))
    }

    /// Whether the same cases may come out otherwise the next time.
    pub fn is_live(&self) -> bool {
        !self.offline && !matches!(self.models, Models::Playing(_)) || self.voices.customer.is_some()
    }
}

/// A case, and all that it is played with.
pub struct Task {
    pub store: Arc<Store>,
    pub job: Job,
    pub options: Options,
}

/// Plays cases of one kind; `done` is given what came of each as it ends.
pub async fn run(
    store: Arc<Store>,
    jobs: impl IntoIterator<Item = Job>,
    options: Options,
    mut done: impl FnMut(CaseResult),
) {
    let side_by_side = options.side_by_side;
    let tasks = jobs.into_iter().map(|job| Task { store: Arc::clone(&store), job, options: options.clone() });
    run_all(tasks, side_by_side, |_, result| done(result)).await;
}

/// Plays whatever these are; `done` is given what came of each as it ends, with its place.
pub async fn run_all(tasks: impl IntoIterator<Item = Task>, side_by_side: usize, done: impl FnMut(usize, CaseResult)) {
    each(tasks.into_iter().map(case), side_by_side, done).await;
}

/// So many at a time, each begun when there is room for it; `done` is given what came of each as it ends, with its place.
pub async fn each<T>(
    works: impl IntoIterator<Item = impl Future<Output = T>>,
    side_by_side: usize,
    mut done: impl FnMut(usize, T),
) {
    let works = works.into_iter().enumerate().map(|(place, work)| async move { (place, work.await) });
    let mut works = futures_util::stream::iter(works).buffer_unordered(side_by_side.max(1));
    while let Some((place, result)) = works.next().await {
        done(place, result);
    }
}

async fn case(task: Task) -> CaseResult {
    let Task { store, job, options } = task;
    let scripted = job.case.as_ref().is_ok_and(|case| Scripted::of(case).is_some());
    let needs_llm = options.offline && !scripted && job.tags.iter().any(|tag| tag == NEEDS_LLM);
    let skipped = needs_llm.then(|| "it needs a model that understands language".to_owned());
    let skipped = skipped.or_else(|| options.lack_customer(&job).then(|| voices::NO_CUSTOMER.to_owned()));
    let skipped = skipped.or_else(|| options.models.leaves_out(&job));
    let skipped = skipped.or_else(|| options.purse.is_empty().then(|| NOT_RUN.to_owned()));
    let mut trials = Vec::new();
    match &job.case {
        Err(problems) => trials.push(Trial::unread(problems)),
        Ok(_) if skipped.is_some() => {}
        Ok(case) => {
            for _ in 0..options.trials.max(1) {
                trials.push(trial(&store, &job, case, &options).await);
            }
        }
    }
    result(job, trials, skipped)
}

/// What becomes of a case after these trials.
pub(super) fn result(job: Job, trials: Vec<Trial>, skipped: Option<String>) -> CaseResult {
    let verdict = if trials.iter().any(|trial| trial.error.is_some()) {
        Verdict::Error
    } else if trials.iter().any(|trial| trial.stale.is_some()) {
        Verdict::Stale
    } else if trials.is_empty() {
        Verdict::Skipped
    } else if trials.iter().all(|trial| trial.passed) {
        Verdict::Passed
    } else {
        Verdict::Failed
    };
    CaseResult {
        id: job.id,
        suite: job.suite.name.clone(),
        file: job.suite.file.clone(),
        line: Some(job.line),
        tags: job.tags,
        about: job.case.map(|case| case.about.clone()).unwrap_or_default(),
        intent: trials.iter().find_map(|trial| trial.intent.clone()),
        verdict,
        skipped: skipped.filter(|_| verdict == Verdict::Skipped),
        trials,
    }
}

impl Trial {
    pub(super) fn of(
        misses: Vec<Miss>,
        error: Option<String>,
        stale: Option<String>,
        outcome: Option<Outcome>,
    ) -> Self {
        let passed = misses.is_empty() && error.is_none() && stale.is_none();
        let spent = Spent::default();
        Self {
            passed,
            misses,
            error,
            stale,
            spent,
            customer: None,
            rubric: None,
            intent: None,
            outcome,
            took: Duration::ZERO,
            phases: Phases::default(),
        }
    }

    /// Of a case that could not be read.
    fn unread(problems: &[Problem]) -> Self {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Self::of(Vec::new(), Some(problems.join("; ")), None, None)
    }
}

async fn trial(store: &Arc<Store>, job: &Job, case: &Arc<Case>, options: &Options) -> Trial {
    let started = Instant::now();
    let meter = Meter::new(Arc::clone(&options.purse));
    let taken = options.take(&store.base, job, &meter).and_then(|take| {
        let (cast, judge) = options.company(&store.kit, case, &take.voices)?;
        Ok((take, cast, judge))
    });
    let trial = match taken {
        Err(error) => Trial::of(Vec::new(), Some(format!("{error:#}")), None, None),
        Ok((take, cast, judge)) => {
            let customer = cast.customer.as_ref().map(|player| player.voice.name.clone());
            let staged = Staged { suite: Arc::clone(&job.suite), case: Arc::clone(case) };
            let (played, _) = domain::play(Arc::clone(store), staged, Arc::clone(&take.model), cast).await;
            let trial = judged(played, options, job, take, (case, &judge)).await;
            Trial { customer, ..trial }
        }
    };
    let intent = trial.outcome.as_ref().and_then(Outcome::first_intent).map(str::to_owned);
    let outcome = trial.outcome.filter(|_| options.keep_all || !trial.passed);
    Trial { spent: meter.spent(), intent, outcome, took: started.elapsed(), ..trial }
}

/// What is recorded may say that it tells nothing of the agent. The judge of the case's rubric is asked before.
pub(super) async fn judged(
    played: Played,
    options: &Options,
    job: &Job,
    take: Take,
    (case, judge): (&Case, &Judge),
) -> Trial {
    let Played { misses, error, outcome, phases } = played;
    let rubric = match outcome.as_ref().filter(|_| error.is_none()) {
        Some(outcome) => judge.opinion(&case.expect.rubric, outcome, options.patience).await,
        None => None,
    };
    let trial = match options.models.put_back(job, take, error.is_none()).await {
        None => Trial { rubric, ..Trial::of(misses, error, None, outcome) },
        Some(Trouble::Broken(why)) => Trial::of(Vec::new(), Some(why), None, outcome),
        Some(Trouble::Stale(why)) => Trial::of(Vec::new(), None, Some(why), outcome),
    };
    Trial { phases, ..trial }
}
