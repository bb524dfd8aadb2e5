//! The proof that the core crates are `no_std`: they compile for wasm32 against a sysroot in which there is no std.
//!
//! On a target that has std, a crate that links it by accident compiles happily. Here it fails with "can't find
//! crate for `std`", and with it every clock, file, thread and hash map that might have leaked in.

use crate::toolchain::{Toolchain, WASM};
use crate::{place, shell};
use anyhow::{Context, Result, ensure};
use std::path::PathBuf;
use std::process::Command;

/// The crates that must do without std.
pub const CRATES: [&str; 5] =
    ["lifepod-api", "lifepod-workload", "lifepod-engine", "lifepod-timeline", "lifepod-kubectl"];

/// What a `no_std` crate may link.
const ALLOWED: [&str; 3] = ["libcore-", "liballoc-", "libcompiler_builtins-"];

/// The command that compiles [`CRATES`] so.
pub fn command() -> Result<Command> {
    let toolchain = Toolchain::find()?;
    let sysroot = sysroot(&toolchain)?;
    let mut cargo = shell::command(toolchain.cargo());
    toolchain.apply(&mut cargo, "no_std", &[])?;
    cargo.args(["build", "--quiet", "--target", WASM]);
    for name in CRATES {
        cargo.args(["--package", name]);
    }
    // Only for the target: proc macros and build scripts run on the host and keep their std.
    cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", format!("--sysroot={}", sysroot.display()));
    Ok(cargo)
}

fn sysroot(toolchain: &Toolchain) -> Result<PathBuf> {
    let from = toolchain.sysroot.join("lib/rustlib").join(WASM).join("lib");
    let sysroot = place::target().join("no_std-sysroot");
    let to = sysroot.join("lib/rustlib").join(WASM).join("lib");
    // Made anew each time: a few megabytes, and it can never be stale.
    let _ = std::fs::remove_dir_all(&sysroot);
    std::fs::create_dir_all(&to)?;
    let mut found = 0;
    for file in std::fs::read_dir(&from).with_context(|| format!("no folder {}", from.display()))? {
        let file = file?;
        let name = file.file_name();
        if ALLOWED.iter().any(|allowed| name.to_string_lossy().starts_with(allowed)) {
            std::fs::copy(file.path(), to.join(&name))?;
            found += 1;
        }
    }
    ensure!(found >= ALLOWED.len(), "core, alloc and compiler_builtins are not all in {}", from.display());
    Ok(sysroot)
}
