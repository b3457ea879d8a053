//! Disjoint sets, some of which must stay apart.

/// Union-find with constraints between whole sets.
///
/// Each separation marks the sets that hold records of its one or other side. Two sets are kept apart when one is
/// marked with one side and the other with the other, so a separation of m × n records costs m + n marks.
#[derive(Debug)]
pub(crate) struct Sets {
    parents: Vec<usize>,
    /// Per root: separation → sides held, by separation.
    marks: Vec<Vec<(usize, u8)>>,
    sizes: Vec<usize>,
}

const ONE: u8 = 1;
const OTHER: u8 = 2;

impl Sets {
    pub fn new(count: usize) -> Self {
        Self { parents: (0..count).collect(), marks: vec![Vec::new(); count], sizes: vec![1; count] }
    }

    pub fn find(&mut self, mut place: usize) -> usize {
        while self.parents[place] != place {
            self.parents[place] = self.parents[self.parents[place]];
            place = self.parents[place];
        }
        place
    }

    /// Joins all of one side with all of the other, pair by pair, as far as they may be joined.
    pub fn link(&mut self, one: &[usize], other: &[usize]) {
        let mut others = self.roots(other);
        for place in self.roots(one) {
            let joined_before = others.len();
            let mut joined = 0;
            for other in &others {
                let (a, b) = (self.find(place), self.find(*other));
                if a != b && !self.apart(a, b) {
                    self.join(a, b);
                    joined += 1;
                }
            }
            if joined > 0 && joined_before > 1 {
                others = self.roots(&others);
            }
        }
    }

    /// Keeps the sets of one side apart from those of the other. `number` is the separation's own.
    pub fn separate(&mut self, number: usize, one: &[usize], other: &[usize]) {
        for (side, places) in [(ONE, one), (OTHER, other)] {
            for place in places {
                let root = self.find(*place);
                let marks = &mut self.marks[root];
                match marks.binary_search_by_key(&number, |(known, _)| *known) {
                    Ok(at) => marks[at].1 |= side,
                    Err(at) => marks.insert(at, (number, side)),
                }
            }
        }
    }

    /// The distinct sets of these places, each by the first place that is in it.
    fn roots(&mut self, places: &[usize]) -> Vec<usize> {
        let mut seen = std::collections::HashSet::new();
        places.iter().copied().filter(|place| seen.insert(self.find(*place))).collect()
    }

    /// Whether two sets, by their roots, must stay apart.
    pub fn apart(&self, a: usize, b: usize) -> bool {
        let (mut left, mut right) = (self.marks[a].iter().peekable(), self.marks[b].iter().peekable());
        while let (Some((one, sides)), Some((two, other_sides))) = (left.peek(), right.peek()) {
            match one.cmp(two) {
                std::cmp::Ordering::Less => left.next(),
                std::cmp::Ordering::Greater => right.next(),
                std::cmp::Ordering::Equal => {
                    let crossed = |x: u8, y: u8| x & ONE != 0 && y & OTHER != 0;
                    if crossed(*sides, *other_sides) || crossed(*other_sides, *sides) {
                        return true;
                    }
                    left.next();
                    right.next()
                }
            };
        }
        false
    }

    /// Makes one set of two, by their roots.
    pub fn join(&mut self, a: usize, b: usize) {
        let (root, child) = if self.sizes[a] >= self.sizes[b] { (a, b) } else { (b, a) };
        self.parents[child] = root;
        self.sizes[root] += self.sizes[child];
        for (number, sides) in std::mem::take(&mut self.marks[child]) {
            let marks = &mut self.marks[root];
            match marks.binary_search_by_key(&number, |(known, _)| *known) {
                Ok(at) => marks[at].1 |= sides,
                Err(at) => marks.insert(at, (number, sides)),
            }
        }
    }
}
