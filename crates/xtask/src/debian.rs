//! A toolchain for wasm32 out of Debian's packages alone, for machines where rustup must not or cannot download.
//!
//! Debian ships a newer Rust as `rustc-web`, and std's sources with their dependencies as `rust-web-src`. std is
//! compiled once for wasm32, and a folder is laid out that looks like any other toolchain:
//!
//! ```text
//! bin/rustc, bin/rustdoc               wrappers: Debian's, with this folder as its sysroot
//! bin/cargo                            Debian's
//! lib/rustlib/wasm32-…/lib/*.rlib      std, compiled here
//! lib/rustlib/HOST/lib                 Debian's, for build scripts and proc macros
//! lib/rustlib/HOST/bin/rust-lld        the linker
//! ```

use crate::toolchain::WASM;
use crate::{place, say, shell};
use anyhow::{Context, Result, bail};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

const PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-22"];
const NEEDED: [&str; 4] =
    ["/usr/bin/rustc", "/usr/bin/cargo", "/usr/lib/rustlib/src/rust/library", "/usr/bin/lld-22"];
/// Changes when the layout of the folder does, or the way in which std is compiled.
const LAYOUT: u32 = 3;

/// Whether this machine has Debian's package tools.
pub fn is_here() -> bool {
    Path::new("/usr/bin/apt-get").exists() && Path::new("/etc/debian_version").exists()
}

/// Installs packages; where that needs another user, says the command instead.
pub fn install(packages: &[&str], why: &str) -> Result<()> {
    let words = packages.join(" ");
    if !shell::is_root() {
        bail!("{why}; install it with `sudo apt-get install -y --no-install-recommends {words}`");
    }
    let clock = say::step("apt-get install", &format!("{why} ({words})"));
    let apt = |args: &[&str]| {
        let mut command = shell::command("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive").arg("-qq").args(args);
        // Its talk belongs with ours on standard error: standard output is for results.
        command.stdout(std::io::stderr());
        shell::run(&mut command)
    };
    let install = || apt(&[&["install", "-y", "--no-install-recommends"], packages].concat());
    // A fresh machine may have no package lists yet, or old ones: then the first try fails.
    install().or_else(|_| apt(&["update"]).and_then(|()| install()))?;
    say::done("apt-get install", clock);
    Ok(())
}

/// The toolchain's folder, made where it is missing or older than Debian's compiler; and what tells it from others.
pub fn toolchain() -> Result<(PathBuf, String)> {
    if !is_here() {
        bail!("LIFEPOD_TOOLCHAIN=debian needs a Debian machine");
    }
    if !NEEDED.iter().all(|file| Path::new(file).exists()) {
        install(&PACKAGES, "a Rust that can compile for wasm32 without rustup")?;
    }
    let version = shell::output(debian("rustc").arg("-vV")).context("/usr/bin/rustc does not run")?;
    let id = format!("layout {LAYOUT}\n{version}");
    // A folder for each layout: clones at different commits do not take it from each other.
    let dir = place::cache()?.join(format!("toolchain-{LAYOUT}"));
    if std::fs::read_to_string(dir.join("stamp.txt")).is_ok_and(|stamp| stamp == id) {
        return Ok((dir, id));
    }

    let clock = say::step("wasm32 toolchain", "std is compiled once for wasm32 from Debian's sources");
    let host =
        version.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc -vV names no host")?;
    // Laid out beside its place and moved there whole: a run that is cut off leaves nothing half made.
    let new = dir.with_extension(format!("new-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&new);
    let rlibs = compile_std(&new.join("build"))?;
    lay_out(&new, &dir, host, &rlibs)?;
    std::fs::remove_dir_all(new.join("build"))?;
    std::fs::write(new.join("stamp.txt"), &id)?;
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::rename(&new, &dir).with_context(|| format!("cannot move the toolchain to {}", dir.display()))?;
    say::done("wasm32 toolchain", clock);
    Ok((dir, id))
}

/// Compiles std by way of an empty crate, and finds its `*.rlib`.
fn compile_std(build: &Path) -> Result<Vec<PathBuf>> {
    std::fs::create_dir_all(build.join("src"))?;
    std::fs::write(
        build.join("Cargo.toml"),
        "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n",
    )?;
    std::fs::write(build.join("src/lib.rs"), "#![no_std]\n")?;
    let mut cargo = debian("cargo");
    cargo
        .current_dir(build)
        .args(["build", "--quiet", "--release", "--target", WASM])
        .args(["-Z", "build-std=std,panic_abort,proc_macro,test"])
        // Every type that is sorted brings its own copy of the sort, and the small one is a sixth of the usual:
        // 57 KB of the page's code instead of 360 KB.
        .args(["-Z", "build-std-features=optimize_for_size"])
        .env("RUSTC", "/usr/bin/rustc")
        .env("RUSTC_BOOTSTRAP", "1")
        // Without bitcode the page's link-time optimisation fails: "Can't find section .llvmbc".
        .env("RUSTFLAGS", "-Cembed-bitcode=yes")
        .env("CARGO_TARGET_DIR", build.join("target"));
    shell::run(&mut cargo)?;
    let deps = build.join("target").join(WASM).join("release/deps");
    let mut rlibs = Vec::new();
    for file in std::fs::read_dir(&deps)? {
        let path = file?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.ends_with(".rlib") && !name.starts_with("libempty-") {
            rlibs.push(path);
        }
    }
    Ok(rlibs)
}

fn lay_out(new: &Path, home: &Path, host: &str, rlibs: &[PathBuf]) -> Result<()> {
    let bin = new.join("bin");
    let rustlib = new.join("lib/rustlib");
    let wasm = rustlib.join(WASM).join("lib");
    let host_bin = rustlib.join(host).join("bin");
    for dir in [&bin, &wasm, &host_bin] {
        std::fs::create_dir_all(dir)?;
    }
    for rlib in rlibs {
        std::fs::copy(rlib, wasm.join(rlib.file_name().expect("a file has a name")))?;
    }
    symlink(format!("/usr/lib/rustlib/{host}/lib"), rustlib.join(host).join("lib"))?;
    symlink("/usr/bin/lld-22", host_bin.join("rust-lld"))?;
    symlink("/usr/bin/cargo", bin.join("cargo"))?;
    // A symlink to rustc is not enough: Debian's then takes /usr for its sysroot. A caller's own choice wins.
    for tool in ["rustc", "rustdoc"] {
        let wrapper = bin.join(tool);
        let script = format!(
            "#!/bin/sh\n\
             case \" $*\" in *\" --sysroot\"*) exec /usr/bin/{tool} \"$@\" ;; esac\n\
             exec /usr/bin/{tool} --sysroot '{}' \"$@\"\n",
            home.display()
        );
        std::fs::write(&wrapper, script)?;
        std::fs::set_permissions(&wrapper, std::fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

/// Debian's own tool, free of what cargo and rustup put into the environment of this program.
fn debian(tool: &str) -> Command {
    let mut command = Command::new(Path::new("/usr/bin").join(tool));
    for name in ["CARGO", "RUSTC", "RUSTDOC", "RUSTUP_TOOLCHAIN", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"] {
        command.env_remove(name);
    }
    command
}
