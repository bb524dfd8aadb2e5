//! Who stood behind a Service, who the proxies thought did, and what that meant for a request.

use super::fact::Fact;
use super::scene::Scene;
use crate::words::{Lang, clock};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::{Endpoint, EndpointSlice, Object, SimTime};
use lifepod_engine::trace::{ObjectRevision, PodRef, RequestEnd, Requests};
use lifepod_engine::{Entry, EntryId, Op, What};

/// The label by which a slice names its Service.
const SERVICE_NAME: &str = "kubernetes.io/service-name";
/// More endpoints than this are counted, not named.
const NAMED: usize = 4;

/// An endpoint that came, changed or went.
#[derive(Debug)]
pub(super) struct Move {
    pub(super) pod: PodRef,
    pub(super) from: Option<Standing>,
    pub(super) to: Option<Standing>,
}

/// What a slice says of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It takes new connections.
    Ready,
    /// It is listed, and takes none.
    NotReady,
    /// It ends and still answers: it takes connections only where nobody is ready.
    Serving,
    /// It ends and answers no more.
    Ending,
}

impl Standing {
    fn of(endpoint: &Endpoint) -> Self {
        let ready = endpoint.conditions.ready != Some(false);
        let serving = endpoint.conditions.serving.unwrap_or(ready);
        match (ready, serving, endpoint.conditions.terminating == Some(true)) {
            (true, ..) => Self::Ready,
            (_, true, true) => Self::Serving,
            (_, false, true) => Self::Ending,
            _ => Self::NotReady,
        }
    }
}

/// What changed in a slice.
pub(super) fn change<'a>(scene: &Scene<'a>, entry: &Entry, revision: &'a ObjectRevision) -> Option<Fact<'a>> {
    let slice = slice_of(&revision.object)?;
    let service = slice.metadata.labels.get(SERVICE_NAME)?.as_str();
    let old = scene.earlier(entry, revision).and_then(slice_of).map_or(&[][..], |old| &old.endpoints);
    let new = if revision.op == Op::Deleted { &[][..] } else { &slice.endpoints };
    let find = |list: &'a [Endpoint], pod: &PodRef| {
        list.iter().find(|e| pod_of(slice, e).as_ref() == Some(pod)).map(Standing::of)
    };
    let mut moves: Vec<Move> = Vec::new();
    for pod in old.iter().chain(new).filter_map(|endpoint| pod_of(slice, endpoint)) {
        let (from, to) = (find(old, &pod), find(new, &pod));
        if from != to && moves.iter().all(|known| known.pod != pod) {
            moves.push(Move { pod, from, to });
        }
    }
    (!moves.is_empty()).then_some(Fact::Endpoints { service, moves })
}

fn slice_of(object: &Object) -> Option<&EndpointSlice> {
    match object {
        Object::EndpointSlice(slice) => Some(slice),
        _ => None,
    }
}

fn pod_of(slice: &EndpointSlice, endpoint: &Endpoint) -> Option<PodRef> {
    let target = endpoint.target_ref.as_ref().filter(|target| target.kind == "Pod")?;
    Some(PodRef::new(&slice.metadata.namespace, &target.name, &target.uid))
}

/// What was known of the pod that a lost request was sent to.
#[derive(Debug)]
pub(super) struct Known {
    /// When the request was sent.
    sent: SimTime,
    /// When the proxies began to write the rules that sent it there.
    since: Option<SimTime>,
    /// When the EndpointSlice took the pod from those that take connections, and the entry, …
    pub(super) withdrawn: Option<(SimTime, EntryId)>,
    /// … and when the proxies began to write that.
    told: Option<SimTime>,
    /// Whether the pod was being deleted.
    deleted: bool,
    /// Whether a container of it has a readiness probe.
    probed: bool,
}

