//! Bodies: HTML where a teammate writes, text where a contact does, and each shown as the other.

/// A text as Intercom shows it where plain text is not asked for.
pub fn html(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<p>{}</p>", escaped.replace('\n', "<br>"))
}

/// A body without its mark-up.
pub fn plain(html: &str) -> String {
    let broken = html.replace("<br>", "\n").replace("</p><p>", "\n\n").replace("</p>\n<p>", "\n\n");
    let mut text = String::with_capacity(broken.len());
    let mut rest = broken.as_str();
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before);
        rest = tag.split_once('>').map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}
