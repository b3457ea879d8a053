//! Customers that changed lately, by position, and who still holds them as they were.

use std::collections::{BTreeSet, HashMap};

use kulta_events::{CustomerId, Instant, RecordId};

use super::changes::{Change, Shaped};
use super::fields::Fields;
use super::held::Ledger;
use super::notices::{Notice, What, notices};
use super::subscriber::Subscriber;

/// What is kept of a customer that changed. No values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracked {
    /// The highest position that shaped it.
    pub position: u64,
    /// Its records.
    pub records: Box<[RecordId]>,
    /// Ids that may have been customers of their own, and from where on they were known.
    pub others: Box<[(RecordId, u64)]>,
    /// Where it changed, in the order of the log.
    pub changes: Box<[Change]>,
    /// What stands out.
    pub notices: Box<[Notice]>,
}

/// What of the log is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Customers that were shaped behind this position.
    pub floor: u64,
    /// The sources of subscribers.
    pub sources: BTreeSet<Box<str>>,
    /// The fields of subscribers.
    pub fields: Fields,
}

impl Scope {
    /// What matters to the subscribers that are enabled; `None`: there are none.
    ///
    /// Whoever publishes may send an old value back at any time: of such subscribers all is looked at since they were
    /// registered, of others what they do not hold.
    pub fn of(ledger: &Ledger) -> Option<Self> {
        let enabled = ledger.subscribers().values().filter(|subscriber| subscriber.version.enabled);
        let mut scope: Option<Self> = None;
        for subscriber in enabled {
            let version = &subscriber.version;
            let from = if version.source.is_some() { subscriber.base } else { ledger.everything(subscriber) };
            let scope = scope.get_or_insert_with(|| Self { floor: from, ..Self::default() });
            scope.floor = scope.floor.min(from);
            scope.sources.extend(version.source.clone());
            scope.fields = scope.fields.and(version.fields);
        }
        scope
    }

    /// Whether what was looked at for this is enough for another.
    pub fn covers(&self, other: &Self) -> bool {
        self.floor <= other.floor
            && other.sources.is_subset(&self.sources)
            && other.fields.in_both(self.fields) == other.fields
    }
}

impl Tracked {
    /// What is kept of a customer.
    pub fn of(shaped: &Shaped<'_>, scope: &Scope) -> Self {
        Self {
            position: shaped.position.0,
            records: shaped.records.into(),
            others: shaped.others(),
            changes: shaped.changes(scope.floor).into(),
            notices: notices(shaped.events, &scope.sources, scope.fields).into(),
        }
    }
}

/// That a subscriber holds a customer as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behind {
    /// The customer.
    pub customer: CustomerId,
    /// The highest position that shaped it.
    pub position: u64,
    /// As of which position the subscriber holds it.
    pub held: u64,
    /// When the log learned of the oldest change that the subscriber does not hold.
    pub since: Instant,
    /// When the log learned of the newest one.
    pub changed_at: Instant,
    /// Its fields that may have changed since.
    pub fields: Fields,
}

/// How many customers a subscriber holds as they were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many.
    pub customers: u64,
    /// For longer than the subscriber may take.
    pub late: u64,
    /// Since when the oldest.
    pub oldest: Option<Instant>,
}

/// A notice that is open, and for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// The customer.
    pub customer: CustomerId,
    /// What happened.
    pub notice: Notice,
    /// The subscribers that it is about.
    pub subscribers: Vec<Box<str>>,
}

/// See the module. It is a function of the customers that were put in, whatever the order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Index {
    customers: HashMap<CustomerId, Tracked>,
    by_position: BTreeSet<(u64, CustomerId)>,
}

impl Index {
    /// Takes in a customer as it is now. Customers that its records were before are no more.
    pub fn put(&mut self, customer: CustomerId, tracked: Tracked) {
        for record in &tracked.records {
            self.remove(CustomerId::from(*record));
        }
        self.by_position.insert((tracked.position, customer));
        self.customers.insert(customer, tracked);
    }

    fn remove(&mut self, customer: CustomerId) {
        if let Some(known) = self.customers.remove(&customer) {
            self.by_position.remove(&(known.position, customer));
        }
    }

