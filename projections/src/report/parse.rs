//! Reading a definition: every problem with its place.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use kulta_events::Json;
use rust_decimal::Decimal;

use super::definition::{
    Condition, Definition, Grouping, How, MOST_CONDITIONS, MOST_GROUPINGS, MOST_MEASURES, MOST_ROWS, MOST_UNITS,
    MOST_WORDS, Measure, Period, Problem, Sort, Test,
};
use super::field::{Field, Kind, Over};
use super::span::{Days, Unit};

const MEMBERS: &[&str] = &["over", "measure", "measures", "by", "where", "period", "time_zone", "sort", "limit"];
const OF_CONDITIONS: &[&str] = &["field", "is", "is_not", "at_least", "below", "from", "until", "missing"];
const OF_PERIODS: &[&str] = &["of", "from", "until", "last", "whole", "this"];

/// What was found wrong so far.
#[derive(Default)]
struct Problems(Vec<Problem>);

impl Problems {
    /// Notes a problem; there is no value then.
    fn add<T>(&mut self, pointer: &str, reason: impl Into<String>) -> Option<T> {
        self.0.push(Problem { pointer: pointer.to_owned(), reason: reason.into() });
        None
    }

    /// The members of an object of which all are known.
    fn object<'j>(&mut self, at: &str, value: &'j Json, known: &[&str]) -> Option<&'j [(String, Json)]> {
        let Json::Object(members) = value else { return self.add(at, "expected an object") };
        for (name, _) in members.iter().filter(|(name, _)| !known.contains(&&**name)) {
            let reason = format!("unknown member; there are {}", known.join(", "));
            self.add::<()>(&format!("{at}/{}", escaped(name)), reason);
        }
        Some(members)
    }

    /// The items of a list, not too many.
    fn list<'j>(&mut self, at: &str, value: &'j Json, most: usize) -> Option<&'j [Json]> {
        match value {
            Json::Array(items) if items.len() <= most => Some(items),
            Json::Array(_) => self.add(at, format!("at most {most}")),
            _ => self.add(at, "expected a list"),
        }
    }

    fn text<'j>(&mut self, at: &str, value: &'j Json) -> Option<&'j str> {
        value.as_str().or_else(|| self.add(at, "expected text"))
    }

    fn decimal(&mut self, at: &str, value: &Json) -> Option<Decimal> {
        value.as_decimal().or_else(|| self.add(at, "expected a decimal of at most 28 digits"))
    }

    fn date(&mut self, at: &str, value: &Json) -> Option<Date> {
        let text = value.as_str().filter(|text| text.len() == 10);
        text.and_then(|text| text.parse().ok()).or_else(|| self.add(at, "expected a day, YYYY-MM-DD"))
    }

    /// A whole number from 1 on.
    fn count(&mut self, at: &str, value: &Json, most: u32) -> Option<u32> {
        let number = match value {
            Json::Number(text) => text.parse().ok().filter(|number| (1..=most).contains(number)),
            _ => None,
        };
        number.or_else(|| self.add(at, format!("expected a whole number from 1 to {most}")))
    }

    /// A field of which something holds.
    fn field(&mut self, at: &str, value: &Json, over: Over, what: &str, holds: fn(Kind) -> bool) -> Option<Field> {
        let name = self.text(at, value)?;
        match over.field(name) {
            Some(field) if holds(field.kind) => Some(field),
            Some(_) => self.add(at, format!("no {what}; there are {}", over.names(holds))),
            None => self.add(at, format!("unknown field of {}; there are {}", over.word(), over.names(holds))),
        }
    }

    /// An object of one member: its name and value.
    fn one<'j>(&mut self, at: &str, value: &'j Json, expected: &str) -> Option<(&'j str, &'j Json)> {
        match value {
            Json::Object(members) if members.len() == 1 => members.first().map(|(name, value)| (&**name, value)),
            _ => self.add(at, format!("expected {expected}")),
        }
    }
}

/// A name as part of a JSON pointer.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn words<T>(all: &[(&'static str, T)]) -> String {
    all.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ")
}

