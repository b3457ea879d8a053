//! CloudEvents in binary mode, whatever carries them: attributes and data, written as one document in structured form.

use kulta_events::Problem;
use serde_json::value::RawValue;

use super::Arrival;

/// The structured form, being written.
#[derive(Debug, Default)]
pub struct Parts {
    text: String,
    problems: Vec<Problem>,
    source: Option<String>,
    id: Option<String>,
}

impl Parts {
    /// An attribute.
    pub fn attribute(&mut self, name: &str, value: String) {
        self.member(name, &serde_json::Value::from(&*value).to_string());
        match name {
            "source" => self.source = Some(value),
            "id" => self.id = Some(value),
            _ => {}
        }
    }

    /// An attribute, or what stands in its place, cannot be used.
    pub fn refuse(&mut self, name: &str, detail: &str) {
        self.problems.push(Problem::new("malformed", format!("/{name}"), detail));
    }

    /// The data, and its media type.
    pub fn data(&mut self, content_type: Option<&str>, data: &[u8]) {
        if let Some(content_type) = content_type {
            self.member("datacontenttype", &serde_json::Value::from(content_type).to_string());
        }
        if data.trim_ascii().is_empty() {
            return;
        }
        if !content_type.is_none_or(is_json) {
            // Other data is not looked at: the validator refuses it by its type.
            return self.as_text(data);
        }
        // Checked by itself first: spliced in unchecked, it could close the object around it.
        match serde_json::from_slice::<&RawValue>(data) {
            Ok(data) => self.member("data", data.get()),
            Err(error) => {
                let detail = format!("not JSON at line {} column {}", error.line(), error.column());
                self.problems.push(Problem::new("malformed", "/data", detail));
                self.as_text(data);
            }
        }
    }

    /// The whole event, and its source and id as far as they are there.
    pub fn finish(mut self, origin: String) -> (Arrival, Option<String>, Option<String>) {
        let close = if self.text.is_empty() { "{}" } else { "}" };
        self.text.push_str(close);
        (Arrival { text: self.text.into(), problems: self.problems, origin }, self.source, self.id)
    }

    /// Data that is no JSON, for a person to see.
    fn as_text(&mut self, data: &[u8]) {
        let text = serde_json::Value::from(String::from_utf8_lossy(data));
        self.member("data", &text.to_string());
    }

    fn member(&mut self, name: &str, json: &str) {
        self.text.push(if self.text.is_empty() { '{' } else { ',' });
        self.text.push_str(&serde_json::Value::from(name).to_string());
        self.text.push(':');
        self.text.push_str(json);
    }
}

fn is_json(content_type: &str) -> bool {
    let media = media_type(content_type);
    media == "application/json" || media.ends_with("+json")
}

/// A media type without its parameters.
pub fn media_type(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
