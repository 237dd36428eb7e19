//! Letters: facts in, a mail of text and HTML out, whatever stands in the facts.

use deskhand::domain::customer::Email;
use deskhand::domain::id::EffectId;
use deskhand::domain::money::Money;
use deskhand::integrations::messaging::MailWriter;
use deskhand::integrations::messaging::letters::{
    CancellationFacts, Item, LabelFacts, Letter, LetterError, Letters, Occasion, RefundFacts,
};
use deskhand::integrations::messaging::sendgrid::SendGrid;
use deskhand::sandbox::{Fixture, Sandbox, SandboxOptions};
use serde_json::json;

use crate::counter::usd;
use crate::sendgrid::settings;
use crate::server::{hasty, transport};
use crate::writes::permit;

fn write(occasion: &Occasion, language: &str) -> Result<Letter, LetterError> {
    written(&Letters::load(None).unwrap(), occasion, language)
}

fn written(letters: &Letters, occasion: &Occasion, language: &str) -> Result<Letter, LetterError> {
    let to = Email::parse("ana@example.com").unwrap();
    letters.write(&EffectId::new("eff_1"), &to, "Juniper & Pine", language, occasion)
}

/// As a person reads it, then as a browser does.
fn shown(letter: &Letter) -> String {
    format!("Subject: {}\n\n{}\n----\n{}", letter.mail.subject, letter.mail.text, letter.html)
}

fn item(title: &str, variant: Option<&str>, quantity: u32) -> Item {
    Item { title: title.to_owned(), variant: variant.map(str::to_owned), quantity }
}

fn items() -> Vec<Item> {
    vec![item("Cascade Fleece Pullover", Some("M"), 1), item("Alder Enamel Cup", None, 2)]
}

fn label() -> LabelFacts {
    LabelFacts {
        order: "#1002".to_owned(),
        items: items(),
        carrier: "USPS".to_owned(),
        label_url: "https://labels.example/1.pdf?a=1&b=2".to_owned(),
        tracking_number: "9400100000000000000000".to_owned(),
        tracking_url: Some("https://track.example/1".to_owned()),
        instructions: Some("Keep the receipt.".to_owned()),
    }
}

fn occasions() -> Vec<(&'static str, Occasion)> {
    let order = || "#1002".to_owned();
    let bare = LabelFacts { tracking_url: None, instructions: None, ..label() };
    let refund = |items, pending| Occasion::Refund(RefundFacts { order: order(), items, amount: usd(6400), pending });
    let cancelled = |repaid| Occasion::Cancellation(CancellationFacts { order: order(), items: items(), repaid });
    vec![
        ("label", Occasion::Label(label())),
        ("label_bare", Occasion::Label(bare)),
        ("refund", refund(items(), false)),
        ("refund_of_shipping_on_its_way", refund(Vec::new(), true)),
        ("cancellation", cancelled(Some((usd(8200), false)))),
        ("cancellation_without_money", cancelled(None)),
    ]
}

#[test]
fn letters_in_every_language() {
    for language in ["en", "de"] {
        for (name, occasion) in occasions() {
            insta::assert_snapshot!(format!("{name}_{language}"), shown(&write(&occasion, language).unwrap()));
        }
    }
}

#[test]
fn a_language_without_letters_gets_the_english_one() {
    for (_, occasion) in occasions() {
        assert_eq!(shown(&write(&occasion, "fi").unwrap()), shown(&write(&occasion, "en").unwrap()));
    }
}

const HOSTILE: &str =
    "Cup\r\nBcc: all@example.com\u{2028}<script>alert(1)</script>\"'>{{ store }}{% for x in y %}\u{0}";

#[test]
fn foreign_text_stays_text() {
    let order = HOSTILE.to_owned();
    let items = vec![item(HOSTILE, Some(HOSTILE), 1)];
    let label = LabelFacts {
        order: order.clone(),
        items: items.clone(),
        carrier: HOSTILE.to_owned(),
        tracking_number: HOSTILE.to_owned(),
        instructions: Some(HOSTILE.to_owned()),
        ..label()
    };
    let refund = RefundFacts { order: order.clone(), items: items.clone(), amount: usd(1), pending: false };
    let cancelled = CancellationFacts { order, items, repaid: None };
    for language in ["en", "de"] {
        for occasion in [
            Occasion::Label(label.clone()),
            Occasion::Refund(refund.clone()),
            Occasion::Cancellation(cancelled.clone()),
        ] {
            let letter = write(&occasion, language).unwrap();
            let subject = &letter.mail.subject;
            assert!(
                subject.chars().count() <= 200 && !subject.contains(['\r', '\n', '\u{0}', '\u{2028}']),
                "{subject:?}"
            );
            assert!(subject.contains("Cup Bcc: all@example.com <script>"), "{subject}");
            assert!(!letter.html.contains("<script") && letter.html.contains("&lt;script&gt;"), "{}", letter.html);
            assert!(letter.html.contains("{{ store }}"), "it is no template");
            let listed = letter.mail.text.lines().find(|line| line.starts_with("- 1 x ")).unwrap();
            assert!(listed.contains("Bcc: all@example.com") && listed.ends_with(')'), "{listed}");
        }
    }
    insta::assert_snapshot!("hostile", shown(&write(&Occasion::Refund(refund), "en").unwrap()));
}

