//! A report as CSV (RFC 4180, lines that end with LF as all CSV of kulta), safe to open in a spreadsheet.

use std::borrow::Cow;

use super::{Cell, Report};

/// A report: a line of names, a line per row, and no totals.
pub fn csv(report: &Report) -> String {
    let mut out = String::new();
    line(&mut out, report.columns.iter().map(|column| defused(&column.name)));
    for row in &report.rows {
        line(&mut out, row.iter().map(cell));
    }
    out
}

/// Numbers are ours and stay as they are, also negative ones.
fn cell(cell: &Cell) -> Cow<'_, str> {
    match cell {
        Cell::Count(count) => count.to_string().into(),
        Cell::Number(number) => number.to_string().into(),
        Cell::Text(text) => defused(text),
        Cell::Empty => "".into(),
    }
}

/// Text that a spreadsheet takes for no formula: an apostrophe goes before `=`, `+`, `-` and `@`, also where they stand
/// behind white space or are written wide, and before tabulators and returns.
pub fn defused(text: &str) -> Cow<'_, str> {
    let starts = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
    // What cannot be seen does not keep a spreadsheet from reading on.
    let is_passed_over = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '\u{200b}' | '\u{feff}');
    if text.starts_with(['\t', '\r', '\n']) || text.trim_start_matches(is_passed_over).starts_with(starts) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

fn line<'c>(out: &mut String, cells: impl Iterator<Item = Cow<'c, str>>) {
    let from = out.len();
    for (index, cell) in cells.enumerate() {
        if index > 0 {
            out.push(',');
        }
        quote(out, &cell);
    }
    // A line of one empty cell would be read as no line.
    if out.len() == from {
        out.push_str("\"\"");
    }
    out.push('\n');
}

fn quote(out: &mut String, cell: &str) {
    if cell.contains([',', '"', '\n', '\r']) {
        out.push('"');
        out.push_str(&cell.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(cell);
    }
}
