use super::{Comparison, Term, Wanted};

fn word(text: &str) -> Wanted {
    Wanted { text: text.to_owned(), prefix: false, quoted: false }
}

fn field(name: &str, value: Wanted) -> Term {
    Term::Field { name: name.to_owned(), comparison: Comparison::Is, value }
}

#[test]
fn terms_side_by_side_are_joined_and_or_binds_weaker() {
    assert_eq!(
        Term::parse("name:#1 email:a@b.c OR status:open"),
        Term::Any(vec![
            Term::All(vec![field("name", word("#1")), field("email", word("a@b.c"))]),
            field("status", word("open")),
        ])
    );
}

#[test]
fn a_quoted_value_holds_operators_as_text() {
    let quoted = Wanted { text: "x OR email:*".to_owned(), prefix: false, quoted: true };
    assert_eq!(Term::parse("name:\"x OR email:*\""), field("name", quoted));
    let escaped = Wanted { text: "a\" OR email:*".to_owned(), prefix: false, quoted: true };
    assert_eq!(Term::parse(r#"name:"a\" OR email:*""#), field("name", escaped));
}

#[test]
fn an_unescaped_quote_ends_the_value() {
    let all = Wanted { text: String::new(), prefix: true, quoted: false };
    let Term::Any(terms) = Term::parse(r#"name:"x" OR email:*"#) else { panic!("not an alternative") };
    assert_eq!(terms.last(), Some(&field("email", all)));
}

#[test]
fn negations_groups_and_comparisons() {
    assert_eq!(
        Term::parse("-(status:open OR NOT tag:a) created_at:>=2026-01-01"),
        Term::All(vec![
            Term::Not(Box::new(Term::Any(vec![
                field("status", word("open")),
                Term::Not(Box::new(field("tag", word("a")))),
            ]))),
            Term::Field { name: "created_at".to_owned(), comparison: Comparison::AtLeast, value: word("2026-01-01") },
        ])
    );
}

#[test]
fn escapes_take_signs_literally() {
    assert_eq!(Term::parse(r"a\:b\*"), Term::Text(word("a:b*")));
    assert_eq!(Term::parse(r"\OR"), Term::Text(word("OR")));
}

#[test]
fn no_text_is_a_syntax_error() {
    for query in ["", ")", "((", "OR", "AND OR", "-", "\"", "name:", ":", "\\", "NOT", "a:\"b", "* *"] {
        let _ = Term::parse(query);
    }
}
