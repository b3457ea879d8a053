//! Synthetic input for `kulta generate`, the demo, tests and benches: hard data, not clean data.
//!
//! A run is a function of its [`Config`]: the same one gives the same bytes on every machine. There is no clock: the
//! period is part of the configuration.
//!
//! Each customer is a person (83 in 100) or a company and has 1 to 6 records (mean 2.5) in the sources `erp`, `billing`,
//! `newsletter` and `crm`, sometimes two in one. Records leave fields out, write them in their own way (nicknames,
//! transliterations, telephone notations, legal forms), get them wrong or are never told of a change. Some customers
//! share address and telephone, mailbox or name; companies come in groups of near-equal names. Then they buy, pay,
//! read, visit and complain, a few much and many little. Some events arrive late, some twice.
//!
//! | module | what |
//! |---|---|
//! | `rng` | pseudo-random streams, the same everywhere |
//! | `names`, `companies`, `places`, `contact`, `business_ids` | what people, companies and places are called |
//! | `world`, `customer` | who there is and who belongs together |
//! | `records`, `life`, `values`, `noise` | what the sources know of them, and how well |
//! | `activity`, `plan` | what happens, and in which order it arrives |
//! | `render`, `output` | events and rows as text |
//! | `facts` | facts alone, for archives of many events |

mod activity;
mod business_ids;
mod calendar;
mod companies;
mod contact;
mod customer;
mod facts;
mod json;
mod life;
mod names;
mod noise;
mod output;
mod places;
mod plan;
mod records;
mod render;
pub(crate) mod rng;
#[cfg(test)]
mod tests;
mod values;
mod wording;
mod world;

pub use facts::MadeFacts;
pub use output::{write_cloudevents, write_csv};

use plan::{Slices, Totals};
use render::Renderer;
use world::World;

/// What to generate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// How many customers, at most 2^32.
    pub customers: u64,
    /// How many events, repeats included. Every record has one at least, its registration: when there are fewer events
    /// than records (about 2.5 for each customer), all registrations come and nothing else. Without customers there are
    /// no events.
    pub events: u64,
    /// Another seed, other customers.
    pub seed: u64,
    /// The start of the period in microseconds since 1970 UTC.
    pub start_us: i64,
    /// The end of the period in microseconds since 1970 UTC; no event happens later.
    pub end_us: i64,
    /// Whether to tell the true customer of each event and record.
    pub truth: bool,
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// A CloudEvent in structured form, one line without line feed.
    pub json: String,
    /// The number of the true customer.
    pub customer: u64,
}

/// All events in the order in which they arrive, as from a live feed.
///
/// About 2 in 100 arrive an hour to six weeks late, exactly 1 in 100 (rounded down) is an exact repeat of an earlier one.
/// Before the first event comes a pass over all customers. Memory stays below about 250 MB, whatever the size.
pub fn events(config: Config) -> impl Iterator<Item = Generated> {
    let feed = Feed::new(config);
    let Feed { arrivals, renderer } = feed;
    arrivals.map(move |arrival| {
        let mut json = String::with_capacity(512);
        renderer.write(arrival, &mut json);
        Generated { json, customer: u64::from(arrival.customer) }
    })
}

/// The events of a run, still to be written.
struct Feed {
    arrivals: Slices,
    renderer: Renderer,
}

impl Feed {
    fn new(config: Config) -> Self {
        let world = World::new(config.seed, config.customers, config.start_us, config.end_us);
        let totals = Totals::of(&world, config.events);
        let renderer = Renderer::new(world.clone(), &totals, config.truth);
        Self { arrivals: Slices::new(world, totals), renderer }
    }
}
