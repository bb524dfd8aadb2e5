//! The one source of chance: everything that real Kubernetes draws at random, drawn here by name.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use lifepod_api::SimTime;

/// What real Kubernetes leaves to chance. Each draw is a number in `[0, 1)`; the rule that uses it scales it.
/// New kinds go to the end: each one's place is part of its seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Draw {
    /// The jitter factor of a pod worker's next wake-up (`pod_workers.go completeWork`, `wait.Jitter`).
    Requeue,
    /// Where in its second the kubelet's PLEG relists (`pleg/generic.go`).
    RelistPhase,
    /// Where in its second the kubelet looks for pods to sync (`kubelet.go syncLoop`).
    SyncTickPhase,
    /// Where in its two seconds the kubelet cleans up (`kubelet.go housekeepingPeriod`).
    HousekeepingPhase,
    /// Where in its ten seconds the status manager reconciles (`status/status_manager.go syncPeriod`).
    StatusBatchPhase,
    /// The pause before a probe's first run while the kubelet is young (`prober/worker.go run`).
    ProbeStart,
    /// Which of the nodes that the scheduler scored alike it takes (`schedule_one.go prioritizeNodes`: the order in
    /// which parallel searches end).
    HostAmongEquals,
    /// At which node the search for preemption victims begins
    /// (`defaultpreemption/default_preemption.go GetOffsetAndNumCandidates`).
    PreemptionOffset,
    /// Where in its ten seconds a kubelet renews its Lease (`component-helpers/apimachinery/lease/controller.go`).
    HeartbeatPhase,
    /// Where in its five seconds the node controller looks at the nodes (`nodelifecycle nodeMonitorPeriod`).
    NodeMonitorPhase,
    /// Where in its twenty seconds the pod garbage collector looks (`podgc gcCheckPeriod`).
    PodGcPhase,
    /// Names, UIDs and container ids.
    Identity,
    /// How long a pull, a sandbox or a process start takes, beside its mean.
    Duration,
    /// Where in its minute the kubelet collects what dead containers left (`kubelet.go ContainerGCPeriod`).
    ContainerGcPhase,
    /// Whether a readiness probe's worker that a new status wakes reads the old one (`prober_manager.go UpdatePodStatus`
    /// comes before `status_manager.go SetPodStatus`). From 0.9 up it does.
    ProbeTrigger,
    /// How much later than its second is over the Job controller comes to a batch of changes.
    JobBatch,
    /// Which of several things that are done at once comes first.
    Turn,
    /// Where in its ten seconds a kubelet looks at its node's status (`kubelet.go nodeStatusUpdateFrequency`).
    NodeStatusPhase,
    /// Which free address or port a Service gets (`ipallocator`, `portallocator`).
    ServiceAddress,
    /// Which of a Service's endpoints a connection goes to, and which of a name's addresses a client takes.
    Backend,
    /// How much longer than the quickest a node's proxy takes to write its rules.
    ProxySync,
    /// Where in its ten seconds the eviction manager looks (`kubelet.go evictionMonitoringPeriod`).
    EvictionPhase,
    /// The number that a process has on its node.
    ProcessNumber,
    /// How much longer than its mean the PLEG's listing of all containers takes (`pleg/generic.go Relist`). What is
    /// stretched is the time since the last one.
    Relist,
    /// How much longer than its mean the PLEG's look at one pod takes (`pleg/generic.go relistPod`).
    PodRelist,
    /// How much later than usual a pod's worker takes up what it is told (`pod_workers.go podWorkerLoop`).
    PodSync,
    /// Which of too many similar messages a recorder of Events forgets (`events_cache.go EventAggregate`, `PopAny`).
    SimilarMessage,
    /// How much longer than its mean a pod's status waits to be written: the client's rate limit, a busy API server
    /// (`status/status_manager.go Start`).
    StatusWrite,
    /// What a probe's worker takes first of what came while its handler ran: its end, a wish for a run, a tick
    /// (`prober/worker.go run`: a `select` takes any that is ready).
    ProbeSelect,
}

/// How draws are made.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum JitterMode {
    /// From the seed.
    #[default]
    Seeded,
    /// Every draw but identities is 0: no chance at all, the earliest that real Kubernetes could do.
    None,
    /// These numbers first, in order, for the named draws; from the seed after that. For replaying what a
    /// recording implies.
    Given(BTreeMap<Draw, VecDeque<f64>>),
}

/// A draw that was made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drawn {
    /// When.
    pub at: SimTime,
    /// For what.
    pub what: Draw,
    /// What the number stretches: the delay before jitter, the period of a tick.
    pub base: SimTime,
    /// The number.
    pub number: f64,
}

