//! What a run had to assume, on the text that left it open, with the behaviour that would say it.

use crate::pods::{Described, described};
use crate::recorded::{self, LastRun};
use crate::storage_classes::{Granted, granted};
use lifepod_api::{Container, Object};
use lifepod_engine::Trace;
use lifepod_engine::trace::Assumption;
use lifepod_manifest::{Document, Lines};
use std::fmt::Write as _;
use std::ops::Range;

/// An assumption, as a note on the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// The document that left it open, by its index.
    pub document: usize,
    /// The container; none where it is about the cluster.
    pub container: String,
    /// The words that were not understood, or what is taken for granted.
    pub subject: String,
    /// What was assumed, as a sentence without a full stop.
    pub assumed: String,
    /// The same in Chinese; in English where nobody has translated it.
    pub assumed_zh: String,
    /// The characters that left it open, as byte offsets: the words themselves where they stand in one place.
    pub range: Range<usize>,
    /// The first character's line, from 1.
    pub line: usize,
    /// The first character's column, from 1, in characters.
    pub column: usize,
    /// The change to the text that says what the container does: for now what was assumed. None where it is not about one.
    pub say: Option<Edit>,
}

/// What was assumed, in Chinese; in English where nobody has translated it.
fn in_chinese(assumed: &str) -> String {
    let ports = assumed.strip_prefix("its program serves").and_then(|rest| rest.strip_suffix(UNTIL_TOLD));
    if let Some(ports) = ports {
        let ports = if ports.is_empty() { "" } else { "在声明的端口上" };
        return format!("假定镜像里的程序{ports}提供服务，直到收到停止信号");
    }
    let known = ZH.iter().find(|(en, _)| *en == assumed);
    known.map_or(assumed, |(_, zh)| zh).to_string()
}

const UNTIL_TOLD: &str = " until it is told to stop";

/// What the processes' side assumes (`assume` in the workload crate), and the same in Chinese.
const ZH: [(&str, &str); 10] = [
    (
        "the program is not known; it runs until it is told to stop",
        "不认识这个程序；假定它一直运行，直到收到停止信号",
    ),
    (
        "the program serves its declared ports until it is told to stop",
        "假定这个程序在声明的端口上提供服务，直到收到停止信号",
    ),
    ("it does what it is asked and ends with exit code 0", "假定它完成了要做的事，以退出码 0 结束"),
    (
        "it is a busy loop that burns a CPU, looked at now and then",
        "这是占满一个 CPU 的空转循环，只隔一段时间看它一眼",
    ),
    ("it gives nothing", "假定它什么也不返回"),
    ("awk fails on it", "假定 awk 执行失败"),
    ("output beyond 4 MiB is not kept", "超过 4 MiB 的输出没有保留"),
    ("the connection is refused", "假定连接被拒绝"),
    ("a file that is really compressed cannot be read", "真正压缩过的文件无法读取"),
    (OUTSIDE, "假定这台主机在集群之外，接受连接并以 200 应答请求"),
];

/// What is assumed of a host that nothing is said of (`kubelet/connections.rs` in the engine).
const OUTSIDE: &str = "it is outside the cluster, takes connections and answers requests with 200";

/// A change to a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// Where, in bytes.
    pub at: usize,
    /// What is inserted there.
    pub insert: String,
}

impl Edit {
    /// The text with the change made.
    pub fn apply(&self, text: &str) -> String {
        let (before, after) = text.split_at(self.at);
        format!("{before}{}{after}", self.insert)
    }
}

