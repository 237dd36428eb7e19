//! The words of a language and what they do in a sentence: found by longest match, in one pass.

use std::collections::HashSet;

use serde::Deserialize;

use super::LanguageError;
use super::file::{File, phrases};
use crate::domain::text::WordMap;

/// What a word does to the sentence around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Marker {
    /// Turns a claim round.
    Negation,
    /// The claim is about what will be.
    Future,
    /// What follows is only supposed: *if*, *whether*.
    Hypothetical,
    /// What follows may happen at some time: *once*.
    Temporal,
    /// The speaker does not know: *I cannot see whether*.
    Doubt,
    /// Opens a yes-or-no question.
    Asks,
    /// Opens a question that takes its clause for granted: *why*.
    AsksOpen,
    /// A question only in form: *did you know*.
    Presupposes,
    /// What the shopper said.
    Reported,
    /// What the shopper wants.
    Wish,
    /// What follows is a subject matter: *help with*.
    About,
    /// Ability: *can*.
    Ability,
    /// That something happened: *has*, *was*.
    Perfect,
    /// Ability that is over: *could*. It stands beside `Ability`.
    PastAbility,
    FirstSingular,
    /// The store speaking of itself.
    FirstPlural,
    /// Asks the shopper for something: *please*.
    Request,
    /// What follows is asked for, and so not said to be: *please provide*.
    Seeks,
    /// A verb whose object is only looked for: *let me check*.
    Looks,
    /// A verb by which the shopper tells something, asked for beside a `Request`: *confirm*.
    Informs,
    /// Opens a question inside a sentence that takes nothing for granted: *which*.
    Which,
    /// Joins what is alike: *and*.
    Joins,
    /// Of what it joins, one is meant: *or*.
    Either,
    /// What follows is lacking: *I need*.
    Need,
    /// What follows is an aim: *to*.
    Purpose,
    /// A verb that says of something what it does, in words that claim nothing: *the refund follows*.
    Shows,
    /// What follows is handed out: *to receive*.
    Gain,
    Apology,
    /// Says that the shopper was understood, alone at the beginning: *got it*.
    Acknowledges,
    /// Offers help.
    Offer,
    /// Begins a clause of its own.
    Break,
    /// Binds a clause to the one before: *that*.
    Link,
    /// *Yes*, *no*.
    Answer,
    /// A person of the store.
    Person,
    OneOf,
    All,
    Rest,
    First,
    Second,
    Third,
    Last,
    /// One more than those before: *another*.
    Further,
    ParcelNoun,
    OrderNoun,
    /// Whoever carries parcels, unnamed.
    CarrierNoun,
    /// More than one order.
    OrdersNoun,
    ItemNoun,
    AttemptNoun,
    /// What the shopper's matter is called: *request*, *case*.
    CaseNoun,
    /// What tells variants of an item apart: *size*.
    OptionNoun,
    /// Goods that are sent back, as a matter of its own: *return*.
    ReturnNoun,
    AddressNoun,
    NoteNoun,
    /// For sending goods back.
    LabelNoun,
    /// What follows has to happen first: *as soon as*. It may stand beside `Temporal` or a word that asks.
    Upon,
    /// That goods are here, as a condition in one phrase: *on arrival*.
    OnArrival,
    /// What the shopper does with a label and a parcel: *print*, *drop off*.
    Instructs,
    Greeting,
    /// Introduces the most recent scan.
    Latest,
}

/// Several markers, found at a glance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Markers(u64);

// Each has a bit of its own, up to the last.
const _: () = assert!((Marker::Latest as u32) < u64::BITS);

impl Markers {
    pub const fn of(mut list: &[Marker]) -> Self {
        let mut bits = 0;
        while let Some((marker, rest)) = list.split_first() {
            bits |= 1 << (*marker as u32);
            list = rest;
        }
        Self(bits)
    }

    pub const fn has(self, marker: Marker) -> bool {
        self.0 & (1 << (marker as u32)) != 0
    }

    pub const fn has_any(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }

    pub const fn with(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }
}

impl FromIterator<Marker> for Markers {
    fn from_iter<I: IntoIterator<Item = Marker>>(markers: I) -> Self {
        markers.into_iter().fold(Self::default(), |all, marker| all.with(Self::of(&[marker])))
    }
}

