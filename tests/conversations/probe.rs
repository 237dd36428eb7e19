//! Prints what a shopper would hear, for reading.
use crate::shop::Shop;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "prints, checks nothing"]
async fn probe() {
    let shop = Shop::open().await;
    let text = std::fs::read_to_string("/tmp/probe.txt").unwrap();
    for talk in text.split("\n\n") {
        let shopper = shop.shopper().await;
        println!("--------");
        for line in talk.lines() {
            let line = if line.contains("CODE") { line.replace("CODE", &shop.last_code()) } else { line.to_owned() };
            println!("> {line}");
            println!("{}", shopper.say(&line).await);
        }
        for event in shopper.log().await.as_array().unwrap() {
            if ["claim.withheld", "error"].contains(&event["type"].as_str().unwrap()) {
                println!("   !! {} {} {}", event["sentence"], event["reason"], event["message"]);
            }
        }
    }
}