/// The seeded source. Each kind of draw has a sequence of its own, so that a rule that draws once more does not change
/// what all others draw.
#[derive(Clone, Debug)]
pub(crate) struct Jitter {
    mode: JitterMode,
    seed: u64,
    sequences: BTreeMap<Draw, fastrand::Rng>,
    /// How often each choice was made, kept in [`JitterMode::None`] only.
    turns: BTreeMap<Draw, usize>,
    /// Every draw so far, kept in [`JitterMode::Given`] only.
    pub(crate) drawn: Vec<Drawn>,
}

/// `k8s.io/apimachinery/pkg/util/rand`: no vowels, no 0, 1 or 3, so that no words appear.
const SUFFIX_ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

impl Jitter {
    pub(crate) fn new(seed: u64, mode: JitterMode) -> Self {
        Jitter { mode, seed, sequences: BTreeMap::new(), turns: BTreeMap::new(), drawn: Vec::new() }
    }

    /// From now on what is drawn comes from another seed; numbers that were given and not used yet still come first.
    pub(crate) fn reseed(&mut self, seed: u64) {
        self.seed = seed;
        self.sequences.clear();
    }

    /// The next numbers drawn for `what` are these, instead of any given before; in [`JitterMode::Given`] only.
    pub(crate) fn give(&mut self, what: Draw, numbers: VecDeque<f64>) {
        if let JitterMode::Given(given) = &mut self.mode {
            given.insert(what, numbers);
        }
    }

    fn sequence(&mut self, what: Draw) -> &mut fastrand::Rng {
        // Seeds that differ in few bits give sequences that begin alike; the multiplication spreads them.
        let own = (what as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let seed = self.seed;
        self.sequences.entry(what).or_insert_with(|| fastrand::Rng::with_seed(seed.wrapping_add(own)))
    }

    /// A number in `[0, 1)`, drawn at `at` for something that lasts `base` without chance.
    pub(crate) fn draw(&mut self, what: Draw, at: SimTime, base: SimTime) -> f64 {
        match &mut self.mode {
            JitterMode::Seeded => self.sequence(what).f64(),
            JitterMode::None => 0.0,
            JitterMode::Given(given) => {
                let given = given.get_mut(&what).and_then(VecDeque::pop_front);
                let number = given.unwrap_or_else(|| self.sequence(what).f64());
                self.drawn.push(Drawn { at, what, base, number });
                number
            }
        }
    }

    /// One of `count` things with the same chance, by its place. Without chance they come in turn.
    pub(crate) fn one_of(&mut self, what: Draw, count: usize) -> usize {
        if count < 2 {
            return 0;
        }
        match self.mode {
            JitterMode::None => {
                let turn = self.turns.entry(what).or_insert(0);
                *turn += 1;
                (*turn - 1) % count
            }
            _ => self.sequence(what).u64(..count as u64) as usize,
        }
    }

    /// A number in `[0, 1)` that belongs to a thing by its number, however often and when it is asked for.
    pub(crate) fn fixed(&self, what: Draw, which: u64) -> f64 {
        match self.mode {
            JitterMode::None => 0.0,
            _ => {
                let own = (what as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
                    ^ which.wrapping_mul(0xff51_afd7_ed55_8ccd);
                fastrand::Rng::with_seed(self.seed.wrapping_add(own)).f64()
            }
        }
    }

    /// A random (version 4) UUID.
    pub(crate) fn uid(&mut self) -> String {
        let bits = self.sequence(Draw::Identity).u128(..);
        format!(
            "{:08x}-{:04x}-4{:03x}-{:x}{:03x}-{:012x}",
            bits >> 96,
            bits >> 80 & 0xffff,
            bits >> 64 & 0xfff,
            8 + (bits >> 62 & 3),
            bits >> 48 & 0xfff,
            bits & 0xffff_ffff_ffff
        )
    }

    /// 64 hexadecimal digits, as a container runtime names containers and sandboxes.
    pub(crate) fn runtime_id(&mut self) -> String {
        let sequence = self.sequence(Draw::Identity);
        format!("{:032x}{:032x}", sequence.u128(..), sequence.u128(..))
    }

    /// The random end of a generated name: five characters (`apiserver/pkg/storage/names/generate.go`).
    pub(crate) fn name_suffix(&mut self) -> String {
        let sequence = self.sequence(Draw::Identity);
        // Not `usize`: its sequence is another one in the browser, where it has 32 bits.
        let letters = SUFFIX_ALPHABET.len() as u64;
        (0..5).map(|_| SUFFIX_ALPHABET[sequence.u64(..letters) as usize] as char).collect()
    }
}
