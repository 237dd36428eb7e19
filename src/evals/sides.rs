//! The same cases on two sides: this project as it is, and with something otherwise. What differs is told by case, and
//! whether it is more than chance.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::io;

use rust_decimal::Decimal;
use serde::{Serialize, Serializer, ser};

use super::report::first_problem;
use super::results::Summary;
use super::run::CaseResult;
use super::spool::Spooled;
use super::tally::{Baseline, Before, Comparison, Rate, pass_hat};
use super::world::Setting;

/// What came of the cases on the other side.
pub struct OtherSide {
    /// What was otherwise there, as it was typed: `policy=strict.toml`.
    pub otherwise: Vec<String>,
    /// What the rules here say otherwise than those there. None: both have the same file.
    pub settings: Option<Vec<Setting>>,
    pub model: String,
    /// Whether another run of one of the sides may come out otherwise: a live model answers there.
    pub is_live: bool,
    pub results: Vec<Summary>,
}

/// Two sides, held against each other.
#[derive(Debug, Serialize)]
pub struct Sides {
    pub otherwise: Vec<String>,
    /// What the two policies say otherwise, where two are held against each other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<Vec<Setting>>,
    /// Cases that were judged on both sides: all that follows is of them.
    pub cases: usize,
    /// Cases that were judged on one side alone.
    pub left_out: usize,
    pub this: Figures,
    pub other: Figures,
    /// Cases that pass less often on this side.
    pub worse: Vec<Differing>,
    /// Cases that pass more often on this side.
    pub better: Vec<Differing>,
    pub finding: Finding,
    /// How likely so many more cases would be worse than better by chance alone, and the other way round.
    pub chance_of_worse: Option<f64>,
    pub chance_of_better: Option<f64>,
    pub live: bool,
    pub trials: usize,
    /// What became of each case on the other side; the JSON has what differs above.
    #[serde(skip)]
    pub there: BTreeMap<String, Summary>,
}

#[derive(Debug, Serialize)]
pub struct Figures {
    pub model: String,
    pub passed: usize,
    pub rate: Rate,
    /// `pass^1` and so on.
    pub pass_hat: Vec<Rate>,
    pub model_calls: u64,
    pub tokens: u64,
    /// USD, where prices are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<String>,
}

/// A case that does not pass as often on one side as on the other.
#[derive(Debug, Serialize)]
pub struct Differing {
    pub case: String,
    pub this: Before,
    pub other: Before,
    /// Whether it is, by itself, more than chance.
    pub beyond_noise: bool,
    /// What was missed first on the side that passes less often.
    pub problem: String,
    /// What came of it on the other side: this side's is among the report's cases.
    #[serde(serialize_with = "most_telling")]
    pub there: Spooled<CaseResult>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// No case came out otherwise.
    Same,
    /// Some did, and no more than by chance.
    Noise,
    Better,
    Worse,
    /// Some cases are better and some are worse, both beyond noise.
    Mixed,
}

