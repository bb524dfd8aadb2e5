//! 简体中文的句子。

use super::fact::{Fact, Probed, refusals};
use super::{budgets, endpoints};
use crate::words::{Lang, clock};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::{ContainerState, SimTime};
use lifepod_engine::trace::{KillReason, PodEnd, ProbeKind, SyncReason};

fn length(time: SimTime) -> String {
    Lang::Zh.length(time)
}

fn seconds(n: u64) -> String {
    length(SimTime::from_secs(n))
}

/// 信号的全名，无论写作 `TERM` 还是 `SIGTERM`。
fn full(signal: &str) -> String {
    format!("SIG{}", signal.strip_prefix("SIG").unwrap_or(signal))
}

fn probe_name(kind: ProbeKind) -> &'static str {
    match kind {
        ProbeKind::Startup => "启动探针",
        ProbeKind::Readiness => "就绪探针",
        ProbeKind::Liveness => "存活探针",
    }
}

/// 用几个字说明发生了什么。
pub(super) fn headline(fact: &Fact<'_>) -> String {
    match fact {
        Fact::Started { container, run: 1, .. } => format!("{container} 启动"),
        Fact::Started { container, run, .. } => format!("{container} 第 {run} 次启动"),
        Fact::Exited { container, oom: true, .. } => format!("{container} 内存超限"),
        Fact::Exited { container, code, .. } => format!("{container} 退出，退出码 {code}"),
        Fact::CrashBackOff { container, back_off, .. } => {
            format!("{container} 暂不重启：退避 {}", length(*back_off))
        }
        Fact::ImageBackOff { image, back_off, .. } => {
            format!("{image} 暂不重新拉取：退避 {}", length(*back_off))
        }
        Fact::Restarted { container, count, .. } => format!("{container} 第 {count} 次重启"),
        Fact::StaysDead { container, .. } => format!("{container} 不再重启"),
        Fact::Throttled { client, .. } => format!("{client} 排队等候调用 API 服务器"),
        Fact::KillDecided { container, .. } => format!("kubelet 终止 {container}"),
        Fact::StopSent { container, signal, .. } => format!("向 {container} 发送 {}", full(signal)),
        Fact::StopAbandoned { container } => format!("停止 {container} 的操作被放弃"),
        Fact::Killed { container } => format!("{container} 被强制杀死"),
        Fact::Probed(p) => {
            let what = if p.unknown {
                "没有结果"
            } else if p.passed {
                "成功"
            } else {
                "失败"
            };
            format!("{} 的{}{what}", p.container, probe_name(p.kind))
        }
        Fact::DeletionAsked { pod, .. } => format!("{pod} 正在被删除"),
        Fact::Gone { kind, name, .. } => format!("{kind} {name} 已消失"),
        Fact::Created { kind, name, .. } => format!("{kind} {name} 已创建"),
        Fact::Changed { kind, name, .. } => format!("{kind} {name} 有变更"),
        Fact::Bound { pod, node } => format!("{pod} 绑定到 {node}"),
        Fact::Scheduled { node, .. } => format!("调度器选择了 {node}"),
        Fact::Unschedulable { .. } => "没有节点适合这个 Pod".into(),
        Fact::PhaseStored { to, .. } | Fact::PhaseDerived { to, .. } => format!("阶段为 {to}"),
        Fact::StateStored { container, state } => format!("API 显示 {container} {}", state_name(state)),
        Fact::ConditionStored { kind, holds, .. } => {
            format!("{kind} 变为 {}", if *holds { "True" } else { "False" })
        }
        Fact::EventRecorded { reason, .. } => format!("事件 {reason}"),
        Fact::SandboxReady { ip, .. } => format!("Pod 得到 IP {ip}"),
        Fact::PullBegan { image, .. } => format!("正在拉取 {image}"),
        Fact::Pulled { image, .. } => format!("{image} 拉取完成"),
        Fact::PullFailed { image, .. } => format!("{image} 拉取失败"),
        Fact::Action { text, .. } => (*text).into(),
        Fact::Requested { requests, .. } => endpoints::asked(Lang::Zh, requests),
        Fact::Evicted { pod, refused, .. } => budgets::asked(Lang::Zh, pod, *refused),
        Fact::PodEnded { pod, why: PodEnd::Pressure | PodEnd::StorageLimit { .. }, .. } => {
            format!("{pod} 被所在节点驱逐")
        }
        Fact::PodEnded { pod, .. } => format!("{pod} 被所在节点结束"),
        Fact::Budget { name, status } => budgets::headline(Lang::Zh, name, status),
        Fact::Endpoints { service, moves } => endpoints::headline(Lang::Zh, service, moves),
        Fact::Proxied(proxied) => match proxied.endpoints.len() {
            0 => format!("各节点不再把 {} 的连接发给任何 Pod", proxied.service.name),
            n => format!("各节点把 {} 的连接发给 {n} 个 Pod", proxied.service.name),
        },
        other => sentence(other),
    }
}

