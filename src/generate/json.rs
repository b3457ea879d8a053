//! JSON text, written straight: nothing that the generator writes needs escapes except what [`Object::text`] is given.

/// An object that is being written.
#[derive(Debug)]
pub struct Object<'a> {
    out: &'a mut String,
    empty: bool,
}

impl<'a> Object<'a> {
    /// Opens an object.
    pub fn open(out: &'a mut String) -> Self {
        out.push('{');
        Self { out, empty: true }
    }

    fn name(&mut self, name: &str) {
        if !self.empty {
            self.out.push(',');
        }
        self.empty = false;
        self.out.push('"');
        self.out.push_str(name);
        self.out.push_str("\":");
    }

    /// A member with text.
    pub fn text(&mut self, name: &str, text: &str) -> &mut Self {
        self.with(name, |out| out.push_str(text))
    }

    /// A member with the text that `write` writes.
    pub fn with(&mut self, name: &str, write: impl FnOnce(&mut String)) -> &mut Self {
        self.name(name);
        self.out.push('"');
        let start = self.out.len();
        write(self.out);
        escape(self.out, start);
        self.out.push('"');
        self
    }

    /// A member with what `write` writes, as it stands.
    pub fn raw(&mut self, name: &str, write: impl FnOnce(&mut String)) -> &mut Self {
        self.name(name);
        write(self.out);
        self
    }

    /// A member that is an object.
    pub fn object(&mut self, name: &str, fill: impl FnOnce(&mut Object<'_>)) -> &mut Self {
        self.name(name);
        let mut object = Object::open(self.out);
        fill(&mut object);
        object.close();
        self
    }

    /// Closes it.
    pub fn close(self) {
        self.out.push('}');
    }
}

/// Escapes what stands from byte `start` on.
fn escape(out: &mut String, start: usize) {
    if !out.as_bytes()[start..].iter().any(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)) {
        return;
    }
    let text = out.split_off(start);
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\0'..='\x1f' => out.push(' '),
            _ => out.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Object;

    #[test]
    fn writes_json() {
        let mut out = String::new();
        let mut object = Object::open(&mut out);
        object.text("a", "x \"y\" \\").raw("b", |out| out.push_str("[1]")).object("c", |c| {
            c.with("d", |out| out.push('ä'));
        });
        object.object("e", |_| {});
        object.close();
        assert_eq!(out, r#"{"a":"x \"y\" \\","b":[1],"c":{"d":"ä"},"e":{}}"#);
    }
}
