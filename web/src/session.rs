//! What the worker remembers between two messages, and its answers. Knows no browser.

use crate::done::{Done, about_pod, tail};
use crate::edit;
use crate::protocol::{
    Ask, Came, Change, Diagnostic, Drawing, Find, Look, Pane, Printed, Ran, Reply, Request, Run, Seen, Show,
    Shown, Side, Step, Story, Typed,
};
use crate::showing::near;
use crate::underway::{Progress, Reading, Simulated, Underway};
use lifepod_api::SimTime;
use lifepod_engine::{EntryId, Simulation};
use lifepod_timeline::{Axis, Facts, Lang, Scene, chronicle, explain, facts};
use std::rc::Rc;

/// A run goes on for so long before the worker looks for other messages, in milliseconds.
const SLICE_MS: f64 = 8.0;

/// The worker's memory: the last run that worked, the one that it is compared with, and the one under way.
#[derive(Default)]
pub struct Session {
    last: Option<Rc<Done>>,
    other: Option<Rc<Done>>,
    /// A run that was asked for and has not begun.
    next: Option<Run>,
    underway: Option<Underway>,
    /// What the last run cost that ended.
    simulated: Option<Simulated>,
    /// What is of no more use. To drop it takes a while; the answer goes first.
    rest: Option<(Simulation, Option<Rc<Done>>)>,
    /// What was asked about a run under way: it is answered when all of that has happened.
    waiting: Vec<Request>,
    /// What the page last wanted to see of a run.
    show: Option<Show>,
}

impl Session {
    /// Takes a request. What asks for a run, or about one that is still going on, is answered by [`Self::go_on`].
    pub fn hear(&mut self, request: Request) -> Option<Reply> {
        if self.must_wait(&request) {
            self.waiting.push(request);
            return None;
        }
        self.answer(request)
    }

    /// Whether there is something to go on with.
    pub fn is_busy(&self) -> bool {
        self.rest.is_some() || self.next.is_some() || self.underway.is_some()
    }

    /// Goes on for a moment with what is under way; what there is to say of it. `clock` shows milliseconds.
    pub fn go_on(&mut self, clock: &dyn Fn() -> f64) -> Vec<Reply> {
        if self.rest.take().is_some() {
            return Vec::new();
        }
        let until = clock() + SLICE_MS;
        let begun = self.next.take().and_then(|run| self.begin(run, clock));
        let ran = begun.or_else(|| self.slice(clock, until));
        let mut replies: Vec<Reply> = ran.map(Reply::Ran).into_iter().collect();
        if self.next.is_none() && self.underway.is_none() {
            let waiting = std::mem::take(&mut self.waiting);
            replies.extend(waiting.into_iter().filter_map(|request| self.answer(request)));
        }
        replies
    }

    /// What the run cost that has just ended, for who measures it.
    pub fn take_simulated(&mut self) -> Option<Simulated> {
        self.simulated.take()
    }

    /// Whether a request is about a run that is shown already, but is not over.
    fn must_wait(&self, request: &Request) -> bool {
        let of = match request {
            Request::Look(look) => look.run,
            Request::Why(ask) => ask.run,
            Request::Kubectl(typed) | Request::Complete(typed) => typed.run,
            Request::Find(find) => find.run,
            Request::Picture(show) => show.run,
            Request::Run(_) | Request::Measure(_) | Request::Show(_) | Request::Compare(_) => return false,
        };
        self.underway.as_ref().is_some_and(|underway| underway.reading.asked.id == of)
    }

