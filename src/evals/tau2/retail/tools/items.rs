//! Items of an order, and the variants that take their place.

use crate::evals::tau2::retail::State;
use crate::evals::tau2::retail::failure::Failure;
use crate::evals::tau2::retail::records::{Order, Variant};

/// The first item id that is asked for more often than the order has it.
pub(super) fn beyond_order<'a>(order: &Order, item_ids: &[&'a str]) -> Option<&'a str> {
    let asked = |id: &str| item_ids.iter().filter(|other| **other == id).count();
    let ordered = |id: &str| order.items.iter().filter(|item| item.item_id == id).count();
    item_ids.iter().copied().find(|id| asked(id) > ordered(id))
}

/// A variant that is to take the place of an item.
pub(super) struct Replacement<'a> {
    pub variant: &'a Variant,
    price_difference: f64,
}

impl<'a> Replacement<'a> {
    /// The new item must be another variant of the old item's product, and in stock.
    pub fn find(state: &'a State, order: &Order, item_id: &str, new_item_id: &str) -> Result<Self, Failure> {
        let item = order.items.iter().find(|item| item.item_id == item_id).ok_or(Failure::ItemNotFound)?;
        let variant = state.variant(&item.product_id, new_item_id)?;
        if !variant.available {
            return Err(Failure::Unavailable(new_item_id.to_owned()));
        }
        Ok(Self { variant, price_difference: variant.price - item.price })
    }
}

/// What the new items cost more than the old ones did, not rounded; negative if they cost less.
pub(super) fn price_difference(replacements: &[Replacement<'_>]) -> f64 {
    replacements.iter().fold(0.0, |sum, replacement| sum + replacement.price_difference)
}

pub(super) fn sorted(item_ids: &[&str]) -> Vec<String> {
    let mut sorted: Vec<_> = item_ids.iter().map(|&id| id.to_owned()).collect();
    sorted.sort_unstable();
    sorted
}
