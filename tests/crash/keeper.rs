//! Keeps a desk's process going: starts it, kills it, starts it again, and asks on where an answer was lost with it.

use std::collections::{HashMap, VecDeque};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use deskhand::sandbox::{Fixture, Sandbox, SandboxOptions};
use serde_json::Value;
use tokio::sync::{oneshot, watch};

use super::child::{LEASE, MARK, ORDERS, Orders, Request, TEST};
use super::points::Hold;
use crate::support::shop::Endpoints;

/// Is part of what is said when something cannot be stored.
pub const NO_ROOM: &str = "the database cannot be written";

/// No process, and no answer, takes longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the process has said so far.
#[derive(Default)]
struct Heard {
    ready: bool,
    ended: bool,
    held: Option<String>,
    full: Option<String>,
    passed: Vec<String>,
    waiting: HashMap<u64, oneshot::Sender<Value>>,
    asked: u64,
}

/// A running desk. It is killed when it tells that it is held, and when this is dropped.
struct Process {
    child: Arc<Mutex<Child>>,
    stdin: Mutex<ChildStdin>,
    heard: Arc<Mutex<Heard>>,
    changed: watch::Receiver<u64>,
}

impl Process {
    fn start(orders: &Orders) -> Self {
        let mut child = Command::new("sh")
            // Writing beyond a limit is to fail, as on a full disk, and not to end the process.
            .args(["-c", "trap '' XFSZ; exec \"$@\"", "sh"])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", TEST, "--nocapture", "--quiet"])
            .env(ORDERS, serde_json::to_string(orders).unwrap())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let stdin = Mutex::new(child.stdin.take().unwrap());
        let output = BufReader::new(child.stdout.take().unwrap());
        let child = Arc::new(Mutex::new(child));
        let heard = Arc::new(Mutex::new(Heard::default()));
        let (change, changed) = watch::channel(0);
        let process = Self { child: Arc::clone(&child), stdin, heard: Arc::clone(&heard), changed };
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let Some(line) = line.strip_prefix(MARK) else { continue };
                let (what, detail) = line.split_once(' ').unwrap_or((line, ""));
                let mut heard = heard.lock().unwrap();
                match what {
                    "ready" => heard.ready = true,
                    "passed" => heard.passed.push(detail.to_owned()),
                    "held" => {
                        heard.held = Some(detail.to_owned());
                        child.lock().unwrap().kill().unwrap();
                    }
                    "full" => heard.full = Some(detail.to_owned()),
                    "answer" => {
                        let Ok((number, answer)) = serde_json::from_str::<(u64, Value)>(detail) else { continue };
                        heard.waiting.remove(&number).map(|waiting| waiting.send(answer));
                    }
                    other => panic!("the child said {other:?}"),
                }
                change.send_modify(|count| *count += 1);
            }
            let mut heard = heard.lock().unwrap();
            heard.ended = true;
            heard.waiting.clear();
            drop(heard);
            change.send_modify(|count| *count += 1);
        });
        process
    }

    /// SIGKILL.
    fn kill(&self) {
        let mut child = self.child.lock().unwrap();
        let _ = child.kill();
    }

    /// Waits for the end; it must have come by a signal.
    async fn ended(&self) {
        self.until(|heard| heard.ended).await;
        let status = self.child.lock().unwrap().wait().unwrap();
        assert_eq!(status.code(), None, "the desk ended by itself: {status}");
    }

    /// Waits until it serves. `false`: it ended first.
    async fn ready(&self) -> bool {
        self.until(|heard| heard.ready || heard.ended).await;
        self.heard.lock().unwrap().ready
    }

    async fn until(&self, holds: impl Fn(&Heard) -> bool) {
        let mut changed = self.changed.clone();
        let waiting = async {
            loop {
                changed.borrow_and_update();
                if holds(&self.heard.lock().unwrap()) || changed.changed().await.is_err() {
                    break;
                }
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.expect("the desk's process does something");
    }

    fn is_stuck(&self, request: &Request) -> ! {
        panic!("no answer to {request:?} after {:?}", self.heard.lock().unwrap().passed)
    }

    /// `None`: the process ended before it answered.
    async fn ask(&self, request: &Request) -> Option<Value> {
        let receiver = {
            let mut heard = self.heard.lock().unwrap();
            if heard.ended {
                return None;
            }
            heard.asked += 1;
            let (sender, receiver) = oneshot::channel();
            let number = heard.asked;
            heard.waiting.insert(number, sender);
            let line = format!("{}\n", serde_json::to_string(&(number, request)).unwrap());
            // A process that is being killed reads no more; its end is noticed below.
            let _ = self.stdin.lock().unwrap().write_all(line.as_bytes());
            receiver
        };
        tokio::time::timeout(PATIENCE, receiver).await.unwrap_or_else(|_| self.is_stuck(request)).ok()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        let _ = self.child.lock().unwrap().wait();
    }
}

/// A shop whose desk may be killed at any time.
pub struct Keeper {
    orders: Orders,
    /// Where the next processes are held, one after the other.
    holds: Mutex<VecDeque<Hold>>,
    life: watch::Sender<Arc<Process>>,
}

pub async fn sandbox() -> Sandbox {
    sandbox_of(Fixture::juniper_and_pine().unwrap()).await
}

pub async fn sandbox_of(fixture: Fixture) -> Sandbox {
    Sandbox::start(SandboxOptions { call_limits: false, ..SandboxOptions::new(fixture) }).await.unwrap()
}

impl Keeper {
    pub fn start(sandbox: &Sandbox, folder: &Path) -> Self {
        Self::start_held(sandbox, folder, LEASE, [])
    }

    /// Starts a desk on this folder that stops at the first of these places, if it ever comes there; after its restart at
    /// the second, and so on.
    pub fn start_held(
        sandbox: &Sandbox,
        folder: &Path,
        lease: Duration,
        holds: impl IntoIterator<Item = Hold>,
    ) -> Self {
        let mut holds: VecDeque<Hold> = holds.into_iter().collect();
        let (folder, endpoints) = (folder.to_owned(), Endpoints::of(sandbox));
        let orders = Orders { folder, endpoints, lease, hold: holds.pop_front() };
        let life = watch::Sender::new(Arc::new(Process::start(&orders)));
        Self { orders, holds: Mutex::new(holds), life }
    }

    fn process(&self) -> Arc<Process> {
        self.life.borrow().clone()
    }

    pub async fn ready(&self) -> bool {
        self.process().ready().await
    }

    /// Kills the process, wherever it stands, and starts the next.
    pub async fn kill_and_restart(&self) {
        self.process().kill();
        self.restart().await;
    }

    /// Starts the next process once the present one was killed.
    pub async fn restart(&self) {
        self.process().ended().await;
        let hold = self.holds.lock().unwrap().pop_front();
        self.life.send_replace(Arc::new(Process::start(&Orders { hold, ..self.orders.clone() })));
    }

    /// Kills the process for good.
    pub async fn end(&self) {
        self.process().kill();
        self.process().ended().await;
    }

    /// Waits until the present process has come to the place where it is held, and killed; as long as it takes. Returns
    /// the place.
    pub async fn held(&self) -> String {
        self.heard(|heard| heard.held.clone()).await
    }

    /// Waits until the present process has come to the place where its disk is full; as long as it takes.
    pub async fn full(&self) -> String {
        self.heard(|heard| heard.full.clone()).await
    }

    async fn heard(&self, what: impl Fn(&Heard) -> Option<String>) -> String {
        let process = self.process();
        let mut changed = process.changed.clone();
        loop {
            if let Some(place) = what(&process.heard.lock().unwrap()) {
                return place;
            }
            if changed.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// The places that the present process has passed.
    pub fn passed(&self) -> Vec<String> {
        self.process().heard.lock().unwrap().passed.clone()
    }

    /// What the present process says to it: `{"ok": …}` or `{"error": …}`.
    pub async fn ask_once(&self, request: Request) -> Value {
        self.process().ask(&request).await.unwrap_or_else(|| panic!("it ended before it answered {request:?}"))
    }

    /// Asks until some process lives long enough to answer, and can store what it is told.
    pub async fn ask(&self, request: Request) -> Value {
        let mut lives = self.life.subscribe();
        let started = tokio::time::Instant::now();
        loop {
            let process = lives.borrow_and_update().clone();
            if let Some(answer) = process.ask(&request).await {
                let error = answer["error"].as_str().unwrap_or_default();
                if error.contains(NO_ROOM) && started.elapsed() < PATIENCE {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
                assert!(answer.get("error").is_none(), "{request:?}: {answer}");
                return answer["ok"].clone();
            }
            let next = tokio::time::timeout(PATIENCE, lives.changed()).await;
            next.unwrap_or_else(|_| panic!("nobody restarted the desk for {request:?}")).unwrap();
        }
    }

    /// Waits until nothing is still to come, goods on their way and their money included.
    pub async fn settle_all(&self, conversations: &[String]) {
        let started = tokio::time::Instant::now();
        while self.ask(Request::Waiting).await["watched"] != 0 {
            assert!(started.elapsed() < PATIENCE, "something is still to come");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        self.settle(conversations).await;
    }

    /// Waits until no turn is open, no job waits and nothing is under way.
    pub async fn settle(&self, conversations: &[String]) {
        let started = tokio::time::Instant::now();
        loop {
            let waiting = self.ask(Request::Waiting).await;
            let mut open = Vec::new();
            if ["jobs", "conversations", "deeds"].iter().all(|what| waiting[what] == 0) {
                for conversation in conversations {
                    let effects = self.ask(Request::Effects { conversation: conversation.clone() }).await;
                    let rows = effects.as_array().unwrap().clone();
                    open.extend(rows.into_iter().filter(|row| {
                        row["kind"] == "ticket" && row["state"] != "confirmed" && row["state"] != "failed"
                    }));
                }
                if open.is_empty() {
                    return;
                }
            }
            assert!(started.elapsed() < PATIENCE, "it does not come to rest: {waiting} {open:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
