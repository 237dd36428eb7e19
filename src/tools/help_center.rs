//! The store's own articles, those that became of colleagues' answers among them: the source of rules that an agent may tell.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;

use super::{EffectClass, Output, Scene, Tool, ToolError};
use crate::domain::identity::Assurance;
use crate::storage::articles::ArticleState;

const MOST: usize = 3;

/// An article: a Markdown file whose first heading is its title.
#[derive(Clone, Debug)]
pub struct Article {
    pub title: String,
    pub text: String,
}

/// All articles, searchable.
#[derive(Clone, Default)]
pub struct HelpCenter {
    articles: Vec<Arc<(Article, HashMap<String, u32>)>>,
}

#[derive(Debug, Error)]
#[error("cannot read the help article {file}: {reason}")]
pub struct HelpCenterError {
    pub file: String,
    pub reason: String,
}

impl HelpCenter {
    pub fn new(articles: impl IntoIterator<Item = Article>) -> Self {
        let indexed = |article: Article| {
            let terms = terms(&article);
            Arc::new((article, terms))
        };
        Self { articles: articles.into_iter().map(indexed).collect() }
    }

    /// The articles of a folder: every `.md` file in it. A folder that does not exist has none.
    pub fn read(folder: &Path) -> Result<Self, HelpCenterError> {
        let failed = |file: &Path, error: std::io::Error| HelpCenterError {
            file: file.display().to_string(),
            reason: error.to_string(),
        };
        if !folder.exists() {
            return Ok(Self::default());
        }
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(|error| failed(folder, error))? {
            files.push(entry.map_err(|error| failed(folder, error))?.path());
        }
        files.retain(|file| file.extension().is_some_and(|extension| extension == "md"));
        files.sort();
        let mut articles = Vec::new();
        for file in files {
            articles.push(Article::parse(&std::fs::read_to_string(&file).map_err(|error| failed(&file, error))?));
        }
        Ok(Self::new(articles))
    }

    pub fn articles(&self) -> impl Iterator<Item = &Article> {
        self.articles.iter().map(|indexed| &indexed.0)
    }

    /// These articles, and further ones.
    fn with(&self, more: impl IntoIterator<Item = Article>) -> Self {
        let mut all = self.clone();
        all.articles.extend(Self::new(more).articles);
        all
    }

    /// The articles that share the rarest words with the query, best first.
    pub fn search(&self, query: &str) -> Vec<&Article> {
        let wanted: HashSet<String> = words(query).collect();
        let mut scored: Vec<(f64, &Article)> = self
            .articles
            .iter()
            .map(|indexed| (wanted.iter().map(|word| self.weight(word, &indexed.1)).sum(), &indexed.0))
            .filter(|(score, _)| *score > 0.0)
            .collect();
        scored.sort_by(|(left, _), (right, _)| right.total_cmp(left));
        scored.into_iter().take(MOST).map(|(_, article)| article).collect()
    }

    /// The usual product of how often an article has a word and how few articles have it.
    fn weight(&self, word: &str, terms: &HashMap<String, u32>) -> f64 {
        let Some(often) = terms.get(word) else { return 0.0 };
        let having = self.articles.iter().filter(|indexed| indexed.1.contains_key(word)).count();
        let rare = (1.0 + self.articles.len() as f64 / having.max(1) as f64).ln();
        let often = f64::from(*often);
        rare * often * 2.2 / (often + 1.2)
    }
}

impl Article {
    pub fn parse(markdown: &str) -> Self {
        let (first, rest) = markdown.trim().split_once('\n').unwrap_or((markdown.trim(), ""));
        Self { title: first.trim_start_matches('#').trim().to_owned(), text: rest.trim().to_owned() }
    }
}

/// How often an article has each word; its title counts three times.
fn terms(article: &Article) -> HashMap<String, u32> {
    let mut terms = HashMap::new();
    for (text, count) in [(&article.title, 3), (&article.text, 1)] {
        for word in words(text) {
            *terms.entry(word).or_insert(0) += count;
        }
    }
    terms
}

/// Words of three letters and more, without the endings that only change their form.
fn words(text: &str) -> impl Iterator<Item = String> {
    let lower = text.to_lowercase();
    let words: Vec<String> =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 2).map(stem).collect();
    words.into_iter()
}

fn stem(word: &str) -> String {
    let stem = ["ing", "ies", "es", "ed", "s", "y"]
        .iter()
        .find_map(|ending| word.strip_suffix(ending).filter(|stem| stem.len() > 2));
    stem.unwrap_or(word).to_owned()
}

pub struct SearchHelpCenter;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    /// What the shopper wants to know, in a few words.
    query: String,
}

#[async_trait]
impl Tool for SearchHelpCenter {
    type Arguments = Arguments;
    const NAME: &'static str = "search_help_center";
    const EFFECT: EffectClass = EffectClass::Read;
    const NEEDS: Assurance = Assurance::Anonymous;

    async fn run(&self, scene: &Scene<'_>, arguments: Arguments) -> Result<Output, ToolError> {
        let accepted = scene.articles.articles(Some(&scene.store.id), Some(ArticleState::Accepted)).await?;
        let words = accepted.into_iter().filter_map(|article| article.words);
        let help = scene.help.with(words.map(|words| Article { title: words.title, text: words.text }));
        let found = help.search(&arguments.query);
        let titles: Vec<&str> = found.iter().map(|article| article.title.as_str()).collect();
        let articles: Vec<Value> =
            found.iter().map(|article| json!({"title": article.title, "text": article.text})).collect();
        Ok(Output::read(json!({"articles": articles}), json!({"articles": titles})))
    }
}
