//! The paths that a Rust source names, in `use` trees and elsewhere; comments and literals do not count. Not a
//! parser: it knows as much of the language as the question needs.
use std::iter::Peekable;
use std::str::CharIndices;

/// A path with the groups of `use` trees spelt out: `std::{fs, net}` names `std::fs` and `std::net`.
#[derive(Debug, PartialEq, Eq)]
pub struct UsedPath {
    pub line: usize,
    pub segments: Vec<String>,
    /// Whether it follows `use` or `extern crate`.
    pub imported: bool,
}

impl UsedPath {
    pub fn starts_with(&self, segments: &[&str]) -> bool {
        self.segments.len() >= segments.len() && self.segments.iter().zip(segments).all(|(a, b)| a == b)
    }

    pub fn contains(&self, segments: &[&str]) -> bool {
        self.segments.windows(segments.len()).any(|window| window.iter().eq(segments))
    }
}

/// Words that may stand before a path that begins with `::` and are no part of it.
const KEYWORDS: &[&str] = &[
    "as", "break", "const", "dyn", "else", "fn", "for", "if", "impl", "in", "let", "match", "mut", "pub", "return",
    "static", "type", "use", "where", "while",
];

/// All paths of a source text, in the order in which they stand there.
pub fn used_paths(text: &str) -> Vec<UsedPath> {
    let tokens = tokens(text);
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let (line, token) = &tokens[at];
        let starts = matches!(token, Token::Word(word) if !KEYWORDS.contains(&word.as_str()));
        // What follows the `::` of something like `Vec::<u8>` is no path of its own.
        if !starts || tokens[..at].ends_with_generics() {
            at += 1;
            continue;
        }
        let imported = tokens[..at].ends_with_import();
        at = spell_out(&tokens, at, Vec::new(), &mut |segments| {
            found.push(UsedPath { line: *line, segments, imported });
        });
    }
    found
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    /// `::`
    Separator,
    Other(char),
}

type Tokens = [(usize, Token)];

fn token(tokens: &Tokens, at: usize) -> Option<&Token> {
    tokens.get(at).map(|(_, token)| token)
}

/// What stands before a word.
trait Before {
    /// `>::`
    fn ends_with_generics(&self) -> bool;
    /// `use`, `extern crate`, either with `::` after it
    fn ends_with_import(&self) -> bool;
}

impl Before for Tokens {
    fn ends_with_generics(&self) -> bool {
        matches!(self, [.., (_, Token::Other('>')), (_, Token::Separator)])
    }

    fn ends_with_import(&self) -> bool {
        let keyword = match self {
            [before @ .., (_, Token::Separator)] => before.last(),
            before => before.last(),
        };
        matches!(keyword, Some((_, Token::Word(word))) if word == "use" || word == "crate")
    }
}

/// Tells each path that begins with the word at `at`; gives the place after the last token used.
fn spell_out(tokens: &Tokens, at: usize, before: Vec<String>, tell: &mut impl FnMut(Vec<String>)) -> usize {
    let mut at = at;
    let mut segments = before;
    while let Some(Token::Word(word)) = token(tokens, at) {
        segments.push(word.clone());
        at += 1;
        if token(tokens, at) != Some(&Token::Separator) {
            break;
        }
        match token(tokens, at + 1) {
            Some(Token::Word(_)) => at += 1,
            Some(Token::Other('*')) => {
                at += 2;
                break;
            }
            Some(Token::Other('{')) => return spell_out_group(tokens, at + 2, &segments, tell),
            _ => break,
        }
    }
    tell(segments);
    at
}

fn spell_out_group(tokens: &Tokens, at: usize, before: &[String], tell: &mut impl FnMut(Vec<String>)) -> usize {
    let mut at = at;
    loop {
        match token(tokens, at) {
            Some(Token::Word(_)) => at = spell_out(tokens, at, before.to_vec(), tell),
            Some(Token::Other('*')) => {
                tell(before.to_vec());
                at += 1;
            }
            Some(Token::Other('}')) => return at + 1,
            Some(_) => at += 1,
            None => return at,
        }
        // A new name (`as name`) is no path.
        if matches!(token(tokens, at), Some(Token::Word(word)) if word == "as") {
            at += 2;
        }
    }
}

