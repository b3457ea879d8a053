//! From characters to tokens.

use rust_decimal::Decimal;

use super::error::{ParseError, Position};
use super::number;

/// A token; its text is not kept where the kind says it all.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Number(Decimal),
    Text(String),
    Name(String),
    /// A name in back-ticks, which is never a keyword or a function.
    Quoted(String),
    Symbol(&'static str),
    End,
}

impl Token {
    /// The token as an error names it.
    pub(super) fn describe(&self) -> String {
        match self {
            Token::Number(number) => format!("the number {number}"),
            Token::Text(_) => "a text".to_owned(),
            Token::Name(name) | Token::Quoted(name) => format!("`{name}`"),
            Token::Symbol(symbol) => format!("`{symbol}`"),
            Token::End => "the end".to_owned(),
        }
    }
}

/// Longer symbols first, so that `<=` is not read as `<`.
const SYMBOLS: [&str; 21] =
    ["&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "+", "-", "*", "/", "%", "?", ":", "(", ")", "[", "]", ","];

/// Splits a text into tokens, the last of which is [`Token::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, Position)>, ParseError> {
    let mut lexer = Lexer { rest: text, at: Position { line: 1, column: 1 } };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_blanks();
        let at = lexer.at;
        let token = lexer.token()?;
        let end = token == Token::End;
        tokens.push((token, at));
        if end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    rest: &'a str,
    at: Position,
}

impl<'a> Lexer<'a> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn advance(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.rest = &self.rest[c.len_utf8()..];
        if c == '\n' {
            self.at = Position { line: self.at.line + 1, column: 1 };
        } else {
            self.at.column += 1;
        }
        Some(c)
    }

    fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &'a str {
        let from = self.rest;
        while self.peek().is_some_and(&accept) {
            self.advance();
        }
        &from[..from.len() - self.rest.len()]
    }

    fn skip_blanks(&mut self) {
        loop {
            self.take_while(char::is_whitespace);
            if !self.rest.starts_with("//") {
                return;
            }
            self.take_while(|c| c != '\n');
        }
    }

    fn token(&mut self) -> Result<Token, ParseError> {
        let at = self.at;
        let Some(first) = self.peek() else {
            return Ok(Token::End);
        };
        if first.is_ascii_digit() {
            return self.number();
        }
        if first.is_alphabetic() || first == '_' {
            return Ok(Token::Name(self.take_while(is_name).to_owned()));
        }
        match first {
            '\'' | '"' => return self.text(first),
            '`' => return self.quoted(),
            '.' => {
                self.advance();
                return Ok(Token::Symbol("."));
            }
            _ => {}
        }
        let Some(symbol) = SYMBOLS.into_iter().find(|symbol| self.rest.starts_with(symbol)) else {
            return Err(ParseError::new(at, "a value or an operator", format!("`{}`", first.escape_default())));
        };
        for _ in symbol.chars() {
            self.advance();
        }
        Ok(Token::Symbol(symbol))
    }

    fn number(&mut self) -> Result<Token, ParseError> {
        const EXPECTED: &str = "a number such as 12 or 0.5";
        let at = self.at;
        let from = self.rest;
        self.take_while(|c| c.is_ascii_digit());
        let mut decimals = self.rest.chars();
        if decimals.next() == Some('.') && decimals.next().is_some_and(|c| c.is_ascii_digit()) {
            self.advance();
            self.take_while(|c| c.is_ascii_digit());
        }
        let digits = &from[..from.len() - self.rest.len()];
        if let Some(next) = self.peek().filter(|c| is_name(*c)) {
            return Err(ParseError::new(at, EXPECTED, format!("`{digits}{next}…`")));
        }
        let (mut mantissa, mut scale) = (Some(0_i128), 0);
        for c in digits.chars() {
            match c.to_digit(10) {
                Some(digit) => mantissa = mantissa.and_then(|m| m.checked_mul(10)?.checked_add(digit.into())),
                None => scale = digits.len() - digits.find('.').unwrap_or_default() - 1,
            }
        }
        let exact = mantissa.and_then(|mantissa| number::make(mantissa, u32::try_from(scale).ok()?));
        exact
            .map(Token::Number)
            .ok_or_else(|| ParseError::new(at, "a number of at most 28 digits", format!("one of {}", digits.len())))
    }

    fn text(&mut self, quote: char) -> Result<Token, ParseError> {
        let opened_at = self.at;
        self.advance();
        let mut text = String::new();
        loop {
            let at = self.at;
            match self.advance() {
                Some(c) if c == quote => return Ok(Token::Text(text)),
                Some('\\') => text.push(self.escape(at)?),
                Some('\n') | None => {
                    return Err(ParseError::new(opened_at, format!("a text that ends with {quote}"), "no end of it"));
                }
                Some(c) => text.push(c),
            }
        }
    }

    fn escape(&mut self, at: Position) -> Result<char, ParseError> {
        let wrong =
            |found: String| ParseError::new(at, r#"one of \\ \' \" \` \? \n \r \t or \u and four hex digits"#, found);
        match self.advance() {
            Some(c @ ('\\' | '\'' | '"' | '`' | '?')) => Ok(c),
            Some('n') => Ok('\n'),
            Some('r') => Ok('\r'),
            Some('t') => Ok('\t'),
            Some('u') => {
                let digits: String = self.rest.chars().take(4).filter(char::is_ascii_hexdigit).collect();
                let code = u32::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 4);
                let c = code.and_then(char::from_u32).ok_or_else(|| wrong("`\\u`".to_owned()))?;
                for _ in 0..4 {
                    self.advance();
                }
                Ok(c)
            }
            Some(c) => Err(wrong(format!("`\\{}`", c.escape_default()))),
            None => Err(wrong("the end".to_owned())),
        }
    }

    fn quoted(&mut self) -> Result<Token, ParseError> {
        let at = self.at;
        self.advance();
        let name = self.take_while(|c| c != '`' && c != '\n');
        match self.advance() {
            Some('`') if !name.is_empty() => Ok(Token::Quoted(name.to_owned())),
            Some('`') => Err(ParseError::new(at, "a name between the back-ticks", "none")),
            _ => Err(ParseError::new(at, "a name that ends with a back-tick", "no end of it")),
        }
    }
}

