//! The rule sets of the log. They are few, and read when they are asked for.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use kulta_events::{Instant, Recorded};
use kulta_projections::scores::history::{History, Version};
use kulta_projections::scores::rules::{Facets, RuleError, RuleSet};

use super::{Error, Scores};
use crate::commands::rule_set::stream;
use crate::store::Select;

/// Compiled rules that are kept; with more of them everything is forgotten and compiled again when it is asked for.
const MOST_COMPILED: usize = 128;
/// Names that addresses need for themselves.
const RESERVED: &str = "check";

/// Rules that compile.
#[derive(Debug)]
pub struct Compiled {
    /// The rules.
    pub rules: RuleSet,
    /// SHA-256 of their canonical text, in hexadecimal digits: equal for rules that say the same.
    pub hash: String,
}

impl Compiled {
    /// Compiles the text of a rule file.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn new(text: &str, facets: &Facets) -> Result<Self, Vec<RuleError>> {
        let rules = RuleSet::parse(text, facets)?;
        if &*rules.name == RESERVED {
            let (path, expected) = ("name".to_owned(), "a name that no address needs for itself".to_owned());
            return Err(vec![RuleError { line: 1, column: 1, path, expected, found: format!("\"{RESERVED}\"") }]);
        }
        let hash = hash(&rules.canonical());
        Ok(Self { rules, hash })
    }
}

/// SHA-256 in hexadecimal digits.
pub fn hash(text: &str) -> String {
    digest(&SHA256, text.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Scores {
    /// Compiles the text of a rule file, or has compiled it before.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn compile(&self, text: &str) -> Result<Arc<Compiled>, Vec<RuleError>> {
        let facets = {
            let known = self.known();
            if let Some(compiled) = known.compiled.get(text) {
                return Ok(compiled.clone());
            }
            known.facets.clone()
        };
        let compiled = Arc::new(Compiled::new(text, &facets)?);
        let mut known = self.known();
        if known.compiled.len() >= MOST_COMPILED {
            known.compiled.clear();
        }
        // A type may have been registered meanwhile.
        if Arc::ptr_eq(&known.facets, &facets) {
            known.compiled.insert(text.into(), compiled.clone());
        }
        Ok(compiled)
    }

    /// Compiles a version that was published.
    ///
    /// # Errors
    /// When this program cannot read it.
    pub fn compile_version(&self, name: &str, version: &Version) -> Result<Arc<Compiled>, Error> {
        self.compile(&version.rules).map_err(|errors| {
            let none = || RuleError {
                line: 1,
                column: 1,
                path: String::new(),
                expected: "rules".to_owned(),
                found: "something else".to_owned(),
            };
            let first = Box::new(errors.into_iter().next().unwrap_or_else(none));
            Error::Unreadable { name: name.to_owned(), version: version.version, first }
        })
    }

    /// The history of a rule set up to a position (`None`: to the end of the log); `None` when there is none.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn history(&self, name: &str, until: Option<u64>) -> Result<Option<History>, Error> {
        let events = self.rule_set_events(Select::Stream(stream(name)), until).await?;
        Ok(History::of(&events))
    }

    /// The version of a rule set that was published last up to a position: right behind a publication its version,
    /// since two publications never stand in one append.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn version_up_to(&self, name: &str, position: u64) -> Result<Option<Version>, Error> {
        Ok(self.history(name, Some(position)).await?.and_then(|mut history| history.versions.pop()))
    }

    /// From when on a version of a rule set is in force that is published now, see [`History::from_now`].
    ///
    /// # Errors
    /// When the store fails.
    pub async fn from_now(&self, name: &str, now: Instant) -> Result<Instant, Error> {
        Ok(self.history(name, None).await?.map_or(now, |history| history.from_now(now)))
    }

    /// All rule sets up to a position (`None`: to the end of the log), by name.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn histories(&self, until: Option<u64>) -> Result<Vec<History>, Error> {
        let mut streams: BTreeMap<String, Vec<Recorded>> = BTreeMap::new();
        for event in self.rule_set_events(Select::Category("ruleset".to_owned()), until).await? {
            streams.entry(event.stream.clone()).or_default().push(event);
        }
        Ok(streams.values().filter_map(History::of).collect())
    }

    /// The rule set that a score is asked by; without a name the only one that is published and in use.
    ///
    /// # Errors
    /// When there is none of that name, or several without a name, or the store fails.
    pub async fn published(&self, name: Option<&str>, until: Option<u64>) -> Result<History, Error> {
        let Some(name) = name else {
            let mut histories = self.histories(until).await?;
            histories.retain(|history| !history.versions.is_empty() && history.retired.is_none());
            let count = histories.len();
            return histories.pop().filter(|_| count == 1).ok_or(Error::WhichRuleSet(count));
        };
        let history = self.history(name, until).await?.filter(|history| !history.versions.is_empty());
        history.ok_or_else(|| Error::UnknownRuleSet(name.to_owned()))
    }

    async fn rule_set_events(&self, select: Select, until: Option<u64>) -> Result<Vec<Recorded>, Error> {
        Ok(self.reads.source.few(select, until).await?)
    }
}

#[cfg(test)]
mod tests {
    use kulta_events::Vocabulary;

    use super::*;

    fn compile(text: &str) -> Result<Compiled, Vec<RuleError>> {
        Compiled::new(text, &Facets::of(&Vocabulary::standard()))
    }

    #[test]
    fn rules_that_say_the_same_have_one_hash() {
        let one = compile("name = \"v\"\n[[rule]]\nid = \"a\"\non = \"purchase.made\"\npoints = 1.0\n").unwrap();
        let other =
            compile("# the same\nname = 'v'\nrule = [{points = 1, on = ['purchase.made'], id = 'a'}]\n").unwrap();
        let third = compile("name = \"v\"\n[[rule]]\nid = \"a\"\non = \"purchase.made\"\npoints = 2\n").unwrap();
        assert_eq!(one.hash, other.hash);
        assert_ne!(one.hash, third.hash);
        assert_eq!(hash(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn every_example_of_the_documentation_compiles() {
        let page = include_str!("../../docs/scoring.md");
        let examples: Vec<_> =
            page.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap_or(rest)).collect();
        assert!(examples.len() > 12, "{}", examples.len());
        for example in examples {
            let mut file = example.to_owned();
            if !example.starts_with("name = ") {
                file.insert_str(0, "name = \"example\"\n");
            }
            if !example.contains("[[rule]]") {
                file.push_str("[[rule]]\nid = \"any\"\non = \"purchase.made\"\npoints = 1\n");
            }
            let compiled = compile(&file).unwrap_or_else(|errors| panic!("{example}\n{errors:?}"));
            assert!(compiled.rules.in_words().lines().count() >= 2, "{example}");
        }
    }

    #[test]
    fn a_name_that_an_address_needs_is_refused() {
        let reserved = compile("name = \"check\"\n[[rule]]\nid = \"a\"\non = \"purchase.made\"\npoints = 1\n");
        assert!(reserved.unwrap_err()[0].to_string().contains("found \"check\""));
    }
}