#[test]
fn what_is_no_web_address_is_not_linked_to() {
    for url in [
        "javascript:alert(1)",
        "data:text/html,x",
        "/labels/1.pdf",
        "",
        "https://a.example/ b",
        "https://a.example/\nb",
    ] {
        let bad = LabelFacts { label_url: url.to_owned(), ..label() };
        assert!(matches!(write(&Occasion::Label(bad), "en"), Err(LetterError::Link(_))), "{url:?}");
        let bad = LabelFacts { tracking_url: Some(url.to_owned()), ..label() };
        assert!(matches!(write(&Occasion::Label(bad), "en"), Err(LetterError::Link(_))), "{url:?}");
    }
}

#[test]
fn amounts_are_written_as_the_language_does() {
    let refund = |text: &str, currency: &str, language| {
        let amount = Money::parse(text, currency.parse().unwrap()).unwrap();
        let facts = RefundFacts { order: "#1".to_owned(), items: Vec::new(), amount, pending: false };
        write(&Occasion::Refund(facts), language).unwrap().mail.text
    };
    assert!(refund("64.00", "EUR", "de").contains("64,00 EUR"));
    assert!(refund("12800", "JPY", "de").contains("12800 JPY"));
    assert!(refund("1.230", "KWD", "en").contains("1.230 KWD"));
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

#[test]
fn files_of_ones_own_stand_in_the_place_of_the_built_in_ones() {
    let own = "decimal = '.'\nsubject = 'Argent'\ntext = '{{ amount }}'\nhtml = '<b>{{ store }}</b>'\n";
    let folder = folder(&[("refund.en.toml", own), ("refund.fr.toml", own), ("notes.md", "not a letter")]);
    let letters = Letters::load(Some(folder.path())).unwrap();
    let (_, refund) = occasions().remove(2);
    for language in ["en", "fr"] {
        let letter = written(&letters, &refund, language).unwrap();
        assert_eq!((letter.mail.subject.as_str(), letter.mail.text.as_str()), ("Argent", "64.00 USD\n"));
        assert_eq!(letter.html, "<b>Juniper &amp; Pine</b>\n");
    }
    assert!(written(&letters, &refund, "de").unwrap().mail.subject.contains("Erstattung"));
}

#[test]
fn a_template_that_cannot_work_is_named_before_a_shopper_sees_it() {
    let file = |text: &str| format!("decimal = '.'\nsubject = 'S'\nhtml = 'H'\ntext = '{text}'\n");
    for (name, text, word) in [
        ("refund.en.toml", file("{{ amuont }}"), "text"),
        ("refund.en.toml", file("{% for %}"), "text"),
        (
            "refund.en.toml",
            file("{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}"),
            "text",
        ),
        ("refund.en.toml", "subject = 'S'".to_owned(), "decimal"),
        ("refund.en.toml", file("") + "footer = 'F'", "footer"),
        ("refund.toml", file(""), "KIND.LANGUAGE"),
        ("invoice.en.toml", file(""), "KIND.LANGUAGE"),
    ] {
        let folder = folder(&[(name, &text)]);
        let error = Letters::load(Some(folder.path())).unwrap_err();
        assert!(matches!(error, LetterError::Invalid { .. }), "{error}");
        assert!(error.to_string().contains(name) && error.to_string().contains(word), "{error}");
    }
}

#[tokio::test]
async fn a_letter_leaves_as_text_and_html_and_arrives() {
    let sandbox = Sandbox::start(SandboxOptions::new(Fixture::juniper_and_pine().unwrap())).await.unwrap();
    let mut settings = settings(sandbox.sendgrid_url().parse().unwrap());
    settings.api_key = sandbox.credentials().sendgrid_api_key.clone().into();
    let sendgrid = SendGrid::new(settings, transport(hasty())).unwrap();
    let letter = write(&Occasion::Label(label()), "de").unwrap();
    let request = sendgrid.letter_request(&letter);
    assert_eq!(request, sendgrid.letter_request(&letter), "the same letter is the same bytes");
    sendgrid.send(permit("eff_1"), &request).await.unwrap();
    let mail = sandbox.world().mails.remove(0);
    assert_eq!((mail.subject, mail.to), (letter.mail.subject, vec!["ana@example.com".to_owned()]));
    assert_eq!(
        (mail.text.as_deref(), mail.html.as_deref()),
        (Some(letter.mail.text.as_str()), Some(letter.html.as_str()))
    );
    assert_eq!(mail.custom_args, json!({"deskhand_effect": "eff_1"}));
}