impl Sides {
    /// # Errors
    /// What was put aside of a case does not read again.
    pub fn new(model: &str, trials: usize, results: &[Summary], other: OtherSide) -> io::Result<Self> {
        let there: BTreeMap<&str, &Summary> = other
            .results
            .iter()
            .filter(|result| result.verdict.is_judged())
            .map(|there| (there.id.as_str(), there))
            .collect();
        let judged = results.iter().filter(|result| result.verdict.is_judged());
        let pairs: Vec<(&Summary, &Summary)> =
            judged.clone().filter_map(|here| Some((here, *there.get(here.id.as_str())?))).collect();
        let this: Vec<&Summary> = pairs.iter().map(|(here, _)| *here).collect();
        let that: Vec<&Summary> = pairs.iter().map(|(_, there)| *there).collect();
        let compared = |before: &[&Summary], now: &[&Summary]| {
            Comparison::new(&Baseline::of(before.iter().copied(), ""), now.iter().copied())
        };
        let (worse, better) = (compared(&that, &this), compared(&this, &that));
        // One trial of what may come out otherwise the next time tells nothing of a single case.
        let tells_cases = trials > 1 || !other.is_live;
        let beyond = |comparison: &Comparison| match tells_cases {
            true => comparison.is_worse(),
            false => comparison.is_worse_together(),
        };
        let differing = |order: Ordering, comparison: &Comparison| -> io::Result<Vec<Differing>> {
            let are = pairs.iter().filter(|(here, there)| here.trials.cmp_rate(there.trials) == order);
            are.map(|(here, there)| {
                let beyond_noise = tells_cases && comparison.regressions.contains(&here.id);
                Differing::new(here, there, order, beyond_noise)
            })
            .collect()
        };
        let finding = match (beyond(&worse), beyond(&better), worse.chance_of_worse) {
            (true, true, _) => Finding::Mixed,
            (true, false, _) => Finding::Worse,
            (false, true, _) => Finding::Better,
            (false, false, Some(_)) => Finding::Noise,
            (false, false, None) => Finding::Same,
        };
        Ok(Self {
            cases: pairs.len(),
            left_out: judged.count() + there.len() - 2 * pairs.len(),
            this: Figures::of(model, trials, &this),
            other: Figures::of(&other.model, trials, &that),
            worse: differing(Ordering::Less, &worse)?,
            better: differing(Ordering::Greater, &better)?,
            finding,
            chance_of_worse: worse.chance_of_worse,
            chance_of_better: better.chance_of_worse,
            live: other.is_live,
            trials,
            otherwise: other.otherwise,
            settings: other.settings,
            there: other.results.into_iter().map(|result| (result.id.clone(), result)).collect(),
        })
    }

    /// How often a case passes here and there, if it is not the same.
    pub fn differing(&self, case: &str) -> Option<&Differing> {
        self.worse.iter().chain(&self.better).find(|differing| differing.case == case)
    }

    /// Whether a build should stop for this side.
    pub fn is_worse(&self) -> bool {
        matches!(self.finding, Finding::Worse | Finding::Mixed)
    }

    /// `policy=strict.toml, model=gpt-5.2`
    pub fn name(&self) -> String {
        self.otherwise.join(", ")
    }

    /// What is found, in a sentence or two.
    pub fn told(&self) -> String {
        let head = match self.finding {
            Finding::Same => return "No case came out otherwise.".to_owned(),
            Finding::Noise => "The difference is within noise",
            Finding::Better => "This side is better, beyond noise",
            Finding::Worse => "This side is worse, beyond noise",
            Finding::Mixed => "This side is worse in some cases and better in others, both beyond noise",
        };
        let (worse, better) = (self.worse.len(), self.better.len());
        let counts = format!("{worse} {} less often on this side, {better} more often", pass(worse));
        let (way, chance) = match worse >= better {
            true => ("worse", self.chance_of_worse),
            false => ("better", self.chance_of_better),
        };
        let why = match (self.live, chance) {
            (true, Some(chance)) => {
                format!(
                    "; by chance alone so many would be {way} with a probability of {chance:.3} (sign test over cases)"
                )
            }
            _ => "; neither side leaves anything to chance, so each difference counts".to_owned(),
        };
        let more = match self.live && self.trials == 1 {
            true => " One trial of a live model tells little of a single case: --trials 5 tells more.",
            false => "",
        };
        format!("{head}: {counts}{why}.{more}")
    }

    /// What is told of the settings that differ, before they are listed.
    pub fn settings_told(&self) -> Option<&'static str> {
        let settings = self.settings.as_ref()?;
        Some(if settings.is_empty() { "The two policies say the same." } else { "Settings that differ:" })
    }

    /// The two sides and the difference, a row each.
    pub fn rows(&self) -> Vec<Row> {
        let (this, other) = (&self.this, &self.other);
        let mut rows = vec![
            Row::new("cases passed", of(this.passed, self.cases), of(other.passed, self.cases))
                .count(signed(this.passed) - signed(other.passed)),
            Row::new("rate of trials", this.rate.told(), other.rate.told()).points(this.rate.rate - other.rate.rate),
        ];
        if let (true, Some(here), Some(there)) = (self.trials > 1, this.pass_hat.last(), other.pass_hat.last()) {
            let name = format!("pass^{}", this.pass_hat.len());
            rows.push(Row::new(name, here.told(), there.told()).points(here.rate - there.rate));
        }
        for (name, here, there) in
            [("model calls", this.model_calls, other.model_calls), ("tokens", this.tokens, other.tokens)]
        {
            rows.push(Row::new(name, here.to_string(), there.to_string()).count(i128::from(here) - i128::from(there)));
        }
        if let (Some(here), Some(there)) = (&this.cost, &other.cost) {
            let difference = here.parse::<Decimal>().ok().zip(there.parse::<Decimal>().ok());
            let difference = difference.map(|(here, there)| (here - there).to_string()).unwrap_or_default();
            rows.push(Row { difference, ..Row::new("cost, USD", here.clone(), there.clone()) });
        }
        rows
    }
}

