use std::fs;

use super::*;
use crate::domain::event::HandoffReason;

fn languages() -> Languages {
    Languages::load(None).unwrap()
}

fn english_with(change: impl Fn(&str) -> String) -> Result<Language, LanguageError> {
    Language::parse("en.toml", &change(ENGLISH.1))
}

#[test]
fn the_desk_s_lines_are_filled_and_promise_no_time() {
    let languages = languages();
    for code in languages.codes() {
        let lines = &languages.get(code).unwrap().lines;
        assert!(lines.handoff_reference("T-77").contains("T-77"));
        let mail = lines.code_mail_body("481516", 10, "Harbour Goods");
        assert!(mail.contains("481516") && mail.contains("10") && mail.contains("Harbour Goods"), "{mail}");
        for reason in [HandoffReason::Asked, HandoffReason::NeverArrived, HandoffReason::VendorOutage] {
            let line = lines.handoff_opening(reason);
            assert!(!line.is_empty() && !line.chars().any(|c| c.is_ascii_digit()), "{line}");
        }
    }
}

/// `It would help` is a courtesy, and still no more than what would be.
#[test]
fn a_courtesy_with_a_word_of_the_future_speaks_of_the_future() {
    let english = english_with(|text| {
        text.replace("will | 'll |", "will | loom~ | 'll |").replace("\nwould be\n", "\nwould be\nloom~ near\n")
    });
    let lexicon = english.unwrap().lexicon;
    for courtesy in [["would", "be"], ["that", "would"], ["loomed", "near"]] {
        let (length, roles) = lexicon.longest(&courtesy).unwrap();
        assert!(length == 2 && roles.contains(&Role::Marker(Marker::Future)), "{courtesy:?}: {roles:?}");
    }
}

#[test]
fn a_language_without_a_file_has_one_sentence_and_an_unknown_one_has_the_english() {
    let languages = languages();
    assert!(languages.get("fr").is_none());
    assert!(languages.person_will_answer("fr").contains("vous répondra"));
    assert_eq!(languages.person_will_answer("xx"), languages.person_will_answer("en"));
}

#[test]
fn the_reference_is_told_in_each_language_that_is_known() {
    let languages = languages();
    let english = languages.handoff_reference("en", "T-77");
    assert_eq!(languages.handoff_reference("xx", "T-77"), english);
    for code in languages.others.keys().map(String::as_str).chain(["de"]) {
        let told = languages.handoff_reference(code, "T-77");
        assert!(told.contains("T-77") && told != english, "{code}: {told}");
    }
}

#[test]
fn messages_are_recognised_even_when_short_and_left_open_when_nothing_tells() {
    let languages = languages();
    let detect = |text: &str| languages.detect(text).map(|found| found.code);
    for (text, code) in [
        ("wo ist meine Bestellung 1001?", "de"),
        ("Where is my order?", "en"),
        ("Hi, my parcel still hasn't arrived and I am worried", "en"),
        ("Guten Tag, ich habe noch nichts bekommen", "de"),
        ("¿Dónde está mi pedido?", "es"),
        ("Où est ma commande ?", "fr"),
        ("Где мой заказ?", "ru"),
        ("注文はどこですか", "ja"),
    ] {
        assert_eq!(detect(text).as_deref(), Some(code), "{text}");
    }
    for text in ["#1001 ana@example.com", "1001", "ok", "97205", ""] {
        assert_eq!(detect(text), None, "{text}");
    }
}

#[test]
fn a_folder_adds_languages_and_stands_in_for_the_built_in_ones() {
    let folder = tempfile::tempdir().unwrap();
    let own = ENGLISH.1.replace("Your reference is {reference}.", "Ticket {reference} it is.");
    fs::write(folder.path().join("en.toml"), own).unwrap();
    let other = "[eo]\nname = \"Esperanto\"\nperson_will_answer = \"Homo respondos.\"\n";
    fs::write(folder.path().join("others.toml"), other).unwrap();
    let languages = Languages::load(Some(folder.path())).unwrap();
    assert_eq!(languages.get("en").unwrap().lines.handoff_reference("9"), "Ticket 9 it is.");
    assert_eq!(languages.person_will_answer("eo"), "Homo respondos.");
    assert!(languages.get("de").is_some());
}

