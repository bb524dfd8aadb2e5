//! What a disruption budget allows, and what it says to evictions.

use crate::words::Lang;
use alloc::format;
use alloc::string::{String, ToString};
use lifepod_api::{IntOrString, PodDisruptionBudget, PodDisruptionBudgetStatus};
use serde_json::Value;

/// Whether a new status says anything that a person asks for.
pub(super) fn tells(old: &PodDisruptionBudgetStatus, new: &PodDisruptionBudgetStatus) -> bool {
    let counts = |s: &PodDisruptionBudgetStatus| {
        (s.disruptions_allowed, s.current_healthy, s.desired_healthy, s.expected_pods)
    };
    counts(old) != counts(new)
}

/// What it allows, in few words.
pub(super) fn headline(lang: Lang, name: &str, status: &PodDisruptionBudgetStatus) -> String {
    let colon = match lang {
        Lang::En => ": ",
        Lang::Zh => "：",
    };
    format!("{name}{colon}{}", counted(lang, status))
}

/// How many evictions are allowed, and how many of its pods are healthy: `1 eviction allowed · 3/3`.
pub(crate) fn counted(lang: Lang, status: &PodDisruptionBudgetStatus) -> String {
    format!("{} · {}/{}", allowed(lang, status), status.current_healthy, status.expected_pods)
}

fn allowed(lang: Lang, status: &PodDisruptionBudgetStatus) -> String {
    match (lang, status.disruptions_allowed) {
        (Lang::En, 1) => "1 eviction allowed".into(),
        (Lang::En, n) => format!("{n} evictions allowed"),
        (Lang::Zh, n) => format!("可驱逐 {n} 个"),
    }
}

/// What it allows, and by which rule.
pub(super) fn sentence(lang: Lang, name: &str, status: &PodDisruptionBudgetStatus) -> String {
    let allowed = allowed(lang, status);
    let (healthy, desired, expected) = (status.current_healthy, status.desired_healthy, status.expected_pods);
    match lang {
        Lang::En => format!(
            "The budget {name} counted its pods: {healthy} of {expected} are healthy and {desired} have to be; {allowed}."
        ),
        Lang::Zh => format!(
            "预算 {name} 清点了它的 Pod：{expected} 个中有 {healthy} 个健康，必须有 {desired} 个；{allowed}。"
        ),
    }
}

/// An eviction that asked, in few words.
pub(super) fn asked(lang: Lang, pod: &str, refused: Option<&str>) -> String {
    match (lang, refused.is_some()) {
        (Lang::En, true) => format!("{pod} may not be evicted"),
        (Lang::En, false) => format!("{pod} may be evicted"),
        (Lang::Zh, true) => format!("{pod} 不可驱逐"),
        (Lang::Zh, false) => format!("{pod} 可以驱逐"),
    }
}

/// An eviction that asked, and by which rule.
pub(super) fn evicted(lang: Lang, pod: &str, budget: &str, refused: Option<&str>) -> String {
    match (lang, refused) {
        (Lang::En, Some(why)) => format!(
            "The API server refused to evict {pod}: {why}. Nothing happens to the pod; `kubectl drain` asks again every \
             5 s."
        ),
        (Lang::En, None) => format!(
            "The budget {budget} allowed {pod} to be evicted, and allows one less until its controller has counted again."
        ),
        (Lang::Zh, Some(why)) => {
            format!("API 服务器拒绝驱逐 {pod}：{why}。Pod 不受影响；`kubectl drain` 每 5 秒再问一次。")
        }
        (Lang::Zh, None) => {
            format!("预算 {budget} 允许驱逐 {pod}；在控制器重新清点之前，它能允许的少一个。")
        }
    }
}

/// The field that sets what a budget allows, and its value.
pub(super) fn limit(budget: &PodDisruptionBudget) -> Option<(&'static str, String)> {
    let spec = &budget.spec;
    let least = spec.min_available.as_ref().map(|value| ("spec.minAvailable", value));
    let most = spec.max_unavailable.as_ref().map(|value| ("spec.maxUnavailable", value));
    least.or(most).map(|(path, value)| {
        let value = match value {
            IntOrString::Int(n) => n.to_string(),
            IntOrString::String(text) => text.clone(),
        };
        (path, value)
    })
}

/// The same field, one pod more lenient; none where the budget demands nothing as it is.
pub(super) fn more_lenient(budget: &PodDisruptionBudget) -> Option<(&'static str, Value)> {
    let status = &budget.status;
    let (path, _) = limit(budget)?;
    let value = match path {
        "spec.minAvailable" => status.desired_healthy.checked_sub(1).filter(|least| *least >= 0)?,
        _ => status.expected_pods.saturating_sub(status.desired_healthy).saturating_add(1),
    };
    Some((path, value.into()))
}