type Characters<'a> = Peekable<CharIndices<'a>>;

fn tokens(text: &str) -> Vec<(usize, Token)> {
    let mut tokens = Vec::new();
    let mut characters = text.char_indices().peekable();
    let line_of = |at: usize| text[..at].matches('\n').count() + 1;
    while let Some((at, character)) = characters.next() {
        let rest = &text[at..];
        if rest.starts_with("//") {
            skip(&mut characters, rest.find('\n').unwrap_or(rest.len()) - 1);
        } else if rest.starts_with("/*") {
            skip(&mut characters, comment_length(rest) - 1);
        } else if let Some(length) = literal_length(rest) {
            skip(&mut characters, length - 1);
        } else if character.is_alphabetic() || character == '_' {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            skip(&mut characters, length - character.len_utf8());
            tokens.push((line_of(at), Token::Word(rest[..length].to_owned())));
        } else if rest.starts_with("::") {
            skip(&mut characters, 1);
            tokens.push((line_of(at), Token::Separator));
        } else if !character.is_whitespace() {
            tokens.push((line_of(at), Token::Other(character)));
        }
    }
    tokens
}

/// Leaves out so many bytes.
fn skip(characters: &mut Characters<'_>, bytes: usize) {
    let Some((start, _)) = characters.peek().copied() else {
        return;
    };
    while characters.next_if(|(at, _)| *at < start + bytes).is_some() {}
}

/// Comments nest.
fn comment_length(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                break;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    at
}

/// The length of the string or character at the start of `rest`; none for a lifetime.
fn literal_length(rest: &str) -> Option<usize> {
    let unprefixed = rest.trim_start_matches(['b', 'c', 'r']);
    let prefix = rest.len() - unprefixed.len();
    let raw = prefix > 0 && rest[..prefix].ends_with('r');
    if prefix > 2 {
        return None;
    }
    if raw {
        let hashes = unprefixed.len() - unprefixed.trim_start_matches('#').len();
        let text = unprefixed[hashes..].strip_prefix('"')?;
        let end = format!("\"{}", "#".repeat(hashes));
        let length = text.find(&end).map_or(text.len(), |at| at + end.len());
        return Some(prefix + hashes + 1 + length);
    }
    let quote = unprefixed.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let text = &unprefixed[1..];
    let second = text.chars().nth(1);
    if quote == '\'' && !text.starts_with('\\') && second != Some('\'') {
        return None;
    }
    Some(prefix + 1 + quoted_length(text, quote))
}

/// Up to and with the closing quote.
fn quoted_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices() {
        if character == quote && !escaped {
            return at + 1;
        }
        escaped = character == '\\' && !escaped;
    }
    text.len()
}

#[test]
fn spells_out_use_trees_and_skips_what_is_not_code() {
    let text = "pub use a::{b::{self, c as d}, e::*, f};\n\
                // x::y\n\
                let s = \"x::y \\\" z::z\"; let c = ':'; let l: &'static str = r#\"q::q\"#;\n\
                return ::a::b::<C>::d(::e::f, g); /* /* h:: */ i::j */ extern crate k;";
    let paths: Vec<_> =
        used_paths(text).into_iter().map(|path| (path.line, path.segments.join("::"), path.imported)).collect();
    let expected = [
        (1, "a::b::self", true),
        (1, "a::b::c", true),
        (1, "a::e", true),
        (1, "a::f", true),
        (3, "s", false),
        (3, "c", false),
        (3, "l", false),
        (3, "str", false),
        (4, "a::b", false),
        (4, "C", false),
        (4, "e::f", false),
        (4, "g", false),
        (4, "extern", false),
        (4, "crate", false),
        (4, "k", true),
    ];
    assert_eq!(paths, expected.map(|(line, path, imported)| (line, path.to_owned(), imported)));
}
