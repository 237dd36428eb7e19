use super::*;

fn word(tag: &str) -> Option<(bool, Option<String>, Option<String>)> {
    Word::read(tag, &Manners::default()).map(|word| (word.yes, word.code, word.amount))
}

#[test]
fn tags_are_read_as_the_note_writes_them() {
    let code = || Some("a7f301".to_owned());
    assert_eq!(word("deskhand-approve"), Some((true, None, None)));
    assert_eq!(word("Deskhand-Approve-A7F301"), Some((true, code(), None)));
    assert_eq!(word("deskhand-approve-a7f301-15_00"), Some((true, code(), Some("15.00".to_owned()))));
    assert_eq!(word("deskhand-approve-a7f301-15,50"), Some((true, code(), Some("15.50".to_owned()))));
    assert_eq!(word("deskhand-deny-a7f301"), Some((false, code(), None)));
    for other in ["deskhand-approved", "deskhand-approve-", "deskhand-approve-15", "approve", "deskhand-handback"] {
        assert_eq!(word(other), None, "{other}");
    }
}

#[test]
fn the_code_is_the_end_of_the_id() {
    assert_eq!(code_of(&ApprovalId::new("appr_0199-44A7F301")), "a7f301");
}
