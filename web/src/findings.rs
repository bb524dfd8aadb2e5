//! What is to be said of a text, as the editor marks it.

use crate::protocol::{Diagnostic, Edit, Fix, Severity};
use lifepod_api::Object;
use lifepod_engine::{Trace, What};
use lifepod_manifest::{Document, Lines};
use lifepod_scenario::Note;
use lifepod_timeline::Lang;

/// So many findings are marked in the text.
pub const MOST: usize = 100;

/// The documents that the API server refused, by their index, with its words.
pub fn refusals(trace: &Trace, documents: &[Document]) -> Vec<(usize, String)> {
    let actions = trace.entries().iter().filter_map(|entry| match &entry.what {
        What::Action(action) if action.text.starts_with("kubectl create ") => Some(action),
        _ => None,
    });
    // Events out of a real cluster are only drawn.
    let is_made = |document: &Document| !matches!(document.object, None | Some(Object::Event(_)));
    let objects = documents.iter().enumerate().filter(|(_, document)| is_made(document));
    // The text's own objects are created first, in its order.
    objects.zip(actions).filter_map(|((index, _), action)| Some((index, action.refused.clone()?))).collect()
}

/// The findings as the editor marks them, in order of the text. A thousand say no more than the first of the worst,
/// and the editor would wait for them.
pub fn findings(lines: &Lines, all: &[lifepod_manifest::Diagnostic], lang: Lang) -> Vec<Diagnostic> {
    let mut found: Vec<_> = all.iter().enumerate().collect();
    found.sort_by_key(|(_, finding)| severity(finding));
    found.truncate(MOST);
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, finding)| diagnostic(lines, finding, lang)).collect()
}

fn severity(finding: &lifepod_manifest::Diagnostic) -> Severity {
    match (finding.severity, finding.lint) {
        (lifepod_manifest::Severity::Error, _) => Severity::Error,
        (lifepod_manifest::Severity::Warning, None) => Severity::Warning,
        (lifepod_manifest::Severity::Warning, Some(_)) => Severity::Info,
    }
}

/// What the run had to assume, as the editor marks it: a quiet note that puts the matching behaviour into the text.
pub fn note(lines: &Lines, made: &Note, lang: Lang) -> Diagnostic {
    let place = |offset| {
        let (line, column) = lines.position(offset);
        (line as u32, column as u32)
    };
    let words = crate::i18n::Lang::of_core(lang).words();
    let assumed = match lang {
        Lang::En => made.assumed.clone(),
        Lang::Zh => made.assumed_zh.clone(),
    };
    let (end_line, end_column) = place(made.range.end);
    let say = made.say.iter().map(|say| {
        let (line, column) = place(say.at);
        let insert = Edit { line, column, end_line: line, end_column: column, insert: say.insert.clone() };
        Fix { title: words.say_behavior.to_owned(), edits: vec![insert] }
    });
    Diagnostic {
        line: made.line as u32,
        column: made.column as u32,
        end_line,
        end_column,
        severity: Severity::Hint,
        message: format!("`{}`: {assumed}", made.subject),
        hint: String::new(),
        lint: None,
        fixes: say.collect(),
    }
}

/// A finding as the editor marks it.
pub fn diagnostic(lines: &Lines, finding: &lifepod_manifest::Diagnostic, lang: Lang) -> Diagnostic {
    let place = |offset| {
        let (line, column) = lines.position(offset);
        (line as u32, column as u32)
    };
    let (end_line, end_column) = place(finding.range.end);
    let edit = |edit: &lifepod_manifest::Edit| {
        let ((line, column), (end_line, end_column)) = (place(edit.range.start), place(edit.range.end));
        Edit { line, column, end_line, end_column, insert: edit.insert.clone() }
    };
    let fix = |fix: &lifepod_manifest::Fix| Fix {
        title: match lang {
            Lang::En => fix.title.en(),
            Lang::Zh => fix.title.zh(),
        },
        edits: fix.edits.iter().map(edit).collect(),
    };
    Diagnostic {
        line: finding.line as u32,
        column: finding.column as u32,
        end_line,
        end_column,
        severity: severity(finding),
        message: match lang {
            Lang::Zh if !finding.message_zh.is_empty() => finding.message_zh.clone(),
            _ => finding.message.clone(),
        },
        hint: match lang {
            Lang::En => finding.hint.en(),
            Lang::Zh => finding.hint.zh(),
        }
        .to_owned(),
        lint: finding.lint.map(|lint| lint.name().to_owned()),
        fixes: finding.fixes.iter().map(fix).collect(),
    }
}
