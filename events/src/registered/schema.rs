//! From a subset of JSON Schema (2020-12) to members. What is not checked is not accepted: every other keyword is
//! refused, with a pointer to its place.

use super::{MAX_MEMBERS, MAX_SCHEMA_BYTES, Member, Shape};
use crate::envelope::Problem;
use crate::field::Kind;
use crate::json::Json;

/// The version of JSON Schema.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";
/// Keywords that say something to people only.
const WORDS: [&str; 4] = ["title", "description", "$comment", "examples"];
/// What the served schema says of the type as a whole.
const SERVED: [&str; 4] = ["$schema", "$id", "x-dataversion", "x-registered"];
const OF_OBJECTS: [&str; 4] = ["type", "properties", "required", "additionalProperties"];
/// How members are marked.
const MARKS: [&str; 3] = ["x-facet", "x-personal", "x-money"];
/// Names that an expression has for other things, so that no facet could be read by them.
const NOT_FOR_FACETS: [&str; 9] = ["type", "source", "unit", "time", "customer", "true", "false", "null", "in"];
/// Members that mean something in every payload.
const NOT_FOR_MEMBERS: [&str; 2] = ["attributes", "link_query"];
/// The most characters of a name.
const MAX_NAME: usize = 64;
/// The most characters of a text that is a fact; also what is taken when nothing is said.
const MAX_FACT: usize = 1_000;
/// The most characters of a personal text, and what is taken when nothing is said.
const MAX_PERSONAL: usize = 65_536;
const USUAL_PERSONAL: usize = 8_000;
const MAX_WORDS: usize = 200;
const MAX_WORD: usize = 200;
const MAX_DEPTH: usize = 4;
/// Where the schema stands.
const AT: &str = "/schema";

/// The members that a schema describes; what is wrong with it goes to `problems`.
pub(super) fn members(schema: &Json, problems: &mut Vec<Problem>) -> Vec<Member> {
    if schema.to_string().len() > MAX_SCHEMA_BYTES {
        problems.push(invalid(AT, &format!("a schema is at most {MAX_SCHEMA_BYTES} bytes")));
        return Vec::new();
    }
    let mut reader = Reader { problems, count: 0 };
    if schema.get("$schema").is_some_and(|dialect| dialect.as_str() != Some(DIALECT)) {
        reader.refuse(&format!("{AT}/$schema"), &format!("expected {DIALECT}"));
    }
    let members = reader.object(schema, AT, 0);
    reader.money(&members);
    members
}

fn invalid(at: &str, detail: &str) -> Problem {
    Problem::new("invalid", at, detail)
}

/// A step of a JSON pointer.
fn below(at: &str, step: &str) -> String {
    format!("{at}/{}", step.replace('~', "~0").replace('/', "~1"))
}

struct Reader<'a> {
    problems: &'a mut Vec<Problem>,
    count: usize,
}