/// The assumptions of a run on the text that it came from: pods of one template share theirs.
pub fn assumptions(text: &str, documents: &[Document], trace: &Trace) -> Vec<Note> {
    let lines = Lines::new(text);
    let mut notes: Vec<Note> = Vec::new();
    for made in trace.assumptions() {
        let Some((index, pod)) = source(documents, &made) else { continue };
        let same = |n: &Note| {
            (n.document, n.container.as_str(), n.subject.as_str(), n.assumed.as_str())
                == (index, made.container, made.subject, made.assumed)
        };
        if notes.iter().any(same) {
            continue;
        }
        let document = &documents[index];
        let range = lines.first_line(place(text, document, &pod, &made));
        let (line, column) = lines.position(range.start);
        notes.push(Note {
            document: index,
            container: made.container.to_string(),
            subject: made.subject.to_string(),
            assumed: made.assumed.to_string(),
            assumed_zh: in_chinese(made.assumed),
            range,
            line,
            column,
            say: Some(match made.assumed {
                OUTSIDE => {
                    say(text, documents, "outside", &format!("- {{host: {:?}, status: 200}}\n", made.subject))
                }
                _ => say(text, documents, "behaviors", &behavior(document, &pod, &made)),
            }),
        });
    }
    notes.extend(documents.iter().enumerate().flat_map(|(index, document)| {
        let runs = match &document.object {
            Some(Object::Pod(pod)) => recorded::last_runs(pod),
            _ => Vec::new(),
        };
        runs.into_iter().filter_map(|run| repeated(text, &lines, documents, index, &run)).collect::<Vec<_>>()
    }));
    notes.extend(storage_classes(&lines, documents));
    notes
}

/// The storage classes that are taken for granted, each where it is first asked for.
fn storage_classes(lines: &Lines, documents: &[Document]) -> Vec<Note> {
    let mut notes: Vec<Note> = Vec::new();
    for Granted { class, document, path } in granted(documents) {
        if notes.iter().any(|note| note.subject == class) {
            continue;
        }
        let range = lines.first_line(documents[document].span_of(&path));
        let (line, column) = lines.position(range.start);
        notes.push(Note {
            document,
            container: String::new(),
            subject: class.to_string(),
            assumed: "the cluster is taken to have this StorageClass, and a driver that makes its volumes"
                .to_string(),
            assumed_zh: "假定集群里有这个 StorageClass，它的驱动会按需创建卷".to_string(),
            range,
            line,
            column,
            say: None,
        });
    }
    notes
}

/// A run that is simulated as it was recorded; none where the text says itself what the container does.
fn repeated(
    text: &str,
    lines: &Lines,
    documents: &[Document],
    index: usize,
    run: &LastRun<'_>,
) -> Option<Note> {
    let document = &documents[index];
    let (pod, name) = (described(document.object.as_ref()?)?, &run.container.name);
    let scenarios = documents.iter().filter_map(|document| document.scenario.as_ref());
    let mut rules = scenarios.flat_map(|scenario| &scenario.spec.behaviors);
    if rules.any(|rule| rule.container.is_empty() || rule.container == *name) {
        return None;
    }
    let (_, path) = pod.containers().find(|(n, _)| n == name)?;
    let range = lines.first_line(document.span_of(&format!("{path}.image")));
    let (line, column) = lines.position(range.start);
    let (assumed, assumed_zh) = run.assumed();
    Some(Note {
        document: index,
        container: name.clone(),
        subject: run.container.image.clone(),
        assumed,
        assumed_zh,
        range,
        line,
        column,
        say: Some(say(text, documents, "behaviors", &run.behavior_text(&pod.metadata.name))),
    })
}

/// The document that the pod of an assumption comes from: its own, or the one whose name it begins with.
fn source<'d>(documents: &'d [Document], made: &Assumption<'_>) -> Option<(usize, Described<'d>)> {
    let candidates = documents.iter().enumerate().filter_map(|(index, document)| {
        let object = document.object.as_ref()?;
        let meta = object.meta();
        // Most documents of a long text are ruled out by this alone.
        let begin = if meta.name.is_empty() { &meta.generate_name } else { &meta.name };
        if !made.pod.name.starts_with(begin.as_str()) {
            return None;
        }
        let pod = described(object)?;
        let namespace = if meta.namespace.is_empty() { "default" } else { &meta.namespace };
        let rest = match (pod.path, meta.name.as_str()) {
            ("", "") => made.pod.name.strip_prefix(meta.generate_name.as_str())?,
            ("", name) => (name == made.pod.name).then_some("")?,
            (_, name) => made.pod.name.strip_prefix(name)?.strip_prefix('-')?,
        };
        let has = pod.containers().any(|(name, _)| name == made.container);
        (namespace == made.pod.namespace && has).then_some((rest.len(), index, pod))
    });
    candidates.min_by_key(|(rest, ..)| *rest).map(|(_, index, pod)| (index, pod))
}