fn state_name(state: &ContainerState) -> String {
    match (&state.waiting, &state.running, &state.terminated) {
        (Some(w), ..) if w.reason.is_empty() => "等待中".into(),
        (Some(w), ..) => format!("等待中（{}）", w.reason),
        (_, Some(_), _) => "运行中".into(),
        (.., Some(t)) => format!("已终止（{}，退出码 {}）", t.reason, t.exit_code),
        _ => "等待中".into(),
    }
}

/// 退出码说明进程是怎样结束的。
fn meaning(code: i32) -> &'static str {
    match code {
        126 => "：命令存在，但无法执行",
        127 => "：找不到命令",
        137 => "：被 SIGKILL 结束（128 + 9）",
        139 => "：发生段错误而崩溃（128 + 11）",
        143 => "：被 SIGTERM 结束（128 + 15）",
        _ => "",
    }
}

/// 发生了什么，依据哪条规则。
pub(super) fn sentence(fact: &Fact<'_>) -> String {
    match fact {
        Fact::Action { text, refused: None } => format!("`{text}`"),
        Fact::Action { text, refused: Some(why) } => format!("`{text}` 被拒绝：{why}"),
        Fact::Created { kind, name, by } => format!("{by} 写入了新的 {kind} {name}，API 服务器已保存。"),
        Fact::Gone { kind: _, name, by: "kubelet" } => {
            format!("kubelet 确认节点上已没有 {name} 的任何东西，于是让 API 对象被移除。")
        }
        Fact::Gone { kind, name, by } => format!("{by} 从 API 中移除了 {kind} {name}。"),
        Fact::Changed { kind, name, by } => format!("{by} 保存了 {kind} {name} 的新版本。"),
        Fact::Bound { pod, node } => format!("调度器把 {pod} 绑定到 {node}；从此由该节点的 kubelet 运行它。"),
        Fact::DeletionAsked { pod, grace: 0, by } => format!("{by} 要求立即删除 {pod}，没有宽限期。"),
        Fact::DeletionAsked { pod, grace, by } => {
            format!("{by} 要求删除 {pod}。API 服务器只是做了标记：容器有 {}的时间结束。", seconds(*grace))
        }
        Fact::PhaseStored { pod, from, to } => format!("kubelet 上报：{pod} 的阶段从 {from} 变为 {to}。"),
        Fact::StateStored { container, state } => {
            format!("kubelet 向 API 服务器上报：{container} {}。", state_name(state))
        }
        Fact::ConditionStored { pod, kind, holds, reason, message } => {
            let value = if *holds { "True" } else { "False" };
            let why = match (*reason, *message) {
                ("", _) => String::new(),
                (reason, "") => format!("（{reason}）"),
                (reason, message) => format!("（{reason}：{message}）"),
            };
            format!("{pod} 的状况 {kind} 变为 {value}{why}。")
        }
        Fact::EventRecorded { reason, message, count, by } => {
            let times = if *count > 1 { format!("（第 {count} 次）") } else { String::new() };
            format!("{by} 记录了事件 {reason}{times}：{message}")
        }
        Fact::SandboxReady { ip, again } => {
            let again = if *again { "重新" } else { "" };
            format!("运行时{again}建立了 Pod 的沙箱：一个网络命名空间，IP 为 {ip}。")
        }
        Fact::SandboxStopped => "运行时停止了 Pod 的沙箱及其网络。".into(),
        Fact::SandboxRemoved => "运行时删除了 Pod 沙箱的记录。".into(),
        Fact::PullBegan { container, image } => format!("kubelet 开始为 {container} 拉取 `{image}`。"),
        Fact::Pulled { image, took, size_bytes } => {
            format!("`{image}` 用 {}拉取完成（{} MB）。", length(*took), size_bytes.div_ceil(1_000_000))
        }
        Fact::PullFailed { image, error } => format!("`{image}` 无法拉取：{error}"),
        Fact::ContainerCreated { container } => format!("运行时用镜像创建了 {container}。"),
        Fact::CreateFailed { container, error } => format!("{container} 无法创建：{error}"),
        Fact::Started { container, run, process, image } => {
            let time = if *run == 1 { "已启动".to_string() } else { format!("第 {run} 次启动") };
            match process {
                Some(process) => format!("{container} {time}，运行 `{process}`。"),
                None => format!("{container} {time}，运行镜像 `{image}` 自带的命令。"),
            }
        }
        Fact::StartFailed { container, error } => format!("{container} 无法启动：{error}"),
        Fact::StopSent { container, signal, grace } => {
            format!("运行时向 {container} 发送 {}；{}后将发送 SIGKILL。", full(signal), seconds(*grace))
        }
        Fact::StopAbandoned { container } => {
            format!("正在停止 {container} 的 kubelet 消失了：信号已发出，之后不会再发送 SIGKILL。")
        }
        Fact::Killed { container } => {
            format!("宽限期结束时 {container} 仍在运行，于是运行时发送了 SIGKILL。")
        }
        Fact::Exited { container, code, oom, signal, lasted, said, .. } => {
            let after = match lasted {
                None => String::new(),
                Some(SimTime(0)) => "立即".into(),
                Some(t) => format!("运行 {}后", length(*t)),
            };
            if *oom {
                return format!("{container} {after}被内核杀死：内存用量超过了限制（退出码 {code}）。");
            }
            let by = match signal {
                Some(signal) if !matches!(code, 137 | 143) => format!("（收到 {}）", full(signal)),
                _ => String::new(),
            };
            let said = said.map_or_else(String::new, |line| format!("它输出了 `{line}`。"));
            format!("{container} {after}退出{by}，退出码 {code}{}。{said}", meaning(*code))
        }
        Fact::SandboxResized => "运行时得知整个 Pod 现在可用的资源。".into(),
        Fact::ContainerResized { container, error: None } => {
            format!("{container} 的可用资源在运行中被更改。")
        }
        Fact::ContainerResized { container, error: Some(error) } => {
            format!("运行时拒绝更改 {container} 的可用资源：{error}。")
        }
        Fact::ContainerRemoved { container } => format!("运行时删除了 {container} 的记录。"),
        Fact::HookRan { container, command, code, took } => {
            let outcome = code.map_or_else(|| "被中断".to_string(), |c| format!("退出码 {c}"));
            format!("钩子 `{command}` 在 {container} 中运行了 {}，{outcome}。", length(*took))
        }
        Fact::HookRequested { url, outcome } => format!("钩子请求了 {url}：{outcome}。"),
        Fact::Listening { container, port } => format!("{container} 开始监听端口 {port}。"),
        Fact::Wrote { container, line } => format!("{container} 输出 `{line}`。"),
        Fact::CommandEnded { code: 0 } => "命令执行完毕。".into(),
        Fact::CommandEnded { code } => format!("命令结束，退出码 {code}。"),
        Fact::Probed(p) => probed(p),
        Fact::Scheduled { node, feasible, nodes } => match (feasible, nodes) {
            (0 | 1, 0 | 1) => format!("调度器选择了 {node}：只有这一个节点。"),
            (1, n) => format!("调度器选择了 {node}：{n} 个节点中只有它合适。"),
            (f, n) => format!("调度器选择了 {node}：{n} 个节点中有 {f} 个合适，它得分最高。"),
        },
        Fact::Unschedulable { verdicts } => {
            let reasons: Vec<String> =
                refusals(verdicts).iter().map(|(n, reason)| format!("{n} × {reason}")).collect();
            format!("调度器在 {} 个节点中没有找到合适的：{}。", verdicts.nodes, reasons.join("，"))
        }
        Fact::Synced { why } => match why {
            SyncReason::Create => "kubelet 第一次看到这个 Pod，开始把它建立起来。",
            SyncReason::Update => "kubelet 发现 API 对象有变更。",
            SyncReason::Kill => "kubelet 开始结束这个 Pod。",
            SyncReason::ContainerChange => {
                "kubelet 发现有容器发生了变化：它每秒核对一次，自己做了什么之后也会立即核对。"
            }
            SyncReason::Probe => "探针的结果变了，kubelet 于是再次检查这个 Pod。",
            SyncReason::Requeue => "到了 kubelet 预定再次检查这个 Pod 的时间。",
            SyncReason::ActiveDeadline => "Pod 的运行时间达到了 `activeDeadlineSeconds` 的上限。",
        }
        .into(),
        Fact::CrashBackOff { container, back_off, until, left, exits } => {
            let exits = if *exits > 1 {
                format!("{container} 已结束 {exits} 次")
            } else {
                format!("{container} 已结束")
            };
            format!(
                "{exits}，因此 kubelet 从上次结束起等待 {}才再次启动它：直到 {}，还有 {}。每次重启等待时间翻倍，从 \
                 10 秒到最多 5 分钟；一次运行超过 10 分钟后重新计算。",
                length(*back_off),
                clock(*until, true),
                length(*left)
            )
        }
        Fact::Restarted { container, count, next } => {
            let next = if next.0 == 0 {
                String::new()
            } else {
                format!("如果它很快又结束，kubelet 将等待 {}。", length(*next))
            };
            format!("按重启策略，{container} 被再次启动（第 {count} 次重启）。{next}")
        }
        Fact::StaysDead { container, policy, code } => {
            format!("{container} 保持原状：退出码为 {code}，重启策略 {policy} 不会再启动它。")
        }
        Fact::ImageBackOff { image, back_off, until } => format!(
            "上次拉取 `{image}` 失败，kubelet 等待 {}再试：直到 {}。每次失败等待时间翻倍，从 10 秒到最多 5 分钟。",
            length(*back_off),
            clock(*until, true)
        ),
        Fact::KillDecided { container, why, grace, threshold } => {
            let times = threshold.map_or_else(|| "多次".to_string(), |n| format!("连续 {n} 次"));
            let why = match why {
                KillReason::PodTermination => "Pod 要结束".into(),
                KillReason::LivenessProbe => format!("存活探针{times}失败"),
                KillReason::StartupProbe => format!("启动探针{times}失败"),
                KillReason::PostStartHook => "postStart 钩子失败".into(),
                KillReason::DefinitionChanged => "镜像或名称被更改".into(),
                KillReason::SandboxChanged => "Pod 的沙箱必须重建".into(),
                KillReason::RestartAllContainers => "一条重启规则要求重启所有容器".into(),
                KillReason::Resize => "调整资源需要重启".into(),
            };
            format!("kubelet 决定停止 {container}：{why}。给它 {}的时间结束。", length(*grace))
        }
        Fact::Requeued { base, due } => {
            format!(
                "kubelet 最迟在 {} 再次检查这个 Pod（{}再加随机的至多一半）。",
                clock(*due, true),
                length(*base)
            )
        }
        Fact::Throttled { client, component, limits: [rate, size], qps, burst } => format!(
            "`{client}` 对 API 服务器的调用已没有令牌可用。它的客户端每秒只能发出 {qps} 次调用，停歇之后最多连发 {burst} 次（{component} 的 `{rate}` 和 `{size}`）：接下来要做的事排队等候。"
        ),
        Fact::PhaseDerived { from, to } => format!("kubelet 根据容器的状态得出阶段 {to}（之前为 {from}）。"),
        Fact::Requested { requests, known } => endpoints::requested(Lang::Zh, requests, known.as_ref()),
        Fact::Endpoints { service, moves } => endpoints::sentence(Lang::Zh, service, moves),
        Fact::Proxied(proxied) => {
            let service = &proxied.service.name;
            let list = proxied.endpoints.join("、");
            match (proxied.endpoints.is_empty(), proxied.terminating) {
                (true, _) => format!("各节点的代理得知 {service} 背后没有 Pod：它们拒绝其连接。"),
                (_, true) => format!(
                    "{service} 没有就绪的端点，各节点的代理退而使用正在终止但仍在服务的端点：{list}。"
                ),
                _ => format!(
                    "从现在起，各节点的代理把 {service} 的新连接发往 {list}。它们最多每秒跟随 EndpointSlice 一次。"
                ),
            }
        }
        Fact::PodEnded { pod, why, message } => match why {
            PodEnd::Pressure => format!(
                "kubelet 驱逐了 {pod}：{message} 每次只结束一个 Pod：先是用量超出请求的，其中优先级最低的先走，再比谁超出得多。"
            ),
            PodEnd::StorageLimit { .. } => format!(
                "kubelet 驱逐了 {pod}：{message} 到了这样的上限，进程并不会被拦住：kubelet 每 10 秒看一次，卷大约每分钟量一次。"
            ),
            PodEnd::Preemption => format!(
                "有关键 Pod 被分配到该节点，kubelet 结束了 {pod} 来腾出位置：结束得越少越好，其中挑最小的，Guaranteed 的排在最后。"
            ),
            PodEnd::NodeShutdown => {
                format!("节点正在关机，kubelet 结束了 {pod}：普通 Pod 在先，关键 Pod 在后。")
            }
        },
        Fact::Evicted { pod, budget, refused } => budgets::evicted(Lang::Zh, pod, budget, *refused),
        Fact::Budget { name, status } => budgets::sentence(Lang::Zh, name, status),
        Fact::Assumed { container, subject, assumed } => {
            format!("lifepod 不了解 {container} 的 {subject}，假定：{assumed}。")
        }
        Fact::Rounds { times: 0 } => "在此之前，同样的步骤反复发生。".into(),
        Fact::Rounds { times } => format!("在此之前，同样的过程又发生了 {times} 次。"),
    }
}

