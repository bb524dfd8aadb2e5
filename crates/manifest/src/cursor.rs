//! Where a cursor stands in a text that may be half-typed: found by indentation, line by line, not by parsing.

use crate::split;

/// A place in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The document's `apiVersion`, as far as it is written.
    pub api_version: String,
    /// The document's `kind`, as far as it is written.
    pub kind: String,
    /// The keys from the document's root down to the map that the cursor's key belongs to.
    pub path: Vec<String>,
    /// The column at which the cursor's line has its key, in bytes.
    pub column: usize,
    /// The key on the cursor's line, when the cursor is behind it; none when a key is being typed.
    pub key: Option<String>,
    /// What is typed so far of the key or the value.
    pub typed: String,
    /// Keys that the same map has already.
    pub siblings: Vec<String>,
}

/// A line's shape: `indent`, dashes, `key:`, rest.
struct Line<'t> {
    /// The column of the first dash, if there is one.
    dash: Option<usize>,
    /// The column of what stands behind the dashes.
    column: usize,
    /// The key, if there is one.
    key: Option<&'t str>,
    /// What stands behind the key, else the whole content.
    rest: &'t str,
}

fn read(line: &str) -> Option<Line<'_>> {
    let mut column = line.len() - line.trim_start_matches(' ').len();
    let mut content = &line[column..];
    let mut dash = None;
    while let Some(after) =
        content.strip_prefix("- ").or_else(|| content.strip_prefix('-').filter(|r| r.is_empty()))
    {
        dash.get_or_insert(column);
        let blanks = after.len() - after.trim_start_matches(' ').len();
        column += content.len() - after.len() + blanks;
        content = &after[blanks..];
    }
    if content.starts_with('#') || (content.is_empty() && dash.is_none()) {
        return None;
    }
    let end = content.find(": ").or_else(|| content.strip_suffix(':').map(str::len));
    let key = end.map(|end| content[..end].trim_matches(['"', '\'']));
    let rest = end.map_or(content, |end| content[end + 1..].trim_start());
    Some(Line { dash, column, key, rest })
}

/// Finds the place of a byte offset.
pub fn locate(text: &str, offset: usize) -> Cursor {
    let offset = text.floor_char_boundary(offset.min(text.len()));
    let range = split::documents(text).into_iter().rfind(|r| r.start <= offset).unwrap_or(0..text.len());
    // On the line that parts documents, the cursor counts as the end of the one before.
    let offset = offset.min(range.end);
    let document = &text[range.clone()];
    let before = &text[range.start..offset];
    let line_start = before.rfind('\n').map_or(0, |n| n + 1);
    let current = &before[line_start..];
    let top = |name: &str| {
        let lines = document.lines().filter(|l| !l.starts_with(' '));
        lines
            .filter_map(read)
            .find(|l| l.key == Some(name))
            .map_or(String::new(), |l| l.rest.trim_matches(['"', '\'', ' ']).to_string())
    };
    let mut cursor = Cursor {
        api_version: top("apiVersion"),
        kind: top("kind"),
        path: Vec::new(),
        column: 0,
        key: None,
        typed: String::new(),
        siblings: Vec::new(),
    };
    // A line of blanks alone stands for a key at its own column.
    let shape = read(current).unwrap_or(Line { dash: None, column: current.len(), key: None, rest: "" });
    cursor.column = shape.column;
    cursor.key = shape.key.map(str::to_string);
    cursor.typed = shape.rest.to_string();

    let mut column = shape.column;
    // Behind a dash, the list's own key may stand at the dash's column.
    let mut at_most = shape.dash.map(|d| d + 1);
    let same_item = shape.dash.is_none();
    let mut collecting = same_item;
    for line in document[..line_start].lines().rev().filter_map(read) {
        let Some(key) = line.key else { continue };
        if at_most.is_none() && line.column == column {
            if collecting {
                cursor.siblings.push(key.to_string());
            }
            if let Some(dash) = line.dash {
                collecting = false;
                at_most = Some(dash + 1);
            }
            continue;
        }
        if line.column < at_most.unwrap_or(column) {
            collecting = false;
            cursor.path.push(key.to_string());
            column = line.column;
            at_most = line.dash.map(|d| d + 1);
        }
    }
    cursor.path.reverse();
    // Keys below the cursor's line belong to the same map as long as they stand at its column.
    for line in text[offset..range.end].lines().skip(1).filter_map(read) {
        if line.column < shape.column || line.dash.is_some_and(|d| d < shape.column) {
            break;
        }
        if line.column == shape.column
            && let Some(key) = line.key
        {
            cursor.siblings.push(key.to_string());
        }
    }
    cursor
}
