//! Parameters of addresses, read strictly: what is unknown, doubled or out of range is refused by name.

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use kulta_events::Instant;
use serde::de::DeserializeOwned;

use super::page::Part;
use super::problem::{Problem, codes};
use crate::config::Limits;

/// The longest text parameter, in bytes.
const MAX_TEXT: usize = 4 * 1024;

/// The parameters after the `?`. Take each one, then call [`Params::finish`].
#[derive(Debug, Default)]
pub struct Params(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Params {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match Query::<Vec<(String, String)>>::try_from_uri(&parts.uri) {
            Ok(Query(pairs)) => Ok(Self(pairs)),
            Err(_) => Err(Problem::new(codes::INVALID_PARAMETER, "the parameters cannot be read")),
        }
    }
}

impl Params {
    /// A text without control characters, not empty.
    ///
    /// # Errors
    /// `invalid-parameter`.
    pub fn text(&mut self, name: &str) -> Result<Option<String>, Problem> {
        let Some(index) = self.0.iter().position(|(known, _)| known == name) else { return Ok(None) };
        let (_, value) = self.0.swap_remove(index);
        if self.0.iter().any(|(known, _)| known == name) {
            return Err(Problem::parameter(name, "given twice"));
        }
        // What is not UTF-8 arrives with the replacement character in its place.
        let refused = |c: char| c.is_control() || c == char::REPLACEMENT_CHARACTER;
        if value.is_empty() || value.len() > MAX_TEXT || value.chars().any(refused) {
            return Err(Problem::parameter(name, "expected a text in UTF-8 without control characters"));
        }
        Ok(Some(value))
    }

    /// A number from 0.
    ///
    /// # Errors
    /// `invalid-parameter`.
    pub fn number(&mut self, name: &str) -> Result<Option<u64>, Problem> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        // Both stores count in signed 64 bits.
        let number = text.parse().ok().filter(|number| i64::try_from(*number).is_ok());
        number.map(Some).ok_or_else(|| Problem::parameter(name, "expected a whole number from 0"))
    }

    /// A time: RFC 3339 with offset.
    ///
    /// # Errors
    /// `invalid-parameter`.
    pub fn instant(&mut self, name: &str) -> Result<Option<Instant>, Problem> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        Instant::parse(&text).map(Some).map_err(|error| Problem::parameter(name, error.to_string()))
    }

    /// One of these words.
    ///
    /// # Errors
    /// `invalid-parameter`.
    pub fn one_of<T: Copy>(&mut self, name: &str, words: &[(&str, T)]) -> Result<Option<T>, Problem> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        let names: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        found.map(Some).ok_or_else(|| Problem::parameter(name, format!("expected one of: {}", names.join(", "))))
    }

    /// `limit`: how many items a page has.
    ///
    /// # Errors
    /// `invalid-parameter`.
    pub fn limit(&mut self, limits: &Limits) -> Result<usize, Problem> {
        let Some(given) = self.number("limit")? else { return Ok(limits.page_size) };
        let most = limits.max_page_size;
        let fits = usize::try_from(given).ok().filter(|limit| (1..=most).contains(limit));
        fits.ok_or_else(|| Problem::parameter("limit", format!("expected a number from 1 to {most}")))
    }

    /// `cursor`: where a page goes on; `list` names the list that gave it.
    ///
    /// # Errors
    /// `invalid-parameter`.
    pub fn cursor(&mut self, list: &str) -> Result<Option<String>, Problem> {
        let Some(text) = self.text("cursor")? else { return Ok(None) };
        let read = super::page::read_cursor(list, &text);
        read.map(Some).ok_or_else(|| Problem::parameter("cursor", "is not from this list"))
    }

    /// `limit` and `cursor` of a short list.
    ///
    /// # Errors
    /// `invalid-parameter`.
    pub fn part(&mut self, list: &'static str, limits: &Limits) -> Result<Part, Problem> {
        Ok(Part { list, limit: self.limit(limits)?, behind: self.cursor(list)? })
    }

    /// A cursor that is a number.
    ///
    /// # Errors
    /// `invalid-parameter`.
    pub fn number_cursor(&mut self, list: &str) -> Result<Option<u64>, Problem> {
        let Some(text) = self.cursor(list)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| Problem::parameter("cursor", "is not from this list"))
    }

    /// Refuses what nobody took.
    ///
    /// # Errors
    /// `invalid-parameter`.
    pub fn finish(self) -> Result<(), Problem> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => {
                let name: String = name.chars().filter(|c| !c.is_control()).take(40).collect();
                Err(Problem::parameter(&name, "there is no such parameter here"))
            }
        }
    }
}

/// The parts of the path.
#[derive(Debug)]
pub struct Place<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Place<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let found = Path::<T>::from_request_parts(parts, state).await;
        let Ok(Path(place)) = found else { return Err(Problem::not_found("there is no such address")) };
        // A path that holds, say, a NUL names nothing that there could be.
        if parts.uri.path().contains("%0") || parts.uri.path().contains("%1") || parts.uri.path().contains("%7f") {
            return Err(Problem::not_found("there is no such address"));
        }
        Ok(Self(place))
    }
}

#[cfg(test)]
mod tests {
    use super::super::page::write_cursor;
    use super::*;
    use crate::config::Settings;

    fn params(query: &str) -> Params {
        let uri = format!("/x?{query}").parse().unwrap();
        Params(Query::<Vec<(String, String)>>::try_from_uri(&uri).unwrap().0)
    }

    #[test]
    fn reads_what_is_asked_for_and_refuses_the_rest() {
        let mut read = params("after=7&type=a%20b&way=up");
        assert_eq!(read.number("after").unwrap(), Some(7));
        assert_eq!(read.text("type").unwrap().as_deref(), Some("a b"));
        assert_eq!(read.number("until").unwrap(), None);
        assert_eq!(read.one_of("way", &[("up", 1), ("down", 2)]).unwrap(), Some(1));
        read.finish().unwrap();
        assert_eq!(params("limt=3").finish().unwrap_err().detail(), "limt: there is no such parameter here");
    }

    #[test]
    fn names_what_is_wrong() {
        let limits = Settings::default().limits;
        for (query, name) in [("a=-1", "a"), ("a=1&a=2", "a"), ("a=", "a"), ("a=9223372036854775808", "a")] {
            assert!(params(query).number(name).is_err(), "{query}");
        }
        assert!(params("a=%00").text("a").is_err());
        for query in ["limit=0", "limit=1001", "limit=x"] {
            assert!(params(query).limit(&limits).is_err(), "{query}");
        }
        assert_eq!(params("").limit(&limits).unwrap(), limits.page_size);
        assert!(params("way=left").one_of("way", &[("up", 1)]).is_err());
    }

    #[test]
    fn cursors_are_of_one_list() {
        let cursor = format!("cursor={}", write_cursor("events", 42));
        assert_eq!(params(&cursor).number_cursor("events").unwrap(), Some(42));
        assert!(params(&cursor).number_cursor("letters").is_err());
        for query in ["cursor=abc", "cursor=zz", "cursor=4"] {
            assert!(params(query).number_cursor("events").is_err(), "{query}");
        }
    }
}
