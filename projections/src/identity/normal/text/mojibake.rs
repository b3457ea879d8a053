//! UTF-8 that was read as Windows-1252 or Latin-1.

/// The text as it was before, or `None` when it is none of that. What was broken several times is put right too; each
/// breaking doubled a letter at least, so there are few rounds.
pub(super) fn decode(text: &str) -> Option<String> {
    let mut decoded = decode_once(text)?;
    while let Some(again) = decode_once(&decoded) {
        decoded = again;
    }
    Some(decoded)
}

fn decode_once(text: &str) -> Option<String> {
    if !text.chars().any(is_lead) {
        return None;
    }
    let bytes: Vec<u8> = text.chars().map(byte).collect::<Option<_>>()?;
    let decoded = String::from_utf8(bytes).ok()?;
    tells(text, &decoded).then_some(decoded)
}

/// The characters that stand for the first byte of a letter of two or three bytes.
fn is_lead(c: char) -> bool {
    matches!(c, '\u{c2}'..='\u{ef}')
}

/// Whether what came out is likelier than what went in. `Ã` and `Â` are found in hardly any Nordic name; other leads,
/// such as `Ä` and `Å`, count only when what follows them is no dash or quotation mark, which do follow letters.
fn tells(text: &str, decoded: &str) -> bool {
    let likely = |c: char| {
        c.is_ascii()
            || matches!(c, '\u{a0}'..'\u{180}' | '\u{370}'..'\u{530}' | '\u{590}'..'\u{700}' | '\u{2010}'..'\u{20d0}')
            || (c >= '\u{3040}' && c.is_alphabetic())
    };
    if !decoded.chars().all(likely) {
        return false;
    }
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let Some(&next) = chars.peek() else { break };
        let after_letter = matches!(next, '‘' | '’' | '“' | '”' | '–' | '—' | '…' | '\u{a0}' | '»' | '´' | '·');
        if matches!(c, 'Ã' | 'Â' | 'â') || (is_lead(c) && !next.is_ascii() && !after_letter) {
            return true;
        }
    }
    false
}

/// The byte that Windows-1252 shows as this character; the control characters of Latin-1 stand for themselves.
fn byte(c: char) -> Option<u8> {
    if let Ok(byte) = u8::try_from(u32::from(c)) {
        return Some(byte);
    }
    Some(match c {
        '€' => 0x80,
        '‚' => 0x82,
        'ƒ' => 0x83,
        '„' => 0x84,
        '…' => 0x85,
        '†' => 0x86,
        '‡' => 0x87,
        'ˆ' => 0x88,
        '‰' => 0x89,
        'Š' => 0x8a,
        '‹' => 0x8b,
        'Œ' => 0x8c,
        'Ž' => 0x8e,
        '‘' => 0x91,
        '’' => 0x92,
        '“' => 0x93,
        '”' => 0x94,
        '•' => 0x95,
        '–' => 0x96,
        '—' => 0x97,
        '˜' => 0x98,
        '™' => 0x99,
        'š' => 0x9a,
        '›' => 0x9b,
        'œ' => 0x9c,
        'ž' => 0x9e,
        'Ÿ' => 0x9f,
        _ => return None,
    })
}
