//! One page that holds all of it, and needs nothing else.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, ErrorKind, Value, context};

use super::{Changed, Part, Report, problems, rubrics};
use crate::evals::run::{CaseResult, Trial};
use crate::evals::sides::{Differing, Sides};
use crate::evals::spool::Spooled;
use crate::evals::world::Setting;

const TEMPLATES: [(&str, &str); 3] = [
    ("page", include_str!("page/page.html")),
    ("sides", include_str!("page/sides.html")),
    ("pieces", include_str!("page/pieces.html")),
];
const STYLE: &str = include_str!("page/style.css");

/// # Errors
/// What was put aside of a case does not read again, or the page cannot be written.
pub fn page(report: &Report, out: impl io::Write) -> Result<(), minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_filter("percent", |rate: f64| format!("{:.1}", rate * 100.0));
    for (name, template) in TEMPLATES {
        environment.add_template(name, template)?;
    }
    let context = context! {
        style => STYLE,
        most => context! { intents => most(&report.intents), themes => most(&report.themes) },
        changed => report.changed().map_err(unread)?.iter().map(changed).collect::<Vec<_>>(),
        sides => report.against.as_ref().map(|found| sides(found, report)),
        cases => one_by_one(report.cases.clone(), |case| Ok(shown(&case.whole.read()?))),
        rubrics => report.rubrics.as_ref().map(rubrics::told),
        customers => report.customers().into_iter().map(str::to_owned).collect::<Vec<String>>(),
        has_costs => report.has_costs(),
        report => head(report),
    };
    environment.get_template("page")?.render_captured_to(context, out).map(drop)
}

/// All of the report but its cases.
fn head(report: &Report) -> Value {
    let Report { model, trials, policy, rules, spent, offline, counts, rate, pass_hat, .. } = report;
    context! {
        model, trials, policy, rules, spent => Value::from(Serde(spent)), offline,
        counts => Value::from(Serde(counts)), rate => Value::from(Serde(rate)), pass_hat => Value::from(Serde(pass_hat)),
        comparison => Value::from(Serde(&report.comparison)),
        intents => Value::from(Serde(&report.intents)),
        themes => Value::from(Serde(&report.themes)),
    }
}

/// Values that are made when the page comes to them.
fn one_by_one<T>(things: Vec<T>, made: fn(&T) -> io::Result<Value>) -> Value
where
    T: Send + Sync + 'static,
{
    let things = Arc::new(things);
    Value::make_iterable(move || {
        let things = Arc::clone(&things);
        (0..things.len()).filter_map(move |at| Some(made(things.get(at)?).unwrap_or_else(|error| unread(error).into())))
    })
}

fn unread(error: io::Error) -> minijinja::Error {
    minijinja::Error::new(ErrorKind::BadSerialization, "a case does not read again").with_source(error)
}

/// How many cases the largest part has.
fn most(parts: &BTreeMap<String, Part>) -> usize {
    parts.values().map(|part| part.counts.all()).max().unwrap_or(1)
}

/// A case that is otherwise than in the baseline.
fn changed(one: &Changed<'_>) -> Value {
    let class = match one.word {
        "better" => "better",
        "failing as before" => "skipped",
        _ => "worse",
    };
    let Changed { word, case, number, problem } = one;
    context! { word => *word, class, case => *case, problem, anchor => format!("case-{number}") }
}

/// A case on both sides.
struct Pair {
    class: &'static str,
    case: String,
    told: String,
    problem: String,
    here: Option<Spooled<CaseResult>>,
    there: Spooled<CaseResult>,
}

impl Pair {
    fn shown(&self) -> io::Result<Value> {
        let Self { class, case, told, problem, here, there } = self;
        let here = here.as_ref().map(Spooled::read).transpose()?;
        let here = course(here.as_ref().and_then(CaseResult::most_telling));
        Ok(context! { class => *class, case, told, problem, here, there => course(there.read()?.most_telling()) })
    }
}

fn sides(sides: &Sides, report: &Report) -> Value {
    let by_name = report.by_name();
    let pair = |differing: &Differing, class| Pair {
        class,
        case: differing.case.clone(),
        told: differing.told(),
        problem: differing.problem.clone(),
        here: by_name.get(differing.case.as_str()).map(|(_, case)| case.whole.clone()),
        there: differing.there.clone(),
    };
    let worse = sides.worse.iter().map(|case| pair(case, "worse"));
    let differing: Vec<Pair> = worse.chain(sides.better.iter().map(|case| pair(case, "better"))).collect();
    context! {
        name => sides.name(),
        told => sides.told(),
        rows => Value::from(Serde(sides.rows())),
        settings_told => sides.settings_told(),
        settings => sides.settings.iter().flatten().map(setting).collect::<Vec<_>>(),
        finding => Value::from(Serde(sides.finding)),
        cases => sides.cases,
        left_out => sides.left_out,
        models => (sides.this.model != sides.other.model).then(|| [&sides.this, &sides.other].map(|side| side.model.clone()).to_vec()),
        differ => !differing.is_empty(),
        differing => one_by_one(differing, Pair::shown),
    }
}

fn setting(setting: &Setting) -> Value {
    let [this, other] = setting.values();
    context! { name => &setting.name, this, other }
}

fn shown(case: &CaseResult) -> Value {
    let trial = case.most_telling();
    let course = course(trial);
    context! {
        case => Value::from(Serde(case)),
        opinion => trial.map(rubrics::lines).unwrap_or_default(),
        problems => trial.map(problems).unwrap_or_default(),
        passed => case.passed(),
        ..course
    }
}

/// What was said and done in a trial, and what has changed by it.
fn course(trial: Option<&Trial>) -> Value {
    let outcome = trial.and_then(|trial| trial.outcome.as_ref());
    let changes = outcome.iter().flat_map(|outcome| &outcome.changes).map(ToString::to_string);
    context! { outcome => Value::from(Serde(outcome)), changes => changes.collect::<Vec<_>>() }
}