#[test]
fn errors_name_file_key_and_fix() {
    let misspelt = english_with(|text| text.replace("[claims.shipped]", "[claims.shiped]")).unwrap_err().to_string();
    assert!(misspelt.contains("en.toml") && misspelt.contains("shiped"), "{misspelt}");
    let place = english_with(|text| text.replace("{reference}", "{ticket}")).unwrap_err().to_string();
    assert!(
        place.contains("lines.handoff_reference") && place.contains("{ticket}") && place.contains("{reference}"),
        "{place}"
    );
    let missing = english_with(|text| text.replace("vendor_outage = ", "vendor_outrage = ")).unwrap_err().to_string();
    assert!(missing.contains("vendor_outage"), "{missing}");
    let currency =
        english_with(|text| text.replace("\"€\" = [\"EUR\"]", "\"€\" = [\"EURO\"]")).unwrap_err().to_string();
    assert!(currency.contains("money.€") && currency.contains("ISO 4217"), "{currency}");
    let folder = Languages::load(Some(Path::new("/nowhere/at/all"))).unwrap_err().to_string();
    assert!(folder.contains("/nowhere/at/all"), "{folder}");
}

#[test]
fn numbers_are_read_as_the_language_writes_them() {
    let languages = languages();
    let (english, german) = (&languages.get("en").unwrap().numerals, &languages.get("de").unwrap().numerals);
    assert_eq!(english.decimal("1,234.50").as_deref(), Some("1234.50"));
    assert_eq!(german.decimal("1.234,50").as_deref(), Some("1234.50"));
    assert_eq!(english.decimal("12,800").as_deref(), Some("12800"));
    assert_eq!(german.decimal("64,00").as_deref(), Some("64.00"));
    assert_eq!(english.decimal("1,2,3"), None);
    assert_eq!(english.in_words(&["twelve", "thousand", "eight", "hundred"]), Some((4, 12_800)));
    assert_eq!(english.in_words(&["sixty", "four", "dollars"]), Some((2, 64)));
    assert_eq!(german.in_words(&["vierundsechzig"]), Some((1, 64)));
}

/// If a word of a language stood in the code, a second language would not be one file. What the code may name is what
/// receipts are made of.
#[test]
fn no_word_of_a_language_stands_in_the_code() {
    let wire = "amount arrived attempt authorized cancellation cancelled change changed code delay delivered exception failed found label late more noted note order orders paid pending ready refund refunded requested return sent shipped store submitted text unavailable undeliverable verified";
    let wire: Vec<&str> = wire.split_whitespace().collect();
    let known: std::collections::BTreeSet<String> =
        FURTHER.iter().chain([&ENGLISH]).flat_map(|(_, text)| vocabulary(text)).collect();
    assert!(known.len() > 1_000);
    for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/agents")) {
        let text = fs::read_to_string(&path).unwrap();
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//") && !line.contains("=> \""));
        for literal in code.flat_map(|line| line.split('"').skip(1).step_by(2)).filter(|literal| literal.len() > 2) {
            let word = known.contains(literal) && !wire.contains(&literal);
            assert!(!word, "{literal:?} in {} is a word of a language", path.display());
        }
    }
}

fn vocabulary(file: &str) -> Vec<String> {
    let table: toml::Table = toml::from_str(file).unwrap();
    let mut words = Vec::new();
    for key in ["markers", "claims"] {
        collect(&table[key], &mut words);
    }
    words
}

fn collect(value: &toml::Value, words: &mut Vec<String>) {
    match value {
        toml::Value::String(text) => {
            words.extend(text.split(['|', '\n', ' ']).map(|word| word.trim_matches('~').to_lowercase()));
        }
        toml::Value::Table(table) => table.iter().for_each(|(_, value)| collect(value, words)),
        _ => {}
    }
}

/// The files of the two rooms that read sentences.
fn sources(agents: &Path) -> Vec<PathBuf> {
    let mut found = vec![agents.join("claims.rs"), agents.join("language.rs")];
    let mut folders = vec![agents.join("claims"), agents.join("language")];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("tests.rs") {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn a_sieve_holds_its_words_however_they_were_written() {
    let words = ["USPS", "Zürich", "ÉMILE", "\u{212a}iel", "a", "l'Oréal", "2x"];
    let sieve: crate::domain::text::Sieve = words.iter().collect();
    for word in words {
        assert!(sieve.may_hold(&word.to_lowercase()), "{word}");
    }
    let others = ["refund", "parcel", "order", "delivered", "yesterday", "on", "the", "way"];
    assert!(others.iter().filter(|word| sieve.may_hold(word)).count() < 2);
}
