//! The row of a plain event table, as the yardsticks write it: about 470 bytes with three unique indexes.

use uuid::Uuid;

/// A row.
#[derive(Clone, Debug)]
pub struct Row {
    /// Position, from 1.
    pub position: i64,
    /// Stream.
    pub stream: String,
    /// Place in the stream.
    pub revision: i64,
    /// Event id.
    pub event: Uuid,
    /// Type.
    pub kind: &'static str,
    /// When it happened, in microseconds.
    pub time: i64,
    /// Payload, JSON.
    pub payload: String,
}

/// Rows for so many events, 20 to a stream.
pub fn rows(number: u64) -> Vec<Row> {
    (1..=number).map(row).collect()
}

/// The row at a position.
pub fn row(position: u64) -> Row {
    let spread = u128::from(position).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    let number = i64::try_from(position).unwrap_or(i64::MAX);
    let streams = number / 20 + 1;
    let payload = format!(
        concat!(
            r#"{{"specversion":"1.0","source":"erp","id":"inv-{p}","subject":"{s:010}","unit":"helsinki","#,
            r#""amount":"{a}.90","currency":"EUR","margin":"{m}.00","order":"order-{p}","product":"pump-{q}","#,
            r#""product_group":"pumps","market":"FI","channel":"web","quantity":{n},"attributes":{{"campaign":"spring","#,
            r#""season":"2026","shop":"kamppi"}},"actor":"loader"}}"#
        ),
        p = position,
        s = streams,
        a = position % 5_000,
        m = position % 700,
        q = position % 997,
        n = position % 9 + 1
    );
    Row {
        position: number,
        stream: format!("record-{:032x}", u128::from(streams.unsigned_abs()).wrapping_mul(0x5851_f42d_4c95_7f2d)),
        revision: number % 20,
        event: Uuid::from_u128(spread),
        kind: "purchase.made",
        time: 1_735_689_600_000_000 + number * 1_000_000,
        payload,
    }
}
