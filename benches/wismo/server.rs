//! The process that is measured.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::shop::{Shop, text};

/// What is measured where nothing else is named.
pub const BUILT: &str = env!("CARGO_BIN_EXE_deskhand");
/// What the kernel counts a process's time in.
const TICKS_A_SECOND: u64 = 100;

pub struct Server {
    child: Child,
    pub url: String,
    pub key: String,
    _folder: tempfile::TempDir,
    /// Held open: the server says more.
    _lines: BufReader<ChildStdout>,
}

impl Server {
    pub fn start(program: &str, shop: &Shop, model: &str) -> Self {
        let folder = tempfile::tempdir_in(shop.folder()).unwrap();
        let command = |arguments: &[&str]| {
            let mut command = Command::new(program);
            command.args(arguments).env("DESKHAND_DATA", text(folder.path())).env("OPENAI_BASE_URL", model);
            command.envs(shop.environment()).env("OPENAI_API_KEY", "sk-bench").env("DESKHAND_MODEL", "bench");
            command.env("DESKHAND_LOG", "warn").stdin(Stdio::null());
            command
        };
        let made = command(&["stores", "add-key", "main"]).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let key = String::from_utf8(made.stdout).unwrap().trim().to_owned();
        let mut child = command(&["serve", "--address", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut first = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        lines.read_line(&mut first).unwrap();
        let url = first.trim().strip_prefix("Listening on ").expect("the server says where it listens").to_owned();
        Self { child, url, key, _folder: folder, _lines: lines }
    }

    /// Processor time so far, in user and kernel mode.
    pub fn processor(&self) -> Duration {
        let stat = self.read("stat");
        let after_name = stat.rsplit_once(") ").unwrap().1;
        let ticks: u64 = after_name.split(' ').skip(11).take(2).map(|field| field.parse::<u64>().unwrap()).sum();
        Duration::from_millis(ticks * 1_000 / TICKS_A_SECOND)
    }

    /// Resident memory in MB, now.
    pub fn memory(&self) -> f64 {
        self.status("VmRSS:")
    }

    /// The most that it has been.
    pub fn peak_memory(&self) -> f64 {
        self.status("VmHWM:")
    }

    fn status(&self, field: &str) -> f64 {
        let status = self.read("status");
        let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1_024.0
    }

    fn read(&self, what: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{what}", self.child.id())).unwrap()
    }
}

impl Drop for Server {
    /// As an operator stops it: a build that counts what it does writes that down at its end.
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        drop(self.child.wait());
    }
}
