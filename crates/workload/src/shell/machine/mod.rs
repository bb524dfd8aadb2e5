//! Walking the tree: what one step does with each kind of frame.

mod compound;
mod lists;
mod substitution;
mod texts;

use super::expand::{Expander, Stop};
use super::{Frame, Shell, Work};
use crate::kernel::Turn;
use crate::sys::Sys;
use alloc::format;

/// How deep functions, evals and traps may nest.
const MAX_FRAMES: usize = 4_000;

/// How an attempt to expand ended.
pub(super) enum Tried<T> {
    Ready(T),
    /// Put the frame back and hand this turn to the kernel.
    Later(Turn),
    /// The shell is ending: the frame is done with.
    Failed,
}

impl Shell {
    pub(super) fn run(&mut self, sys: &mut Sys<'_>, frame: Frame) -> Turn {
        if self.frames.len() > MAX_FRAMES {
            self.complain("maximum function recursion depth exceeded");
            self.exit(sys, 2);
            return Turn::More;
        }
        match frame {
            Frame::Source { text, at, line, kind } => return self.source(sys, text, at, line, kind),
            Frame::Block { block, next, tail } => self.block(sys, block, next, tail),
            Frame::Chain { chain, next, tail } => self.chain(chain, next, tail),
            Frame::Pipeline { pipeline, tail } => self.pipeline(sys, &pipeline, tail),
            Frame::PipelineEnd { negate, timed } => {
                if let Some(start) = timed {
                    let real = sys.now().since(start).as_secs_f64();
                    let minutes = (real / 60.0) as u64;
                    let text = format!(
                        "\nreal\t{minutes}m{:.3}s\nuser\t0m0.000s\nsys\t0m0.000s\n",
                        real - minutes as f64 * 60.0
                    );
                    self.print(2, text.as_bytes());
                }
                if negate {
                    self.status = i32::from(self.status == 0);
                }
            }
            Frame::Command { command, tail } => return self.command(sys, command, tail),
            Frame::Suppress => self.suppress = self.suppress.saturating_sub(1),
            Frame::If { command, arm, decided, tail } => self.if_command(command, arm, decided, tail),
            Frame::While { command, phase, last } => self.while_command(command, phase, last),
            Frame::For { command, words, next, work } => {
                return self.for_command(sys, command, words, next, work);
            }
            Frame::ForArith { command, phase, work, last } => {
                return self.for_arith(sys, command, phase, work, last);
            }
            Frame::Case { command, work, tail } => return self.case_command(sys, command, work, tail),
            Frame::Test { command, work } => return self.test_command(sys, command, work),
            Frame::Redirects { command, next, work, saved, tail } => {
                return self.redirects(sys, command, next, work, saved, tail);
            }
            frame @ (Frame::Restore(_) | Frame::Call { .. } | Frame::RestoreVars(_)) => {
                self.clean_up(sys, frame)
            }
            Frame::Simple(simple) => return self.simple(sys, simple),
            Frame::Wait(foreground) => return self.wait_foreground(sys, foreground),
            Frame::TrapEnd(status) => self.status = status,
            Frame::Builtin(waiting) => return self.waiting(sys, waiting),
            Frame::Check => self.check_failure(sys),
        }
        Turn::More
    }

    /// Under `-e`, a failure that nobody looks at ends the shell.
    fn check_failure(&mut self, sys: &mut Sys<'_>) {
        if self.status != 0 {
            self.run_error_trap();
            if self.options.errexit && self.suppress == 0 {
                let status = self.status;
                self.exit(sys, status);
            }
        }
    }

    /// Try an expansion; when it needs a command substitution, start that and come back later.
    pub(super) fn attempt<T>(
        &mut self,
        sys: &mut Sys<'_>,
        work: &mut Work,
        expand: impl FnOnce(&mut Expander<'_, '_>) -> Result<T, Stop>,
    ) -> Tried<T> {
        if let Some(sub) = work.sub.take() {
            match self.collect(sys, sub) {
                Ok(text) => work.memo.results.push(text),
                Err((sub, turn)) => {
                    work.sub = Some(sub);
                    return Tried::Later(turn);
                }
            }
        }
        let mut expander = Expander { shell: self, sys, memo: &mut work.memo };
        expander.rewind();
        match expand(&mut expander) {
            Ok(value) => Tried::Ready(value),
            Err(Stop::Substitute(block)) => match self.substitute(sys, block) {
                Some(sub) => {
                    work.sub = Some(sub);
                    Tried::Later(Turn::More)
                }
                None => {
                    self.exit(sys, 2);
                    Tried::Failed
                }
            },
            Err(Stop::Process { read, body }) => {
                let path = self.process_substitution(sys, read, body);
                work.memo.results.push(path);
                Tried::Later(Turn::More)
            }
            Err(Stop::Fatal(message, status)) => {
                self.complain(&message);
                self.exit(sys, status);
                Tried::Failed
            }
        }
    }
}
