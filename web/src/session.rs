//! What the worker remembers between two messages, and its answers. Knows no browser.

use crate::protocol::{
    Ask, Diagnostic, Drawing, Edit, Field, Find, Fix, Line, Look, Pane, Printed, Ran, Reply, Request, Run,
    Seen, Severity, Show, Shown, Side, Step, Story, Typed,
};
use crate::showing::{Stage, near};
use crate::{edit, origin, real};
use lifepod_api::SimTime;
use lifepod_engine::{EntryId, Outcome, Trace, What};
use lifepod_manifest::{Document, Hint, Lines};
use lifepod_scenario::{Note, Prepared, assumptions, prepare};
use lifepod_timeline::{
    About, Axis, Facts, FieldRef, Lang, Scene, Stop, chronicle, explain, facts, label_room, lanes, recorded,
    subject, traffic_table,
};
use std::rc::Rc;

/// The most entries of a trace that a page can hold at ease.
const MAX_ENTRIES: usize = 200_000;
/// So many findings are marked in the text.
const MOST: usize = 100;
/// A recorded life may have lasted for years; no more than this is simulated beside it.
const LONGEST: SimTime = SimTime::from_secs(7 * 86_400);

/// The worker's memory: the last run that worked, and the one that it is compared with.
#[derive(Default)]
pub struct Session {
    last: Option<Rc<Done>>,
    other: Option<Rc<Done>>,
    /// What the page last wanted to see of a run.
    show: Option<Show>,
}

/// A run that worked.
struct Done {
    asked: Run,
    run: lifepod_engine::Run,
    documents: Vec<Document>,
    stage: Stage,
    stops: Vec<Stop>,
}

impl Session {
    /// Answers a request; some ask for nothing.
    pub fn answer(&mut self, request: Request) -> Option<Reply> {
        Some(match request {
            Request::Run(run) => Reply::Ran(self.run(run)),
            Request::Look(look) => Reply::Seen(self.look(look)),
            Request::Why(ask) => Reply::Story(self.why(ask)),
            Request::Kubectl(typed) => self.kubectl(&typed),
            Request::Complete(typed) => self.complete(typed),
            Request::Find(find) => Reply::Found(self.find(&find)),
            Request::Measure(run) => Reply::Measured(measure(&run)),
            Request::Show(show) => Reply::Shown(self.show(show)),
            Request::Compare(run) => {
                self.compare(run);
                return None;
            }
            Request::Picture(show) => {
                let (done, _) = self.sides(show.side);
                done.map_or(Reply::Picture(String::new(), 0.0), |done| {
                    let (svg, height) = done.stage.picture(&show.frame, done.asked.lang);
                    Reply::Picture(svg, height)
                })
            }
        })
    }

    /// The run of a side, and the one across.
    fn sides(&self, side: Side) -> (Option<&Done>, Option<&Done>) {
        let (this, other) = (self.last.as_deref(), self.other.as_deref());
        match side {
            Side::This => (this, other),
            Side::Other => (other, this),
        }
    }

    fn show(&mut self, show: Show) -> Shown {
        let (done, across) = self.sides(show.side);
        let across = across.filter(|_| show.other > 0).map(|across| &across.stage);
        let (scene, axis) = match done {
            Some(done) => done.stage.scene(&show.frame, across, show.beside),
            None => (Scene::default(), Axis::even(SimTime::ZERO)),
        };
        if show.side == Side::This {
            self.show = Some(show.clone());
        }
        Shown { show, scene, axis }
    }

    fn compare(&mut self, run: Option<Run>) {
        self.other = match run {
            None => None,
            // Numbers aside: a worker that was started anew is told of the run again.
            Some(run) => match self.last.clone().filter(|last| last.asked == run) {
                Some(last) => Some(last),
                None => {
                    let last = self.last.take();
                    self.run(run);
                    std::mem::replace(&mut self.last, last)
                }
            },
        };
    }

