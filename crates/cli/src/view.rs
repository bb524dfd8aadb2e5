//! Looking at an instant of a run: `get`, `describe`, `events`, `logs`, `rollout` and `explain`.

use crate::duration;
use crate::input::{is_file_name, no_lints, read_all};
use crate::run::print;
use crate::simulate::{Wishes, simulate};
use clap::Args;
use lifepod_api::SimTime;
use lifepod_engine::{EntryId, Op, Run, What};
use lifepod_timeline::{Form, Lane, Lang, Options, SpanLook, explain, lanes};
use std::process::ExitCode;

/// Arguments of the viewing commands.
#[derive(Args)]
pub struct View {
    /// The arguments that kubectl takes, the manifest files (*.yaml, *.yml, *.json, or `-`), and:
    /// --at TIME, the instant to look at [default: the end of the run];
    /// --until TIME, where the run, and a watch, ends; --seed N;
    /// --times, with a watch: the time of each line before it;
    /// for explain: --entry N, one entry of the run by its number, and --lang zh
    #[arg(
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "ARGS AND FILES"
    )]
    words: Vec<String>,
}

/// The words sorted out.
#[derive(Default)]
struct Parts {
    files: Vec<String>,
    kubectl: Vec<String>,
    at: Option<SimTime>,
    wishes: Wishes,
    entry: Option<u32>,
    lang: Lang,
    times: bool,
}

impl Parts {
    fn of(words: Vec<String>) -> Result<Self, String> {
        let mut parts = Parts::default();
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let (flag, value) = match word.split_once('=') {
                Some((flag, value)) => (flag.to_string(), Some(value.to_string())),
                None => (word.clone(), None),
            };
            let mut value =
                || value.clone().or_else(|| words.next()).ok_or_else(|| format!("{flag} needs a value"));
            match flag.as_str() {
                "--at" => parts.at = Some(duration::parse(&value()?)?),
                "--until" => parts.wishes.until = Some(duration::parse(&value()?)?),
                "--seed" => {
                    let text = value()?;
                    parts.wishes.seed =
                        Some(text.parse().map_err(|_| format!("`{text}` is no seed: a whole number is"))?);
                }
                "--entry" => {
                    let text = value()?;
                    parts.entry =
                        Some(text.parse().map_err(|_| format!("`{text}` is not the number of an entry"))?);
                }
                "--lang" => {
                    parts.lang = match value()?.as_str() {
                        "en" => Lang::En,
                        "zh" => Lang::Zh,
                        other => return Err(format!("no language `{other}`: there are en and zh")),
                    };
                }
                "--times" => parts.times = true,
                _ if is_file_name(&word) => parts.files.push(word),
                _ => parts.kubectl.push(word),
            }
        }
        if parts.files.is_empty() {
            return Err("name a manifest file, or `-` for standard input".into());
        }
        // The run has to go on to where one wants to look.
        if parts.wishes.until.is_none() {
            parts.wishes.until = parts.at.filter(|at| *at > SimTime::from_secs(600));
        }
        Ok(parts)
    }

    fn run(&self) -> Result<(Run, SimTime), String> {
        let run = simulate(read_all(&self.files, &no_lints())?, self.wishes)?;
        let at = self.at.unwrap_or(run.end).min(run.end);
        Ok((run, at))
    }
}

impl View {
    /// Prints what kubectl would print.
    pub fn kubectl(self, verb: &str) -> Result<ExitCode, String> {
        let parts = Parts::of(self.words)?;
        let (run, at) = parts.run()?;
        let args: Vec<&str> = std::iter::once(verb).chain(parts.kubectl.iter().map(String::as_str)).collect();
        let output = lifepod_kubectl::run_at(&run.trace, at, run.end, run.epoch_micros, &args);
        let text = if parts.times { timed(&output, run.epoch_micros) } else { output.stdout };
        print(&text)?;
        eprint!("{}", output.stderr);
        Ok(ExitCode::from(u8::try_from(output.code).unwrap_or(1)))
    }

