//! Mails that templates make of facts: `mails/KIND.LANGUAGE.toml`, built in or the user's own. Facts are foreign text: they
//! are values in a template, never a template; in HTML they are escaped, in a subject they stay on one line, and an address
//! is a link only where it is one of the web.

use std::collections::BTreeMap;
use std::path::Path;

use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};
use rust_embed::RustEmbed;
use serde::Deserialize;
use thiserror::Error;
use url::Url;

use super::Mail;
use crate::domain::customer::Email;
use crate::domain::id::EffectId;
use crate::domain::money::Money;

#[derive(RustEmbed)]
#[folder = "mails/"]
struct BuiltIn;

/// The language of a store that has no template in the shopper's.
const FALLBACK: &str = "en";
/// Longest subject, and longest name of anything, in characters.
const LONGEST_LINE: usize = 200;
/// Steps that a template may take: more than any list of an order needs.
const FUEL: u64 = 200_000;

/// What a letter is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// A label was bought for goods that come back.
    Label(LabelFacts),
    /// Money went back, or is on its way.
    Refund(RefundFacts),
    /// An order was called off.
    Cancellation(CancellationFacts),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelFacts {
    /// As the shopper knows it: `#1001`.
    pub order: String,
    pub items: Vec<Item>,
    pub carrier: String,
    /// Where the label lies. `http` or `https`.
    pub label_url: String,
    pub tracking_number: String,
    pub tracking_url: Option<String>,
    /// What the store says besides, in the letter's language.
    pub instructions: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundFacts {
    pub order: String,
    /// None where it is for shipping only.
    pub items: Vec<Item>,
    pub amount: Money,
    /// Whether it is on its way only.
    pub pending: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CancellationFacts {
    pub order: String,
    pub items: Vec<Item>,
    /// What goes back of it, and whether it is on its way only.
    pub repaid: Option<(Money, bool)>,
}

/// Some pieces of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub title: String,
    pub variant: Option<String>,
    pub quantity: u32,
}

impl Item {
    /// Else a title could write lines of its own into a letter.
    fn on_a_line(&self) -> Self {
        let (title, variant) = (one_line(&self.title), self.variant.as_deref().map(one_line));
        Self { title, variant, quantity: self.quantity }
    }
}

/// A mail with the same words as HTML.
#[derive(Clone, Debug)]
pub struct Letter {
    pub mail: Mail,
    pub html: String,
}

#[derive(Debug, Error)]
pub enum LetterError {
    #[error("mails/{file} cannot be read: {reason}")]
    Unreadable { file: String, reason: String },
    #[error("mails/{file}: {reason}")]
    Invalid { file: String, reason: String },
    #[error("a letter cannot link to {0:?}: it is no web address")]
    Link(String),
}

/// All templates, by file.
#[derive(Clone, Debug)]
pub struct Letters {
    templates: BTreeMap<String, Template>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Template {
    /// What stands before the cents of an amount.
    decimal: String,
    subject: String,
    text: String,
    html: String,
}

/// All that any template may name. What an occasion lacks is nothing.
#[derive(Default)]
struct Facts<'a> {
    store: &'a str,
    order: String,
    items: Vec<Item>,
    carrier: Option<String>,
    label_url: Option<&'a str>,
    tracking_number: Option<String>,
    tracking_url: Option<&'a str>,
    instructions: Option<&'a str>,
    amount: Option<String>,
    pending: bool,
}

impl Facts<'_> {
    fn values(&self) -> Value {
        let items = self.items.iter().map(|item| {
            context! { title => &item.title, variant => item.variant.as_deref(), quantity => item.quantity }
        });
        context! {
            store => self.store,
            order => &self.order,
            items => items.collect::<Vec<_>>(),
            carrier => self.carrier.as_deref(),
            label_url => self.label_url,
            tracking_number => self.tracking_number.as_deref(),
            tracking_url => self.tracking_url,
            instructions => self.instructions,
            amount => self.amount.as_deref(),
            pending => self.pending,
        }
    }
}

