//! Running other programs.

use crate::place;
use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// A command that runs in the repository's root.
pub fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(place::root());
    command
}

/// `cargo SUBCOMMAND` with the toolchain that runs this program.
pub fn cargo(subcommand: &str) -> Command {
    let mut command = command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.arg(subcommand);
    command
}

/// Runs the command to its end; an error if it cannot start or fails.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start `{}`", shown(command)))?;
    if !status.success() {
        bail!("`{}` failed ({status})", shown(command));
    }
    Ok(())
}

/// Runs the command and makes its exit code this program's.
pub fn pass_on(command: &mut Command) -> Result<ExitCode> {
    let status = command.status().with_context(|| format!("cannot start `{}`", shown(command)))?;
    Ok(ExitCode::from(status.code().map_or(1, |code| code as u8)))
}

/// What the command prints; none when it cannot start or fails.
pub fn output(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs the command, lets its output through and shows every line of it to `see`; whether it succeeded.
pub fn watch_lines(command: &mut Command, mut see: impl FnMut(&str)) -> Result<bool> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{}`", shown(command)))?;
    let out = child.stdout.take().expect("stdout was piped");
    for line in BufReader::new(out).lines() {
        let line = line?;
        writeln!(std::io::stdout(), "{line}")?;
        see(&line);
    }
    Ok(child.wait()?.success())
}

/// Where on the PATH `program` is.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(program)).find(|file| file.is_file())
}

/// The PATH with `first` in front of it.
pub fn path_with(first: &[PathBuf]) -> Result<OsString> {
    let rest = std::env::var_os("PATH").unwrap_or_default();
    let all = first.iter().cloned().chain(std::env::split_paths(&rest));
    std::env::join_paths(all).context("a folder name that cannot stand on the PATH")
}

/// Whether this process may install system packages.
pub fn is_root() -> bool {
    output(Command::new("id").arg("-u")).is_some_and(|id| id.trim() == "0")
}

/// Writes the file unless it already holds exactly this: an unchanged file keeps its time.
pub fn write_if_changed(file: &Path, text: &str) -> Result<()> {
    if std::fs::read_to_string(file).is_ok_and(|old| old == text) {
        return Ok(());
    }
    std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

/// The command as a person would type it.
fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
