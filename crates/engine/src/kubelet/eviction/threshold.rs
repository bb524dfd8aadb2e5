//! How much of what may be left before a kubelet ends pods (`pkg/kubelet/eviction/api/types.go`, `helpers.go`).

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use lifepod_api::quantity::Format;
use lifepod_api::{Quantity, SimTime};

/// What a kubelet watches on its node. Images and containers share the node's one disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signal {
    /// `memory.available`, in bytes.
    MemoryAvailable,
    /// `nodefs.available`, in bytes: the disk, as volumes and logs see it.
    NodeFsAvailable,
    /// `nodefs.inodesFree`: how many more files the disk can hold.
    NodeFsInodesFree,
    /// `imagefs.available`, in bytes: the same disk, as images and writable layers see it.
    ImageFsAvailable,
    /// `imagefs.inodesFree`: the same disk's files.
    ImageFsInodesFree,
    /// `pid.available`: how many more processes the kernel would start.
    PidAvailable,
}

impl Signal {
    /// All signals under their names in a `KubeletConfiguration`.
    pub const ALL: [(&'static str, Signal); 6] = [
        ("memory.available", Signal::MemoryAvailable),
        ("nodefs.available", Signal::NodeFsAvailable),
        ("nodefs.inodesFree", Signal::NodeFsInodesFree),
        ("imagefs.available", Signal::ImageFsAvailable),
        ("imagefs.inodesFree", Signal::ImageFsInodesFree),
        ("pid.available", Signal::PidAvailable),
    ];

    /// What is short when the signal fires (`signalToResource`).
    pub(crate) fn resource(self) -> Resource {
        match self {
            Signal::MemoryAvailable => Resource::Memory,
            Signal::NodeFsAvailable | Signal::ImageFsAvailable => Resource::EphemeralStorage,
            Signal::NodeFsInodesFree | Signal::ImageFsInodesFree => Resource::Inodes,
            Signal::PidAvailable => Resource::Pids,
        }
    }

    /// The condition of the node that it means (`signalToNodeCondition`).
    pub(crate) fn pressure(self) -> Pressure {
        match self.resource() {
            Resource::Memory => Pressure::Memory,
            Resource::EphemeralStorage | Resource::Inodes => Pressure::Disk,
            Resource::Pids => Pressure::Pid,
        }
    }
}

/// What a node can be short of. Memory is reclaimed before all else (`byEvictionPriority`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Resource {
    Memory,
    EphemeralStorage,
    Inodes,
    Pids,
}

impl Resource {
    /// The name that messages have for it, and pods in their requests.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Resource::Memory => "memory",
            Resource::EphemeralStorage => "ephemeral-storage",
            Resource::Inodes => "inodes",
            Resource::Pids => "pids",
        }
    }
}

/// A condition that says what a node is short of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Pressure {
    Memory,
    Disk,
    Pid,
}

/// What the kubelet says of a pressure: status, reason and message of the condition, and the reason of the Event
/// (`pkg/kubelet/nodestatus/setters.go`).
pub(crate) struct Words {
    pub(crate) status: &'static str,
    pub(crate) reason: &'static str,
    pub(crate) message: &'static str,
    pub(crate) event: &'static str,
}

impl Pressure {
    pub(crate) const ALL: [Pressure; 3] = [Pressure::Memory, Pressure::Disk, Pressure::Pid];

    /// The condition's type.
    pub(crate) fn condition(self) -> &'static str {
        match self {
            Pressure::Memory => "MemoryPressure",
            Pressure::Disk => "DiskPressure",
            Pressure::Pid => "PIDPressure",
        }
    }

    pub(crate) fn words(self, under: bool) -> Words {
        let (reason, message, event) = match (self, under) {
            (Pressure::Memory, true) => (
                "KubeletHasInsufficientMemory",
                "kubelet has insufficient memory available",
                "NodeHasInsufficientMemory",
            ),
            (Pressure::Memory, false) => (
                "KubeletHasSufficientMemory",
                "kubelet has sufficient memory available",
                "NodeHasSufficientMemory",
            ),
            (Pressure::Disk, true) => {
                ("KubeletHasDiskPressure", "kubelet has disk pressure", "NodeHasDiskPressure")
            }
            (Pressure::Disk, false) => {
                ("KubeletHasNoDiskPressure", "kubelet has no disk pressure", "NodeHasNoDiskPressure")
            }
            (Pressure::Pid, true) => (
                "KubeletHasInsufficientPID",
                "kubelet has insufficient PID available",
                "NodeHasInsufficientPID",
            ),
            (Pressure::Pid, false) => {
                ("KubeletHasSufficientPID", "kubelet has sufficient PID available", "NodeHasSufficientPID")
            }
        };
        Words { status: if under { "True" } else { "False" }, reason, message, event }
    }
}

/// An amount, or a share of what the node has.
#[derive(Clone, Debug, PartialEq)]
pub enum ThresholdValue {
    /// As it was written.
    Quantity(Quantity),
    /// Between 0 and 1.
    Percentage(f32),
}

