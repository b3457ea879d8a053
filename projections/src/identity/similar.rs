//! How alike two short texts are. On bytes: what is compared has been folded to a small alphabet before.

/// Longer texts are compared by their beginnings.
const LONGEST: usize = 64;

/// Jaro's similarity with Winkler's bonus for a common beginning (Winkler 1990), 0 to 1.
pub fn jaro_winkler(one: &[u8], other: &[u8]) -> f32 {
    let (one, other) = (&one[..one.len().min(LONGEST)], &other[..other.len().min(LONGEST)]);
    let jaro = jaro(one, other);
    let common = one.iter().zip(other).take(4).take_while(|(a, b)| a == b).count();
    jaro + common as f32 * 0.1 * (1.0 - jaro)
}

fn jaro(one: &[u8], other: &[u8]) -> f32 {
    if one.is_empty() || other.is_empty() {
        return 0.0;
    }
    let reach = (one.len().max(other.len()) / 2).saturating_sub(1);
    let (mut of_one, mut of_other) = (0_u64, 0_u64);
    for (at, byte) in one.iter().enumerate() {
        let (from, to) = (at.saturating_sub(reach), (at + reach + 1).min(other.len()));
        let free = (from..to).find(|place| of_other & (1 << place) == 0 && other[*place] == *byte);
        if let Some(place) = free {
            of_one |= 1 << at;
            of_other |= 1 << place;
        }
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
    let in_order = found - swapped as f32 / 2.0;
    (found / one.len() as f32 + found / other.len() as f32 + in_order / found) / 3.0
}

/// Edits from one text to the other: letters put in, left out, replaced or swapped with the next (optimal string
/// alignment), counted up to `most + 1`.
pub fn edits(one: &[u8], other: &[u8], most: usize) -> usize {
    let (one, other) = (&one[..one.len().min(LONGEST)], &other[..other.len().min(LONGEST)]);
    if one.len().abs_diff(other.len()) > most {
        return most + 1;
    }
    let common = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let (one, other) = (&one[common..], &other[common..]);
    let common = one.iter().rev().zip(other.iter().rev()).take_while(|(a, b)| a == b).count();
    let (one, other) = (&one[..one.len() - common], &other[..other.len() - common]);
    if one.is_empty() || other.is_empty() {
        return one.len().max(other.len()).min(most + 1);
    }
    let mut rows = [[0_u8; LONGEST + 1]; 3];
    for (at, cell) in rows[0].iter_mut().enumerate().take(other.len() + 1) {
        *cell = at as u8;
    }
    for i in 1..=one.len() {
        let [now, last, before] = [i % 3, (i + 2) % 3, (i + 1) % 3];
        rows[now][0] = i as u8;
        let mut least = i as u8;
        for j in 1..=other.len() {
            let replaced = rows[last][j - 1] + u8::from(one[i - 1] != other[j - 1]);
            let mut cell = replaced.min(rows[last][j] + 1).min(rows[now][j - 1] + 1);
            if i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1] {
                cell = cell.min(rows[before][j - 2] + 1);
            }
            rows[now][j] = cell;
            least = least.min(cell);
        }
        if usize::from(least) > most {
            return most + 1;
        }
    }
    usize::from(rows[one.len() % 3][other.len()]).min(most + 1)
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
}
