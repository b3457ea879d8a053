//! The texts of single settings: sizes, times, addresses.

use std::time::Duration;

/// The units of sizes, largest first.
const SIZES: [(&str, usize); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];

/// The units of times, in milliseconds, largest first.
const TIMES: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// A number of bytes ≥ 1: `4096`, `64 KiB`, `32 MiB`, `1 GiB`.
pub(super) fn bytes(text: &str) -> Result<usize, String> {
    let wrong = || "expected a number of bytes such as 4096, 64 KiB or 32 MiB".to_owned();
    let (digits, unit) =
        SIZES.iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?.trim_end(), *unit))).unwrap_or((text, 1));
    let number: usize = digits.parse().map_err(|_| wrong())?;
    number.checked_mul(unit).filter(|bytes| *bytes > 0).ok_or_else(wrong)
}

/// A number ≥ 1.
pub(super) fn count(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| "expected a whole number from 1".to_owned())
}

/// `true` or `false`.
pub(super) fn flag(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| "expected true or false".to_owned())
}

/// A time > 0: `250ms`, `10s`, `2m`, `1h`.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    let wrong = || "expected a time such as 250ms, 10s or 2m".to_owned();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = &text[digits.len()..];
    let (_, millis) = TIMES.iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
    let number: u64 = digits.trim_end().parse().map_err(|_| wrong())?;
    let total = number.checked_mul(*millis).filter(|total| (1..=30 * 86_400_000).contains(total));
    total.map(Duration::from_millis).ok_or_else(wrong)
}

/// The text of a size, in the largest unit that fits evenly.
pub(super) fn show_bytes(bytes: usize) -> String {
    let fitting = SIZES.iter().find(|(_, unit)| bytes >= *unit && bytes.is_multiple_of(*unit));
    fitting.map_or_else(|| bytes.to_string(), |(name, unit)| format!("{} {name}", bytes / unit))
}

/// The text of a time: whole seconds, else milliseconds.
pub(super) fn show_time(time: Duration) -> String {
    if time.subsec_millis() == 0 { format!("{}s", time.as_secs()) } else { format!("{}ms", time.as_millis()) }
}

/// An address of a database without its password.
pub(super) fn show_url(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    match rest.rsplit_once('@') {
        Some((user, host)) => format!("{scheme}://{}:…@{host}", user.split(':').next().unwrap_or_default()),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_survive_their_own_text() {
        for text in ["1", "4096 KiB", "32 MiB", "2 GiB", "1000"] {
            let read = bytes(text).unwrap();
            assert_eq!(bytes(&show_bytes(read)), Ok(read), "{text}");
        }
        assert_eq!(show_bytes(32 << 20), "32 MiB");
        for text in ["250ms", "10s", "2m", "1h"] {
            let read = time(text).unwrap();
            assert_eq!(time(&show_time(read)), Ok(read), "{text}");
        }
        for text in ["", "0", "-1", "1 KB", "MiB", "99999999999 GiB"] {
            assert!(bytes(text).is_err(), "{text}");
        }
        for text in ["", "10", "0s", "1d", "s", "99999999h", "1.5s"] {
            assert!(time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn passwords_are_not_shown() {
        assert_eq!(show_url("postgres://u:p@ss@db:5432/kulta"), "postgres://u:…@db:5432/kulta");
        assert_eq!(show_url("sqlite://kulta.db"), "sqlite://kulta.db");
    }
}
