//! Command and process substitution: children whose output is waited for.

use crate::kernel::{Turn, Wait};
use crate::shell::ast::*;
use crate::shell::{Dialect, Frame, Shell, Substitution};
use crate::sys::{Read, Sys};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// The most that a command substitution may bring.
pub(super) const MAX_SUBSTITUTION: usize = 4 << 20;

/// `$(<file)` is bash's own way to write `$(cat file)`.
pub(super) fn reads_file(block: &Block) -> Block {
    if let [item] = &block[..]
        && item.chain.rest.is_empty()
        && let [command] = &item.chain.first.commands[..]
        && let Command::Simple(simple) = &**command
        && simple.words.is_empty()
        && simple.assigns.is_empty()
        && matches!(&simple.redirects[..], [r] if r.op == RedirectOp::Read)
    {
        let mut simple = simple.clone();
        simple.words.push(Vec::from([Part::Literal("cat".to_string())]));
        let commands = Vec::from([Arc::new(Command::Simple(simple))]);
        let first = Arc::new(Pipeline { negate: false, timed: false, commands });
        let chain = Arc::new(AndOr { first, rest: Vec::new() });
        return Arc::new(Vec::from([Item {
            chain,
            background: false,
            text: String::new(),
            line: item.line,
        }]));
    }
    block.clone()
}

impl Shell {
    pub(super) fn substitute(&mut self, sys: &mut Sys<'_>, block: Block) -> Option<Substitution> {
        let block = if self.dialect == Dialect::Bash { reads_file(&block) } else { block };
        let (read, write) = sys.pipe();
        let mut shell = self.subshell(Frame::Block { block, next: 0, tail: true });
        shell.substitution_depth += 1;
        match self.dialect {
            Dialect::Bash => shell.options.errexit = false,
            Dialect::Dash => shell.suppress = 0,
            Dialect::Ash => shell.suppress += 1,
        }
        let child = sys.fork(crate::program::Program::Shell(Box::new(shell)));
        let Some(child) = child else {
            sys.kernel.release(read);
            sys.kernel.release(write);
            self.complain("can't fork: Resource temporarily unavailable");
            return None;
        };
        Sys { kernel: sys.kernel, me: child }.set_fd(1, write);
        Some(Substitution { child, file: read, data: Vec::new(), ended: false })
    }

    /// The output of a substitution, once its pipe is closed and its process has ended.
    pub(super) fn collect(
        &mut self,
        sys: &mut Sys<'_>,
        mut sub: Substitution,
    ) -> Result<String, (Substitution, Turn)> {
        while !sub.ended {
            match sys.read_open(sub.file, 65_536) {
                Read::Data(data) => {
                    sub.data.extend_from_slice(&data);
                    if sub.data.len() > MAX_SUBSTITUTION {
                        sys.assume("$(…)", "output beyond 4 MiB is not kept");
                        sub.ended = true;
                    }
                }
                Read::Wait(wait) => return Err((sub, Turn::Wait(wait))),
                Read::Eof | Read::Fail(_) => sub.ended = true,
            }
        }
        let code = match sys.reap(sub.child) {
            Some(status) => status.code(),
            None if sys.is_alive(sub.child) => return Err((sub, Turn::Wait(Wait::child()))),
            None => 0,
        };
        sys.kernel.release(sub.file);
        self.status = code;
        self.substituted = Some(code);
        let mut text = String::from_utf8_lossy(&sub.data).into_owned();
        if text.contains('\0') && self.dialect == Dialect::Bash {
            self.complain("warning: command substitution: ignored null byte in input");
        }
        text.retain(|c| c != '\0');
        text.truncate(text.trim_end_matches('\n').len());
        Ok(text)
    }

    /// `<(…)`: a child at the other end of a pipe that has a name.
    pub(super) fn process_substitution(&mut self, sys: &mut Sys<'_>, read: bool, body: Block) -> String {
        let (read_end, write_end) = sys.pipe();
        let child = self.fork(sys, Frame::Block { block: body, next: 0, tail: true });
        let (ours, theirs) = if read { (read_end, write_end) } else { (write_end, read_end) };
        if let Some(child) = child {
            Sys { kernel: sys.kernel, me: child }.set_fd(u32::from(read), theirs);
        } else {
            sys.kernel.release(theirs);
        }
        let fd = (60..).find(|fd| sys.fd(*fd).is_none()).unwrap_or(60);
        sys.set_fd(fd, ours);
        format!("/dev/fd/{fd}")
    }
}