    fn run(&mut self, asked: Run) -> Ran {
        let options = lifepod_scenario::Options { seed: asked.seed, horizon: asked.horizon };
        let Prepared { documents, diagnostics, scenario } = prepare(&asked.text, &options);
        let lines = Lines::new(&asked.text);
        let mut ran = Ran {
            id: asked.id,
            diagnostics: findings(&lines, &diagnostics, asked.lang),
            drawing: None,
            shown: None,
        };
        let Some(mut scenario) = scenario else { return ran };

        scenario.config.max_entries = MAX_ENTRIES;
        let objects = documents.iter().filter_map(|document| document.object.as_ref());
        let recorded = recorded(objects, asked.lang);
        if let Some(recorded) = &recorded {
            let commands = std::mem::take(&mut scenario.commands).into_iter();
            scenario.commands = commands.filter_map(|(at, c)| Some((at, real::as_written(c)?))).collect();
            // The simulation lasts at least as long as what it stands beside.
            let longest = scenario.horizon.max(recorded.horizon);
            scenario.horizon = asked.horizon.unwrap_or(longest.min(LONGEST));
        }
        let seed = scenario.config.seed;
        let run = scenario.run();
        let refused = refusals(&run.trace, &documents);
        let nothing_left =
            refused.len() == documents.iter().filter(|document| document.object.is_some()).count();
        ran.diagnostics.extend(refused.iter().map(|(index, message)| {
            let path =
                message.split_once(" is invalid: ").and_then(|(_, rest)| Some(rest.split_once(": ")?.0));
            let (severity, path) = (lifepod_manifest::Severity::Error, path.unwrap_or_default());
            let found = documents[*index].diagnostic(&lines, *index, severity, path, message, &Hint::NONE);
            diagnostic(&lines, &found, asked.lang)
        }));
        if nothing_left {
            return ran;
        }
        let notes = assumptions(&asked.text, &documents, &run.trace);
        ran.diagnostics.extend(notes.iter().take(MOST).map(|made| note(&lines, made, asked.lang)));
        let first = documents.iter().find_map(|document| document.object.as_ref());
        let mut timeline =
            lanes(&run.trace, &lifepod_timeline::Options { horizon: run.end, lang: asked.lang });
        let stops = timeline.stops();
        if let Some(recorded) = recorded {
            timeline.lanes.splice(0..0, recorded.lanes);
        }
        let (room, stage) = (label_room(&timeline), Stage::new(timeline));
        ran.drawing = Some(Drawing {
            run: asked.id,
            title: first.map_or_else(String::new, |object| object.meta().name.to_string()),
            seed,
            horizon: stage.timeline.horizon,
            label_room: room,
            cut_short: run.outcome != Outcome::Reached,
            handles: edit::handles(&documents),
            facts: facts(&run.trace, run.end),
            idle: idle(&run.trace, &documents),
        });
        let id = asked.id;
        self.last = Some(Rc::new(Done { asked, run, documents, stage, stops }));
        // What was on the screen will be: one answer saves asking for it.
        ran.shown = self.show.clone().map(|show| self.show(Show { run: id, ..show }));
        ran
    }

    fn look(&self, look: Look) -> Seen {
        let Some(done) = self.last.as_ref().filter(|done| done.asked.id == look.run) else {
            return Seen { look, shell: Vec::new(), view: None, table: Vec::new(), stops: Vec::new() };
        };
        let pod = done.stage.pod_of(look.lane.as_deref());
        let view = match look.view {
            Pane::Pods | Pane::Table | Pane::Requests => None,
            Pane::Events => Some(vec!["events"]),
            Pane::Yaml => about_pod(pod, &["get", "pod", "", "-o", "yaml"]),
            Pane::Describe => about_pod(pod, &["describe", "pod", ""]),
            Pane::Logs => about_pod(pod, &["logs", ""]),
        };
        let view = match look.view {
            Pane::Requests => Some(done.requests(look.at)),
            _ => view.map(|words| done.kubectl(look.at, &words)),
        };
        let mut shell = vec![done.kubectl(look.at, &["get", "pods"])];
        if look.view != Pane::Events {
            shell.push(tail(done.kubectl(look.at, &["events"])));
        }
        shell.extend(done.last_command(look.at));
        let table = if look.view == Pane::Table { done.table(look.at) } else { Vec::new() };
        let stops = near(&done.stops, look.at);
        Seen { look, shell, view, table, stops }
    }

    fn kubectl(&self, typed: &Typed) -> Reply {
        let line = typed.line.trim();
        let command = format!("kubectl {}", line.strip_prefix("kubectl ").unwrap_or(line));
        let Some(Done { run, .. }) = self.last.as_deref().filter(|done| done.asked.id == typed.run) else {
            return Reply::Printed(Printed { command, output: String::new() });
        };
        let answer = lifepod_kubectl::prompt(line, &run.trace, typed.at, run.end, run.epoch_micros);
        match answer.action {
            Some(action) => Reply::Act(action),
            None => Reply::Printed(Printed { command, output: answer.output.stdout + &answer.output.stderr }),
        }
    }

