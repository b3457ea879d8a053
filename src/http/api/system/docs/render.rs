//! From the OpenAPI document to a page.

use std::collections::BTreeMap;

use maud::{DOCTYPE, Markup, html};
use serde_json::Value;

/// The methods that an address may have, in the order in which they are shown.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// One method of one address.
struct Operation<'a> {
    path: &'a str,
    method: &'static str,
    value: &'a Value,
}

/// The page.
pub fn page(document: &Value) -> Markup {
    let tags = by_tag(document);
    let version = text(&document["info"]["version"]);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "kulta API" }
                link rel="stylesheet" href="/docs/style.css";
            }
            body {
                h1 { "kulta API " small { (version) } }
                p { (text(&document["info"]["description"])) " Machines read " a href="/openapi.json" { "openapi.json" } "." }
                nav { ul { @for tag in tags.keys() { li { a href={ "#" (slug(tag)) } { (tag) } } } li { a href="#schemas" { "schemas" } } } }
                @for (tag, operations) in &tags {
                    h2 id=(slug(tag)) { (tag) }
                    @for operation in operations { (operation.markup()) }
                }
                h2 id="schemas" { "Schemas" }
                @for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
                    details id={ "schema-" (name) } {
                        summary { code { (name) } span.title { (text(&schema["description"])) } }
                        (members(schema))
                    }
                }
            }
        }
    }
}

fn by_tag(document: &Value) -> BTreeMap<&str, Vec<Operation<'_>>> {
    let mut tags: BTreeMap<&str, Vec<Operation<'_>>> = BTreeMap::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for method in METHODS {
            if let Some(value) = item.get(method) {
                let tag = value["tags"][0].as_str().unwrap_or("other");
                tags.entry(tag).or_default().push(Operation { path, method, value });
            }
        }
    }
    tags
}

impl Operation<'_> {
    fn markup(&self) -> Markup {
        let bodies = self.value["requestBody"]["content"].as_object();
        let parameters = self.value["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
        html! {
            details id=(text(&self.value["operationId"])) {
                summary {
                    span.method { (self.method.to_uppercase()) }
                    code { (self.path) }
                    span.title { (text(&self.value["summary"])) }
                }
                @for paragraph in text(&self.value["description"]).split("\n\n").filter(|text| !text.is_empty()) {
                    p { (paragraph) }
                }
                @if !parameters.is_empty() {
                    h3 { "Parameters" }
                    table { @for parameter in parameters {
                        tr {
                            td { code { (text(&parameter["name"])) } }
                            td { (text(&parameter["in"])) }
                            td { (text(&parameter["description"])) }
                        }
                    } }
                }
                @if let Some(bodies) = bodies {
                    h3 { "Body" }
                    @for (media, body) in bodies {
                        p { code { (media) } " " (kind(&body["schema"])) }
                        @if let Some(example) = body.get("example") { pre { (pretty(example)) } }
                    }
                }
                h3 { "Answers" }
                table { @for (status, response) in self.value["responses"].as_object().into_iter().flatten() {
                    tr {
                        td { code { (status) } }
                        td { (text(&response["description"])) }
                        td { @for (_, body) in response["content"].as_object().into_iter().flatten() { (kind(&body["schema"])) } }
                    }
                } }
            }
        }
    }
}

fn members(schema: &Value) -> Markup {
    // A flattened schema is a list of parts.
    let parts = schema["allOf"].as_array().map_or_else(|| vec![schema], |parts| parts.iter().collect());
    html! {
        @for part in parts {
            @if part.get("$ref").is_some() { p { "As " (kind(part)) ", and:" } }
            table { @for (name, member) in part["properties"].as_object().into_iter().flatten() {
                tr { td { code { (name) } } td { (kind(member)) } td { (text(&member["description"])) } }
            } }
        }
    }
}

/// What a value is, in a few words; named schemas are linked.
fn kind(schema: &Value) -> Markup {
    if let Some(name) = schema["$ref"].as_str().and_then(|place| place.rsplit('/').next()) {
        return html! { a href={ "#schema-" (name) } { (name) } };
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let named: Vec<_> = choices.iter().filter(|choice| choice["type"] != "null").collect();
        return html! { @for choice in named { (kind(choice)) } " or nothing" };
    }
    match (&schema["type"], schema.get("items")) {
        (_, Some(items)) => html! { "list of " (kind(items)) },
        (Value::Array(types), _) => html! { (text(&types[0])) " or nothing" },
        (_, None) if schema["properties"].is_object() => members(schema),
        (of, _) => html! { (text(of)) },
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

fn slug(tag: &str) -> String {
    tag.replace(' ', "-")
}
