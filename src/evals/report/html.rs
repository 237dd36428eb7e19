//! One page that holds all of it, and needs nothing else.

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Value, context};

use super::{Report, problems, rubrics};
use crate::evals::run::CaseResult;

const PAGE: &str = include_str!("page.html");

/// # Errors
/// When the template does not work, which would be a defect of the program.
pub fn page(report: &Report) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_filter("percent", |rate: f64| format!("{:.1}", rate * 100.0));
    environment.add_template("page", PAGE)?;
    let cases: Vec<_> = report.cases.iter().map(shown).collect();
    let rubrics = report.rubrics.as_ref().map(rubrics::Rubrics::told);
    let customers: Vec<String> = report.customers().into_iter().map(str::to_owned).collect();
    let (has_costs, report) = (report.has_costs(), Value::from(Serde(report)));
    environment.get_template("page")?.render(context! { report, cases, rubrics, customers, has_costs })
}

fn shown(case: &CaseResult) -> minijinja::Value {
    let trial = case.telling().or(case.trials.first());
    let changes: Vec<String> = trial
        .iter()
        .filter_map(|trial| trial.outcome.as_ref())
        .flat_map(|outcome| &outcome.changes)
        .map(ToString::to_string)
        .collect();
    context! {
        case => Value::from(Serde(case)),
        opinion => trial.map(rubrics::lines).unwrap_or_default(),
        problems => trial.map(problems).unwrap_or_default(),
        outcome => Value::from(Serde(trial.and_then(|trial| trial.outcome.as_ref()))),
        changes,
        passed => case.passed(),
    }
}
