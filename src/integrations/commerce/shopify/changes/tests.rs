use super::*;

#[test]
fn a_line_is_added_and_nothing_is_taken_away() {
    assert_eq!(with_line(None, "new").as_deref(), Some("new"));
    assert_eq!(with_line(Some("  "), "new").as_deref(), Some("new"));
    assert_eq!(with_line(Some("ring twice\n\n"), "new").as_deref(), Some("ring twice\nnew"));
    let full = "x".repeat(LONGEST_NOTE - 4);
    assert_eq!(with_line(Some(&full), "new").map(|note| note.len()), Some(LONGEST_NOTE));
    assert_eq!(with_line(Some(&full), "more"), None, "staff's words are not cut");
}

#[test]
fn a_line_is_found_wherever_it_stands_and_only_by_its_end() {
    let effect = EffectId::new("eff_1");
    let found = |note: &str| mark::ends_a_line(Some(note), &effect);
    assert!(found("ring twice\nasked for gift wrap [deskhand eff_1]\nstaff: done"));
    assert!(found("[deskhand eff_1]"));
    for other in ["", "[deskhand eff_11]", "see [deskhand eff_1] above", "[deskhand eff_1].", "eff_1"] {
        assert!(!found(other), "{other}");
    }
}

#[test]
fn a_place_is_compared_without_the_spaces_around_it() {
    let place = Place {
        line1: "1 Moss St".to_owned(),
        line2: Some(String::new()),
        city: "Portland".to_owned(),
        province: Some("OR".to_owned()),
        postcode: "97205".to_owned(),
        country: "US".to_owned(),
    };
    let address = |line1: &str| Address {
        name: Some("Ana".to_owned()),
        line1: Some(line1.to_owned()),
        line2: None,
        city: Some("Portland ".to_owned()),
        province: Some("OR".to_owned()),
        postcode: Some("97205".to_owned()),
        country: Some("US".to_owned()),
    };
    assert!(place.is(&address("1 Moss St")));
    assert!(!place.is(&address("1 Moss Street")));
}
