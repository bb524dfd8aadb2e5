//! Redirections: opening the target, remembering what was there.

use super::ast::{Part, Redirect, RedirectOp};
use super::expand::{Expander, Stop};
use super::{Dialect, Saved, Shell};
use crate::config::Dial;
use crate::fs::Errno;
use crate::kernel::{FileId, Target};
use crate::sys::{How, Sys};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;

impl Expander<'_, '_> {
    /// The text of a redirection's target. dash and busybox neither split nor glob it; bash does, and wants one.
    pub fn redirect_target(&mut self, redirect: &Redirect) -> Result<String, Stop> {
        match redirect.op {
            RedirectOp::Here => self.text(&redirect.target),
            RedirectOp::HereString => Ok(self.text(&redirect.target)? + "\n"),
            _ if self.shell.dialect == Dialect::Bash => {
                let words = self.words(core::slice::from_ref(&redirect.target))?;
                match <[String; 1]>::try_from(words) {
                    Ok([word]) => Ok(word),
                    Err(_) => Ok("\0".to_string() + &source_text(&redirect.target)),
                }
            }
            _ => self.text(&redirect.target),
        }
    }
}

/// What was written, roughly, for a message.
fn source_text(word: &[Part]) -> String {
    word.iter()
        .map(|part| match part {
            Part::Literal(text) | Part::Quoted(text) => text.clone(),
            Part::Parameter(p) => format!("${}", p.name),
            _ => String::new(),
        })
        .collect()
}

/// Put descriptors back.
pub(super) fn restore(sys: &mut Sys<'_>, saved: Saved) {
    for (fd, file) in saved.into_iter().rev() {
        match file {
            Some(file) => sys.set_fd(fd, file),
            None => sys.close(fd),
        }
    }
}

/// Make one redirection. With `saved`, what was there is kept for later; without, it is gone. `false` when it
/// failed; the message is printed then.
pub(super) fn apply(
    shell: &mut Shell,
    sys: &mut Sys<'_>,
    redirect: &Redirect,
    target: &str,
    mut saved: Option<&mut Saved>,
) -> bool {
    let default = match redirect.op {
        RedirectOp::Read
        | RedirectOp::DupRead
        | RedirectOp::Here
        | RedirectOp::HereString
        | RedirectOp::ReadWrite => 0,
        _ => 1,
    };
    let fd = redirect.fd.unwrap_or(default);
    if let Some(shown) = target.strip_prefix('\0') {
        shell.complain(&format!("{shown}: ambiguous redirect"));
        return false;
    }
    let mut keep = |sys: &mut Sys<'_>, fd: u32| {
        if let Some(saved) = saved.as_deref_mut() {
            let old = sys.fd(fd);
            if let Some(old) = old {
                sys.kernel.retain(old);
            }
            saved.push((fd, old));
        }
    };
    let how = match redirect.op {
        RedirectOp::Read => How::READ,
        RedirectOp::Write | RedirectOp::Both => How { exclusive: shell.options.noclobber, ..How::WRITE },
        RedirectOp::Clobber => How::WRITE,
        RedirectOp::Append | RedirectOp::BothAppend => How::APPEND,
        RedirectOp::ReadWrite => How::BOTH,
        RedirectOp::DupRead | RedirectOp::DupWrite => {
            return duplicate(shell, sys, redirect, fd, target, keep);
        }
        RedirectOp::Here | RedirectOp::HereString => {
            let text = Arc::new(target.as_bytes().to_vec());
            let file = sys.kernel.open_file(Target::Text(text), true, false, false);
            keep(sys, fd);
            sys.set_fd(fd, file);
            return true;
        }
    };
    match open(shell, sys, target, how) {
        Ok(file) => {
            keep(sys, fd);
            sys.set_fd(fd, file);
            if matches!(redirect.op, RedirectOp::Both | RedirectOp::BothAppend) {
                keep(sys, 2);
                sys.kernel.retain(file);
                sys.set_fd(2, file);
            }
            true
        }
        Err(errno) => {
            tell(shell, target, how, errno);
            false
        }
    }
}

/// Open a file, or bash's `/dev/tcp/host/port`.
fn open(shell: &Shell, sys: &mut Sys<'_>, path: &str, how: How) -> Result<FileId, Errno> {
    if shell.dialect == Dialect::Bash
        && let Some(rest) = path.strip_prefix("/dev/tcp/")
        && let Some((host, port)) = rest.split_once('/')
        && let Ok(port) = port.parse::<u16>()
    {
        // The answer would come later; within the pod it is known now. Outside, success is assumed and said.
        let ask = Dial::Tcp { host: host.to_string(), port };
        return match sys.kernel.within(&ask) {
            Some((_, port, _)) if sys.kernel.ports.contains_key(&port) => {
                Ok(sys.kernel.open_file(Target::Socket, true, true, false))
            }
            Some(_) => Err(Errno::ENXIO),
            None => {
                sys.assume(path, "the connection is refused");
                Err(Errno::ENXIO)
            }
        };
    }
    sys.open(path, how)
}

fn duplicate(
    shell: &mut Shell,
    sys: &mut Sys<'_>,
    redirect: &Redirect,
    fd: u32,
    target: &str,
    mut keep: impl FnMut(&mut Sys<'_>, u32),
) -> bool {
    if target == "-" {
        keep(sys, fd);
        sys.close(fd);
        return true;
    }
    let (digits, moves) = match target.strip_suffix('-') {
        Some(digits) if shell.dialect == Dialect::Bash => (digits, true),
        _ => (target, false),
    };
    let Ok(from) = digits.parse::<u32>() else {
        // `>& file` is `&> file` where the shell is no plain POSIX one.
        if redirect.op == RedirectOp::DupWrite && redirect.fd.is_none() && shell.dialect != Dialect::Dash {
            return match open(shell, sys, target, How::WRITE) {
                Ok(file) => {
                    for fd in [1, 2] {
                        keep(sys, fd);
                        sys.kernel.retain(file);
                        sys.set_fd(fd, file);
                    }
                    sys.kernel.release(file);
                    true
                }
                Err(errno) => {
                    tell(shell, target, How::WRITE, errno);
                    false
                }
            };
        }
        shell.complain(&format!("{target}: bad fd number"));
        return false;
    };
    let Some(file) = sys.fd(from) else {
        let message = match shell.dialect {
            Dialect::Ash => format!("dup2({from},{fd}): Bad file descriptor"),
            _ => format!("{from}: Bad file descriptor"),
        };
        shell.complain(&message);
        return false;
    };
    sys.kernel.retain(file);
    keep(sys, fd);
    sys.set_fd(fd, file);
    if moves {
        keep(sys, from);
        sys.close(from);
    }
    true
}

fn tell(shell: &mut Shell, target: &str, how: How, errno: Errno) {
    let creating = how.create;
    let message = match shell.dialect {
        Dialect::Bash if errno == Errno::EEXIST => format!("{target}: cannot overwrite existing file"),
        Dialect::Bash => format!("{target}: {}", errno.message()),
        Dialect::Dash => {
            let verb = if creating { "cannot create" } else { "cannot open" };
            let why = match errno {
                Errno::ENOENT if creating => "Directory nonexistent",
                Errno::ENOENT => "No such file",
                other => other.message(),
            };
            format!("{verb} {target}: {why}")
        }
        Dialect::Ash => {
            let verb = if creating { "can't create" } else { "can't open" };
            let why = match errno {
                Errno::ENOENT if creating => "nonexistent directory",
                Errno::ENOENT => "no such file",
                other => other.message(),
            };
            format!("{verb} {target}: {why}")
        }
    };
    shell.complain(&message);
}
