//! Reading `kulta.toml`, strictly: what is not known is refused, with its line.

use kulta_projections::nesting;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Settings;
use super::keys::KEYS;
use super::token::{Permission, Permissions, Token, sha256};

/// Line and reason.
type Refusal = (usize, String);

/// Reads a file's text into settings.
///
/// # Errors
/// Line (from 1) and reason. Reasons hold no values, since these may be secret.
pub(super) fn read(settings: &mut Settings, text: &str) -> Result<(), Refusal> {
    let reader = Reader { text };
    nesting::check(text).map_err(|deep| (deep.line, "it nests too deep from here on".to_owned()))?;
    let table = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        (reader.line(at), error.message().to_owned())
    })?;
    reader.table(settings, "", table.get_ref())
}

struct Reader<'a> {
    text: &'a str,
}

impl Reader<'_> {
    fn line(&self, at: usize) -> usize {
        1 + self.text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count()
    }

    fn refuse<T>(&self, at: usize, reason: impl Into<String>) -> Result<T, Refusal> {
        Err((self.line(at), reason.into()))
    }

    fn table(&self, settings: &mut Settings, prefix: &str, table: &DeTable<'_>) -> Result<(), Refusal> {
        for (name, value) in table {
            let (at, full_name) = (name.span().start, format!("{prefix}{}", name.get_ref()));
            if let Some(key) = KEYS.iter().find(|key| key.name == full_name) {
                // What is shown as true or false is written so.
                let is_flag = matches!((key.show)(settings).as_str(), "true" | "false");
                let text = match value.get_ref() {
                    DeValue::Boolean(flag) if is_flag => Some(flag.to_string()),
                    other => scalar(other),
                };
                let Some(text) = text else {
                    return self.refuse(at, format!("{full_name}: expected a text, a number or a list of texts"));
                };
                (key.set)(settings, &text).or_else(|reason| self.refuse(at, format!("{full_name}: {reason}")))?;
                continue;
            }
            let is_section = prefix.is_empty() && KEYS.iter().any(|key| key.name.split('.').next() == Some(&full_name));
            match value.get_ref() {
                DeValue::Table(section) if is_section => self.table(settings, &format!("{full_name}."), section)?,
                DeValue::Array(tokens) if full_name == "token" => {
                    for token in tokens.iter() {
                        settings.tokens.push(self.token(token)?);
                    }
                }
                _ if full_name == "token" => return self.refuse(at, "tokens are written as [[token]]"),
                _ => return self.refuse(at, format!("unknown key {full_name:?}")),
            }
        }
        Ok(())
    }

    fn token(&self, value: &Spanned<DeValue<'_>>) -> Result<Token, Refusal> {
        let start = value.span().start;
        let DeValue::Table(table) = value.get_ref() else {
            return self.refuse(start, "tokens are written as [[token]]");
        };
        let (mut name, mut digest) = (None, None);
        let (mut sources, mut may) = (None, Permissions::ALL);
        for (key, value) in table {
            let at = key.span().start;
            let text = || match value.get_ref().as_str() {
                Some(text) if !text.is_empty() => Ok(text),
                _ => self.refuse(at, format!("{}: expected a text", key.get_ref())),
            };
            let second_secret = digest.is_some();
            match key.get_ref().as_ref() {
                "name" => name = Some(text()?),
                "secret" | "secret_file" | "secret_sha256" if second_secret => {
                    return self.refuse(at, "a token has one of secret, secret_file and secret_sha256");
                }
                "secret" => digest = Some(sha256(text()?.as_bytes())),
                "secret_file" => digest = Some(digest_of_file(text()?).or_else(|reason| self.refuse(at, reason))?),
                "secret_sha256" => digest = Some(from_hex(text()?).or_else(|reason| self.refuse(at, reason))?),
                "sources" => sources = Some(self.texts(at, value.get_ref())?.into()),
                "may" => may = self.permissions(at, value.get_ref())?,
                other => return self.refuse(at, format!("unknown key {other:?} of a token")),
            }
        }
        let Some(name) = name.filter(|name| name.chars().count() <= 64 && !name.chars().any(char::is_control)) else {
            return self.refuse(start, "a token needs a name of at most 64 characters");
        };
        let Some(digest) = digest else {
            return self.refuse(start, "a token needs one of secret, secret_file and secret_sha256");
        };
        let mut token = Token::from_sha256(name, digest);
        (token.may, token.sources) = (may, sources);
        Ok(token)
    }

    fn texts(&self, at: usize, value: &DeValue<'_>) -> Result<Vec<String>, Refusal> {
        let items = value.as_array().map(|items| items.iter().map(|item| item.get_ref().as_str()));
        match items.and_then(|items| items.map(|item| item.map(str::to_owned)).collect()) {
            Some(texts) => Ok(texts),
            None => self.refuse(at, "expected a list of texts"),
        }
    }

    fn permissions(&self, at: usize, value: &DeValue<'_>) -> Result<Permissions, Refusal> {
        self.texts(at, value)?.iter().try_fold(Permissions::default(), |may, name| {
            match Permission::ALL.into_iter().find(|permission| permission.name() == name) {
                Some(permission) => Ok(may.with(permission)),
                None => {
                    let names = Permission::ALL.map(Permission::name).join(", ");
                    self.refuse(at, format!("a token may {names}; {name:?} is none of these"))
                }
            }
        })
    }
}

fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.as_ref().to_owned()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        DeValue::Datetime(time) => Some(time.to_string()),
        DeValue::Array(items) => {
            let items: Option<Vec<_>> = items.iter().map(|item| scalar(item.get_ref())).collect();
            items.map(|items| items.join(", "))
        }
        _ => None,
    }
}

fn digest_of_file(path: &str) -> Result<[u8; 32], String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("secret_file {path}: {error}"))?;
    match text.trim() {
        "" => Err(format!("secret_file {path} is empty")),
        secret => Ok(sha256(secret.as_bytes())),
    }
}

fn from_hex(text: &str) -> Result<[u8; 32], String> {
    let mut bytes = [0; 32];
    let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|digit| digit as u8).collect();
    if text.len() != 64 || digits.len() != 64 {
        return Err("secret_sha256: expected 64 hexadecimal digits".to_owned());
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
        *byte = pair[0] << 4 | pair[1];
    }
    Ok(bytes)
}
