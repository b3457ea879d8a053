//! What is counted of sales and daily work.

pub mod goals;
pub mod run;
pub mod saved;
pub mod wins;

use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use kulta_projections::pipeline::period::Period;

use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::services::Services;

/// Reads `time_zone`; default: that of the configuration.
pub fn zone(services: &Services, params: &mut Params) -> Result<TimeZone, Problem> {
    match params.text("time_zone")? {
        None => Ok(services.settings.business.time_zone.clone()),
        Some(name) => TimeZoneDatabase::bundled()
            .get(&name)
            .map_err(|_| Problem::parameter("time_zone", "expected a time zone such as Europe/Helsinki")),
    }
}

/// Reads `from` and `until`, days of a time zone.
pub fn period(services: &Services, params: &mut Params) -> Result<Period, Problem> {
    let zone = zone(services, params)?;
    let (from, until) = (day(params, "from")?, day(params, "until")?);
    if let (Some(from), Some(until)) = (from, until)
        && from >= until
    {
        return Err(Problem::parameter("until", "expected a later day than `from`"));
    }
    Ok(Period::new(zone, from, until))
}

fn day(params: &mut Params, name: &str) -> Result<Option<Date>, Problem> {
    let Some(text) = params.text(name)? else { return Ok(None) };
    let read = Some(&text).filter(|text| text.len() == 10).and_then(|text| text.parse().ok());
    read.map(Some).ok_or_else(|| Problem::parameter(name, "expected a day such as 2026-03-31"))
}
