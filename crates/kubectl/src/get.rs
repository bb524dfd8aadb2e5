//! `kubectl get` (`kubectl/pkg/cmd/get/get.go`).

use crate::age::Micros;
use crate::args::Args;
use crate::kinds::Kind;
use crate::output::Output;
use crate::print;
use crate::snapshot::{Snapshot, namespace_of};
use crate::sort::sort_by;
use crate::table::Table;
use crate::tabwriter::TabWriter;
use crate::targets::{self, Targets, name_of};
use alloc::format;
use alloc::string::String;
use serde_json::Value;

/// A change that a watch reports.
#[derive(Clone, Debug)]
pub struct WatchEvent<'a> {
    /// `ADDED`, `MODIFIED` or `DELETED`.
    pub kind: &'a str,
    /// When it was reported: the age in its row is the age then.
    pub at: Micros,
    /// The object; for `DELETED`, its last state.
    pub object: &'a Value,
}

/// Runs `get` with the words after the verb.
pub(crate) fn run(snapshot: &Snapshot, words: &[String], args: &Args, events: &[WatchEvent<'_>]) -> Output {
    if words.is_empty() {
        return missing_type();
    }
    let mut targets = match targets::resolve(snapshot, words, args) {
        Ok(targets) => targets,
        Err(message) => return Output::error(&message),
    };
    if args.is_set("watch") || args.is_set("watch-only") {
        return watch(snapshot, &targets, args, events);
    }
    if let Some(path) = args.value("sort-by").filter(|_| !targets.by_name)
        && let Err(message) = sort(&mut targets, path)
    {
        return Output::error(&message);
    }
    let mut output = match args.value("output") {
        None | Some("" | "wide") => table(snapshot, &targets, args),
        Some(format) => match print::objects(&targets, format, args) {
            Ok(text) => Output::text(text),
            Err(message) => return Output::error(&message),
        },
    };
    if !args.is_set("ignore-not-found") {
        targets.missing.iter().for_each(|line| output.fail(line));
    }
    output
}

/// Sorts the list of each type by itself: the client sorts the rows of each table that it gets. What is asked for
/// by name comes as a table each, so there is nothing to sort.
fn sort(targets: &mut Targets<'_>, path: &str) -> Result<(), String> {
    for rows in targets.found.chunk_by_mut(|a, b| core::ptr::eq(a.0, b.0)) {
        sort_by(rows, path)?;
    }
    Ok(())
}

fn missing_type() -> Output {
    let mut output = Output::default();
    output.fail(
        "You must specify the type of resource to get. Use \"kubectl api-resources\" for a complete list of \
         supported resources.\n\nerror: Required resource not specified.\nUse \"kubectl explain <resource>\" for a \
         detailed description of that resource (e.g. kubectl explain pods).\nSee 'kubectl get -h' for help and \
         examples",
    );
    output
}

/// The objects as tables, one for each run of objects of one type.
fn table(snapshot: &Snapshot, targets: &Targets<'_>, args: &Args) -> Output {
    let mut output = Output::default();
    let mut w = TabWriter::for_tables();
    let mut current: Option<(&'static Kind, Table<'_>)> = None;
    for (kind, object) in &targets.found {
        if current.as_ref().is_none_or(|(k, _)| !core::ptr::eq(*k, *kind)) {
            w.flush();
            w.forget_widths();
            let table = Table::new(kind, args, targets.mixed());
            if !args.is_set("no-headers") {
                if current.is_some() {
                    w.write("\n");
                }
                table.header(&mut w);
            }
            current = Some((kind, table));
        }
        if let Some((_, table)) = &current {
            table.row(&mut w, object, snapshot.now, "");
        }
    }
    output.stdout = w.finish();
    if output.stdout.is_empty() && !args.is_set("ignore-not-found") && targets.missing.is_empty() {
        output.note(&nothing_found(targets, args));
    }
    output
}

/// What is said where nothing is: a scope is named when everything asked for would live in it. A list of nothing
/// leaves kubectl no type to look at, so only names of types without namespaces tell.
fn nothing_found(targets: &Targets<'_>, args: &Args) -> String {
    if args.scope().is_some() && targets.namespaced() {
        format!("No resources found in {} namespace.", args.namespace())
    } else {
        "No resources found".into()
    }
}

/// The list, then a line for each event. Every event's line is laid out by itself, so that columns only grow.
fn watch(snapshot: &Snapshot, targets: &Targets<'_>, args: &Args, events: &[WatchEvent<'_>]) -> Output {
    if targets.kinds.len() != 1 {
        return Output::error("you may only specify a single resource type");
    }
    let kind = targets.kinds[0];
    if let Some(line) = targets.missing.first() {
        let mut output = Output::default();
        if !args.is_set("ignore-not-found") {
            output.fail(line);
        }
        return output;
    }
    let mut stream = Stream {
        kind,
        table: Table::new(kind, args, false),
        format: args.value("output").filter(|f| !matches!(*f, "" | "wide")),
        headed: args.is_set("no-headers"),
        w: TabWriter::for_tables(),
        output: Output::default(),
    };
    if !args.is_set("watch-only") {
        for (_, object) in &targets.found {
            stream.show(object, snapshot.now, "ADDED");
        }
        stream.flush(snapshot.now);
    }
    let wanted = |o: &Value| {
        let named = targets.found.iter().any(|(_, f)| name_of(f) == name_of(o));
        args.scope().is_none_or(|ns| !kind.namespaced || namespace_of(o) == ns)
            && if targets.by_name { named } else { targets::selects(args, o) }
    };
    for (i, event) in events.iter().enumerate() {
        // A watch of one object repeats the object first; the list already showed it.
        let repeated = targets.by_name && i == 0 && event.kind == "ADDED";
        if !repeated && wanted(event.object) {
            stream.show(event.object, event.at, event.kind);
            stream.flush(event.at);
        }
    }
    stream.output
}

/// The output of a watch in the making.
struct Stream<'a> {
    kind: &'static Kind,
    table: Table<'a>,
    /// Another form than a table.
    format: Option<&'a str>,
    /// Was the header written, or is it not wanted?
    headed: bool,
    w: TabWriter,
    output: Output,
}

impl Stream<'_> {
    fn show(&mut self, object: &Value, now: Micros, event: &str) {
        if let Some(format) = self.format {
            self.output.stdout.push_str(&print::one(self.kind, object, format).unwrap_or_default());
            return;
        }
        if !self.headed {
            self.headed = true;
            self.table.header(&mut self.w);
        }
        self.table.row(&mut self.w, object, now, event);
    }

    /// Lays out what was shown since the last flush, which was printed at `at`.
    fn flush(&mut self, at: Micros) {
        self.w.flush();
        self.output.stdout.push_str(&self.w.take());
        self.output.times.push((self.output.stdout.len(), at));
    }
}
