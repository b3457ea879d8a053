//! Who is one customer: questions for stewards, decisions, reasons, search.

pub mod candidates;
pub mod decide;
pub mod decision;
pub mod reviews;
pub mod search;
pub mod why;

use kulta_projections::crosswalk::Decision;
use kulta_projections::golden::Golden;
use kulta_projections::identity::explain::{Explanation, Line};
use kulta_projections::rows::RecordRow;
use serde_json::{Value, json};

use crate::reads::search::Brief;

/// Reads the sides of a question from its id.
pub(super) fn sides(id: &str) -> Option<[kulta_events::RecordId; 2]> {
    let (one, other) = id.split_once('~')?;
    Some([kulta_events::RecordId(one.parse().ok()?), kulta_events::RecordId(other.parse().ok()?)])
}

/// A customer as lists show it: who it is, not all that is known.
pub(super) fn brief(customer: &Brief) -> Value {
    let golden: &Golden = &customer.golden;
    let field = |name: &str| golden.fields.get(name).map(|field| &field.value);
    let records: Vec<Value> =
        golden.records.iter().map(|record| json!({"source": record.source, "subject": record.subject})).collect();
    json!({
        "customer_id": customer.customer,
        "kind": golden.kind,
        "name": golden.name,
        "email": field("email"),
        "phone": field("phone"),
        "address": field("address"),
        "birth_date": field("birth_date"),
        "business_id": field("business_id"),
        "records": records,
        "position": customer.position,
    })
}

/// A record by its names.
pub(super) fn record(row: &RecordRow) -> Value {
    json!({"source": row.source, "subject": row.subject, "record_id": row.record})
}

/// Why two are, or are not, one customer: each comparison with its bits, which add up to the total.
pub(super) fn explanation(why: &Explanation) -> Value {
    let lines: Vec<Value> = why.lines.iter().map(line).collect();
    json!({
        "bits": bits(why.total),
        "probability": probability(why.total),
        "link_from": bits(why.link),
        "ask_from": bits(why.ask),
        "prior": bits(why.prior),
        "comparisons": lines,
        "frequency": bits(why.frequency),
        "household": bits(why.household),
        "vetoes": why.vetoes,
        "compared": why.compared,
        "shared_keys": why.shared_keys,
        "crowded_keys": why.crowded_keys,
    })
}

/// One comparison.
pub(super) fn line(line: &Line) -> Value {
    json!({"comparison": line.comparison, "level": line.level, "bits": bits(line.bits)})
}

/// A decision with the records that it names.
pub(super) fn decision(decision: &Decision) -> Value {
    let made = decision.made.as_ref();
    json!({
        "decision_id": decision.id,
        "verdict": made.map(|made| made.verdict),
        "records": made.map(|made| &made.records),
        "from": made.map(|made| &made.from),
        "decided_at": made.map(|made| made.order.time),
        "position": made.map(|made| made.position),
        "withdrawn_at": decision.withdrawn.as_ref().map(|withdrawn| withdrawn.order.time),
        "stands": decision.stands(),
    })
}

/// Bits to two decimals: enough to see what counts, and the same text on every machine.
pub(super) fn bits(bits: f32) -> f64 {
    (f64::from(bits) * 100.0).round() / 100.0
}

/// The probability that odds of so many bits stand for, to four decimals.
pub(super) fn probability(bits: f32) -> f64 {
    let odds = f64::from(bits).exp2();
    (odds / (1.0 + odds) * 10_000.0).round() / 10_000.0
}