impl Known {
    /// None for requests that went well, or to nobody.
    pub(super) fn of(scene: &Scene<'_>, entry: &Entry, requests: &Requests) -> Option<Self> {
        let pod = requests.backend.as_ref().filter(|_| requests.end.is_lost())?;
        let sent = requests.since;
        let mut known =
            Known { sent, since: None, withdrawn: None, told: None, deleted: false, probed: false };
        let takes = |slice: &EndpointSlice, op: Op| {
            let listed = slice.endpoints.iter().filter(|e| pod_of(slice, e).as_ref() == Some(pod));
            op != Op::Deleted && listed.map(Standing::of).any(|is| is == Standing::Ready)
        };
        let mut taking = false;
        for e in scene.trace.entries() {
            // What the proxies learned only after the request shows how late they were; what came much later is none
            // of its business.
            if e.at > entry.at.max(sent + SETTLED) || known.told.is_some_and(|told| told > sent) {
                break;
            }
            match &e.what {
                What::Object(revision) => match &*revision.object {
                    Object::EndpointSlice(slice)
                        if slice.metadata.labels.get(SERVICE_NAME) == Some(&requests.service.name)
                            && slice.metadata.namespace == requests.service.namespace =>
                    {
                        let takes = takes(slice, revision.op);
                        if takes != taking {
                            known.withdrawn = (!takes).then_some((e.at, e.id));
                            known.told = None;
                        }
                        taking = takes;
                    }
                    Object::Pod(p) if p.metadata.uid == pod.uid && e.at <= entry.at => {
                        known.deleted = p.metadata.deletion_timestamp.is_some();
                        known.probed = p.spec.containers.iter().any(|c| c.readiness_probe.is_some());
                    }
                    _ => {}
                },
                What::Proxied(proxied) if proxied.service == *requests.service => {
                    let sends = proxied.endpoints.contains(&pod.name);
                    if sends && e.at <= sent {
                        known.since = Some(e.at);
                    }
                    if !sends && known.withdrawn.is_some() && known.told.is_none() {
                        known.told = Some(e.at);
                    }
                }
                _ => {}
            }
        }
        Some(known)
    }

    /// Whether the request came after the slice no longer had the pod among those that take connections.
    fn was_stale(&self) -> bool {
        self.withdrawn.is_some_and(|(at, _)| at <= self.sent)
    }
}

/// Whatever the proxies have not learned of within this time has nothing to do with the request.
const SETTLED: SimTime = SimTime::from_secs(30);

/// Whether a pause before the signal would have changed it: the pod's deletion ran ahead of the proxies.
pub(super) fn settles(fact: &Fact<'_>) -> bool {
    match fact {
        Fact::Requested { requests, known: Some(known) } => {
            known.deleted && matches!(requests.end, RequestEnd::Reset | RequestEnd::TimedOut)
        }
        Fact::Endpoints { .. } => ending_pod(fact).is_some(),
        _ => false,
    }
}

/// Whether the process had taken the request when it was told to end.
pub(super) fn is_cut_off(fact: &Fact<'_>) -> bool {
    matches!(fact, Fact::Requested { known: Some(known), .. } if settles(fact) && known.withdrawn.is_some() && !known.was_stale())
}

/// Whether a readiness probe would have kept the request away: the pod counted as ready because nobody asked it.
pub(super) fn asks_nobody(fact: &Fact<'_>) -> bool {
    match fact {
        Fact::Requested { requests, known: Some(known) } => {
            !known.deleted && !known.probed && requests.end == RequestEnd::Reset
        }
        _ => false,
    }
}

/// The pod that an EndpointSlice withdrew because it was deleted.
pub(super) fn ending_pod<'f>(fact: &'f Fact<'_>) -> Option<&'f PodRef> {
    let Fact::Endpoints { moves, .. } = fact else { return None };
    let ends = |to| matches!(to, Some(Standing::Serving | Standing::Ending));
    moves.iter().find(|m| m.from == Some(Standing::Ready) && ends(m.to)).map(|m| &m.pod)
}

/// Whose endpoints changed how, in few words.
pub(super) fn headline(lang: Lang, service: &str, moves: &[Move]) -> String {
    let told: Vec<String> = moves.iter().take(NAMED).map(|m| moved(lang, m)).collect();
    match lang {
        Lang::En => format!("{service}: {}{}", told.join("; "), more(lang, moves)),
        Lang::Zh => format!("{service}：{}{}", told.join("；"), more(lang, moves)),
    }
}

fn more(lang: Lang, moves: &[Move]) -> String {
    match (moves.len().saturating_sub(NAMED), lang) {
        (0, _) => String::new(),
        (n, Lang::En) => format!("; and {n} more"),
        (n, Lang::Zh) => format!("；另有 {n} 个"),
    }
}

