//! What a run is held against: a baseline, or another side.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use super::sides::Otherwise;
use super::telling::write;
use crate::evals::results::Summary;
use crate::evals::suite;
use crate::evals::tally::{BASELINE_FORMAT, Baseline};

/// In the place of a file: what the suites that ship came to.
const SHIPPED: &str = "shipped";

#[derive(Args, Debug)]
pub struct Comparing {
    /// Compare with this file; exit 1 only where something got worse. `shipped`: with what the suites that ship came to.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write that file anew.
    #[arg(long, requires = "baseline")]
    update_baseline: bool,
    /// Play each case a second time with something else: model=NAME, policy=FILE, prompts=FOLDER or tools=FOLDER; several make
    /// one other side. Exit 1 only where this side is worse, beyond noise.
    #[arg(long, value_name = "WHAT=ELSE", value_parser = Otherwise::read)]
    #[arg(conflicts_with_all = ["baseline", "record", "check"])]
    pub against: Vec<Otherwise>,
}

impl Comparing {
    pub fn baseline(&self) -> anyhow::Result<Option<Baseline>> {
        let Some(path) = &self.baseline else { return Ok(None) };
        if path == Path::new(SHIPPED) {
            anyhow::ensure!(!self.update_baseline, "the shipped baseline is the program's own: name a file");
            return Ok(Some(serde_json::from_str(suite::BASELINE)?));
        }
        if self.update_baseline && !path.exists() {
            return Ok(None);
        }
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}; `--update-baseline` makes it", path.display()))?;
        let baseline: Baseline =
            serde_json::from_str(&text).with_context(|| format!("{} is no baseline", path.display()))?;
        anyhow::ensure!(
            baseline.format == BASELINE_FORMAT,
            "{} was written by another version; `--update-baseline` writes it anew",
            path.display()
        );
        Ok(Some(baseline))
    }

    /// Writes the baseline, where it is to be written anew.
    pub fn update(&self, results: &[Summary], model: &str) -> anyhow::Result<()> {
        match &self.baseline {
            Some(path) if self.update_baseline => {
                write(path, &(serde_json::to_string_pretty(&Baseline::of(results, model))? + "\n"))
            }
            _ => Ok(()),
        }
    }
}
