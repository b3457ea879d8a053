//! A new base from the one that there is and what came since, without the log.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use kulta_events::{Json, RecordId};
use kulta_projections::expr::Value;
use kulta_projections::scores::facts::{
    Assembly, Builder, Codes, Facts, Filled, Names, NewRow, Shape, Slot, Wanted, Wide,
};

use super::columns::shapes;
use super::manifest::{Manifest, Role};
use super::ordered::Order;
use super::plan::{Plan, Shared};
use super::read::{Bases, decode, in_order, rows_at, rows_of, whole};
use super::segments::{Effort, Made, Segments};
use super::ties::Ranks;
use super::{Error, manifest};

/// What a new base is made of.
pub(super) struct Merge<'a> {
    pub dir: &'a Path,
    /// The archive that there is.
    pub old: &'a Manifest,
    /// The new one, so far without files. Its columns are those of the old one, and perhaps more.
    pub new: &'a Manifest,
    /// Ranks that are not what they were.
    pub ranks: &'a Ranks,
    /// The order of customers.
    pub order: &'a Order,
}

impl Merge<'_> {
    /// Writes the new base files: what the archive holds, and new facts.
    pub fn write(&self, new: Vec<Facts>, effort: &Effort<'_>) -> Result<Made, Error> {
        let bases = Bases::of(self.old)?;
        let deltas: Vec<&manifest::File> = self.old.files(Role::Delta).collect();
        let wanted = Wanted::default();
        let shapes = shapes(&self.new.columns, &wanted);
        let mut later = in_order(deltas.len(), effort.threads, |delta| {
            let shared = Shared::new(shapes.len());
            let facts = whole(self.dir, deltas[delta], &self.plan(&shapes, &wanted, &shared), Names::default())?;
            Ok(self.corrected(facts.named(shared.into_names())))
        })?;
        later.extend(new);
        let make = |base| self.base(&bases, base, &later, &shapes, &wanted);
        let segments = Segments::base(self.dir, self.new, self.order);
        segments.write(bases.files.len(), make, effort)
    }

    fn plan<'b>(&'b self, shapes: &'b [Shape], wanted: &'b Wanted, shared: &'b Shared) -> Plan<'b> {
        Plan { manifest: self.new, shapes, positions: true, wanted, shared }
    }

    fn corrected(&self, mut facts: Facts) -> Facts {
        self.ranks.correct(&facts.positions, &mut facts.ranks);
        facts
    }

    /// The facts of a new base file.
    fn base(
        &self,
        bases: &Bases<'_>,
        base: usize,
        later: &[Facts],
        shapes: &[Shape],
        wanted: &Wanted,
    ) -> Result<Facts, Error> {
        let shared = Shared::new(shapes.len());
        let plan = self.plan(shapes, wanted, &shared);
        let place = |facts: &Facts| recoded(facts, bases.places(base, facts), shapes, &shared);
        let later = later.iter().map(place).collect::<Result<Vec<_>, _>>()?;
        let rows = rows_of(bases.files[base]) + later.iter().map(Facts::len).sum::<usize>();
        let mut assembly = Assembly::new(rows, shapes, true)?;
        let mut filled = Vec::new();
        for mut slot in assembly.slots(&[rows]) {
            let mut all = decode(self.dir, bases.files[base], &plan, &mut slot)?;
            let Slot { positions, ranks, .. } = &mut slot;
            self.ranks.correct(positions, ranks);
            for facts in &later {
                let places = 0..facts.records.len() as u32;
                all = slot.merge(all, facts, places, |one, other| shared.compare_sources(one, other));
            }
            filled.push(all);
        }
        sorted(assembly.finish(filled, shared.into_names()))
    }
}

