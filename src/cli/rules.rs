//! `kulta rules`: rule files checked, rule sets shown and published.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Subcommand;
use kulta_events::{Instant, Vocabulary};
use kulta_projections::scores::rules::{Facets, RuleError};
use serde_json::{Value, json};

use super::{Common, Failure, NodeArgs};
use crate::clock::SystemClock;
use crate::commands::rule_set::Command;
use crate::commands::{Context, Wish};
use crate::http::api::rule_sets::VersionView;
use crate::http::api::rule_sets::check::View;
use crate::scores::Compiled;
use crate::services::Services;

/// The actor of what is published on the command line.
const ACTOR: &str = "rules";

/// Flags.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Compile rule files, and say what they do
    Check {
        /// Rule files; - for standard input
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        /// A log whose registered event types the rules may name; default: built-in types only, and no database
        #[arg(long, value_name = "URL")]
        database_url: Option<String>,
    },
    /// The versions of a rule set, and the rules in force
    Show {
        /// The rule set
        #[arg(value_name = "NAME")]
        name: String,
        #[command(flatten)]
        node: NodeArgs,
    },
    /// Bring a rule file into force
    Publish(Publish),
}

#[derive(Debug, clap::Args)]
struct Publish {
    /// The rule file; - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// From when on, RFC 3339 with offset; default: now
    #[arg(long, value_name = "TIME", value_parser = Instant::parse)]
    effective_from: Option<Instant>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    #[command(flatten)]
    node: NodeArgs,
}

/// Checks, shows or publishes rules.
///
/// # Errors
/// When rules do not compile (each fault is told first, by file, line and column), a file cannot be read, there is no
/// such rule set, or the database is in use or fails.
pub async fn run(args: Args, common: Common) -> Result<(), Failure> {
    match args.verb {
        Verb::Check { files, database_url: None } => check(&files, &Facets::of(&Vocabulary::standard()), common),
        Verb::Check { files, database_url: Some(url) } => {
            let services = open(NodeArgs::of(url)).await?;
            let checked = check(&files, &services.scores.facets(), common);
            services.close().await;
            checked
        }
        Verb::Show { name, node } => {
            let services = open(node).await?;
            let shown = show(&services, &name, common).await;
            services.close().await;
            shown
        }
        Verb::Publish(mut publish) => {
            let rules = read(&publish.file)?;
            // Before the database is touched; but only the database knows the types that were registered.
            if let Err(errors) = Compiled::new(&rules, &Facets::of(&Vocabulary::standard()))
                && !errors.iter().any(names_a_type)
            {
                tell(&publish.file, &errors);
                return Err(wrong(1));
            }
            let services = open(std::mem::take(&mut publish.node)).await?;
            let published = bring_into_force(&services, publish, rules, common).await;
            services.close().await;
            published
        }
    }
}

async fn open(node: NodeArgs) -> Result<Arc<Services>, Failure> {
    Ok(Services::open(node.settings(Vec::new())?, Arc::new(SystemClock), "rules").await?)
}

/// Whether a fault is about the name of an event type.
fn names_a_type(fault: &RuleError) -> bool {
    // `rule "id": on`, `rule "id": on[2]`, `rule "id": absent.on`
    let path = fault.path.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '[' | ']'));
    path.ends_with(": on") || path.ends_with(".on")
}

fn check(files: &[PathBuf], facets: &Facets, common: Common) -> Result<(), Failure> {
    let (mut faulty, mut all) = (0, Vec::new());
    for file in files {
        let view = match Compiled::new(&read(file)?, facets) {
            Ok(compiled) => View::fine(&compiled, facets),
            Err(errors) => {
                faulty += 1;
                tell(file, &errors);
                View::wrong(errors)
            }
        };
        if common.json {
            let mut item = json!(view);
            item["file"] = json!(file.display().to_string());
            all.push(item);
            continue;
        }
        if let Some(words) = &view.words {
            print!("{words}");
        }
        view.warnings.iter().for_each(|doubt| println!("warning: rule \"{}\": {}", doubt.rule, doubt.what));
    }
    if common.json {
        println!("{}", Value::from(all));
    }
    if faulty == 0 { Ok(()) } else { Err(wrong(faulty)) }
}

/// One line per fault, as editors understand it.
fn tell(file: &Path, errors: &[RuleError]) {
    for RuleError { line, column, path, expected, found } in errors {
        let path = if path.is_empty() { String::new() } else { format!("{path}: ") };
        eprintln!("{}:{line}:{column}: {path}expected {expected}, found {found}", file.display());
    }
}

fn wrong(files: usize) -> Failure {
    match files {
        1 => "1 rule file does not compile".into(),
        several => format!("{several} rule files do not compile").into(),
    }
}

fn read(file: &Path) -> Result<String, Failure> {
    let named = |error: std::io::Error| format!("{}: {error}", file.display());
    if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(named)?;
        return Ok(text);
    }
    Ok(std::fs::read_to_string(file).map_err(named)?)
}

async fn show(services: &Services, name: &str, common: Common) -> Result<(), Failure> {
    let history = services.scores.history(name, None).await?;
    let history = history.ok_or_else(|| format!("there is no rule set `{name}`"))?;
    let versions = history.versions.iter().map(|version| VersionView::of(services, &history, version, false));
    let versions: Vec<_> = versions.collect();
    let rules = history.at(services.clock.now()).map(|version| &version.rules);
    if common.json {
        let draft = history.draft.as_ref().map(|draft| &draft.rules);
        let retired_at = history.retired;
        let all = json!({"name": name, "versions": versions, "rules": rules, "draft": draft, "retired_at": retired_at});
        println!("{all}");
        return Ok(());
    }
    for VersionView { version, effective_from, in_force, published_at, hash, .. } in versions {
        let hash = hash.unwrap_or_else(|| "-".to_owned());
        println!(
            "version={version} effective_from={effective_from} published_at={published_at} in_force={in_force} hash={hash}"
        );
    }
    if let Some(retired) = history.retired {
        println!("retired_at={retired}");
    }
    match rules {
        Some(rules) => println!("\n{}", rules.trim_end()),
        None => println!("no version is in force"),
    }
    Ok(())
}

async fn bring_into_force(services: &Services, publish: Publish, rules: String, common: Common) -> Result<(), Failure> {
    let compiled = services.scores.compile(&rules).map_err(|errors| {
        tell(&publish.file, &errors);
        wrong(1)
    })?;
    let warnings = compiled.rules.warnings(&services.scores.facets());
    warnings.iter().for_each(|warning| eprintln!("warning: {warning}"));
    let name = compiled.rules.name.to_string();
    let effective_from = match publish.effective_from {
        Some(said) => said,
        None => services.scores.from_now(&name, services.clock.now()).await?,
    };
    let command = Command::Publish { name: name.clone(), rules: Some(rules), effective_from, note: publish.note };
    let actor = services.log.actor(ACTOR).await?;
    let context = Context { actor, idempotency_key: None, request: String::new() };
    let done = services.customers.run(&context, &Wish::RuleSet(command)).await?;
    let version = services.scores.version_up_to(&name, done.position).await?.map_or(0, |version| version.version);
    let hash = &compiled.hash;
    if common.json {
        let position = done.position;
        println!(
            "{}",
            json!({"rule_set": name, "version": version, "effective_from": effective_from, "hash": hash, "position": position})
        );
    } else {
        println!("rule_set={name} version={version} effective_from={effective_from} hash={hash}");
    }
    Ok(())
}