/// Whether a name may hold this character.
pub(super) fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Token> {
        tokens(text).unwrap().into_iter().map(|(token, _)| token).collect()
    }

    fn fault(text: &str) -> String {
        tokens(text).unwrap_err().to_string()
    }

    #[test]
    fn numbers_are_read_exactly_or_refused() {
        assert_eq!(kinds("1234567890123456789012345.678")[0].describe(), "the number 1234567890123456789012345.678");
        assert_eq!(kinds("0.10")[0].describe(), "the number 0.10");
        assert_eq!(
            fault("12345678901234567890123456789"),
            "line 1, column 1: expected a number of at most 28 digits, found one of 29"
        );
        assert!(fault(&"9".repeat(50)).contains("28 digits"));
        assert!(fault("1 + 0.12345678901234567890123456789").starts_with("line 1, column 5:"));
        for text in ["1u", "0x1F", "1e3", "5days"] {
            assert!(fault(text).contains("a number such as"), "{text}");
        }
    }

    #[test]
    fn positions_count_characters_and_lines() {
        let found = tokens("'ä' ==\n  ö // a comment\n&& `a b`").unwrap();
        let at: Vec<_> = found.iter().map(|(_, at)| (at.line, at.column)).collect();
        assert_eq!(at, [(1, 1), (1, 5), (2, 3), (3, 1), (3, 4), (3, 9)]);
    }

    #[test]
    fn texts_have_escapes_and_an_end() {
        assert_eq!(kinds(r#"'a\'b\n\u00e4'"#)[0], Token::Text("a'b\nä".into()));
        assert_eq!(fault("a == 'x"), "line 1, column 6: expected a text that ends with ', found no end of it");
        assert!(fault(r"'\q'").starts_with("line 1, column 2: expected one of"));
        assert!(fault(r"'\u12'").contains("four hex digits"));
        assert!(fault("``").contains("between the back-ticks"));
        assert!(fault("`a").contains("ends with a back-tick"));
        assert!(fault("a # b").starts_with("line 1, column 3:"));
        assert!(fault("a & b").starts_with("line 1, column 3:"));
        assert!(fault("a = b").starts_with("line 1, column 3:"));
    }
}
