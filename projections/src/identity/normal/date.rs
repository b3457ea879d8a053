//! The dates that a text may mean.

/// A day, a month or a year; month and day are 0 when unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// Year of the Gregorian calendar.
    pub year: i16,
    /// 1-12; 0: unknown.
    pub month: u8,
    /// 1-31; 0: unknown.
    pub day: u8,
}

/// The dates that one text may mean, without doubles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dates {
    dates: [Date; 4],
    len: u8,
    /// Whether it only fills a field: 1900-01-01.
    pub placeholder: bool,
}

impl Dates {
    /// The candidates, the likeliest first.
    pub fn as_slice(&self) -> &[Date] {
        self.dates.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// Whether the text means no date at all.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// The dates that a text may mean.
pub fn candidates(text: &str) -> Dates {
    let mut dates = Dates::default();
    let mut parts = text.trim().splitn(3, '-');
    if let (Some(Ok(year)), Some(Ok(month)), Some(Ok(day))) =
        (parts.next().map(str::parse), parts.next().map(str::parse), parts.next().map(str::parse))
    {
        dates.dates[0] = Date { year, month, day };
        dates.len = 1;
    }
    dates
}
