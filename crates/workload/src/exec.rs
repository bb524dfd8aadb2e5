//! From words to a running program: the search along `PATH`, `#!` lines, and the runtime's words when it fails.

use crate::applets::{self, Applet};
use crate::config::{ContainerId, StartError};
use crate::fs::{self, Errno, Kind, Who};
use crate::images::server::Server;
use crate::kernel::Kernel;
use crate::program::Program;
use crate::shell::{Dialect, Shell};
use crate::sys::Sys;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What a program search needs to know of the process that searches.
struct Seeker<'a> {
    kernel: &'a Kernel,
    container: ContainerId,
    who: Who,
    cwd: &'a str,
}

impl Seeker<'_> {
    fn walk(&self, path: &str) -> Result<fs::Walk, Errno> {
        let c = &self.kernel.containers[&self.container];
        fs::walk(&self.kernel.trees, &c.mounts, self.who, self.cwd, path, true)
    }

    /// Whether this path can be executed; the path's kind when it can.
    fn executable(&self, path: &str) -> Result<&Kind, Errno> {
        let node = self.walk(path)?.node.ok_or(Errno::ENOENT)?;
        let node = self.kernel.trees[node.tree as usize].node(node.ino);
        if node.is_dir() {
            return Err(Errno::EISDIR);
        }
        if node.mode & 0o111 == 0 || !self.who.may(node, 1) {
            return Err(Errno::EACCES);
        }
        Ok(&node.kind)
    }

    fn search(&self, path_variable: &str, name: &str) -> Result<String, Errno> {
        if name.contains('/') {
            return self.executable(name).map(|_| name.to_string());
        }
        if name.is_empty() {
            return Err(Errno::ENOENT);
        }
        let mut why = Errno::ENOENT;
        for dir in path_variable.split(':') {
            let path = if dir.is_empty() {
                name.to_string()
            } else {
                format!("{}/{name}", dir.trim_end_matches('/'))
            };
            match self.executable(&path) {
                Ok(_) => return Ok(path),
                Err(Errno::EACCES) => why = Errno::EACCES,
                Err(_) => {}
            }
        }
        Err(why)
    }

    fn load(&self, path: &str, argv: &[String], depth: u32) -> Result<(Program, Vec<String>), Errno> {
        match self.executable(path)? {
            Kind::Binary(name) => Ok((program(name, self.gnu(), argv), argv.to_vec())),
            Kind::File(content) => {
                let head = content.read_at(0, 256);
                let line = head.split(|b| *b == b'\n').next().unwrap_or(&[]);
                let Some(line) = line.strip_prefix(b"#!") else { return Err(Errno::ENOEXEC) };
                if depth > 4 {
                    return Err(Errno::ELOOP);
                }
                let line = String::from_utf8_lossy(line).into_owned();
                let line = line.trim_matches([' ', '\t']);
                let (interpreter, argument) = match line.split_once([' ', '\t']) {
                    Some((a, b)) => (a, Some(b.trim())),
                    None => (line, None),
                };
                let mut words = Vec::from([interpreter.to_string()]);
                words.extend(argument.map(ToString::to_string));
                words.push(path.to_string());
                words.extend(argv.iter().skip(1).cloned());
                match self.load(interpreter, &words, depth + 1) {
                    Err(Errno::EISDIR) => Err(Errno::EACCES),
                    other => other,
                }
            }
            _ => Err(Errno::EACCES),
        }
    }

    fn gnu(&self) -> bool {
        self.kernel.containers[&self.container].image.gnu
    }
}

/// The program behind a binary's name.
fn program(name: &'static str, gnu: bool, argv: &[String]) -> Program {
    match name {
        "sh" => {
            let dialect = if gnu { Dialect::Dash } else { Dialect::Ash };
            Program::Shell(Box::new(Shell::new(dialect, argv)))
        }
        "bash" => Program::Shell(Box::new(Shell::new(Dialect::Bash, argv))),
        "busybox" if argv.len() > 1 => match applets::known(&argv[1]) {
            Some("sh") => Program::Shell(Box::new(Shell::new(Dialect::Ash, &argv[1..]))),
            Some(applet) => Program::Applet(Box::new(Applet::new(applet, argv[1..].to_vec()))),
            None => Program::Applet(Box::new(Applet::new("busybox", argv.to_vec()))),
        },
        _ => match Server::by_name(name, argv) {
            Some(server) => Program::Server(Box::new(server)),
            None => Program::Applet(Box::new(Applet::new(name, argv.to_vec()))),
        },
    }
}

