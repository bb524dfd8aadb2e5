//! What a container's process does: from the words of a scenario or an annotation to a [`Behavior`].

use crate::problems::Problems;
use lifepod_api::SimTime;
use lifepod_api::duration::Duration;
use lifepod_manifest::Hint;
use lifepod_manifest::scenario::{
    BehaviorOnTerm, BehaviorStep, ContainerBehavior, ExecAnswers, GrpcAnswers, HttpAnswer, HttpAnswers,
    MemoryPoint, ScenarioBehavior,
};
use lifepod_workload::Signal;
use lifepod_workload::behavior::{
    Act, Answer, Behavior, ExecAnswer, ExecRule, Fault, HttpRule, OnTerm, Protocol, Run, ScriptedStartError,
    Step,
};

const PROTOCOLS: &[(&str, Protocol)] = &[
    ("HTTP", Protocol::Http),
    ("HTTPS", Protocol::Https),
    ("TCP", Protocol::Tcp),
    ("GRPC", Protocol::Grpc),
    ("GRPCWithoutHealth", Protocol::GrpcBare),
];

const GRPC_STATUSES: &[(&str, bool)] = &[("SERVING", true), ("NOT_SERVING", false)];

/// A behaviour of a Scenario document, with the containers that have it.
pub(crate) fn rule(
    written: &ScenarioBehavior,
    path: &str,
    found: &mut Problems,
) -> lifepod_engine::BehaviorRule {
    if written.pods.is_empty() {
        found.error(
            &format!("{path}.pods"),
            Hint::new(
                "required: the name of a pod, in which `*` stands for anything",
                "必填：Pod 的名字，其中 `*` 代表任意字符",
            ),
        );
    }
    lifepod_engine::BehaviorRule {
        pods: written.pods.clone(),
        container: written.container.clone(),
        behavior: read(&written.behavior, path, found).into(),
    }
}

/// What a container does.
pub(crate) fn read(written: &ContainerBehavior, path: &str, found: &mut Problems) -> Behavior {
    let mut reader = Reader { found };
    let mut runs: Vec<Run> = Vec::new();
    if !written.run.is_empty() && !written.runs.is_empty() {
        let hint =
            Hint::new("`run` is short for `runs` with one life", "`run` 是只有一次运行的 `runs` 的简写");
        let path = format!("{path}.runs");
        reader.found.add(
            lifepod_manifest::Severity::Error,
            &path,
            Hint::new("run and runs exclude each other", "run 和 runs 不能同时写"),
            hint,
        );
    }
    if !written.run.is_empty() {
        let steps = reader.steps(&written.run, &format!("{path}.run"));
        runs.push(Run { start_error: None, steps });
    }
    for (index, run) in written.runs.iter().enumerate() {
        let path = format!("{path}.runs[{index}]");
        let steps = reader.steps(&run.steps, &format!("{path}.steps"));
        if !run.start_error.is_empty() && !run.steps.is_empty() {
            reader.found.error(
                &format!("{path}.steps"),
                Hint::new("a process that cannot be started takes no steps", "无法启动的进程没有步骤"),
            );
        }
        let start_error = (!run.start_error.is_empty()).then(|| ScriptedStartError {
            exit_code: 128,
            reason: "StartError".to_string(),
            message: run.start_error.clone(),
        });
        runs.push(Run { start_error, steps });
    }
    if runs.is_empty() {
        // Nothing is said of its life: it serves.
        let grpc = written.http.is_empty() && !written.grpc.is_empty();
        let protocol = if grpc { Protocol::Grpc } else { Protocol::Http };
        runs.push(Run {
            start_error: None,
            steps: vec![Step { at: SimTime::ZERO, act: Act::ListenDeclared { protocol } }],
        });
    }
    let mut timed = Vec::new();
    for (index, answers) in written.http.iter().enumerate() {
        reader.http(answers, &format!("{path}.http[{index}]"), &mut timed);
    }
    for (index, answers) in written.grpc.iter().enumerate() {
        reader.grpc(answers, &format!("{path}.grpc[{index}]"), &mut timed);
    }
    reader.memory(&written.memory, &format!("{path}.memory"), &mut timed);
    for run in &mut runs {
        // At the same instant a step has the last word.
        run.steps.splice(0..0, timed.iter().cloned());
    }
    let exec = written.exec.iter().enumerate();
    let exec = exec.map(|(i, answers)| reader.exec(answers, &format!("{path}.exec[{i}]"))).collect();
    let on_term = written.on_term.as_ref();
    let on_term =
        on_term.map_or_else(OnTerm::default, |on_term| reader.on_term(on_term, &format!("{path}.onTerm")));
    Behavior { runs, on_term, exec, ..Behavior::default() }
}

