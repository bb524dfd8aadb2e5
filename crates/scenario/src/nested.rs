//! Texts within a text: manifests in an action, behaviours in an annotation. What is wrong in them is shown where it
//! stands in the text around them.

use lifepod_manifest::{Diagnostic, Document, Hint, Lines};
use std::ops::Range;

/// The place of each finding on the inner text in the outer one: `field` is the outer document's field that holds it.
pub(crate) fn lift(
    outer: &str,
    document: &Document,
    index: usize,
    field: &str,
    inner: &str,
    findings: Vec<Diagnostic>,
) -> Vec<Diagnostic> {
    let lines = Lines::new(outer);
    let written = document.span_of(field);
    let lift = |found: Diagnostic| {
        let message = Hint::of(found.message, found.message_zh);
        let around = document.finding(&lines, index, found.severity, field, &message, &found.hint);
        match place(outer, &written, inner, &found.range) {
            Some(range) => {
                let (line, column) = lines.position(range.start);
                Diagnostic { range, line, column, ..around }
            }
            None if inner.contains('\n') => {
                let line = found.line;
                let message = format!("in line {line}: {}", around.message);
                // Kubernetes' words have no other language.
                let message_zh = match around.message_zh.is_empty() {
                    true => format!("第 {line} 行：{}", around.message),
                    false => format!("第 {line} 行：{}", around.message_zh),
                };
                Diagnostic { message, message_zh, ..around }
            }
            None => around,
        }
    };
    findings.into_iter().map(lift).collect()
}

/// Where a range of the inner text stands in the outer one; none when it is written in another way there.
fn place(outer: &str, written: &Range<usize>, inner: &str, range: &Range<usize>) -> Option<Range<usize>> {
    let wanted = inner.get(range.clone())?;
    let line_start = |text: &str, at: usize| Some(text.get(..at)?.rfind('\n').map_or(0, |n| n + 1));
    let first_line = line_start(outer, written.start)?;
    let before = outer.get(first_line..written.start)?;
    let at = if before.trim().is_empty() {
        // A block: its lines are indented as the first one is.
        let column = range.start - line_start(inner, range.start)?;
        let row = inner.get(..range.start)?.matches('\n').count();
        let above: usize = outer.get(first_line..)?.split_inclusive('\n').take(row).map(str::len).sum();
        first_line + above + before.len() + column
    } else {
        let quote = usize::from(outer.get(written.start..)?.starts_with(['"', '\'']));
        written.start + quote + range.start
    };
    let range = at..at + wanted.len();
    (outer.get(range.clone()) == Some(wanted)).then_some(range)
}
