//! Whose turn it is: waking and parking processes, and what a loop that never waits pays.

use super::{Kernel, ProcId, Status, Turn, Wait};
use crate::config::ContainerId;
use crate::program::Program;
use crate::sys::Sys;
use alloc::vec::Vec;
use lifepod_api::SimTime;

/// Steps a process may take for nothing between two waits.
pub(super) const FREE_STEPS: u32 = 20_000;

/// Steps after which a process that never waits is taken for a busy loop.
pub(super) const HONEST_STEPS: u32 = 1_000_000;

/// Steps paid for at once: at a microsecond each, this is how long the process then pauses.
pub(super) const SLICE: u32 = 1_000;

/// Steps of a busy loop at one look: enough to see its condition.
pub(super) const GLANCE: u32 = 100;

/// The longest pause between two looks at a busy loop.
pub(super) const MAX_PAUSE: SimTime = SimTime::from_secs(10);

/// Steps taken before others get their turn.
pub(super) const QUANTUM: u32 = 500;

/// Steps of all processes at one instant before each of them is made to pause.
pub(super) const INSTANT_STEPS: u32 = 4_000_000;

impl Kernel {
    /// Whether the process belongs to a container that is frozen.
    pub fn is_frozen(&self, id: ProcId) -> bool {
        let container = self.processes.get(&id).and_then(|p| self.containers.get(&p.container));
        container.is_some_and(|c| c.frozen)
    }

    /// Freeze a container's processes, or let them go on: what was due meanwhile is due now.
    pub fn set_frozen(&mut self, container: ContainerId, frozen: bool) {
        let Some(c) = self.containers.get_mut(&container) else { return };
        c.frozen = frozen;
        if !frozen {
            let members = self.processes.iter().filter(|(_, p)| p.container == container);
            let members: Vec<ProcId> = members.map(|(id, _)| *id).collect();
            members.into_iter().for_each(|id| self.wake(id));
        }
    }

    /// Make a waiting process run again.
    pub fn wake(&mut self, id: ProcId) {
        if self.is_frozen(id) {
            return;
        }
        let Some(p) = self.processes.get_mut(&id) else { return };
        if p.ready || p.stopped {
            return;
        }
        p.ready = true;
        if let Some(at) = p.wait.until.take() {
            self.timers.remove(&(at, id));
        }
        if p.pause == SimTime::ZERO && self.now.since(p.waiting_since) >= SimTime::from_millis(1) {
            p.burn = 0;
            p.burning = false;
        }
        self.ready.push_back(id);
    }

    pub(super) fn park(&mut self, id: ProcId, wait: Wait) {
        let Some(p) = self.processes.get_mut(&id) else { return };
        p.ready = false;
        p.waiting_since = self.now;
        if let Some(at) = wait.until {
            self.timers.insert((at, id));
        }
        if let Some(pipe) = wait.pipe.and_then(|pipe| self.pipes.get_mut(&pipe))
            && !pipe.waiters.contains(&id)
        {
            pipe.waiters.push(id);
        }
        p.wait = wait;
    }

    /// Run whatever is due at `now`, until everything waits.
    pub fn run(&mut self) {
        self.steps_now = 0;
        while let Some((at, id)) = self.timers.first().copied() {
            if at > self.now {
                break;
            }
            self.timers.remove(&(at, id));
            if let Some(p) = self.processes.get_mut(&id) {
                p.wait.until = None;
            }
            self.wake(id);
        }
        self.send_replies();
        while let Some(id) = self.ready.pop_front() {
            self.turn(id);
        }
    }

    /// The next instant at which something happens by itself.
    pub fn next_wakeup(&self) -> Option<SimTime> {
        if !self.ready.is_empty() {
            return Some(self.now);
        }
        let timer = self.timers.first().map(|(at, _)| *at);
        let reply = self.replies.keys().next().map(|(at, _)| *at);
        timer.into_iter().chain(reply).min()
    }

    /// Let one process run for its quantum.
    pub(super) fn turn(&mut self, id: ProcId) {
        let frozen = self.is_frozen(id);
        let Some(p) = self.processes.get_mut(&id) else { return };
        if p.stopped || frozen {
            p.ready = false;
            return;
        }
        p.pause = SimTime::ZERO;
        let Some(mut program) = p.program.take() else { return };
        for _ in 0..QUANTUM {
            let outcome = program.step(&mut Sys { kernel: self, me: id });
            self.steps_now += 1;
            if let Some(container) = self.over_limit.take() {
                self.oom(container);
                if !self.processes.contains_key(&id) {
                    return;
                }
            }
            match outcome {
                Turn::More => {}
                Turn::Become(next) => program = next,
                Turn::Wait(wait) => {
                    self.give_back(id, program);
                    self.park(id, wait);
                    return;
                }
                Turn::Exit(code) => {
                    self.end(id, Status::Code(code));
                    return;
                }
            }
            if !self.processes.contains_key(&id) {
                return;
            }
            if self.must_pause(id) {
                self.give_back(id, program);
                return;
            }
        }
        self.give_back(id, program);
        if self.processes.contains_key(&id) {
            self.ready.push_back(id);
        }
    }

    pub(super) fn give_back(&mut self, id: ProcId, program: Program) {
        if let Some(p) = self.processes.get_mut(&id) {
            p.program = Some(program);
        }
    }

    /// Count a step; a process that has run for too long pauses, for as long as the steps it took are worth.
    pub(super) fn must_pause(&mut self, id: ProcId) -> bool {
        let crowded = self.steps_now > INSTANT_STEPS;
        let Some(p) = self.processes.get_mut(&id) else { return true };
        p.burn = p.burn.saturating_add(1);
        let slice = if p.burning { GLANCE } else { SLICE };
        if !crowded && (p.burn < FREE_STEPS || !p.burn.is_multiple_of(slice)) {
            return false;
        }
        let mut pause = SimTime::from_millis(1);
        let mut loops = false;
        if p.burn > HONEST_STEPS {
            loops = !p.burning;
            p.burning = true;
            let factor = (p.burn - HONEST_STEPS) / GLANCE;
            pause = SimTime(1_000u64.saturating_mul(u64::from(factor) + 1)).min(MAX_PAUSE);
        }
        p.pause = pause;
        let container = p.container;
        let subject = p.argv.join(" ");
        let until = self.now + pause;
        self.park(id, Wait::until(until));
        if loops {
            self.assume(container, &subject, "it is a busy loop that burns a CPU, looked at now and then");
        }
        true
    }
}
