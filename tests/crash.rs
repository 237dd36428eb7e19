//! A desk in a process of its own is killed, again and again, while the vendors live on in this one: every conversation
//! goes on, nothing is doubled, nothing is lost.
#![cfg(test)]

#[path = "support"]
mod support {
    #[expect(dead_code, reason = "the conversations' tests use the rest")]
    pub mod shop;
}

#[path = "crash"]
mod crash {
    mod balance;
    mod child;
    mod deeds;
    mod full;
    mod keeper;
    mod load;
    mod points;
    mod restarts;
    mod script;
    mod steps;
    mod told;
    mod vendors;
    mod whole;
}
