//! JSON text to a [`Tree`], with the errors of Go's decoder.

use crate::hint::Hint;
use crate::tree::{Entry, Node, NodeId, NodeKind, Tree};
use crate::yaml::SyntaxError;
use serde_json::Value;

/// Values may stand this deep in each other.
const NESTING_LIMIT: usize = 200;

/// Reads one JSON document. `base` is its byte offset in the whole text, and is added to all spans.
pub fn parse(text: &str, base: usize) -> Result<Tree, SyntaxError> {
    let mut reader = Reader { text, at: 0, base, tree: Tree::default() };
    reader.blanks();
    reader.value(0)?;
    reader.blanks();
    match reader.peek() {
        None => Ok(reader.tree),
        Some(_) => Err(reader.invalid("after top-level value")),
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    base: usize,
    tree: Tree,
}

type Read<T> = Result<T, SyntaxError>;

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Go's `json.SyntaxError` for the character that stands here.
    fn invalid(&self, context: &str) -> SyntaxError {
        let rest = &self.text[self.text.floor_char_boundary(self.at)..];
        let message = match rest.chars().next() {
            None => "unexpected end of JSON input".to_string(),
            Some('\'') => format!("invalid character '\\'' {context}"),
            Some('"') => format!("invalid character '\"' {context}"),
            Some(c) => format!("invalid character '{}' {context}", c.escape_debug()),
        };
        self.error(message)
    }

    fn error(&self, message: String) -> SyntaxError {
        let at = self.text.floor_char_boundary(self.at);
        let length = self.text[at..].chars().next().map_or(0, char::len_utf8);
        let line = self.text[..at].matches('\n').count() + 1;
        let span = self.base + at..self.base + at + length;
        SyntaxError { message, hint: Hint::NONE, span, upstream_line: line }
    }

    fn add(&mut self, kind: NodeKind, start: usize) -> NodeId {
        self.tree.nodes.push(Node { span: self.base + start..self.base + self.at, kind });
        self.tree.nodes.len() - 1
    }

    fn value(&mut self, depth: usize) -> Read<NodeId> {
        if depth > NESTING_LIMIT {
            return Err(self.error("exceeded max depth".to_string()));
        }
        let start = self.at;
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => {
                let text = self.string()?;
                Ok(self.add(NodeKind::Scalar(Value::String(text)), start))
            }
            Some(b't') => self.literal("true", Value::Bool(true)),
            Some(b'f') => self.literal("false", Value::Bool(false)),
            Some(b'n') => self.literal("null", Value::Null),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.invalid("looking for beginning of value")),
        }
    }

    fn object(&mut self, depth: usize) -> Read<NodeId> {
        let start = self.at;
        let id = self.add(NodeKind::Mapping(Vec::new()), start);
        self.at += 1;
        let mut entries = Vec::new();
        self.blanks();
        if !self.take(b'}') {
            loop {
                self.blanks();
                if self.peek() != Some(b'"') {
                    return Err(self.invalid("looking for beginning of object key string"));
                }
                let key_start = self.at;
                let key = self.string()?;
                let key_span = self.base + key_start..self.base + self.at;
                self.blanks();
                if !self.take(b':') {
                    return Err(self.invalid("after object key"));
                }
                self.blanks();
                let value = self.value(depth + 1)?;
                entries.push(Entry { key, key_span, value, merge: false });
                self.blanks();
                if self.take(b'}') {
                    break;
                }
                if !self.take(b',') {
                    return Err(self.invalid("after object key:value pair"));
                }
            }
        }
        self.close(id, NodeKind::Mapping(entries));
        Ok(id)
    }

    fn array(&mut self, depth: usize) -> Read<NodeId> {
        let start = self.at;
        let id = self.add(NodeKind::Sequence(Vec::new()), start);
        self.at += 1;
        let mut items = Vec::new();
        self.blanks();
        if !self.take(b']') {
            loop {
                self.blanks();
                items.push(self.value(depth + 1)?);
                self.blanks();
                if self.take(b']') {
                    break;
                }
                if !self.take(b',') {
                    return Err(self.invalid("after array element"));
                }
            }
        }
        self.close(id, NodeKind::Sequence(items));
        Ok(id)
    }

    fn close(&mut self, id: NodeId, kind: NodeKind) {
        self.tree.nodes[id].kind = kind;
        self.tree.nodes[id].span.end = self.base + self.at;
    }

    fn literal(&mut self, word: &str, value: Value) -> Read<NodeId> {
        let start = self.at;
        for byte in word.bytes() {
            if !self.take(byte) {
                return Err(self.invalid(&format!("in literal {word} (expecting '{}')", byte as char)));
            }
        }
        Ok(self.add(NodeKind::Scalar(value), start))
    }

    fn number(&mut self) -> Read<NodeId> {
        let start = self.at;
        self.take(b'-');
        if !self.take(b'0') && self.digits() == 0 {
            return Err(self.invalid("in numeric literal"));
        }
        if self.take(b'.') && self.digits() == 0 {
            return Err(self.invalid("after decimal point in numeric literal"));
        }
        if self.take(b'e') || self.take(b'E') {
            let _ = self.take(b'+') || self.take(b'-');
            if self.digits() == 0 {
                return Err(self.invalid("in exponent of numeric literal"));
            }
        }
        let value = serde_json::from_str(&self.text[start..self.at]).unwrap_or(Value::Null);
        Ok(self.add(NodeKind::Scalar(value), start))
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - start
    }

    fn string(&mut self) -> Read<String> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest.find(|c: char| c == '"' || c == '\\' || c < ' ').unwrap_or(rest.len());
            out.push_str(&rest[..plain]);
            self.at += plain;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    self.at += 1;
                    out.push(self.escape()?);
                }
                _ => return Err(self.invalid("in string literal")),
            }
        }
    }

    fn escape(&mut self) -> Read<char> {
        let c = match self.peek() {
            Some(c @ (b'"' | b'\\' | b'/')) => c as char,
            Some(b'b') => '\x08',
            Some(b'f') => '\x0c',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                let high = self.hex()?;
                // A lone half of a surrogate pair becomes U+FFFD, as in Go.
                if (0xd800..0xdc00).contains(&high) && self.text[self.at..].starts_with("\\u") {
                    let back = self.at;
                    self.at += 2;
                    let low = self.hex()?;
                    if (0xdc00..0xe000).contains(&low) {
                        let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                        return Ok(char::from_u32(code).unwrap_or('\u{fffd}'));
                    }
                    self.at = back;
                }
                return Ok(char::from_u32(high).unwrap_or('\u{fffd}'));
            }
            _ => return Err(self.invalid("in string escape code")),
        };
        self.at += 1;
        Ok(c)
    }

    fn hex(&mut self) -> Read<u32> {
        let mut code = 0;
        for _ in 0..4 {
            let Some(digit) = self.peek().and_then(|b| (b as char).to_digit(16)) else {
                return Err(self.invalid("in \\u hexadecimal character escape"));
            };
            code = code << 4 | digit;
            self.at += 1;
        }
        Ok(code)
    }
}