    /// Forgets those of whom nothing is open any more: every subscriber holds them, and nothing stands out.
    pub fn prune(&mut self, everything: u64) {
        let held: Vec<CustomerId> =
            self.by_position.range(..=(everything, LAST)).map(|(_, customer)| *customer).collect();
        for customer in held {
            let is_open = |notice: &Notice| notice.what == What::OldValueBack;
            if !self.customers.get(&customer).is_some_and(|tracked| tracked.notices.iter().any(is_open)) {
                self.remove(customer);
            }
        }
    }

    /// How many customers are kept.
    pub fn len(&self) -> usize {
        self.customers.len()
    }

    /// Whether none are kept.
    pub fn is_empty(&self) -> bool {
        self.customers.is_empty()
    }

    /// What is kept of a customer.
    pub fn get(&self, customer: CustomerId) -> Option<&Tracked> {
        self.customers.get(&customer)
    }

    /// The customers that a subscriber holds as they were, by (position, id), behind a place.
    pub fn behind<'a>(
        &'a self,
        ledger: &'a Ledger,
        subscriber: &'a Subscriber,
        after: (u64, CustomerId),
    ) -> impl Iterator<Item = Behind> + 'a {
        let from = after.max((ledger.everything(subscriber), LAST));
        let places = self.by_position.range((std::ops::Bound::Excluded(from), std::ops::Bound::Unbounded));
        places.filter_map(move |(_, customer)| self.one_behind(ledger, subscriber, *customer))
    }

    /// Whether a subscriber holds a customer as it was.
    pub fn one_behind(&self, ledger: &Ledger, subscriber: &Subscriber, customer: CustomerId) -> Option<Behind> {
        let tracked = self.customers.get(&customer)?;
        let held = ledger.held(subscriber, &tracked.records);
        let wanted = subscriber.version.fields.and(Fields::RECORDS);
        let missed = |change: &&Change| change.position > held && !change.fields.in_both(wanted).is_empty();
        let first = tracked.changes.iter().find(missed)?;
        let all = tracked.changes.iter().filter(missed).fold(Fields::NONE, |all, change| all.and(change.fields));
        let changed_at = tracked.changes.iter().rfind(missed).map_or(first.recorded_at, |last| last.recorded_at);
        let (position, since) = (tracked.position, first.recorded_at);
        Some(Behind { customer, position, held, since, changed_at, fields: all.in_both(wanted) })
    }

    /// How many customers a subscriber holds as they were.
    pub fn tally(&self, ledger: &Ledger, subscriber: &Subscriber, now: Instant) -> Tally {
        let mut tally = Tally::default();
        for behind in self.behind(ledger, subscriber, (0, FIRST)) {
            tally.customers += 1;
            tally.late += u64::from(is_late(subscriber, behind.since, now));
            tally.oldest = Some(tally.oldest.map_or(behind.since, |oldest| oldest.min(behind.since)));
        }
        tally
    }

    /// The notices that are open, in no order.
    ///
    /// That something was reported again is one while somebody whom it concerns holds it as it was; that an old value came
    /// back, while its sender says so.
    pub fn open(&self, ledger: &Ledger) -> Vec<Open> {
        let enabled = || ledger.subscribers().values().filter(|subscriber| subscriber.version.enabled);
        let mut found = Vec::new();
        for (customer, tracked) in &self.customers {
            for notice in &tracked.notices {
                let field = Fields::named(notice.field).unwrap_or(Fields::NONE);
                let concerns = |subscriber: &&Subscriber| {
                    let version = &subscriber.version;
                    let about = match notice.what {
                        What::ReportedAgain => ledger.held(subscriber, &tracked.records) < notice.known_position,
                        What::OldValueBack => {
                            version.source.as_ref() == Some(&notice.source) && notice.position > subscriber.base
                        }
                    };
                    about && !version.fields.in_both(field).is_empty()
                };
                let subscribers: Vec<_> =
                    enabled().filter(concerns).map(|subscriber| subscriber.version.subscriber.clone()).collect();
                if !subscribers.is_empty() {
                    found.push(Open { customer: *customer, notice: notice.clone(), subscribers });
                }
            }
        }
        found
    }
}

/// Whether a change since then is one that the subscriber should hold by now.
pub fn is_late(subscriber: &Subscriber, since: Instant, now: Instant) -> bool {
    const HOUR: i64 = 3_600 * Instant::SECOND;
    subscriber.version.within_hours.is_some_and(|hours| since.plus_micros(i64::from(hours) * HOUR) < now)
}

const FIRST: CustomerId = CustomerId(uuid::Uuid::nil());
const LAST: CustomerId = CustomerId(uuid::Uuid::max());
