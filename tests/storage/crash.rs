//! A process that is killed while it writes: what it was told is stored is stored, and every log is whole.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use deskhand::domain::effect::EffectKind;
use deskhand::domain::id::{ConversationId, EffectId};
use deskhand::storage::ledger::{Ledger as _, NewEffect};
use deskhand::storage::log::{EventLog as _, Filter};
use deskhand::storage::outbox::{NewJob, Outbox as _};
use deskhand::storage::sqlite::{SqliteOptions, SqliteStorage};
use deskhand::storage::vault::{Keyring, Vault};
use serde_json::json;

use super::conformance::{append, at, conversation, numbers, said, store};

/// Names the folder to the child.
const FOLDER: &str = "DESKHAND_TEST_CRASH_FOLDER";

const ROUNDS: usize = 8;

async fn open(folder: &Path) -> SqliteStorage {
    let keyring = Keyring::load_or_create(&folder.join("keyring")).unwrap();
    SqliteStorage::open(SqliteOptions::in_folder(folder, Vault::new(keyring))).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_writer_loses_nothing_that_was_acknowledged() {
    let folder = tempfile::TempDir::new().unwrap();
    let mut told = Vec::new();
    for round in 0..ROUNDS {
        told.extend(run_and_kill(folder.path(), 40 + round * 37));
    }
    let storage = open(folder.path()).await;
    let mut stored = 0;
    for summary in storage.list(&Filter { limit: 500, ..Filter::default() }).await.unwrap().conversations {
        let events = storage.read(&summary.conversation, 0).await.unwrap();
        assert_eq!(numbers(&events), (1..=summary.len).collect::<Vec<_>>(), "no gap, no double");
        stored += summary.len - 1;
    }
    assert_eq!(storage.depth().await.unwrap().0, stored, "each event has its job, each job its event");
    let (mut appends, mut effects) = (0, 0);
    for line in told {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["append", id, seq] => {
                let after = storage.read(&ConversationId::new(id), seq.parse::<u64>().unwrap() - 1).await.unwrap();
                assert_eq!(after[0].seq.to_string(), seq);
                appends += 1;
            }
            ["effect", id] => {
                assert!(storage.effect(&EffectId::new(id)).await.unwrap().is_some(), "{id}");
                effects += 1;
            }
            _ => panic!("{line:?}"),
        }
    }
    assert!(appends > 100 && effects > 10, "{appends} appends and {effects} effects: too few to show anything");
}

/// Starts a child that writes as fast as it can, kills it after so many acknowledgements, and returns all it gave.
fn run_and_kill(folder: &Path, lines: usize) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "storage::crash::writes_until_it_is_killed", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut told = Vec::new();
    let mut line = String::new();
    while output.read_line(&mut line).unwrap() > 0 {
        // The last line may be cut by the kill.
        if (line.starts_with("append ") || line.starts_with("effect ")) && line.ends_with('\n') {
            told.push(line.trim().to_owned());
        }
        if told.len() == lines {
            child.kill().unwrap();
        }
        line.clear();
    }
    let status = child.wait().unwrap();
    assert!(!status.success() && told.len() >= lines, "it ended by itself: {status}");
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the child of a_killed_writer_loses_nothing_that_was_acknowledged"]
async fn writes_until_it_is_killed() {
    let folder = PathBuf::from(std::env::var_os(FOLDER).expect("is started by its parent"));
    let storage = Arc::new(open(&folder).await);
    let tasks: Vec<_> = (0..6).map(|_| tokio::spawn(write_for_ever(Arc::clone(&storage)))).collect();
    for task in tasks {
        task.await.unwrap();
    }
}

async fn write_for_ever(storage: Arc<SqliteStorage>) {
    let id = conversation(&*storage).await;
    for len in 1.. {
        let mut append = append(&id, len, vec![said("hello")]);
        append.outbox = vec![NewJob { lane: id.to_string(), kind: "mirror".to_owned(), payload: json!({}) }];
        storage.append(append).await.unwrap();
        tell(&format!("append {id} {}", len + 1));
        if len % 4 == 0 {
            let effect = NewEffect {
                id: EffectId::generate(),
                store: store(),
                conversation: id.clone(),
                kind: EffectKind::Ticket,
                identity: format!("ticket:{id}:{len}"),
                wish: serde_json::Value::Null,
                request: "{}".to_owned(),
                at: at(0),
            };
            let told = format!("effect {}", effect.id);
            storage.propose(effect).await.unwrap();
            tell(&told);
        }
    }
}

fn tell(line: &str) {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(format!("{line}\n").as_bytes()).unwrap();
    stdout.flush().unwrap();
}
