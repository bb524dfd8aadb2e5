//! What the processes inside a pod do.
//!
//! A [`Sandbox`] is everything below the container runtime's line: the pod's network namespace, its volumes and
//! the processes of its containers. It is a value that is told the time. Nothing calls back: the caller tells it
//! what happens (`start`, `signal`, `exec`, `request`), asks when it wants to be woken (`next_wakeup`), and takes
//! what came of it (`advance`). The kubelet never looks inside.
#![no_std]

extern crate alloc;
