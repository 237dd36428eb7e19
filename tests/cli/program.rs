//! Runs the program in a folder of its own, with nothing in its environment.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// No command of a test runs longer.
const LONGEST: Duration = Duration::from_secs(60);

pub struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn file(self, name: &str, text: &str) -> Self {
        std::fs::write(self.path(name), text).unwrap();
        self
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.command(arguments).run("")
    }

    pub fn command(&self, arguments: &[&str]) -> Program<'_> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_deskhand"));
        command.args(arguments).current_dir(self.folder.path()).env_clear();
        Program { place: self, command }
    }

    /// Makes what differs from run to run the same.
    fn redacted(&self, text: &str) -> String {
        let folder = self.folder.path().to_string_lossy().into_owned();
        let patterns = [
            (regex::escape(&folder), "[FOLDER]"),
            (r"\b(conv|turn|msg|eff|key|call)_[0-9a-f]{16,32}".to_owned(), "$1_[ID]"),
            (r"\b(sk|pk)_[A-Za-z0-9_-]{40,}".to_owned(), "$1_[KEY]"),
            (r"\b(127\.0\.0\.1:|port )\d{5}\b".to_owned(), "$1[PORT]"),
            (r"\d{4}-\d\d-\d\d(T[\d:.]+Z| \d\d:\d\d UTC)".to_owned(), "[TIME]"),
            (r"\b\d{4}-\d\d-\d\d\b".to_owned(), "[DATE]"),
            (format!(r"\b{}\b", regex::escape(env!("CARGO_PKG_VERSION"))), "[VERSION]"),
        ];
        patterns.iter().fold(text.to_owned(), |text, (pattern, stand_in)| {
            regex::Regex::new(pattern).unwrap().replace_all(&text, *stand_in).into_owned()
        })
    }
}

pub struct Program<'a> {
    place: &'a Place,
    command: Command,
}

impl Program<'_> {
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs it to its end with this on standard input.
    pub fn run(mut self, input: &str) -> Ran {
        let piped = self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Ran::of(self.place, child.wait_with_output().unwrap())
    }

    /// Starts it, to be stopped by a signal.
    pub fn start(self) -> Running {
        self.start_with("")
    }

    /// Starts it with this on standard input, which stays open.
    pub fn start_with(mut self, input: &str) -> Running {
        let piped = self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        let mut typed = child.stdin.take().unwrap();
        typed.write_all(input.as_bytes()).unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Running { child, out, _typed: typed }
    }
}

/// How it ended.
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
    redacted: String,
}

impl Ran {
    fn of(place: &Place, output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        let mut all = String::new();
        let code = output.status.code().map_or("by signal".to_owned(), |code| code.to_string());
        write!(all, "exit: {code}\n----- stdout\n{out}----- stderr\n{err}").unwrap();
        assert!(!err.contains("panicked"), "{err}");
        Self { code: output.status.code(), redacted: place.redacted(&all), out, err }
    }

    /// Exit code, standard output and standard error, for a snapshot.
    pub fn shown(&self) -> &str {
        &self.redacted
    }

    pub fn well(self) -> Self {
        assert_eq!(self.code, Some(0), "{}", self.redacted);
        self
    }
}

/// A server that was started.
pub struct Running {
    child: Child,
    out: BufReader<ChildStdout>,
    _typed: ChildStdin,
}

impl Running {
    /// Reads lines until one contains this.
    pub fn read_until(&mut self, wanted: &str) -> String {
        let began = Instant::now();
        let mut text = String::new();
        while !text.contains(wanted) {
            assert!(began.elapsed() < LONGEST, "{wanted:?} did not come: {text}");
            assert_ne!(self.out.read_line(&mut text).unwrap(), 0, "it ended before {wanted:?}: {text}");
        }
        text
    }

    /// Sends SIGTERM and waits for the end.
    pub fn stop(self) -> Option<i32> {
        self.signal("TERM")
    }

    pub fn signal(mut self, name: &str) -> Option<i32> {
        let killed = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already where a test went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
