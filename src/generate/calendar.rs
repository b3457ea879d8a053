//! Days and times as text, fast: the generator writes millions of them.

/// Microseconds in a second.
pub const SECOND: i64 = 1_000_000;
/// Microseconds in an hour.
pub const HOUR: i64 = 3_600 * SECOND;
/// Microseconds in a day.
pub const DAY: i64 = 24 * HOUR;

/// A day of the proleptic Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    /// The year.
    pub year: i32,
    /// 1 to 12.
    pub month: u32,
    /// 1 to 31.
    pub day: u32,
}

impl Date {
    /// The day that lies `days` after 1970-01-01.
    pub fn from_days(days: i64) -> Self {
        // Years are counted from the first of March, so that the leap day is the last of its year.
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * march_month + 2) / 5 + 1;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self { year: year as i32, month: month as u32, day: day as u32 }
    }

    /// The UTC day of a point in time in microseconds since 1970.
    pub fn of_micros(micros: i64) -> Self {
        Self::from_days(micros.div_euclid(DAY))
    }

    /// Writes `YYYY-MM-DD`.
    pub fn write_iso(self, out: &mut String) {
        digits(self.year as u32, 4, out);
        out.push('-');
        digits(self.month, 2, out);
        out.push('-');
        digits(self.day, 2, out);
    }
}

/// Writes `number` in decimal with at least `width` digits.
pub fn digits(number: u32, width: usize, out: &mut String) {
    let mut buffer = [b'0'; 10];
    let mut left = number;
    let mut start = buffer.len();
    while left > 0 || buffer.len() - start < width.min(10) {
        start -= 1;
        buffer[start] = b'0' + (left % 10) as u8;
        left /= 10;
    }
    out.extend(buffer[start..].iter().map(|byte| char::from(*byte)));
}

/// Writes RFC 3339: in UTC (`Z`) when `offset_hours` is 0, else with that offset; microseconds only where there are any.
pub fn write_time(micros: i64, offset_hours: u32, out: &mut String) {
    let local = micros + i64::from(offset_hours) * HOUR;
    let (day, rest) = (local.div_euclid(DAY), local.rem_euclid(DAY));
    Date::from_days(day).write_iso(out);
    let seconds = (rest / SECOND) as u32;
    for (mark, part) in [('T', seconds / 3_600), (':', seconds / 60 % 60), (':', seconds % 60)] {
        out.push(mark);
        digits(part, 2, out);
    }
    let fraction = (rest % SECOND) as u32;
    if fraction > 0 {
        out.push('.');
        if fraction.is_multiple_of(1_000) { digits(fraction / 1_000, 3, out) } else { digits(fraction, 6, out) }
    }
    if offset_hours == 0 {
        out.push('Z');
    } else {
        out.push('+');
        digits(offset_hours, 2, out);
        out.push_str(":00");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kulta_events::Instant;

    #[test]
    fn agrees_with_the_calendar_library() {
        for micros in (-90_000..90_000).step_by(37).map(|days| days * DAY + 86_399_123_456) {
            let (mut utc, mut local) = (String::new(), String::new());
            write_time(micros, 0, &mut utc);
            write_time(micros, 3, &mut local);
            assert_eq!(utc, Instant::from_micros(micros).to_string());
            assert_eq!(Instant::parse(&local), Ok(Instant::from_micros(micros)), "{local}");
        }
    }

    #[test]
    fn writes_no_more_digits_than_needed() {
        let text = |micros, offset| {
            let mut out = String::new();
            write_time(micros, offset, &mut out);
            out
        };
        assert_eq!(text(0, 0), "1970-01-01T00:00:00Z");
        assert_eq!(text(1_500_000, 2), "1970-01-01T02:00:01.500+02:00");
        assert_eq!(text(1, 0), "1970-01-01T00:00:00.000001Z");
    }
}