/// Facts of some records with the shapes and texts of a plan.
pub(super) fn recoded(facts: &Facts, places: Range<u32>, shapes: &[Shape], shared: &Shared) -> Result<Facts, Error> {
    let rows = rows_at(facts, &places);
    let from = facts.starts[places.start as usize] as usize;
    let range = from..from + rows;
    let mut assembly = Assembly::new(rows, shapes, true)?;
    let mut filled = Filled::default();
    for mut slot in assembly.slots(&[rows]) {
        slot.times.copy_from_slice(&facts.times[range.clone()]);
        slot.positions.copy_from_slice(&facts.positions[range.clone()]);
        slot.ranks.copy_from_slice(&facts.ranks[range.clone()]);
        for (out, codes, kind) in [
            (&mut *slot.types, &facts.types, 0),
            (&mut *slot.sources, &facts.sources, 1),
            (&mut *slot.units, &facts.units, 2),
        ] {
            let table = shared.codes(kind, codes)?;
            out.iter_mut().zip(&codes.codes[range.clone()]).for_each(|(out, code)| *out = table[usize::from(*code)]);
        }
        for (place, shape) in shapes.iter().enumerate() {
            values(facts, facts.facet(&shape.name), from, place, &mut slot, shared, &mut filled.wide);
        }
    }
    filled.wide.sort_by_key(|wide| wide.row);
    for place in places {
        filled.records.push(facts.records[place as usize]);
        filled.lengths.push(facts.rows_at(place).len() as u32);
    }
    Ok(assembly.finish(vec![filled], Names::default()))
}

fn values(
    facts: &Facts,
    facet: Option<usize>,
    from: usize,
    place: usize,
    slot: &mut Slot<'_>,
    shared: &Shared,
    wide: &mut Vec<Wide>,
) {
    let own = facet.and_then(|facet| facts.facets.get(facet)).map(|(_, facet)| facet);
    let mut known: HashMap<u32, u32> = HashMap::new();
    let rows = slot.len();
    let values = &mut slot.facets[place];
    for row in 0..rows {
        let number = own.and_then(|facet| facet.numbers.as_ref()?.get(from + row));
        if values.set_number(row, number)
            && let Some(number) = number
        {
            wide.push(Wide { row: row as u32, facet: place, number });
        }
        if let (Some(out), Some(texts)) = (&mut values.texts, own.and_then(|facet| facet.texts.as_ref())) {
            let code = texts.codes[from + row];
            let intern = || texts.get(from + row).map_or(0, |text| shared.text(place, text));
            out[row] = *known.entry(code).or_insert_with(intern);
        }
        if let (Some(out), Some(bools)) = (&mut values.bools, own.and_then(|facet| facet.bools.as_ref())) {
            out[row] = bools.values[from + row];
        }
    }
}

/// Ranks may have come to tell another order of events that were archived before: that of an erased id.
fn sorted(facts: Facts) -> Result<Facts, Error> {
    if facts.is_sorted() {
        return Ok(facts);
    }
    let mut builder = Builder::new(Wanted::default());
    let none = Json::Object(Vec::new());
    for (place, record) in (0_u32..).zip(&facts.records) {
        for row in facts.rows_at(place) {
            builder.push_values(&head(&facts, *record, row as usize, &none), row_values(&facts, row))?;
        }
    }
    let ranks: HashMap<u64, u32> = facts.positions.iter().copied().zip(facts.ranks.iter().copied()).collect();
    Ok(builder.finish_ranked(|position| ranks.get(&position).copied().unwrap_or(0)))
}

fn head<'a>(facts: &'a Facts, record: RecordId, row: usize, none: &'a Json) -> NewRow<'a> {
    let named = |codes: &'a Codes| codes.get(row);
    NewRow {
        record,
        time: facts.times[row],
        position: facts.positions[row],
        type_name: named(&facts.types),
        source: named(&facts.sources),
        unit: Some(named(&facts.units)),
        facts: none,
    }
}

fn row_values(facts: &Facts, row: u32) -> impl Iterator<Item = (&str, Value<'_>)> {
    let facets = facts.facets.iter().enumerate();
    facets.filter_map(move |(facet, (name, _))| Some((&**name, facts.value(facet, row)?)))
}
