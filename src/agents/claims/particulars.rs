//! Amounts, dates, numbers and places in a clause: each must be the one that its receipts have for what is said.

use jiff::civil::Date;

use super::atoms::{Atom, DateClaim};
use super::clause::Clause;
use super::evidence::{Order, Parcel, Scan, words};
use super::judge::Bound;
use super::license::License;
use super::reading::{Hit, What};
use super::scope::{parcel_number, title_names};
use super::{Reason, Withheld};
use crate::agents::language::{Concept, Form, Marker};
use crate::domain::money::Money;

impl Clause<'_> {
    /// Whether the atom is a claim and true; `Ok(false)`: harmless.
    pub(super) fn atom(&self, at: usize, atom: &Atom, license: License) -> Result<bool, Withheld> {
        let refused = |reason: Reason, what: &str| Err(Withheld::new(reason, format!("{:?}: {what}", self.raw(at))));
        match atom {
            Atom::Money(_) | Atom::Number(_) if self.is_counted(at) => Ok(false),
            Atom::Date(_) if self.tells_a_window() => Ok(false),
            Atom::Date(_) if self.tells_another_window() => refused(Reason::Date, "no receipt has this day"),
            Atom::Money(amounts) if self.amount(at, amounts, license) => Ok(license == License::None),
            Atom::Money(_) => refused(Reason::Amount, "no receipt has this amount for what is said"),
            Atom::Date(date) => self.date(at, *date, license),
            Atom::Percent(percent) if self.is_fee(percent) => Ok(false),
            Atom::Percent(_) => refused(Reason::Percentage, "no receipt has this percentage"),
            Atom::Duration { numbers, minutes, .. } if self.code_is_valid_for(numbers, *minutes) => Ok(true),
            Atom::Duration { .. } => refused(Reason::Duration, "no receipt has this span of time"),
            Atom::Time(hour, minute) if self.scans().any(|scan| scan.time() == Some((*hour, *minute))) => Ok(true),
            Atom::Time(..) => refused(Reason::Date, "no scan was at this time"),
            Atom::Number(number) => self.number(at, number),
            Atom::Tracking(_) | Atom::Order(_) => Ok(false),
            Atom::Url(url) if self.is_foreign_link(url) => refused(Reason::Address, "it is not the label's"),
            Atom::Url(url) if self.evidence.has_address(url) => Ok(false),
            Atom::Email(email) if self.evidence.has_address(email) || self.evidence.quoted(email) => Ok(false),
            Atom::Url(_) | Atom::Email(_) => refused(Reason::Address, "no receipt has this address"),
            Atom::Code(code)
                if self.evidence.quoted(code) || self.evidence.find(code).is_some() || self.is_in_a_title(code) =>
            {
                Ok(false)
            }
            Atom::Code(_) => refused(Reason::TrackingNumber, "no receipt has this"),
        }
    }

    fn scans(&self) -> impl Iterator<Item = &Scan> {
        self.parcels.iter().flat_map(|parcel| parcel.scans())
    }

    fn is_in_a_title(&self, word: &str) -> bool {
        let items = self.evidence.orders.iter().flat_map(|order| &order.items);
        let texts = items.flat_map(|item| std::iter::once(&item.title).chain(&item.variant));
        let mut texts = texts.chain(self.evidence.products.iter().map(|product| &product.title));
        texts.any(|text| words(text).contains(&word.to_lowercase()))
    }

    fn code_is_valid_for(&self, numbers: &[String], minutes: bool) -> bool {
        let codes = &self.evidence.codes;
        let valid = codes.valid_minutes.map(|minutes| minutes.to_string());
        minutes && codes.sent && numbers.len() == 1 && numbers.first() == valid.as_ref()
    }

    /// The concept that says what a particular at `at` is: the nearest one before it in its clause, else the nearest
    /// after it.
    fn concept_beside(&self, at: usize, tells: impl Fn(&Bound) -> bool) -> Option<Bound> {
        let bound = |place: usize| self.meant(place).filter(&tells);
        let dated = |place: usize| {
            self.reading
                .hits
                .get(place)
                .is_some_and(|hit| matches!(hit.what, What::Atom(Atom::Date(_) | Atom::Money(_))))
        };
        // What already has its date or amount gives the next one its meaning only if nothing else does.
        let free = (self.segment.start..at).rev().take_while(|place| !dated(*place)).find_map(bound);
        let after = || (at + 1..self.segment.end).find_map(bound);
        free.or_else(after).or_else(|| (self.segment.start..at).rev().find_map(bound))
    }

    /// The concept at a hit, in the meaning that it has in this clause.
    fn meant(&self, place: usize) -> Option<Bound> {
        let hit = self.reading.hits.get(place)?;
        let bound = self.reading.bound(self.segment, place)?;
        let (concept, form) = hit.concepts().find(|(concept, _)| self.means(place, *concept))?;
        Some(if self.means(place, bound.concept) { bound } else { Bound { concept, form, ..bound } })
    }

    // Dates

    fn date(&self, at: usize, date: DateClaim, license: License) -> Result<bool, Withheld> {
        let today = self.evidence.today;
        let refused = |what: String| Err(Withheld::new(Reason::Date, format!("{:?}: {what}", self.raw(at))));
        if license >= License::Mention {
            let waits = self.segment.clone().any(|at| self.waits_for_goods(at));
            let known = !waits && self.all_dates().any(|actual| date.means(actual, today));
            return if known { Ok(false) } else { refused("no receipt has this date".to_owned()) };
        }
        let bears = |bound: &Bound| !matches!(bound.concept, Concept::Total | Concept::Price);
        let Some(bound) = self.concept_beside(at, bears).or(self.before) else {
            let idle = date == DateClaim::Offset(0) && !self.has(Marker::Future);
            return if idle { Ok(false) } else { refused("nothing says what is on this date".to_owned()) };
        };
        if let Some(days) = self.days_of_return() {
            let holds = days.into_iter().any(|actual| date.means(actual, today));
            return if holds { Ok(true) } else { refused("no return has this date".to_owned()) };
        }
        let claim = self.claim(bound);
        let fits =
            |parcel: Option<&Parcel>| claim.dates(today, parcel).into_iter().any(|actual| date.means(actual, today));
        let holds = match self.parcels {
            [] => fits(None),
            parcels => parcels.iter().all(|parcel| fits(Some(parcel))),
        };
        if holds { Ok(true) } else { refused(format!("no receipt has this date for {:?}", bound.concept)) }
    }

    fn all_dates(&self) -> impl Iterator<Item = Date> {
        let orders = self.evidence.orders.iter();
        let of_parcel = |parcel: &Parcel| {
            let scans: Vec<Date> = parcel.scans().filter_map(|scan| scan.on).collect();
            [parcel.shipped_on, parcel.estimate(), parcel.delivered_on()]
                .into_iter()
                .flatten()
                .chain(scans)
                .collect::<Vec<_>>()
        };
        let dates = orders.flat_map(move |order| {
            let own = [order.placed_on, order.cancelled_on].into_iter().flatten();
            own.chain(order.shipments.iter().flat_map(of_parcel)).collect::<Vec<_>>()
        });
        dates.chain([self.evidence.today])
    }

    // Money

    fn amount(&self, at: usize, amounts: &[Money], license: License) -> bool {
        let known = |money: &Money| amounts.contains(money);
        if self.has(Marker::Gain) {
            return false;
        }
        let refund = |bound: &Bound| matches!(bound.concept, Concept::Refunded | Concept::PartlyRefunded);
        if license >= License::Mention && !self.has(Marker::Reported) && self.concept_beside(at, refund).is_some() {
            return self.order.is_some_and(|order| self.amounts_back(order).any(|money| known(&money)));
        }
        if license >= License::Mention {
            return self.all_amounts().any(|money| known(&money));
        }
        let negated = self.reading.negations(self.segment) > 0;
        // After an *if* an amount is a promise, unless a concept beside it can be checked.
        let conditional =
            self.reading.hits.iter().any(|hit| hit.has(Marker::Hypothetical) || hit.has(Marker::Temporal));
        if negated || self.has(Marker::Future) || self.has(Marker::Ability) || self.has(Marker::Offer) || conditional {
            return false;
        }
        let tells = |bound: &Bound| self.claim(*bound).amounts().is_some() || bound.concept == Concept::Price;
        let says = |bound: &Bound| bound.form != Form::Topic && tells(bound);
        let beside = self.concept_beside(at, says).or_else(|| self.concept_beside(at, tells));
        let beside = beside.or(self.before.filter(tells));
        let named = self.titles().next().is_some();
        let Some(bound) = beside else {
            return self.prices().iter().any(known) || (!named && self.order_total().iter().any(known));
        };
        match self.claim(bound).amounts() {
            Some(amounts) if amounts.iter().any(known) => true,
            Some(_) => bound.concept == Concept::Total && named && self.prices().iter().any(known),
            None => self.prices().iter().any(known),
        }
    }

    /// Amounts that were refunded, or that a refund is about.
    fn amounts_back<'c>(&'c self, order: &'c Order) -> impl Iterator<Item = Money> + 'c {
        let refunds = self.evidence.refunds.iter().filter(|refund| order.is_called(&refund.order_number));
        let follow = self.deeds(order).filter_map(|deed| deed.told.refund.as_ref()?.amount);
        order.refunded.into_iter().chain(refunds.filter_map(|refund| refund.amount)).chain(follow)
    }

    fn order_total(&self) -> Option<Money> {
        self.order.and_then(|order| order.total)
    }

    /// Prices of the items and products that the clause names; of the only item of the order where it names none.
    fn prices(&self) -> Vec<Money> {
        let titles: Vec<&str> = self.titles().collect();
        let named =
            |title: &str| !titles.is_empty() && titles.iter().any(|said| title_names(self.language, said, title));
        let items = self.order.map_or(&[][..], |order| order.items.as_slice());
        let mut prices: Vec<Money> = Vec::new();
        for item in items.iter().filter(|item| named(&item.title) || (titles.is_empty() && items.len() == 1)) {
            let Some(unit) = item.unit_price else { continue };
            prices.push(unit);
            let line = i64::try_from(item.quantity).ok().and_then(|quantity| unit.minor().checked_mul(quantity));
            if let Some(minor) = line.filter(|_| self.says_number(item.quantity)) {
                prices.push(Money::from_minor(minor, unit.currency()));
            }
        }
        prices.extend(
            self.evidence.products.iter().filter(|product| named(&product.title)).filter_map(|product| product.price),
        );
        prices
    }

    fn says_number(&self, wanted: u64) -> bool {
        let hits = self.reading.hits.get(self.segment.clone()).unwrap_or_default();
        hits.iter().any(|hit| matches!(&hit.what, What::Atom(Atom::Number(number)) if *number == wanted.to_string()))
    }

    fn all_amounts(&self) -> impl Iterator<Item = Money> {
        let orders = self.evidence.orders.iter();
        let of_orders = orders.flat_map(|order| {
            [order.total, order.refunded]
                .into_iter()
                .flatten()
                .chain(order.items.iter().filter_map(|item| item.unit_price))
        });
        of_orders.chain(self.evidence.products.iter().filter_map(|product| product.price))
    }

    // Numbers

    fn number(&self, at: usize, number: &str) -> Result<bool, Withheld> {
        // Which parcel it is was settled when the clause was read.
        let numbered = at.checked_sub(1).is_some_and(|noun| parcel_number(self.reading, noun).is_some());
        if numbered || self.counts(at, number) || self.tells_a_variant(at, number) {
            return Ok(true);
        }
        if self.license(at) >= License::Mention && self.is_the_shoppers(at, number) {
            return Ok(false);
        }
        let counts = |next: &Hit| next.has(Marker::ParcelNoun) || next.has(Marker::ItemNoun);
        let counts = self.reading.hits.get(at + 1).is_some_and(counts);
        let quoted = self.evidence.quoted(number) && number.len() >= 3 && !counts;
        let order = self.evidence.find(number).is_some() || quoted;
        let tells = |bound: &Bound| self.claim(*bound).amounts().is_some() || bound.concept == Concept::Price;
        let money = self
            .concept_beside(at, tells)
            .and_then(|_| self.order_total())
            .and_then(|total| Money::parse(number, total.currency()).ok());
        if money.is_some() && number.contains('.') {
            let amounts: Vec<Money> = money.into_iter().collect();
            if self.amount(at, &amounts, self.license(at)) {
                return Ok(true);
            }
        } else if order {
            return Ok(false);
        }
        Err(Withheld::new(Reason::Number, format!("{:?}: no receipt has this number for what is said", self.raw(at))))
    }

    fn is_the_shoppers(&self, at: usize, number: &str) -> bool {
        self.evidence.quoted(number) || self.evidence.echoes(self.language, &self.raw(at))
    }

    /// `Size: 10`, of the item that the sentence names or of the only one.
    fn tells_a_variant(&self, at: usize, number: &str) -> bool {
        let hits = &self.reading.hits;
        let before = |back: usize| at.checked_sub(back).and_then(|before| hits.get(before));
        let labels = |back: usize| before(back).is_some_and(|hit| hit.has(Marker::OptionNoun));
        let mark = before(1).is_some_and(|hit| matches!(hit.what, What::Mark));
        if !(labels(1) || (mark && labels(2))) {
            return false;
        }
        let items = self.order.map_or(&[][..], |order| order.items.as_slice());
        let said: Vec<&str> = super::clause::titles(hits).collect();
        let mut named = items
            .iter()
            .filter(|item| {
                let whole = [item.title.as_str(), item.variant.as_deref().unwrap_or_default()].join(" ");
                said.iter().all(|title| title_names(self.language, title, &whole))
            })
            .peekable();
        let one = !said.is_empty() || items.len() == 1;
        let holds = |variant: &String| words(variant).iter().any(|word| word == number);
        one && named.peek().is_some() && named.all(|item| item.variant.as_ref().is_some_and(holds))
    }

    /// Whether the number counts what follows it, rightly.
    fn counts(&self, at: usize, number: &str) -> bool {
        let Ok(number) = number.parse::<u64>() else { return false };
        let following = self.reading.hits.get(at + 1..(at + 5).min(self.reading.hits.len())).unwrap_or_default();
        let items = || self.order.map_or(&[][..], |order| order.items.as_slice());
        for hit in following {
            match &hit.what {
                What::Title(title) => {
                    return items()
                        .iter()
                        .any(|item| item.quantity == number && title_names(self.language, title, &item.title));
                }
                What::Phrase(_) if hit.has(Marker::AttemptNoun) => {
                    return self.evidence.codes.tries_left == Some(number);
                }
                What::Phrase(_) if hit.has(Marker::ParcelNoun) => {
                    let parcels = self.order.map_or(0, |order| order.shipments.len() as u64);
                    return number == parcels && parcels > 0;
                }
                What::Phrase(_) if hit.has(Marker::OrdersNoun) => {
                    return self.evidence.listed.is_some_and(|listed| listed as u64 == number);
                }
                What::Phrase(_) if hit.has(Marker::ItemNoun) => {
                    let pieces: u64 = items().iter().map(|item| item.quantity).sum();
                    return number > 0 && (number == pieces || number == items().len() as u64);
                }
                What::Phrase(_) => {}
                What::Unknown if hit.end == hit.start + 1 && self.raw(at + 1) == "x" => {}
                What::Mark
                    if hit.end - hit.start == 1
                        && self.reading.tokens.get(hit.start).is_some_and(|token| token.is_mark("×\"'")) => {}
                _ => return false,
            }
        }
        false
    }

    // Places

    /// A place is where a parcel was last seen, or where it was on a day that the clause names.
    pub(super) fn place(&self, name: &str) -> Result<(), Withheld> {
        let today = self.evidence.today;
        let dates: Vec<DateClaim> = self
            .reading
            .hits
            .get(self.segment.clone())
            .unwrap_or_default()
            .iter()
            .filter_map(|hit| if let What::Atom(Atom::Date(date)) = hit.what { Some(date) } else { None })
            .collect();
        let is_here = |scan: &Scan| scan.city.iter().chain(&scan.state).any(|place| words(place).join(" ") == name);
        let on_day = |scan: &Scan| scan.on.is_some_and(|on| dates.iter().all(|date| date.means(on, today)));
        let seen = |parcel: &&Parcel| {
            let latest = parcel.latest_scan();
            let fits = |scan: &Scan| is_here(scan) && on_day(scan) && (!dates.is_empty() || latest == Some(scan));
            parcel.scans().any(fits)
        };
        let arriving = self.has(Marker::Future)
            || self
                .segment
                .clone()
                .any(|at| self.reading.bound(self.segment, at).is_some_and(|bound| bound.form == Form::Open));
        if !arriving && !self.parcels.is_empty() && self.parcels.iter().all(seen) {
            return Ok(());
        }
        Err(Withheld::new(Reason::Place, format!("{name:?}: no scan of this parcel was there as it is said")))
    }
}
