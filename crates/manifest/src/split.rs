//! Several documents in one text, parted as kubectl does it.

use std::ops::Range;

/// The byte ranges between lines that begin with `---` (`apimachinery/pkg/util/yaml splitYAMLDocument`). The rest
/// of such a line is dropped, and the separator works inside a block scalar too.
pub fn documents(text: &str) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut start = 0;
    let mut from = 0;
    // A separator on the very first line has nothing before it.
    if text.starts_with("---") {
        start = next_line(text, 0);
        from = start.saturating_sub(1);
    }
    while let Some(found) = text[from..].find("\n---") {
        let end = from + found;
        out.push(start..(end + 1).max(start));
        start = next_line(text, end + 1);
        // Two separators may follow each other: the newline between them serves both.
        from = start.saturating_sub(1).max(end + 1);
    }
    out.push(start..text.len());
    out
}

fn next_line(text: &str, from: usize) -> usize {
    text[from..].find('\n').map_or(text.len(), |n| from + n + 1)
}
