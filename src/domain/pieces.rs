//! Which pieces of an order a wish is about. Units of a line are alike, and nobody knows which of two mugs broke: they are
//! counted from 1, and a wish that is repeated is about the same ones.

use std::collections::BTreeMap;

use super::id::EffectId;
use super::order::{Line, LineQuantity, Order, Piece, Unit};

/// A piece that an effect has hold of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    pub piece: Piece,
    pub effect: EffectId,
    /// The effect is confirmed: the platform's own count knows of it.
    pub settled: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// These are free.
    Free(Vec<Piece>),
    /// This effect has them: the wish was made before.
    Held(EffectId),
    /// So many of a line are left, fewer than wanted.
    Short { line: String, left: u32 },
}

/// The units that are meant by so many in all, those counted that were paid back or asked for before: told again, after a
/// lost answer or in another conversation, it is about the same ones.
pub fn in_all(order: &Order, wanted: &[LineQuantity], taken: &[Taken]) -> Choice {
    let mut more = Vec::new();
    let mut held = None;
    for LineQuantity { line: id, quantity } in wanted {
        let Some(line) = line_of(order, id) else { return none_of(id) };
        let of_line = of_line(line, taken);
        let gone = gone_of(line, &of_line);
        match quantity.saturating_sub(gone) {
            0 => held = held.or(Some((id.clone(), line.quantity.saturating_sub(gone), holder(&of_line, *quantity)))),
            quantity => more.push(LineQuantity { line: id.clone(), quantity }),
        }
    }
    match (more.is_empty(), held) {
        (true, Some((.., Some(effect)))) => Choice::Held(effect),
        // Others, staff for one, have paid for so many: whether it is about further ones has to be said.
        (true, Some((line, left, None))) => Choice::Short { line, left },
        _ => besides(order, &more, taken),
    }
}

/// So many units besides those that are paid back or in the hands of an effect.
pub fn besides(order: &Order, wanted: &[LineQuantity], taken: &[Taken]) -> Choice {
    let mut pieces = Vec::new();
    for LineQuantity { line: id, quantity } in wanted {
        let Some(line) = line_of(order, id) else { return none_of(id) };
        let of_line = of_line(line, taken);
        let left = line.quantity.saturating_sub(gone_of(line, &of_line));
        if *quantity == 0 || *quantity > left {
            return Choice::Short { line: id.clone(), left };
        }
        let free = line.units().map(Piece::Unit).filter(|unit| !of_line.iter().any(|taken| &taken.piece == unit));
        pieces.extend(free.take(usize::try_from(*quantity).unwrap_or(usize::MAX)));
    }
    pieces.sort();
    pieces.dedup();
    if pieces.is_empty() { Choice::Short { line: String::new(), left: 0 } } else { Choice::Free(pieces) }
}

/// Units by line, with how many of each.
pub fn lines(pieces: &[Piece]) -> Vec<LineQuantity> {
    let mut lines: BTreeMap<&str, u32> = BTreeMap::new();
    for piece in pieces {
        if let Piece::Unit(unit) | Piece::Return(unit) = piece {
            *lines.entry(&unit.line).or_default() += 1;
        }
    }
    lines.into_iter().map(|(line, quantity)| LineQuantity { line: line.to_owned(), quantity }).collect()
}

fn line_of<'o>(order: &'o Order, id: &str) -> Option<&'o Line> {
    order.lines.iter().find(|line| line.id == id)
}

fn none_of(line: &str) -> Choice {
    Choice::Short { line: line.to_owned(), left: 0 }
}

/// By their numbers.
fn of_line<'t>(line: &Line, taken: &'t [Taken]) -> Vec<&'t Taken> {
    let mut of_line: Vec<&Taken> = taken.iter().filter(|taken| belongs_to(&taken.piece, line)).collect();
    of_line.sort_by(|left, right| left.piece.cmp(&right.piece));
    of_line
}

/// The effect that has the last of so many units.
fn holder(of_line: &[&Taken], quantity: u32) -> Option<EffectId> {
    let at = usize::try_from(quantity).ok()?.checked_sub(1)?;
    of_line.get(at).or(of_line.last()).map(|taken| taken.effect.clone())
}

/// How many units of a line are paid back, by whomever, or in the hands of an effect. What the platform has counted
/// already although its effect is not settled counts twice for a moment: rather too many than one paid twice.
fn gone_of(line: &Line, taken: &[&Taken]) -> u32 {
    let count = |settled: bool| {
        let these = taken.iter().filter(|taken| taken.settled == settled).count();
        u32::try_from(these).unwrap_or(u32::MAX)
    };
    let by_the_platform = line.quantity.saturating_sub(line.refundable_quantity).saturating_add(count(false));
    let by_the_ledger = count(false).saturating_add(count(true));
    by_the_platform.max(by_the_ledger).min(line.quantity)
}

fn belongs_to(piece: &Piece, line: &Line) -> bool {
    matches!(piece, Piece::Unit(Unit { line: id, .. }) if id == &line.id)
}

#[cfg(test)]
mod tests;