impl Letters {
    /// The built-in templates; files of the same name in `own` stand in their place, others add languages.
    ///
    /// # Errors
    /// The first file that does not read, or of which no letter can be made.
    pub fn load(own: Option<&Path>) -> Result<Self, LetterError> {
        let mut files = files();
        if let Some(folder) = own.filter(|folder| folder.exists()) {
            files.extend(read_folder(folder)?);
        }
        let mut templates = BTreeMap::new();
        for (file, text) in files {
            let template: Template = toml::from_str(&text)
                .map_err(|error| LetterError::Invalid { file: file.clone(), reason: error.to_string() })?;
            templates.insert(file, template);
        }
        let letters = Self { templates };
        letters.check()?;
        Ok(letters)
    }

    /// The letter to a shopper of a store. In English where there is none in this language.
    ///
    /// # Errors
    /// An address that cannot be linked to, or a template that does not come to an end.
    pub fn write(
        &self,
        effect: &EffectId,
        to: &Email,
        store: &str,
        language: &str,
        occasion: &Occasion,
    ) -> Result<Letter, LetterError> {
        let (file, template) = self.template(occasion, language)?;
        let facts = Facts { store, ..occasion.facts(&template.decimal)? };
        let render = |name: &str, source: &str| render(file, name, source, &facts);
        let subject = one_line(&render("subject.txt", &template.subject)?);
        let text = tidy(&render("text.txt", &template.text)?);
        let html = tidy(&render("body.html", &template.html)?);
        Ok(Letter { mail: Mail { effect: effect.clone(), to: to.clone(), subject, text }, html })
    }

    fn template(&self, occasion: &Occasion, language: &str) -> Result<(&str, &Template), LetterError> {
        let named = |language: &str| self.templates.get_key_value(&format!("{}.{language}.toml", occasion.name()));
        let found = named(language).or_else(|| named(FALLBACK)).map(|(file, template)| (file.as_str(), template));
        found.ok_or_else(|| LetterError::Unreadable {
            file: format!("{}.{FALLBACK}.toml", occasion.name()),
            reason: "it is missing".to_owned(),
        })
    }

    /// Writes a letter with each template, lest a shopper be the first to see what is wrong with it.
    fn check(&self) -> Result<(), LetterError> {
        for (file, template) in &self.templates {
            let kind = file.split('.').next().unwrap_or_default();
            let samples: Vec<Occasion> = samples().into_iter().filter(|occasion| occasion.name() == kind).collect();
            if samples.is_empty() || file.split('.').count() != 3 {
                let reason = "it is named after no kind of mail; write KIND.LANGUAGE.toml, such as label.fr.toml";
                return Err(LetterError::Invalid { file: file.clone(), reason: reason.to_owned() });
            }
            for occasion in samples {
                let facts = occasion.facts(&template.decimal)?;
                for (name, source) in
                    [("subject.txt", &template.subject), ("text.txt", &template.text), ("body.html", &template.html)]
                {
                    render(file, name, source, &facts)?;
                }
            }
        }
        Ok(())
    }
}

impl Occasion {
    /// As its files are called.
    fn name(&self) -> &'static str {
        match self {
            Self::Label(_) => "label",
            Self::Refund(_) => "refund",
            Self::Cancellation(_) => "cancellation",
        }
    }

    fn facts(&self, decimal: &str) -> Result<Facts<'_>, LetterError> {
        Ok(match self {
            Self::Label(facts) => Facts {
                order: one_line(&facts.order),
                items: facts.items.iter().map(Item::on_a_line).collect(),
                carrier: Some(one_line(&facts.carrier)),
                label_url: Some(link(&facts.label_url)?),
                tracking_number: Some(one_line(&facts.tracking_number)),
                tracking_url: facts.tracking_url.as_deref().map(link).transpose()?,
                instructions: facts.instructions.as_deref(),
                ..Facts::default()
            },
            Self::Refund(facts) => Facts {
                order: one_line(&facts.order),
                items: facts.items.iter().map(Item::on_a_line).collect(),
                amount: Some(spoken(facts.amount, decimal)),
                pending: facts.pending,
                ..Facts::default()
            },
            Self::Cancellation(facts) => Facts {
                order: one_line(&facts.order),
                items: facts.items.iter().map(Item::on_a_line).collect(),
                amount: facts.repaid.map(|(amount, _)| spoken(amount, decimal)),
                pending: facts.repaid.is_some_and(|(_, pending)| pending),
                ..Facts::default()
            },
        })
    }
}

