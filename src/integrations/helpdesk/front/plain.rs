//! Texts as Front has them: bodies are HTML.

/// Names of elements that end a line.
const BLOCKS: [&str; 9] = ["p", "div", "li", "ul", "ol", "tr", "table", "h1", "h2"];

/// A text as it is to be read, whatever it looks like: nothing in it becomes mark-up.
pub fn html(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    format!("<p>{}</p>", escaped.replace("\r\n", "\n").replace('\n', "<br>"))
}

/// A text for colleagues, which Front reads as Markdown: whoever is named in it with an @ is not called.
pub fn uncalled(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    for c in text.chars() {
        out.push(c);
        if c == '@' && !before.is_alphanumeric() {
            out.push('\u{200b}');
        }
        before = c;
    }
    out
}

/// What a body says, without mark-up and without what it quotes of earlier ones.
pub fn text(body: &str) -> String {
    let mut out = String::new();
    let mut rest = body;
    let mut quoted = 0_usize;
    while let Some((before, after)) = rest.split_once('<') {
        let (tag, behind) = after.split_once('>').unwrap_or((after, ""));
        if quoted == 0 {
            out.push_str(before);
        }
        let closes = tag.starts_with('/');
        let name = tag.trim_start_matches('/');
        let name = name.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default().to_ascii_lowercase();
        match name.as_str() {
            "blockquote" if closes => quoted = quoted.saturating_sub(1),
            "blockquote" => quoted += 1,
            "br" if quoted == 0 => out.push('\n'),
            name if quoted == 0 && closes && BLOCKS.contains(&name) => out.push('\n'),
            _ => {}
        }
        rest = behind;
    }
    if quoted == 0 {
        out.push_str(rest);
    }
    while out.contains("\n\n\n") {
        out = out.replace("\n\n\n", "\n\n");
    }
    decoded(&out).trim().to_owned()
}

/// With the entities that stand for characters of mark-up; others stay as they are.
fn decoded(text: &str) -> String {
    let plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
    plain.replace("&nbsp;", " ").replace("&amp;", "&")
}

#[cfg(test)]
mod tests;
