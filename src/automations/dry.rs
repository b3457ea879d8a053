//! How often an automation would have fired over history, and for whom.

use kulta_events::{CustomerId, Instant};
use kulta_projections::automation::crossing::{Crossing, Side};
use kulta_projections::automation::definition::{Definition, When};
use kulta_projections::automation::dry_run::DryRun;
use kulta_projections::automation::watch::Subject;
use kulta_projections::scores::history::Reading;
use kulta_projections::scores::rules::Window;

use super::look::{TOGETHER, category};
use super::{Automator, Error};
use crate::reads::Found;
use crate::scores::Asked;
use crate::store::views::Generation;

/// Days of points that are read at once.
const STEPS: i64 = 300;

/// A dry run.
#[derive(Debug)]
pub struct Dry {
    /// How often it would have fired.
    pub run: DryRun,
    /// What it was found for: `offer`, `lead`, `complaint` or `customer`.
    pub of: &'static str,
}

impl Automator {
    /// How often an automation would have fired between two times, half-open, by what is known now. Nothing is done.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn dry_run(&self, definition: &Definition, during: (Instant, Instant)) -> Result<Dry, Error> {
        let (mut run, subject) = (DryRun::default(), definition.when.subject());
        self.customers.commands.ping().await?;
        self.customers.work.after(self.scores.reads().source.head()).await?;
        if let Some(of) = category(subject) {
            for thing in self.customers.work.ids(of) {
                let causes = self.causes(definition, thing, &self.told(of, thing).await?, during.1)?;
                run.add(thing, &causes.standings, during, &definition.zone);
            }
            return Ok(Dry { run, of });
        }
        let (position, live) = (self.projector.projections().position(), self.projector.projections().live());
        let mut ids: Vec<CustomerId> =
            live.crosswalk().await?.records.into_iter().map(|(_, customer)| customer).collect();
        ids.dedup();
        for some in ids.chunks(TOGETHER) {
            match subject {
                Subject::Score => self.dry_scores(definition, some, during, &mut run).await?,
                _ => self.dry_customers(definition, some, (&*live, position), during, &mut run).await?,
            }
        }
        Ok(Dry { run, of: "customer" })
    }

    async fn dry_customers(
        &self,
        definition: &Definition,
        some: &[CustomerId],
        (generation, until): (&dyn Generation, u64),
        during: (Instant, Instant),
        run: &mut DryRun,
    ) -> Result<(), Error> {
        for (customer, events) in self.events_of(generation, some, until).await? {
            let causes = self.causes(definition, customer.0, &events, during.1)?;
            run.add(customer.0, &causes.standings, during, &definition.zone);
        }
        Ok(())
    }

    /// Points are read at the end of each day.
    async fn dry_scores(
        &self,
        definition: &Definition,
        some: &[CustomerId],
        during: (Instant, Instant),
        run: &mut DryRun,
    ) -> Result<(), Error> {
        let (When::Points { rule_set, .. } | When::Grade { rule_set, .. }) = &definition.when else { return Ok(()) };
        for customer in some {
            let mut readings = Vec::new();
            let (mut from, until) = during;
            while from < until {
                let to = from.plus_days(STEPS).min(until);
                let rule_set = Some(rule_set.to_string());
                let asked = Asked { rule_set, reading: Reading::Newest, as_of: to, known_at: None };
                // Whose rules fail has no readings.
                if let Ok(Found::Here(course)) = self.scores.course((*customer).into(), asked, from, Window::Day).await
                {
                    let side = |point: &crate::scores::score::Point| {
                        let points = point.points.parse().ok()?;
                        Some((point.as_of, Side::of(&definition.when, points, point.grade.as_deref())?))
                    };
                    readings.extend(course.points.iter().filter_map(side));
                }
                from = to;
            }
            let begin = readings.first().map_or(Crossing::default(), |(_, side)| Crossing::begin(*side));
            let (moments, _) = begin.over(readings);
            run.add_moments(customer.0, moments, during, &definition.zone);
        }
        Ok(())
    }
}
