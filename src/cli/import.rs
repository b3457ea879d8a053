//! `kulta import`: files into the log.

use std::fs::File;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use serde_json::json;

use super::input::content;
use super::{Common, Failure, Misuse, NodeArgs};
use crate::clock::SystemClock;
use crate::intake::files::{self, Counts, Format};
use crate::intake::mapping::Mapping;
use crate::services::Services;

/// The actor of what is imported on the command line.
const ACTOR: &str = "import";
/// How often progress is told.
const TELL_EVERY: Duration = Duration::from_secs(2);

/// Flags.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// NDJSON of CloudEvents, or CSV; plain or .gz; - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What the files hold; default: csv with a mapping, else cloudevents
    #[arg(long, value_enum)]
    format: Option<Kind>,
    /// How CSV rows become events
    #[arg(long, value_name = "MAP.toml")]
    mapping: Option<PathBuf>,
    /// The source of CSV rows, in place of the mapping's
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// Also write what is not accepted to this file, a JSON object a line
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    #[command(flatten)]
    node: NodeArgs,
}

/// Formats of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// One CloudEvent in structured form a line.
    Cloudevents,
    /// Rows through a mapping.
    Csv,
}

/// Imports. The last line on standard output tells the counts.
///
/// # Errors
/// When a file cannot be read to its end, or the store fails; what was told until then stands.
pub async fn run(args: Args, common: Common) -> Result<(), Failure> {
    let format = format(&args)?;
    let mut rejects = args.rejects.as_deref().map(create).transpose()?;
    // Before the database is touched, so that a wrong name costs nothing.
    let opened: Vec<_> = args.files.iter().map(|path| open(path, &format)).collect::<Result<_, _>>()?;
    let settings = args.node.settings(Vec::new())?;
    let services = Services::open(settings, Arc::new(SystemClock), "import").await?;
    let imported = import(&services, opened, rejects.as_mut()).await;
    services.close().await;
    let counts = imported?;
    if let Some(mut rejects) = rejects {
        rejects.flush()?;
    }
    if common.json {
        println!("{}", json!(counts));
    } else {
        println!("{counts}");
    }
    Ok(())
}

async fn import(
    services: &Services,
    files: Vec<files::File>,
    mut rejects: Option<&mut std::io::BufWriter<File>>,
) -> Result<Counts, Failure> {
    let actor = services.log.actor(ACTOR).await?;
    let mut total = Counts::default();
    for file in files {
        let name = file.name.clone();
        let mut told = Instant::now();
        let progress = |counts: &Counts| {
            if told.elapsed() >= TELL_EVERY {
                told = Instant::now();
                eprintln!("{name}: {} events, {counts}", counts.total());
            }
        };
        let out = rejects.as_mut().map(|out| &mut **out as &mut (dyn Write + Send));
        total.add(services.intake.import(file, actor, out, progress).await?);
    }
    Ok(total)
}

fn format(args: &Args) -> Result<Format, Failure> {
    let kind = args.format.unwrap_or(if args.mapping.is_some() { Kind::Csv } else { Kind::Cloudevents });
    match (kind, &args.mapping) {
        (Kind::Cloudevents, None) if args.source.is_none() => Ok(Format::CloudEvents),
        (Kind::Cloudevents, _) => {
            Err(Misuse("--mapping and --source are for CSV: CloudEvents name their own source").into())
        }
        (Kind::Csv, None) => Err(Misuse("CSV needs a --mapping that says how rows become events").into()),
        (Kind::Csv, Some(path)) => {
            let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
            let mapping = Mapping::parse(&text).map_err(|error| format!("{}, {error}", path.display()))?;
            let mapping = match &args.source {
                Some(source) => mapping.with_source(source),
                None => mapping,
            };
            Ok(Format::Csv(Arc::new(mapping)))
        }
    }
}

fn open(path: &Path, format: &Format) -> Result<files::File, Failure> {
    if path == Path::new("-") {
        if std::io::stdin().is_terminal() {
            eprintln!("reading standard input");
        }
        return Ok(files::File {
            name: "standard input".to_owned(),
            content: Box::new(std::io::stdin()),
            format: format.clone(),
        });
    }
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    if let Format::Csv(mapping) = format
        && path.is_file()
    {
        // The header is held against the mapping before the database is touched.
        mapping.rows(content(path)?).map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(files::File { name, content: content(path)?, format: format.clone() })
}

fn create(path: &Path) -> Result<std::io::BufWriter<File>, Failure> {
    let file = File::create(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(std::io::BufWriter::new(file))
}
