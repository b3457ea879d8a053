//! `kulta match`: the records of a CSV file that are one customer.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use kulta_projections::identity::compare::Compared;
use kulta_projections::identity::explain::{Explanation, Sides, explain};
use kulta_projections::identity::measure::{Measure, measure, measure_between};
use kulta_projections::identity::pairs::{Index, Pairs};
use kulta_projections::identity::policy::MatchPolicy;
use kulta_projections::identity::prepared::Kind;
use kulta_projections::identity::resolve::{Records, clusters};
use kulta_projections::identity::steward::Decisions;
use kulta_projections::identity::train::train;
use kulta_projections::identity::weights::Scorer;
use kulta_projections::nesting;
use serde_json::json;

use super::input::content;
use super::{Common, Failure, Misuse};
use crate::matching::{Input, Mapping, read};

/// Flags.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// CSV with a header; plain or .gz, - for standard input
    #[arg(value_name = "FILE.csv")]
    file: PathBuf,
    /// Where record_id,cluster_id is written; - for standard output
    #[arg(long, value_name = "clusters.csv", required_unless_present = "explain")]
    out: Option<PathBuf>,
    /// Where the attributes stand in a file with other columns
    #[arg(long, value_name = "MAP.toml")]
    mapping: Option<PathBuf>,
    /// The weights; default: trained on the file itself
    #[arg(long, value_name = "P.toml")]
    policy: Option<PathBuf>,
    /// Also write the policy that was used
    #[arg(long, value_name = "P.toml")]
    save_policy: Option<PathBuf>,
    /// The column that holds the true customer: tells how good the clusters are
    #[arg(long, value_name = "COLUMN")]
    truth: Option<String>,
    /// Compare only records of different sources
    #[arg(long)]
    between: bool,
    /// Why two records are, or are not, one customer
    #[arg(long, value_name = "ID,ID")]
    explain: Option<String>,
    /// How many threads work; default: one per core
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

/// Matches.
///
/// # Errors
/// When a file cannot be read or written, or the mapping or policy does not fit.
pub fn run(args: &Args, common: Common) -> Result<(), Failure> {
    let threads = args.threads.unwrap_or_else(crate::threads).max(1);
    let mapping = args.mapping.as_deref().map(mapping).transpose()?.unwrap_or_default();
    let given = args.policy.as_deref().map(policy).transpose()?;
    let asked = args.explain.as_deref().map(ids).transpose()?;
    let started = Instant::now();
    let start = given.clone().unwrap_or_else(MatchPolicy::built_in);
    let named = |error: &dyn std::error::Error| format!("{}: {}", args.file.display(), chain(error));
    let mut input =
        read(open(&args.file)?, &mapping, args.truth.as_deref(), &start, threads).map_err(|error| named(&error))?;
    if args.between && !input.has_source {
        return Err(Misuse("--between needs a column `source`, or a mapping that names one").into());
    }
    if !input.unread.is_empty() {
        eprintln!("warning: columns ignored: {}", input.unread.join(", "));
    }
    let matched = find(&mut input, given, start, args.between, threads);
    if let Some(path) = &args.save_policy {
        std::fs::write(path, toml::to_string(&matched.policy)?)
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    if let Some(path) = &args.out {
        write(path, &input, &matched.clusters)?;
    }
    if let Some((one, other)) = asked {
        tell_why(&input, &matched, one, other, common)?;
    }
    if args.out.as_deref().is_some_and(|path| path != Path::new("-")) {
        summary(args, &input, &matched, started, common);
    }
    Ok(())
}

/// What was found.
struct Matched {
    policy: MatchPolicy,
    index: Index,
    clusters: Vec<u32>,
    compared: u64,
    reviews: usize,
}

fn find(input: &mut Input, given: Option<MatchPolicy>, start: MatchPolicy, between: bool, threads: usize) -> Matched {
    let ids: Vec<u128> = (0..input.records.len() as u128).collect();
    let index = Index::of(&input.records, start.block_limit, threads);
    let (policy, pairs, compared) = match given {
        Some(policy) => {
            let scorer = Scorer::of(&policy);
            let keep = |compared: &Compared| scorer.score(compared).bits >= policy.ask;
            let pairs = Pairs::find(&input.records, &ids, &index, between, threads, keep);
            (policy, pairs.kept, pairs.compared)
        }
        None => {
            let trained = train(&mut input.records, &ids, &start, &index, between, threads);
            (trained.policy, trained.pairs, trained.compared)
        }
    };
    let of = Records { records: &input.records, ids: &ids, between, threads };
    let clusters = clusters(of, &index, &pairs, &policy, &Decisions::default());
    let open =
        |pair: &&kulta_projections::identity::pairs::Pair| clusters[pair.one as usize] != clusters[pair.other as usize];
    let reviews = pairs.iter().filter(open).count();
    Matched { policy, index, clusters, compared, reviews }
}

fn mapping(path: &Path) -> Result<Mapping, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(Mapping::parse(&text).map_err(|error| format!("{}: {}", path.display(), chain(&error)))?)
}

fn policy(path: &Path) -> Result<MatchPolicy, Failure> {
    let named = |error: &dyn std::error::Error| format!("{}: {}", path.display(), chain(error));
    let text = std::fs::read_to_string(path).map_err(|error| named(&error))?;
    if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) {
        return Ok(MatchPolicy::read(&text).map_err(|error| named(&error))?);
    }
    nesting::check(&text).map_err(|error| named(&error))?;
    let policy: MatchPolicy = toml::from_str(&text).map_err(|error| named(&error))?;
    Ok(policy.checked().map_err(|error| named(&error))?)
}

