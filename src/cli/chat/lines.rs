//! What is typed or piped in, line by line.

use std::io::{self, BufRead as _};

use tokio::sync::mpsc::{self, Receiver};

pub type Lines = Receiver<io::Result<String>>;

/// Reads on a thread of its own: a read from a terminal cannot be given up, and must not keep the program from ending.
pub fn read() -> Lines {
    let (sender, receiver) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            if sender.blocking_send(line).is_err() {
                break;
            }
        }
    });
    receiver
}
