//! Order numbers, e-mail addresses and postcodes, in any shop's format.
//!
//! A bare number is ambiguous: what was asked for, and what else the message holds, decide.

mod postcodes;

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Match, Regex};

use super::{addresses, letter};

/// What the shopper was asked for, and the order numbers that were named before.
#[derive(Clone, Debug, Default)]
pub struct Expecting {
    pub order_number: bool,
    pub proof: bool,
    pub known_orders: Vec<String>,
    pub corrects: bool,
    /// A new address: its numbers are of no order, and its postcode proves nothing.
    pub address: bool,
}

impl Expecting {
    /// A message then names what it would name by itself.
    pub fn is_nothing(&self) -> bool {
        !(self.order_number || self.proof || self.address) && self.known_orders.is_empty()
    }

    /// As many digits as an order that was named before, whatever stands around them.
    fn is_like_known(&self, number: &str) -> bool {
        let mut runs = self.known_orders.iter().flat_map(|known| known.split(|c: char| !c.is_ascii_digit()));
        runs.any(|run| run.len() == number.len())
    }
}

/// What a message names, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    pub order_numbers: Vec<String>,
    /// Named only to be ruled out: "not 7734".
    pub denied: Vec<String>,
    pub emails: Vec<String>,
    pub postcodes: Vec<String>,
    pub one_time_code: bool,
}

impl Named {
    pub fn is_empty(&self) -> bool {
        self.order_numbers.is_empty() && self.emails.is_empty() && self.postcodes.is_empty() && !self.one_time_code
    }
}

/// What stands in a message instead of the one-time code that the shopper typed.
pub const CODE_MARK: &str = "[one-time code]";

#[expect(clippy::expect_used, reason = "the patterns are constants, and a test uses each")]
pub(super) fn constant(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is well formed")
}

static EMAIL: LazyLock<Regex> =
    LazyLock::new(|| constant(r"(?i)[a-z0-9._%+'-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}"));
/// Numbers that are something else: links, money, dates, times, phone numbers, measures, parcel numbers, ages, sizes.
static OTHER_NUMBERS: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"(?ix) https?://\S+ | [$€£¥]\s?\d[\d.,]* | \d[\d.,]*\s?(?:[$€£¥%]|usd\b|eur\b|gbp\b|jpy\b|yen\b|dollars?\b|euros?\b|pounds?\b|bucks\b)
        | \b\d{4}-\d{2}-\d{2}\b | \b\d{1,2}[/.]\d{1,2}(?:[/.]\d{2,4})?\b | \b\d{1,2}:\d{2}\b | \+\d[\d\x20()-]{7,}\d
        | \b1z[a-z0-9]{16}\b | \b\d{20,}\b
        | \b\d+\s?(?:days?|weeks?|months?|years?|hours?|minutes?|mins?|times|items?|pieces?|kg|lbs?|g|mg|ml|cm|mm|inch|inches|ft|gb|tb|am|pm|x)\b
        | \b(?:in|since)\s+(?:19|20)\d\d\b
        | \b(?:january|february|march|april|may|june|july|august|september|october|november|december|suite|apt|apartment|room|size|unit)\s+\d{1,4}\b",
    )
});
static MARKED: LazyLock<Regex> = LazyLock::new(|| constant(r"#\s?([A-Za-z0-9][A-Za-z0-9_-]*(?:/[A-Za-z0-9]{1,3}\b)?)"));
static AFTER_WORD: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"(?ix)\b(?:orders?|purchase|number|num|nr|no|parcel|package|bestellung|id)\b
        (?:\s*(?:numbers?|num|nr|no\.?|id|is|was|code|it's|its|called|:|=|-|\#|\())*[\s:.\#-]*((?:[a-z]{1,6}-?)?\d[a-z0-9-]*|[a-z]{1,6}-[a-z]{0,4}\d[a-z0-9-]*)",
    )
});
/// `how's 951 looking`: in a place where an order stands, and with nothing behind it that it could count.
static SHORT: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"(?ix)(?:^\s*|\b(?:on|of|about|with|is|s|are|was|did|has|will|wheres|hows|whats|waiting\s+for|track|cancel)\s+)(\d{3})
        (?:\s*(?:$|[?!.,;:\n)])|\s+(?:here|yet|please|pls|plz|now|is|has|was|will|looking|going|doing|coming|arriving|arrived
        |shipped|ship|sent|come|gone|at|been|be|still|and|get|got|out|then|today|tomorrow)\b)",
    )
});
static GLUED: LazyLock<Regex> = LazyLock::new(|| constant(r"(?i)\border(?:ed\s+)?(\d{3,})\b"));
static CODE: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"\b(?:[A-Za-z]{1,6}-?\d{3,}(?:-[A-Za-z0-9]+)*|[A-Za-z]{1,6}(?:-[A-Za-z0-9]+)*-\d{3,}(?:-[A-Za-z0-9]+)*|\d{3,}(?:-[A-Za-z0-9]+)+)\b",
    )
});
static DIGITS: LazyLock<Regex> = LazyLock::new(|| constant(r"\b\d{3,19}\b"));
static DENIAL: LazyLock<Regex> = LazyLock::new(|| {
    constant(r"(?i)\b(?:not|instead of|rather than)\s+(?:the\s+|for\s+)?(?:order\s+)?(?:number\s+)?#?$")
});