struct Reader<'f> {
    found: &'f mut Problems,
}

impl Reader<'_> {
    /// The steps of one life, with their times since its start.
    fn steps(&mut self, written: &[BehaviorStep], path: &str) -> Vec<Step> {
        let mut now = SimTime::ZERO;
        let mut steps = Vec::new();
        for (index, step) in written.iter().enumerate() {
            let path = format!("{path}[{index}]");
            match (step.at, step.after) {
                (Some(_), Some(_)) => {
                    self.found.error(
                        &format!("{path}.after"),
                        Hint::new("at and after exclude each other", "at 和 after 不能同时写"),
                    );
                }
                (Some(at), None) if at.0 < now => {
                    let message = Hint::new(
                        "steps stand in the order of their times: this is before the step above",
                        "步骤按时间先后排列：这一步早于上一步",
                    );
                    self.found.error(&format!("{path}.at"), message);
                }
                (Some(at), None) => now = at.0,
                (None, Some(after)) => now += after.0,
                (None, None) => {}
            }
            steps.extend(self.act(step, &path).map(|act| Step { at: now, act }));
        }
        steps
    }

    fn act(&mut self, step: &BehaviorStep, path: &str) -> Option<Act> {
        let at = |field: &str| format!("{path}.{field}");
        let set = [
            ("listen", step.listen.is_some()),
            ("close", step.close.is_some()),
            ("http", step.http.is_some()),
            ("grpc", step.grpc.is_some()),
            ("hang", step.hang),
            ("resume", step.resume),
            ("print", step.print.is_some()),
            ("memory", step.memory.is_some()),
            ("write", step.write.is_some()),
            ("remove", step.remove.is_some()),
            ("exit", step.exit.is_some()),
            ("signal", step.signal.is_some()),
            ("oom", step.oom),
        ];
        for (field, is_set, belongs_to, fits) in [
            ("protocol", !step.protocol.is_empty(), "listen", step.listen.is_some()),
            ("stderr", step.stderr, "print", step.print.is_some()),
            ("message", !step.message.is_empty(), "exit", step.exit.is_some()),
        ] {
            if is_set && !fits {
                let en = format!("{field} belongs to {belongs_to}");
                self.found.error(&at(field), Hint::of(en, format!("{field} 要和 {belongs_to} 一起写")));
            }
        }
        self.found.only_one(path, ("a step", "一个步骤"), &set)?;
        if let Some(port) = step.listen {
            let protocol = match step.protocol.as_str() {
                "" => Protocol::Http,
                word => self.found.word(&at("protocol"), word, PROTOCOLS)?,
            };
            return Some(Act::Listen { port: self.found.port(&at("listen"), port)?, protocol });
        }
        if let Some(port) = step.close {
            return Some(Act::Close { port: self.found.port(&at("close"), port)? });
        }
        if let Some(http) = &step.http {
            let port = match http.port {
                Some(port) => Some(self.found.port(&at("http.port"), port)?),
                None => None,
            };
            let answer = self.answer(&http.answer, &at("http"))?;
            return Some(Act::Http(HttpRule { port, path: http.path.clone(), answer }));
        }
        if let Some(grpc) = &step.grpc {
            let serving = self.found.word(&at("grpc.status"), &grpc.status, GRPC_STATUSES)?;
            return Some(Act::Grpc { service: grpc.service.clone(), serving });
        }
        if let Some(line) = &step.print {
            return Some(Act::Print { line: line.clone(), stderr: step.stderr });
        }
        if let Some(memory) = &step.memory {
            let Some(to) = &memory.to else {
                self.found.error(
                    &at("memory.to"),
                    Hint::new("required: how much memory, such as 200Mi", "必填：多少内存，例如 200Mi"),
                );
                return None;
            };
            let bytes = self.found.bytes(&at("memory.to"), to)?;
            return Some(Act::Memory { bytes, over: time(memory.over) });
        }
        if let Some(write) = &step.write {
            self.absolute(&at("write.path"), &write.path)?;
            return Some(Act::Write { path: write.path.clone(), text: write.text.clone() });
        }
        if let Some(file) = &step.remove {
            self.absolute(&at("remove"), file)?;
            return Some(Act::Remove { path: file.clone() });
        }
        if let Some(code) = step.exit {
            let code = self.found.number(&at("exit"), code, 0, 255)?;
            return Some(Act::Exit { code, message: step.message.clone() });
        }
        if let Some(word) = &step.signal {
            let Some(signal) = Signal::parse(word) else {
                let en = format!("{word:?} is no signal; SEGV is one");
                self.found.error(&at("signal"), Hint::of(en, format!("{word:?} 不是信号；例如 SEGV")));
                return None;
            };
            return Some(Act::Die { signal });
        }
        Some(match (step.hang, step.resume) {
            (true, _) => Act::Hang,
            (_, true) => Act::Resume,
            _ => Act::Oom,
        })
    }

    fn absolute(&mut self, path: &str, file: &str) -> Option<()> {
        if file.starts_with('/') {
            return Some(());
        }
        let en = format!("{file:?} is not an absolute path");
        self.found.error(path, Hint::of(en, format!("{file:?} 不是绝对路径")));
        None
    }

    fn answer(&mut self, written: &HttpAnswer, path: &str) -> Option<Answer> {
        let mut answer = Answer { after: time(written.took), ..Answer::default() };
        if let Some(status) = written.status {
            answer.status = self.found.number(&format!("{path}.status"), status, 100, 599)?;
        }
        if let Some(body) = &written.body {
            answer.body.clone_from(body);
        }
        answer.headers = written.headers.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
        if !written.fault.is_empty() {
            let faults = [("reset", 0), ("close", 1), ("garbage", 2), ("silence", 3)];
            answer.fault =
                Some(match self.found.word(&format!("{path}.fault"), &written.fault, &faults)? {
                    0 => Fault::Reset,
                    1 => Fault::Close,
                    2 => Fault::Garbage("garbage".to_string()),
                    _ => Fault::Silence,
                });
        }
        Some(answer)
    }

    /// Checks that the times of a list go on.
    fn in_order(&mut self, path: &str, last: &mut Option<SimTime>, at: Option<Duration>) -> SimTime {
        let at = time(at);
        if last.is_some_and(|last| at <= last) {
            self.found.error(
                &format!("{path}.at"),
                Hint::new("each entry's time is after the one above", "每一项的时间要晚于上一项"),
            );
        }
        *last = Some(at);
        at
    }

    fn http(&mut self, written: &HttpAnswers, path: &str, into: &mut Vec<Step>) {
        let port = match written.port {
            Some(port) => match self.found.port(&format!("{path}.port"), port) {
                Some(port) => Some(port),
                None => return,
            },
            None => None,
        };
        let rule = |answer| Act::Http(HttpRule { port, path: written.path.clone(), answer });
        let refusal = Answer { status: 503, body: "not yet".to_string(), ..Answer::default() };
        into.push(Step { at: SimTime::ZERO, act: rule(refusal) });
        let mut last = None;
        for (index, entry) in written.answers.iter().enumerate() {
            let path = format!("{path}.answers[{index}]");
            let at = self.in_order(&path, &mut last, entry.at);
            into.extend(self.answer(&entry.answer, &path).map(|answer| Step { at, act: rule(answer) }));
        }
        self.some_answer(last, path);
    }

    fn grpc(&mut self, written: &GrpcAnswers, path: &str, into: &mut Vec<Step>) {
        let act = |serving| Act::Grpc { service: written.service.clone(), serving };
        into.push(Step { at: SimTime::ZERO, act: act(false) });
        let mut last = None;
        for (index, entry) in written.answers.iter().enumerate() {
            let path = format!("{path}.answers[{index}]");
            let at = self.in_order(&path, &mut last, entry.at);
            let serving = self.found.word(&format!("{path}.status"), &entry.status, GRPC_STATUSES);
            into.extend(serving.map(|serving| Step { at, act: act(serving) }));
        }
        self.some_answer(last, path);
    }

    fn exec(&mut self, written: &ExecAnswers, path: &str) -> ExecRule {
        let mut rule = ExecRule { command: written.command.clone(), ..ExecRule::default() };
        let mut last = None;
        for (index, entry) in written.answers.iter().enumerate() {
            let path = format!("{path}.answers[{index}]");
            let at = self.in_order(&path, &mut last, entry.at);
            let code = self.found.number(&format!("{path}.exit"), entry.exit.unwrap_or(0), 0, 255);
            let (output, took) = (entry.output.clone(), time(entry.took));
            rule.answers.insert(at, ExecAnswer { exit_code: code.unwrap_or(0), output, took });
        }
        self.some_answer(last, path);
        rule
    }

    fn some_answer(&mut self, last: Option<SimTime>, path: &str) {
        if last.is_none() {
            self.found.error(
                &format!("{path}.answers"),
                Hint::new("required: at least one answer", "必填：至少一个回答"),
            );
        }
    }

    /// The memory curve: straight lines between its points.
    fn memory(&mut self, points: &[MemoryPoint], path: &str, into: &mut Vec<Step>) {
        let mut last = None;
        for (index, point) in points.iter().enumerate() {
            let path = format!("{path}[{index}]");
            let since = last;
            let at = self.in_order(&path, &mut last, point.at);
            let Some(used) = &point.use_ else {
                self.found.error(
                    &format!("{path}.use"),
                    Hint::new("required: how much memory, such as 200Mi", "必填：多少内存，例如 200Mi"),
                );
                continue;
            };
            let Some(bytes) = self.found.bytes(&format!("{path}.use"), used) else { continue };
            let (at, over) = match since {
                None => (at, SimTime::ZERO),
                Some(since) => (since, at.since(since)),
            };
            into.push(Step { at, act: Act::Memory { bytes, over } });
        }
    }

    fn on_term(&mut self, written: &BehaviorOnTerm, path: &str) -> OnTerm {
        if written.ignore {
            if written.drain || written.after.is_some() || written.exit.is_some() {
                let message = Hint::new(
                    "a process that ignores TERM has no end to describe",
                    "忽略 TERM 的进程没有结束可写",
                );
                self.found.error(&format!("{path}.ignore"), message);
            }
            return OnTerm::Ignore;
        }
        let code = self.found.number(&format!("{path}.exit"), written.exit.unwrap_or(0), 0, 255);
        let code = code.unwrap_or(0);
        match written.drain {
            true => OnTerm::Drain { within: written.after.map_or(LONGEST_DRAIN, |after| after.0), code },
            false => OnTerm::Exit { after: time(written.after), code },
        }
    }
}

/// How long a process that drains finishes what it has begun, unless the behaviour says otherwise.
const LONGEST_DRAIN: SimTime = SimTime::from_secs(30);

fn time(written: Option<Duration>) -> SimTime {
    written.map_or(SimTime::ZERO, |duration| duration.0)
}
