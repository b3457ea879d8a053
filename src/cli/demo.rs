//! `kulta demo`: sample data in a throw-away database, served.

use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;
use uuid::Uuid;

use super::progress::Told;
use super::{Common, Failure, serve};
use crate::app::App;
use crate::clock::{Clock, SystemClock};
use crate::config::Settings;
use crate::demo::{self, Stage, Story};
use crate::services::Services;
use crate::store::scores::Place;

/// How long the projections may take to get to the end of the demo's history.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(600);

/// Flags.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where to listen; default 127.0.0.1:7373
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// How many customers
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    customers: u64,
}

/// Loads, serves, tells what to look at.
///
/// # Errors
/// When there is no room for the database, or the address cannot be listened on.
pub async fn run(args: Args, _: Common) -> Result<(), Failure> {
    let folder = tempfile::Builder::new().prefix("kulta-demo-").tempdir()?;
    let stop = serve::signals()?;
    let app = App::build(settings(&folder, args.listen)?, Arc::new(SystemClock)).await?;
    let (services, address) = (app.services().clone(), app.local_addr().to_string());
    // The projections follow while the history is being loaded, as they would a live feed.
    let telling = async {
        match story(&services, args.customers).await {
            Ok(story) => introduce(&address, &story),
            Err(error) => eprintln!("error: {error}"),
        }
    };
    let (ended, ()) = tokio::join!(app.run(stop), telling);
    drop(folder);
    Ok(ended?)
}

async fn story(services: &Services, customers: u64) -> Result<Story, Failure> {
    let told = Told::default();
    let stage = Stage {
        intake: &services.intake,
        customers: &services.customers,
        hasher: services.vault.hasher(),
        actor: services.log.actor("demo").await?,
        steward: services.log.actor("steward").await?,
    };
    eprintln!("loading a year in the life of {customers} customers, from four sources");
    let progress = |done, of| told.now_and_then(|| format!("loading: {done} of {of} events"));
    let story = demo::load(&stage, customers, SystemClock.now(), progress).await?;
    let head = *services.log.head().borrow();
    if services.projector.projections().reached(head, PATIENCE).await {
        let list = services.scores.list(demo::RULE_SET, Some(head)).await?;
        let page = list.page(&Place::first(), 1).await?;
        let best = page.and_then(|page| page.rows.first().map(|row| row.customer));
        return Ok(Story { best, ..story });
    }
    Err("the projections did not get to the end of the history".into())
}

fn settings(folder: &TempDir, listen: Option<String>) -> Result<Settings, Failure> {
    let database = format!("sqlite://{}", Path::new(folder.path()).join("demo.db").display());
    // Nobody has to keep a copy of this key: it goes with the process.
    let key = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    let mut flags = vec![("database_url", database), ("master_key", key)];
    flags.extend(listen.map(|listen| ("listen", listen)));
    Ok(Settings::load(None, Vec::new(), &flags)?)
}

/// Tells where it is and what to look at, on standard output.
fn introduce(address: &str, story: &Story) {
    println!("listening on http://{address}");
    println!("\n{} events, {} of them new facts; the rest came twice, as events do.", story.events, story.accepted);
    println!("All of this is thrown away when you stop it (Ctrl-C). Look around:\n");
    let base = format!("http://{address}");
    println!("  every address, with examples      {base}/docs");
    println!("  how far the projections are       curl -s {base}/v1/projections");
    println!("  the log, from its beginning       curl -s '{base}/v1/events?limit=5'");
    println!("  find somebody                     curl -s '{base}/v1/customers?q=Virtanen&limit=3'");
    let (customers, records, questions) = story.counts;
    println!(
        "\nMatching found {customers} customers in {records} records, and has {questions} questions for stewards."
    );
    if let Some(customer) = story.found {
        println!("  a golden record of several        curl -s {base}/v1/customers/{customer}");
        println!("  whose records they are            curl -s {base}/v1/customers/{customer}/records");
        println!("  why they are one customer         curl -s {base}/v1/customers/{customer}/why");
        println!("  what happened, latest first       curl -s '{base}/v1/customers/{customer}/timeline?limit=5'");
    }
    println!("  what stewards are asked           curl -s '{base}/v1/reviews?limit=3'");
    if let Some((customer, away)) = story.merged {
        println!("\nA steward answered the first question: these two are one.");
        println!("  the golden record                 curl -s {base}/v1/customers/{customer}");
        println!("  the id that was merged away       curl -si {base}/v1/customers/{away}");
        if let Some(before) = story.before_merge {
            println!("  as it was known before            curl -s '{base}/v1/customers/{away}?known_at={before}'");
        }
        if let Some(decision) = story.decision {
            println!("  undo it: both are as they were    curl -s -X DELETE {base}/v1/decisions/{decision}");
        }
    }
    if let Some((record, before)) = story.moved {
        println!("\nSomebody moved during the year:");
        println!("  now                               curl -sL {base}/v1/customers/{record}");
        println!("  as of a moment before             curl -sL '{base}/v1/customers/{record}?as_of={before}'");
        println!("  what to ask at the next encounter curl -sL {base}/v1/customers/{record}/freshness");
    }
    if let Some((one, other)) = story.question {
        println!(
            "\nNobody has answered this one yet. Look why it is asked, then be the steward (link, separate or later):"
        );
        println!("  curl -s '{base}/v1/customers/{one}/why?with={other}'");
        println!("  curl -s {base}/v1/reviews/{one}~{other} -H 'content-type: application/json' \\");
        println!("    -d '{{\"decision\": \"link\", \"reason\": \"asked her\"}}'");
    }
    if let Some(best) = story.best {
        let list = format!("{base}/v1/rule-sets/{}", demo::RULE_SET);
        println!("\nWhat customers are worth, by rules that you may change ({list}):");
        println!("  everybody, the best first         curl -s '{list}/scores?limit=5'");
        println!("  who gets more than the promised   curl -s '{list}/balance?limit=5'");
        println!("  why the best one has its points   curl -s '{base}/v1/customers/{best}/score?explain=true'");
        println!(
            "  who would move under other rules  curl -s {base}/v1/replays -H 'content-type: application/json' \\"
        );
        println!("    -d '{{\"rules\": \"{OTHER}\", \"against\": \"current\"}}'");
    }
    println!("\nDaily work:");
    println!("  who is to be called, and why      curl -s '{base}/v1/tasks?team=sales&limit=3'");
    println!("  what raises these tasks           curl -s {base}/v1/automations/{}", demo::work::AUTOMATION);
    println!("  who waits for an answer           curl -s '{base}/v1/complaints?status=waiting&limit=3'");
    println!("  what is offered, stage by stage   curl -s {base}/v1/pipelines/default/board");
    println!("\nPublish an event of your own (send it twice: the second time it is a duplicate):");
    println!("  curl -s {base}/v1/events -H 'content-type: application/cloudevents+json' -d '{EXAMPLE}'");
    println!();
}

/// Rules to try, as they stand in JSON.
const OTHER: &str = r#"name = \"customer-value\"\n[[rule]]\nid = \"buying\"\non = \"purchase.made\"\npoints = \"floor(amount / 10)\"\n"#;

const EXAMPLE: &str = concat!(
    r#"{"specversion":"1.0","id":"inv-1","source":"erp","type":"purchase.made","subject":"100234","#,
    r#""time":"2026-03-02T10:15:00+02:00","data":{"amount":"1249.90","currency":"EUR"}}"#
);
