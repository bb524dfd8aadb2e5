//! What is wrong with a text, and where.

use crate::fix::Fix;
use crate::hint::Hint;
use crate::lint::Lint;
use std::ops::Range;

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The API server refuses the document.
    Error,
    /// The API server takes it, but it may not mean what it says.
    Warning,
}

/// One finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// How much it matters.
    pub severity: Severity,
    /// The index of the document in [`Parsed::documents`](crate::Parsed::documents); for text that makes no
    /// document, of the one that would have been next.
    pub document: usize,
    /// The field, such as `spec.containers[0].image`; empty for the document as a whole.
    pub path: String,
    /// In the words of the API server or kubectl where they have any.
    pub message: String,
    /// The same in Simplified Chinese; empty for Kubernetes' words, which have no other language.
    pub message_zh: String,
    /// What to do, in our own words; empty where the message says it.
    pub hint: Hint,
    /// Changes of the text that mend it, the likeliest first.
    pub fixes: Vec<Fix>,
    /// The text is no YAML or JSON there: kubectl reads no further.
    pub unreadable: bool,
    /// The lint that found it; none for what the API server or kubectl would say.
    pub lint: Option<Lint>,
    /// The characters meant, as byte offsets.
    pub range: Range<usize>,
    /// The first character's line, from 1.
    pub line: usize,
    /// The first character's column, from 1, in characters.
    pub column: usize,
}

impl Diagnostic {
    /// A finding at a place of a text: what goes past the place's first line is not underlined.
    pub fn new(severity: Severity, message: impl Into<String>, range: Range<usize>, lines: &Lines) -> Self {
        let range = lines.first_line(range);
        let (line, column) = lines.position(range.start);
        Diagnostic {
            severity,
            document: 0,
            path: String::new(),
            message: message.into(),
            message_zh: String::new(),
            hint: Hint::NONE,
            fixes: Vec::new(),
            unreadable: false,
            lint: None,
            range,
            line,
            column,
        }
    }
}

/// Where the lines of a text begin.
#[derive(Debug)]
pub struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// Looks for the line ends of a text.
    pub fn new(text: &'a str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at + 1);
        Lines { text, starts: std::iter::once(0).chain(ends).collect() }
    }

    /// The text.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// Line and column, both from 1, of a byte offset; the column counts characters.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let offset = self.text.floor_char_boundary(offset);
        let line = self.starts.partition_point(|start| *start <= offset) - 1;
        (line + 1, self.text[self.starts[line]..offset].chars().count() + 1)
    }

    /// A range of bytes, cut at the end of its first line: more is not underlined.
    pub fn first_line(&self, range: Range<usize>) -> Range<usize> {
        let start = self.text.floor_char_boundary(range.start);
        let end = self.text.floor_char_boundary(range.end).max(start);
        let text = &self.text[start..end];
        // A lone line end may be meant itself.
        start..start + text.find('\n').filter(|at| *at > 0).unwrap_or(text.len())
    }

    /// The byte offset at which a line, from 1, begins; the text's end for lines behind it.
    pub fn start(&self, line: usize) -> usize {
        self.starts.get(line.saturating_sub(1)).copied().unwrap_or(self.text.len())
    }
}
