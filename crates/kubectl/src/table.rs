//! Tables: the server's rows, with what the client adds to them
//! (`cli-runtime/pkg/printers/tableprinter.go`).

use crate::age::Micros;
use crate::args::Args;
use crate::json::{Json, format_labels};
use crate::kinds::Kind;
use crate::rows;
use crate::snapshot::namespace_of;
use crate::tabwriter::{TabWriter, escape};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use serde_json::Value;

/// How the table of one type is printed.
pub(crate) struct Table<'a> {
    kind: &'static Kind,
    wide: bool,
    with_namespace: bool,
    with_kind: bool,
    with_event: bool,
    show_labels: bool,
    label_columns: Vec<&'a str>,
}

impl<'a> Table<'a> {
    pub(crate) fn new(kind: &'static Kind, args: &'a Args, with_kind: bool) -> Self {
        Self {
            kind,
            wide: args.value("output") == Some("wide"),
            with_namespace: args.is_set("all-namespaces") && kind.namespaced,
            with_kind: with_kind || args.is_set("show-kind"),
            with_event: args.is_set("output-watch-events"),
            show_labels: args.is_set("show-labels"),
            label_columns: args.values("label-columns").filter(|l| !l.is_empty()).collect(),
        }
    }

    /// The columns of the kind: for each its header, whether it is shown, and whether it holds the name.
    fn columns(&self) -> impl Iterator<Item = (&'static str, bool, bool)> {
        let wide = self.wide;
        rows::columns(self.kind.kind).split('|').map(move |column| {
            let header = column.trim_start_matches(['+', '*']);
            (header, wide || !column.starts_with('+'), header == "NAME")
        })
    }

    /// Writes the line of headers.
    pub(crate) fn header(&self, w: &mut TabWriter) {
        let mut line: Vec<String> = Vec::new();
        if self.with_event {
            line.push("EVENT".into());
        }
        if self.with_namespace {
            line.push("NAMESPACE".into());
        }
        line.extend(self.columns().filter(|c| c.1).map(|c| c.0.into()));
        line.extend(self.label_columns.iter().map(|l| l.rsplit('/').next().unwrap_or("").to_uppercase()));
        if self.show_labels {
            line.push("LABELS".into());
        }
        write_line(w, &line);
    }

    /// Writes an object's line; `event` is the type of the watch event that brought it.
    pub(crate) fn row(&self, w: &mut TabWriter, object: &Value, now: Micros, event: &str) {
        let mut line: Vec<String> = Vec::new();
        if self.with_event {
            line.push(format!("{event:<8}"));
        }
        if self.with_namespace {
            line.push(namespace_of(object).into());
        }
        let cells = rows::cells(self.kind.kind, object, now);
        for ((_, shown, is_name), cell) in self.columns().zip(cells) {
            if shown {
                line.push(if is_name && self.with_kind {
                    format!("{}/{cell}", self.kind.prefix())
                } else {
                    cell
                });
            }
        }
        let labels = object.at("metadata.labels");
        line.extend(self.label_columns.iter().map(|l| labels.entry(l).as_str().unwrap_or("").into()));
        if self.show_labels {
            line.push(format_labels(object, "metadata.labels"));
        }
        write_line(w, &line);
    }
}

/// Writes cells as one line; each is cut at its first line break.
fn write_line(w: &mut TabWriter, cells: &[String]) {
    for (i, cell) in cells.iter().enumerate() {
        if i > 0 {
            w.write("\t");
        }
        match cell.find(['\u{c}', '\n', '\r']) {
            Some(end) => {
                w.write(&escape(&cell[..end]));
                w.write("...");
            }
            None => w.write(&escape(cell)),
        }
    }
    w.write("\n");
}
