//! Columns of which the rows come and go, while facets and texts stay: some customers' rows at a time.

use std::ops::Range;

use super::Facts;
use super::column::Codes;

impl Facts {
    /// Takes all rows out, and keeps what they stood for: facets, and the texts of types, sources, units and dictionaries.
    pub fn clear_rows(&mut self) {
        self.records.clear();
        self.starts.clear();
        self.times.clear();
        self.positions.clear();
        self.ranks.clear();
        for codes in [&mut self.types, &mut self.sources, &mut self.units] {
            codes.codes.clear();
        }
        for (_, facet) in &mut self.facets {
            if let Some(numbers) = &mut facet.numbers {
                numbers.values.clear();
                numbers.wide.clear();
            }
            if let Some(texts) = &mut facet.texts {
                texts.codes.clear();
            }
            if let Some(bools) = &mut facet.bools {
                bools.values.clear();
            }
        }
    }

    /// Appends rows of other facts, which have the same facets in the same order, of the same scales, and number texts
    /// alike. Positions are left out.
    pub fn append(&mut self, other: &Facts, rows: Range<usize>) {
        let first = self.len();
        self.times.extend_from_slice(&other.times[rows.clone()]);
        self.ranks.extend_from_slice(&other.ranks[rows.clone()]);
        let codes = |own: &mut Codes, codes: &Codes| own.codes.extend_from_slice(&codes.codes[rows.clone()]);
        codes(&mut self.types, &other.types);
        codes(&mut self.sources, &other.sources);
        codes(&mut self.units, &other.units);
        for ((_, facet), (_, others)) in self.facets.iter_mut().zip(&other.facets) {
            if let (Some(own), Some(numbers)) = (&mut facet.numbers, &others.numbers) {
                own.values.extend_from_slice(&numbers.values[rows.clone()]);
                let wide = numbers.wide.range(rows.start as u32..rows.end as u32);
                own.wide.extend(wide.map(|(row, number)| (row - rows.start as u32 + first as u32, *number)));
            }
            if let (Some(own), Some(texts)) = (&mut facet.texts, &others.texts) {
                own.codes.extend_from_slice(&texts.codes[rows.clone()]);
            }
            if let (Some(own), Some(bools)) = (&mut facet.bools, &others.bools) {
                own.values.extend_from_slice(&bools.values[rows.clone()]);
            }
        }
    }
}
