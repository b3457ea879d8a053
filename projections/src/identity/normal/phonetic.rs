//! What a name sounds like, by Nordic rules.

/// The phonetic key of a folded word or words.
pub fn key(folded: &str) -> String {
    let mut out = String::with_capacity(folded.len());
    for c in folded.chars() {
        let c = match c {
            'w' => 'v',
            'q' | 'c' | 'g' => 'k',
            'b' => 'p',
            'd' => 't',
            ' ' => continue,
            c => c,
        };
        if !out.ends_with(c) {
            out.push(c);
        }
    }
    out
}
