//! How a text carries the effect that wrote it. Intercom takes no external id for what is said, so the effect's id ends the
//! text, on a line of its own. It is looked for only in what our own teammate wrote, and in what stands there in a contact's name.

use crate::domain::id::EffectId;
use crate::integrations::hooks::is_plain;

const MARK: (&str, &str) = ("[deskhand ", "]");

/// The text with the mark at its end.
pub fn marking(text: &str, effect: &EffectId) -> String {
    let (before, after) = MARK;
    format!("{}\n\n{before}{effect}{after}", text.trim_end())
}

/// The id at the end of a text, whether Intercom shows it as text or as HTML.
pub fn marked(text: &str) -> Option<&str> {
    let (before, after) = MARK;
    let end = text.trim_end().trim_end_matches("</p>").trim_end();
    let (_, id) = end.strip_suffix(after)?.rsplit_once(before)?;
    is_plain(id).then_some(id)
}

/// Text as a teammate's words are taken, which is HTML: nothing in it is mark-up.
pub fn html(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<p>{}</p>", escaped.replace('\n', "<br>"))
}

#[cfg(test)]
mod tests;