fn container<'d>(pod: &Described<'d>, name: &str) -> Option<(String, &'d Container)> {
    let (_, path) = pod.containers().find(|(n, _)| *n == name)?;
    let all = pod.spec.init_containers.iter().chain(&pod.spec.containers);
    Some((path, all.into_iter().find(|c| c.name == name)?))
}

/// Where the words that were not understood stand.
fn place(text: &str, document: &Document, pod: &Described<'_>, made: &Assumption<'_>) -> Range<usize> {
    let Some((path, spec)) = container(pod, made.container) else { return document.span.clone() };
    let words = [("command", &spec.command), ("args", &spec.args)];
    let written = words.iter().flat_map(|(field, list)| {
        (0..list.len()).map(|i| document.span_of(&format!("{path}.{field}[{i}]"))).collect::<Vec<_>>()
    });
    for range in written {
        if let Some(at) = text.get(range.clone()).and_then(|part| part.find(made.subject)) {
            let start = range.start + at;
            return start..start + made.subject.len();
        }
    }
    let field = words.iter().find(|(_, list)| !list.is_empty()).map_or("image", |(field, _)| field);
    document.span_of(&format!("{path}.{field}"))
}

/// An item for `behaviors` that says what was assumed, without indentation.
fn behavior(document: &Document, pod: &Described<'_>, made: &Assumption<'_>) -> String {
    let meta = document.object.as_ref().map(|object| object.meta());
    let pods = match (pod.path, meta) {
        ("", Some(meta)) if meta.name.is_empty() => format!("{}*", meta.generate_name),
        (path, Some(meta)) if !path.is_empty() => format!("{}-*", meta.name),
        _ => made.pod.name.clone(),
    };
    let mut out = format!("- pods: {pods:?}\n  container: {}\n  run:\n", made.container);
    let ports = container(pod, made.container).map_or(&[][..], |(_, c)| &c.ports[..]);
    let tcp: Vec<i32> = ports.iter().filter(|p| p.protocol != "UDP").map(|p| p.container_port).collect();
    if made.assumed.ends_with("exit code 0") {
        out.push_str("  - {after: 1s, exit: 0}\n");
    } else if tcp.is_empty() {
        out.push_str("  - print: started\n");
    }
    for port in tcp {
        let _ = writeln!(out, "  - listen: {port}");
    }
    out.push_str("  onTerm: {after: 100ms, exit: 0}\n");
    out
}

/// Puts an item into a list of the text's Scenario: among those that are there, into the Scenario that has none yet, or into
/// a new Scenario at the end.
fn say(text: &str, documents: &[Document], list: &str, item: &str) -> Edit {
    let indented = |columns: usize, item: &str| -> String {
        item.lines().map(|line| format!("{:columns$}{line}\n", "")).collect()
    };
    // The line on which a field stands, when nothing but blanks is before it.
    let own_line = |range: Range<usize>| -> Option<(usize, usize)> {
        let start = text.get(..range.start)?.rfind('\n').map_or(0, |n| n + 1);
        let before = text.get(start..range.start)?;
        before.chars().all(|c| c == ' ' || c == '-').then_some((start, before.len()))
    };
    for document in documents {
        if document.scenario.is_none() {
            continue;
        }
        let spec = &document.value["spec"];
        if spec[list].as_array().is_some_and(|items| !items.is_empty()) {
            let Some((start, column)) = own_line(document.span_of(&format!("spec.{list}[0]"))) else {
                continue;
            };
            let dash = text[start..].find('-').filter(|dash| *dash < column);
            let Some(dash) = dash else { continue };
            return Edit { at: start, insert: indented(dash, item) };
        }
        let keys = spec.as_object().into_iter().flatten();
        let mut keys = keys.map(|(key, _)| key.as_str()).filter(|key| *key != list);
        let has_none = spec.get(list).is_none();
        let first = keys.next().filter(|_| has_none).and_then(|key| document.key_of(&format!("spec.{key}")));
        if let Some((start, column)) = first.and_then(own_line) {
            let insert = format!("{:column$}{list}:\n{}", "", indented(column, item));
            return Edit { at: start, insert };
        }
    }
    let newline = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    let head = format!("---\napiVersion: lifepod.dev/v1alpha1\nkind: Scenario\nspec:\n  {list}:\n");
    Edit { at: text.len(), insert: format!("{newline}{head}{}", indented(2, item)) }
}
