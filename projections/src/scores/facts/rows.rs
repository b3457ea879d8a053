//! Columns of which the rows come and go, while facets and texts stay: some customers' rows at a time.

use std::ops::Range;

use super::column::{self, Codes, Facet, MISSING, Numbers};
use super::{Facts, Shape};

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

    /// Other rows of the same columns: these, in this order, which is taken for that of facts from now on. They are nobody's:
    /// there are no records, and no [starts](Self::starts).
    pub fn taken(&self, rows: &[u32]) -> Self {
        let positions = if self.positions.is_empty() { Vec::new() } else { column::taken(&self.positions, rows) };
        Self {
            records: Vec::new(),
            starts: Vec::new(),
            times: column::taken(&self.times, rows),
            positions,
            types: self.types.taken(rows),
            sources: self.sources.taken(rows),
            units: self.units.taken(rows),
            // Nobody asks for their order again.
            ranks: Vec::new(),
            facets: self.facets.iter().map(|(name, facet)| (name.clone(), facet.taken(rows))).collect(),
        }
    }

    /// How many bytes the columns of a row take in [other rows](Self::taken).
    pub fn bytes_of_row(&self) -> usize {
        let facet = |(_, facet): &(_, Facet)| {
            facet.numbers.as_ref().map_or(0, |_| size_of::<i64>())
                + facet.texts.as_ref().map_or(0, |_| size_of::<u32>())
                + facet.bools.as_ref().map_or(0, |_| size_of::<u8>())
        };
        let position = if self.positions.is_empty() { 0 } else { size_of::<u64>() };
        size_of::<i64>() + position + 3 * size_of::<u16>() + self.facets.iter().map(facet).sum::<usize>()
    }

    /// Makes the columns that shapes have and these facts do not: no row says anything there. The shapes begin with the
    /// facets that there are, in their order.
    pub fn widen(&mut self, shapes: &[Shape]) {
        for (place, shape) in shapes.iter().enumerate() {
            if place >= self.facets.len() {
                self.facets.push((shape.name.clone(), Facet::default()));
            }
            let facet = &mut self.facets[place].1;
            if let Some(scale) = shape.numbers {
                facet.numbers.get_or_insert_with(|| Numbers { scale, ..Numbers::default() });
            }
            if shape.texts {
                facet.texts.get_or_insert_default();
            }
            if shape.bools {
                facet.bools.get_or_insert_default();
            }
        }
        self.fill_up();
    }

    /// Makes every column as long as there are rows: the last ones say nothing in those that are shorter.
    pub fn fill_up(&mut self) {
        let rows = self.len();
        for (_, facet) in &mut self.facets {
            if let Some(numbers) = &mut facet.numbers {
                numbers.values.resize(rows, MISSING);
            }
            if let Some(texts) = &mut facet.texts {
                texts.codes.resize(rows, 0);
            }
            if let Some(bools) = &mut facet.bools {
                bools.values.resize(rows, 0);
            }
        }
    }

    /// The shapes of facets that hold these as well: what is missing is added behind what there is.
    pub fn widened(&self, shapes: &[Shape]) -> Vec<Shape> {
        let mut shapes = shapes.to_vec();
        for (name, facet) in &self.facets {
            let place = shapes.iter().position(|shape| shape.name == *name).unwrap_or(shapes.len());
            if place == shapes.len() {
                shapes.push(Shape { name: name.clone(), numbers: None, texts: false, bools: false });
            }
            let shape = &mut shapes[place];
            shape.numbers = shape.numbers.or(facet.numbers.as_ref().map(|numbers| numbers.scale));
            shape.texts |= facet.texts.is_some();
            shape.bools |= facet.bools.is_some();
        }
        shapes
    }
}