    /// Prints why things are as they are.
    pub fn explain(self) -> Result<ExitCode, String> {
        let parts = Parts::of(self.words)?;
        let (run, at) = parts.run()?;
        let id = match parts.entry {
            Some(n) => EntryId(n),
            None => entry_at(&run, at, parts.kubectl.first().map(String::as_str), parts.lang)?,
        };
        let why =
            explain(&run.trace, id, parts.lang).ok_or_else(|| format!("the run has no entry {}", id.0))?;
        let mut text = format!("{}\n\n", why.title);
        for step in &why.steps {
            text.push_str(&format!("{:>10}  {}\n", step.at.to_string(), step.text));
            for field in &step.fields {
                let default = if field.is_default { " (default)" } else { "" };
                text.push_str(&format!("{:12}{}: {}{default}\n", "", field.path, field.value));
            }
            if !step.source.is_empty() {
                text.push_str(&format!("{:12}{}\n", "", step.source));
            }
        }
        print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The output of a command that follows changes, each line after the simulated time at which it was printed.
fn timed(output: &lifepod_kubectl::Output, epoch: i64) -> String {
    let mut text = String::new();
    let mut from = 0;
    for (to, at) in &output.times {
        let at = SimTime(u64::try_from(at - epoch).unwrap_or(0));
        for line in output.stdout[from..*to].lines() {
            text.push_str(&format!("{:>10}  {line}\n", at.to_string()));
        }
        from = *to;
    }
    text + &output.stdout[from..]
}

/// The entry behind what is to be seen at an instant: of the container that is named (`web/app`), else of the
/// container of the pod that is in most trouble, else of the pod.
fn entry_at(run: &Run, at: SimTime, what: Option<&str>, lang: Lang) -> Result<EntryId, String> {
    let timeline = lanes(&run.trace, &Options { horizon: run.end, lang });
    let (pod, container) =
        match what.map(|w| w.strip_prefix("pod/").unwrap_or(w).split_once('/').unwrap_or((w, ""))) {
            Some((pod, container)) => (Some(pod.strip_prefix("pod/").unwrap_or(pod)), container),
            None => (None, ""),
        };
    // A name that no pod has is taken for the beginning of names, as `kubectl describe` does.
    let named = |end: &str| {
        let of_pod = move |lane: &&Lane| pod.is_none_or(|p| lane.key.starts_with(&format!("{p}{end}")));
        timeline.lanes.iter().filter(|l| l.key.contains('#')).filter(of_pod).collect::<Vec<&Lane>>()
    };
    let covering =
        |lane: &Lane| lane.spans.iter().rfind(|s| s.from <= at && at <= s.to).map(|s| (s.look, s.entry));
    let own = Some(named("#")).filter(|own| !own.is_empty()).unwrap_or_else(|| named("-"));
    // However deep a pod lies under its owners, its own lane names no part of it.
    let is_pod = |lane: &Lane| lane.key.ends_with('/');
    let containers: Vec<&Lane> = own
        .iter()
        .copied()
        .filter(|l| l.form == Form::Main && !is_pod(l))
        .filter(|l| container.is_empty() || l.key.ends_with(&format!("/{container}")))
        .collect();
    // Trouble first, then what is under way, then what simply runs or is done.
    let interest = |look: SpanLook| match look {
        SpanLook::Failed | SpanLook::BackOff => 0,
        SpanLook::Ending => 1,
        SpanLook::Waiting | SpanLook::Off => 2,
        SpanLook::Running | SpanLook::Ready => 3,
        SpanLook::Done => 4,
    };
    let found = containers
        .iter()
        .filter_map(|l| covering(l))
        .min_by_key(|(look, _)| interest(*look))
        .or_else(|| own.iter().filter(|l| is_pod(l)).find_map(|l| covering(l)))
        .map(|(_, entry)| entry)
        .or_else(|| gone(run, at, pod));
    found.ok_or_else(|| match what {
        Some(what) => format!("there is nothing of {what} at {at}"),
        None => format!("there is nothing to explain at {at}"),
    })
}

/// The entry with which the last pod, of that name if one is given, was gone.
fn gone(run: &Run, at: SimTime, pod: Option<&str>) -> Option<EntryId> {
    let entries = &run.trace.entries()[..run.trace.len_at(at)];
    let entry = entries.iter().rfind(|e| match &e.what {
        What::Object(revision) => {
            let named = |p: &str| revision.object.meta().name == p.rsplit('/').next().unwrap_or(p);
            revision.op == Op::Deleted && revision.object.kind() == "Pod" && pod.is_none_or(named)
        }
        _ => false,
    });
    entry.map(|e| e.id)
}