    fn complete(&self, typed: Typed) -> Reply {
        let run = self.last.as_ref().map(|done| &done.run);
        let words = run.map_or_else(Vec::new, |run| {
            let snapshot = lifepod_kubectl::Snapshot::at(&run.trace, typed.at, run.epoch_micros);
            lifepod_kubectl::complete(&typed.line, &snapshot)
        });
        Reply::Completed(typed.line, words)
    }

    fn find(&self, find: &Find) -> Option<(SimTime, u32)> {
        let done = self.last.as_ref().filter(|done| done.asked.id == find.run)?;
        // Chapters have the words in English, whatever the page speaks.
        let lines = chronicle(&done.run.trace, Lang::En, false).into_iter();
        let line = lines.filter(|line| find.moment.is(line)).nth(find.moment.nth.saturating_sub(1))?;
        Some((line.at, line.entry.0))
    }

    fn why(&self, ask: Ask) -> Option<Story> {
        let done = self.last.as_ref().filter(|done| done.asked.id == ask.run)?;
        let told = explain(&done.run.trace, EntryId(ask.entry), done.asked.lang)?;
        let steps = told.steps.into_iter().map(|step| Step {
            at: step.at,
            since: step.since,
            entry: step.entry,
            text: step.text,
            fields: step.fields.iter().map(|field| done.field(step.entry, field)).collect(),
            source: step.source.to_owned(),
        });
        Some(Story { ask, title: told.title, steps: steps.collect(), changes: told.changes })
    }
}

impl Done {
    /// What a command prints at an instant.
    fn kubectl(&self, at: SimTime, words: &[&str]) -> Printed {
        let output = lifepod_kubectl::run_at(&self.run.trace, at, self.run.end, self.run.epoch_micros, words);
        let command = format!("kubectl {}", words.join(" "));
        Printed { command, output: output.stdout + &output.stderr }
    }

    /// What became of the clients' requests until an instant.
    fn requests(&self, at: SimTime) -> Printed {
        Printed { command: String::new(), output: traffic_table(&self.run.trace, at) }
    }

    /// The last command among the text's actions, and what it has printed so far.
    fn last_command(&self, at: SimTime) -> Option<Printed> {
        let so_far = &self.run.trace.entries()[..self.run.trace.len_at(at)];
        so_far.iter().rev().find_map(|entry| match &entry.what {
            // The objects of the text itself are no news.
            What::Action(action) if entry.at > SimTime::ZERO && action.text.starts_with("kubectl ") => {
                let said = lifepod_kubectl::printed(&self.run.trace, entry.id, at, self.run.epoch_micros);
                let refused = action.refused.clone().unwrap_or_default();
                Some(Printed { command: action.text.clone(), output: said.stdout + &said.stderr + &refused })
            }
            _ => None,
        })
    }

    /// What happened around an instant, as much of it as a table can hold at ease.
    fn table(&self, at: SimTime) -> Vec<Line> {
        const LINES: usize = 400;
        let lines = chronicle(&self.run.trace, self.asked.lang, false);
        let here = lines.partition_point(|line| line.at <= at);
        let from = here.saturating_sub(LINES / 2);
        let shown = lines.into_iter().skip(from).take(LINES);
        let line = |line: lifepod_timeline::Line| Line {
            at: line.at,
            entry: line.entry.0,
            who: line.who,
            object: line.object,
            what: line.what,
        };
        shown.map(line).collect()
    }

    /// A field, by which an entry came to be, with its place in the text.
    fn field(&self, entry: u32, field: &FieldRef) -> Field {
        let name = field.path.rsplit('.').next().unwrap_or(&field.path);
        let pod = self.run.trace.get(EntryId(entry)).and_then(subject);
        let origin = pod.and_then(|pod| origin::of_pod(&self.documents, &self.run.trace, pod));
        let place = origin.map(|(document, template)| {
            let start = document.span_of(&format!("{template}{}", field.path)).start;
            let (line, column) = Lines::new(&self.asked.text).position(start);
            (line as u32, column as u32)
        });
        Field { text: format!("{name}: {}", field.value), is_default: field.is_default, place }
    }
}

