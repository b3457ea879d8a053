//! Blocks back to facts.

use kulta_projections::scores::facts::Facts;

use super::packed::Packed;

/// What numbers in the blocks of a file mean.
#[derive(Debug)]
pub(super) struct Opened {
    pub types: Vec<u16>,
    pub sources: Vec<u16>,
    pub units: Vec<u16>,
    pub columns: Vec<Into>,
}

/// Where a column's values go.
#[derive(Debug)]
pub(super) enum Into {
    /// Nobody wants them.
    Nowhere,
    Numbers(usize),
    /// The facet, and the numbers there of texts.
    Texts(usize, Vec<u32>),
    Bools(usize),
}

/// No value, false, true: as they are in a column.
const BOOLS: [u8; 3] = [0, 1, 2];

impl Opened {
    /// Appends the rows of a block. `None`: it is none. What is left of it tells which record each row is of.
    pub fn append<'a>(&self, mut block: &'a [u8], rows: usize, facts: &mut Facts) -> Option<Of<'a>> {
        let mut next = || Packed::take(&mut block, rows);
        next()?.append_to(&mut facts.times);
        for (codes, table) in
            [(&mut facts.types, &self.types), (&mut facts.sources, &self.sources), (&mut facts.units, &self.units)]
        {
            next()?.look_up(table, &mut codes.codes)?;
        }
        next()?.append_small(&mut facts.ranks)?;
        for column in &self.columns {
            let packed = next()?;
            match column {
                Into::Nowhere => {}
                Into::Numbers(place) => {
                    packed.append_to(facts.facets.get_mut(*place)?.1.numbers.as_mut()?.integers_mut());
                }
                Into::Texts(place, table) => {
                    packed.look_up(table, &mut facts.facets.get_mut(*place)?.1.texts.as_mut()?.codes)?;
                }
                Into::Bools(place) => {
                    packed.look_up(&BOOLS, &mut facts.facets.get_mut(*place)?.1.bools.as_mut()?.values)?;
                }
            }
        }
        let of = if block.is_empty() { None } else { Some(Packed::take(&mut block, rows)?) };
        block.is_empty().then_some(Of { packed: of, rows })
    }
}

/// Which record each row of a block is of.
#[derive(Debug)]
pub(super) struct Of<'a> {
    packed: Option<Packed<'a>>,
    rows: usize,
}

impl Of<'_> {
    /// The numbers of the records. `None`: there is a row of none.
    pub fn numbers(&self) -> Option<Vec<u32>> {
        let Some(packed) = &self.packed else { return Some(vec![0; self.rows]) };
        let mut numbers = Vec::new();
        packed.append_small(&mut numbers)?;
        Some(numbers)
    }
}
