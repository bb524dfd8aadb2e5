//! What would have changed the course of things, rule by rule.

use super::endpoints;
use super::fact::{Fact, Probed};
use crate::words::Lang;
use alloc::format;
use alloc::string::{String, ToString};
use lifepod_api::SimTime;
use lifepod_engine::trace::{KillReason, PodEnd, ProbeKind};

/// Something that would have changed the course of things.
pub(super) enum Remedy<'a> {
    /// A probe that starts to count later, or bears more failures.
    ProbePatience { kind: ProbeKind, period: Option<SimTime>, threshold: u32 },
    /// A command that the image has.
    CommandFound { container: &'a str },
    /// A process that does not end.
    LongerLife { container: &'a str },
    /// A larger limit.
    MoreMemory { container: &'a str },
    /// An image that there is.
    ImageName { image: &'a str },
    /// A process that hears TERM.
    HearTerm { container: &'a str },
    /// A restart policy that ends the loop.
    RestartPolicy,
    /// A node that fits.
    NodeThatFits,
    /// A process that answers what it has taken.
    Finishing,
    /// A budget that can spare a pod.
    Leniency,
    /// Requests as large as what is used.
    Requests,
    /// A larger limit of what may be stored.
    MoreStorage,
    /// A probe that asks whether the process answers.
    Asking,
    /// A pause before the signal, in which the proxies learn of it.
    Settling,
}

/// How much of the trouble a remedy takes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    /// It would not have come to it.
    Prevents,
    /// It would have gone more gently: a container that is stopped for its probe is not helped by a longer grace.
    Softens,
    /// It says when it is over.
    Waits,
}

impl<'a> Remedy<'a> {
    /// How much of the trouble it takes away.
    pub(super) fn reach(&self) -> Reach {
        match self {
            Self::HearTerm { .. } => Reach::Softens,
            Self::RestartPolicy => Reach::Waits,
            _ => Reach::Prevents,
        }
    }

    /// What would have changed this fact; none where nothing is wrong.
    pub(super) fn of(fact: &Fact<'a>) -> Option<Self> {
        Some(match fact {
            Fact::Probed(Probed { kind, passed: false, unknown: false, period, threshold, .. }) => {
                Self::ProbePatience { kind: *kind, period: *period, threshold: *threshold }
            }
            Fact::KillDecided { why: KillReason::LivenessProbe, threshold: Some(n), .. } => {
                let threshold = u32::try_from(*n).unwrap_or(0);
                Self::ProbePatience { kind: ProbeKind::Liveness, period: None, threshold }
            }
            Fact::Exited { container, oom: true, .. } => Self::MoreMemory { container },
            Fact::Exited { container, code: 126 | 127, .. } => Self::CommandFound { container },
            Fact::Exited { container, signal: None, told: false, .. } => Self::LongerLife { container },
            Fact::PullFailed { image, .. } | Fact::ImageBackOff { image, .. } => Self::ImageName { image },
            Fact::Killed { container } => Self::HearTerm { container },
            Fact::CrashBackOff { .. } => Self::RestartPolicy,
            Fact::Unschedulable { .. } => Self::NodeThatFits,
            Fact::Evicted { refused: Some(_), .. } => Self::Leniency,
            fact if endpoints::is_cut_off(fact) => Self::Finishing,
            Fact::PodEnded { why: PodEnd::Pressure, .. } => Self::Requests,
            Fact::PodEnded { why: PodEnd::StorageLimit { .. }, .. } => Self::MoreStorage,
            fact if endpoints::settles(fact) => Self::Settling,
            fact if endpoints::asks_nobody(fact) => Self::Asking,
            _ => return None,
        })
    }

    pub(super) fn sentence(&self, lang: Lang) -> String {
        match lang {
            Lang::En => self.english(),
            Lang::Zh => self.chinese(),
        }
    }

    fn english(&self) -> String {
        match self {
            Self::ProbePatience { kind: ProbeKind::Readiness, .. } => {
                "A process that answers sooner; a readiness probe never restarts anything, it only keeps requests away."
                    .to_string()
            }
            Self::ProbePatience { kind, period, threshold } => {
                let patience = period.map_or_else(String::new, |p| {
                    let whole = SimTime(p.0.saturating_mul(u64::from(*threshold)));
                    format!(" of {}", Lang::En.length(whole))
                });
                match kind {
                    ProbeKind::Startup => format!(
                        "A larger `failureThreshold` or `periodSeconds` of the startup probe: their product{patience} is \
                         how long the container may take to start."
                    ),
                    _ => format!(
                        "A `startupProbe`, if the process only needs longer to start; a larger `failureThreshold` or \
                         `periodSeconds`, if it recovers by itself: their product{patience} is how long it may fail."
                    ),
                }
            }
            Self::CommandFound { container } => {
                format!("A command of {container} that its image has, spelled as a shell would find it.")
            }
            Self::LongerLife { container } => format!(
                "A process in {container} that keeps running in the foreground; or, if it is meant to end, a Job, or \
                 `restartPolicy: OnFailure` or `Never`."
            ),
            Self::MoreMemory { container } => {
                format!("A larger `resources.limits.memory` of {container}, or a process that needs less.")
            }
            Self::ImageName { image } => {
                format!("An image that the registry has under the name `{image}`, or another name or tag.")
            }
            Self::HearTerm { container } => format!(
                "A process in {container} that ends when it gets the stop signal: a shell as the first process passes \
                 none on; start the program with `exec`. Or a larger `terminationGracePeriodSeconds`."
            ),
            Self::RestartPolicy => {
                "Only a run of more than 10 min, or a new pod, makes the back-off start over.".to_string()
            }
            Self::NodeThatFits => {
                "A node with what the pod asks for, or a pod that asks for less: see the reasons above.".to_string()
            }
            Self::Finishing => {
                "A process that answers what it has taken before it ends, within `terminationGracePeriodSeconds`; or a \
                 `preStop` hook that sleeps for longer than the longest request takes."
                    .to_string()
            }
            Self::Leniency => {
                "A budget that can spare a pod: one replica more, or a smaller `minAvailable` (a larger `maxUnavailable`)."
                    .to_string()
            }
            Self::Requests => {
                "Requests as large as what the containers use: pods within theirs go last, and the scheduler keeps the node \
                 from filling up. Or a limit, so that a container is killed rather than the whole pod."
                    .to_string()
            }
            Self::MoreStorage => {
                "A larger limit, or a process that cleans up what it writes.".to_string()
            }
            Self::Asking => {
                "A `readinessProbe` that asks for what the clients ask for: no connection goes to the pod before it \
                 succeeds."
                    .to_string()
            }
            Self::Settling => {
                "A `preStop` hook that sleeps for some seconds: the process goes on serving while the EndpointSlice and \
                 the proxies learn that the pod ends. It counts towards `terminationGracePeriodSeconds`."
                    .to_string()
            }
        }
    }

    fn chinese(&self) -> String {
        match self {
            Self::ProbePatience { kind: ProbeKind::Readiness, .. } => {
                "让进程更早应答；就绪探针从不重启容器，只是让请求绕开它。".to_string()
            }
            Self::ProbePatience { kind, period, threshold } => {
                let patience = period.map_or_else(String::new, |p| {
                    let whole = SimTime(p.0.saturating_mul(u64::from(*threshold)));
                    format!("（{}）", Lang::Zh.length(whole))
                });
                match kind {
                    ProbeKind::Startup => format!(
                        "增大启动探针的 `failureThreshold` 或 `periodSeconds`：两者之积{patience}就是容器可用的启动时间。"
                    ),
                    _ => format!(
                        "若进程只是启动慢，加一个 `startupProbe`；若它能自行恢复，增大 `failureThreshold` 或 \
                         `periodSeconds`：两者之积{patience}就是它可以失败的时长。"
                    ),
                }
            }
            Self::CommandFound { container } => {
                format!("{container} 使用镜像里确实存在的命令，并写对它的名字。")
            }
            Self::LongerLife { container } => format!(
                "让 {container} 的进程在前台持续运行；若它本就该结束，用 Job，或 `restartPolicy: OnFailure` / `Never`。"
            ),
            Self::MoreMemory { container } => {
                format!("增大 {container} 的 `resources.limits.memory`，或让进程少用内存。")
            }
            Self::ImageName { image } => format!("仓库里有名为 `{image}` 的镜像，或换一个名称或标签。"),
            Self::HearTerm { container } => format!(
                "让 {container} 的进程在收到停止信号时结束：作为首进程的 shell 不会转发信号，请用 `exec` 启动程序；\
                 或增大 `terminationGracePeriodSeconds`。"
            ),
            Self::RestartPolicy => "只有一次运行超过 10 分钟，或换成新的 Pod，退避才会重新计算。".to_string(),
            Self::NodeThatFits => "一个满足要求的节点，或要求更少的 Pod：见上面的原因。".to_string(),
            Self::Finishing => {
                "让进程在结束之前答完已接下的请求（在 `terminationGracePeriodSeconds` 之内）；或让 `preStop` 钩子睡得比最长的\
                 请求更久。"
                    .to_string()
            }
            Self::Leniency => {
                "让预算能舍出一个 Pod：多一个副本，或更小的 `minAvailable`（更大的 `maxUnavailable`）。"
                    .to_string()
            }
            Self::Requests => {
                "让请求与实际用量一样大：没超出请求的 Pod 最后才走，调度器也不会把节点塞满。或设上限，这样被杀的是一个容器，而不是整个 Pod。"
                    .to_string()
            }
            Self::MoreStorage => "更大的上限，或让进程清理自己写下的东西。".to_string(),
            Self::Asking => {
                "一个 `readinessProbe`，询问客户端所询问的内容：它成功之前，连接不会发往这个 Pod。"
                    .to_string()
            }
            Self::Settling => {
                "一个睡眠几秒的 `preStop` 钩子：在 EndpointSlice 和各代理得知 Pod 要结束之前，进程继续服务。\
                               它计入 `terminationGracePeriodSeconds`。"
                    .to_string()
            }
        }
    }
}
