use super::*;

#[test]
fn what_looks_like_mark_up_comes_back_as_it_was() {
    for said in ["a < b & c > d", "<b>no</b>\nline two", "&lt;p&gt; &amp;amp;", "\"quoted\" it's", "one\n\ntwo"] {
        let body = html(said);
        assert!(!body.contains("<b>"), "{body}");
        assert_eq!(text(&body), said);
    }
}

#[test]
fn a_body_of_front_is_read_without_mark_up_and_quotes() {
    assert_eq!(
        text("<div>Hello&nbsp;Finn,</div><div><br></div><div>it&#39;s <b>there</b>.</div>"),
        "Hello Finn,\n\nit's there."
    );
    assert_eq!(text("plain text"), "plain text");
    let mail =
        "<p>On Friday</p><blockquote class=\"q\"><p>You wrote</p><blockquote>x</blockquote>y</blockquote><p>Finn</p>";
    assert_eq!(text(mail), "On Friday\nFinn");
    assert_eq!(text("never closed <b"), "never closed");
}

#[test]
fn nobody_is_called_by_a_name_in_a_note() {
    assert_eq!(uncalled("@rosa, ana@example.com"), "@\u{200b}rosa, ana@example.com");
}
