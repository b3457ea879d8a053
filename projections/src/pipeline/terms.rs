//! What may be said of an offer or a lead: sum, owner, product and so on, and how one word follows another.

use kulta_events::vocabulary::currency::is_currency;
use kulta_events::{Json, RecordId, Recorded};
use rust_decimal::Decimal;
use uuid::Uuid;

/// The largest amount that counts, exclusive; the validator lets no larger one in.
const MOST: i64 = 10_000_000_000_000;

/// What was said of a member.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Said<T> {
    /// Nothing.
    #[default]
    Silent,
    /// That there is none.
    Cleared,
    /// This.
    Is(T),
}

impl<T> Said<T> {
    /// Whether nothing was said.
    pub fn is_silent(&self) -> bool {
        matches!(self, Said::Silent)
    }

    /// The value, if there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Said::Is(value) => Some(value),
            Said::Silent | Said::Cleared => None,
        }
    }

    /// What a payload says of a member. A value that cannot be read says nothing.
    fn read(data: &Json, name: &str, read: impl FnOnce(&Json) -> Option<T>) -> Self {
        match data.get(name) {
            None => Said::Silent,
            Some(Json::Null) => Said::Cleared,
            Some(value) => read(value).map_or(Said::Silent, Said::Is),
        }
    }

    fn take(&mut self, newer: Self) {
        if !newer.is_silent() {
            *self = newer;
        }
    }

    fn fill(&mut self, begun: Self) {
        if self.is_silent() {
            *self = begun;
        }
    }
}

/// A decimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number(pub Decimal);

/// What an event says of a member that its type knows. Others are passed over: they are sealed, and what is concluded
/// must not change when they are erased.
pub(crate) fn known<'e>(event: &'e Recorded, name: &str) -> Option<&'e Json> {
    event.event_type?.field(name)?;
    event.payload.data.get(name)
}

/// The text of a member that the event's type knows; empty text says nothing.
pub(crate) fn word(event: &Recorded, name: &str) -> Option<Box<str>> {
    known(event, name).and_then(plain)
}

/// Reads a text member; empty text says nothing.
pub(crate) fn text(data: &Json, name: &str) -> Option<Box<str>> {
    data.get(name).and_then(plain)
}

fn plain(value: &Json) -> Option<Box<str>> {
    value.as_str().filter(|text| !text.is_empty()).map(Into::into)
}

/// An amount ≥ 0 with at most 13 digits before and 6 after the point.
pub(super) fn amount(value: &Json) -> Option<Number> {
    let number = value.as_decimal()?.normalize();
    let counts = number >= Decimal::ZERO && number < Decimal::from(MOST) && number.scale() <= 6;
    counts.then_some(Number(number))
}

/// A percentage. What is above 100 counts as 100.
pub(super) fn percentage(value: &Json) -> Option<Number> {
    amount(value).map(|number| Number(number.0.min(Decimal::ONE_HUNDRED)))
}

/// A date, `YYYY-MM-DD`.
pub(super) fn date(value: &Json) -> Option<Box<str>> {
    let text = value.as_str().filter(|text| text.len() == 10)?;
    text.parse::<jiff::civil::Date>().ok().map(|_| text.into())
}

fn currency(value: &Json) -> Option<Box<str>> {
    value.as_str().filter(|code| is_currency(code)).map(Into::into)
}

/// The texts of a list, sorted, each once: tags are a set.
fn tags(value: &Json) -> Option<Vec<Box<str>>> {
    let Json::Array(items) = value else { return None };
    let mut tags: Vec<_> = items.iter().filter_map(plain).collect();
    tags.sort_unstable();
    tags.dedup();
    Some(tags)
}

/// A record as it is kept at rest.
fn record(value: &Json) -> Option<RecordId> {
    value.as_str()?.parse::<Uuid>().ok().map(RecordId)
}

fn records(value: &Json) -> Option<Vec<RecordId>> {
    let Json::Array(items) = value else { return None };
    Some(items.iter().filter_map(record).collect())
}

/// What is agreed or known of an offer or a lead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// Which pipeline; silent: the default one.
    pub pipeline: Said<Box<str>>,
    /// Which stage of it; silent: the first.
    pub stage: Said<Box<str>>,
    /// The sum, in `currency`.
    pub amount: Said<Number>,
    /// ISO 4217.
    pub currency: Said<Box<str>>,
    /// Of its own, in percent; otherwise the stage's counts.
    pub probability: Said<Number>,
    /// Who works on it.
    pub owner: Said<Box<str>>,
    /// Whose it is.
    pub team: Said<Box<str>>,
    /// What is to be sold.
    pub product: Said<Box<str>>,
    /// To which group that belongs.
    pub product_group: Said<Box<str>>,
    /// When it is expected to be decided, `YYYY-MM-DD`.
    pub expected_close: Said<Box<str>>,
    /// Where the business came from.
    pub origin: Said<Box<str>>,
    /// By which campaign.
    pub campaign: Said<Box<str>>,
    /// Sorted, each once.
    pub tags: Said<Vec<Box<str>>>,
    /// With which import it came.
    pub import_batch: Said<Box<str>>,
    /// The own id of the lead that it was made from.
    pub lead: Said<Box<str>>,
    /// Whom one talks to, in the order in which they were named.
    pub contacts: Said<Vec<RecordId>>,
    /// What it is called; silent when it is erased.
    pub title: Said<Box<str>>,
}