/// The program that the runtime starts for a command line. The search uses the container's `PATH`, and what is
/// found must be executable by itself: nothing falls back to a shell.
pub(crate) fn first_program(
    kernel: &Kernel,
    container: ContainerId,
    who: (u32, u32),
    cwd: &str,
    argv: &[String],
    env: &[(String, String)],
) -> Result<Program, Errno> {
    let seeker = Seeker { kernel, container, who: Who { uid: who.0, gid: who.1 }, cwd };
    let path = env.iter().find(|(n, _)| n == "PATH").map_or(DEFAULT_PATH, |(_, v)| v.as_str());
    let name = argv.first().map_or("", |a| a.as_str());
    let found = seeker.search(path, name).and_then(|found| seeker.load(&found, argv, 0));
    found.map(|(program, _)| program)
}

/// In an image of which nothing is known any program may be there. One that was not found is taken for what its name
/// says, else for a server (`serves`) or for a tool that does its work and ends well. None in an image of the
/// catalogue, whose programs are known.
pub(crate) fn assumed(
    kernel: &Kernel,
    container: ContainerId,
    argv: &[String],
    why: Errno,
    serves: bool,
) -> Option<Program> {
    if why != Errno::ENOENT || kernel.containers[&container].image.known {
        return None;
    }
    let name = argv.first()?.rsplit('/').next()?;
    if let Some(name) = applets::known(name) {
        return Some(program(name, false, argv));
    }
    let server = Server::by_name(name, argv);
    let server = server.or_else(|| Server::by_name(if serves { "app" } else { "tool" }, argv));
    server.map(|server| Program::Server(Box::new(server)))
}

/// Where commands are looked for when nobody says.
pub(crate) const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Where a process would find a command.
pub(crate) fn find(sys: &Sys<'_>, path: &str, name: &str) -> Result<String, Errno> {
    seeker(sys).search(path, name)
}

/// The program and the words of a command that a process starts. `path` is as [`find`] gave it.
pub(crate) fn load(sys: &Sys<'_>, path: &str, argv: &[String]) -> Result<(Program, Vec<String>), Errno> {
    seeker(sys).load(path, argv, 0)
}

fn seeker<'a>(sys: &'a Sys<'_>) -> Seeker<'a> {
    Seeker { kernel: sys.kernel, container: sys.container(), who: sys.who(), cwd: &sys.process().cwd }
}

/// What runc says of a program that cannot be executed.
fn runc(argv: &[String], errno: Errno) -> String {
    let name = argv.first().map_or("", |a| a.as_str());
    match errno {
        Errno::ENOENT if !name.contains('/') => format!("exec: {name:?}: executable file not found in $PATH"),
        Errno::ENOENT => format!("exec: {name:?}: stat {name}: no such file or directory"),
        Errno::EISDIR => format!("exec: {name:?}: is a directory"),
        Errno::EACCES => format!("exec: {name:?}: permission denied"),
        Errno::ENOEXEC => format!("exec {name}: exec format error"),
        other => format!("exec: {name:?}: {}", other.message().to_ascii_lowercase()),
    }
}

/// The runtime's error for a container whose program cannot be executed.
pub(crate) fn start_error(argv: &[String], errno: Errno) -> StartError {
    let what = if argv.is_empty() { "no command specified".to_string() } else { runc(argv, errno) };
    StartError {
        exit_code: 128,
        reason: "StartError".to_string(),
        message: format!(
            "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create \
             failed: unable to start container process: error during container init: {what}: unknown"
        ),
        errno: match errno {
            Errno::EACCES => "EACCES",
            Errno::ENOEXEC => "ENOEXEC",
            Errno::EISDIR => "EISDIR",
            Errno::ELOOP => "ELOOP",
            Errno::ENOTDIR => "ENOTDIR",
            _ => "ENOENT",
        },
    }
}

/// The runtime's error for a command run in a container from outside.
pub(crate) fn exec_error(argv: &[String], errno: Errno) -> String {
    format!(
        "OCI runtime exec failed: exec failed: unable to start container process: {}: unknown",
        runc(argv, errno)
    )
}
