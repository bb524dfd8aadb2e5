//! A line that a person types: a reading command is answered, a changing one becomes an action of the scenario.

use crate::age::Micros;
use crate::args::Args;
use crate::change::{Change, is_change};
use crate::output::Output;
use crate::run_parsed_at;
use crate::snapshot::Snapshot;
use crate::words::split;
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::SimTime;
use lifepod_engine::trace::Said;
use lifepod_engine::{Client, EntryId, Trace, What};
use serde_json::Value;

/// What comes of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// What was printed; empty for a changing command, whose output is there once the scenario ran again.
    pub output: Output,
    /// A changing command, without the word `kubectl`: an action to add to the scenario at the time of the prompt.
    pub action: Option<String>,
}

/// Runs a line typed at `at` against a run that goes on to `until`. The word `kubectl` may stand before it or not.
///
/// A reading command (`get`, `describe`, `logs`, `wait` …) is answered at once. A changing one (`delete`, `scale` …)
/// comes back as [`Answer::action`], its flags checked: add `{at: …, kubectl: "…"}` to the scenario's actions, run the
/// scenario again, find the new action's entry in the trace ([`What::Action`] with the text `kubectl ` and the line), and
/// show what [`printed`] says of it. [`complete`](crate::complete) knows what may stand at the end of a line.
pub fn prompt(line: &str, trace: &Trace, at: SimTime, until: SimTime, epoch: Micros) -> Answer {
    let args = match parse(line) {
        Ok((_, args)) => args,
        Err(output) => return Answer { output: *output, action: None },
    };
    if is_change(&args) {
        return match action(line, Vec::new()) {
            Ok(_) => Answer { action: Some(text_of(line)), ..Answer::default() },
            Err(output) => Answer { output: *output, action: None },
        };
    }
    let snapshot = Snapshot::at(trace, at, epoch);
    Answer { output: run_parsed_at(trace, &snapshot, at, until, epoch, &args), action: None }
}

/// The client that carries out a changing command; `documents` are those of the manifest that stands beside it, for
/// `-f -`. Hand it to the engine as `Command::Client`.
///
/// # Errors
/// What kubectl prints of a line that it does not understand, or that changes nothing.
pub fn action(line: &str, documents: Vec<Value>) -> Result<Box<dyn Client>, Box<Output>> {
    let (line, args) = parse(line)?;
    if !is_change(&args) {
        let verb = args.words.first().map_or("", String::as_str);
        let message = match crate::flags::verb_of(verb) {
            Some(_) => alloc::format!("kubectl {verb} changes nothing: type it at the prompt"),
            None => alloc::format!("unknown command {verb:?} for \"kubectl\""),
        };
        return Err(Box::new(Output::error(&message)));
    }
    Ok(Box::new(Change { line, args, documents, drain: None }))
}

fn parse(line: &str) -> Result<(String, Args), Box<Output>> {
    let failed = |message: &str| Box::new(Output::error(message));
    let words = split(line).map_err(|e| failed(&e))?;
    if words.is_empty() {
        return Err(failed("no command given"));
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let args = Args::parse(&words).map_err(|e| failed(&e))?;
    Ok((text_of(line), args))
}

/// The line without the word `kubectl`.
fn text_of(line: &str) -> String {
    let line = line.trim();
    let text =
        line.strip_prefix("kubectl").filter(|rest| rest.starts_with(char::is_whitespace)).unwrap_or(line);
    text.trim().to_string()
}

/// What the command of an action has printed up to `at`, with its exit code when it has ended. An action that is no
/// kubectl command prints nothing.
pub fn printed(trace: &Trace, action: EntryId, at: SimTime, epoch: Micros) -> Output {
    let mut output = Output::default();
    let from = (action.0 as usize).min(trace.len_at(at));
    for entry in &trace.entries()[from..trace.len_at(at)] {
        let What::Said(said) = &entry.what else { continue };
        // What it says of an answer has that as its cause, and the answer has the command.
        if !trace.causes(entry.id).any(|cause| cause.id == action) {
            continue;
        }
        match said {
            Said::Stdout(text) => {
                output.stdout.push_str(text);
                output.times.push((output.stdout.len(), crate::age::at(entry.at, epoch)));
            }
            Said::Stderr(text) => output.stderr.push_str(text),
            Said::Exit(code) => output.code = *code,
        }
    }
    output
}
