//! The commands that change the cluster (`kubectl/pkg/cmd`): each is a client of the API that reads, decides and
//! writes as kubectl does, and prints what kubectl prints.

pub(crate) mod apply;
mod create;
mod delete;
mod drain;
mod expose;
mod failure;
mod label;
mod patch;
mod rollout;
mod run;
mod scale;
mod session;
mod set;
mod taint;

use crate::args::Args;
use crate::output::Output;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use drain::Drain;
use failure::Failure;
use lifepod_engine::client::Next;
use lifepod_engine::trace::Said;
use lifepod_engine::{Api, Client};
use serde_json::Value;
use session::Session;

/// What a command makes of its errors: those that it went on after, or the one that stopped it.
type Ended = Result<Vec<Failure>, Failure>;

/// The verbs that change something; `rollout`, `create`, `set` with the words that may follow.
const CHANGING: [&str; 17] = [
    "annotate",
    "apply",
    "cordon",
    "create",
    "delete",
    "drain",
    "edit",
    "expose",
    "label",
    "patch",
    "replace",
    "run",
    "scale",
    "set",
    "taint",
    "uncordon",
    "autoscale",
];

/// Does this command change the cluster?
pub(crate) fn is_change(args: &Args) -> bool {
    let word = |i: usize| args.words.get(i).map_or("", String::as_str);
    CHANGING.contains(&word(0))
        || (word(0) == "rollout" && matches!(word(1), "restart" | "undo" | "pause" | "resume"))
}

/// A changing command on its way.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    /// As it was typed.
    pub(crate) line: String,
    pub(crate) args: Args,
    /// The manifest that goes with it, document by document.
    pub(crate) documents: Vec<Value>,
    /// The only command that takes more than one step.
    pub(crate) drain: Option<Drain>,
}

impl Client for Change {
    fn text(&self) -> String {
        format!("kubectl {}", self.line)
    }

    fn step(&mut self, api: &mut Api<'_>) -> Next {
        let verb = self.args.words.first().map_or("", String::as_str);
        if verb == "drain" {
            let (output, next) = self.drain.get_or_insert_default().step(api, &self.args);
            say(api, &output);
            return next;
        }
        let output = run(api, &self.args, &self.documents);
        say(api, &output);
        Next::Exit(output.code)
    }

    fn boxed_clone(&self) -> Box<dyn Client> {
        Box::new(self.clone())
    }
}

fn say(api: &mut Api<'_>, output: &Output) {
    if !output.stdout.is_empty() {
        api.say(Said::Stdout(output.stdout.clone()));
    }
    if !output.stderr.is_empty() {
        api.say(Said::Stderr(output.stderr.clone()));
    }
}

/// Runs a command that is done in one step.
fn run(api: &mut Api<'_>, args: &Args, documents: &[Value]) -> Output {
    let mut session = match Session::new(api, args, documents) {
        Ok(session) => session,
        Err(failure) => {
            let mut output = Output::default();
            Failure::print_all(&[failure], &mut output);
            return output;
        }
    };
    let words = args.words.get(1..).unwrap_or(&[]);
    let rest = words.get(1..).unwrap_or(&[]);
    let sub = words.first().map_or("", String::as_str);
    let ended = match args.words.first().map_or("", String::as_str) {
        "annotate" => label::annotate(&mut session, words),
        "apply" => apply::apply(&mut session),
        "cordon" => drain::cordon(&mut session, words, true),
        "uncordon" => drain::cordon(&mut session, words, false),
        "create" if words.is_empty() => apply::create(&mut session),
        "create" => create::create(&mut session, sub, rest),
        "delete" => delete::delete(&mut session, words),
        "edit" => patch::edit(&mut session, words),
        "expose" => expose::expose(&mut session, words),
        "label" => label::label(&mut session, words),
        "patch" => patch::patch(&mut session, words),
        "replace" => apply::replace(&mut session),
        "rollout" => rollout::rollout(&mut session, sub, rest),
        "run" => run::run(&mut session, words),
        "scale" => scale::scale(&mut session, words),
        "set" => set::set(&mut session, sub, rest),
        "taint" => taint::taint(&mut session, words),
        other => Err(format!("kubectl {other} is not simulated").into()),
    };
    let failures = ended.unwrap_or_else(|one| [one].into());
    let mut output = session.output;
    Failure::print_all(&failures, &mut output);
    output
}
