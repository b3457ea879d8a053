//! The currency of a rule set, and the rates of others.

use jiff::tz::TimeZone;
use kulta_events::vocabulary::currency::is_currency;

use super::document::{Item, Problems, Table, shown};
use crate::scores::rules::{Money, Rate};

const A_CURRENCY: &str = "an ISO 4217 code such as EUR";
const RATES: &str = "a list of rates, the earliest first, such as [ { from = \"2026-01-01\", rate = 0.087 } ]";

/// What the file says of money; `Some(None)` when it says nothing.
pub(super) fn money(file: &Table<'_>, zone: &TimeZone, problems: &mut Problems<'_>) -> Option<Option<Money>> {
    let rates = file.get("rates");
    let Some(item) = file.get("currency") else {
        return match rates {
            Some(rates) => {
                problems.add(rates.at_key, &rates.path, "`currency` beside `rates`", "no `currency`");
                None
            }
            None => Some(None),
        };
    };
    let currency = item.text(A_CURRENCY, problems).and_then(|code| known(&item, code, problems));
    let rates = match rates {
        Some(rates) => all_rates(&rates, currency, zone, problems),
        None => Some(Vec::new()),
    };
    Some(Some(Money { currency: currency?.into(), rates: rates? }))
}

fn known<'d>(item: &Item<'_>, code: &'d str, problems: &mut Problems<'_>) -> Option<&'d str> {
    if is_currency(code) { Some(code) } else { item.refuse(A_CURRENCY, problems) }
}

fn all_rates(
    item: &Item<'_>,
    own: Option<&str>,
    zone: &TimeZone,
    problems: &mut Problems<'_>,
) -> Option<Vec<(Box<str>, Vec<Rate>)>> {
    let table = item.table("a table of rates by currency", problems)?;
    let mut all = Vec::new();
    let mut all_are_well = true;
    for (code, item) in table.entries() {
        let expected = match own {
            Some(own) if own == code => Some(format!("a currency other than {own}, which needs no rate")),
            _ if !is_currency(code) => Some(A_CURRENCY.to_owned()),
            _ => None,
        };
        if let Some(expected) = &expected {
            problems.add(item.at_key, &item.path, expected, format!("`{}`", shown(code)));
        }
        let rates = rates(&item, zone, problems);
        all_are_well &= rates.is_some() && expected.is_none();
        all.extend(rates.map(|rates| (code.into(), rates)));
    }
    all.sort_by(|one: &(Box<str>, _), other| one.0.cmp(&other.0));
    all_are_well.then_some(all)
}

fn rates(item: &Item<'_>, zone: &TimeZone, problems: &mut Problems<'_>) -> Option<Vec<Rate>> {
    let mut rates: Vec<Rate> = Vec::new();
    let mut all_are_well = true;
    for part in item.list(RATES, problems)? {
        let Some(rate) = rate(&part, rates.last(), zone, problems) else {
            all_are_well = false;
            continue;
        };
        rates.push(rate);
    }
    all_are_well.then_some(rates)
}

fn rate(item: &Item<'_>, before: Option<&Rate>, zone: &TimeZone, problems: &mut Problems<'_>) -> Option<Rate> {
    let table = item.table("a table such as { from = \"2026-01-01\", rate = 0.087 }", problems)?;
    table.only(&["from", "rate"], problems);
    let at_from = table.need("from", "the date from which on the rate holds", problems);
    let from = at_from.as_ref().and_then(|item| item.moment(zone, problems));
    let rate = table.need("rate", "a number above zero", problems);
    let rate = rate.and_then(|item| item.number("a number above zero", |rate| rate > 0.into(), problems));
    if let (Some(item), Some(from), Some(before)) = (&at_from, from, before)
        && from <= before.from
    {
        return item.refuse("a later date than that of the rate before", problems);
    }
    Some(Rate { from: from?, rate: rate? })
}
