//! What a turn costs: shoppers ask `deskhand serve` where their orders are, over HTTP.
//!
//! The server is a process of its own, with SQLite in a folder and every law kept. The model, which answers without
//! delay, and the simulated vendors are here, so that the server's processor time is the server's alone.
//!
//! ```text
//! cargo bench --bench wismo                      # all of it
//! cargo bench --bench wismo -- --turns 500       # shorter
//! cargo bench --bench wismo -- --program PATH    # another build of deskhand
//! cargo bench --bench wismo -- --hold 30000      # vendors and settings for another load generator, until Ctrl-C
//! ```

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark that cannot go on ends"
)]

use std::time::Duration;

mod load;
mod model;
mod server;
mod shop;

use load::{Figures, Load};
use model::{Model, Speech};
use server::Server;
use shop::Shop;

/// Streams held open at once in the last part.
const STREAMS: usize = 500;
/// A model that thinks for a while and then speaks at the pace of people who read.
const UNHURRIED: Speech = Speech { first: Duration::from_millis(200), between: Duration::from_millis(20) };

#[tokio::main(worker_threads = 2)]
async fn main() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let named = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1)
    };
    let number = |name: &str| named(name)?.parse::<usize>().ok();
    if let Some(orders) = number("--hold") {
        hold(orders).await;
        return;
    }
    let turns = number("--turns").unwrap_or(3_000);
    let program = named("--program").map_or(server::BUILT, String::as_str);
    let shop = Shop::open(2_000).await;
    let model = Model::start().await;
    alone(program, &shop, &model, turns.min(300)).await;
    together(program, &shop, &model, turns).await;
    streaming(program, &shop, &model).await;
}

/// One shopper after another: what the server adds to the calls that a turn cannot do without.
async fn alone(program: &str, shop: &Shop, model: &Model, turns: usize) {
    let server = Server::start(program, shop, &model.url());
    let load = Load::new(shop, &server);
    load.run(1, turns / 5 + 1).await;
    let floor = load::floor(shop, model, turns).await;
    let before = server.processor();
    let took = load.run(1, turns).await;
    say(&format!("one at a time: {} turns", took.turns()));
    say(&format!("  a turn          p50 {:6.2} ms   p99 {:6.2} ms", took.middle(), took.slowest()));
    say(&format!("  its bare calls  p50 {:6.2} ms", floor.middle()));
    say(&format!("  added           p50 {:6.2} ms", took.middle() - floor.middle()));
    report_processor(&server, before, &took);
}

/// As many turns as go through, 32 shoppers at a time.
async fn together(program: &str, shop: &Shop, model: &Model, turns: usize) {
    let server = Server::start(program, shop, &model.url());
    let load = Load::new(shop, &server);
    load.run(32, turns / 5 + 1).await;
    let before = server.processor();
    let took = load.run(32, turns).await;
    say(&format!("32 at a time: {} turns", took.turns()));
    say(&format!("  a turn          p50 {:6.2} ms   p99 {:6.2} ms", took.middle(), took.slowest()));
    say(&format!("  a second        {:6.0} turns", took.a_second()));
    report_processor(&server, before, &took);
}

/// Many slow answers at once, in a fresh process.
async fn streaming(program: &str, shop: &Shop, model: &Model) {
    let server = Server::start(program, shop, &model.url());
    let idle = server.memory();
    model.speak(UNHURRIED);
    let before = server.processor();
    let load = Load::new(shop, &server);
    let took = load.over(STREAMS, Duration::from_secs(1)).await;
    say(&format!("{STREAMS} streams at once, 20 ms a word"));
    say(&format!("  a turn          p50 {:6.0} ms   p99 {:6.0} ms", took.middle(), took.slowest()));
    say(&format!("  memory          {:6.0} MB at most, {idle:.0} MB idle", server.peak_memory()));
    report_processor(&server, before, &took);
    model.speak(Speech::default());
}

fn report_processor(server: &Server, before: Duration, took: &Figures) {
    let used = (server.processor() - before).as_secs_f64() * 1_000.0;
    say(&format!("  processor       {:6.2} ms a turn", used / took.turns() as f64));
}

async fn hold(orders: usize) {
    let shop = Shop::open(orders).await;
    say(&shop.environment().iter().map(|(name, value)| format!("export {name}='{value}'\n")).collect::<String>());
    drop(tokio::signal::ctrl_c().await);
}

#[expect(clippy::print_stdout, reason = "the report is what this is for")]
fn say(line: &str) {
    println!("{line}");
}
