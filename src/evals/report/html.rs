//! One page that holds all of it, and needs nothing else.

use std::collections::BTreeMap;

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Value, context};

use super::{Part, Report, problems, rubrics};
use crate::evals::run::{CaseResult, Trial};
use crate::evals::sides::{Differing, Sides};
use crate::evals::world::Setting;

const TEMPLATES: [(&str, &str); 3] = [
    ("page", include_str!("page/page.html")),
    ("sides", include_str!("page/sides.html")),
    ("pieces", include_str!("page/pieces.html")),
];
const STYLE: &str = include_str!("page/style.css");

/// # Errors
/// When the templates do not work, which would be a defect of the program.
pub fn page(report: &Report) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_filter("percent", |rate: f64| format!("{:.1}", rate * 100.0));
    for (name, template) in TEMPLATES {
        environment.add_template(name, template)?;
    }
    environment.get_template("page")?.render(context! {
        style => STYLE,
        most => context! { intents => most(&report.intents), themes => most(&report.themes) },
        changed => changed(report),
        sides => report.against.as_ref().map(|found| sides(found, report)),
        cases => report.cases.iter().map(shown).collect::<Vec<_>>(),
        rubrics => report.rubrics.as_ref().map(rubrics::Rubrics::told),
        customers => report.customers().into_iter().map(str::to_owned).collect::<Vec<String>>(),
        has_costs => report.has_costs(),
        report => Value::from(Serde(report)),
    })
}

/// How many cases the largest part has.
fn most(parts: &BTreeMap<String, Part>) -> usize {
    parts.values().map(|part| part.counts.all()).max().unwrap_or(1)
}

/// What is otherwise than in the baseline.
fn changed(report: &Report) -> Vec<Value> {
    let lists = report.comparison.iter().flat_map(|comparison| comparison.lists());
    let one = |word: &str, case: &String| {
        let place = report.cases.iter().position(|known| &known.id == case).unwrap_or_default();
        let class = match word {
            "better" => "better",
            "failing as before" => "skipped",
            _ => "worse",
        };
        let (problem, anchor) = (report.first_problem_of(case), format!("case-{}", place + 1));
        context! { word, class, case, problem, anchor }
    };
    lists
        .flat_map(|(word, cases)| cases.iter().map(move |case| (word, case)))
        .map(|(word, case)| one(word, case))
        .collect()
}

fn sides(sides: &Sides, report: &Report) -> Value {
    let one = |differing: &Differing, class: &str| {
        let here = report.cases.iter().find(|case| case.id == differing.case);
        context! {
            class,
            case => &differing.case,
            told => differing.told(),
            problem => &differing.problem,
            here => course(here.and_then(CaseResult::most_telling)),
            there => course(differing.there.as_ref()),
        }
    };
    let worse = sides.worse.iter().map(|case| one(case, "worse"));
    let better = sides.better.iter().map(|case| one(case, "better"));
    context! {
        name => sides.name(),
        told => sides.told(),
        rows => Value::from(Serde(sides.rows())),
        settings_told => sides.settings_told(),
        settings => sides.settings.iter().flatten().map(setting).collect::<Vec<_>>(),
        differing => worse.chain(better).collect::<Vec<_>>(),
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