/// What is claimed. The evidence that each needs is code (`agents::claims`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Concept {
    Placed,
    Shipped,
    NotShipped,
    LabelCreated,
    InTransit,
    OutForDelivery,
    Delivered,
    ReadyForPickup,
    ReturnToSender,
    Delayed,
    DeliveryProblem,
    Expected,
    Scanned,
    NotScanned,
    CarrierUnreachable,
    Cancelled,
    Paid,
    PaymentPending,
    Refunded,
    PartlyRefunded,
    /// On its way to the payment provider.
    RefundSubmitted,
    /// Nobody has said yet that it is made.
    RefundUnconfirmed,
    RefundWaiting,
    /// A person has to say yes first.
    RefundNeedsApproval,
    /// Whether it was made is being found out.
    RefundChecked,
    RefundFailed,
    /// So many units can still be refunded.
    RefundLeft,
    /// No money before the goods are back.
    GoodsFirst,
    FinalSale,
    PartlyShipped,
    Returned,
    /// A return was opened.
    ReturnOpen,
    /// The store's people have yet to agree to a return.
    ReturnRequested,
    /// There is a label for sending goods back.
    ReturnLabel,
    /// A person sends the label.
    LabelByPerson,
    LabelByStore,
    LabelByShopper,
    RestockingFee,
    /// What was sent back is with the store again.
    GoodsBack,
    AddressChanged,
    /// The order goes to this address already.
    AddressSame,
    NoteAdded,
    Total,
    Price,
    InStock,
    SoldOut,
    Found,
    NotFound,
    CodeSent,
    Verified,
    CodeWrong,
    Escalated,
    /// A question to the store's people that keeps the conversation here, and its answer.
    Asked,
    /// Deeds that no tool can do today.
    Action,
    Promise,
    /// What the store's rules are made of.
    Rule,
    /// *Done*, *all set*: true only of something said beside it.
    Completion,
    /// States that no receipt ever tells.
    Unknowable,
}

/// How a concept appears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// It is so, or happened: *delivered*.
    Done,
    /// It happens or may happen: *deliver*.
    Open,
    /// A noun that claims by being mentioned: *your refund*.
    Noun,
    /// A noun that claims nothing, but says what a date or an amount beside it means: *delivery*.
    Topic,
}

/// What a matched phrase means. A phrase may mean several things.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    Neutral,
    /// Says nothing where it is only asked for, offered or supposed; asserted, it could say much.
    Mentioned,
    Marker(Marker),
    Concept(Concept, Form),
}

#[derive(Debug)]
struct Phrase {
    /// After the first word; `~` at the end admits endings.
    rest: Vec<String>,
    /// With which byte the second word begins; `None`: there is none, or it may begin with any.
    next: Option<u8>,
    roles: Vec<Role>,
}

/// Whether a word is only listed as one that may be said.
fn is_listed(roles: &[Role]) -> bool {
    roles.iter().all(|role| matches!(role, Role::Neutral | Role::Mentioned))
}

/// The phrases that begin with one word, the longest first.
#[derive(Debug, Default)]
struct Beginning {
    /// With the word itself.
    whole: Vec<Phrase>,
    /// With the word and any ending.
    stem: Vec<Phrase>,
}

impl Beginning {
    fn lists(&mut self) -> [&mut Vec<Phrase>; 2] {
        [&mut self.whole, &mut self.stem]
    }
}

/// A language's phrases by their first word.
#[derive(Debug)]
pub struct Lexicon {
    phrases: WordMap<Beginning>,
    /// Longest first; the empty one is last.
    endings: Vec<String>,
}

impl Lexicon {
    pub(super) fn compile(name: &str, file: &File) -> Result<Self, LanguageError> {
        let mut endings: Vec<String> = file.endings.split_whitespace().map(str::to_owned).collect();
        endings.push(String::new());
        endings.sort_by_key(|ending| std::cmp::Reverse(ending.len()));
        let mut lexicon = Self { phrases: WordMap::default(), endings };
        for (marker, text) in &file.markers {
            lexicon.add_all(name, "markers", text, Role::Marker(*marker))?;
        }
        for (concept, forms) in &file.claims {
            for (form, text) in forms {
                lexicon.add_all(name, "claims", text, Role::Concept(*concept, *form))?;
            }
        }
        for word in file.neutral.words.split_whitespace() {
            lexicon.add(name, "neutral.words", word, Role::Neutral)?;
        }
        for word in file.neutral.mentioned.split_whitespace() {
            lexicon.add(name, "neutral.mentioned", word, Role::Mentioned)?;
        }
        lexicon.add_all(name, "neutral.phrases", &file.neutral.phrases, Role::Neutral)?;
        lexicon.keep_futures();
        for list in lexicon.phrases.values_mut().flat_map(Beginning::lists) {
            list.sort_by_key(|phrase| std::cmp::Reverse(phrase.rest.len()));
            list.shrink_to_fit();
        }
        Ok(lexicon)
    }

    /// A neutral phrase with a word of the future in it (`it would be`) still speaks of the future.
    fn keep_futures(&mut self) {
        let future = Role::Marker(Marker::Future);
        let is_future =
            |list: &[Phrase]| list.iter().any(|phrase| phrase.rest.is_empty() && phrase.roles.contains(&future));
        let whole = self.phrases.iter().filter(|(_, begun)| is_future(&begun.whole)).map(|(word, _)| word.clone());
        let stems = self.phrases.iter().filter(|(_, begun)| is_future(&begun.stem)).map(|(word, _)| format!("{word}~"));
        let words: HashSet<String> = whole.chain(stems).collect();
        for (word, begun) in &mut self.phrases {
            let firsts = [word.clone(), format!("{word}~")];
            for (first, list) in firsts.iter().zip(begun.lists()) {
                let neutral = |phrase: &&mut Phrase| !phrase.rest.is_empty() && phrase.roles == [Role::Neutral];
                for phrase in list.iter_mut().filter(neutral) {
                    if std::iter::once(first).chain(&phrase.rest).any(|word| words.contains(word)) {
                        phrase.roles.push(future);
                    }
                }
            }
        }
    }

