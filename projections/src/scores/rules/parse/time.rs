//! The time zone, and moments in it.

use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use toml::de::DeValue;

use super::document::{Item, Problems, Table};
use crate::expr::instant;

const A_MOMENT: &str = "a date such as 2026-01-01, or an RFC 3339 time with offset such as 2026-01-01T08:00:00+02:00";

/// The time zone of the file; UTC when none is named.
pub(super) fn zone(file: &Table<'_>, problems: &mut Problems<'_>) -> Option<TimeZone> {
    const EXPECTED: &str = "the name of a time zone such as Europe/Helsinki or UTC";
    let Some(item) = file.get("time_zone") else {
        return Some(TimeZone::UTC);
    };
    let name = item.text(EXPECTED, problems)?;
    // Not the machine's own database: two machines must count the same days.
    let zone = TimeZoneDatabase::bundled().get(name).ok().filter(|zone| !zone.is_unknown());
    zone.or_else(|| item.refuse(EXPECTED, problems))
}

impl Item<'_> {
    /// Microseconds since 1970-01-01T00:00:00Z of a date (its midnight) or a time with offset, as text or as TOML has it.
    pub(super) fn moment(&self, zone: &TimeZone, problems: &mut Problems<'_>) -> Option<i64> {
        let text = match self.value {
            DeValue::String(text) => text,
            DeValue::Datetime(_) => self.written.trim(),
            _ => return self.refuse(A_MOMENT, problems),
        };
        instant(text).or_else(|| midnight(text, zone)).or_else(|| self.refuse(A_MOMENT, problems))
    }
}

/// When a day begins. Where midnight is skipped, that is the first moment of the day.
fn midnight(text: &str, zone: &TimeZone) -> Option<i64> {
    let bytes = text.as_bytes();
    let well_formed = bytes.len() == 10 && bytes[4] == b'-' && bytes[7] == b'-';
    let date: Date = well_formed.then(|| text.parse().ok())??;
    Some(date.to_zoned(zone.clone()).ok()?.timestamp().as_microsecond())
}
