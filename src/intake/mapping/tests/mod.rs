//! Mapping files, files and rows: what comes out, and what is said when nothing does.

mod examples;
mod mapping_file;
mod rows;

use super::{MappedEvent, MappedRow, Mapping};

/// A mapping with these lines in its only event, and these in its data.
fn with(event: &str, data: &str) -> String {
    format!(
        "source = \"shop\"\n[[event]]\ntype = \"purchase.made\"\nid = \"{{Id}}\"\nsubject = \"{{Customer}}\"\n\
         time = {{ column = \"Day\", formats = [\"%Y-%m-%d\"] }}\n{event}\n[event.data]\n{data}\n"
    )
}

/// The rows that a mapping makes of a file.
fn rows(mapping: &str, csv: impl AsRef<[u8]>) -> Vec<MappedRow> {
    let mapping = Mapping::parse(mapping).unwrap_or_else(|error| panic!("{error}\n{mapping}"));
    mapping.rows(csv.as_ref()).unwrap().collect::<Result<_, _>>().unwrap()
}

/// Events as `Ok(text of the data)`, rejects as `Err(their text)`.
fn outcomes(mapping: &str, csv: impl AsRef<[u8]>) -> Vec<Result<String, String>> {
    let outcome = |event: Result<MappedEvent, super::RowReject>| {
        event.map(|event| event.data.to_string()).map_err(|reject| reject.to_string())
    };
    rows(mapping, csv).into_iter().flat_map(|row| row.events).map(outcome).collect()
}