/// A line of the table.
#[derive(Debug, Serialize)]
pub struct Row {
    pub name: String,
    pub this: String,
    pub other: String,
    pub difference: String,
}

impl Row {
    fn new(name: impl Into<String>, this: String, other: String) -> Self {
        Self { name: name.into(), this, other, difference: String::new() }
    }

    fn count(self, difference: i128) -> Self {
        let difference = if difference == 0 { "0".to_owned() } else { format!("{difference:+}") };
        Self { difference, ..self }
    }

    /// Of a hundred.
    fn points(self, difference: f64) -> Self {
        let points = (difference * 1000.0).round() / 10.0;
        let difference = if points == 0.0 { "0".to_owned() } else { format!("{points:+.1} points") };
        Self { difference, ..self }
    }
}

impl Figures {
    fn of(model: &str, trials: usize, results: &[&Summary]) -> Self {
        let all = || results.iter().copied();
        let spent = || all().map(|result| result.spent);
        let cost: Option<Decimal> = spent().filter_map(|spent| spent.cost).reduce(|all, one| all + one);
        Self {
            model: model.to_owned(),
            passed: all().filter(|result| result.trials.passed == result.trials.trials).count(),
            rate: Rate::of_trials(all()),
            pass_hat: (1..=trials).filter_map(|k| pass_hat(all(), k)).collect(),
            model_calls: spent().map(|spent| spent.model_calls).sum(),
            tokens: spent().map(|spent| spent.input_tokens + spent.output_tokens).sum(),
            cost: cost.map(|cost| cost.normalize().to_string()),
        }
    }
}

impl Differing {
    fn new(here: &Summary, there: &Summary, order: Ordering, beyond_noise: bool) -> io::Result<Self> {
        let lesser = if order == Ordering::Less { here } else { there };
        Ok(Self {
            case: here.id.clone(),
            this: here.trials,
            other: there.trials,
            beyond_noise,
            problem: first_problem(&lesser.whole.read()?),
            there: there.whole.clone(),
        })
    }

    /// Whether one side always passes, and the other never.
    fn is_plain(&self) -> bool {
        let (low, high) =
            if self.this.passed <= self.other.passed { (self.this, self.other) } else { (self.other, self.this) };
        low.passed == 0 && high.passed == high.trials
    }

    /// Which side passes, in words.
    pub fn told(&self) -> String {
        let (this, other) = (self.this, self.other);
        if !self.is_plain() {
            let noise = if self.beyond_noise { "beyond noise" } else { "within noise" };
            return format!(
                "passes {} of {} here, {} of {} there, {noise}",
                this.passed, this.trials, other.passed, other.trials
            );
        }
        let side = if this.passed > 0 { "this" } else { "the other" };
        format!("only {side} side passes")
    }
}

fn most_telling<S: Serializer>(case: &Spooled<CaseResult>, serializer: S) -> Result<S::Ok, S::Error> {
    case.read().map_err(ser::Error::custom)?.most_telling().serialize(serializer)
}

fn of(passed: usize, all: usize) -> String {
    format!("{passed} of {all}")
}

fn signed(count: usize) -> i128 {
    i128::try_from(count).unwrap_or(i128::MAX)
}

fn pass(cases: usize) -> &'static str {
    if cases == 1 { "case passes" } else { "cases pass" }
}
