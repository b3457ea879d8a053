//! Packed rows of the records of a customer as one block, in the order of facts.
//!
//! Each part of a base numbers its types, sources, units and texts by itself; blocks number them alike in all files.

use std::collections::HashMap;
use std::hash::Hash;

use super::blocks::{Header, Stored};
use super::pack::Piece;
use super::packed::{Packed, pack};

/// Columns in front of those of facets: times, types, sources, units and ranks.
const FIXED: usize = 5;
const TIMES: usize = 0;
const SOURCES: usize = 2;
const RANKS: usize = 4;

/// How pieces of every part become blocks.
#[derive(Debug)]
pub struct Together {
    /// What the columns of blocks are.
    header: Header,
    /// By part and packed column.
    parts: Vec<Vec<Goes>>,
    /// By the number of a source its place among all of them.
    sources: Vec<i64>,
}

/// Where a packed column goes.
#[derive(Debug)]
enum Goes {
    /// Not every part has it.
    Nowhere,
    /// Its values are the same everywhere.
    Same(usize),
    /// By a number the one that stands for the same.
    Renamed(usize, Vec<i64>),
}

/// Room to work in.
#[derive(Debug, Default)]
pub struct Room {
    columns: Vec<Vec<i64>>,
    /// Which of the records each row is of.
    of: Vec<i64>,
    order: Vec<u32>,
    scratch: Vec<i64>,
}

/// Numbers that are given away one by one.
#[derive(Debug)]
struct Names<'a, T> {
    known: HashMap<&'a T, i64>,
    names: Vec<T>,
}

impl<'a, T: Hash + Eq + Clone> Names<'a, T> {
    fn new() -> Self {
        Self { known: HashMap::new(), names: Vec::new() }
    }

    /// The numbers of names, of which the first has the number `first`.
    fn numbers(&mut self, names: &'a [T], first: i64) -> Vec<i64> {
        let number = |name: &'a T| {
            *self.known.entry(name).or_insert_with(|| {
                self.names.push(name.clone());
                self.names.len() as i64 - 1 + first
            })
        };
        names.iter().map(number).collect()
    }
}

impl Together {
    /// For parts with such columns.
    pub fn of(parts: &[Header]) -> Self {
        let mut goes: Vec<Vec<Goes>> = parts.iter().map(|_| vec![Goes::Same(TIMES)]).collect();
        let mut renamed = |column: usize, names: fn(&Header) -> &[String]| {
            let mut all = Names::new();
            for (part, goes) in parts.iter().zip(&mut goes) {
                goes.push(Goes::Renamed(column, all.numbers(names(part), 0)));
            }
            all.names
        };
        let types = renamed(1, |part| &part.types);
        let sources = renamed(SOURCES, |part| &part.sources);
        let units = renamed(3, |part| &part.units);
        goes.iter_mut().for_each(|goes| goes.push(Goes::Same(RANKS)));
        let has = |part: &Header, name: &str| part.columns.iter().any(|column| column.name == name);
        let mut columns: Vec<Stored> = Vec::new();
        for Stored { name, .. } in parts.first().map_or(&[][..], |part| &part.columns) {
            if parts.iter().all(|part| has(part, name)) {
                columns.push(Stored { name: name.clone(), texts: Vec::new() });
            }
        }
        let mut texts: Vec<Names<'_, String>> = columns.iter().map(|_| Names::new()).collect();
        let is_text = |name: &str| {
            let own = |part: &Header| part.columns.iter().any(|column| column.name == name && !column.texts.is_empty());
            parts.iter().any(own)
        };
        for (part, goes) in parts.iter().zip(&mut goes) {
            goes.extend(part.columns.iter().map(|stored| {
                let Some(column) = columns.iter().position(|column| column.name == stored.name) else {
                    return Goes::Nowhere;
                };
                if !is_text(&stored.name) {
                    return Goes::Same(FIXED + column);
                }
                let numbers = texts[column].numbers(&stored.texts, 1);
                Goes::Renamed(FIXED + column, std::iter::once(0).chain(numbers).collect())
            }));
        }
        for (column, texts) in columns.iter_mut().zip(texts) {
            column.texts = texts.names;
        }
        let mut by_name: Vec<usize> = (0..sources.len()).collect();
        by_name.sort_by_key(|number| &sources[*number]);
        let mut places = vec![0; sources.len()];
        by_name.iter().zip(0..).for_each(|(number, place)| places[*number] = place);
        Self { header: Header { part: 0, types, sources, units, columns }, parts: goes, sources: places }
    }

    /// What the columns of a file are.
    pub fn header(&self, file: u32) -> Header {
        let Header { types, sources, units, columns, .. } = &self.header;
        let (types, sources, units) = (types.clone(), sources.clone(), units.clone());
        Header { part: file, types, sources, units, columns: columns.clone() }
    }

    /// Puts down the rows of these pieces, each of a part. `None`: they are not what was packed.
    pub fn put(&self, pieces: &[(u32, Piece, &[u8])], room: &mut Room, out: &mut Vec<u8>) -> Option<()> {
        room.columns.resize(FIXED + self.header.columns.len(), Vec::new());
        room.columns.iter_mut().for_each(Vec::clear);
        room.of.clear();
        for (number, (part, piece, bytes)) in (0..).zip(pieces) {
            self.unpack(*part, piece.rows as usize, bytes, &mut room.columns)?;
            room.of.resize(room.columns[TIMES].len(), number);
        }
        let several = pieces.len() > 1;
        let Room { columns, of, order, scratch } = room;
        order.clear();
        order.extend(0..of.len() as u32);
        if several {
            let place = |row: usize| columns[SOURCES].get(row).and_then(|source| self.sources.get(*source as usize));
            let key = |row: u32| (columns[TIMES][row as usize], place(row as usize), columns[RANKS][row as usize]);
            order.sort_by(|one, other| key(*one).cmp(&key(*other)));
        }
        for column in columns.iter().chain(several.then_some(&*of)) {
            scratch.clear();
            scratch.extend(order.iter().map(|row| column[*row as usize]));
            pack(scratch, out);
        }
        Some(())
    }

    /// Appends the rows of a piece.
    fn unpack(&self, part: u32, rows: usize, mut bytes: &[u8], columns: &mut [Vec<i64>]) -> Option<()> {
        for goes in self.parts.get(part as usize)? {
            let packed = Packed::take(&mut bytes, rows)?;
            match goes {
                Goes::Nowhere => {}
                Goes::Same(column) => packed.append_to(&mut columns[*column]),
                Goes::Renamed(column, numbers) => packed.look_up(numbers, &mut columns[*column])?,
            }
        }
        bytes.is_empty().then_some(())
    }
}