fn chain(error: &dyn std::error::Error) -> String {
    crate::http::problem::chain(error).to_string()
}

fn ids(text: &str) -> Result<(&str, &str), Failure> {
    let parts = text.split_once(',').map(|(one, other)| (one.trim(), other.trim()));
    parts
        .filter(|(one, other)| !one.is_empty() && !other.is_empty())
        .ok_or_else(|| Failure::from(Misuse("--explain takes two record ids with a comma between them")))
}

fn open(path: &Path) -> Result<Box<dyn Read>, Failure> {
    if path == Path::new("-") {
        return Ok(Box::new(std::io::stdin()));
    }
    Ok(content(path)?)
}

/// Clusters are numbered from 1 in the order of their first records.
fn write(path: &Path, input: &Input, clusters: &[u32]) -> Result<(), Failure> {
    let out: Box<dyn Write> = if path == Path::new("-") {
        Box::new(std::io::stdout().lock())
    } else {
        Box::new(File::create(path).map_err(|error| format!("{}: {error}", path.display()))?)
    };
    let mut writer = csv::Writer::from_writer(BufWriter::with_capacity(1 << 20, out));
    writer.write_record(["record_id", "cluster_id"])?;
    let mut numbers = vec![0_u32; clusters.len()];
    let mut last = 0;
    for (name, cluster) in input.names.iter().zip(clusters) {
        let number = &mut numbers[*cluster as usize];
        if *number == 0 {
            last += 1;
            *number = last;
        }
        writer.write_record([&**name, &number.to_string()])?;
    }
    writer.flush()?;
    Ok(())
}

/// How good the clusters are, among the records whose true customer is known.
fn quality(args: &Args, input: &Input, clusters: &[u32]) -> Option<Measure> {
    args.truth.as_ref()?;
    let known: Vec<usize> = (0..clusters.len()).filter(|at| input.truth[*at] != u32::MAX).collect();
    let of = |all: &[u32]| -> Vec<u32> { known.iter().map(|at| all[*at]).collect() };
    let (found, truth) = (of(clusters), of(&input.truth));
    Some(if args.between { measure_between(&found, &truth, &of(&input.sources)) } else { measure(&found, &truth) })
}

fn summary(args: &Args, input: &Input, matched: &Matched, started: Instant, common: Common) {
    let records = input.records.len();
    let clusters = matched.clusters.iter().enumerate().filter(|(at, cluster)| *at == **cluster as usize).count();
    let organisations = input.records.iter().filter(|record| record.kind() == Kind::Organisation).count();
    let quality = quality(args, input, &matched.clusters);
    let seconds = started.elapsed().as_secs_f64();
    if common.json {
        let summary = json!({
            "records": records,
            "organisations": organisations,
            "clusters": clusters,
            "pairs_compared": matched.compared,
            "pairs_for_review": matched.reviews,
            "columns_ignored": input.unread,
            "seconds": seconds,
            "quality": quality,
        });
        println!("{summary}");
        return;
    }
    println!(
        "records={records} organisations={organisations} clusters={clusters} pairs_compared={} pairs_for_review={} \
         seconds={seconds:.2}",
        matched.compared, matched.reviews
    );
    if let Some(quality) = quality {
        println!(
            "precision={:.4} recall={:.4} f1={:.4} b_cubed_precision={:.4} b_cubed_recall={:.4} b_cubed_f1={:.4}",
            quality.precision,
            quality.recall,
            quality.f1,
            quality.b_cubed_precision,
            quality.b_cubed_recall,
            quality.b_cubed_f1
        );
    }
}

fn tell_why(input: &Input, matched: &Matched, one: &str, other: &str, common: Common) -> Result<(), Failure> {
    let find = |id: &str| {
        let at = input.names.iter().position(|name| &**name == id);
        at.ok_or_else(|| format!("there is no record `{id}`"))
    };
    let (one, other) = (find(one)?, find(other)?);
    let sides = Sides {
        one: &input.records[one.min(other)],
        other: &input.records[one.max(other)],
        together: matched.clusters[one] == matched.clusters[other],
        meet: matched.index.first_common(one as u32, other as u32).is_some(),
    };
    let explanation = explain(&sides, &matched.policy, &|key| matched.index.crowded(key));
    if common.json {
        println!("{}", serde_json::to_string(&explanation)?);
    } else {
        print(&explanation);
    }
    Ok(())
}

fn print(why: &Explanation) {
    let line = |name: &str, bits: f32, level: &str| println!("{name:>16} {bits:>+7.2}  {level}");
    line("prior", why.prior, "before anything is compared");
    for found in &why.lines {
        line(found.comparison, found.bits, found.level);
    }
    line("frequency", why.frequency, "of the frequent values that both have");
    line("household", why.household, "because the two may be of one household or group");
    line("total", why.total, &format!("linked from {:+.2}, asked from {:+.2}", why.link, why.ask));
    for veto in &why.vetoes {
        println!("{:>16} {veto}", "never, because");
    }
    let keys = format!("{} blocking keys in common, {} of them crowded", why.shared_keys, why.crowded_keys);
    println!("{:>16} {keys}", if why.compared { "compared:" } else { "not compared:" });
    println!("{:>16} {}", "so they are", if why.together { "one customer" } else { "two customers" });
}