impl Terms {
    /// What an event says by the members that its type knows.
    pub fn read(event: &Recorded) -> Self {
        Self::of(&event.payload.data, |name| known(event, name).is_some())
    }

    fn of(data: &Json, known: impl Fn(&str) -> bool) -> Self {
        fn one<T>(data: &Json, name: &str, known: impl Fn(&str) -> bool, read: impl Fn(&Json) -> Option<T>) -> Said<T> {
            if known(name) { Said::read(data, name, read) } else { Said::Silent }
        }
        let text = |name| one(data, name, &known, plain);
        Self {
            pipeline: text("pipeline"),
            stage: text("stage"),
            amount: one(data, "amount", &known, amount),
            currency: one(data, "currency", &known, currency),
            probability: one(data, "probability", &known, percentage),
            owner: text("owner"),
            team: text("team"),
            product: text("product"),
            product_group: text("product_group"),
            expected_close: one(data, "expected_close", &known, date),
            origin: text("origin"),
            campaign: text("campaign"),
            tags: one(data, "tags", &known, tags),
            import_batch: text("import_batch"),
            lead: text("lead"),
            contacts: match one(data, "contacts", &known, records) {
                Said::Silent => one(data, "contact", &known, |value| record(value).map(|one| vec![one])),
                said => said,
            },
            title: text("title"),
        }
    }

    /// Takes what a later fact says: what it is silent about stays.
    pub fn take(&mut self, newer: Self) {
        self.each(newer, true);
    }

    /// Takes what is said of the beginning: it fills in what nobody spoke of.
    pub fn fill(&mut self, begun: Self) {
        self.each(begun, false);
    }

    fn each(&mut self, other: Self, newer: bool) {
        fn one<T>(known: &mut Said<T>, said: Said<T>, newer: bool) {
            if newer { known.take(said) } else { known.fill(said) }
        }
        one(&mut self.pipeline, other.pipeline, newer);
        one(&mut self.stage, other.stage, newer);
        one(&mut self.amount, other.amount, newer);
        one(&mut self.currency, other.currency, newer);
        one(&mut self.probability, other.probability, newer);
        one(&mut self.owner, other.owner, newer);
        one(&mut self.team, other.team, newer);
        one(&mut self.product, other.product, newer);
        one(&mut self.product_group, other.product_group, newer);
        one(&mut self.expected_close, other.expected_close, newer);
        one(&mut self.origin, other.origin, newer);
        one(&mut self.campaign, other.campaign, newer);
        one(&mut self.tags, other.tags, newer);
        one(&mut self.import_batch, other.import_batch, newer);
        one(&mut self.lead, other.lead, newer);
        one(&mut self.contacts, other.contacts, newer);
        one(&mut self.title, other.title, newer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::given::json;

    #[test]
    fn absent_says_nothing_null_clears_and_what_cannot_be_read_says_nothing() {
        let data = json(
            r#"{"owner":null,"team":"north","amount":"12.50","currency":"XXQ","probability":250,"tags":["b","a","b",7],
                "expected_close":"2026-13-01","title":7,"contact":"no id"}"#,
        );
        let said = Terms::of(&data, |name| name != "product");
        assert_eq!((said.owner, said.team), (Said::Cleared, Said::Is("north".into())));
        assert_eq!(said.amount, Said::Is(Number("12.5".parse().unwrap())));
        assert_eq!(said.probability, Said::Is(Number(Decimal::ONE_HUNDRED)));
        assert_eq!(said.tags, Said::Is(vec!["a".into(), "b".into()]));
        let silent = [said.currency.is_silent(), said.expected_close.is_silent(), said.title.is_silent()];
        assert!(silent.into_iter().all(|silent| silent) && said.contacts.is_silent());
        let several = json(&format!(r#"{{"contacts":["{0}"],"contact":"{1}"}}"#, Uuid::nil(), Uuid::max()));
        assert_eq!(Terms::of(&several, |_| true).contacts, Said::Is(vec![RecordId(Uuid::nil())]));
        assert_eq!(Terms::of(&several, |name| name == "contact").contacts, Said::Is(vec![RecordId(Uuid::max())]));
        for strange in ["-1", "10000000000000", "0.0000001", "\"x\"", "[]", "1e400"] {
            let data = json(&format!(r#"{{"amount":{strange}}}"#));
            assert!(Terms::of(&data, |_| true).amount.is_silent(), "{strange}");
        }
        assert_eq!(Terms::of(&Json::Null, |_| true), Terms::default());
    }

    #[test]
    fn a_later_word_holds_and_the_beginning_only_fills_in() {
        let mut terms = Terms::of(&json(r#"{"owner":null,"team":"north"}"#), |_| true);
        terms.fill(Terms::of(&json(r#"{"owner":"aino","team":"south","product":"pumps"}"#), |_| true));
        assert_eq!((&terms.owner, terms.team.value().map(|t| &**t)), (&Said::Cleared, Some("north")));
        assert_eq!(terms.product.value().map(|p| &**p), Some("pumps"));
        terms.take(Terms::of(&json(r#"{"owner":"eino","team":null}"#), |_| true));
        assert_eq!((terms.owner.value().map(|o| &**o), terms.team), (Some("eino"), Said::Cleared));
    }
}
