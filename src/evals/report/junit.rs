//! JUnit's XML, which build servers read. Failures and errors are kept apart.

use std::fmt::Write as _;

use super::{Report, problems};
use crate::evals::run::{CaseResult, Verdict};

pub fn xml(report: &Report) -> String {
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let counts = report.counts;
    let _ = writeln!(
        text,
        "<testsuites name=\"deskhand eval\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">",
        report.cases.len(),
        counts.failed,
        counts.errors,
        counts.skipped
    );
    for (name, theme) in &report.themes {
        let counts = theme.counts;
        let _ = writeln!(
            text,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">",
            escaped(name),
            counts.played() + counts.skipped,
            counts.failed,
            counts.errors,
            counts.skipped
        );
        report.cases.iter().filter(|case| &case.suite == name).for_each(|case| text.push_str(&testcase(case)));
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

fn testcase(case: &CaseResult) -> String {
    let name = case.id.split_once('/').map_or(case.id.as_str(), |(_, name)| name);
    let line = case.line.map_or_else(String::new, |line| format!(" line=\"{line}\""));
    let head = format!(
        "    <testcase classname=\"{}\" name=\"{}\" file=\"{}\"{line}",
        escaped(&case.suite),
        escaped(name),
        escaped(&case.file)
    );
    let problems = case.telling().map(problems).unwrap_or_default();
    let first = problems.first().map(String::as_str).unwrap_or_default();
    let element = match case.verdict {
        Verdict::Passed => return format!("{head}/>\n"),
        Verdict::Skipped => {
            let why = escaped(case.skipped.as_deref().unwrap_or_default());
            return format!("{head}>\n      <skipped message=\"{why}\"/>\n    </testcase>\n");
        }
        Verdict::Failed => "failure",
        Verdict::Error => "error",
    };
    format!(
        "{head}>\n      <{element} message=\"{}\">{}</{element}>\n    </testcase>\n",
        escaped(first),
        escaped(&super::console::told(case))
    )
}

/// Without the characters that XML does not know.
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\n' | '\t' => safe.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}