    fn add_all(&mut self, file: &str, key: &str, text: &str, role: Role) -> Result<(), LanguageError> {
        phrases(text).try_for_each(|phrase| self.add(file, key, phrase, role))
    }

    fn add(&mut self, file: &str, key: &str, phrase: &str, role: Role) -> Result<(), LanguageError> {
        let lower = phrase.to_lowercase().replace('-', " ");
        let mut words = lower.split(' ').filter(|word| !word.is_empty()).map(str::to_owned);
        let bad = |word: &str| !word.trim_end_matches('~').chars().all(|c| c.is_alphabetic() || c == '\'');
        let Some(first) = words.next() else { return Ok(()) };
        let rest: Vec<String> = words.collect();
        if let Some(word) = std::iter::once(&first).chain(&rest).find(|word| bad(word)) {
            let problem = format!("has the word {word:?} in {phrase:?}, which can never match");
            return Err(LanguageError::value(file, key, problem, "write words of letters, set apart by spaces"));
        }
        let list = match first.strip_suffix('~') {
            Some(stem) => &mut self.phrases.entry(stem.to_owned()).or_default().stem,
            None => &mut self.phrases.entry(first).or_default().whole,
        };
        match list.iter_mut().find(|known| known.rest == rest) {
            Some(known) if !known.roles.contains(&role) => known.roles.push(role),
            Some(_) => {}
            None => {
                let second = rest.first().map(|word| word.trim_end_matches('~'));
                let next = second.and_then(|word| word.bytes().next());
                list.push(Phrase { rest, next, roles: vec![role] });
            }
        }
        Ok(())
    }

    /// The longest phrase at the start of `words` (lower case), how many words it has, and what it means.
    pub fn longest(&self, words: &[&str]) -> Option<(usize, &[Role])> {
        let (first, after) = words.split_first()?;
        let mut best: Option<(usize, &[Role])> = None;
        let begun = self.phrases.get(*first);
        if let Some(begun) = begun {
            self.lengthen(&mut best, &begun.whole, after);
        }
        for stem in self.stems(first).filter(|stem| !stem.is_empty()) {
            let begun = if stem.len() == first.len() { begun } else { self.phrases.get(stem) };
            if let Some(begun) = begun {
                self.lengthen(&mut best, &begun.stem, after);
            }
        }
        best
    }

    /// Puts the first phrase of a list that fits and outweighs the best so far in its place.
    fn lengthen<'l>(&self, best: &mut Option<(usize, &'l [Role])>, list: &'l [Phrase], after: &[&str]) {
        let next = after.first().and_then(|word| word.bytes().next());
        let may_follow =
            |phrase: &&Phrase| phrase.rest.len() <= after.len() && (phrase.next.is_none() || phrase.next == next);
        for phrase in list.iter().filter(may_follow) {
            let length = phrase.rest.len() + 1;
            // Among phrases of one length a meaning outweighs a mere listing.
            let outweighs = |(known, roles): (usize, &[Role])| {
                length > known || (length == known && is_listed(roles) && !is_listed(&phrase.roles))
            };
            let fits = || phrase.rest.iter().zip(after).all(|(pattern, word)| self.fits(pattern, word));
            if best.is_none_or(outweighs) && fits() {
                *best = Some((length, phrase.roles.as_slice()));
                return;
            }
        }
    }

    /// The word without each ending that it has, the longest first; the whole word is the last.
    fn stems<'w>(&'w self, word: &'w str) -> impl Iterator<Item = &'w str> {
        let last = word.as_bytes().last();
        // Most endings are told by one letter.
        let ends_so = move |ending: &&String| ending.is_empty() || ending.as_bytes().last() == last;
        self.endings.iter().filter(ends_so).filter_map(|ending| word.strip_suffix(ending.as_str()))
    }

    fn fits(&self, pattern: &str, word: &str) -> bool {
        match pattern.strip_suffix('~') {
            None => pattern == word,
            Some(stem) => {
                word.strip_prefix(stem).is_some_and(|ending| self.endings.iter().any(|known| known == ending))
            }
        }
    }

    /// Whether two words (lower case) are the same but for their endings.
    pub fn same(&self, left: &str, right: &str) -> bool {
        left == right || {
            let (left, right) = (self.stem(left), self.stem(right));
            left == right || left.strip_suffix('e') == Some(right) || right.strip_suffix('e') == Some(left)
        }
    }

    fn stem<'w>(&'w self, word: &'w str) -> &'w str {
        self.stems(word).find(|stem| stem.chars().count() >= 3).unwrap_or(word)
    }
}