impl Reader<'_> {
    fn refuse(&mut self, at: &str, detail: &str) {
        self.problems.push(invalid(at, detail));
    }

    /// The members of an object at a depth: 0 is the payload itself.
    fn object(&mut self, schema: &Json, at: &str, depth: usize) -> Vec<Member> {
        let known = OF_OBJECTS.iter().chain(&WORDS).chain(if depth == 0 { &SERVED[..] } else { &MARKS[..] });
        self.only(schema, at, &known.copied().collect::<Vec<_>>());
        if schema.get("type").and_then(Json::as_str) != Some("object") {
            self.refuse(&below(at, "type"), "expected \"object\"");
        }
        if schema.get("additionalProperties").is_some_and(|given| *given != Json::Bool(true)) {
            let detail = "expected true: members that the schema does not name are accepted, and sealed";
            self.refuse(&below(at, "additionalProperties"), detail);
        }
        let all = below(at, "properties");
        let properties = match schema.get("properties") {
            None => &[],
            Some(Json::Object(properties)) => &properties[..],
            Some(_) => {
                self.refuse(&all, "expected an object");
                &[]
            }
        };
        let required = self.required(schema, at, properties);
        let mut members = Vec::new();
        for (name, property) in properties {
            let mut member = self.member(name, property, &below(&all, name), depth);
            if let Some(member) = &mut member {
                member.is_required = required.contains(&name.as_str());
            }
            members.extend(member);
        }
        members
    }

    fn required<'s>(&mut self, schema: &'s Json, at: &str, properties: &[(String, Json)]) -> Vec<&'s str> {
        let at = below(at, "required");
        let names = match schema.get("required") {
            None => return Vec::new(),
            Some(Json::Array(names)) => names,
            Some(_) => {
                self.refuse(&at, "expected a list of names");
                return Vec::new();
            }
        };
        let mut required = Vec::new();
        for (index, name) in names.iter().enumerate() {
            match name.as_str() {
                Some(name) if properties.iter().any(|(known, _)| known == name) => required.push(name),
                _ => self.refuse(&format!("{at}/{index}"), "expected the name of a property"),
            }
        }
        required
    }

    fn member(&mut self, name: &str, property: &Json, at: &str, depth: usize) -> Option<Member> {
        self.count += 1;
        if self.count == MAX_MEMBERS + 1 {
            self.refuse(AT, &format!("a type has at most {MAX_MEMBERS} properties"));
        }
        if self.count > MAX_MEMBERS {
            return None;
        }
        if !matches!(property, Json::Object(_)) {
            self.refuse(at, "expected a schema");
            return None;
        }
        let marks = MARKS.map(|mark| self.mark(property, at, mark));
        let [is_fact, is_personal, is_money] = marks;
        self.name(name, at, is_fact);
        if is_fact && is_personal {
            self.refuse(&below(at, "x-facet"), "it is either a fact or personal");
        }
        if is_fact && depth > 0 {
            self.refuse(&below(at, "x-facet"), "inside a personal object or list nothing is a fact");
        }
        let shape = self.shape(property, at, is_fact, depth)?;
        let decimal = matches!(shape, Shape::Plain(Kind::Amount | Kind::SignedAmount));
        if is_money && !(is_fact && decimal) {
            self.refuse(&below(at, "x-money"), "only a number that is a fact (x-facet) is money to rules");
        }
        Some(Member { name: name.to_owned(), shape, is_fact, is_money, is_required: false })
    }

    fn name(&mut self, name: &str, at: &str, is_fact: bool) {
        let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let well_formed = name.len() <= MAX_NAME
            && name.bytes().all(letter)
            && name.bytes().next().is_some_and(|first| !first.is_ascii_digit());
        if !well_formed {
            self.refuse(at, &format!("a property's name has at most {MAX_NAME} letters, digits and _, no digit first"));
        } else if NOT_FOR_MEMBERS.contains(&name) || (is_fact && NOT_FOR_FACETS.contains(&name)) {
            self.refuse(at, "kulta keeps this name for itself: use another");
        }
    }

    fn mark(&mut self, property: &Json, at: &str, mark: &str) -> bool {
        match property.get(mark) {
            None | Some(Json::Bool(false)) => false,
            Some(Json::Bool(true)) => true,
            Some(_) => {
                self.refuse(&below(at, mark), "expected true or false");
                false
            }
        }
    }

    fn shape(&mut self, schema: &Json, at: &str, is_fact: bool, depth: usize) -> Option<Shape> {
        if let Some(words) = schema.get("enum") {
            return self.words(schema, words, at);
        }
        if let Some(forms) = schema.get("oneOf") {
            return self.decimal(schema, forms, at);
        }
        let plain = |kind| Some(Shape::Plain(kind));
        match schema.get("type").map(Json::as_str) {
            Some(Some("string")) => self.text(schema, at, is_fact),
            Some(Some("integer")) => self.marked(schema, at, &["type"]).and(plain(Kind::Integer)),
            Some(Some("boolean")) => self.marked(schema, at, &["type"]).and(plain(Kind::Boolean)),
            Some(Some("number")) => self.number(schema, at),
            Some(Some("object" | "array")) | None if is_fact => {
                let detail = "a fact is a string, a number, an integer or a boolean; others are personal";
                self.refuse(&below(at, "type"), detail);
                None
            }
            Some(Some("object" | "array")) if depth >= MAX_DEPTH => {
                self.refuse(at, &format!("more than {MAX_DEPTH} levels"));
                None
            }
            Some(Some("object")) if schema.get("properties").is_none() && schema.get("required").is_none() => {
                self.marked(schema, at, &["type", "additionalProperties"]).and(plain(Kind::Document))
            }
            Some(Some("object")) => Some(Shape::Object(self.object(schema, at, depth + 1))),
            Some(Some("array")) => self.list(schema, at, depth),
            None => self.marked(schema, at, &[]).and(plain(Kind::Any)),
            Some(_) => {
                self.refuse(&below(at, "type"), "expected string, number, integer, boolean, object or array");
                None
            }
        }
    }

    fn text(&mut self, schema: &Json, at: &str, is_fact: bool) -> Option<Shape> {
        let plain = |kind| Some(Shape::Plain(kind));
        let (most, usual) = if is_fact { (MAX_FACT, MAX_FACT) } else { (MAX_PERSONAL, USUAL_PERSONAL) };
        if let Some(meaning) = schema.get("x-kulta") {
            let kind = match meaning.as_str() {
                Some("currency") => Kind::Currency,
                Some("country") => Kind::Country,
                _ => {
                    self.refuse(&below(at, "x-kulta"), "expected currency or country");
                    return None;
                }
            };
            let pattern = schema.get("pattern").map(Json::as_str);
            if pattern.is_some_and(|pattern| pattern != kind.schema()["pattern"].as_str()) {
                self.refuse(&below(at, "pattern"), "patterns are not checked: leave it out");
            }
            return self.marked(schema, at, &["type", "x-kulta", "pattern"]).and(plain(kind));
        }
        if let Some(format) = schema.get("format") {
            if format.as_str() != Some("date") {
                self.refuse(&below(at, "format"), "expected date");
            }
            return self.marked(schema, at, &["type", "format"]).and(plain(Kind::Date));
        }
        let given = schema.get("maxLength");
        let length = given.map_or(Some(usual), |given| match given {
            Json::Number(digits) => digits.parse().ok().filter(|length| (1..=most).contains(length)),
            _ => None,
        });
        let Some(length) = length else {
            self.refuse(&below(at, "maxLength"), &format!("expected a whole number from 1 to {most}"));
            return None;
        };
        self.marked(schema, at, &["type", "maxLength"]).and(plain(Kind::Text(length)))
    }

    fn words(&mut self, schema: &Json, words: &Json, at: &str) -> Option<Shape> {
        self.marked(schema, at, &["type", "enum"])?;
        if schema.get("type").is_some_and(|of| of.as_str() != Some("string")) {
            self.refuse(&below(at, "type"), "expected string, as the words of an enum are");
        }
        let at = below(at, "enum");
        let words = match words {
            Json::Array(words) if (1..=MAX_WORDS).contains(&words.len()) => words,
            _ => {
                self.refuse(&at, &format!("expected a list of 1 to {MAX_WORDS} words"));
                return None;
            }
        };
        let mut known: Vec<String> = Vec::new();
        for (index, word) in words.iter().enumerate() {
            let word = word.as_str().filter(|word| (1..=MAX_WORD).contains(&word.chars().count()));
            match word.filter(|word| !known.iter().any(|other| other == word)) {
                Some(word) => known.push(word.to_owned()),
                None => {
                    let detail = format!("expected a text of 1 to {MAX_WORD} characters that is not there yet");
                    self.refuse(&format!("{at}/{index}"), &detail);
                }
            }
        }
        Some(Shape::OneOf(known))
    }

    /// A decimal as people write it.
    fn number(&mut self, schema: &Json, at: &str) -> Option<Shape> {
        self.marked(schema, at, &["type", "minimum"])?;
        match schema.get("minimum") {
            None => Some(Shape::Plain(Kind::SignedAmount)),
            Some(least @ Json::Number(_)) if least.as_decimal().is_some_and(|least| least.is_zero()) => {
                Some(Shape::Plain(Kind::Amount))
            }
            Some(_) => {
                self.refuse(&below(at, "minimum"), "expected 0");
                None
            }
        }
    }

    /// A decimal as it is served: a number, or a text with its digits.
    fn decimal(&mut self, schema: &Json, forms: &Json, at: &str) -> Option<Shape> {
        self.marked(schema, at, &["oneOf"])?;
        let served = |kind: &Kind| Json::parse(kind.schema()["oneOf"].to_string().as_bytes()).ok();
        let canonical = forms.canonical();
        let kind = [Kind::Amount, Kind::SignedAmount]
            .into_iter()
            .find(|kind| served(kind).is_some_and(|served| served.canonical() == canonical));
        if kind.is_none() {
            self.refuse(&below(at, "oneOf"), "alternatives are not checked: use \"type\": \"number\" for decimals");
        }
        kind.map(Shape::Plain)
    }

    fn list(&mut self, schema: &Json, at: &str, depth: usize) -> Option<Shape> {
        self.marked(schema, at, &["type", "items"])?;
        let at = below(at, "items");
        let items = match schema.get("items") {
            None => Shape::Plain(Kind::Any),
            Some(items @ Json::Object(_)) => {
                for mark in ["x-facet", "x-money"].into_iter().filter(|mark| items.get(mark).is_some()) {
                    self.refuse(&below(&at, mark), "inside a personal object or list nothing is a fact");
                }
                self.shape(items, &at, false, depth + 1)?
            }
            Some(_) => {
                self.refuse(&at, "expected a schema");
                return None;
            }
        };
        Some(Shape::List(Box::new(items)))
    }

    /// Refuses every keyword but these, the marks and the words for people; none when there is one.
    fn marked(&mut self, schema: &Json, at: &str, known: &[&str]) -> Option<()> {
        self.only(schema, at, &[known, &MARKS, &WORDS].concat()).then_some(())
    }

    fn only(&mut self, schema: &Json, at: &str, known: &[&str]) -> bool {
        let unknown = schema.members().iter().filter(|(keyword, _)| !known.contains(&keyword.as_str()));
        let unknown: Vec<_> = unknown.map(|(keyword, _)| below(at, keyword)).collect();
        for at in &unknown {
            self.refuse(at, "this keyword is not supported here");
        }
        unknown.is_empty()
    }

    /// Money needs a currency beside it.
    fn money(&mut self, members: &[Member]) {
        let currency = |member: &Member| {
            member.name == "currency" && member.is_fact && member.shape == Shape::Plain(Kind::Currency)
        };
        if members.iter().any(currency) {
            return;
        }
        for money in members.iter().filter(|member| member.is_money) {
            let detail = "money needs a property `currency` with \"x-kulta\": \"currency\" and \"x-facet\": true";
            self.refuse(&format!("{AT}/properties/{}/x-money", money.name), detail);
        }
    }
}
