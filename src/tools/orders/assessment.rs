//! What a change of an order would be, and what the policy says.

use crate::domain::customer::Address;
use crate::domain::effect::{Effect, EffectKind};
use crate::domain::order::{LineQuantity, Order, Piece};
use crate::integrations::commerce::changes::Place;
use crate::integrations::commerce::refunds::{RefundOf, RefundQuote};
use crate::integrations::{Urgency, VendorError};
use crate::policy::ask::{AddressAsk, CancellationAsk, Quote};
use crate::policy::basis::{Basis, Judged};
use crate::tools::books::{Assessment, Books, BooksError, Standing};

impl Books<'_> {
    /// The whole order and its whole payment. `besides` as for a refund.
    pub async fn assess_cancellation(&self, order: &Order, besides: Option<&Effect>) -> Result<Standing, BooksError> {
        let held = self.held(order, besides).await?;
        if let Some(earlier) = held.of_kind(EffectKind::Cancellation) {
            return Ok(held.standing(&earlier.id));
        }
        let left = order.lines.iter().filter(|line| line.refundable_quantity > 0);
        let lines = left.map(|line| LineQuantity { line: line.id.clone(), quantity: line.refundable_quantity });
        let of = RefundOf { order: order.id.clone(), lines: lines.collect(), shipping: true };
        let quote = match self.readers.refunds.quote(&of, Urgency::Shopper).await {
            // The platform would call it off, and could pay nothing back.
            Ok(quote) if quote.outside => return Ok(Standing::Refused),
            Ok(quote) => quote,
            Err(VendorError::Refused { .. }) if order.cancelled_at.is_none() => return Ok(Standing::Refused),
            // The rules have a better word for it than that the platform has nothing to quote.
            Err(VendorError::Refused { .. }) => RefundQuote::nothing(order.currency),
            Err(error) => return Err(error.into()),
        };
        let surroundings = self.surroundings(order, &held).await?;
        let ask = CancellationAsk { quote: Quote { amount: quote.amount, maximum: quote.maximum } };
        let basis = Basis::of(&surroundings.situation(self, order), &ask);
        let decision = basis.decide(self.policy);
        let units = order.lines.iter().flat_map(|line| line.units()).map(Piece::Unit);
        let pieces = units.chain([Piece::Shipping]).collect();
        Ok(Standing::Open(Box::new(Assessment { pieces, of, quote, payment: None, basis, decision })))
    }

    /// Whether the order may go to another place.
    pub async fn assess_address(&self, order: &Order, place: &Place) -> Result<Judged, BooksError> {
        let held = self.held(order, None).await?;
        let surroundings = self.surroundings(order, &held).await?;
        let address = Address {
            name: order.ship_to.as_ref().and_then(|address| address.name.clone()),
            line1: Some(place.line1.clone()),
            line2: place.line2.clone(),
            city: Some(place.city.clone()),
            province: place.province.clone(),
            postcode: Some(place.postcode.clone()),
            country: Some(place.country.clone()),
        };
        let basis = Basis::of(&surroundings.situation(self, order), &AddressAsk { address: &address });
        let decision = basis.decide(self.policy);
        Ok(Judged { basis, decision })
    }
}