pub fn find(text: &str, expecting: &Expecting) -> Named {
    let mut reading = Reading { rest: addresses::blanked(text), named: Named::default(), sure: Vec::new() };
    reading.named.one_time_code = text.contains(CODE_MARK);
    reading.take_emails();
    // Everything else that is named has a digit.
    if !reading.rest.contains(char::is_numeric) {
        return reading.named;
    }
    if expecting.address && !text.contains('#') && !text.to_lowercase().contains("order") {
        return reading.named;
    }
    reading.take_marked_orders();
    reading.take_postcodes();
    reading.blank(&OTHER_NUMBERS);
    reading.take_codes();
    reading.take_bare_numbers(expecting);
    reading.finish(text)
}

/// The text without numbers and addresses: what remains are words. An order number leaves the word "order", except in an
/// answer to our question for it and where nothing else is said.
pub fn masked(text: &str, is_answer: bool) -> String {
    without(text, &find(text, &Expecting::default()), is_answer)
}

/// The same, where it is known what the text names by itself.
pub fn without(text: &str, named: &Named, is_answer: bool) -> String {
    let stands_for = if is_answer { " " } else { " order " };
    let body = text.get(letter::body(text)).unwrap_or(text);
    let mut plain = EMAIL.replace_all(body, " ").to_lowercase();
    for postcode in &named.postcodes {
        plain = plain.replace(&postcode.to_lowercase(), " ");
    }
    for number in named.order_numbers.iter().chain(&named.denied) {
        let number = number.trim_start_matches('#').to_lowercase();
        for before in ["order #", "order number ", "order ", "#", ""] {
            if !plain.contains(&number) {
                break;
            }
            plain = plain.replace(&format!("{before}{number}"), stands_for);
        }
    }
    let only_numbers = plain.split(|c: char| !c.is_alphanumeric()).all(|word| word.is_empty() || word == "order");
    if only_numbers && !named.order_numbers.is_empty() { String::new() } else { plain }
}

/// Whether two ways of writing an order number are the same to a shopper.
pub fn same_order(left: &str, right: &str) -> bool {
    let plain =
        |text: &str| -> String { text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect() };
    let (left, right) = (plain(left), plain(right));
    !left.is_empty() && left == right
}

/// What stands where something was taken out: no blank, so that what stood on its two sides is not read as one.
const TAKEN: &str = "\u{1}";

/// A text from which recognised parts are taken out one kind after another; places stay where they were.
struct Reading {
    rest: String,
    named: Named,
    sure: Vec<(usize, String)>,
}

impl Reading {
    fn take_emails(&mut self) {
        for (range, text) in matches(&EMAIL, &self.rest) {
            let email = text.trim_matches(['.', '\'', '-']).to_lowercase();
            push_new(&mut self.named.emails, email);
            self.erase(range);
        }
    }

    fn take_marked_orders(&mut self) {
        for (range, text) in matches(&MARKED, &self.rest) {
            if text.chars().any(|c| c.is_ascii_digit()) {
                self.sure.push((range.start, trimmed(&text).replace(' ', "")));
                self.erase(range);
            }
        }
        // Postcode words bind closer than "number": "order 7734, zip number 30117".
        for pattern in [&*GLUED, &*AFTER_WORD] {
            for (range, text) in held(pattern, &self.rest) {
                if self.is_free_number(&range, &text) {
                    self.sure.push((range.start, trimmed(&text)));
                    self.erase(range);
                }
            }
        }
    }

    /// Not the amount, the date or the measure that follows "order" by chance, nor a postcode's beginning.
    fn is_free_number(&self, range: &Range<usize>, text: &str) -> bool {
        let overlaps = |other: &Range<usize>| other.start < range.end && range.start < other.end;
        let digits = text.chars().filter(char::is_ascii_digit).count();
        let before = self.rest.get(..range.start).unwrap_or_default();
        digits >= 2
            && !OTHER_NUMBERS.find_iter(&self.rest).any(|found| overlaps(&found.range()))
            && !postcodes::is_announced(before)
            && !postcodes::find(&self.rest).iter().any(|(found, _)| overlaps(found) && found.start < range.start + 1)
    }

    fn take_postcodes(&mut self) {
        for (range, text) in postcodes::find(&self.rest) {
            push_new(&mut self.named.postcodes, text);
            self.erase(range);
        }
    }