fn moved(lang: Lang, Move { pod, from, to }: &Move) -> String {
    let name = &pod.name;
    let (en, zh) = match (from, to) {
        (None, Some(Standing::Ready)) => ("was listed as ready", "列入，已就绪"),
        (None, Some(Standing::NotReady)) => ("was listed, not ready yet", "列入，尚未就绪"),
        (_, Some(Standing::Ready)) => ("became ready", "变为就绪"),
        (_, Some(Standing::NotReady)) => ("is no longer ready", "不再就绪"),
        (_, Some(Standing::Serving)) => ("is terminating, still serving", "正在终止，仍在服务"),
        (_, Some(Standing::Ending)) => ("is terminating and no longer serving", "正在终止，不再服务"),
        (_, None) => ("was removed", "被移除"),
    };
    match lang {
        Lang::En => format!("{name} {en}"),
        Lang::Zh => format!("{name} {zh}"),
    }
}

/// Whose endpoints changed how, and by which rule.
pub(super) fn sentence(lang: Lang, service: &str, moves: &[Move]) -> String {
    let told: Vec<String> = moves.iter().take(NAMED).map(|m| moved(lang, m)).collect();
    let any = |standing: Option<Standing>| moves.iter().any(|m| m.to == standing);
    let ends = any(Some(Standing::Serving)) || any(Some(Standing::Ending));
    match lang {
        Lang::En => {
            let rule = if ends {
                " A pod that is deleted is `terminating` at once and `ready` no more; it is `serving` for as long as its \
                 Ready condition holds. Its process gets its signal at the same time: nobody waits for the proxies."
            } else if any(Some(Standing::Ready)) || any(Some(Standing::NotReady)) {
                " An endpoint is `ready` while its pod's condition Ready is True; only then do new connections go there."
            } else {
                " A pod whose phase is Succeeded or Failed, that has no IP or is gone, is no endpoint."
            };
            let more = more(lang, moves);
            format!("The EndpointSlice of {service} changed: {}{more}.{rule}", told.join("; "))
        }
        Lang::Zh => {
            let rule = if ends {
                "Pod 一被删除就是 `terminating`，不再 `ready`；只要 Ready 状况仍成立，它就仍是 `serving`。与此同时它的进程也\
                 收到信号：没有人等待代理。"
            } else if any(Some(Standing::Ready)) || any(Some(Standing::NotReady)) {
                "Pod 的 Ready 状况为 True 时端点才是 `ready`，新连接才会发往那里。"
            } else {
                "阶段为 Succeeded 或 Failed、没有 IP 或已消失的 Pod 不是端点。"
            };
            let more = more(lang, moves);
            format!("{service} 的 EndpointSlice 有变化：{}{more}。{rule}", told.join("；"))
        }
    }
}

/// How requests ended, in few words.
pub(super) fn asked(lang: Lang, requests: &Requests) -> String {
    let (client, service, n) = (&requests.client, &requests.service.name, requests.count);
    match lang {
        Lang::En => {
            let times = if n == 1 { "A request".to_string() } else { format!("{n} requests") };
            let end = match requests.end {
                RequestEnd::Served => if n == 1 { "was served" } else { "were served" }.to_string(),
                RequestEnd::Slow => format!("took up to {}", lang.length(requests.slowest)),
                RequestEnd::Unanswered => "got no answer yet".to_string(),
                _ => format!("failed: {}", requests.said),
            };
            match &requests.backend {
                Some(pod) => format!("{times} of {client} to {service}, sent to {}, {end}", pod.name),
                None => format!("{times} of {client} to {service} {end}"),
            }
        }
        Lang::Zh => {
            let end = match requests.end {
                RequestEnd::Served => "得到应答".to_string(),
                RequestEnd::Slow => format!("最慢用了 {}", lang.length(requests.slowest)),
                RequestEnd::Unanswered => "尚无应答".to_string(),
                _ => format!("失败：{}", requests.said),
            };
            match &requests.backend {
                Some(pod) => format!("{client} 对 {service} 的 {n} 个请求（发往 {}）{end}", pod.name),
                None => format!("{client} 对 {service} 的 {n} 个请求{end}"),
            }
        }
    }
}

