//! `deskhand init`: the files of a project of one's own.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use rust_embed::RustEmbed;

use super::Ending;
use super::terminal::Terminal;
use crate::agents::catalog;
use crate::integrations::messaging::letters;
use crate::tools::help_center::Article;

#[derive(RustEmbed)]
#[folder = "src/cli/project/"]
struct Templates;

/// Templates whose name in the project is another: a file of the real name would be taken for this project's own.
const RENAMED: [(&str, &str); 3] =
    [("env.example", ".env.example"), ("gitignore", ".gitignore"), ("evals.md", "evals/README.md")];

/// Begin a project of your own: configuration, policy, prompts, mails, help articles. Its files override the built-in ones.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  deskhand init my-store && cd my-store && deskhand chat
  deskhand init my-store --ci github      with the job that runs its evals; in a project that is there, only the job")]
pub struct Arguments {
    /// The folder; it is made where it is missing.
    folder: PathBuf,
    /// Also write the job that runs the evals in a build.
    #[arg(long, value_enum)]
    ci: Option<BuildServer>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum BuildServer {
    Github,
    Gitlab,
}

impl BuildServer {
    /// The job's file, and what is in it.
    fn job(self) -> (&'static str, &'static str) {
        match self {
            Self::Github => (".github/workflows/evals.yml", include_str!("init/github.yml")),
            Self::Gitlab => (".gitlab-ci.yml", include_str!("init/gitlab.yml")),
        }
    }
}

impl Arguments {
    pub fn run(&self, terminal: &Terminal) -> anyhow::Result<Ending> {
        let job = self.ci.map(BuildServer::job).map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()));
        let is_project = job.is_some() && self.folder.join("deskhand.toml").exists();
        let files: Vec<_> = if is_project { Vec::new() } else { files() }.into_iter().chain(job).collect();
        if let Some((name, _)) = files.iter().find(|(name, _)| self.folder.join(name).exists()) {
            anyhow::bail!(
                "{} exists already; nothing was written. Choose another folder",
                self.folder.join(name).display()
            );
        }
        for (name, contents) in &files {
            write(&self.folder.join(name), contents)?;
        }
        let what = if is_project { "The job" } else { "A project" };
        terminal.line(format_args!("{what} in {}:", self.folder.display()))?;
        for (name, _) in &files {
            terminal.line(format_args!("  {name}"))?;
        }
        if is_project {
            return Ok(Ending::Done);
        }
        terminal.line(format_args!(
            "\nTry it:   cd {} && deskhand chat\nCheck it: deskhand doctor\nServe it: fill in deskhand.toml and .env, then \
             deskhand serve",
            self.folder.display()
        ))?;
        Ok(Ending::Done)
    }
}

/// The help articles that a project begins with; the sandbox's store has them, too.
pub fn articles() -> Vec<Article> {
    let files = templates().into_iter().filter(|(name, _)| name.starts_with("help/"));
    files.map(|(_, contents)| Article::parse(&String::from_utf8_lossy(&contents))).collect()
}

fn files() -> Vec<(String, Vec<u8>)> {
    let prompts = catalog::files().into_iter().filter(|(name, _)| !name.contains('/'));
    let prompts = prompts.map(|(name, text)| (format!("prompts/{name}"), text.into_bytes()));
    let mails = letters::files().into_iter().map(|(name, text)| (format!("mails/{name}"), text.into_bytes()));
    let mut files: Vec<_> = templates().into_iter().chain(prompts).chain(mails).collect();
    files.sort();
    files
}

fn templates() -> Vec<(String, Vec<u8>)> {
    let named =
        |name: &str| RENAMED.iter().find(|(template, _)| *template == name).map_or(name, |(_, real)| real).to_owned();
    Templates::iter().filter_map(|name| Some((named(&name), Templates::get(&name)?.data.into_owned()))).collect()
}

fn write(path: &Path, contents: &[u8]) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    std::fs::write(path, contents).with_context(|| format!("cannot write {}", path.display()))
}
