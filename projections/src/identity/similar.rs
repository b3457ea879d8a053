//! How alike two short texts are. On bytes: what is compared has been folded to a small alphabet before.

/// Longer texts are compared by their beginnings: one word of 64 bits holds a text's places.
const LONGEST: usize = 64;

fn cut(text: &[u8]) -> &[u8] {
    &text[..text.len().min(LONGEST)]
}

/// The places of each byte in a text, a bit for each.
struct Places([u64; 256]);

impl Places {
    fn of(text: &[u8]) -> Self {
        let mut places = [0; 256];
        for (at, byte) in text.iter().enumerate() {
            places[usize::from(*byte)] |= 1 << at;
        }
        Self(places)
    }

    fn get(&self, byte: u8) -> u64 {
        self.0[usize::from(byte)]
    }
}

/// Which letters and digits a text has, a bit each; some share one.
pub fn letters(text: &[u8]) -> u32 {
    text.iter().fold(0, |letters, byte| letters | 1 << (byte & 31))
}

/// Whether texts with these letters may be so few edits apart. An edit brings one letter in and takes one out.
pub fn edits_possible(one: u32, other: u32, most: usize) -> bool {
    (one & !other).count_ones().max((other & !one).count_ones()) as usize <= most
}

/// The most that [`jaro_winkler`] can be for texts of these lengths and letters: each letter that the other lacks stands
/// for one place at least that does not match.
pub fn most_alike(one: (usize, u32), other: (usize, u32)) -> f32 {
    let left = |a: (usize, u32), b: (usize, u32)| a.0.saturating_sub((a.1 & !b.1).count_ones() as usize);
    let found = left(one, other).min(left(other, one)) as f32;
    if found == 0.0 {
        return 0.0;
    }
    let jaro = (found / one.0 as f32 + found / other.0 as f32 + 1.0) / 3.0;
    jaro + 0.4 * (1.0 - jaro)
}

/// Jaro's similarity with Winkler's bonus for a common beginning (Winkler 1990), 0 to 1.
pub fn jaro_winkler(one: &[u8], other: &[u8]) -> f32 {
    let (one, other) = (cut(one), cut(other));
    let jaro = jaro(one, other);
    let common = one.iter().zip(other).take(4).take_while(|(a, b)| a == b).count();
    jaro + common as f32 * 0.1 * (1.0 - jaro)
}

fn jaro(one: &[u8], other: &[u8]) -> f32 {
    if one.is_empty() || other.is_empty() {
        return 0.0;
    }
    let reach = (one.len().max(other.len()) / 2).saturating_sub(1);
    let places = Places::of(one);
    let (mut of_one, mut of_other) = (0_u64, 0_u64);
    // The places of `one` that a byte of `other` may match.
    let mut window = u64::MAX >> (LONGEST - 1 - reach);
    for (at, byte) in other.iter().enumerate() {
        let free = places.get(*byte) & window & !of_one;
        of_one |= free & free.wrapping_neg();
        of_other |= u64::from(free != 0) << at;
        window = window << 1 | u64::from(at < reach);
    }
    let matches = of_one.count_ones();
    if matches == 0 {
        return 0.0;
    }
    let mut swapped = 0_u32;
    while of_one != 0 {
        let (a, b) = (of_one.trailing_zeros() as usize, of_other.trailing_zeros() as usize);
        swapped += u32::from(one[a] != other[b]);
        of_one &= of_one - 1;
        of_other &= of_other - 1;
    }
    let found = matches as f32;
    let in_order = found - (swapped / 2) as f32;
    (found / one.len() as f32 + found / other.len() as f32 + in_order / found) / 3.0
}

/// Edits from one text to the other: letters put in, left out, replaced or swapped with the next (optimal string
/// alignment), counted up to `most + 1`. A column at a time in one word (Hyyrö 2003).
pub fn edits(one: &[u8], other: &[u8], most: usize) -> usize {
    let (one, other) = (cut(one), cut(other));
    if one.len().abs_diff(other.len()) > most {
        return most + 1;
    }
    if one == other || one.is_empty() {
        return other.len().min(most + 1) * usize::from(one != other);
    }
    let places = Places::of(one);
    let last = 1_u64 << (one.len() - 1);
    let (mut up, mut down, mut diagonal, mut before) = (u64::MAX, 0_u64, 0_u64, 0_u64);
    let mut found = one.len();
    for byte in other {
        let equal = places.get(*byte);
        let swapped = (!diagonal & equal) << 1 & before;
        diagonal = ((equal & up).wrapping_add(up) ^ up) | equal | down | swapped;
        let right = down | !(diagonal | up);
        let left = diagonal & up;
        found = found + usize::from(right & last != 0) - usize::from(left & last != 0);
        let right = right << 1 | 1;
        up = left << 1 | !(diagonal | right);
        down = right & diagonal;
        before = equal;
    }
    found.min(most + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jaro_winkler_as_published() {
        let near = |one: &str, other: &str, expected: f32| {
            let found = jaro_winkler(one.as_bytes(), other.as_bytes());
            assert!((found - expected).abs() < 0.001, "{one} {other}: {found}");
        };
        near("martha", "marhta", 0.961);
        near("dwayne", "duane", 0.84);
        near("dixon", "dicksonx", 0.813);
        near("same", "same", 1.0);
        near("abc", "xyz", 0.0);
        near("", "x", 0.0);
        near("jellyfish", "smellyfish", 0.896);
    }

    #[test]
    fn edits_are_counted_up_to_the_limit() {
        let edits = |one: &str, other: &str| edits(one.as_bytes(), other.as_bytes(), 3);
        assert_eq!(edits("virtanen", "virtanen"), 0);
        assert_eq!(edits("virtanen", "virtaenn"), 1);
        assert_eq!(edits("virtanen", "virtnen"), 1);
        assert_eq!(edits("kitten", "sitting"), 3);
        assert_eq!(edits("abcdef", "uvwxyz"), 4);
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(edits("", "abcd"), 4);
    }

    /// The textbook's table, cell by cell.
    fn slow(one: &[u8], other: &[u8]) -> usize {
        let mut table = vec![vec![0; other.len() + 1]; one.len() + 1];
        for i in 0..=one.len() {
            for j in 0..=other.len() {
                table[i][j] = if i == 0 || j == 0 {
                    i + j
                } else {
                    let replaced = table[i - 1][j - 1] + usize::from(one[i - 1] != other[j - 1]);
                    let swapped = i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1];
                    let least = replaced.min(table[i - 1][j] + 1).min(table[i][j - 1] + 1);
                    if swapped { least.min(table[i - 2][j - 2] + 1) } else { least }
                };
            }
        }
        table[one.len()][other.len()]
    }

    proptest::proptest! {
        #[test]
        fn bounds_are_bounds(one in "[a-f1]{1,12}", other in "[a-f1]{1,12}") {
            let (a, b) = (one.as_bytes(), other.as_bytes());
            let most = most_alike((a.len(), letters(a)), (b.len(), letters(b)));
            proptest::prop_assert!(jaro_winkler(a, b) <= most + 1e-6);
            proptest::prop_assert!(edits_possible(letters(a), letters(b), edits(a, b, 20)));
        }

        #[test]
        fn edits_are_those_of_the_table(one in "[abc]{0,9}", other in "[abc]{0,9}", most in 0_usize..5) {
            let expected = slow(one.as_bytes(), other.as_bytes()).min(most + 1);
            proptest::prop_assert_eq!(edits(one.as_bytes(), other.as_bytes(), most), expected);
        }
    }
}
