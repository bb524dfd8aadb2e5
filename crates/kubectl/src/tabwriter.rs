//! Columns from tabs, by the rules of Go's `text/tabwriter` and of the fork of it that `kubectl get` uses.

use alloc::string::String;
use alloc::vec::Vec;

/// Text whose cells end at tabs, aligned when it is flushed.
///
/// A column is a run of consecutive lines that all have a cell there; its width is that of its widest cell plus
/// the padding. The text after a line's last tab belongs to no column.
pub(crate) struct TabWriter {
    min_width: usize,
    padding: usize,
    /// The widths that columns had so far, by position: later ones are never narrower
    /// (`RememberWidths` of `github.com/liggitt/tabwriter`).
    remembered: Option<Vec<usize>>,
    buffer: String,
    out: String,
}

impl TabWriter {
    /// As `kubectl get` sets it up (`printers.GetNewTabWriter`).
    pub(crate) fn for_tables() -> Self {
        Self {
            min_width: 6,
            padding: 3,
            remembered: Some(Vec::new()),
            buffer: String::new(),
            out: String::new(),
        }
    }

    /// As `kubectl describe` sets it up (`tabbedString`).
    pub(crate) fn for_descriptions() -> Self {
        Self { min_width: 0, padding: 2, remembered: None, buffer: String::new(), out: String::new() }
    }

    /// Adds text; lines end at `\n`, cells at `\t`.
    pub(crate) fn write(&mut self, text: &str) {
        self.buffer.push_str(text);
    }

    /// Aligns what was written since the last flush. A later line never joins a column of an earlier one.
    pub(crate) fn flush(&mut self) {
        let buffer = core::mem::take(&mut self.buffer);
        if buffer.is_empty() {
            return;
        }
        // A form feed ends a line as a newline does; a vertical tab ends a cell as a tab does.
        let lines: Vec<Vec<&str>> =
            buffer.split(['\n', '\u{c}']).map(|line| line.split(['\t', '\u{b}']).collect()).collect();
        self.format(&lines, &mut Vec::new());
        // The piece after the last newline is a line only when something stands in it.
        self.out.pop();
    }

    /// Forgets the widths that were remembered so far.
    pub(crate) fn forget_widths(&mut self) {
        if let Some(widths) = &mut self.remembered {
            widths.clear();
        }
    }

    /// What was flushed since the last call.
    pub(crate) fn take(&mut self) -> String {
        core::mem::take(&mut self.out)
    }

    /// What was written, not aligned.
    pub(crate) fn raw(self) -> String {
        self.buffer
    }

    /// Flushes, and gives all text.
    pub(crate) fn finish(mut self) -> String {
        self.flush();
        self.out
    }

    /// Lays out lines that share the columns of `widths`: finds each block of lines with one more cell, measures
    /// that column, and descends into it.
    fn format(&mut self, lines: &[Vec<&str>], widths: &mut Vec<usize>) {
        let column = widths.len();
        let has_cell = |line: &Vec<&str>| column + 1 < line.len();
        let mut rest = lines;
        while let Some(begin) = rest.iter().position(has_cell) {
            self.emit(&rest[..begin], widths);
            let block = &rest[begin..];
            let block = &block[..block.iter().position(|l| !has_cell(l)).unwrap_or(block.len())];
            let longest = block.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
            let width = self.remember(column, self.min_width.max(longest + self.padding), widths);
            widths.push(width);
            self.format(block, widths);
            widths.pop();
            rest = &rest[begin + block.len()..];
        }
        self.emit(rest, widths);
    }

    /// The width of a column, given the widths that its position had before.
    fn remember(&mut self, column: usize, width: usize, widths: &[usize]) -> usize {
        let Some(remembered) = &mut self.remembered else { return width };
        if remembered.len() < column {
            remembered.extend_from_slice(&widths[remembered.len()..]);
        }
        match remembered.get_mut(column) {
            None => remembered.push(width),
            Some(before) if *before > width => return *before,
            Some(before) => *before = width,
        }
        width
    }

    fn emit(&mut self, lines: &[Vec<&str>], widths: &[usize]) {
        for line in lines {
            for (i, cell) in line.iter().enumerate() {
                self.out.push_str(cell);
                if i + 1 < line.len()
                    && let Some(width) = widths.get(i)
                {
                    let pad = width.saturating_sub(cell.chars().count());
                    self.out.extend(core::iter::repeat_n(' ', pad));
                }
            }
            self.out.push('\n');
        }
    }
}

/// Makes control characters that a terminal would act on visible (`printers.WriteEscaped`).
pub(crate) fn escape(text: &str) -> String {
    if !text.contains(['\u{1b}', '\r']) {
        return text.into();
    }
    text.replace('\u{1b}', "^[").replace('\r', "\\r")
}