impl Definition {
    /// Reads a definition as `report.saved` carries it.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of its parts.
    pub fn parse(document: &Json) -> Result<Self, Vec<Problem>> {
        let mut problems = Problems::default();
        match read(&mut problems, document) {
            Some(definition) if problems.0.is_empty() => Ok(definition),
            _ => Err(problems.0),
        }
    }
}

fn read(problems: &mut Problems, document: &Json) -> Option<Definition> {
    problems.object("", document, MEMBERS)?;
    let over = over(problems, document.get("over"))?;
    let measures = measures(problems, document, over);
    let part = |name| document.get(name);
    let by = part("by").map_or(Some(Vec::new()), |by| groupings(problems, by, over));
    let conditions = part("where").map_or(Some(Vec::new()), |list| conditions(problems, list, over));
    let period = part("period").map_or(Some(None), |value| period(problems, value, over).map(Some));
    let time_zone = part("time_zone").map_or(Some(None), |value| time_zone(problems, value).map(Some));
    let limit = part("limit").map_or(Some(None), |value| problems.count("/limit", value, MOST_ROWS).map(Some));
    let mut definition = Definition {
        over,
        measures: measures?,
        by: by?,
        conditions: conditions?,
        period: period?,
        time_zone: time_zone?,
        sort: None,
        limit: limit?,
    };
    twice(problems, &definition);
    if let Some(value) = document.get("sort") {
        definition.sort = Some(sort(problems, value, &definition)?);
    }
    Some(definition)
}

fn over(problems: &mut Problems, value: Option<&Json>) -> Option<Over> {
    let word = value.and_then(Json::as_str);
    let found = Over::ALL.iter().find(|(known, _)| Some(*known) == word).map(|(_, over)| *over);
    found.or_else(|| problems.add("/over", format!("expected one of {}", words(&Over::ALL))))
}

fn measures(problems: &mut Problems, document: &Json, over: Over) -> Option<Vec<Measure>> {
    match (document.get("measure"), document.get("measures")) {
        (Some(one), None) => measure(problems, "/measure", one, over).map(|measure| vec![measure]),
        (None, Some(many)) => {
            let items = problems.list("/measures", many, MOST_MEASURES)?;
            if items.is_empty() {
                return problems.add("/measures", "expected at least one measure");
            }
            each(items, "/measures", |at, item| measure(problems, at, item, over))
        }
        (Some(_), Some(_)) => problems.add("/measures", "measure and measures cannot stand together"),
        (None, None) => problems.add("", "expected measure or measures"),
    }
}

/// Reads every item, also behind one that cannot be read.
fn each<T>(items: &[Json], at: &str, mut read: impl FnMut(&str, &Json) -> Option<T>) -> Option<Vec<T>> {
    let all: Vec<_> = (0..).zip(items).map(|(index, item): (usize, _)| read(&format!("{at}/{index}"), item)).collect();
    all.into_iter().collect()
}

fn measure(problems: &mut Problems, at: &str, value: &Json, over: Over) -> Option<Measure> {
    if value.as_str() == Some("count") {
        return Some(Measure::Count);
    }
    let expected = format!("\"count\", or an object of one of {} and a field", words(&How::ALL));
    let (word, field) = problems.one(at, value, &expected)?;
    let at = format!("{at}/{}", escaped(word));
    let Some((_, how)) = How::ALL.iter().find(|(known, _)| *known == word) else {
        return problems.add(&at, format!("unknown measure; there are count, {}", words(&How::ALL)));
    };
    if *how != How::Weighted {
        return Some(Measure::Of(*how, problems.field(&at, field, over, "number", Kind::is_number)?));
    }
    if !over.is_probable() {
        return problems.add(&at, format!("{} have no probability", over.word()));
    }
    let money = problems.field(&at, field, over, "money", |kind| kind == Kind::Money)?;
    Some(Measure::Of(How::Weighted, money))
}

fn groupings(problems: &mut Problems, value: &Json, over: Over) -> Option<Vec<Grouping>> {
    let items = problems.list("/by", value, MOST_GROUPINGS)?;
    each(items, "/by", |at, item| grouping(problems, at, item, over))
}

