use super::*;

#[test]
fn a_mark_is_found_at_the_end_alone() {
    let effect = EffectId::new("eff_1");
    let text = marking("hello\n", &effect);
    assert_eq!(text, "hello\n\n[deskhand eff_1]");
    assert_eq!(marked(&text), Some("eff_1"));
    assert_eq!(marked(&html(&text)), Some("eff_1"));
    assert_eq!(marked("hello [deskhand eff_1]\n"), Some("eff_1"), "however its lines are joined");
    assert_eq!(marked(&marking("I quote [deskhand eff_2]", &effect)), Some("eff_1"));
    for text in ["", "hello", "[deskhand eff_1] and more", "[deskhand ]", "[deskhand eff 1]", "deskhand eff_1]"] {
        assert_eq!(marked(text), None, "{text}");
    }
}

#[test]
fn nothing_in_a_text_is_mark_up() {
    assert_eq!(html("a < b & c\n<img src=x>"), "<p>a &lt; b &amp; c<br>&lt;img src=x&gt;</p>");
}
