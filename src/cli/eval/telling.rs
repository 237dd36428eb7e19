//! Where what came of a run is told, and in which form.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use crate::cli::terminal::{Terminal, harmless};
use crate::evals::report::{Report, console, github, html, junit};

/// In the place of a file.
pub const STANDARD_OUTPUT: &str = "-";

#[derive(Args, Debug)]
pub struct Telling {
    /// Write all of it as JSON; without a file, to standard output.
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = STANDARD_OUTPUT)]
    json: Option<PathBuf>,
    /// Write it as JUnit's XML.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write it as one page.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Annotations for GitHub's runners, and a summary where GITHUB_STEP_SUMMARY names a file.
    #[arg(long)]
    github: bool,
    /// Tell how long the slowest cases took, and what took so long.
    #[arg(long)]
    timings: bool,
}

/// Where JSON goes. Where that is standard output, nothing else goes there.
pub enum Json<'a> {
    StandardOutput,
    File(&'a Path),
}

impl Telling {
    /// Whether what came of cases that passed is told, too.
    pub fn tells_all(&self) -> bool {
        self.json.is_some() || self.html.is_some()
    }

    /// Whether it is told how long cases took.
    pub fn tells_times(&self) -> bool {
        self.timings
    }

    /// Where JSON goes, if it is wanted.
    pub fn json(&self) -> Option<Json<'_>> {
        let path = self.json.as_deref()?;
        Some(if path == Path::new(STANDARD_OUTPUT) { Json::StandardOutput } else { Json::File(path) })
    }

    /// # Errors
    /// Another form is wanted. `of` says what it is for.
    pub fn only_json(&self, of: &str) -> anyhow::Result<()> {
        let other = self.junit.is_some() || self.html.is_some() || self.github || self.timings;
        anyhow::ensure!(!other, "--junit, --html, --github and --timings tell of {of}");
        Ok(())
    }

    pub fn tell(&self, report: &Report, terminal: &Terminal) -> anyhow::Result<()> {
        match self.json() {
            Some(Json::StandardOutput) => report.json(io::stdout().lock())?,
            Some(Json::File(path)) => into_file(path, |out| report.json(out))?,
            None => {}
        }
        if let Some(path) = &self.junit {
            into_file(path, |out| Ok(junit::xml(report, out)?))?;
        }
        if let Some(path) = &self.html {
            into_file(path, |out| Ok(html::page(report, out)?))?;
        }
        let aside = matches!(self.json(), Some(Json::StandardOutput));
        let say = |text: &str| {
            let text = harmless(text);
            if aside {
                terminal.remark(text.strip_suffix('\n').unwrap_or(&text));
                return Ok(());
            }
            terminal.text(text)
        };
        for case in console::cases(report) {
            say(&case?)?;
        }
        say(&console::summary(report)?)?;
        if self.github {
            match aside {
                true => github::annotations(report, io::stderr().lock())?,
                false => github::annotations(report, io::stdout().lock())?,
            }
            if let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY") {
                let path = Path::new(&path);
                let file = OpenOptions::new().create(true).append(true).open(path);
                written(path, file, |out| Ok(github::summary(report, out)?))?;
            }
        }
        Ok(())
    }
}

pub fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn into_file(path: &Path, tell: impl FnOnce(&mut BufWriter<File>) -> anyhow::Result<()>) -> anyhow::Result<()> {
    written(path, File::create(path), tell)
}

fn written(
    path: &Path,
    file: io::Result<File>,
    tell: impl FnOnce(&mut BufWriter<File>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let telling = |file| {
        let mut out = BufWriter::new(file);
        tell(&mut out)?;
        Ok(out.flush()?)
    };
    file.map_err(anyhow::Error::from).and_then(telling).with_context(|| format!("cannot write {}", path.display()))
}
