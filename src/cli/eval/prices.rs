//! What live models cost, and what may be spent on them.

use clap::Args;
use rust_decimal::Decimal;

use crate::evals::spending::{Prices, Purse, Tariff};

#[derive(Args, Debug)]
pub struct Spending {
    /// Begin no further case once the models have cost so much, in USD; what is left is not run, and it ends with 2.
    #[arg(long, value_name = "USD", value_parser = amount, requires_all = ["price_in", "price_out"])]
    max_cost: Option<Decimal>,
    /// What a million tokens cost that a model reads, in USD.
    #[arg(long, value_name = "USD", value_parser = amount, requires = "price_out")]
    price_in: Option<Decimal>,
    /// Those that its server had read before [default: as --price-in].
    #[arg(long, value_name = "USD", value_parser = amount, requires = "price_in")]
    price_cached: Option<Decimal>,
    /// Those that it writes.
    #[arg(long, value_name = "USD", value_parser = amount, requires = "price_in")]
    price_out: Option<Decimal>,
}

/// Of models beside the one that answers.
#[derive(Args, Debug)]
pub struct Beside {
    /// What a million tokens cost that the model reads which plays customers, in USD [default: as --price-in].
    #[arg(long, value_name = "USD", value_parser = amount, requires = "customer_price_out")]
    customer_price_in: Option<Decimal>,
    /// Those that its server had read before [default: as --customer-price-in].
    #[arg(long, value_name = "USD", value_parser = amount, requires = "customer_price_in")]
    customer_price_cached: Option<Decimal>,
    /// Those that it writes [default: as --price-out].
    #[arg(long, value_name = "USD", value_parser = amount, requires = "customer_price_in")]
    customer_price_out: Option<Decimal>,
    /// What a million tokens cost that the model reads which judges rubrics, in USD [default: as --price-in].
    #[arg(long, value_name = "USD", value_parser = amount, requires = "judge_price_out")]
    judge_price_in: Option<Decimal>,
    /// Those that its server had read before [default: as --judge-price-in].
    #[arg(long, value_name = "USD", value_parser = amount, requires = "judge_price_in")]
    judge_price_cached: Option<Decimal>,
    /// Those that it writes [default: as --price-out].
    #[arg(long, value_name = "USD", value_parser = amount, requires = "judge_price_in")]
    judge_price_out: Option<Decimal>,
}

impl Spending {
    /// `beside` is asked for what others than the agent's model cost.
    pub fn purse(&self, beside: Option<&Beside>) -> Purse {
        let agent = prices(self.price_in, self.price_cached, self.price_out);
        let customer = beside.and_then(Beside::customer).or(agent);
        let judge = beside.and_then(Beside::judge).or(agent);
        Purse::new(Tariff { agent, customer, judge }, self.max_cost)
    }
}

impl Beside {
    fn customer(&self) -> Option<Prices> {
        prices(self.customer_price_in, self.customer_price_cached, self.customer_price_out)
    }

    fn judge(&self) -> Option<Prices> {
        prices(self.judge_price_in, self.judge_price_cached, self.judge_price_out)
    }
}

fn prices(input: Option<Decimal>, cached: Option<Decimal>, output: Option<Decimal>) -> Option<Prices> {
    let (input, output) = input.zip(output)?;
    Some(Prices { input, cached: cached.unwrap_or(input), output })
}

fn amount(text: &str) -> Result<Decimal, String> {
    let amount: Option<Decimal> = text.parse().ok();
    let amount = amount.filter(|amount| !amount.is_sign_negative());
    amount.ok_or_else(|| "write an amount of US dollars: 1.25".to_owned())
}
