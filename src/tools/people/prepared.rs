//! What only people do to an order, prepared for them: an exchange, store credit. Nothing of it is done here.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::domain::order::{LineQuantity, Order};
use crate::domain::pieces;
use crate::integrations::commerce::refunds::RefundOf;
use crate::policy::ask::{GoodwillAsk, Outcome, Quote, ReturnAsk};
use crate::policy::basis::{Asked, Basis, Judged};
use crate::tools::books::{Books, BooksError, Standing};
use crate::tools::refunds::{self, GoodsWish, days, outline, refused, short, told};
use crate::tools::{Scene, ToolError, summed_up};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    kind: Kind,
    goods: refunds::Arguments,
    /// What the shopper wants, in their own words: the size, colour or product instead.
    wanted: String,
}

/// exchange: other goods for these. store_credit: credit in place of money.
#[derive(Clone, Copy, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Exchange,
    StoreCredit,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Exchange => "exchange",
            Self::StoreCredit => "store_credit",
        }
    }
}

/// The goods, what is wanted for them, and what the rules say to it.
pub(super) async fn prepare(scene: &Scene<'_>, arguments: Arguments) -> Result<Value, ToolError> {
    let Arguments { kind, goods, wanted } = arguments;
    if kind == Kind::StoreCredit && !scene.readers.commerce.capabilities().store_credit {
        return Err(ToolError::NotPossible("This store's platform has no store credit. Do not offer it."));
    }
    let (order, wish) = goods.read(scene).await?;
    let mut prepared = match scene.books.judge(&order, &wish, kind).await? {
        Standing::Open(open) => {
            let (lines, Judged { basis, decision }) = *open;
            scene.decisions.add(&basis, &decision, false);
            let mut prepared = outline(&order, &lines, decision.verdict.as_str());
            prepared.insert("reason".to_owned(), json!(decision.verdict.code()));
            prepared.insert("at_most".to_owned(), json!(decision.pays));
            prepared.extend(days(&decision.facts, &order));
            Value::Object(prepared)
        }
        Standing::Held { effect, lines } => told(&order, &lines, &effect),
        Standing::Short { line, left } => short(&order, &wish.lines, &line, left),
        Standing::Refused => refused(&order, &wish.lines),
    };
    if let Value::Object(prepared) = &mut prepared {
        prepared.insert("kind".to_owned(), json!(kind.as_str()));
        prepared.insert("wanted".to_owned(), json!(summed_up(&wanted)));
    }
    Ok(prepared)
}

impl Books<'_> {
    async fn judge(
        &self,
        order: &Order,
        wish: &GoodsWish,
        kind: Kind,
    ) -> Result<Standing<(Vec<LineQuantity>, Judged)>, BooksError> {
        let held = self.held(order, None).await?;
        let lines = match held.choose(order, &wish.lines, false) {
            Ok(units) => pieces::lines(&units),
            Err(standing) => return Ok(standing),
        };
        let asked: Asked = match kind {
            Kind::Exchange => (&ReturnAsk { case: wish.case, pieces: &lines, outcome: Outcome::Exchange }).into(),
            Kind::StoreCredit => {
                let of = RefundOf { order: order.id.clone(), lines: lines.clone(), shipping: false };
                let Some(quote) = self.quote(&of).await? else { return Ok(Standing::Refused) };
                (&GoodwillAsk { quote: Quote { amount: quote.amount, maximum: quote.maximum } }).into()
            }
        };
        let surroundings = self.surroundings(order, &held).await?;
        let basis = Basis::of(&surroundings.situation(self, order), asked);
        let decision = basis.decide(self.policy);
        Ok(Standing::Open(Box::new((lines, Judged { basis, decision }))))
    }
}
