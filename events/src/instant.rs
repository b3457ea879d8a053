//! Points in time: UTC microseconds since 1970, the resolution that both stores keep.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

/// A point in time in microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Instant(i64);

/// Why a text is no instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InstantError {
    /// Not RFC 3339 at all, or a local time without offset.
    #[error("expected an RFC 3339 time with offset, such as 2026-03-02T10:15:00+02:00")]
    NotRfc3339,
    /// Second 60: libraries disagree by a second on what it means.
    #[error("leap seconds (second 60) are not accepted")]
    LeapSecond,
    /// Outside the years that can be stored.
    #[error("time is out of range")]
    OutOfRange,
}

impl Instant {
    /// One second, in microseconds.
    pub const SECOND: i64 = 1_000_000;
    /// One day of 24 hours, in microseconds.
    pub const DAY: i64 = 86_400 * Self::SECOND;

    /// The instant `micros` microseconds after 1970-01-01T00:00:00Z.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// This instant moved by `micros` microseconds, saturating.
    #[must_use]
    pub const fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// Reads RFC 3339 with offset; digits beyond microseconds are cut off, as PostgreSQL would.
    ///
    /// # Errors
    /// When the text has no offset, names second 60, or lies outside the years 1 to 9999.
    pub fn parse(text: &str) -> Result<Self, InstantError> {
        let bytes = text.as_bytes();
        let shape_is_rfc3339 = bytes.len() >= 20
            && bytes.len() <= 40
            && matches!(bytes[10], b'T' | b't' | b' ')
            && bytes[13] == b':'
            && bytes[16] == b':'
            && bytes.is_ascii()
            && !text.contains('[');
        if !shape_is_rfc3339 {
            return Err(InstantError::NotRfc3339);
        }
        if &bytes[17..19] == b"60" {
            return Err(InstantError::LeapSecond);
        }
        let timestamp: Timestamp = text.parse().map_err(|_| InstantError::NotRfc3339)?;
        let micros = timestamp.as_nanosecond().div_euclid(1_000);
        i64::try_from(micros).map(Self).map_err(|_| InstantError::OutOfRange)
    }

    /// Adds whole days of 24 hours.
    #[must_use]
    pub const fn plus_days(self, days: i64) -> Self {
        self.plus_micros(days.saturating_mul(Self::DAY))
    }
}

impl From<Timestamp> for Instant {
    fn from(timestamp: Timestamp) -> Self {
        Self(timestamp.as_microsecond())
    }
}

impl fmt::Display for Instant {
    /// RFC 3339 in UTC, with as many digits of a second as needed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::UNIX_EPOCH.checked_add(SignedDuration::from_micros(self.0)) {
            Ok(timestamp) => write!(f, "{timestamp}"),
            Err(_) => write!(f, "{} µs", self.0),
        }
    }
}

impl serde::Serialize for Instant {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Instant {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_offsets_and_prints_utc() {
        let instant = Instant::parse("2026-03-02T10:15:00.1234567+02:00").unwrap();
        assert_eq!(instant.to_string(), "2026-03-02T08:15:00.123456Z");
        assert_eq!(Instant::parse(&instant.to_string()), Ok(instant));
    }

    #[test]
    fn cuts_downwards_before_1970_too() {
        let instant = Instant::parse("1969-12-31T23:59:59.9999999Z").unwrap();
        assert_eq!(instant.micros(), -1);
    }

    #[test]
    fn refuses_local_times_leap_seconds_and_other_notations() {
        for (text, error) in [
            ("2026-03-02T10:15:00", InstantError::NotRfc3339),
            ("2026-03-02", InstantError::NotRfc3339),
            ("2026-06-30T23:59:60Z", InstantError::LeapSecond),
            ("2026-03-02T10:15:00+02:00[Europe/Helsinki]", InstantError::NotRfc3339),
            ("2026-13-02T10:15:00Z", InstantError::NotRfc3339),
            ("+002026-03-02T10:15:00Z", InstantError::NotRfc3339),
            ("", InstantError::NotRfc3339),
        ] {
            assert_eq!(Instant::parse(text), Err(error), "{text}");
        }
    }
}