    fn blank(&mut self, pattern: &Regex) {
        for (range, _) in matches(pattern, &self.rest) {
            self.erase(range);
        }
    }

    fn take_codes(&mut self) {
        for (range, text) in matches(&CODE, &self.rest) {
            self.sure.push((range.start, trimmed(&text)));
            self.erase(range);
        }
    }

    fn take_bare_numbers(&mut self, expecting: &Expecting) {
        let mut bare = matches(&DIGITS, &self.rest);
        if let Some(index) = self.which_is_postcode(&bare, expecting) {
            push_new(&mut self.named.postcodes, bare.remove(index).1);
        }
        // Beside a proof, even short numbers that begin alike are orders'; alone one may be anything.
        let alike = bare.windows(2).all(|two| matches!(two, [(_, one), (_, next)] if is_of_the_same_row(one, next)));
        let proves = !self.named.emails.is_empty() || !self.named.postcodes.is_empty();
        let all_orders = expecting.order_number || (proves && alike && self.sure.is_empty());
        let is_only_one = self.sure.is_empty() && bare.len() == 1;
        let in_its_place: Vec<_> = if is_only_one { held(&SHORT, &self.rest) } else { Vec::new() };
        let is_order = |range: &Range<usize>, text: &str| {
            let is_long = text.len() >= 4;
            is_long
                || all_orders
                || expecting.is_like_known(text)
                || in_its_place.iter().any(|(place, _)| place == range)
        };
        let orders = bare.into_iter().filter(|(range, text)| is_order(range, text));
        self.sure.extend(orders.map(|(range, text)| (range.start, text)));
    }

    /// Which of the bare numbers is a postcode, if any.
    fn which_is_postcode(&self, bare: &[(Range<usize>, String)], expecting: &Expecting) -> Option<usize> {
        if !self.named.postcodes.is_empty() {
            return None;
        }
        let five = bare.iter().rposition(|(_, text)| text.len() == 5)?;
        let (_, number) = bare.get(five)?;
        let sure = self.sure.iter().map(|(_, text)| text);
        let mut others = bare.iter().take(five).map(|(_, text)| text).chain(sure).peekable();
        if others.peek().is_none() && bare.len() == 1 {
            return alone_as_postcode(number, expecting).then_some(five);
        }
        let is_order = others.any(|other| is_of_the_same_row(other, number));
        (!is_order).then_some(five)
    }

    fn finish(mut self, text: &str) -> Named {
        self.sure.sort_by_key(|(place, _)| *place);
        for (place, number) in self.sure {
            let denied = DENIAL.is_match(text.get(..place).unwrap_or_default());
            let list = if denied { &mut self.named.denied } else { &mut self.named.order_numbers };
            if !list.iter().any(|known| same_order(known, &number)) {
                list.push(number);
            }
        }
        let denied = std::mem::take(&mut self.named.denied);
        self.named.order_numbers.retain(|number| !denied.iter().any(|other| same_order(other, number)));
        self.named.denied = denied;
        self.named
    }

    fn erase(&mut self, range: Range<usize>) {
        let blank = TAKEN.repeat(range.len());
        if self.rest.is_char_boundary(range.start) && self.rest.is_char_boundary(range.end) {
            self.rest.replace_range(range, &blank);
        }
    }
}

/// `24044 and 24053`: a shop counts its orders, and those of one shopper often begin alike.
fn is_of_the_same_row(order: &str, number: &str) -> bool {
    const BEGINNING: usize = 2;
    let mut runs = order.split(|c: char| !c.is_ascii_digit());
    runs.any(|run| run.len() == number.len() && run.get(..BEGINNING) == number.get(..BEGINNING))
}

/// A five-digit number alone is a postcode when only that was still missing, and it does not look like a corrected number.
fn alone_as_postcode(number: &str, expecting: &Expecting) -> bool {
    expecting.proof && !expecting.order_number && !(expecting.corrects && expecting.is_like_known(number))
}

fn matches(pattern: &Regex, text: &str) -> Vec<(Range<usize>, String)> {
    pattern.find_iter(text).map(placed).collect()
}

/// What the group of each match holds.
fn held(pattern: &Regex, text: &str) -> Vec<(Range<usize>, String)> {
    // Most patterns are in no message, and to look for groups costs more.
    if !pattern.is_match(text) {
        return Vec::new();
    }
    pattern.captures_iter(text).filter_map(|found| found.get(1)).map(placed).collect()
}

fn placed(found: Match<'_>) -> (Range<usize>, String) {
    (found.range(), found.as_str().to_owned())
}

fn trimmed(text: &str) -> String {
    text.trim_matches(['-', '_', ' ', '.']).to_owned()
}

fn push_new(list: &mut Vec<String>, text: String) {
    if !list.contains(&text) {
        list.push(text);
    }
}
