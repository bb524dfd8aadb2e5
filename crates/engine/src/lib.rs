//! The simulated cluster: a pure function from a scenario to a [`Trace`].
//!
//! A [`Cluster`] is a value that is told the time. Manifests and actions go in as [`Command`]s, [`Cluster::run_until`]
//! lets simulated time pass, and everything that happened is in the [`Trace`], each entry with its cause. Nothing
//! calls back, nothing reads a clock, and chance comes from a seed: the same input gives the same bytes.
#![no_std]

extern crate alloc;

mod admission;
mod api_server;
pub mod backoff;
pub mod client;
mod cluster;
mod config;
pub mod controllers;
mod events;
mod events_series;
mod fault;
mod faults;
mod flow_control;
mod heartbeats;
pub mod jitter;
mod kernel;
pub mod kubelet;
mod latency;
mod name;
mod namespaces;
mod network;
mod nodes;
mod objects;
mod pod_conditions;
mod queue;
mod scenario;
pub mod scheduler;
mod storage_classes;
mod store;
pub mod trace;
mod traffic;
mod volume_match;

pub use api_server::{DeleteOptions, PropagationPolicy};
pub use client::{Api, Client};
pub use cluster::{Cluster, Command, Outcome};
pub use config::{BehaviorRule, Config, ImageRule, KubeletConfig, NodeConfig, ShutdownGracePeriod};
pub use fault::{ContainerFault, Fault, NetworkFault, NodeFault};
pub use flow_control::ClientConnection;
pub use kubelet::RuntimeFault;
pub use kubelet::eviction::threshold::{EvictionConfig, Signal, ThresholdValue};
pub use latency::Latency;
pub use network::outside::{OutsideAnswer, OutsideHost};
pub use scenario::{Checkpoint, Run, Scenario, Simulation};
pub use trace::{Entry, EntryId, Op, Trace, What};
pub use traffic::{Traffic, TrafficFrom};