fn probed(p: &Probed<'_>) -> String {
    let name = probe_name(p.kind);
    let does = if p.does.is_empty() { String::new() } else { format!(" {} ", p.does) };
    let every = p.period.map_or_else(String::new, |t| format!("（每 {}一次）", length(t)));
    if p.unknown {
        return format!("{} 的{name}{does}无法执行；这次不计数。", p.container);
    }
    if p.passed {
        let effect = match (p.kind, p.run == p.threshold) {
            (ProbeKind::Readiness, true) => "：容器从此就绪",
            (ProbeKind::Startup, true) => "：容器算作已启动，其他探针开始工作",
            _ => "",
        };
        return format!("{} 的{name}{does}成功{effect}。", p.container);
    }
    let output = if p.output.is_empty() { String::new() } else { format!("输出为 `{}`。", p.output) };
    let effect = match (p.run >= p.threshold, p.kind) {
        (false, _) => format!("再失败 {} 次即达到上限", p.threshold - p.run),
        (true, ProbeKind::Readiness) => "达到上限，容器不再就绪".into(),
        (true, _) => "达到上限，容器必须重启".into(),
    };
    let times = if p.run == 1 { "首次失败".into() } else { format!("连续 {} 次失败", p.run) };
    format!("{} 的{name}{does}{times}{every}：{effect}。{output}", p.container)
}