fn grouping(problems: &mut Problems, at: &str, value: &Json, over: Over) -> Option<Grouping> {
    if value.as_str().is_some() {
        return problems.field(at, value, over, "grouping as it is", Kind::is_grouping).map(Grouping::Of);
    }
    let (word, field) = problems.one(at, value, "a field, or an object of day, week, month, quarter or year")?;
    let at = format!("{at}/{}", escaped(word));
    let Some(unit) = unit(word, Unit::word) else {
        return problems.add(&at, "expected day, week, month, quarter or year");
    };
    problems.field(&at, field, over, "time", Kind::is_day).map(|field| Grouping::Days(unit, field))
}

fn unit(word: &str, of: fn(Unit) -> &'static str) -> Option<Unit> {
    Unit::ALL.into_iter().find(|unit| of(*unit) == word)
}

fn conditions(problems: &mut Problems, value: &Json, over: Over) -> Option<Vec<Condition>> {
    let items = problems.list("/where", value, MOST_CONDITIONS)?;
    each(items, "/where", |at, item| condition(problems, at, item, over))
}

fn condition(problems: &mut Problems, at: &str, value: &Json, over: Over) -> Option<Condition> {
    let members = problems.object(at, value, OF_CONDITIONS)?;
    let Some(name) = value.get("field") else { return problems.add(at, "expected field") };
    let field = problems.field(&format!("{at}/field"), name, over, "field", |_| true)?;
    let (mut tests, mut whole) = (Vec::new(), true);
    for (name, value) in members.iter().filter(|(name, _)| name != "field" && OF_CONDITIONS.contains(&&**name)) {
        match test(problems, &format!("{at}/{name}"), (name, value), &field) {
            Some(test) => tests.push(test),
            None => whole = false,
        }
    }
    if whole && tests.is_empty() {
        return problems.add(at, format!("expected one of {}", OF_CONDITIONS[1..].join(", ")));
    }
    if is_empty(&tests) {
        return problems.add(at, "nothing passes it");
    }
    whole.then_some(Condition { field, tests })
}

/// Whether its bounds leave nothing.
fn is_empty(tests: &[Test]) -> bool {
    let pair = |one: &Test, other: &Test| match (one, other) {
        (Test::AtLeast(least), Test::Below(most)) => least >= most,
        (Test::From(from), Test::Until(until)) => from >= until,
        _ => false,
    };
    tests.iter().any(|one| tests.iter().any(|other| pair(one, other)))
}

fn test(problems: &mut Problems, at: &str, (name, value): (&str, &Json), field: &Field) -> Option<Test> {
    let number = |problems: &mut Problems| match field.kind.is_number() {
        true => problems.decimal(at, value),
        false => problems.add(at, format!("{} is no number", field.name)),
    };
    let day = |problems: &mut Problems| match field.kind.is_day() {
        true => problems.date(at, value),
        false => problems.add(at, format!("{} is no time", field.name)),
    };
    match name {
        "is" => words_of(problems, at, value, field).map(Test::Is),
        "is_not" => words_of(problems, at, value, field).map(Test::IsNot),
        "at_least" => number(problems).map(Test::AtLeast),
        "below" => number(problems).map(Test::Below),
        "from" => day(problems).map(Test::From),
        "until" => day(problems).map(Test::Until),
        _ => match value {
            Json::Bool(missing) => Some(Test::Missing(*missing)),
            _ => problems.add(at, "expected true or false"),
        },
    }
}

/// One word or several; numbers by value.
fn words_of(problems: &mut Problems, at: &str, value: &Json, field: &Field) -> Option<Vec<Box<str>>> {
    if field.kind.is_day() {
        return problems.add(at, format!("{} is a time: from and until say which days", field.name));
    }
    let Json::Array(_) = value else { return word_of(problems, at, value, field).map(|word| vec![word]) };
    let items = problems.list(at, value, MOST_WORDS)?;
    if items.is_empty() {
        return problems.add(at, "expected at least one");
    }
    let mut words = each(items, at, |at, item| word_of(problems, at, item, field))?;
    words.sort_unstable();
    words.dedup();
    Some(words)
}

