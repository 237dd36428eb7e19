//! Two sides beside each other.

use std::fmt::Write as _;

use crate::evals::sides::Sides;

/// The figures of both, the cases that differ, and what is found.
pub fn table(sides: &Sides) -> String {
    let mut text = format!("\nAgainst {} ({} cases on both sides):\n", sides.name(), sides.cases);
    let rows = sides.rows();
    let width = |of: fn(&crate::evals::sides::Row) -> &str, head: &str| {
        rows.iter().map(|row| of(row).chars().count()).max().unwrap_or(0).max(head.len())
    };
    let (name, this, other) =
        (width(|row| &row.name, ""), width(|row| &row.this, "this"), width(|row| &row.other, "other"));
    let _ = writeln!(text, "  {:name$}  {:this$}  {:other$}  difference", "", "this", "other");
    for row in &rows {
        let _ = writeln!(text, "  {:name$}  {:this$}  {:other$}  {}", row.name, row.this, row.other, row.difference);
    }
    if sides.this.model != sides.other.model {
        let _ = writeln!(text, "  models: {} | {}", sides.this.model, sides.other.model);
    }
    text.push_str(&settings(sides));
    for one in sides.worse.iter().chain(&sides.better) {
        let _ = writeln!(text, "  {}: {}\n    {}", one.told(), one.case, one.problem);
    }
    if sides.left_out > 0 {
        let _ = writeln!(text, "  {} cases were judged on one side alone, and are left out", sides.left_out);
    }
    let _ = writeln!(text, "  {}", sides.told());
    text
}

/// By name, with their values on this side and on the other.
fn settings(sides: &Sides) -> String {
    let Some(told) = sides.settings_told() else { return String::new() };
    let mut text = format!("  {told}\n");
    for setting in sides.settings.iter().flatten() {
        let [this, other] = setting.values();
        let _ = writeln!(text, "    {}: {this} | {other}", setting.name);
    }
    text
}
