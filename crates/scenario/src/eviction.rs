//! When kubelets evict: the fields `eviction…` of their configuration, in its own words
//! (`pkg/kubelet/eviction/helpers.go ParseThresholdConfig`).

use crate::problems::Problems;
use lifepod_api::{Map, Quantity, SimTime, duration};
use lifepod_engine::{EvictionConfig, Signal, ThresholdValue};
use lifepod_manifest::scenario::ScenarioKubelet;
use lifepod_manifest::{Hint, Severity};
use std::collections::BTreeMap;

const PATH: &str = "spec.cluster.kubelet";

type Thresholds = BTreeMap<Signal, ThresholdValue>;

/// Takes over what is written. As in the real configuration, one hard threshold that is written puts all defaults out
/// of force.
pub(crate) fn read(written: &ScenarioKubelet, config: &mut EvictionConfig, found: &mut Problems) {
    if !written.eviction_hard.is_empty() {
        config.hard = thresholds("evictionHard", &written.eviction_hard, found);
    }
    let graces = &written.eviction_soft_grace_period;
    for name in graces.keys().filter(|name| !written.eviction_soft.contains_key(name)) {
        let message = Hint::of(
            format!("a grace period needs a threshold: add {name} to evictionSoft"),
            format!("宽限期需要阈值：请在 evictionSoft 里加上 {name}"),
        );
        found.error(&format!("{PATH}.evictionSoftGracePeriod.{name}"), message);
    }
    for (name, signal) in Signal::ALL {
        let Some(grace) = graces.get(name) else { continue };
        let path = format!("{PATH}.evictionSoftGracePeriod.{name}");
        match duration::parse(grace).ok().and_then(|nanos| u64::try_from(nanos / 1000).ok()) {
            Some(micros) => {
                let soft = thresholds("evictionSoft", &written.eviction_soft, &mut Problems::default());
                config.soft.extend(soft.get(&signal).map(|value| (signal, (value.clone(), SimTime(micros)))));
            }
            None => {
                let en = format!("{grace:?} is not a duration such as \"1m30s\"");
                found.error(&path, Hint::of(en, format!("{grace:?} 不是时长；例如 \"1m30s\"")));
            }
        }
    }
    for signal in thresholds("evictionSoft", &written.eviction_soft, found).keys() {
        let name = name_of(*signal);
        if !graces.contains_key(name) {
            let message = Hint::of(
                format!("a soft threshold needs a grace period: add {name} to evictionSoftGracePeriod"),
                format!("软阈值需要宽限期：请在 evictionSoftGracePeriod 里加上 {name}"),
            );
            found.error(&format!("{PATH}.evictionSoft.{name}"), message);
        }
    }
    config.minimum_reclaim = thresholds("evictionMinimumReclaim", &written.eviction_minimum_reclaim, found);
    if let Some(seconds) = written.eviction_max_pod_grace_period {
        let path = format!("{PATH}.evictionMaxPodGracePeriod");
        config.max_pod_grace_period = found.number(&path, seconds, 0, i32::MAX).unwrap_or(0);
    }
    if let Some(period) = written.eviction_pressure_transition_period {
        config.pressure_transition_period = period.0;
    }
}

fn name_of(signal: Signal) -> &'static str {
    Signal::ALL.iter().find(|(_, other)| *other == signal).map_or("", |(name, _)| name)
}

fn thresholds(field: &str, written: &Map<String>, found: &mut Problems) -> Thresholds {
    let mut out = Thresholds::new();
    for (name, text) in written {
        let path = format!("{PATH}.{field}.{name}");
        if name.starts_with("containerfs.") {
            let message = Hint::of(
                format!("{name} is not measured here: this threshold is never crossed"),
                format!("这里不测量 {name}：这个阈值永远不会触发"),
            );
            found.add(Severity::Warning, &path, message, Hint::NONE);
            continue;
        }
        let Some(signal) = found.word(&path, name, &Signal::ALL) else { continue };
        match value(text) {
            Ok(Some(value)) => drop(out.insert(signal, value)),
            Ok(None) => {}
            Err(message) => found.error(&path, message),
        }
    }
    out
}

/// An amount or a percentage; none for 0% and 100%, which switch a threshold off (`parseThresholdStatement`).
fn value(text: &str) -> Result<Option<ThresholdValue>, Hint> {
    let wrong = || {
        Hint::of(
            format!("{text:?} is neither an amount such as \"500Mi\" nor a percentage such as \"10%\""),
            format!("{text:?} 既不是数量（例如 \"500Mi\"），也不是百分比（例如 \"10%\"）"),
        )
    };
    let Some(percent) = text.strip_suffix('%') else {
        let quantity = Quantity::parse(text).map_err(|_| wrong())?;
        return match quantity.sign() {
            1 => Ok(Some(ThresholdValue::Quantity(quantity))),
            _ => Err(Hint::of(format!("{text:?} is not positive"), format!("{text:?} 不是正数"))),
        };
    };
    let share: f32 = percent.parse().map_err(|_| wrong())?;
    match share {
        0.0 | 100.0 => Ok(None),
        share if (0.0..100.0).contains(&share) => Ok(Some(ThresholdValue::Percentage(share / 100.0))),
        _ => Err(Hint::of(
            format!("{text:?} is not between 0% and 100%"),
            format!("{text:?} 不在 0% 和 100% 之间"),
        )),
    }
}