fn word_of(problems: &mut Problems, at: &str, value: &Json, field: &Field) -> Option<Box<str>> {
    let decimal = |number: Decimal| number.normalize().to_string().into();
    match (field.kind, value) {
        (Kind::Number | Kind::Money, _) => problems.decimal(at, value).map(decimal),
        (Kind::Any, Json::Number(_)) => problems.decimal(at, value).map(decimal),
        (Kind::Any, Json::Bool(value)) => Some(value.to_string().into()),
        _ => problems.text(at, value).map(Into::into),
    }
}

fn period(problems: &mut Problems, value: &Json, over: Over) -> Option<Period> {
    let at = "/period";
    problems.object(at, value, OF_PERIODS)?;
    let Some(of) = value.get("of") else { return problems.add(at, "expected of") };
    let of = problems.field("/period/of", of, over, "time", Kind::is_day);
    let counted = ["last", "whole", "this"].map(|name| value.get(name));
    let between = [value.get("from"), value.get("until")];
    let ways = counted.iter().flatten().count() + usize::from(between.iter().any(Option::is_some));
    if ways != 1 {
        return problems.add(at, "expected from and until, or one of last, whole and this");
    }
    let days = match counted {
        [Some(last), ..] => units(problems, "/period/last", last).map(|(count, unit)| Days::Last(count, unit)),
        [_, Some(whole), _] => units(problems, "/period/whole", whole).map(|(count, unit)| Days::Whole(count, unit)),
        [.., Some(this)] => {
            let found = this.as_str().and_then(|word| unit(word, Unit::word)).map(Days::This);
            found.or_else(|| problems.add("/period/this", "expected day, week, month, quarter or year"))
        }
        _ => days(problems, between),
    };
    Some(Period { of: of?, days: days? })
}

fn days(problems: &mut Problems, [from, until]: [Option<&Json>; 2]) -> Option<Days> {
    let from = from.map_or(Some(None), |value| problems.date("/period/from", value).map(Some));
    let until = until.map_or(Some(None), |value| problems.date("/period/until", value).map(Some));
    match (from?, until?) {
        (Some(from), Some(until)) if from >= until => problems.add("/period", "an empty period: it ends as it begins"),
        (from, until) => Some(Days::Between(from, until)),
    }
}

fn units(problems: &mut Problems, at: &str, value: &Json) -> Option<(u32, Unit)> {
    let expected = "an object of days, weeks, months, quarters or years and a number";
    let (word, count) = problems.one(at, value, expected)?;
    let at = format!("{at}/{}", escaped(word));
    match unit(word, Unit::plural) {
        Some(unit) => problems.count(&at, count, MOST_UNITS).map(|count| (count, unit)),
        None => problems.add(&at, "expected days, weeks, months, quarters or years"),
    }
}

fn time_zone(problems: &mut Problems, value: &Json) -> Option<TimeZone> {
    let name = problems.text("/time_zone", value)?;
    let expected = "unknown time zone; expected a name such as Europe/Helsinki";
    TimeZone::get(name).ok().or_else(|| problems.add("/time_zone", expected))
}

/// Of two columns with one name nobody could tell which is meant.
fn twice(problems: &mut Problems, definition: &Definition) {
    let columns = definition.columns();
    for (index, column) in columns.iter().enumerate() {
        if columns[..index].iter().any(|known| known.name == column.name) {
            problems.add::<()>("", format!("{} stands there twice", column.name));
        }
    }
}

fn sort(problems: &mut Problems, value: &Json, definition: &Definition) -> Option<Sort> {
    problems.object("/sort", value, &["by", "order"])?;
    let Some(by) = value.get("by") else { return problems.add("/sort", "expected by") };
    let name = problems.text("/sort/by", by)?;
    let columns = definition.columns();
    let Some(column) = columns.iter().position(|column| column.name == name) else {
        let names: Vec<_> = columns.iter().map(|column| &*column.name).collect();
        return problems.add("/sort/by", format!("unknown column; there are {}", names.join(", ")));
    };
    match value.get("order").map(Json::as_str) {
        None | Some(Some("ascending")) => Some(Sort { column, descending: false }),
        Some(Some("descending")) => Some(Sort { column, descending: true }),
        Some(_) => problems.add("/sort/order", "expected ascending or descending"),
    }
}
