//! The figures as one page that needs nothing else.

use std::fmt::Write as _;

use super::Judged;
use super::figures::{ENOUGH_ROWS, Figures, OfIntent, Step};
use crate::domain::event::Intent;

const STYLE: &str = "\
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#1d2430;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2.2rem}
table{border-collapse:collapse}td,th{padding:.2rem .55rem;border-bottom:1px solid #dde2ea;text-align:right}
th{font-weight:600}td:first-child,th:first-child{text-align:left}
.facts{display:flex;flex-wrap:wrap;gap:1rem}.facts div{border:1px solid #dde2ea;border-radius:8px;padding:.6rem 1rem}
.facts b{display:block;font-size:1.35rem}.matrix{overflow-x:auto}.matrix th.turned{height:13rem;vertical-align:bottom}
.matrix th.turned span{writing-mode:vertical-rl;transform:rotate(180deg)}.few{color:#78808d}.text{text-align:left}
@media(prefers-color-scheme:dark){body{background:#14181f;color:#e4e8ee}td,th,.facts div{border-color:#343b47}}";

/// What the page tells beside the figures.
pub struct Head<'a> {
    pub title: &'a str,
    /// What was judged, and by which weights.
    pub about: &'a str,
    pub microseconds: f64,
}

/// A page of its own: nothing is fetched, and every text of the rows is escaped.
pub fn page(head: &Head<'_>, figures: &Figures, groups: &[(String, Figures)], judged: &[Judged<'_>]) -> String {
    let mut out = String::from("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">");
    out.push_str("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">");
    let title = escape(head.title);
    let parts = [
        format!(
            "<title>{title}</title><style>{STYLE}</style></head><body><h1>{title}</h1><p>{}</p>",
            escape(head.about)
        ),
        facts(head, figures),
        kinds(groups),
        intents(&figures.intents),
        confusion(figures),
        calibration(&figures.calibration),
        misses(judged),
        "</body></html>\n".to_owned(),
    ];
    parts.iter().for_each(|part| out.push_str(part));
    out
}

pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| format!("{:.1} %", 100.0 * share))
}

fn facts(head: &Head<'_>, figures: &Figures) -> String {
    let all = [
        (figures.rows.to_string(), "rows"),
        (percent(Some(figures.accuracy)), "exact"),
        (percent(Some(figures.acceptable)), "acceptable"),
        (figures.macro_f1.map_or_else(|| "–".to_owned(), |f1| format!("{f1:.3}")), "macro-F1"),
        (percent(figures.recall(Intent::HumanAgent)), "of human_agent found"),
        (percent(figures.recall(Intent::Complaint)), "of complaint found"),
        (figures.money_in_other.to_string(), "refunds or cancellations seen in other"),
        (format!("{:.3}", figures.calibration_error), "calibration error"),
        (format!("{:.0} µs", head.microseconds), "a message"),
        (percent(Some(figures.alone.share)), "need no model"),
        (percent(figures.alone.acceptable), "of those acceptable"),
    ];
    let cards: String = all.iter().map(|(value, name)| format!("<div><b>{value}</b>{name}</div>")).collect();
    format!("<div class=\"facts\">{cards}</div>")
}

fn kinds(groups: &[(String, Figures)]) -> String {
    if groups.is_empty() {
        return String::new();
    }
    let row = |(name, figures): &(String, Figures)| {
        let f1 = figures.macro_f1.map_or_else(|| "–".to_owned(), |f1| format!("{f1:.3}"));
        let (exact, acceptable) = (percent(Some(figures.accuracy)), percent(Some(figures.acceptable)));
        let (name, rows) = (escape(name), figures.rows);
        format!("<tr><td>{name}</td><td>{rows}</td><td>{exact}</td><td>{acceptable}</td><td>{f1}</td></tr>")
    };
    let rows: String = groups.iter().map(row).collect();
    format!(
        "<h2>By kind and source</h2><table><tr><th>rows of</th><th>n</th><th>exact</th><th>acceptable</th>\
         <th>macro-F1</th></tr>{rows}</table>"
    )
}

fn intents(intents: &[OfIntent]) -> String {
    let row = |of: &OfIntent| {
        let few = if of.rows < ENOUGH_ROWS { " class=\"few\"" } else { "" };
        let (recall, precision, acceptable) = (percent(of.recall), percent(of.precision), percent(of.acceptable));
        format!(
            "<tr{few}><td>{}</td><td>{}</td><td>{recall}</td><td>{precision}</td><td>{:.3}</td><td>{acceptable}</td></tr>",
            of.intent.as_str(),
            of.rows,
            of.f1
        )
    };
    let rows: String = intents.iter().map(row).collect();
    format!(
        "<h2>By intent</h2><table><tr><th>intent</th><th>n</th><th>recall</th><th>precision</th><th>F1</th>\
         <th>acceptable</th></tr>{rows}</table><p class=\"few\">Grey: fewer than {ENOUGH_ROWS} rows, not in the \
         macro-F1.</p>"
    )
}

fn confusion(figures: &Figures) -> String {
    let heads: String = Intent::ALL
        .iter()
        .map(|intent| format!("<th class=\"turned\"><span>{}</span></th>", intent.as_str()))
        .collect();
    let mut rows = String::new();
    for (label, counts) in Intent::ALL.iter().zip(&figures.confusion) {
        let all: u32 = counts.iter().sum();
        let cells: String =
            Intent::ALL.iter().zip(counts).map(|(read, count)| cell(label == read, *count, all)).collect();
        // Writing into a text cannot fail.
        let _ = write!(rows, "<tr><td>{}</td>{cells}</tr>", label.as_str());
    }
    format!(
        "<h2>Confusion</h2><p>Down: the label. Across: what was read.</p><div class=\"matrix\"><table><tr><th></th>{heads}\
         </tr>{rows}</table></div>"
    )
}

fn cell(right: bool, count: u32, all: u32) -> String {
    if count == 0 {
        return "<td></td>".to_owned();
    }
    let share = f64::from(count) / f64::from(all.max(1));
    let colour = if right { "46,160,67" } else { "218,54,51" };
    format!("<td style=\"background:rgba({colour},{:.2})\">{count}</td>", 0.15 + 0.65 * share)
}

/// Confidence across, the share that was acceptable upwards; on the diagonal they agree. A circle's area is its rows.
fn calibration(steps: &[Step]) -> String {
    const SIDE: f64 = 320.0;
    let most = steps.iter().map(|step| step.rows).max().unwrap_or(1);
    let circle = |step: &Step| {
        let radius = 3.0 + 13.0 * (f64::from(step.rows) / f64::from(most)).sqrt();
        let (x, y) = (30.0 + SIDE * step.confidence, 10.0 + SIDE * (1.0 - step.acceptable));
        format!(
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\" fill=\"#2f6fdb\" fill-opacity=\".65\"><title>{:.0}–{:.0} %: \
             {} rows, mean confidence {:.1} %, acceptable {:.1} %</title></circle>",
            100.0 * step.from,
            100.0 * step.to,
            step.rows,
            100.0 * step.confidence,
            100.0 * step.acceptable
        )
    };
    let circles: String = steps.iter().map(circle).collect();
    format!(
        "<h2>Calibration</h2><svg viewBox=\"0 0 380 370\" width=\"380\" role=\"img\" aria-label=\"confidence and the share \
         that was acceptable\"><rect x=\"30\" y=\"10\" width=\"320\" height=\"320\" fill=\"none\" stroke=\"#8a93a3\"/><path \
         d=\"M30 330L350 10\" stroke=\"#8a93a3\" stroke-dasharray=\"4 4\"/>{circles}<text x=\"190\" y=\"355\" \
         text-anchor=\"middle\" fill=\"currentColor\" font-size=\"13\">confidence</text><text x=\"18\" y=\"170\" \
         text-anchor=\"middle\" fill=\"currentColor\" font-size=\"13\" transform=\"rotate(-90 18 170)\">acceptable</text></svg>"
    )
}

fn misses(judged: &[Judged<'_>]) -> String {
    let mut missed: Vec<&Judged<'_>> = judged.iter().filter(|one| !one.is_acceptable()).collect();
    missed.sort_by(|left, right| right.opinion.confidence.total_cmp(&left.opinion.confidence));
    let row = |one: &&Judged<'_>| {
        format!(
            "<tr><td class=\"text\">{}</td><td>{}</td><td>{}</td><td>{:.2}</td></tr>",
            escape(&one.row.text),
            one.row.intent.as_str(),
            one.opinion.intent.as_str(),
            one.opinion.confidence
        )
    };
    let rows: String = missed.iter().map(row).collect();
    format!(
        "<h2>Read as something that would not do</h2><table><tr><th>text</th><th>label</th><th>read</th><th>confidence</th>\
         </tr>{rows}</table>"
    )
}
