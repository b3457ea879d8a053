//! Places in the text of a file.

use crate::expr::Position;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// The text of a file, and where its lines begin.
pub(super) struct Source<'d> {
    pub(super) text: &'d str,
    lines: Vec<usize>,
}

impl<'d> Source<'d> {
    pub(super) fn new(text: &'d str) -> Self {
        let after_breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { text, lines: [0].into_iter().chain(after_breaks).collect() }
    }

    /// The line of a byte, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at)
    }

    /// The line and column of a byte.
    pub(super) fn position(&self, at: usize) -> Position {
        let at = at.min(self.text.len());
        let line = self.line(at);
        let start = self.lines[line - 1];
        let before = self.text[start..].char_indices().take_while(|(offset, _)| start + offset < at);
        let shown = before.filter(|(offset, c)| start + offset > 0 || *c != BYTE_ORDER_MARK).count();
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Position { line: number(line), column: number(shown + 1) }
    }
}

/// The byte of a TOML string, as it is written with its quotes, at which this place of the text that it means stands.
pub(super) fn written_at(written: &str, place: Position) -> usize {
    let mut at = Position { line: 1, column: 1 };
    let mut characters = Characters::of(written);
    for (offset, c) in &mut characters {
        if at >= place {
            return offset;
        }
        at = match c {
            '\n' => Position { line: at.line + 1, column: 1 },
            _ => Position { column: at.column + 1, ..at },
        };
    }
    characters.end
}

/// The characters that a TOML string means, each with the byte at which it is written.
struct Characters<'d> {
    written: &'d str,
    at: usize,
    /// Where the closing quotes begin.
    end: usize,
    has_escapes: bool,
}

impl<'d> Characters<'d> {
    fn of(written: &'d str) -> Self {
        let has_escapes = written.starts_with('"');
        let is_long = |quotes: &str| written.len() >= 6 && written.starts_with(quotes) && written.ends_with(quotes);
        let long = is_long("\"\"\"") || is_long("'''");
        let quotes = if long { 3 } else { 1 }.min(written.len());
        let mut at = quotes;
        if long {
            // A line break right behind the opening quotes is not part of the text.
            let rest = &written[at..];
            at += if rest.starts_with("\r\n") { 2 } else { usize::from(rest.starts_with('\n')) };
        }
        let end = written.len().saturating_sub(quotes).max(at);
        Self { written, at, end, has_escapes }
    }

    fn rest(&self) -> &'d str {
        self.written.get(self.at..self.end).unwrap_or_default()
    }

    /// What the escape here means, a back-slash and what follows, and its length; no character for a line break.
    fn escape(rest: &str) -> (Option<char>, usize) {
        let mut characters = rest.chars().skip(1);
        let Some(letter) = characters.next() else {
            return (Some('\\'), 1);
        };
        let code = |digits: usize| {
            let code = rest.get(2..2 + digits).and_then(|hex| u32::from_str_radix(hex, 16).ok());
            (code.and_then(char::from_u32).or(Some('?')), (2 + digits).min(rest.len()))
        };
        match letter {
            'b' => (Some('\u{8}'), 2),
            't' => (Some('\t'), 2),
            'n' => (Some('\n'), 2),
            'f' => (Some('\u{c}'), 2),
            'r' => (Some('\r'), 2),
            'e' => (Some('\u{1b}'), 2),
            'x' => code(2),
            'u' => code(4),
            'U' => code(8),
            ' ' | '\t' | '\r' | '\n' => {
                let blank = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n');
                (None, rest.len() - rest[1..].trim_start_matches(blank).len())
            }
            other => (Some(other), 1 + other.len_utf8()),
        }
    }
}

impl Iterator for Characters<'_> {
    type Item = (usize, char);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let rest = self.rest();
            let c = rest.chars().next()?;
            let at = self.at;
            let (means, length) =
                if c == '\\' && self.has_escapes { Self::escape(rest) } else { (Some(c), c.len_utf8()) };
            self.at += length;
            if let Some(c) = means {
                return Some((at, c));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use toml::de::{DeTable, DeValue};

    use super::*;

    fn means(written: &str) -> String {
        Characters::of(written).map(|(_, c)| c).collect()
    }

    /// What the TOML reader takes the string for.
    fn meant(written: &str) -> Option<String> {
        let file = format!("a = {written}\n");
        let document = DeTable::parse(&file).ok()?;
        match document.get_ref().get("a").map(|value| value.get_ref().clone()) {
            Some(DeValue::String(text)) => Some(text.into_owned()),
            _ => None,
        }
    }

    #[test]
    fn positions_count_lines_and_characters() {
        let source = Source::new("\u{feff}ä = 1\nbö = 2\r\n");
        let shown = |at| source.position(at).to_string();
        assert_eq!(shown(3), "line 1, column 1");
        assert_eq!(shown(6), "line 1, column 3");
        assert_eq!(shown(source.text.find('b').unwrap()), "line 2, column 1");
        assert_eq!(shown(source.text.find('2').unwrap()), "line 2, column 6");
        assert_eq!(shown(source.text.len()), "line 3, column 1");
        assert_eq!(shown(usize::MAX), "line 3, column 1");
    }

    #[test]
    fn every_notation_of_a_string_is_read_as_toml_reads_it() {
        for written in [
            r#""""#,
            r"''",
            r#""a \" \\ \t \u00e4 \U0001F600 \x41 \e z""#,
            r"'a \n z'",
            "'''\na\n''b'''",
            "'''\r\na\r\n'b'''''",
            "\"\"\"\n\na \\\n   \n\t b \\\" \"\" c\"\"\"\"\"",
            "\"\"\"a \\  \r\n  b\"\"\"",
            "''''a'''",
            "''''''",
        ] {
            assert_eq!(Some(means(written)), meant(written), "{written}");
        }
    }

    #[test]
    fn a_place_is_found_behind_escapes_and_line_breaks() {
        let find = |written: &str, line, column| written_at(written, Position { line, column });
        assert_eq!(find("'abc'", 1, 1), 1);
        assert_eq!(find("'abc'", 1, 3), 3);
        assert_eq!(find("'abc'", 1, 4), 4);
        assert_eq!(find("'abc'", 9, 9), 4);
        assert_eq!(find(r#""\"x\u00e4y""#, 1, 4), 10);
        assert_eq!(find("\"\"\"\nab\ncd\"\"\"", 2, 2), 8);
        assert_eq!(find(r#""a\nb""#, 2, 1), 4);
    }

    proptest! {
        #[test]
        fn any_string_is_read_as_toml_reads_it(
            content in r#"[a-c \\"'\n\rutxU0e4ä]{0,24}"#,
            quotes in prop::sample::select(vec!["\"", "'", "\"\"\"", "'''"]),
        ) {
            let written = format!("{quotes}{content}{quotes}");
            let found = means(&written);
            if let Some(meant) = meant(&written) {
                prop_assert_eq!(found, meant);
            }
        }
    }
}
