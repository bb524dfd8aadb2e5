//! Fields under construction: where expanded text is split, and what of it is quoted.

use crate::shell::pattern::{self};
use alloc::string::String;
use alloc::vec::Vec;

/// A field under construction: its text, and the same as a pattern in which quoted characters are escaped.
#[derive(Clone, Debug, Default)]
pub(super) struct Field {
    pub(super) text: String,
    pub(super) pattern: String,
    pub(super) quoted: bool,
}

/// Where expanded text goes.
pub(super) struct Sink {
    pub(super) split: Option<String>,
    pub(super) done: Vec<Field>,
    pub(super) current: Option<Field>,
    /// The last field was ended by white space of the value that is being split.
    pub(super) ended_by_space: bool,
}

impl Sink {
    pub(super) fn new(split: Option<String>) -> Self {
        Sink { split, done: Vec::new(), current: None, ended_by_space: false }
    }

    pub(super) fn field(&mut self) -> &mut Field {
        self.ended_by_space = false;
        self.current.get_or_insert_with(Field::default)
    }

    pub(super) fn literal(&mut self, text: &str) {
        let field = self.field();
        field.text.push_str(text);
        field.pattern.push_str(text);
    }

    pub(super) fn quoted(&mut self, text: &str) {
        let field = self.field();
        field.text.push_str(text);
        pattern::quote(text, &mut field.pattern);
        field.quoted = true;
    }

    /// Text that came from an unquoted expansion: it is split, and glob characters in it work.
    pub(super) fn value(&mut self, text: &str) {
        let Some(ifs) = self.split.clone() else {
            self.literal(text);
            return;
        };
        for c in text.chars() {
            if !ifs.contains(c) {
                let field = self.field();
                field.text.push(c);
                if c == '\\' {
                    field.pattern.push('\\');
                }
                field.pattern.push(c);
                continue;
            }
            let space = " \t\n".contains(c);
            if space {
                if let Some(field) = self.current.take() {
                    self.done.push(field);
                    self.ended_by_space = true;
                }
            } else if self.ended_by_space {
                self.ended_by_space = false;
            } else {
                let field = self.current.take().unwrap_or_default();
                self.done.push(field);
            }
        }
    }

    pub(super) fn break_field(&mut self) {
        if let Some(field) = self.current.take() {
            self.done.push(field);
        }
    }

    pub(super) fn finish(mut self) -> Vec<Field> {
        self.break_field();
        self.done
    }
}