/// How requests ended, and by which rule.
pub(super) fn requested(lang: Lang, requests: &Requests, known: Option<&Known>) -> String {
    let told = asked(lang, requests);
    let why = match (requests.end, known) {
        (RequestEnd::Reset | RequestEnd::TimedOut, Some(known)) if known.withdrawn.is_some() => {
            late(lang, known)
        }
        (RequestEnd::Reset, Some(known)) if !known.probed => match lang {
            Lang::En => "Nothing answered there, and yet the EndpointSlice had the pod among those that are ready: \
                         without a readiness probe a pod is ready for as long as its containers run."
                .to_string(),
            Lang::Zh => "那里没有应答，而 EndpointSlice 却把这个 Pod 列为就绪：没有就绪探针时，容器在运行 Pod 就算就绪。"
                .to_string(),
        },
        (end, _) => rule(lang, end).to_string(),
    };
    match lang {
        Lang::En => format!("{told}.{}{why}", if why.is_empty() { "" } else { " " }),
        Lang::Zh => format!("{told}。{why}"),
    }
}

fn rule(lang: Lang, end: RequestEnd) -> &'static str {
    let (en, zh) = match end {
        RequestEnd::Served => ("", ""),
        RequestEnd::Slow => ("That is slower than the client calls quick.", "这比客户端认为的正常速度慢。"),
        RequestEnd::Failed => ("The process itself said that it failed.", "是进程自己返回了失败。"),
        RequestEnd::Refused => ("Nobody stood behind the Service.", "Service 背后没有任何 Pod。"),
        RequestEnd::Reset => (
            "The EndpointSlice still had the pod among those that are ready, so the node's proxy sent it there.",
            "EndpointSlice 仍把这个 Pod 列为就绪，节点的代理于是把它发往那里。",
        ),
        RequestEnd::TimedOut => {
            ("No answer came within the client's timeout.", "在客户端的超时时间内没有应答。")
        }
        RequestEnd::Unanswered => ("The run ended first.", "运行先结束了。"),
    };
    match lang {
        Lang::En => en,
        Lang::Zh => zh,
    }
}

/// Who knew what when, as the request was sent.
fn late(lang: Lang, known: &Known) -> String {
    let Some((withdrawn, _)) = known.withdrawn else { return String::new() };
    let at = |time: SimTime| clock(time, true);
    let apart = |later: SimTime, first: SimTime| lang.length(later.since(first));
    let sent = known.sent;
    // One that a process had taken before anybody knew of its end is no matter of the proxies.
    if !known.was_stale() && known.deleted {
        let before = apart(withdrawn, sent);
        return match lang {
            Lang::En => format!(
                "It was sent at {}, {before} before the EndpointSlice withdrew the pod: it was taken, and the process ended \
                 before it had answered.",
                at(sent)
            ),
            Lang::Zh => format!(
                "它在 {} 发出，比 EndpointSlice 撤下这个 Pod 早 {before}：请求已被接下，进程却在应答之前结束了。",
                at(sent)
            ),
        };
    }
    match lang {
        Lang::En => {
            let went_by = match known.since {
                Some(since) => format!("The node's proxy went by rules of {}", at(since)),
                None => "The node's proxy went by older rules".to_string(),
            };
            let slice = match known.was_stale() {
                true => format!("the EndpointSlice had withdrawn the pod {} before", apart(sent, withdrawn)),
                false => format!("the EndpointSlice withdrew the pod only {} later", apart(withdrawn, sent)),
            };
            let told = match known.told {
                Some(told) if told > sent => {
                    format!(
                        " The proxies began to write that at {}, {} too late.",
                        at(told),
                        apart(told, sent)
                    )
                }
                Some(told) => format!(
                    " The proxies began to write that at {}, and this node's was still at it.",
                    at(told)
                ),
                None => String::new(),
            };
            format!("It was sent at {}. {went_by}; {slice}.{told}", at(sent))
        }
        Lang::Zh => {
            let went_by = match known.since {
                Some(since) => format!("节点的代理依据的是 {} 的规则", at(since)),
                None => "节点的代理依据的是旧规则".to_string(),
            };
            let slice = match known.was_stale() {
                true => format!("而 EndpointSlice 在 {}前就已撤下这个 Pod", apart(sent, withdrawn)),
                false => format!("而 EndpointSlice 在 {}后才撤下这个 Pod", apart(withdrawn, sent)),
            };
            let told = match known.told {
                Some(told) if told > sent => {
                    format!("各代理在 {} 才开始写入，晚了 {}。", at(told), apart(told, sent))
                }
                Some(told) => format!("各代理在 {} 开始写入，这个节点的还没写完。", at(told)),
                None => String::new(),
            };
            format!("它在 {} 发出。{went_by}，{slice}。{told}", at(sent))
        }
    }
}
