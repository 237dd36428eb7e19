use super::calculate;

fn answer(expression: &str) -> String {
    calculate(expression).unwrap_or_else(|failure| failure.to_string())
}

fn check<const N: usize>(answers: [(&str, &str); N]) {
    for (expression, expected) in answers {
        assert_eq!(answer(expression), expected, "{expression}");
    }
}

#[test]
fn values_are_pythons() {
    check([
        ("2 + 2", "4.0"),
        ("20.10 - 3.1 * 2", "13.9"),
        (" 7 - 2 - 1", "4.0"),
        ("2 * (3 + 4) / 4", "3.5"),
        ("1 / 3", "0.33"),
        ("-2 ** 2", "-4.0"),
        ("2 ** -1", "0.5"),
        ("2 ** 3 ** 2", "512.0"),
        ("2 ** 0.5", "1.41"),
        ("--3 + +-1", "2.0"),
        ("-7 // 2", "-4.0"),
        ("7 // -2", "-4.0"),
        ("-7.5 // 2", "-4.0"),
        ("1 // 0.1", "9.0"),
        ("1. + .5", "1.5"),
        ("00 + 007.5", "7.5"),
        ("0.125", "0.12"),
        ("-0.001", "-0.0"),
        ("1000000.0 ** 3", "1e+18"),
    ]);
    assert_eq!(answer(&format!("{}.0", "9".repeat(400))), "inf");
}

#[test]
fn what_python_would_evaluate_beyond_arithmetic_is_refused_first() {
    check([
        ("1e5", "Invalid characters in expression"),
        ("2 + x", "Invalid characters in expression"),
        ("1,2", "Invalid characters in expression"),
        ("7 % 2", "Invalid characters in expression"),
        ("1\n", "Invalid characters in expression"),
    ]);
}

#[test]
fn what_has_no_value_is_an_error_in_pythons_words() {
    check([
        ("1 / 0", "division by zero"),
        ("1 / 0.0", "float division by zero"),
        ("1 // 0", "integer division or modulo by zero"),
        ("1.0 // 0", "float floor division by zero"),
        ("0 ** -1", "0.0 cannot be raised to a negative power"),
        ("(-8) ** 0.5", "float() argument must be a string or a real number, not 'complex'"),
        ("10.0 ** 400", "(34, 'Numerical result out of range')"),
        ("5(3)", "'int' object is not callable"),
        ("(5.5)(1 / 1)(2)", "'float' object is not callable"),
        ("2(1 / 0)", "division by zero"),
        ("()", "float() argument must be a string or a real number, not 'tuple'"),
    ]);
}

#[test]
fn a_syntax_error_is_found_before_anything_is_worked_out() {
    let invalid = "invalid syntax (<string>, line 1)";
    let comma = "invalid syntax. Perhaps you forgot a comma? (<string>, line 1)";
    let unclosed = "'(' was never closed (<string>, line 1)";
    let unmatched = "unmatched ')' (<string>, line 1)";
    check([
        ("", "invalid syntax (<string>, line 0)"),
        ("  ", "invalid syntax (<string>, line 0)"),
        ("1 +", invalid),
        ("1 / 0 +", invalid),
        ("1 2", invalid),
        ("1.2.3", invalid),
        (".", invalid),
        ("2 *** 3", invalid),
        ("(1 + ) 2", invalid),
        ("(1 2)", comma),
        ("((1 + 2 3) * 4", comma),
        ("(1 + 2", unclosed),
        ("(1 2", unclosed),
        ("1 (", unclosed),
        ("(1 + 2))", unmatched),
        ("1 2)", unmatched),
    ]);
    let zeros = "leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers";
    assert_eq!(answer("1 2 007"), format!("{zeros} (<string>, line 1)"));
}

#[test]
fn nothing_is_too_large_to_be_answered() {
    let large = [
        "9999 ** 9999 ** 9999".to_owned(),
        "2 ** 99999999999".to_owned(),
        "99999999 * 99999999 * 99999999".to_owned(),
        "1 + 1".repeat(25_000),
        format!("{}1{}", "(".repeat(50_000), ")".repeat(50_000)),
        format!("{}1{}", "(".repeat(300), ")".repeat(300)),
        "1**".repeat(1000) + "1",
        "1(".repeat(1000),
        "9".repeat(4000),
    ];
    for expression in large {
        assert_eq!(answer(&expression), "the expression is too large");
    }
    assert_eq!(answer(&format!("{}1", "-".repeat(4000))), "1.0");
    assert_eq!(answer(&format!("{}1", "1+".repeat(2000))), "2001.0");
    assert_eq!(answer(&format!("{}1{}", "(".repeat(200), ")".repeat(200))), "1.0");
}
