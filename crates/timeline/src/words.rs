//! The languages, and how times and amounts are written in them.

use alloc::format;
use alloc::string::String;
use lifepod_api::SimTime;
use serde::{Deserialize, Serialize};

/// A language of the texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lang {
    /// English
    #[default]
    En,
    /// 简体中文
    Zh,
}

/// The words on lanes.
pub(crate) struct Words {
    pub(crate) status: &'static str,
    pub(crate) conditions: &'static str,
    pub(crate) termination: &'static str,
    pub(crate) events: &'static str,
    pub(crate) actions: &'static str,
    pub(crate) nodes: &'static str,
    pub(crate) init: &'static str,
    pub(crate) sidecar: &'static str,
    pub(crate) run: &'static str,
    pub(crate) exit: &'static str,
    pub(crate) pull: &'static str,
    pub(crate) grace: &'static str,
    pub(crate) back_off: &'static str,
    pub(crate) stopping: &'static str,
    pub(crate) waiting: &'static str,
    pub(crate) refused: &'static str,
    pub(crate) liveness: &'static str,
    pub(crate) readiness: &'static str,
    pub(crate) startup: &'static str,
    pub(crate) ready: &'static str,
    pub(crate) active: &'static str,
    pub(crate) endpoints: &'static str,
    pub(crate) no_endpoint: &'static str,
    pub(crate) homeless: &'static str,
    pub(crate) evictions: &'static str,
    pub(crate) healthy: &'static str,
    pub(crate) needed: &'static str,
    pub(crate) client: &'static str,
    pub(crate) served: &'static str,
    pub(crate) lost: &'static str,
    pub(crate) recorded: &'static str,
    pub(crate) since_unknown: &'static str,
    pub(crate) runs_unknown: &'static str,
    pub(crate) at_most: &'static str,
    /// In the order of `SpanLook::ALL`.
    pub(crate) looks: [&'static str; 8],
    /// What the colours say of requests, in the same order.
    pub(crate) ends: [&'static str; 8],
}

impl Lang {
    pub(crate) fn words(self) -> &'static Words {
        match self {
            Self::En => &Words {
                status: "STATUS",
                conditions: "conditions",
                termination: "termination",
                events: "Events",
                actions: "Actions",
                nodes: "nodes",
                init: "init",
                sidecar: "sidecar",
                run: "run",
                exit: "exit",
                pull: "pull",
                grace: "grace",
                back_off: "back-off",
                stopping: "ending",
                waiting: "waiting",
                refused: "refused",
                liveness: "liveness",
                readiness: "readiness",
                startup: "startup",
                ready: "ready",
                active: "active",
                endpoints: "endpoints",
                no_endpoint: "no ready endpoint",
                homeless: "no node fits",
                evictions: "evictions",
                healthy: "healthy",
                needed: "needed:",
                client: "client",
                served: "served",
                lost: "lost",
                recorded: "recorded:",
                since_unknown: "since when is not recorded",
                runs_unknown: "earlier runs are not recorded",
                at_most: "at most",
                looks: ["running", "ready", "waiting", "backing off", "not yet", "failed", "done", "ending"],
                ends: ["served", "", "slow", "refused", "timed out", "failed", "", "reset"],
            },
            Self::Zh => &Words {
                status: "STATUS",
                conditions: "状况",
                termination: "终止",
                events: "事件",
                actions: "操作",
                nodes: "个节点",
                init: "初始化",
                sidecar: "边车",
                run: "运行",
                exit: "退出",
                pull: "拉取",
                grace: "宽限",
                back_off: "退避",
                stopping: "停止中",
                waiting: "等待",
                refused: "被拒绝",
                liveness: "存活",
                readiness: "就绪",
                startup: "启动",
                ready: "就绪",
                active: "个进行中",
                endpoints: "个端点",
                no_endpoint: "没有就绪端点",
                homeless: "没有合适的节点",
                evictions: "驱逐",
                healthy: "健康",
                needed: "需要",
                client: "客户端",
                served: "个得到应答",
                lost: "个丢失",
                recorded: "实录：",
                since_unknown: "起始时间未被记录",
                runs_unknown: "次更早的运行未被记录",
                at_most: "最多",
                looks: ["运行中", "就绪", "等待", "退避", "尚未开始", "失败", "完成", "终止中"],
                ends: ["已应答", "", "缓慢", "被拒绝", "超时", "失败", "", "被重置"],
            },
        }
    }

    /// A length of time: `40 ms`, `1.3 s`, `5 min 20 s`, `2 h`.
    pub fn length(self, time: SimTime) -> String {
        let [ms, s, min, h, whole_min] = match self {
            Self::En => [" ms", " s", " min", " h", " min"],
            Self::Zh => [" 毫秒", " 秒", " 分", " 小时", " 分钟"],
        };
        let seconds = time.as_secs();
        let two = |large: u64, large_unit: &str, small: u64, small_unit: &str| match small {
            0 => format!("{large}{large_unit}"),
            _ => format!("{large}{large_unit} {small}{small_unit}"),
        };
        match seconds {
            0 if time.0 == 0 => format!("0{s}"),
            0 => format!("{}{ms}", time.0.div_ceil(1_000)),
            // Tenths matter while they are a visible part of the whole.
            1..20 => match time.0 / 100_000 % 10 {
                0 => format!("{seconds}{s}"),
                tenth => format!("{seconds}.{tenth}{s}"),
            },
            20..120 => format!("{seconds}{s}"),
            120..7_200 if seconds.is_multiple_of(60) => format!("{}{whole_min}", seconds / 60),
            120..7_200 => two(seconds / 60, min, seconds % 60, s),
            _ => two(seconds / 3_600, h, seconds / 60 % 60, min),
        }
    }

    /// A length that need not be exact: its largest unit alone.
    pub fn about(self, time: SimTime) -> String {
        let seconds = time.as_secs();
        match seconds {
            0..120 => self.length(SimTime::from_secs(seconds.max(1))),
            120..7_200 => self.length(SimTime::from_secs((seconds + 30) / 60 * 60)),
            _ => self.length(SimTime::from_secs((seconds + 1_800) / 3_600 * 3_600)),
        }
    }
}

/// A time on the clock of the run: `0:31.3`, `1:02:03`; tenths while `tenths`.
pub(crate) fn clock(at: SimTime, tenths: bool) -> String {
    let s = at.as_secs();
    let tail = if tenths { format!(".{}", at.0 / 100_000 % 10) } else { String::new() };
    if s >= 3_600 {
        format!("{}:{:02}:{:02}{tail}", s / 3_600, s / 60 % 60, s % 60)
    } else {
        format!("{}:{:02}{tail}", s / 60, s % 60)
    }
}