/// The words of a command about a pod, with its name where a word is empty; none without a pod.
fn about_pod<'a>(pod: Option<&'a About>, words: &[&'a str]) -> Option<Vec<&'a str>> {
    let pod = pod?;
    let name = |word: &&'a str| if word.is_empty() { pod.name.as_str() } else { *word };
    let mut words: Vec<&str> = words.iter().map(name).collect();
    if words[0] == "logs" {
        match pod.container.as_str() {
            "" => words.push("--all-containers"),
            container => words.extend(["-c", container]),
        }
    }
    if !matches!(pod.namespace.as_str(), "" | "default") {
        words.extend(["-n", &pod.namespace]);
    }
    Some(words)
}

/// A run in few numbers.
fn measure(asked: &Run) -> Option<Facts> {
    let options = lifepod_scenario::Options { seed: asked.seed, horizon: asked.horizon };
    let mut scenario = prepare(&asked.text, &options).scenario?;
    scenario.config.max_entries = MAX_ENTRIES;
    let run = scenario.run();
    Some(facts(&run.trace, run.end))
}

/// The objects that wait for a controller which the simulation does not have: nobody but a person ever wrote them,
/// and nothing is owned by them.
fn idle(trace: &Trace, documents: &[Document]) -> Vec<String> {
    /// The kinds that do nothing by themselves.
    const ACTIVE: [&str; 8] = [
        "Deployment",
        "ReplicaSet",
        "StatefulSet",
        "DaemonSet",
        "Job",
        "CronJob",
        "ReplicationController",
        "HorizontalPodAutoscaler",
    ];
    let objects = documents.iter().filter_map(|document| document.object.as_ref());
    let waiting = objects.filter(|object| ACTIVE.contains(&object.kind()));
    let revisions: Vec<_> = trace
        .entries()
        .iter()
        .filter_map(|entry| match &entry.what {
            What::Object(revision) => Some(revision),
            _ => None,
        })
        .collect();
    let is_idle = |kind: &str, name: &str| {
        !revisions.iter().any(|revision| {
            let meta = revision.object.meta();
            let written = revision.by != "kubectl" && revision.object.kind() == kind && meta.name == name;
            written || meta.owner_references.iter().any(|owner| owner.kind == kind && owner.name == name)
        })
    };
    let named = waiting.map(|object| (object.kind(), object.meta().name.as_str()));
    named.filter(|(kind, name)| is_idle(kind, name)).map(|(kind, name)| format!("{kind} {name}")).collect()
}

/// The last lines of what a command prints.
fn tail(printed: Printed) -> Printed {
    const LINES: usize = 6;
    let start = printed.output.trim_end().rmatch_indices('\n').nth(LINES - 1).map_or(0, |(at, _)| at + 1);
    Printed {
        command: format!("{} | tail -{LINES}", printed.command),
        output: printed.output[start..].to_owned(),
    }
}

/// The documents that the API server refused, by their index, with its words.
fn refusals(trace: &Trace, documents: &[Document]) -> Vec<(usize, String)> {
    let actions = trace.entries().iter().filter_map(|entry| match &entry.what {
        What::Action(action) if action.text.starts_with("kubectl create ") => Some(action),
        _ => None,
    });
    // The text's own objects are created first, in its order.
    let objects = documents.iter().enumerate().filter(|(_, document)| document.object.is_some());
    objects.zip(actions).filter_map(|((index, _), action)| Some((index, action.refused.clone()?))).collect()
}

/// The findings as the editor marks them, in order of the text. A thousand say no more than the first of the worst,
/// and the editor would wait for them.
fn findings(lines: &Lines, all: &[lifepod_manifest::Diagnostic], lang: Lang) -> Vec<Diagnostic> {
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
fn note(lines: &Lines, made: &Note, lang: Lang) -> Diagnostic {
    let place = |offset| {
        let (line, column) = lines.position(offset);
        (line as u32, column as u32)
    };
    let words = crate::i18n::Lang::of_core(lang).words();
    let assumed = match lang {
        Lang::En => made.assumed.clone(),
        Lang::Zh => made.assumed_zh(),
    };
    let ((end_line, end_column), (line, column)) = (place(made.range.end), place(made.say.at));
    let insert = Edit { line, column, end_line: line, end_column: column, insert: made.say.insert.clone() };
    Diagnostic {
        line: made.line as u32,
        column: made.column as u32,
        end_line,
        end_column,
        severity: Severity::Hint,
        message: format!("`{}`: {assumed}", made.subject),
        hint: String::new(),
        lint: None,
        fixes: vec![Fix { title: words.say_behavior.to_owned(), edits: vec![insert] }],
    }
}

/// A finding as the editor marks it.
fn diagnostic(lines: &Lines, finding: &lifepod_manifest::Diagnostic, lang: Lang) -> Diagnostic {
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
        message: finding.message.clone(),
        hint: match lang {
            Lang::En => finding.hint.en(),
            Lang::Zh => finding.hint.zh(),
        }
        .to_owned(),
        lint: finding.lint.map(|lint| lint.name().to_owned()),
        fixes: finding.fixes.iter().map(fix).collect(),
    }
}