    fn answer(&mut self, request: Request) -> Option<Reply> {
        Some(match request {
            // Of several that come while the worker is busy, only the latest counts.
            Request::Run(run) => {
                self.next = Some(run);
                return None;
            }
            Request::Look(look) => Reply::Seen(self.look(look)),
            Request::Why(ask) => Reply::Story(self.why(ask)),
            Request::Kubectl(typed) => self.kubectl(&typed),
            Request::Complete(typed) => self.complete(typed),
            Request::Find(find) => Reply::Found(self.find(&find)),
            Request::Measure(run) => Reply::Measured(measure(run)),
            Request::Show(show) => Reply::Shown(self.show(show)),
            Request::Compare(run) => {
                self.compare(run);
                return None;
            }
            Request::Picture(show) => {
                let (done, _) = self.sides(show.side);
                done.map_or(Reply::Picture(String::new(), 0.0), |done| {
                    let (svg, height) = done.life.stage.picture(&show.frame, done.reading.asked.lang);
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
        let across = across.filter(|_| show.other > 0).map(|across| &across.life.stage);
        // Of a run under way is shown what there is; it is compared when it is whole.
        let part = self.underway.as_ref().filter(|underway| underway.reading.asked.id == show.run);
        let part = part.filter(|_| show.side == Side::This).and_then(|underway| underway.stage.as_ref());
        let (scene, axis) = match (part, done) {
            (Some(part), _) => part.scene(&show.frame, None, false),
            (None, Some(done)) => done.life.stage.scene(&show.frame, across, show.beside),
            (None, None) => (Scene::default(), Axis::even(SimTime::ZERO)),
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
            Some(run) => match self.last.clone().filter(|last| last.reading.asked == run) {
                Some(last) => Some(last),
                None => {
                    let (last, underway) = (self.last.take(), self.underway.take());
                    self.run(run);
                    self.underway = underway;
                    std::mem::replace(&mut self.last, last)
                }
            },
        };
    }

    /// Begins a run, and gives up the one under way. What can be said at once, if that is all there is to say.
    fn begin(&mut self, asked: Run, clock: &dyn Fn() -> f64) -> Option<Ran> {
        let (mut reading, scenario) = Reading::of(asked);
        // A broken text leaves on the screen what it was before, which goes on to its end.
        let Some(scenario) = scenario else {
            let goes_on = self.underway.as_ref().map(|underway| underway.reading.asked.id);
            let Reading { asked, found, .. } = reading;
            return Some(Ran { id: asked.id, diagnostics: found, came: Came::Nothing(goes_on) });
        };
        if let Some(underway) = self.underway.as_mut().filter(|it| it.reading.same_as(&reading)) {
            underway.take_over(reading, clock());
            return None;
        }
        let is_shown = self.underway.take().is_none_or(|underway| underway.stage.is_none());
        let last = self.last.as_ref();
        if let Some(last) = last.filter(|last| is_shown && last.reading.same_as(&reading)) {
            let id = reading.asked.id;
            // What is asked of it goes by the number under which it is on the screen.
            reading.asked.id = last.reading.asked.id;
            let diagnostics = reading.diagnostics(&last.life.run.trace);
            let handles = edit::handles(&reading.documents);
            self.last = Some(Rc::new(Done { reading, life: last.life.clone() }));
            return Some(Ran { id, diagnostics, came: Came::Same(handles) });
        }
        self.underway = Some(Underway::begin(reading, scenario, self.last.as_deref(), clock()));
        None
    }

    /// Goes on with the run under way until `clock` shows `until`.
    fn slice(&mut self, clock: &dyn Fn() -> f64, until: f64) -> Option<Ran> {
        let underway = self.underway.as_mut()?;
        let id = underway.reading.asked.id;
        match underway.go_on(clock, until) {
            Progress::Going => None,
            Progress::Picture => {
                let (diagnostics, drawing) = underway.picture(clock)?;
                Some(self.ran(id, diagnostics, Some(drawing)))
            }
            Progress::Over(outcome) => {
                let underway = self.underway.take()?;
                self.simulated = Some(underway.simulated());
                let (diagnostics, done, simulation) = underway.finish(outcome);
                let (drawing, done) = done.unzip();
                let before = done.and_then(|done| self.last.replace(Rc::new(done)));
                self.rest = Some((simulation, before));
                Some(self.ran(id, diagnostics, drawing))
            }
        }
    }

    /// What was on the screen will be: one answer saves asking for it.
    fn ran(&mut self, id: u32, diagnostics: Vec<Diagnostic>, drawing: Option<Drawing>) -> Ran {
        let came = drawing.map_or(Came::Nothing(None), |drawing| {
            let shown = self.show.clone().map(|show| self.show(Show { run: id, ..show }));
            Came::New(Box::new(drawing), shown.map(Box::new))
        });
        Ran { id, diagnostics, came }
    }

    /// Runs to the end, whoever waits.
    fn run(&mut self, asked: Run) {
        if self.begin(asked, &|| 0.0).is_none() {
            while self.underway.is_some() {
                self.slice(&|| 0.0, f64::INFINITY);
            }
        }
    }

    fn look(&self, look: Look) -> Seen {
        let Some(done) = self.last.as_ref().filter(|done| done.reading.asked.id == look.run) else {
            return Seen { look, shell: Vec::new(), view: None, table: Vec::new(), stops: Vec::new() };
        };
        let pod = done.life.stage.pod_of(look.lane.as_deref());
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
        let stops = near(&done.life.stops, look.at);
        Seen { look, shell, view, table, stops }
    }

    fn kubectl(&self, typed: &Typed) -> Reply {
        let line = typed.line.trim();
        let command = format!("kubectl {}", line.strip_prefix("kubectl ").unwrap_or(line));
        let Some(done) = self.last.as_deref().filter(|done| done.reading.asked.id == typed.run) else {
            return Reply::Printed(Printed { command, output: String::new() });
        };
        let run = &done.life.run;
        let answer = lifepod_kubectl::prompt(line, &run.trace, typed.at, run.end, run.epoch_micros);
        match answer.action {
            Some(action) => Reply::Act(action),
            None => Reply::Printed(Printed { command, output: answer.output.stdout + &answer.output.stderr }),
        }
    }

    fn complete(&self, typed: Typed) -> Reply {
        let run = self.last.as_ref().map(|done| &done.life.run);
        let words = run.map_or_else(Vec::new, |run| {
            let snapshot = lifepod_kubectl::Snapshot::at(&run.trace, typed.at, run.epoch_micros);
            lifepod_kubectl::complete(&typed.line, &snapshot)
        });
        Reply::Completed(typed.line, words)
    }

    fn find(&self, find: &Find) -> Option<(SimTime, u32)> {
        let done = self.last.as_ref().filter(|done| done.reading.asked.id == find.run)?;
        // Chapters have the words in English, whatever the page speaks.
        let lines = chronicle(&done.life.run.trace, Lang::En, false).into_iter();
        let line = lines.filter(|line| find.moment.is(line)).nth(find.moment.nth.saturating_sub(1))?;
        Some((line.at, line.entry.0))
    }

    fn why(&self, ask: Ask) -> Option<Story> {
        let done = self.last.as_ref().filter(|done| done.reading.asked.id == ask.run)?;
        let told = explain(&done.life.run.trace, EntryId(ask.entry), done.reading.asked.lang)?;
        let steps = told.steps.into_iter().map(|step| Step {
            at: step.at,
            since: step.since,
            entry: step.entry,
            text: step.text,
            fields: step.fields.iter().map(|field| done.field(field)).collect(),
            source: step.source.to_owned(),
        });
        let changes = told.changes.into_iter().map(|change| {
            let trials = change.trials.iter().filter_map(|trial| done.trial(trial)).collect();
            Change { text: change.text, trials }
        });
        Some(Story { ask, title: told.title, steps: steps.collect(), changes: changes.collect() })
    }
}

/// A run in few numbers.
fn measure(asked: Run) -> Option<Facts> {
    let run = Reading::of(asked).1?.run();
    Some(facts(&run.trace, run.end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: NAME\nspec:\n  containers:\n  - name: app\n    \
                       image: busybox\n    command: [sh, -c, 'sleep 5; exit 1']\n";

    fn pods(count: usize) -> String {
        let pods: Vec<String> = (0..count).map(|i| POD.replace("NAME", &format!("pod-{i}"))).collect();
        pods.join("---\n")
    }

    fn run(id: u32, text: &str) -> Request {
        let text = text.to_owned();
        Request::Run(Run { id, text, seed: Some(1), horizon: None, lang: Lang::En })
    }

    fn show(run: u32) -> Request {
        let frame = lifepod_timeline::Frame { width: 800.0, height: 400.0, ..Default::default() };
        Request::Show(Show { side: Side::This, run, other: 0, beside: false, frame })
    }

    /// A clock on which every look takes as many milliseconds.
    fn clock(each: f64) -> impl Fn() -> f64 {
        let now = Cell::new(0.0);
        move || {
            now.set(now.get() + each);
            now.get()
        }
    }

    /// What is said until nothing is under way.
    fn all(session: &mut Session, clock: &dyn Fn() -> f64) -> Vec<Reply> {
        let mut replies = Vec::new();
        while session.is_busy() {
            replies.extend(session.go_on(clock));
        }
        replies
    }

    fn drawings(replies: &[Reply]) -> Vec<&Drawing> {
        let ran = replies.iter().filter_map(|reply| match reply {
            Reply::Ran(Ran { came: Came::New(drawing, _), .. }) => Some(&**drawing),
            _ => None,
        });
        ran.collect()
    }

    /// A session in which this has run to its end.
    fn after(text: &str) -> Session {
        let mut session = Session::default();
        session.hear(show(0));
        session.hear(run(1, text));
        all(&mut session, &clock(0.0));
        session
    }

    #[test]
    fn a_long_run_is_shown_bit_by_bit_and_ends_as_if_run_at_once() {
        let text = pods(3);
        let mut session = Session::default();
        session.hear(show(0));
        session.hear(run(1, &text));
        let replies = all(&mut session, &clock(5.0));
        let drawings = drawings(&replies);
        let (whole, parts) = drawings.split_last().expect("something is drawn");
        assert!(parts.len() > 2, "{} parts", parts.len());
        assert!(parts.is_sorted_by(|a, b| a.reached < b.reached));
        assert!(parts.iter().all(|part| part.reached < Some(part.horizon) && part.horizon == whole.horizon));
        assert_eq!(whole.reached, None);

        let at_once = after(&text);
        let trace =
            |session: &Session| session.last.as_ref().map(|last| last.life.run.trace.entries().to_vec());
        assert_eq!(trace(&session), trace(&at_once));
    }

    #[test]
    fn a_run_under_way_stays_on_the_axis_of_the_one_before() {
        let mut session = after(&pods(3));
        let axis = session.last.as_ref().map(|last| last.life.stage.axis().clone());
        session.hear(run(2, &pods(4)));
        let replies = all(&mut session, &clock(5.0));
        let axes: Vec<_> = replies
            .iter()
            .filter_map(|reply| match reply {
                Reply::Ran(Ran { came: Came::New(drawing, shown), .. }) if drawing.reached.is_some() => {
                    shown.as_ref().map(|shown| shown.axis.horizon())
                }
                _ => None,
            })
            .collect();
        assert!(axes.len() > 2);
        assert!(axes.iter().all(|horizon| Some(*horizon) == axis.as_ref().map(Axis::horizon)));
    }

    #[test]
    fn what_is_done_late_goes_on_from_a_checkpoint() {
        let text = pods(3);
        let with = |action: &str| {
            format!(
                "{text}---\napiVersion: lifepod.dev/v1alpha1\nkind: Scenario\nspec:\n  actions:\n  - {action}\n"
            )
        };
        let late = with("{at: 20m, kubectl: 'delete pod pod-1'}");
        let later = with("{at: 25m, kubectl: 'delete pod pod-2'}");
        let mut session = Session::default();
        session.hear(show(0));
        // A copy is as old as the look at the clock before it.
        for (id, text) in [(1, &text), (2, &late), (3, &later), (4, &text)] {
            session.hear(run(id, text));
            session.go_on(&clock(1.0));
            let reached = session.underway.as_ref().map_or(SimTime::ZERO, Underway::reached);
            assert_eq!(reached > SimTime::from_secs(600), id > 1, "{id}: {reached}");
            all(&mut session, &clock(1.0));
            let trace = |session: &Session| session.last.as_ref().map(|last| last.life.run.trace.clone());
            assert!(trace(&session) == trace(&after(text)), "{id}");
        }
        // What is done early, or is another pod, begins at the beginning.
        for (id, text) in [(5, with("{at: 1s, kubectl: 'delete pod pod-1'}")), (6, pods(4))] {
            session.hear(run(id, &text));
            session.go_on(&clock(1.0));
            let reached = session.underway.as_ref().map_or(SimTime::ZERO, Underway::reached);
            assert!(reached < SimTime::from_secs(600), "{id}: {reached}");
            all(&mut session, &clock(1.0));
        }
    }

    #[test]
    fn a_newer_text_ends_the_run_of_an_older_one() {
        let mut session = Session::default();
        let clock = clock(5.0);
        session.hear(run(1, &pods(20)));
        session.go_on(&clock);
        session.hear(run(2, &pods(2)));
        session.hear(run(3, &pods(1)));
        let replies = all(&mut session, &clock);
        assert!(drawings(&replies).iter().all(|drawing| drawing.run == 3));
    }

    #[test]
    fn a_broken_text_lets_the_run_before_it_go_on() {
        let mut session = Session::default();
        let clock = clock(5.0);
        session.hear(run(1, &pods(3)));
        session.go_on(&clock);
        session.hear(run(2, "kind: ["));
        let replies = all(&mut session, &clock);
        let nothing =
            |reply: &Reply| matches!(reply, Reply::Ran(Ran { id: 2, came: Came::Nothing(Some(1)), .. }));
        assert!(replies.iter().any(nothing));
        assert_eq!(drawings(&replies).last().map(|drawing| (drawing.run, drawing.reached)), Some((1, None)));
    }

    #[test]
    fn a_comment_changes_nothing_that_happens() {
        let mut session = after(&pods(2));
        session.hear(run(2, &format!("# two\n{}", pods(2))));
        let replies = all(&mut session, &clock(5.0));
        assert!(matches!(&replies[..], [Reply::Ran(Ran { id: 2, came: Came::Same(_), .. })]));
        session.hear(run(3, &pods(2).replace("sleep 5", "sleep 6")));
        let replies = all(&mut session, &clock(0.0));
        assert_eq!(drawings(&replies).len(), 1);
    }

    #[test]
    fn what_is_asked_of_a_run_under_way_is_answered_when_it_is_over() {
        let mut session = Session::default();
        let clock = clock(5.0);
        session.hear(run(1, &pods(3)));
        session.go_on(&clock);
        let look = Look { run: 1, at: SimTime::from_secs(1_000), view: Pane::Pods, lane: None };
        assert_eq!(session.hear(Request::Look(look)), None);
        let replies = all(&mut session, &clock);
        let [.., Reply::Ran(_), Reply::Seen(seen)] = &replies[..] else { panic!("{replies:?}") };
        assert!(seen.shell[0].output.contains("pod-2"));
    }
}