impl ThresholdValue {
    /// The amount on a node that has `capacity` (`GetThresholdQuantity`).
    pub(crate) fn of(&self, capacity: u64) -> Quantity {
        match self {
            ThresholdValue::Quantity(quantity) => quantity.clone(),
            ThresholdValue::Percentage(share) => {
                Quantity::from_value((capacity as f64 * f64::from(*share)) as i64, Format::BinarySI)
            }
        }
    }
}

/// When and how a kubelet ends pods of a node that is short of something: the fields `eviction…` of a
/// `KubeletConfiguration`.
#[derive(Clone, Debug, PartialEq)]
pub struct EvictionConfig {
    /// `evictionHard`: below this a pod is ended at once.
    pub hard: BTreeMap<Signal, ThresholdValue>,
    /// `evictionSoft` with `evictionSoftGracePeriod`: below this for so long, a pod is asked to go.
    pub soft: BTreeMap<Signal, (ThresholdValue, SimTime)>,
    /// `evictionMinimumReclaim`: so much more than the threshold is to be free before it is enough.
    pub minimum_reclaim: BTreeMap<Signal, ThresholdValue>,
    /// `evictionMaxPodGracePeriod`, in seconds: the longest grace that a soft threshold leaves a pod.
    pub max_pod_grace_period: i64,
    /// `evictionPressureTransitionPeriod`: how long a condition outlasts the last sight of its cause.
    pub pressure_transition_period: SimTime,
}

impl Default for EvictionConfig {
    /// `pkg/kubelet/eviction/defaults_linux.go DefaultEvictionHard`.
    fn default() -> Self {
        let memory = Quantity::parse("100Mi").unwrap_or_default();
        EvictionConfig {
            hard: [
                (Signal::MemoryAvailable, ThresholdValue::Quantity(memory)),
                (Signal::NodeFsAvailable, ThresholdValue::Percentage(0.1)),
                (Signal::NodeFsInodesFree, ThresholdValue::Percentage(0.05)),
                (Signal::ImageFsAvailable, ThresholdValue::Percentage(0.15)),
                (Signal::ImageFsInodesFree, ThresholdValue::Percentage(0.05)),
            ]
            .into(),
            soft: BTreeMap::new(),
            minimum_reclaim: BTreeMap::new(),
            max_pod_grace_period: 0,
            pressure_transition_period: SimTime::from_secs(300),
        }
    }
}

/// One threshold (`evictionapi.Threshold`).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Threshold {
    pub(crate) signal: Signal,
    pub(crate) value: ThresholdValue,
    /// How long it has to be crossed; zero for a hard one.
    pub(crate) grace: SimTime,
    minimum_reclaim: Option<ThresholdValue>,
}

impl Threshold {
    /// All thresholds, hard ones first (`ParseThresholdConfig`; upstream the order is that of a Go map).
    pub(crate) fn all(config: &EvictionConfig) -> Vec<Threshold> {
        let threshold = |signal: &Signal, value: &ThresholdValue, grace: SimTime| Threshold {
            signal: *signal,
            value: value.clone(),
            grace,
            minimum_reclaim: config.minimum_reclaim.get(signal).cloned(),
        };
        let hard = config.hard.iter().map(|(signal, value)| threshold(signal, value, SimTime::ZERO));
        let soft = config.soft.iter().map(|(signal, (value, grace))| threshold(signal, value, *grace));
        hard.chain(soft).collect()
    }

    pub(crate) fn is_hard(&self) -> bool {
        self.grace == SimTime::ZERO
    }

    /// Whether there is less than the threshold, or less than threshold and minimum reclaim together (`thresholdsMet`).
    pub(crate) fn is_met(&self, seen: Observation, with_reclaim: bool) -> bool {
        let mut wanted = self.value.of(seen.capacity);
        if let Some(more) = self.minimum_reclaim.as_ref().filter(|_| with_reclaim) {
            wanted.add(&more.of(seen.capacity));
        }
        wanted.value() > i64::try_from(seen.available).unwrap_or(i64::MAX)
    }
}

/// How much of something a node has, and how much of that is left (`signalObservation`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Observation {
    pub(crate) capacity: u64,
    pub(crate) available: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(available: u64) -> Observation {
        Observation { capacity: 1000, available }
    }

    #[test]
    fn what_was_crossed_is_over_when_the_minimum_is_reclaimed_as_well() {
        let config = EvictionConfig {
            hard: [(Signal::MemoryAvailable, ThresholdValue::Percentage(0.1))].into(),
            minimum_reclaim: [(
                Signal::MemoryAvailable,
                ThresholdValue::Quantity(Quantity::from_value(50, Format::BinarySI)),
            )]
            .into(),
            ..EvictionConfig::default()
        };
        let all = Threshold::all(&config);
        let [threshold] = all.as_slice() else { panic!("one threshold was given") };
        assert!(threshold.is_hard() && threshold.is_met(left(99), false));
        assert!(!threshold.is_met(left(100), false) && threshold.is_met(left(149), true));
        assert!(!threshold.is_met(left(150), true));
    }
}