fn link(text: &str) -> Result<&str, LetterError> {
    let fits = Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    // What stands in a text is a link up to the first blank only.
    let whole = !text.chars().any(|c| c.is_whitespace() || c.is_control());
    if fits && whole { Ok(text) } else { Err(LetterError::Link(text.chars().take(100).collect())) }
}

/// `64.00 USD`, `64,00 USD`.
fn spoken(amount: Money, decimal: &str) -> String {
    format!("{} {}", amount.decimal().replace('.', decimal), amount.currency())
}

fn one_line(text: &str) -> String {
    let blank = |c: char| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c };
    let words: String = text.chars().map(blank).collect();
    words.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(LONGEST_LINE).collect()
}

/// Without the empty lines that parts leave behind which a letter does not have.
fn tidy(text: &str) -> String {
    let mut tidied = String::new();
    let mut empty = true;
    for line in text.trim_end().lines().map(str::trim_end) {
        if !(line.is_empty() && empty) {
            tidied.push_str(line);
            tidied.push('\n');
        }
        empty = line.is_empty();
    }
    tidied
}

/// Renders one part of a template; its name tells whether it is HTML.
fn render(file: &str, name: &str, source: &str, facts: &Facts<'_>) -> Result<String, LetterError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment
        .set_auto_escape_callback(|name| if name.ends_with(".html") { AutoEscape::Html } else { AutoEscape::None });
    let rendered = environment.render_named_str(name, source, facts.values());
    rendered.map_err(|error| {
        let reason = format!("{}: {error:#}", name.split('.').next().unwrap_or_default());
        LetterError::Invalid { file: file.to_owned(), reason }
    })
}

/// One with everything, and one with as little as there can be.
fn samples() -> Vec<Occasion> {
    let Ok(currency) = "EUR".parse() else { return Vec::new() };
    let (order, amount) = ("#1".to_owned(), Money::from_minor(1, currency));
    let items = vec![Item { title: "A".to_owned(), variant: Some("B".to_owned()), quantity: 1 }];
    let (full, bare) = (Some("https://a.example".to_owned()), None);
    let label = |more: &Option<String>| LabelFacts {
        order: order.clone(),
        items: items.clone(),
        carrier: "C".to_owned(),
        label_url: "https://a.example".to_owned(),
        tracking_number: "1".to_owned(),
        tracking_url: more.clone(),
        instructions: more.clone(),
    };
    let refund = |items, pending| RefundFacts { order: order.clone(), items, amount, pending };
    let cancellation = |items, repaid| CancellationFacts { order: order.clone(), items, repaid };
    vec![
        Occasion::Label(label(&full)),
        Occasion::Label(label(&bare)),
        Occasion::Refund(refund(items.clone(), true)),
        Occasion::Refund(refund(Vec::new(), false)),
        Occasion::Cancellation(cancellation(items.clone(), Some((amount, true)))),
        Occasion::Cancellation(cancellation(Vec::new(), None)),
    ]
}

/// The built-in templates, by name.
pub fn files() -> BTreeMap<String, String> {
    let names = BuiltIn::iter();
    let files = names.filter_map(|name| {
        let file = BuiltIn::get(&name)?;
        Some((name.into_owned(), String::from_utf8_lossy(&file.data).into_owned()))
    });
    files.collect()
}

fn read_folder(folder: &Path) -> Result<BTreeMap<String, String>, LetterError> {
    let unreadable = |file: &str, error: std::io::Error| LetterError::Unreadable {
        file: file.to_owned(),
        reason: error.to_string(),
    };
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(|error| unreadable("", error))? {
        let path = entry.map_err(|error| unreadable("", error))?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.insert(name.clone(), std::fs::read_to_string(&path).map_err(|error| unreadable(&name, error))?);
        }
    }
    Ok(files)
}
